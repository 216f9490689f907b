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
from facekp.heatmaps import HeatmapResNet18, SmallHeatmapNet


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
