"""One face into another, frame by frame; and the average of many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from facekp.align import check_points
from facekp.aligner import Aligner
from facekp.blend import blend_faces, fold_warnings, mesh_over, shapes_of
from facekp.errors import MeshError, SettingsError
from facekp.images import ImageSource, Picture, load_photograph, size_of
from facekp.layout import lay_out, warn
from facekp.leg import Leg
from facekp.schedule import Moment, ease, schedule
from facekp.settings import MorphSettings as MorphSettings
from facekp.settings import Size

_HALF = np.array([0.5, 0.5])


class Morph(Leg):
    """Two photographed faces and what lies between them.

    Preparing costs as much as many frames: keep the object to render several, say under a slider.

    Parameters
    ----------
    image_a, image_b : path, bytes, PIL.Image.Image or array
        Photographs, as `load_image` takes them.
    points_a, points_b : arrays (K, 2)
        ``(x, y)`` in pixels of their photograph; the same K points of both faces.
    size : (int, int) or "a", optional
        Width and height of the frames, pixels, in the place of the settings' own.
    settings : MorphSettings, optional
        How frames are rendered and timed.
    extra_a, extra_b : arrays (E, 2), optional
        More points, on hairline, ears or neck, say; the same E points of both faces.

    Raises
    ------
    MeshError
        If the points cannot be aligned; see `check_points`.
    ImageError, SettingsError
        If a photograph cannot be read, or the size is out of range.

    Attributes
    ----------
    warnings : tuple of str
        What may not look as wished; each was also given as a `FacekpWarning`.
    """

    def __init__(
        self,
        image_a: ImageSource,
        image_b: ImageSource,
        points_a: NDArray[np.floating],
        points_b: NDArray[np.floating],
        size: Size | None = None,
        *,
        settings: MorphSettings | None = None,
        extra_a: NDArray[np.floating] | None = None,
        extra_b: NDArray[np.floating] | None = None,
    ) -> None:
        chosen = settings or MorphSettings()
        if size is not None:
            chosen = replace(chosen, size=size)
        points = check_points([points_a, points_b])
        first = load_photograph(image_a)
        layout = lay_out(points, chosen, size_of(first), _HALF, _both(extra_a, extra_b))
        aligner = Aligner(layout, chosen, first)
        aligned = aligner(first, 0)
        del first  # one after the other: photographs can be large
        shape_a, shape_b = shapes_of(layout, chosen)
        safe = mesh_over(layout, [shape_a, shape_b])
        super().__init__(aligned, aligner(load_photograph(image_b), 1), shape_a, shape_b, safe.mesh, layout, chosen)
        self.warnings = layout.warnings + fold_warnings(layout, [safe]) + aligner.warnings
        warn(self.warnings)

    def frames(self, count: int) -> Iterator[Picture]:
        """The way from the first to the second photograph, as fast at each time as the curves say.

        Parameters
        ----------
        count : int
            Number of frames, both ends included; 2 or more.

        Yields
        ------
        uint8 array (H, W, 3 or 4)
            One at a time; only the one that is asked for is made.

        Raises
        ------
        SettingsError
            If there cannot be so many frames.
        """
        _check_count(count)
        return (self.frame_at(index, count) for index in range(count))

    def frame_at(self, index: int, count: int) -> Picture:
        """Make one of the frames that `frames` yields: the one with this index, from 0 to `count` - 1."""
        _check_count(count)
        time = index / (count - 1)
        return self.frame(ease(self.settings.shape_curve, time), ease(self.settings.colour_curve, time))

    def film(self) -> Iterator[Picture]:
        """All frames of the film that the settings describe; closed or with ping_pong, back again too."""
        moments = schedule(self.settings, 2 if self.settings.closed else 1)
        return (self._at(moment) for moment in moments)

    def _at(self, moment: Moment) -> Picture:
        if moment.leg == 0:
            return self.frame(moment.shape, moment.colour)
        return self.frame(1 - moment.shape, 1 - moment.colour)


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
    image_a, image_b, points_a, points_b
        As for `Morph`, with its errors.
    settings : MorphSettings, optional
        How it is rendered and timed.

    Yields
    ------
    uint8 array (H, W, 3 or 4)
        RGB, one at a time; the first and the last are those of `aligned_pair`. With a transparent
        background RGBA.
    """
    return Morph(image_a, image_b, points_a, points_b, settings=settings).film()


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
    size: Size | None = None,
    settings: MorphSettings | None = None,
) -> Picture:
    """The average of N faces; of two, the face half-way.

    As `average_with_points`, without the points.
    """
    return average_with_points(images, points, weights, size=size, settings=settings)[0]


def average_with_points(
    images: Sequence[ImageSource],
    points: Sequence[NDArray[np.floating]],
    weights: Sequence[float] | NDArray[np.floating] | None = None,
    *,
    size: Size | None = None,
    settings: MorphSettings | None = None,
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
        How much each face counts, in shape and colour; scaled to sum to one. They may be negative,
        or larger than the sum: then the face lies beyond the others. By default all count the same.
    size : (int, int) or "a", optional
        Width and height of the result, pixels, in the place of the settings' own.
    settings : MorphSettings, optional
        How it is rendered; frames and times do not count.

    Returns
    -------
    picture : uint8 array (H, W, 3), or (H, W, 4) with a transparent background
        RGB or RGBA.
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
    chosen = settings or MorphSettings()
    blend = blend_faces(images, points, weights, None, chosen if size is None else replace(chosen, size=size))
    return blend.picture, blend.points


def _check_count(count: object) -> None:
    if not isinstance(count, Integral) or count < 2:
        raise SettingsError(f"a morph of {count!r} frames cannot be; give 2 or more, its first and its last")


def _both(
    extra_a: NDArray[np.floating] | None, extra_b: NDArray[np.floating] | None
) -> list[NDArray[np.floating]] | None:
    given = [extra for extra in (extra_a, extra_b) if extra is not None]
    if len(given) == 1:
        raise MeshError("there are extra points of one face only; give the same ones of both")
    return given or None
