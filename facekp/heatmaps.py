"""The networks that give a heatmap for each point, and how heatmaps are read.

Their crops are float32 (N, C, S, S); their coordinates, as those of all `facekp.networks`, relative to the crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from facekp.resnet import DEPTHS, Trunk


class HeatmapNetwork(nn.Module):
    """A network that gives a heatmap for each point; read out by its mean (soft-argmax).

    Source: Sun et al., Integral Human Pose Regression, ECCV 2018.
    """

    def heatmaps(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops (N, C, S, S), S a multiple of 32 → logits (N, K, S / 4, S / 4)."""
        raise NotImplementedError

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops (N, C, S, S) → relative coordinates (N, K, 2)."""
        return soft_argmax(self.heatmaps(crops))

    def read(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Crops (N, C, S, S) → relative coordinates (N, K, 2), and the spread (N, K) of each heatmap about them."""
        return moments(self.heatmaps(crops))


class HeatmapResNet18(HeatmapNetwork):
    """Heatmaps from ResNet18 and a feature pyramid.

    The pyramid adds the trunk's four maps, each brought to `width` channels and to a quarter of the
    crop's side, from the coarsest to the finest.

    Source: Lin et al., Feature Pyramid Networks for Object Detection, CVPR 2017.

    Parameters
    ----------
    points : int
        K, the number of points.
    channels : int
        Input channels, 1 for grey.
    width : int
        Channels of the pyramid.
    """

    def __init__(self, points: int, channels: int = 1, width: int = 128) -> None:
        super().__init__()
        self.trunk = Trunk(channels)
        self.laterals = nn.ModuleList(nn.Conv2d(depth, width, kernel_size=1) for depth in DEPTHS)
        self.head = nn.Sequential(
            nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, points, kernel_size=1),
        )

    def heatmaps(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops (N, C, S, S), S a multiple of 32 → logits (N, K, S / 4, S / 4)."""
        logits: torch.Tensor = self.head(pyramid(self.laterals, self.trunk(crops)))
        return logits


class Residual(nn.Module):
    """Two convolutions, of which the first halves the picture, and the second adds to what the first gives.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, whose shortcut passes both; round the
    second alone it needs no convolution of its own, which on a small picture costs as much as the others.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, kernel_size=3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, channels, S, S) → (N, width, S / 2, S / 2)."""
        halved = functional.relu(self.bn1(self.conv1(features)))
        outer: torch.Tensor = self.bn2(self.conv2(halved)) + halved
        return functional.relu(outer)


class SmallHeatmapNet(HeatmapNetwork):
    """Heatmaps from four residual blocks and a feature pyramid.

    At 128 pixels it is 3 % of the work of `HeatmapResNet18` at 160. Plain convolutions with few
    channels: on CPUs they were faster than separable ones with as many operations.

    Parameters
    ----------
    points : int
        K, the number of points.
    channels : int
        Input channels, 1 for grey.
    widths : sequence of int
        Channels of the four blocks. Processors reckon with 16 numbers at a time, so that multiples of 16 are
        faster than what lies between.
    pyramid_width : int
        Channels of the pyramid.
    """

    def __init__(
        self, points: int, channels: int = 1, widths: Sequence[int] = (16, 48, 80, 128), pyramid_width: int = 32
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, 16, kernel_size=5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
        )
        self.blocks = nn.ModuleList(
            Residual(before, after) for before, after in zip([16, *widths], widths, strict=False)
        )
        self.laterals = nn.ModuleList(nn.Conv2d(depth, pyramid_width, kernel_size=1) for depth in widths)
        self.head = nn.Sequential(
            nn.Conv2d(pyramid_width, pyramid_width, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(pyramid_width),
            nn.ReLU(inplace=True),
            nn.Conv2d(pyramid_width, points, kernel_size=1),
        )

    def heatmaps(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops (N, C, S, S), S a multiple of 32 → logits (N, K, S / 4, S / 4)."""
        features = self.stem(crops)
        maps = []
        for block in self.blocks:
            features = block(features)
            maps.append(features)
        logits: torch.Tensor = self.head(pyramid(self.laterals, maps))
        return logits


def pyramid(laterals: nn.ModuleList, maps: list[torch.Tensor]) -> torch.Tensor:
    """The sum of all maps, each brought to one number of channels and to the size of the first.

    Parameters
    ----------
    laterals : list of modules
        One for each map, giving the same number of channels.
    maps : list of float tensors (N, C, H, W)
        From the finest to the coarsest, each half as large as the one before.
    """
    *finer, summed = (lateral(each) for lateral, each in zip(laterals, maps, strict=True))
    for each in reversed(finer):
        summed = functional.interpolate(summed, scale_factor=2.0, mode="nearest") + each
    result: torch.Tensor = summed
    return result


def cell_centres(cells: int, device: torch.device | None = None) -> torch.Tensor:
    """Relative coordinates of the centres of a heatmap's cells along one axis; float32 (cells,)."""
    return (2 * torch.arange(cells, dtype=torch.float32, device=device) + 1) / cells - 1


def soft_argmax(logits: torch.Tensor) -> torch.Tensor:
    """The mean place of each heatmap, its softmax being the weights.

    Parameters
    ----------
    logits : float tensor (N, K, H, W)

    Returns
    -------
    float32 tensor (N, K, 2)
        ``(x, y)``, relative coordinates.
    """
    return moments(logits)[0]


def moments(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean place of each heatmap, and how far it is spread about it, its softmax being the weights.

    Parameters
    ----------
    logits : float tensor (N, K, H, W)

    Returns
    -------
    float32 tensor (N, K, 2), float32 tensor (N, K)
        ``(x, y)``, and the root of the sum of the variances along x and y; relative coordinates.
    """
    # As one product of matrices: with a softmax and sums apart the read-out took a fifth of a small network's time. It
    # takes cells as they lie in memory, those of a heatmap side by side or, with the channels last, those of a place.
    points, height, width = map(int, logits.shape[1:])  # not to be reckoned anew in an exported network
    powers = torch.from_numpy(_powers(height, width)).to(logits.device)
    if logits.is_contiguous():
        cells = logits.float().reshape(-1, points, height * width)
        sums = (cells - cells.amax(dim=2, keepdim=True)).exp() @ powers.T
    else:
        cells = logits.float().permute(0, 2, 3, 1).flatten(1, 2)
        sums = (powers @ (cells - cells.amax(dim=1, keepdim=True)).exp()).transpose(1, 2)
    means = sums[..., 1:] / sums[..., :1]
    places = means[..., :2]
    variances = means[..., 2] - places.square().sum(dim=2)
    return places, variances.clamp_min(0).sqrt()


@lru_cache(maxsize=8)
def _powers(height: int, width: int) -> NDArray[np.float32]:
    """For each cell 1, x, y and x² + y², relative coordinates; float32 (4, height * width)."""
    y, x = np.meshgrid(cell_centres(height).numpy(), cell_centres(width).numpy(), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x**2 + y**2]).reshape(4, -1)
