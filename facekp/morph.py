"""One face into another, frame by frame, and the average of many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import check_points, common_frame
from facekp.errors import MeshError, SettingsError
from facekp.images import ImageSource, Picture, load_image
from facekp.mesh import control_points, triangulate
from facekp.warp import OVERSAMPLING, align_picture, interpolate, pixel_grid, sample

MIN_SIDE, MAX_SIDE = 16, 4096
"""Smallest and largest width and height of a rendered picture, pixels."""


@dataclass(frozen=True)
class MorphSettings:
    """How a morph is rendered.

    Attributes
    ----------
    frames : int
        Number of frames, the first and the last included; 2 or more.
    size : (int, int)
        Width and height of each frame, pixels, each from 16 to 4096.
    """

    frames: int = 60
    size: tuple[int, int] = (512, 512)

    def __post_init__(self) -> None:
        if isinstance(self.frames, bool) or not isinstance(self.frames, int | np.integer) or self.frames < 2:
            raise SettingsError(f"a morph needs 2 frames or more, its first and its last; frames is {self.frames!r}")
        object.__setattr__(self, "frames", int(self.frames))
        object.__setattr__(self, "size", check_size(self.size))


def check_size(size: Sequence[int]) -> tuple[int, int]:
    """Width and height as two ints.

    Raises
    ------
    SettingsError
        If they are not two whole numbers from 16 to 4096.
    """
    sides = tuple(size) if isinstance(size, Sequence | np.ndarray) else ()
    whole = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not whole or not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        raise SettingsError(
            f"the size is {size!r}; give (width, height), two whole numbers from {MIN_SIDE} to {MAX_SIDE} pixels"
        )
    return int(sides[0]), int(sides[1])


class Morph:
    """Two aligned faces and what lies between them.

    Preparing costs as much as many frames: keep the object to render several, say under a slider.

    Parameters
    ----------
    image_a, image_b : path, bytes, PIL.Image.Image or array
        Photographs, as `load_image` takes them.
    points_a, points_b : arrays (K, 2)
        ``(x, y)`` in pixels of their photograph; the same K points of both faces.
    size : (int, int)
        Width and height of the frames, pixels.

    Raises
    ------
    MeshError
        If the points cannot be aligned; see `check_points`.
    ImageError, SettingsError
        If a photograph cannot be read, or the size is out of range.

    Attributes
    ----------
    size : (int, int)
        Width and height of the frames, pixels.
    shape_a, shape_b : float64 arrays (N, 2)
        The points of the mesh in either aligned photograph, ``(x, y)`` in pixels: first the K
        points of the face, then those that `control_points` adds.
    mesh : Mesh
        The triangles over these points, made on the mean of both shapes.
    """

    def __init__(
        self,
        image_a: ImageSource,
        image_b: ImageSource,
        points_a: NDArray[np.floating],
        points_b: NDArray[np.floating],
        size: tuple[int, int] = (512, 512),
    ) -> None:
        self.size = check_size(size)
        shapes = check_points([points_a, points_b])
        transforms = common_frame(shapes, self.size, np.array([0.5, 0.5]))
        self._a, self._b = (
            align_picture(load_image(image), transform, self.size)  # one after the other: photographs can be large
            for image, transform in zip((image_a, image_b), transforms, strict=True)
        )
        self.shape_a, self.shape_b = (
            control_points(transform(shape), self.size) for transform, shape in zip(transforms, shapes, strict=True)
        )
        self.mesh = triangulate((self.shape_a + self.shape_b) / 2)
        self._grid = pixel_grid(self.size)

    def frame(self, part: float) -> Picture:
        """The picture between the two faces.

        Parameters
        ----------
        part : float
            0 gives the aligned first photograph, 1 the second.

        Returns
        -------
        uint8 array (H, W, 3)
            RGB.
        """
        # Between a and b shapes move in straight lines. So one field serves both photographs: back to
        # the first is `part` of the way from b to a, on to the second what is left of the way from a to b.
        shape = self.shape_a + part * (self.shape_b - self.shape_a)
        field = interpolate(shape, self.shape_b - self.shape_a, self.mesh.edges, self._grid)
        a = sample(self._a, self._grid, field, -part)
        b = sample(self._b, self._grid, field, 1 - part)
        return np.asarray(cv2.addWeighted(a, 1 - part, b, part, 0), dtype=np.uint8)

    @property
    def ends(self) -> tuple[Picture, Picture]:
        """The aligned photographs, uint8 (H, W, 3) each: what `frame` gives for 0 and for 1."""
        step = slice(None, None, OVERSAMPLING)
        return self._a[step, step].copy(), self._b[step, step].copy()

    def frames(self, count: int) -> Iterator[Picture]:
        """The way from the first to the second photograph, starting and stopping softly.

        Parameters
        ----------
        count : int
            Number of frames, both ends included; 2 or more.

        Yields
        ------
        uint8 array (H, W, 3)
            One at a time; only the one that is asked for is made.
        """
        for index in range(count):
            yield self.frame_at(index, count)

    def frame_at(self, index: int, count: int) -> Picture:
        """Make one of the frames that `frames` yields: the one with this index, from 0 to `count` - 1."""
        t = index / (count - 1)
        return self.frame(t * t * (3 - 2 * t))  # smoothstep: no speed at either end


def morph_frames(
    image_a: ImageSource,
    image_b: ImageSource,
    points_a: NDArray[np.floating],
    points_b: NDArray[np.floating],
    settings: MorphSettings | None = None,
) -> Iterator[Picture]:
    """The frames of a morph from one photographed face into another.

    The input is checked, and the photographs aligned, at once; frames are made when asked for.

    Parameters
    ----------
    image_a, image_b : path, bytes, PIL.Image.Image or array
        Photographs, as `load_image` takes them.
    points_a, points_b : arrays (K, 2)
        ``(x, y)`` in pixels of their photograph; the same K points of both faces.
    settings : MorphSettings, optional
        By default 60 frames of 512 × 512 pixels.

    Returns
    -------
    iterator of uint8 arrays (H, W, 3)
        RGB. The first frame is the aligned photograph A, the last the aligned B, exactly.

    Raises
    ------
    MeshError, ImageError
        As `Morph` raises them.
    """
    settings = settings or MorphSettings()
    return Morph(image_a, image_b, points_a, points_b, settings.size).frames(settings.frames)


def aligned_pair(
    image_a: ImageSource,
    image_b: ImageSource,
    points_a: NDArray[np.floating],
    points_b: NDArray[np.floating],
    size: tuple[int, int] = (512, 512),
) -> tuple[Picture, Picture]:
    """Both photographs in the common frame of their morph: its first and its last frame.

    Parameters and errors are those of `Morph`; the result is two uint8 arrays (H, W, 3).
    """
    return Morph(image_a, image_b, points_a, points_b, size).ends


def average_face(
    images: Sequence[ImageSource],
    points: Sequence[NDArray[np.floating]],
    weights: Sequence[float] | NDArray[np.floating] | None = None,
    *,
    size: tuple[int, int] = (512, 512),
) -> Picture:
    """The average of N faces; of two, the face half-way.

    As `average_with_points`, without the points.
    """
    return average_with_points(images, points, weights, size=size)[0]


def average_with_points(
    images: Sequence[ImageSource],
    points: Sequence[NDArray[np.floating]],
    weights: Sequence[float] | NDArray[np.floating] | None = None,
    *,
    size: tuple[int, int] = (512, 512),
) -> tuple[Picture, NDArray[np.float32]]:
    """The average of N faces, and where its points are.

    Every photograph is warped to the mean of the aligned shapes; then colours are averaged.

    Parameters
    ----------
    images : sequence of N paths, bytes, PIL images or arrays
        Photographs, as `load_image` takes them; paths are read one at a time.
    points : sequence of N arrays (K, 2)
        ``(x, y)`` in pixels of each photograph.
    weights : N numbers, optional
        How much each face counts, in shape and colour, not negative; scaled to sum to one.
        By default all count the same.
    size : (int, int)
        Width and height of the result, pixels.

    Returns
    -------
    picture : uint8 array (H, W, 3)
        RGB.
    points : float32 array (K, 2)
        The mean shape, ``(x, y)`` in pixels of the picture: its points, not a prediction of them.

    Raises
    ------
    MeshError
        If the numbers of pictures, point sets and weights differ, weights are unusable, or the
        points cannot be aligned; see `check_points`.
    ImageError, SettingsError
        If a photograph cannot be read, or the size is out of range.
    """
    size = check_size(size)
    shapes = check_points(points)
    if len(images) != len(shapes):
        raise MeshError(f"there are {len(images)} pictures and {len(shapes)} sets of points; give one set per picture")
    shares = _shares(weights, len(shapes))
    transforms = common_frame(shapes, size, shares)
    aligned = np.stack([transform(shape) for transform, shape in zip(transforms, shapes, strict=True)])
    controls = [control_points(shape, size) for shape in aligned]
    mean = np.average(controls, axis=0, weights=shares)
    mesh, grid = triangulate(mean), pixel_grid(size)

    total = np.zeros((size[1], size[0], 3), dtype=np.float32)
    for image, transform, control, share in zip(images, transforms, controls, shares, strict=True):
        if share > 0:
            field = interpolate(mean, control - mean, mesh.edges, grid)
            warped = sample(align_picture(load_image(image), transform, size), grid, field, 1.0)
            total += np.float32(share) * warped
    mean_points = np.average(aligned, axis=0, weights=shares).astype(np.float32)
    return np.rint(total).clip(0, 255).astype(np.uint8), mean_points


def _shares(weights: Sequence[float] | NDArray[np.floating] | None, count: int) -> NDArray[np.float64]:
    """Weights (N,) that sum to one."""
    if weights is None:
        return np.full(count, 1 / count)
    try:
        shares = np.array(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise MeshError(f"the weights {weights!r} are no numbers; give one number for each face") from None
    if shares.shape != (count,):
        given = len(shares) if shares.ndim == 1 else f"an array {shares.shape} of"
        raise MeshError(f"there are {given} weights for {count} faces; give one number for each face")
    if not np.isfinite(shares).all() or (shares < 0).any() or shares.sum() <= 0:
        raise MeshError("weights must be finite and not negative, and one of them above 0; mend them")
    shares /= shares.max()  # first, so that the sum of huge weights stays finite
    return np.asarray(shares / shares.sum())
