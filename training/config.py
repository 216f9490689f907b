"""The hyper-parameters of a run, each with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from facekp.schema import SCHEMAS, Schema

CHOICES = {
    "loss": ("wing", "mse"),
    "optimizer": ("adamw", "adam"),
    "schedule": ("one-cycle", "constant"),
    "augmentation": ("strong", "light", "turned", "none"),
    "precision": ("auto", "float32", "bfloat16"),
}
"""What the hyper-parameters that are words may be."""


@dataclass(frozen=True)
class TrainConfig:
    """Hyper-parameters of a network, checked when they are made; the defaults suit two cores and some hours."""

    network: str = "resnet18"
    """A key of `facekp.networks.NETWORKS`."""
    network_options: dict[str, int] = field(default_factory=dict)
    """What else `facekp.networks.build_network` is given."""
    mean_start: bool = False
    """Whether the untrained network answers with the mean shape, which saves it the first epochs."""
    schema: str = "ibug68"
    """A key of `facekp.schema.SCHEMAS`."""
    sizes: tuple[int, ...] = (64, 96, 112)
    """Side of the crop, pixels, from stage to stage: small crops train faster (64 more than twice as
    fast as 112), and what is learned on them carries over (progressive resizing). Faces of MERL-RAV have 83 pixels."""
    stage_epochs: tuple[int, ...] = (16, 12, 12)
    """Epochs at each size; one learning-rate cycle spans them all."""
    height: int | None = None
    """For a network that sees the whole picture: its height, pixels; `sizes` holds its width."""
    margin: float = 1.2
    """Side of the crop over the longer side of the box round the points."""
    mean: float = 128.0
    std: float = 64.0
    """Grey values v enter as (v - mean) / std."""
    looks: int = 2
    """How often the network is asked about a photograph: see `facekp.checkpoint.InputSpec`."""
    mirror: bool = True
    """Whether its answer is averaged with that to the mirrored crop."""
    scout: str | None = None
    """Checkpoint that looks before it: see `facekp.checkpoint.InputSpec`."""
    batch: int = 32
    """Over all processes together."""
    epoch_samples: int = 6000
    """Faces drawn for an epoch; about as many as there are. 0: each face once."""
    share_300w: float = 0.5
    """Part of them from 300-W: it has a quarter of the faces, but the sharper and truer ones. Of ``face58-borrowed``
    the part that is borrowed."""
    loss: str = "wing"
    optimizer: str = "adamw"
    schedule: str = "one-cycle"
    """Smith & Topin 2018; or a constant learning rate."""
    learning_rate: float = 1.5e-3
    """Its peak, or the constant."""
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
    augmentation: str = "strong"
    """``strong``: jittered, mirrored and spoiled; ``turned``: turned, and a part of it cut out."""
    level: bool = False
    """Whether crops are turned so that the eyes are level before they are jittered: for a network that takes the last
    look only, and finds faces upright."""
    rotation: float = 15.0
    """Standard deviation, degrees; of ``turned`` the most."""
    scale: float = 0.10
    """Standard deviation of the logarithm of the crop's side; of ``turned`` the most that is cut off, in sides."""
    shift: float = 0.05
    """Standard deviation, crop sides; ``turned`` does without, since the part may lie anywhere."""
    precision: str = "auto"
    """``auto``: bfloat16 where the processor is made for it; see `training.engine.chosen_precision`."""
    validation_share: float = 0.1
    """Part of the photographs of train.txt that is set aside."""
    seed: int = 0

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(self.stage_epochs)

    @property
    def points(self) -> Schema:
        """The schema of the points."""
        return SCHEMAS[self.schema]

    def size_at(self, epoch: int) -> int:
        """Side of the crop, or width of the whole picture, in an epoch, counted from 0, pixels."""
        ends = np.cumsum(self.stage_epochs)
        return self.sizes[int(np.searchsorted(ends, epoch, side="right"))]

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.stage_epochs) or min((*self.sizes, *self.stage_epochs), default=0) <= 0:
            raise ValueError(f"sizes {self.sizes} and stage_epochs {self.stage_epochs} do not go together")
        for name in ("batch", "learning_rate", "wing_width", "wing_curvature", "std", "margin", "looks"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("share_300w", "validation_share", "warm_up", "average_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        if self.epoch_samples < 0:
            raise ValueError(f"epoch_samples must not be below 0, as {self.epoch_samples} is")
        for name, known in {**CHOICES, "schema": tuple(SCHEMAS)}.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}")
        if self.height is not None:
            self._check_whole_picture(self.height)

    def _check_whole_picture(self, height: int) -> None:
        if len(self.sizes) != 1 or self.margin != 1:
            raise ValueError(
                f"a whole picture has one size and no margin, not sizes {self.sizes}, margin {self.margin}"
            )
        if self.augmentation == "strong" or (self.augmentation == "turned" and self.sizes != (height,)):
            raise ValueError(f"augmentation {self.augmentation!r} is not for a picture of {self.sizes[0]} x {height}")


RESNET18 = TrainConfig(
    mean_start=True,
    sizes=(64, 96, 112),
    stage_epochs=(10, 36, 14),
    batch=16,
    learning_rate=1e-3,
    warm_up=1 / 6,
    augmentation="light",
)
"""The plain ResNet18 of the original's third stage: 10 epochs, in which the learning rate rises, and then 50; turns,
shifts, sizes, mirror images and, since crops are grey, the light in place of colours."""

HEATMAP = TrainConfig(
    network="resnet18-heatmap",
    sizes=(160,),
    stage_epochs=(45,),
    margin=1.25,
    looks=1,
    mirror=False,
    scout="face68-fast",
    share_300w=0.65,
    learning_rate=1e-3,
    heatmap_weight=1.0,
    average_decay=0.998,
    level=True,
    rotation=10.0,
    scale=0.08,
    shift=0.04,
)
"""The heatmap network. It learns the last look alone: faces that a scout has found already, upright and in place but
for the scout's errors. Its margin is wider: a heatmap cannot point outside the crop. Its photographs of 300-W weigh
more, since the small faces of MERL-RAV are only blown up. With 160 pixels it takes 0.7 of the time of 192."""

HEATMAP_FINE = replace(HEATMAP, stage_epochs=(20,), share_300w=0.75, learning_rate=5e-4)
"""A second, lower cycle of the heatmap network, from the best epoch of the first, with still more of 300-W."""

FAST = TrainConfig(
    network="small-heatmap",
    network_options={"widths": [16, 48, 80, 128], "pyramid_width": 32},
    sizes=(96, 128),
    stage_epochs=(25, 45),
    margin=1.25,
    looks=1,
    mirror=False,
    share_300w=0.6,
    learning_rate=3e-3,
    heatmap_weight=1.0,
    average_decay=0.998,
    rotation=20.0,
)
"""The small heatmap network, from random weights and with a teacher's points; one look, round a detector's box."""

NOSE_ORIGINAL = TrainConfig(
    network="nose-cnn",
    network_options={"width": 80, "height": 60, "kernel_size": 5},
    schema="nose",
    sizes=(80,),
    stage_epochs=(25,),
    height=60,
    margin=1.0,
    mean=127.5,
    std=255.0,
    looks=1,
    mirror=False,
    batch=4,
    epoch_samples=0,
    loss="mse",
    optimizer="adam",
    schedule="constant",
    learning_rate=1e-3,
    weight_decay=0.0,
    augmentation="none",
    precision="float32",
)
"""The original's first stage: the whole picture at 80 x 60, values from -0.5 to 0.5, mean squared error, 25 epochs
of Adam. Its batch is not known; 4 is that of the second stage."""

NOSE = replace(
    NOSE_ORIGINAL,
    network_options={"width": 80, "height": 80, "kernel_size": 5},
    stage_epochs=(150,),
    height=None,
    margin=1.2,
    mirror=True,
    batch=16,
    optimizer="adamw",
    schedule="one-cycle",
    weight_decay=0.02,
    average_decay=0.99,
    augmentation="strong",
    rotation=8.0,
)
"""The same network on the crop of the face, which a detector finds."""

FACE58_ORIGINAL = TrainConfig(
    network="face-detection-cnn",
    schema="imm58",
    sizes=(224,),
    stage_epochs=(25,),
    height=224,
    margin=1.0,
    mean=127.5,
    std=255.0,
    looks=1,
    mirror=False,
    batch=4,
    epoch_samples=0,
    loss="mse",
    optimizer="adam",
    schedule="constant",
    learning_rate=1e-3,
    weight_decay=0.0,
    augmentation="turned",
    rotation=15.0,
    precision="float32",
)
"""The original's second stage: the whole picture at 224 x 224, turned by -15 to 15 degrees and cut at random."""

FACE58 = replace(
    FACE58_ORIGINAL,
    stage_epochs=(400,),
    height=None,
    margin=1.2,
    mean=128.0,
    std=64.0,
    looks=2,
    mirror=True,
    batch=16,
    loss="wing",
    optimizer="adamw",
    schedule="one-cycle",
    weight_decay=0.02,
    average_decay=0.995,
    augmentation="light",
    rotation=8.0,
    scale=0.07,
    shift=0.03,
    learning_rate=2e-3,
    precision="auto",
    mean_start=True,
)
"""The same network on the crop of the face, with more of everything that helps few faces go far."""

FACE58_BORROWED = replace(
    FACE58,
    stage_epochs=(6,),
    epoch_samples=4000,
    share_300w=0.5,
    learning_rate=5e-4,
    precision="auto",
    mean_start=False,
)
"""The same, going on from there with half of its faces borrowed from the 68-point data sets (`training.borrow`)."""

RECIPES = {
    "nose-original": NOSE_ORIGINAL,
    "nose": NOSE,
    "face58-original": FACE58_ORIGINAL,
    "face58": FACE58,
    "face58-borrowed": FACE58_BORROWED,
    "resnet18": RESNET18,
    "heatmap": HEATMAP,
    "heatmap-fine": HEATMAP_FINE,
    "fast": FAST,
}
"""All recipes; the scripts of the stages choose among them."""
