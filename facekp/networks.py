"""The networks, by the names that checkpoints use.

Each takes crops, float32 (N, C, S, S), and gives coordinates, float32 (N, K, 2), ``(x, y)`` relative
to the crop: (0, 0) is its centre, and -1 and 1 are its edges. A network that sees the whole picture takes
(N, C, H, W) and answers relative to that.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from facekp.errors import CheckpointError
from facekp.resnet import DEPTHS, Trunk


class ResNet18(nn.Module):
    """torchvision's ResNet18 with one input channel and 2K outputs.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.

    Parameters
    ----------
    points : int
        K, the number of points.
    channels : int
        Input channels, 1 for grey.
    """

    def __init__(self, points: int, channels: int = 1) -> None:
        super().__init__()
        # Here, since torchvision takes a second to import, and the other networks do without.
        from facekp._torchvision import import_torchvision

        import_torchvision()
        from torchvision.models import resnet18

        self.net = resnet18(weights=None, num_classes=2 * points)
        self.net.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops (N, C, S, S) → relative coordinates (N, K, 2)."""
        coordinates: torch.Tensor = self.net(crops)
        return torch.unflatten(coordinates, 1, (-1, 2))


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
    """Heatmaps from four residual blocks and a feature pyramid; about a thirtieth of `HeatmapResNet18`'s work.

    Plain convolutions with few channels: on CPUs they were faster than separable ones with as many operations.

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


class NoseNet(nn.Module):
    """Three convolutions, each with ReLU and 2x2 max pooling, and two linear layers.

    Parameters
    ----------
    points : int
        K, the number of points.
    channels : int
        Input channels, 1 for grey.
    width, height : int
        Of the input, pixels.
    kernel_size : int
        Side of the filters, odd; the convolutions keep the picture's size.
    """

    def __init__(
        self, points: int = 1, channels: int = 1, *, width: int = 80, height: int = 60, kernel_size: int = 5
    ) -> None:
        super().__init__()
        padding = kernel_size // 2
        self.conv1 = nn.Conv2d(channels, 12, kernel_size, padding=padding)
        self.conv2 = nn.Conv2d(12, 24, kernel_size, padding=padding)
        self.conv3 = nn.Conv2d(24, 32, kernel_size, padding=padding)
        self.fc1 = nn.Linear(32 * (width // 8) * (height // 8), 128)
        self.fc2 = nn.Linear(128, 2 * points)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, C, height, width) → relative coordinates (N, K, 2)."""
        features = pictures
        for layer in (self.conv1, self.conv2, self.conv3):
            features = functional.max_pool2d(functional.relu(layer(features)), 2)
        hidden = functional.relu(self.fc1(features.flatten(1)))
        coordinates: torch.Tensor = self.fc2(hidden)
        return torch.unflatten(coordinates, 1, (-1, 2))


class FaceDetectionCNN(nn.Module):
    """Five convolutions without padding, 2x2 max pooling after the first four, and two linear layers.

    The input has 224 x 224 pixels, of which 6 x 6 cells remain.

    Parameters
    ----------
    points : int
        K, the number of points.
    channels : int
        Input channels, 1 for grey.
    """

    def __init__(self, points: int = 58, channels: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.conv3 = nn.Conv2d(16, 32, 5)
        self.conv4 = nn.Conv2d(32, 64, 5)
        self.conv5 = nn.Conv2d(64, 128, 5)
        self.fc1 = nn.Linear(128 * 6 * 6, 64)
        self.fc2 = nn.Linear(64, 2 * points)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, C, 224, 224) → relative coordinates (N, K, 2)."""
        features = pictures
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            features = functional.max_pool2d(functional.relu(layer(features)), 2)
        features = functional.relu(self.conv5(features))
        hidden = functional.relu(self.fc1(features.flatten(1)))
        coordinates: torch.Tensor = self.fc2(hidden)
        return torch.unflatten(coordinates, 1, (-1, 2))


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "nose-cnn": NoseNet,
    "face-detection-cnn": FaceDetectionCNN,
    "resnet18": ResNet18,
    "resnet18-heatmap": HeatmapResNet18,
    "small-heatmap": SmallHeatmapNet,
}


def build_network(name: str, points: int, channels: int, **options: int) -> nn.Module:
    """Make a network with random weights.

    Parameters
    ----------
    name : str
        A key of `NETWORKS`.
    points, channels : int
        Points given, channels taken.
    **options : int
        What else the network's class takes: `NoseNet` has its input's size and that of its filters.

    Raises
    ------
    CheckpointError
        If there is no network of that name.
    """
    if name not in NETWORKS:
        raise CheckpointError(f"there is no network named {name!r}; known are {', '.join(NETWORKS)}")
    return NETWORKS[name](points, channels, **options)
