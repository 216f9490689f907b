"""Faces brought into one common frame by similarity transforms.

A similarity transform (turn, scale, shift; never a reflection) is a complex affine function
``z -> turn * z + shift`` of points written as ``x + iy``: four numbers, no matrix to invert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.errors import MeshError
from facekp.schema import schema_of

Points = NDArray[np.float64]
"""``(K, 2)`` in ``(x, y)``, pixels; an integer is a pixel's centre."""

_FARTHEST = 1e6
"""No picture is that large, pixels."""

_MIN_LIKENESS = 0.05
"""Correlation with the mean shape; human faces have 0.9 and more, points in another order less."""

_MIN_SPREAD = 1e-3
"""Points closer together than this (root mean square, pixels) have no direction and no size."""

_MIN_BREADTH = 0.01
"""Spread across the line that fits points best, per spread along it; faces have 0.4 and more, seen from any side."""

# The face in its portrait, as parts of the output's height and width. Brows-to-chin shapes leave
# the forehead and the hair, about as high again, to be seen above them.
_BROWS_AT, _CHIN_AT, _FACE_WIDTH, _OTHER_SHAPE = 0.44, 0.84, 0.56, 0.55


@dataclass(frozen=True)
class Similarity:
    """Turn, scale and shift in the plane.

    Attributes
    ----------
    turn : complex
        Its absolute value is the scale; its argument the angle, from x towards y.
    shift : complex
        ``x + iy``, pixels, applied after the turn.
    """

    turn: complex
    shift: complex

    @property
    def scale(self) -> float:
        """Length after the transform per length before it."""
        return abs(self.turn)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The same as a (2, 3) matrix, as OpenCV takes it."""
        turn, shift = self.turn, self.shift
        return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])

    def __call__(self, points: NDArray[np.floating]) -> Points:
        """Transform points, (..., 2) in ``(x, y)``."""
        return as_points(self.turn * as_complex(points) + self.shift)

    def inverse(self) -> Similarity:
        """The transform back."""
        return Similarity(1 / self.turn, -self.shift / self.turn)


def as_complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    """Points (..., 2) in ``(x, y)`` as ``x + iy`` (...)."""
    return np.ascontiguousarray(points, dtype=np.float64).view(np.complex128)[..., 0]


def as_points(values: NDArray[np.complex128]) -> Points:
    """Numbers ``x + iy`` (...) as points (..., 2) in ``(x, y)``."""
    return np.ascontiguousarray(values)[..., None].view(np.float64)


def check_points(point_sets: Sequence[NDArray[np.floating]]) -> list[Points]:
    """Check that point sets describe the same points of several faces.

    Parameters
    ----------
    point_sets : sequence of arrays (K, 2)
        ``(x, y)`` in pixels, K at least 3 and the same for all.

    Returns
    -------
    list of float64 arrays (K, 2)

    Raises
    ------
    MeshError
        If there is no set, a shape is wrong, a coordinate is not finite, K differs, or all
        points of a set coincide or lie on one line.
    """
    if not isinstance(point_sets, Sequence | np.ndarray):
        raise MeshError(f"the points are a {type(point_sets).__name__}; give a list with those of each face")
    if len(point_sets) == 0:
        raise MeshError("there are no points; give those of one face at least")
    checked = [_check_one(points, number) for number, points in enumerate(point_sets, 1)]
    counts = [len(points) for points in checked]
    if len(set(counts)) > 1:
        raise MeshError(
            f"the faces have different numbers of points ({', '.join(map(str, counts))}); "
            "predict or annotate all of them with one schema"
        )
    return checked


def _check_one(points: NDArray[np.floating], number: int) -> Points:
    try:
        checked = np.array(points, dtype=np.float64)
    except (TypeError, ValueError):
        raise MeshError(f"the points of face {number} are no numbers; give an array of shape (K, 2)") from None
    if checked.ndim != 2 or checked.shape[1] != 2 or len(checked) < 3:
        raise MeshError(
            f"the points of face {number} have the shape {checked.shape}; give (K, 2), (x, y) in pixels, K at least 3"
        )
    lost = ~(np.abs(checked) < _FARTHEST).all(axis=1)  # true for nan
    if lost.any():
        index = int(np.argmax(lost))
        x, y = checked[index]
        raise MeshError(
            f"point {index} of face {number} is at ({x:g}, {y:g}); every point needs a place in the picture"
        )
    if _spread(checked) < _MIN_SPREAD:
        raise MeshError(f"all points of face {number} are in one place; give the points of a face")
    along, across = np.linalg.svd(checked - checked.mean(axis=0), compute_uv=False)
    if across < _MIN_BREADTH * along:
        raise MeshError(f"all points of face {number} lie on one line; give the points of a face")
    return checked


def _spread(points: Points) -> float:
    """Root mean square distance from the centroid."""
    return float(np.sqrt(np.mean(np.sum((points - points.mean(axis=0)) ** 2, axis=1))))


def similarity(source: Points, target: Points) -> Similarity:
    """The similarity transform that takes source closest to target, in least squares.

    Parameters
    ----------
    source, target : float64 arrays (K, 2)
        Corresponding points; those of the source must not all coincide.

    Notes
    -----
    In complex numbers least squares has one line for an answer: Dryden and Mardia, Statistical
    Shape Analysis, 2nd edition, section 8.2. It cannot become a reflection.
    """
    z, w = as_complex(source), as_complex(target)
    centred = z - z.mean()
    turn = complex(np.vdot(centred, w - w.mean()) / np.vdot(centred, centred).real)
    return Similarity(turn, complex(w.mean() - turn * z.mean()))


def mean_shape(shapes: Sequence[Points], weights: NDArray[np.float64]) -> Points:
    """Procrustes mean: the shape without place, size and turn that is closest to all shapes.

    Parameters
    ----------
    shapes : sequence of float64 arrays (K, 2)
    weights : float64 array (N,)
        How much each shape counts; they sum to one.

    Returns
    -------
    float64 array (K, 2)
        Centroid at the origin, root mean square radius one, turned like the heaviest shape.

    Notes
    -----
    For shapes in the plane the mean needs no iteration: it is the eigenvector to the largest
    eigenvalue of the sum of ``z z*`` over the centred unit shapes (Kent, The complex Bingham
    distribution and shape analysis, 1994).
    """
    unit = np.stack([z - z.mean() for z in map(as_complex, shapes)])
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    _, _, right = np.linalg.svd(np.sqrt(weights)[:, None] * unit, full_matrices=False)
    mean = right[0]
    turn = np.vdot(mean, unit[np.argmax(weights)])
    if abs(turn) < 1e-9:  # the heaviest shape is the mean's opposite: no direction to prefer
        turn = np.complex128(1)
    return as_points(mean * (turn / abs(turn)) * np.sqrt(len(mean)))


def common_frame(shapes: Sequence[Points], size: tuple[int, int], weights: NDArray[np.float64]) -> list[Similarity]:
    """Transforms from each photograph into one portrait.

    Known schemas are turned so that the eyes are level, and placed so that hair and chin find
    room; other shapes keep the turn of the heaviest of them, and are centred.

    Parameters
    ----------
    shapes : sequence of float64 arrays (K, 2)
        Points in each photograph, as `check_points` returns them.
    size : (int, int)
        Width and height of the portrait, pixels.
    weights : float64 array (N,)
        How much each shape counts in the mean; they sum to one.

    Returns
    -------
    list of Similarity
        From photo pixels to portrait pixels.

    Raises
    ------
    MeshError
        If a shape has nothing in common with the mean of all.
    """
    mean = mean_shape(shapes, weights)
    schema = schema_of(len(mean))
    if schema is not None and schema.eyes is not None:
        right, left = (as_complex(mean[list(eye)]).mean() for eye in schema.eyes)
        if abs(left - right) > 1e-6:
            mean = as_points(as_complex(mean) * (abs(left - right) / (left - right)))
    portrait = _placed(mean, size, below_brows=schema is not None and bool(schema.brows))
    return _brought_to(portrait, shapes)


def _brought_to(target: Points, shapes: Sequence[Points]) -> list[Similarity]:
    """Transforms of shapes to where they lie closest to a target shape."""
    transforms = [similarity(shape, target) for shape in shapes]
    for number, (shape, transform) in enumerate(zip(shapes, transforms, strict=True), 1):
        if transform.scale * _spread(shape) < _MIN_LIKENESS * _spread(target):
            raise MeshError(f"the points of face {number} do not match the others; check that their order is the same")
    return transforms


def own_frame(shapes: Sequence[Points], photograph: tuple[int, int], size: tuple[int, int]) -> list[Similarity]:
    """Transforms into the first photograph as it was taken: the other faces are brought to its face.

    Parameters
    ----------
    shapes : sequence of float64 arrays (K, 2)
        Points in each photograph, as `check_points` returns them.
    photograph : (int, int)
        Width and height of the first photograph, pixels.
    size : (int, int)
        Width and height of the frame, pixels. The whole photograph is in it, as large as it can
        be; with the photograph's own size, the first transform changes nothing.

    Returns
    -------
    list of Similarity
        From photo pixels to frame pixels.

    Raises
    ------
    MeshError
        If a shape has nothing in common with the first.
    """
    scale = min(size[0] / photograph[0], size[1] / photograph[1])
    middle, centre = (complex((width - 1) / 2, (height - 1) / 2) for width, height in (size, photograph))
    own = Similarity(complex(scale), middle - scale * centre)
    return [own, *_brought_to(own(shapes[0]), shapes)[1:]]


def eyes_frame(shapes: Sequence[Points], size: tuple[int, int], weights: NDArray[np.float64]) -> list[Similarity]:
    """Transforms into one portrait with both eyes of every face in the same two places.

    Parameters, result and errors are those of `common_frame`, whose mean eyes are the two places;
    the points also need a schema with eyes, and eyes apart from each other.
    """
    schema = schema_of(len(shapes[0]))
    if schema is None or schema.eyes is None:
        raise MeshError(f"these {len(shapes[0])} points do not say where the eyes are; give the reference 'common'")
    eyes = [np.stack([shape[list(eye)].mean(axis=0) for eye in schema.eyes]) for shape in shapes]
    for number, pair in enumerate(eyes, 1):
        if _spread(pair) < _MIN_SPREAD:
            raise MeshError(f"both eyes of face {number} are in one place; give the reference 'common'")
    portrait = [transform(pair) for transform, pair in zip(common_frame(shapes, size, weights), eyes, strict=True)]
    pinned = np.average(portrait, axis=0, weights=weights)
    return [similarity(pair, pinned) for pair in eyes]


def _placed(shape: Points, size: tuple[int, int], below_brows: bool) -> Points:
    """Scale and shift a shape to its place in the portrait."""
    low, high = shape.min(axis=0), shape.max(axis=0)
    frame = np.array(size, dtype=np.float64)
    room = np.array([_FACE_WIDTH, _CHIN_AT - _BROWS_AT] if below_brows else [_OTHER_SHAPE, _OTHER_SHAPE])
    middle = np.array([0.5, (_CHIN_AT + _BROWS_AT) / 2 if below_brows else 0.5])
    scale = np.min(room * frame / np.maximum(high - low, _MIN_SPREAD))
    return np.asarray((shape - (low + high) / 2) * scale + middle * frame - 0.5)
