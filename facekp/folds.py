"""Meshes that no shape turns over: edges are exchanged, and where that is not enough points are left out.

A mesh made on the mean of shapes may lay a triangle over its neighbour in one of them: a jaw seen
from the side passes the brow, a nose hides a nostril. There a picture is drawn double.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.align import Points
from facekp.mesh import OUTLINE_POINTS, Mesh, signed_areas, triangulate
from facekp.schema import schema_of

_TOLERANCE = 1e-3
"""Height, per longer side of the frame, that a fold needs to count: half a pixel of 512.

Lips and lids that touch overlap by less, and are none.
"""

_FEATURES = ("eye", "nose", "nostril", "lip", "mouth")
"""Words in the names of regions whose points make a face: the others are left out first."""

_KEPT = 8.0
"""A fold must be so many times higher for a feature's point to be left out in the place of another."""


_TRIALS, _MOST_DROPPED = 6, 12
"""Points that are tried at a time, and left out at most."""

_NO_FACE = 0.25
"""Share of triangles that fold from which points are no face, and nothing is tried: scrambled points have half."""


@dataclass(frozen=True, eq=False)
class SafeMesh:
    """A mesh for several shapes, and what it took to keep it from folding.

    Attributes
    ----------
    mesh : Mesh
        Its triangles have positive areas on the mean; they use the numbers of all points, but not
        those of `dropped`.
    dropped : tuple of int
        Points that no triangle uses, in the order of their numbers.
    flipped : int
        Edges that differ from those of the Delaunay mesh.
    folds : int
        Triangles that still turn over in a shape; 0 but for points that are no face.
    """

    mesh: Mesh
    dropped: tuple[int, ...]
    flipped: int
    folds: int


def folded(mesh: Mesh, shape: Points) -> NDArray[np.intp]:
    """Find the triangles that a shape turns over.

    Parameters
    ----------
    mesh : Mesh
    shape : float64 array (N, 2)
        The points of the mesh, ``(x, y)`` in pixels, its frame among them.

    Returns
    -------
    int array
        Numbers of triangles. Those that are only flat, as a closed mouth makes them, are none.
    """
    return np.flatnonzero(_depths([shape], mesh.triangles, _tolerance(shape)) > 0)


def safe_mesh(
    shapes: Sequence[Points], mean: Points | None = None, features: Collection[int] | None = None
) -> SafeMesh:
    """Make one mesh for several shapes, without folds in any of them.

    The Delaunay mesh of the mean is mended where a shape turns a triangle over: first by
    exchanging the diagonal of two triangles for the other, which costs nothing; then by leaving
    out the points without which folds are least deep, other points before those of eyes, nose and
    mouth, and never those of the frame. The order of the shapes does not matter.

    Parameters
    ----------
    shapes : sequence of float64 arrays (N, 2)
        As `control_points` gives them: face, forehead, and last the frame.
    mean : float64 array (N, 2), optional
        The shape on which triangles are made; by default the plain mean.
    features : collection of int, optional
        Points to be kept longest; by default what `feature_points` finds.

    Returns
    -------
    SafeMesh
    """
    centre = np.mean(shapes, axis=0) if mean is None else mean
    tolerance = _tolerance(centre)
    numbers = np.arange(len(centre))
    kept = np.full(len(centre), True)
    price = np.where(numbers < len(centre) - OUTLINE_POINTS, 1.0, np.inf)
    price[list(feature_points(len(centre)) if features is None else features)] = _KEPT
    state = least = _mended(shapes, centre, kept, tolerance)
    hopeless = np.count_nonzero(state.depths) > _NO_FACE * len(state.depths)
    for _ in range(0 if hopeless else _MOST_DROPPED):
        # Points of deep folds are left out for a trial each, and the one that helps most for its price
        # stays out; where none helps alone, the one that is most to blame.
        blame = np.bincount(state.mesh.triangles.ravel(), np.repeat(state.depths, 3), len(centre)) / price
        blamed = np.argsort(-blame, kind="stable")[: min(_TRIALS, np.count_nonzero(blame))]
        if len(blamed) == 0:
            break
        trials = [_mended(shapes, centre, state.kept & (numbers != point), tolerance) for point in blamed]
        gains = [(state.sum - trial.sum) / price[point] for point, trial in zip(blamed, trials, strict=True)]
        state = trials[int(np.argmax(gains)) if max(gains) > 0 else 0]
        least = min(least, state, key=lambda each: each.sum)
    changed = len(least.mesh.edges) - len(np.intersect1d(_keys(least.mesh.edges), _keys(least.plain.edges)))
    dropped = tuple(np.flatnonzero(~least.kept).tolist())
    return SafeMesh(least.mesh, dropped, changed, int(np.count_nonzero(least.depths)))


def feature_points(count: int) -> tuple[int, ...]:
    """Find the points of eyes, nose and mouth among `count` points as `control_points` gives them; () if unknown."""
    for inner in range(count - OUTLINE_POINTS, 0, -1):
        schema = schema_of(inner)
        if schema is not None and schema.eyes is not None:
            named = (region for region in schema.regions if any(word in region.name for word in _FEATURES))
            return tuple(index for region in named for index in region.indices)
    return ()


def _tolerance(shape: Points) -> float:
    return _TOLERANCE * float(np.ptp(shape, axis=0).max())


def _heights(shape: Points, triangles: NDArray[np.intp]) -> NDArray[np.float64]:
    """Height over the longest side, negative for triangles that are turned over."""
    corners = shape[triangles]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    return np.asarray(2 * signed_areas(shape, triangles) / np.maximum(longest, np.finfo(np.float64).tiny))


def _depths(shapes: Sequence[Points], triangles: NDArray[np.intp], tolerance: float) -> NDArray[np.float64]:
    """How deep each triangle folds, (T,): the sum over all shapes of heights that are below minus the tolerance."""
    heights = np.stack([_heights(shape, triangles) for shape in shapes])
    # Sorted, so that shapes in another order have the same sum to the last bit.
    return np.asarray(np.sort(np.where(heights < -tolerance, -heights, 0), axis=0).sum(axis=0))


@dataclass(frozen=True, eq=False)
class _Mended:
    """Some of the points, their Delaunay mesh, the same after flips, and how deep its triangles fold."""

    kept: NDArray[np.bool_]
    plain: Mesh
    mesh: Mesh
    depths: NDArray[np.float64]

    @property
    def sum(self) -> float:
        return float(self.depths.sum())


def _mended(shapes: Sequence[Points], mean: Points, kept: NDArray[np.bool_], tolerance: float) -> _Mended:
    numbers = np.flatnonzero(kept)
    few = triangulate(mean[numbers])
    plain = Mesh(numbers[few.triangles], numbers[few.edges])
    mesh = _flipped(plain, shapes, mean, tolerance)
    return _Mended(kept, plain, mesh, _depths(shapes, mesh.triangles, tolerance))


def _keys(edges: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.asarray(edges[:, 0] << 32 | edges[:, 1])


def _flipped(mesh: Mesh, shapes: Sequence[Points], mean: Points, tolerance: float) -> Mesh:
    """Exchange diagonals as long as the folds become less deep by it, the best exchange first."""
    triangles = mesh.triangles.copy()
    depths = _depths(shapes, triangles, tolerance)
    while depths.any():
        pairs, flipped = _exchanges(triangles, np.flatnonzero(depths))
        if len(pairs) == 0:
            break
        after = _depths(shapes, flipped.reshape(-1, 3), tolerance).reshape(-1, 2)
        convex = (_heights(mean, flipped.reshape(-1, 3)) > tolerance).reshape(-1, 2).all(axis=1)
        gain = np.where(convex, depths[pairs].sum(axis=1) - after.sum(axis=1), 0)
        best = int(np.argmax(gain))
        if gain[best] <= tolerance:
            break
        triangles[pairs[best]], depths[pairs[best]] = flipped[best], after[best]
    sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return Mesh(triangles, np.unique(sides, axis=0))


def _exchanges(triangles: NDArray[np.intp], folds: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The triangles beside the given ones, as pairs (P, 2) of numbers, and what flips make of them, (P, 2, 3)."""
    owner = {
        (int(triangle[i]), int(triangle[(i + 1) % 3])): (number, int(triangle[(i + 2) % 3]))
        for number, triangle in enumerate(triangles)
        for i in range(3)
    }
    pairs, flipped = [], []
    for number in folds.tolist():
        a, b, c = triangles[number].tolist()
        for start, stop, top in ((a, b, c), (b, c, a), (c, a, b)):
            if (stop, start) in owner:
                other, bottom = owner[stop, start]
                pairs.append((number, other))
                flipped.append(((top, start, bottom), (bottom, stop, top)))
    return np.array(pairs, dtype=np.intp).reshape(-1, 2), np.array(flipped, dtype=np.intp).reshape(-1, 2, 3)
