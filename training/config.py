"""The hyper-parameters of a run, each with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TrainConfig:
    """Hyper-parameters of a 68-point network, checked when they are made; the defaults are the plain ResNet18's."""

    network: str = "resnet18"
    """A key of `facekp.networks.NETWORKS`."""
    sizes: tuple[int, ...] = (64, 96, 112)
    """Side of the crop, pixels, from stage to stage: small crops train faster (64 more than twice as
    fast as 112), and what is learned on them carries over (progressive resizing). Faces of MERL-RAV have 83 pixels."""
    stage_epochs: tuple[int, ...] = (16, 12, 12)
    """Epochs at each size; one learning-rate cycle spans them all."""
    margin: float = 1.2
    """Side of the crop over the longer side of the box round the points."""
    mean: float = 128.0
    std: float = 64.0
    """Grey values v enter as (v - mean) / std."""
    batch: int = 32
    epoch_samples: int = 6000
    """Faces drawn for an epoch; about as many as there are."""
    share_300w: float = 0.5
    """Part of them from 300-W: it has a quarter of the faces, but the sharper and truer ones."""
    learning_rate: float = 1.5e-3
    """Peak of the one-cycle schedule (Smith & Topin 2018)."""
    weight_decay: float = 0.02
    warm_up: float = 0.1
    """Part of the run during which the learning rate rises."""
    wing_width: float = 10.0
    wing_curvature: float = 2.0
    """Of the wing loss (Feng et al. 2018), in pixels of a crop 256 wide."""
    heatmap_weight: float = 0.0
    """Of the cross-entropy to the true heatmap beside the wing loss; 0 for a network without heatmaps."""
    heatmap_sigma: float = 1.2
    """Standard deviation of the true heatmap, cells."""
    average_decay: float = 0.0
    """Of the moving average of the weights, per step; the average is what is kept. 0: none."""
    rotation: float = 15.0
    """Standard deviation, degrees."""
    scale: float = 0.10
    """Standard deviation of the logarithm of the crop's side."""
    shift: float = 0.05
    """Standard deviation, crop sides."""
    validation_share: float = 0.1
    """Part of the photographs of train.txt that is set aside."""
    seed: int = 0

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(self.stage_epochs)

    def size_at(self, epoch: int) -> int:
        """Side of the crop in an epoch, counted from 0, pixels."""
        ends = np.cumsum(self.stage_epochs)
        return self.sizes[int(np.searchsorted(ends, epoch, side="right"))]

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.stage_epochs) or min((*self.sizes, *self.stage_epochs), default=0) <= 0:
            raise ValueError(f"sizes {self.sizes} and stage_epochs {self.stage_epochs} do not go together")
        for name in ("batch", "epoch_samples", "learning_rate", "wing_width", "wing_curvature"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("share_300w", "validation_share", "warm_up", "average_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}")


HEATMAP = TrainConfig(
    network="resnet18-heatmap",
    sizes=(128, 192),
    stage_epochs=(8, 28),
    margin=1.25,
    batch=16,
    share_300w=0.6,
    learning_rate=1e-3,
    heatmap_weight=1.0,
    average_decay=0.998,
    rotation=20.0,
)
"""The heatmap network, from the plain ResNet18's trunk. Its margin is wider: a heatmap cannot point outside the crop.
Its photographs of 300-W weigh more, since at 192 pixels the small faces of MERL-RAV are only blown up."""

RECIPES = {"resnet18": TrainConfig(), "heatmap": HEATMAP}
