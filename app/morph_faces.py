"""Faces of photographs as morphs take them; nothing here knows Streamlit."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from photos import Photo
from PIL import Image

from facekp.align import Points
from facekp.faces import FaceBox
from facekp.images import Picture, load_photograph, over_white
from facekp.sources import Photograph, fingerprint

SKETCH_SIDE = 1024
"""Longer side of a photograph that previews are made of, pixels."""

THUMBNAIL_SIDE, THUMBNAIL_ROOM = 160, 1.5
"""Pixels; and what is seen over the longer side of the box round the points."""


@dataclass(frozen=True)
class Sketch:
    """A face's photograph as previews take it: small, and decoded.

    Attributes
    ----------
    picture : uint8 array (H, W, 3), or (H, W, 4) where it is transparent in part
        RGB or RGBA.
    points : float64 array (K, 2)
        ``(x, y)`` in its pixels.
    size : (int, int)
        Width and height of the photograph itself, pixels.
    """

    picture: Picture
    points: Points
    size: tuple[int, int]


class Place(NamedTuple):
    """Which face of which photograph, and which of its copies where a list has it several times."""

    digest: str
    index: int
    copy: int = 0


@dataclass(frozen=True)
class Face:
    """A face of a photograph.

    Attributes
    ----------
    photo : Photo
    index : int
        0 is the photograph's largest face.
    of : int
        How many faces it has.
    points : float32 array (K, 2)
        ``(x, y)`` in pixels of the photograph.
    copy : int
        Which of its copies it is, where a list has it several times.
    """

    photo: Photo
    index: int
    of: int
    points: NDArray[np.float32] = field(compare=False)
    copy: int = 0

    @property
    def title(self) -> str:
        """What the visitor calls it."""
        return self.photo.label if self.of < 2 else f"Face {self.index + 1} of {self.photo.label}"

    @property
    def place(self) -> Place:
        """What a list of faces knows it by."""
        return Place(self.photo.digest, self.index, self.copy)

    @cached_property
    def key(self) -> tuple[str, int, str]:
        """What makes it this face, with these points."""
        return self.photo.digest, self.index, fingerprint(self.points.tobytes())

    def photograph(self) -> Photograph:
        """The face as a recipe names it."""
        return Photograph(self.photo.name, fingerprint(self.photo.data), self.points.astype(np.float64))

    def sketch(self) -> Sketch:
        """The photograph at a longer side of `SKETCH_SIDE` pixels, or at its own where that is less.

        Raises
        ------
        ImageError
            If it cannot be decoded.
        """
        image = load_photograph(self.photo.data)
        height, width = image.shape[:2]
        scale = min(1.0, SKETCH_SIDE / max(width, height))
        if scale == 1:
            return Sketch(image, self.points.astype(np.float64), (width, height))
        small = max(1, round(width * scale)), max(1, round(height * scale))
        # An integer is a pixel's centre, so the picture's corner is at -0.5.
        points = (self.points + 0.5) * (np.array(small) / (width, height)) - 0.5
        picture = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return Sketch(picture, points, (width, height))


def thumbnail(image: Picture, points: NDArray[np.floating]) -> bytes:
    """A small square JPEG of the face with these points (K, 2) in a picture, cut at the picture's edge."""
    box = FaceBox.around(np.asarray(points, dtype=np.float32))
    (x, y), half = box.centre, THUMBNAIL_ROOM * max(box.width, box.height) / 2
    height, width = image.shape[:2]
    half = min(half, width / 2, height / 2)
    left, top = round(min(max(x - half, 0), width - 2 * half)), round(min(max(y - half, 0), height - 2 * half))
    side = max(1, round(2 * half))
    part = Image.fromarray(over_white(np.ascontiguousarray(image[top : top + side, left : left + side])))
    buffer = io.BytesIO()
    part.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS).save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()
