"""The convolutions of ResNet18, with torchvision's names, so that its weights fit.

torchvision itself takes longer to import than a face takes to be found, torch's compiler with it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

DEPTHS = (64, 128, 256, 512)
"""Channels of the four stages."""


class BasicBlock(nn.Module):
    """Two convolutions beside a shortcut, which halves the picture where the stride is 2."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = nn.Sequential()
        if stride > 1:
            self.downsample.append(nn.Conv2d(channels, width, kernel_size=1, stride=stride, bias=False))
            self.downsample.append(nn.BatchNorm2d(width))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, channels, S, S) → (N, width, S / stride, S / stride)."""
        inner = functional.relu(self.bn1(self.conv1(features)))
        return functional.relu(self.bn2(self.conv2(inner)) + self.downsample(features))


class Trunk(nn.Module):
    """ResNet18 without its mean over the picture and its linear layer.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.

    Parameters
    ----------
    channels : int
        Input channels, 1 for grey.
    """

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, DEPTHS[0], kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(DEPTHS[0])
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            nn.Sequential(BasicBlock(before, depth, stride), BasicBlock(depth, depth, 1))
            for before, depth, stride in zip((DEPTHS[0], *DEPTHS), DEPTHS, (1, 2, 2, 2), strict=False)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, crops: torch.Tensor) -> list[torch.Tensor]:
        """Crops (N, C, S, S) → the maps of the four stages, the first with a quarter of the side."""
        features = functional.max_pool2d(functional.relu(self.bn1(self.conv1(crops))), 3, stride=2, padding=1)
        maps = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            features = layer(features)
            maps.append(features)
        return maps
