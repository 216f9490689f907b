"""A network with what belongs before and behind it, pixels in and pixels out; and what makes it faster."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from facekp.checkpoint import InputSpec
from facekp.heatmaps import HeatmapNetwork


class Readout(nn.Module):
    """Grey values 0 to 255 in, network pixels out.

    Parameters
    ----------
    network : nn.Module
    spec : InputSpec
        What the network is fed with.
    """

    def __init__(self, network: nn.Module, spec: InputSpec) -> None:
        super().__init__()
        self.network = network
        self.spec = spec

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Crops, float32 (N, 1, H, W) → points (N, K, 2), network pixels; behind heatmaps also spreads (N, K)."""
        pixels = (crops - self.spec.mean) / self.spec.std
        sides = torch.tensor(self.spec.shape, dtype=torch.float32)
        if isinstance(self.network, HeatmapNetwork):
            relative, spreads = self.network.read(pixels)
            return (relative + 1) * (sides / 2) - 0.5, spreads
        return ((self.network(pixels) + 1) * (sides / 2) - 0.5,)


def fold(network: nn.Module, crops: torch.Tensor) -> None:
    """Fold each batch normalisation into the convolution whose output it takes, in place.

    Parameters
    ----------
    network : nn.Module
        In eval mode.
    crops : float32 tensor (N, C, H, W)
        Any input; it shows which module feeds which.
    """
    names = {module: name for name, module in network.named_modules()}
    outputs: list[tuple[torch.Tensor, nn.Conv2d]] = []  # kept, so that no other tensor gets the identity of one
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []

    def leave(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        outputs.append((output, module))

    def enter(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        pairs.extend((convolution, module) for output, convolution in outputs if output is inputs[0])

    hooks = [module.register_forward_hook(leave) for module in names if isinstance(module, nn.Conv2d)]
    hooks += [module.register_forward_pre_hook(enter) for module in names if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        network(crops)
    for hook in hooks:
        hook.remove()
    for convolution, normalisation in pairs:
        fused = fuse_conv_bn_eval(convolution, normalisation)
        network.set_submodule(names[convolution], fused)
        network.set_submodule(names[normalisation], nn.Identity())


class PackedConvolution(nn.Module):
    """A convolution whose weights lie in memory as oneDNN reads them.

    torch brings them into that order at every call, which takes a sixth of `HeatmapResNet18`'s time for a single crop.
    Its compiler packs them once, with the same operator; compiling would take longer than most runs.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        padding, stride, dilation = convolution.padding, convolution.stride, convolution.dilation
        self._shape = list(padding), list(stride), list(dilation), convolution.groups
        weight = convolution.weight.detach().to_mkldnn()
        self._weight = torch._C._nn.mkldnn_reorder_conv2d_weight(weight, *self._shape)
        self._bias = None if convolution.bias is None else convolution.bias.detach()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, C_in, H, W) → (N, C_out, H', W')."""
        result: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(
            features, self._weight, self._bias, *self._shape, "none", [], ""
        )
        return result


LARGE = 1 << 17
"""Weights from which on packing pays: smaller convolutions are faster as torch does them, measured."""


def pack(network: nn.Module) -> None:
    """Put a `PackedConvolution` in the place of each large convolution, in place, if torch was built with oneDNN."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.Conv2d) and module.weight.numel() >= LARGE and module.padding_mode == "zeros":
            network.set_submodule(name, PackedConvolution(module))
