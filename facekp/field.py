"""Fields of vectors over a picture, linear within each triangle of a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, as_complex

Field = NDArray[np.float32]
"""``(H, W, 2)``: a vector ``(x, y)`` in pixels for each pixel of a picture."""

_SHORT = 1.0
"""Pieces shorter than this, in pixels, own one pixel at most."""


def pixel_grid(size: tuple[int, int]) -> Field:
    """The place of each pixel: float32 (H, W, 2) in ``(x, y)`` for a size (width, height)."""
    width, height = size
    grid = np.empty((height, width, 2), dtype=np.float32)
    grid[..., 0] = np.arange(width)
    grid[..., 1] = np.arange(height)[:, None]
    return grid


def interpolate(points: Points, vectors: Points, edges: NDArray[np.intp], grid: Field) -> Field:
    """Spread vectors at the points of a mesh over all pixels, linearly within each triangle.

    Parameters
    ----------
    points : float64 array (N, 2)
        ``(x, y)`` in pixels, filling the frame as `control_points` does.
    vectors : float64 array (N, 2)
        The value at each point.
    edges : int array (E, 2)
        Pairs of joined points.
    grid : float32 array (H, W, 2)
        `pixel_grid` of the frame.

    Returns
    -------
    float32 array (H, W, 2)
    """
    height, width = grid.shape[:2]
    return row_pieces(points, vectors, edges, (width, height)).rows(0, height)


@dataclass(frozen=True, eq=False)
class RowPieces:
    """A field as straight pieces along the rows of pixels, from which any rows can be rendered.

    Along a row the field is a chain of straight pieces whose knots lie where the row crosses the
    mesh's edges. So edges are enough, nothing is inverted, and neighbouring triangles agree on
    their common edge by construction: triangles without area own no pixels, and those that are
    turned over cannot tear.

    Attributes
    ----------
    width, top : int
        Pixels in a row, and the first row.
    first : int array (R + 1,)
        Number of the first piece of each of the R rows, and last the number of all pieces.
    slopes, starts : complex64 arrays (P,)
        At pixel x a piece has the value ``starts + x * slopes``; real part x, imaginary part y.
    counts : int array (P,)
        Pixels that each piece owns.
    """

    width: int
    top: int
    first: NDArray[np.intp]
    slopes: NDArray[np.complex64]
    starts: NDArray[np.complex64]
    counts: NDArray[np.intp]

    def rows(self, top: int, bottom: int) -> Field:
        """The field in rows `top` to `bottom` - 1: float32 (bottom - top, W, 2)."""
        piece = slice(self.first[top - self.top], self.first[bottom - self.top])
        counts = self.counts[piece]
        # As rows of real numbers, which NumPy multiplies several at once, unlike complex ones.
        field = np.repeat(self.slopes[piece], counts).view(np.float32).reshape(bottom - top, 2 * self.width)
        field *= np.repeat(np.arange(self.width, dtype=np.float32), 2)
        field += np.repeat(self.starts[piece], counts).view(np.float32).reshape(field.shape)
        return field.reshape(bottom - top, self.width, 2)


def row_pieces(
    points: Points,
    vectors: Points,
    edges: NDArray[np.intp],
    size: tuple[int, int],
    rows: tuple[int, int] | None = None,
) -> RowPieces:
    """The field that takes the given vectors at the points of a mesh; arguments as for `interpolate`.

    Parameters
    ----------
    points, vectors : float64 arrays (N, 2)
    edges : int array (E, 2)
    size : (int, int)
        Width and height of the frame, pixels.
    rows : (int, int), optional
        The first row that is wanted and the one after the last; by default all.
    """
    width = size[0]
    top, bottom = rows or (0, size[1])
    row, x, values = _knots(as_complex(points), as_complex(vectors), edges, top, bottom)
    order = np.argsort(row * (width + 1) + x)
    row, x, values = row[order], x[order], values[order]

    # Pixels from one knot to the next, all rows in one line: a row's last knot, at width - 0.5,
    # and the next row's first, at -0.5, round up to the same pixel.
    first = np.ceil(x)
    counts = np.diff(row * width + first.astype(np.intp))
    gap, rise = np.diff(x), np.diff(values)
    slopes = rise / np.maximum(gap, _SHORT)
    starts = values[:-1] - slopes * x[:-1]
    # Short pieces get the value of their one pixel, and no steep slope to lose digits with.
    short = np.flatnonzero(gap < _SHORT)
    part = np.clip((first[short] - x[short]) / np.where(gap[short] > 0, gap[short], 1), 0, 1)
    slopes[short], starts[short] = 0, values[short] + part * rise[short]
    numbers = np.searchsorted(row, np.arange(top, bottom + 1))
    numbers[-1] = len(counts)
    return RowPieces(width, top, numbers, slopes.astype(np.complex64), starts.astype(np.complex64), counts)


def _knots(
    points: NDArray[np.complex128], values: NDArray[np.complex128], edges: NDArray[np.intp], top: int, bottom: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.complex128]]:
    """Row, x and value wherever an edge crosses a row of pixels, from `top` to before `bottom`."""
    x, y = points.real, points.imag
    # Rows from the upper end, itself included, to before the lower end: a row through a point is
    # crossed there once from either side of it, and edges along a row cross none.
    row_below = np.clip(np.ceil(y), top, bottom).astype(np.intp)
    edges = edges[row_below[edges[:, 0]] != row_below[edges[:, 1]]]
    start, stop = edges.T
    downwards = y[start] <= y[stop]
    upper, lower = np.where(downwards, start, stop), np.where(downwards, stop, start)
    first = row_below[upper]
    crossed = row_below[lower] - first
    edge = np.repeat(np.arange(len(edges)), crossed)
    rows = np.arange(len(edge)) - (np.cumsum(crossed) - crossed - first)[edge]
    part = (rows - y[upper][edge]) / (y[lower] - y[upper])[edge]
    run, rise = x[lower] - x[upper], values[lower] - values[upper]
    return rows, x[upper][edge] + part * run[edge], values[upper][edge] + part * rise[edge]
