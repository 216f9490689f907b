"""One triangle mesh over the whole picture, for every face that is warped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from facekp.align import Points, as_complex, as_points
from facekp.schema import schema_of

_SIDE_PARTS = 4
"""Parts into which points divide each side of the picture."""

OUTLINE_POINTS = 4 * _SIDE_PARTS
"""The last so many of the `control_points` are on the frame."""

_HAIRLINE, _CROWN = 0.5, 0.95
"""Height of the hairline and of the top of the hair above the brows, per distance from brows to chin.

By the artists' rule of thirds the hairline is half as far above the brows as the chin is below them.
"""


@dataclass(frozen=True)
class Mesh:
    """Triangles over numbered points; where the points are is another matter.

    Attributes
    ----------
    triangles : int array (T, 3)
        Indices of points.
    edges : int array (E, 2)
        Pairs of points joined by the sides of the triangles, each once, the smaller index first.
    """

    triangles: NDArray[np.intp]
    edges: NDArray[np.intp]


def control_points(points: Points, size: tuple[int, int]) -> Points:
    """All points that a mesh over the whole picture needs.

    Parameters
    ----------
    points : float64 array (K, 2)
        A face in the common frame, ``(x, y)`` in pixels.
    size : (int, int)
        Width and height of the frame, pixels.

    Returns
    -------
    float64 array (N, 2)
        The K points and, where the schema has brows, points of hairline and crown above them,
        all brought inside the frame; then the points of the frame, which are the same for
        every face. The frame ends where its outermost pixels do: it reaches from -0.5 to
        width - 0.5, and its area is width × height.
    """
    inner = np.concatenate([points, _forehead(points)])
    outline = _outline(size)
    return np.concatenate([np.clip(inner, outline.min(axis=0), outline.max(axis=0)), outline])


def _forehead(points: Points) -> Points:
    """Points of hairline and crown, extrapolated from a face without them."""
    schema = schema_of(len(points))
    if schema is None or schema.eyes is None or not schema.brows:
        return np.empty((0, 2))
    shape = as_complex(points)
    right, left = (shape[list(eye)].mean() for eye in schema.eyes)
    if abs(left - right) == 0:
        return np.empty((0, 2))
    up = -1j * (left - right) / abs(left - right)
    brows = shape[list(schema.brows)]
    height = np.max(np.real((brows.mean() - shape) * np.conj(up)))
    # Over the middle of the face the head is higher than over the temples.
    across = np.linspace(-1, 1, len(brows))
    arch = (1 - 0.25 * across**2) * height * up
    return as_points(np.concatenate([brows + _HAIRLINE * arch, brows[::2] + _CROWN * arch[::2]]))


def _outline(size: tuple[int, int]) -> Points:
    """Corners of the frame and points along its sides, (4 * _SIDE_PARTS, 2)."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
    along = np.arange(_SIDE_PARTS)[:, None] / _SIDE_PARTS
    sides = [a + (b - a) * along for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    return np.asarray(np.concatenate(sides) * size - 0.5)


def triangulate(points: Points) -> Mesh:
    """Delaunay triangles over points.

    Make one mesh, on the mean of all shapes, and use it for each of them: meshes made for each
    shape apart do not match, and tear the picture.

    Parameters
    ----------
    points : float64 array (N, 2)
        As `control_points` gives them. Points that coincide are allowed; one of them is used.
    """
    return _delaunay(np.asarray(points, dtype=np.float64).tobytes())


@lru_cache(maxsize=8)
def _delaunay(values: bytes) -> Mesh:
    """The mesh over float64 points (N, 2): each of many faces that are averaged asks for that of the mean."""
    points = np.frombuffer(values).reshape(-1, 2)
    triangles = Delaunay(points).simplices.astype(np.intp)
    # Qhull's triangles turn either way; let all turn from x towards y, so that areas are positive.
    turned = signed_areas(points, triangles) < 0
    triangles[turned] = triangles[turned][:, ::-1]
    sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges = np.unique(sides, axis=0)
    triangles.setflags(write=False)
    edges.setflags(write=False)
    return Mesh(triangles, edges)


def signed_areas(points: Points, triangles: NDArray[np.intp]) -> NDArray[np.float64]:
    """Areas of triangles.

    Parameters
    ----------
    points : float64 array (N, 2)
    triangles : int array (T, 3)

    Returns
    -------
    float64 array (T,)
        Square pixels. Where a shape turns a triangle over, its area is negative: a face folds there.
        The sum is the area of the frame for every shape.
    """
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    u, v = b - a, c - a
    return np.asarray((u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2)
