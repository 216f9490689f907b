"""The only mapping between photo pixels and network pixels, both ways.

A crop is a square of the photo, possibly turned, brought to the network's input size; some networks
see the whole photo instead. In both pictures an integer coordinate is a pixel's centre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpError
from facekp.faces import FaceBox

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Crop:
    """A square of a photo as a network sees it.

    Attributes
    ----------
    centre : (float, float)
        ``(x, y)`` of the square's centre, photo pixels.
    side : float
        Length of the square's side, photo pixels.
    size : int
        Side of the network's input, network pixels.
    angle : float
        Turn of the square in the photo, radians, from the x axis towards the y axis
        (clockwise as one looks at the picture).
    """

    centre: tuple[float, float]
    side: float
    size: int
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.side) and self.side > 0 and all(map(math.isfinite, self.centre))):
            raise FacekpError(f"a crop needs a finite centre and a side above 0, not {self.centre} and {self.side}")

    @property
    def unit(self) -> float:
        """Photo pixels per unit of the relative coordinates."""
        return self.side / 2

    def _rotation(self) -> NDArray[np.float64]:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]])

    def to_photo(self, points: NDArray[np.float32]) -> Points:
        """Map points (..., 2) from network pixels to photo pixels; float32."""
        offsets = (np.asarray(points, dtype=np.float64) - (self.size - 1) / 2) * (self.side / self.size)
        return (offsets @ self._rotation().T + self.centre).astype(np.float32)

    def to_network(self, points: NDArray[np.float32]) -> Points:
        """Map points (..., 2) from photo pixels to network pixels; float32. Inverse of `to_photo`."""
        offsets = (np.asarray(points, dtype=np.float64) - self.centre) @ self._rotation()
        return (offsets * (self.size / self.side) + (self.size - 1) / 2).astype(np.float32)

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Sample the square from a photo.

        Parameters
        ----------
        image : uint8 array (H, W) or (H, W, C)

        Returns
        -------
        uint8 array (size, size) or (size, size, C)
            Bilinear samples; where the photo is reduced, it is averaged first, so that nothing
            aliases. Outside the photo its border pixels are repeated.
        """
        step = max(1, int(self.side / self.size))
        return self._sample(*self._region(image, step), step)

    def cut_grey(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The square from a colour photo (H, W, 3), in grey: uint8 (size, size). `cut` has the details."""
        step = max(1, int(self.side / self.size))
        region, origin = self._region(image, step)
        return self._sample(_grey(region), origin, step)

    def _sample(self, region: NDArray[np.uint8], origin: NDArray[np.float64], step: int) -> NDArray[np.uint8]:
        """The square, from the region round it, which begins at `origin`, reduced `step` times first."""
        if step > 1:
            height, width = region.shape[:2]
            reduced = cv2.resize(region, (width // step, height // step), interpolation=cv2.INTER_AREA)
            region = np.asarray(reduced, dtype=np.uint8)
        corners = np.array([[0, 0], [self.size - 1, 0], [0, self.size - 1]], dtype=np.float32)
        in_region = (self.to_photo(corners) - origin - (step - 1) / 2) / step
        to_network = cv2.getAffineTransform(in_region.astype(np.float32), corners)
        cut = cv2.warpAffine(
            region, to_network, (self.size, self.size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(cut, dtype=np.uint8)

    def _region(self, image: NDArray[np.uint8], step: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """The part of the photo that the square touches, and the photo coordinates of its first pixel.

        Its sides are multiples of `step`, as far as the photo allows, so that averaging is exact.
        """
        height, width = image.shape[:2]
        reach = self.side / 2 * (abs(math.cos(self.angle)) + abs(math.sin(self.angle))) + 2 * step
        left, top = (int(min(max(c - reach, 0), n - 1)) for c, n in zip(self.centre, (width, height), strict=True))
        right, bottom = (
            int(min(max(c + reach, start + 1), n))
            for c, start, n in zip(self.centre, (left, top), (width, height), strict=True)
        )
        right, bottom = (
            max(start + (stop - start) // step * step, min(start + step, n))
            for start, stop, n in ((left, right, width), (top, bottom, height))
        )
        region = image[top:bottom, left:right]
        if region.shape[0] < step or region.shape[1] < step:
            pads = (0, max(0, step - region.shape[0]), 0, max(0, step - region.shape[1]))
            region = cv2.copyMakeBorder(region, *pads, borderType=cv2.BORDER_REPLICATE).astype(np.uint8)
        return region, np.array([left, top], dtype=np.float64)


@dataclass(frozen=True)
class WholePicture:
    """The whole photo, stretched to a network's input; used as a `Crop` is.

    Attributes
    ----------
    photo : (int, int)
        Width and height of the photo, pixels.
    size : (int, int)
        Width and height of the network's input, pixels.
    """

    photo: tuple[int, int]
    size: tuple[int, int]

    def __post_init__(self) -> None:
        if min(*self.photo, *self.size) < 1:
            raise FacekpError(f"a picture has at least one pixel a side, not {self.photo} and {self.size}")

    @property
    def unit(self) -> float:
        """Photo pixels per unit of the relative coordinates, mean of both axes."""
        return sum(self.photo) / 4

    @property
    def _scale(self) -> NDArray[np.float64]:
        """Network pixels per photo pixel, along x and y."""
        return np.divide(self.size, self.photo, dtype=np.float64)

    def to_photo(self, points: NDArray[np.float32]) -> Points:
        """Map points (..., 2) from network pixels to photo pixels; float32."""
        return ((np.asarray(points, dtype=np.float64) + 0.5) / self._scale - 0.5).astype(np.float32)

    def to_network(self, points: NDArray[np.float32]) -> Points:
        """Map points (..., 2) from photo pixels to network pixels; float32. Inverse of `to_photo`."""
        return ((np.asarray(points, dtype=np.float64) + 0.5) * self._scale - 0.5).astype(np.float32)

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The photo, uint8 (H, W) or (H, W, C), in the network's size, averaged where it is reduced.

        Raises
        ------
        FacekpError
            If the photo has another size than was said.
        """
        if image.shape[1::-1] != self.photo:
            raise FacekpError(f"this is for photos of {self.photo} pixels, not {image.shape[1::-1]}")
        reduces = self.size[0] < self.photo[0] or self.size[1] < self.photo[1]
        stretched = cv2.resize(image, self.size, interpolation=cv2.INTER_AREA if reduces else cv2.INTER_LINEAR)
        return np.asarray(stretched, dtype=np.uint8)

    def cut_grey(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The colour photo (H, W, 3) in the network's size and in grey; `cut` has the details."""
        return _grey(self.cut(image))


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def crop_round(box: FaceBox, size: int, margin: float) -> Crop:
    """The upright crop of `size` network pixels whose side is `margin` times the longer side of a box."""
    return Crop(box.centre, margin * max(box.width, box.height), size)


def level_crop(points: Points, eyes: tuple[tuple[int, ...], tuple[int, ...]], size: int, margin: float) -> Crop:
    """The crop of `size` network pixels round the points of a face, turned so that its eyes are level.

    Parameters
    ----------
    points : float32 array (K, 2)
        Photo pixels.
    eyes : (tuple of int, tuple of int)
        Indices of the points of the right eye and of the left.
    size : int
        Side of the crop, network pixels.
    margin : float
        Side of the crop over the longer side of the box round the points in the turned frame.
    """
    right, left = (points[list(eye)].mean(axis=0) for eye in eyes)
    angle = math.atan2(*(left - right)[::-1].tolist())
    level = Crop((0.0, 0.0), 1.0, 1, angle)
    box = FaceBox.around(level.to_network(points))
    centre = level.to_photo(np.array(box.centre, dtype=np.float32))
    return Crop((float(centre[0]), float(centre[1])), margin * max(box.width, box.height), size, angle)


def to_relative(points: Points, size: int | tuple[int, int]) -> Points:
    """Network pixels (..., 2) as the networks give them: (0, 0) is the input's centre, -1 and 1 its edges.

    `size` is the input's side, or its width and height, network pixels.
    """
    return (points + np.float32(0.5)) * (2 / np.asarray(size)).astype(np.float32) - np.float32(1)


def from_relative(relative: Points, size: int | tuple[int, int]) -> Points:
    """Inverse of `to_relative`."""
    return (relative + np.float32(1)) * (np.asarray(size) / 2).astype(np.float32) - np.float32(0.5)


def mirror_crop(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mirror image of a crop (S, S) or (S, S, C): column x becomes column S - 1 - x."""
    return np.ascontiguousarray(image[:, ::-1])
