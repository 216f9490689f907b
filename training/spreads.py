"""Faces as they are, faces with a part covered, and boxes without a face: what confidence is fitted and measured on."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.faces import FaceBox, SearchedDetector
from facekp.images import Picture, load_image
from training.disturb import cover
from training.measure import OVERLAP
from training.splits import Sample

LEAST_SIDE, LARGEST_SHARE = 24, 0.6
"""Side of a box without a face: from so many pixels to this share of the photograph's shorter side, evenly drawn
on a logarithmic scale."""
BACKGROUNDS, DRAWS = 1, 60
"""Boxes without a face that are wanted of a photograph, and how often one is drawn for them."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A photograph, and the box that a predictor is given.

    Attributes
    ----------
    photo : uint8 array (H, W, 3)
    box : FaceBox
    points : float32 array (68, 2), or None
        The true points; None where the box holds no face.
    hidden : bool array (68,), or None
        Which points are covered, where something was.
    """

    photo: Picture
    box: FaceBox
    points: NDArray[np.float32] | None = None
    hidden: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """What is shown of a photograph.

    Attributes
    ----------
    faces : tuple of Shown
        The face as it is, and with a part covered, both in the detector's box; empty where the detector missed it.
    backgrounds : tuple of Shown
        Boxes without a face.
    """

    faces: tuple[Shown, ...]
    backgrounds: tuple[Shown, ...]

    @property
    def shown(self) -> tuple[Shown, ...]:
        """All of them, the faces first."""
        return self.faces + self.backgrounds


def scene(samples: Sequence[Sample], index: int, detector: SearchedDetector, margin: float) -> Scene:
    """What is shown of one of the samples.

    Parameters
    ----------
    samples : sequence of Sample
        What covers a face is a piece of the next one's photograph. All that is drawn depends on the file's name only.
    index : int
    detector : SearchedDetector
    margin : float
        Side of the network's crops over that of its boxes: the whole crop lies away from the face.
    """
    sample, other = samples[index], samples[(index + 1) % len(samples)]
    photo = load_image(sample.photo)
    rng = np.random.default_rng(zlib.crc32(sample.file.encode()))
    truth = FaceBox.around(sample.outline)
    found = [detection.box for detection in detector.detect(photo)]
    boxes = background_boxes(photo, [truth, *found], margin, rng)
    backgrounds = tuple(Shown(photo, box) for box in boxes)
    best = max(found, key=truth.overlap, default=None)
    if best is None or best.overlap(truth) <= OVERLAP:
        return Scene((), backgrounds)
    covered, patch = cover(photo, sample.points, rng, load_image(other.photo))
    x, y = sample.points.T
    hidden = (x > patch.x_min) & (x < patch.x_max) & (y > patch.y_min) & (y < patch.y_max)
    return Scene((Shown(photo, best, sample.points), Shown(covered, best, sample.points, hidden)), backgrounds)


def background_boxes(
    photo: Picture, faces: Sequence[FaceBox], margin: float, rng: np.random.Generator
) -> list[FaceBox]:
    """Squares inside a photograph whose crops, `margin` times as wide, touch no face; `BACKGROUNDS` at most."""
    height, width = photo.shape[:2]
    largest = LARGEST_SHARE * min(height, width)
    boxes: list[FaceBox] = []
    if largest <= LEAST_SIDE:
        return boxes
    for _ in range(DRAWS):
        side = math.exp(rng.uniform(math.log(LEAST_SIDE), math.log(largest)))
        x, y = rng.uniform(0, width - side), rng.uniform(0, height - side)
        rim = (margin - 1) / 2 * side
        crop = FaceBox(x - rim, y - rim, x + side + rim, y + side + rim)
        if not any(crop.overlap(face) for face in faces):
            boxes.append(FaceBox(x, y, x + side, y + side))
        if len(boxes) == BACKGROUNDS:
            break
    return boxes
