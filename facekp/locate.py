"""Face boxes → points: crops, the looks of the networks at them, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint
from facekp.crop import Crop, WholePicture, crop_round, from_relative, level_crop, mirror_crop
from facekp.faces import FaceBox
from facekp.images import Picture

BATCH = 32
"""Crops that go through a network together; it bounds the memory that a folder of photographs needs."""

AnyCrop = Crop | WholePicture
Found = list[NDArray[np.float32]]
"""Points (K, 2), photo pixels, of each face."""


class Locator:
    """Finds the points of faces whose boxes are known. Holds weights only, so one serves many threads.

    Parameters
    ----------
    checkpoint : Checkpoint
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.scout = Locator(checkpoint.scout) if checkpoint.scout else None
        self._network = checkpoint.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def locate(self, photos: Sequence[Picture], boxes: Sequence[FaceBox]) -> Found:
        """Points of the face in each box of the photo beside it.

        Parameters
        ----------
        photos : sequence of uint8 arrays (H, W, 3)
            The same photo for each of its faces.
        boxes : sequence of FaceBox

        Returns
        -------
        list of float32 arrays (K, 2)
            Photo pixels.
        """
        spec = self.checkpoint.input
        if self.scout:
            return self.refine(photos, self.scout.locate(photos, boxes), spec.looks)
        crops: list[AnyCrop] = [
            WholePicture((photo.shape[1], photo.shape[0]), spec.shape)
            if spec.whole
            else crop_round(box, spec.size, spec.margin)
            for photo, box in zip(photos, boxes, strict=True)
        ]
        points = self._look(photos, crops, mirrored=spec.mirror and spec.looks == 1)
        return self.refine(photos, points, spec.looks - 1)

    def refine(self, photos: Sequence[Picture], points: Found, looks: int = 1) -> Found:
        """Points by further looks at upright crops round points that are nearly right.

        The networks were trained on crops round true points, and know upright faces best. Points of a
        schema without eyes stay as they are.

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
            return points
        for left in reversed(range(looks)):
            crops = [level_crop(found, eyes, spec.size, spec.margin) for found in points]
            points = self._look(photos, crops, mirrored=spec.mirror and left == 0)
        return points

    def _look(self, photos: Sequence[Picture], crops: Sequence[AnyCrop], *, mirrored: bool) -> Found:
        """One look of the network at all crops; `mirrored`: averaged with that at the mirrored crops."""
        found: Found = []
        for start in range(0, len(crops), BATCH):
            part = slice(start, start + BATCH)
            grey = [crop.cut_grey(photo) for photo, crop in zip(photos[part], crops[part], strict=True)]
            points = self._run([*grey, *map(mirror_crop, grey)] if mirrored else grey)
            if mirrored:
                straight, other = np.split(points, 2)
                back = self.checkpoint.schema.mirror_points(other, self.checkpoint.input.size)
                points = (straight + back) * np.float32(0.5)
            found += [crop.to_photo(each) for crop, each in zip(crops[part], points, strict=True)]
        return found

    def _run(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Points (N, K, 2), network pixels, of grey crops (S, S), or whole pictures (H, W)."""
        spec = self.checkpoint.input
        with torch.inference_mode():
            pixels = torch.from_numpy(np.stack(crops)[:, None]).float().sub_(spec.mean).div_(spec.std)
            relative = self._network(pixels.contiguous(memory_format=torch.channels_last))
        return from_relative(relative.numpy(), spec.shape)
