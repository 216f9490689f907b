"""Face boxes → points: crops, the looks of the networks at them, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint
from facekp.crop import Crop, WholePicture, crop_round, level_crop, mirror_crop
from facekp.engines import make_engine
from facekp.errors import FacekpError
from facekp.faces import FaceBox
from facekp.images import Picture

BATCH = 32
"""Crops that go through a network together; it bounds the memory that a folder of photographs needs."""

AnyCrop = Crop | WholePicture
Float = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Look:
    """What a network makes of a face at its last look.

    Attributes
    ----------
    points : float32 array (K, 2)
        Photo pixels.
    spread : float32 array (K,), optional
        Of the points' heatmaps, relative coordinates; None for a network without heatmaps.
    unit : float
        Photo pixels per unit of the relative coordinates: half the crop's side.
    """

    points: Float
    spread: Float | None
    unit: float


class Locator:
    """Finds the points of faces whose boxes are known. Holds weights only, so one serves many threads.

    Parameters
    ----------
    checkpoint : Checkpoint
    engine : str
        ``"torch"``, ``"onnxruntime"``, or ``"auto"`` for the fastest that is installed.
    """

    def __init__(self, checkpoint: Checkpoint, engine: str = "torch") -> None:
        self.checkpoint = checkpoint
        self.scout = Locator(checkpoint.scout, engine) if checkpoint.scout else None
        self.engine = make_engine(checkpoint, engine)

    def locate(self, photos: Sequence[Picture], boxes: Sequence[FaceBox]) -> list[Look]:
        """The face in each box of the photo beside it.

        Parameters
        ----------
        photos : sequence of uint8 arrays (H, W, 3)
            The same photo for each of its faces.
        boxes : sequence of FaceBox
        """
        spec = self.checkpoint.input
        if self.scout:
            first = self.scout.locate(photos, boxes)
            return self.refine(photos, [look.points for look in first], spec.looks)
        crops: list[AnyCrop] = [
            WholePicture((photo.shape[1], photo.shape[0]), spec.shape)
            if spec.whole
            else crop_round(box, spec.size, spec.margin)
            for photo, box in zip(photos, boxes, strict=True)
        ]
        found = self._look(photos, crops, mirrored=spec.mirror and spec.looks == 1)
        if spec.looks == 1 or self.checkpoint.schema.eyes is None:
            return found
        return self.refine(photos, [look.points for look in found], spec.looks - 1)

    def refine(self, photos: Sequence[Picture], points: Sequence[Float], looks: int = 1) -> list[Look]:
        """Faces by further looks at upright crops round points that are nearly right.

        The networks were trained on crops round true points, and know upright faces best.

        Parameters
        ----------
        photos : sequence of uint8 arrays (H, W, 3)
        points : sequence of float32 arrays (K, 2)
            Of the face in the photo beside it, photo pixels.
        looks : int
            The last is averaged with one at the mirrored crops, where the card says so.
        """
        spec, eyes = self.checkpoint.input, self.checkpoint.schema.eyes
        if eyes is None:
            raise FacekpError(f"the points of {self.checkpoint.schema.name} have no eyes to turn a crop upright by")
        found: list[Look] = []
        for left in reversed(range(looks)):
            crops = [level_crop(each, eyes, spec.size, spec.margin) for each in points]
            found = self._look(photos, crops, mirrored=spec.mirror and left == 0)
            points = [look.points for look in found]
        return found

    def _look(self, photos: Sequence[Picture], crops: Sequence[AnyCrop], *, mirrored: bool) -> list[Look]:
        """One look of the network at all crops; `mirrored`: averaged with that at the mirrored crops."""
        schema, size = self.checkpoint.schema, self.checkpoint.input.size
        found: list[Look] = []
        for start in range(0, len(crops), BATCH):
            part = slice(start, start + BATCH)
            grey = [crop.cut_grey(photo) for photo, crop in zip(photos[part], crops[part], strict=True)]
            points, spread = self.engine(np.stack([*grey, *map(mirror_crop, grey)] if mirrored else grey))
            if mirrored:
                straight, other = np.split(points, 2)
                points = (straight + schema.mirror_points(other, size)) * np.float32(0.5)
                if spread is not None:
                    straight, other = np.split(spread, 2)
                    spread = (straight + other[:, schema.mirror]) * np.float32(0.5)
            spreads = [None] * len(grey) if spread is None else list(spread)
            found += [
                Look(crop.to_photo(each), wide, crop.unit)
                for crop, each, wide in zip(crops[part], points, spreads, strict=True)
            ]
        return found
