"""Where everything is before the first picture is made: the frame, and the points of each face in it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, Similarity, as_complex, check_points, common_frame, eyes_frame, own_frame
from facekp.axis import face_axis
from facekp.errors import FacekpWarning, MeshError, SettingsError
from facekp.mesh import OUTLINE_POINTS, control_points
from facekp.pose import head_pose
from facekp.settings import MAX_SIDE, MIN_SIDE, MorphSettings

MOST_TURNED = 25
"""Degrees of yaw between two heads from which on one cannot be laid well over the other."""

_MOST_OUTSIDE = 1 / 3
"""Share of a face's points outside its photograph beyond which they are hardly this photograph's."""

_RING_POINTS = 32
_RING_ROOM = 1.3
"""Radii of the ring of still points, per the ellipse round all points of the heads."""

_ABOVE_BROWS = 0.2
"""Extra points this much higher than the brows, per distance from brows to chin, are the forehead's."""


@dataclass(frozen=True, eq=False)
class Layout:
    """The faces in their frame.

    Attributes
    ----------
    size : (int, int)
        Width and height of the frame, pixels.
    transforms : list of Similarity
        From the pixels of each photograph to those of the frame.
    shapes : list of float64 arrays (N, 2)
        The points of the mesh of each face, in the frame: first the K points of the face, then
        those of forehead and extra points, then those that are the same for every face.
    face, head : int
        The first so many points are the face's (K), and the head's.
    extra : int
        The last so many of the head's are those that the caller gave.
    warnings : tuple of str
        What may not look as wished.
    points : list of float64 arrays (K, 2)
        The points of each face as they were given, in pixels of its photograph.
    """

    size: tuple[int, int]
    transforms: list[Similarity]
    shapes: list[Points]
    face: int
    head: int
    extra: int
    warnings: tuple[str, ...]
    points: list[Points]

    def outside(self, index: int, photograph: tuple[int, int]) -> int:
        """How many points of the face with this index lie outside its photograph of this width and height."""
        points = self.points[index]
        return int(((points < -0.5) | (points > np.array(photograph) - 0.5)).any(axis=1).sum())

    def lies_outside(self, index: int, photograph: tuple[int, int]) -> bool:
        """Whether much of the face with this index lies outside its photograph of this width and height."""
        return self.outside(index, photograph) > _MOST_OUTSIDE * self.face


def lay_out(
    points: Sequence[NDArray[np.floating]],
    settings: MorphSettings,
    photograph: tuple[int, int],
    weights: NDArray[np.float64],
    extra: Sequence[NDArray[np.floating]] | None = None,
) -> Layout:
    """Bring faces into the frame that the settings ask for.

    Parameters
    ----------
    points : sequence of N arrays (K, 2)
        ``(x, y)`` in pixels of each photograph.
    settings : MorphSettings
        Size, reference, background and face_only count.
    photograph : (int, int)
        Width and height of the first photograph, pixels.
    weights : float64 array (N,)
        How much each face counts for the place of the portrait; not negative, they sum to one.
    extra : sequence of N arrays (E, 2), optional
        More points of each face, on hairline, ears or neck, say. Points above the brows replace
        those that are extrapolated there.

    Raises
    ------
    MeshError
        If the points cannot be aligned; see `check_points`.
    SettingsError
        If the size is to be photograph A's, and that is out of range.
    """
    shapes = check_points(points)
    more = _check_extra(extra, shapes)
    size = _frame_size(settings, photograph)
    if settings.reference == "a":
        transforms = own_frame(shapes, photograph, size)
    else:
        transforms = (eyes_frame if settings.reference == "eyes" else common_frame)(shapes, size, weights)
    aligned = [transform(shape) for transform, shape in zip(transforms, shapes, strict=True)]
    placed = [transform(points) for transform, points in zip(transforms, more, strict=True)]
    forehead = not any(_has_forehead(shape, points) for shape, points in zip(aligned, placed, strict=True))
    controls = [_controls(shape, points, size, forehead) for shape, points in zip(aligned, placed, strict=True)]
    head = len(controls[0]) - OUTLINE_POINTS
    return Layout(size, transforms, controls, len(shapes[0]), head, len(more[0]), _pose_warnings(shapes), shapes)


def _frame_size(settings: MorphSettings, photograph: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(settings.size, str):
        return settings.size
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in photograph):
        raise SettingsError(
            f"photograph A has {photograph[0]} × {photograph[1]} pixels, and frames have sides from {MIN_SIDE} to "
            f"{MAX_SIDE}; give a size in the place of 'a'"
        )
    return photograph


def _check_extra(extra: Sequence[NDArray[np.floating]] | None, shapes: list[Points]) -> list[Points]:
    """Extra points (E, 2) of each face; none where none are given."""
    if extra is None:
        return [np.empty((0, 2))] * len(shapes)
    try:
        sets = [np.asarray(points, dtype=np.float64) for points in extra]
    except (TypeError, ValueError):
        raise MeshError("extra points are no numbers; give an array of shape (E, 2) for each face") from None
    if len(sets) != len(shapes):
        raise MeshError(f"there are extra points of {len(sets)} faces, and {len(shapes)} faces; give them for each")
    for number, points in enumerate(sets, 1):
        if points.size and (points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all()):
            raise MeshError(f"the extra points of face {number} are no finite numbers of shape (E, 2)")
    counts = [len(points) for points in sets]
    if len(set(counts)) > 1:
        raise MeshError(
            f"the faces have different numbers of extra points ({', '.join(map(str, counts))}); "
            "give the same ones for each"
        )
    return [points.reshape(-1, 2) for points in sets]


def _has_forehead(shape: Points, extra: Points) -> bool:
    """Whether an extra point lies well above the brows."""
    axis = face_axis(shape)
    if axis is None or len(extra) == 0:
        return False
    return bool(axis.below(as_complex(extra), axis.brows).min() < -_ABOVE_BROWS * axis.length)


def _controls(shape: Points, extra: Points, size: tuple[int, int], forehead: bool) -> Points:
    points = control_points(shape, size)
    outline = points[-OUTLINE_POINTS:]
    head = points[: -OUTLINE_POINTS if forehead else len(shape)]
    return np.concatenate([head, np.clip(extra, outline.min(axis=0), outline.max(axis=0)), outline])


def with_ring(shapes: Sequence[Points], head: int, size: tuple[int, int]) -> list[Points]:
    """Shapes with a ring of points round all the heads that are the same for each: what lies beyond stands still.

    Parameters
    ----------
    shapes : sequence of float64 arrays (N, 2)
        Control points; those beyond the first `head` are the same for each, and stay the last.
    head : int
    size : (int, int)
        Width and height of the frame, pixels; the ring stays inside.
    """
    heads = np.concatenate([shape[:head] for shape in shapes])
    low, high = heads.min(axis=0), heads.max(axis=0)
    angles = np.linspace(0, 2 * np.pi, _RING_POINTS, endpoint=False)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1)
    reach = np.linalg.norm((heads - middle) / half, axis=1).max()  # of the ellipse round all points
    ring = middle + _RING_ROOM * reach * half * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring = np.clip(ring, -0.5, np.array(size) - 0.5)
    return [np.concatenate([shape[:head], ring, shape[head:]]) for shape in shapes]


def _pose_warnings(shapes: Sequence[Points]) -> tuple[str, ...]:
    """A sentence about the two heads that are turned farthest from each other."""
    poses = [head_pose(shape) for shape in shapes]
    yaws = [pose.yaw for pose in poses if pose is not None]
    if len(yaws) < len(shapes) or max(yaws) - min(yaws) <= MOST_TURNED:
        return ()
    first, second = sorted((int(np.argmin(yaws)), int(np.argmax(yaws))))
    return (
        f"the heads of faces {first + 1} and {second + 1} are turned {max(yaws) - min(yaws):.0f}° apart; "
        "cheeks and ears will smear: photographs from the same side look better",
    )


def warn(sentences: Sequence[str]) -> None:
    """Say warnings as Python does."""
    for sentence in sentences:
        warnings.warn(FacekpWarning(sentence), stacklevel=3)
