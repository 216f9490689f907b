"""The networks that give a heatmap for each point, and how heatmaps are read.

Their crops are float32 (N, C, S, S); their coordinates, as those of all `facekp.networks`, relative to the crop.
"""

from __future__ import annotations

import torch
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
    """Two convolutions beside a shortcut; the first of them halves the picture.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, kernel_size=3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Conv2d(channels, width, kernel_size=1, stride=2, bias=False)
        self.bn3 = nn.BatchNorm2d(width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, channels, S, S) → (N, width, S / 2, S / 2)."""
        inner = functional.relu(self.bn1(self.conv1(features)))
        outer: torch.Tensor = self.bn2(self.conv2(inner)) + self.bn3(self.shortcut(features))
        return functional.relu(outer)


class SmallHeatmapNet(HeatmapNetwork):
    """Heatmaps from four residual blocks and a feature pyramid.

    At 128 pixels it is a twentieth of the work of `HeatmapResNet18` at 160. Plain convolutions with few
    channels: on CPUs they were faster than separable ones with as many operations.

    Parameters
    ----------
    points : int
        K, the number of points.
    channels : int
        Input channels, 1 for grey.
    width : int
        Channels of the first block; the others have 2, 4 and 6 times as many.
    pyramid_width : int
        Channels of the pyramid.
    """

    def __init__(self, points: int, channels: int = 1, width: int = 24, pyramid_width: int = 40) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 6 * width]
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
    height, width = logits.shape[-2:]
    weights = logits.float().flatten(2).softmax(dim=-1).reshape(logits.shape)
    # Sums over columns and rows first: all that follows is then work for a line, not for a square.
    places, variances = [], []
    for line, cells in ((weights.sum(dim=2), width), (weights.sum(dim=3), height)):
        centres = cell_centres(cells, logits.device)
        place = (line * centres).sum(dim=-1)
        places.append(place)
        variances.append((line * (centres - place[..., None]).square()).sum(dim=-1))
    return torch.stack(places, dim=-1), torch.stack(variances).sum(dim=0).sqrt()
