"""Photographs made harder in one way each, for the robustness table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.faces import FaceBox
from facekp.images import Picture

Points = NDArray[np.float32]
Random = np.random.Generator
Other = Callable[[], Picture]
"""Reads another photograph, where one is needed."""
Change = Callable[[Picture, Points, Random, Other], tuple[Picture, Points]]

TURNS = (-45, -30, -15, 15, 30, 45)
"""Degrees; positive ones turn the picture clockwise."""
FACE_SIZES = (80, 40, 20)
"""Longer side of the box round the points, pixels."""
BLUR = 0.02
"""Standard deviation of the Gaussian, in sides of the face."""
LIGHT, NOISE = 0.12, 2.0
"""What of the light is left, and the standard deviation of the camera's noise, grey values."""
JPEG_QUALITY = 10
COVERED = 0.25
"""Part of the box round the points."""
SHIFT = 0.1
"""How far a box is moved, in sides of the box."""


@dataclass(frozen=True)
class Condition:
    """One way to make photographs harder.

    Attributes
    ----------
    title : str
        What is done, for a reader.
    change : callable
        Photograph (H, W, 3), points (68, 2), a random generator and a function that reads another photograph →
        the photograph made harder, and where its points are then.
    shift : (float, float), optional
        Then no face is looked for: the network is given the box that the detector found in the photograph as it
        is, moved by so many of its sides along x and y.
    """

    title: str
    change: Change
    shift: tuple[float, float] | None = None


def unchanged(photo: Picture, points: Points, rng: Random, other: Other) -> tuple[Picture, Points]:
    """The photograph as it is."""
    return photo, points


def turned(degrees: float) -> Change:
    """The photograph turned about the face, in a frame of the same size whose border pixels are repeated."""

    def change(photo: Picture, points: Points, rng: Random, other: Other) -> tuple[Picture, Points]:
        matrix = cv2.getRotationMatrix2D(FaceBox.around(points).centre, -degrees, 1.0)
        size = photo.shape[1], photo.shape[0]
        there = cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(there, np.uint8), (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)

    return change


def shrunken(pixels: float) -> Change:
    """The photograph with a face of so many pixels; one whose face is smaller stays as it is."""

    def change(photo: Picture, points: Points, rng: Random, other: Other) -> tuple[Picture, Points]:
        scale = min(1.0, pixels / _side(points))
        size = tuple(max(1, round(length * scale)) for length in photo.shape[1::-1])
        small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)
        factors = np.divide(size, photo.shape[1::-1])
        return small, ((points + 0.5) * factors - 0.5).astype(np.float32)

    return change


def blurred(photo: Picture, points: Points, rng: Random, other: Other) -> tuple[Picture, Points]:
    """The photograph out of focus."""
    return np.asarray(cv2.GaussianBlur(photo, (0, 0), BLUR * _side(points)), np.uint8), points


def darkened(photo: Picture, points: Points, rng: Random, other: Other) -> tuple[Picture, Points]:
    """The photograph in poor light, with the noise that then shows."""
    values = LIGHT * photo.astype(np.float32) + rng.normal(0, NOISE, photo.shape).astype(np.float32)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8), points


def compressed(photo: Picture, points: Points, rng: Random, other: Other) -> tuple[Picture, Points]:
    """The photograph saved as a poor JPEG."""
    _, code = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]), points


def covered(photo: Picture, points: Points, rng: Random, other: Other) -> tuple[Picture, Points]:
    """A part of the face hidden by a piece of another photograph; the points under it count too."""
    hidden, _ = cover(photo, points, rng, other())
    return hidden, points


def cover(photo: Picture, points: Points, rng: Random, other: Picture) -> tuple[Picture, FaceBox]:
    """The photograph with a rectangle of `COVERED` of the face's box hidden, and the rectangle."""
    face = FaceBox.around(points)
    width = face.width * rng.uniform(COVERED**0.7, COVERED**0.3)
    height = COVERED * face.area / width
    x, y = face.x_min + rng.uniform(0, face.width - width), face.y_min + rng.uniform(0, face.height - height)
    left, top = max(0, round(x)), max(0, round(y))
    right, bottom = min(photo.shape[1], round(x + width)), min(photo.shape[0], round(y + height))
    hidden = photo.copy()
    if right > left and bottom > top:
        # The upper left corner of a photograph is its background more often than not.
        piece = other[: math.ceil(other.shape[0] / 3), : math.ceil(other.shape[1] / 3)]
        hidden[top:bottom, left:right] = cv2.resize(piece, (right - left, bottom - top))
    return hidden, FaceBox(left - 0.5, top - 0.5, right - 0.5, bottom - 0.5)


CONDITIONS = {
    "normal": Condition("as it is", unchanged),
    **{f"turned_{degrees:+d}": Condition(f"turned by {degrees:+d}°", turned(degrees)) for degrees in TURNS},
    **{f"face_{pixels}": Condition(f"a face of {pixels} pixels", shrunken(pixels)) for pixels in FACE_SIZES},
    "blurred": Condition(f"Gaussian blur, {BLUR:.0%} of the face's side", blurred),
    "dark": Condition(f"{LIGHT:.0%} of the light, with noise", darkened),
    "jpeg": Condition(f"JPEG of quality {JPEG_QUALITY}", compressed),
    "covered": Condition(f"{COVERED:.0%} of the face's box covered", covered),
    "box_right": Condition(f"box moved right by {SHIFT:.0%}", unchanged, (SHIFT, 0.0)),
    "box_left": Condition(f"box moved left by {SHIFT:.0%}", unchanged, (-SHIFT, 0.0)),
    "box_down": Condition(f"box moved down by {SHIFT:.0%}", unchanged, (0.0, SHIFT)),
    "box_up": Condition(f"box moved up by {SHIFT:.0%}", unchanged, (0.0, -SHIFT)),
}
"""By the names that the results have."""


def _side(points: Points) -> float:
    box = FaceBox.around(points)
    return max(box.width, box.height)
