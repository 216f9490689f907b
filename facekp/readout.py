"""A network with what belongs before and behind it, pixels in and pixels out; and its folding."""

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
