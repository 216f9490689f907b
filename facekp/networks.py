"""The networks, by the names that checkpoints use.

Each takes crops, float32 (N, C, S, S), and gives coordinates, float32 (N, K, 2), ``(x, y)`` relative
to the crop: (0, 0) is its centre, and -1 and 1 are its edges.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from facekp._torchvision import import_torchvision
from facekp.errors import CheckpointError

import_torchvision()
from torchvision.models import resnet18  # noqa: E402  (the import needs the line above)


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
        self.net = resnet18(weights=None, num_classes=2 * points)
        self.net.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Crops (N, C, S, S) → relative coordinates (N, K, 2)."""
        coordinates: torch.Tensor = self.net(crops)
        return coordinates.reshape(len(crops), -1, 2)


NETWORKS: dict[str, Callable[[int, int], nn.Module]] = {"resnet18": ResNet18}


def build_network(name: str, points: int, channels: int) -> nn.Module:
    """Make a network with random weights.

    Parameters
    ----------
    name : str
        A key of `NETWORKS`.
    points, channels : int
        Points given, channels taken.

    Raises
    ------
    CheckpointError
        If there is no network of that name.
    """
    if name not in NETWORKS:
        raise CheckpointError(f"there is no network named {name!r}; known are {', '.join(NETWORKS)}")
    return NETWORKS[name](points, channels)
