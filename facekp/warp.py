"""Warps of whole pictures: by a similarity into the common frame, then piecewise-affine through dense maps."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, Similarity, as_complex
from facekp.errors import MeshError
from facekp.images import Picture

Field = NDArray[np.float32]
"""``(H, W, 2)``: a vector ``(x, y)`` in pixels for each pixel of a picture."""

OVERSAMPLING = 2
"""Pixels of an aligned photograph per pixel of the output, along each axis.

Warping samples a second time what the alignment has sampled once. At the output's own resolution
that blurs, and the first and the last frame, which are not warped, would stand out as sharper.
"""

_KEPT_DETAIL = 1.25
"""Large photographs are averaged down to so many pixels per pixel of the output.

Measured against the same photograph reduced with a Lanczos filter: 1 blurs, 2 aliases.
"""

_FILL_SIDE = 512
"""What lies beyond a photograph's edge is smooth: it is made at so many pixels along the longer side."""

_NO_MAP: Any = None
"""For OpenCV's second map, which a map of two channels does without; the stubs do not know that None will do."""


def align_picture(image: Picture, transform: Similarity, size: tuple[int, int]) -> Picture:
    """Render a photograph in the common frame, finer than the output by `OVERSAMPLING`.

    What the photograph does not cover is continued from its edge, softer with distance.

    Parameters
    ----------
    image : uint8 array (H, W, 3)
        RGB.
    transform : Similarity
        From photo pixels to output pixels.
    size : (int, int)
        Width and height of the output, pixels.

    Returns
    -------
    uint8 array (OVERSAMPLING * height, OVERSAMPLING * width, 3)
        Output pixel (x, y) is its pixel (OVERSAMPLING * x, OVERSAMPLING * y).

    Raises
    ------
    MeshError
        If no part of the photograph falls into the output.
    """
    image, matrix = _reduced(*_cropped(image, transform, size))
    fine = OVERSAMPLING * matrix
    fine_size = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    opaque = np.full(image.shape[:2], 255, dtype=np.uint8)
    inside = np.asarray(cv2.warpAffine(opaque, fine, fine_size, flags=cv2.INTER_NEAREST), dtype=np.uint8)
    if not inside.any():
        raise _outside(image)
    aligned = cv2.warpAffine(image, fine, fine_size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return _continued(np.asarray(aligned, dtype=np.uint8), inside)


def _outside(image: Picture) -> MeshError:
    return MeshError(
        f"the points lie so far outside their picture of {image.shape[1]} × {image.shape[0]} pixels that nothing of it "
        "would be seen; give points of this picture"
    )


def _cropped(image: Picture, transform: Similarity, size: tuple[int, int]) -> tuple[Picture, Similarity]:
    """The part of a photograph that the output can show: large photographs cost no more than small ones."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64) - 0.5
    seen = transform.inverse()(corners)
    margin = 4 / transform.scale + 4  # for filters that look at neighbours
    limit = np.array([image.shape[1], image.shape[0]], dtype=np.float64)
    left, top = np.clip(np.floor(seen.min(axis=0) - margin), 0, limit).astype(int)
    right, bottom = np.clip(np.ceil(seen.max(axis=0) + margin), 0, limit).astype(int)
    if right <= left or bottom <= top:
        raise _outside(image)
    moved = Similarity(transform.turn, transform.shift + transform.turn * complex(left, top))
    return image[top:bottom, left:right], moved


def _reduced(image: Picture, transform: Similarity) -> tuple[Picture, NDArray[np.float64]]:
    """Bring a photograph that is finer than the output near to its scale, and the matrix (2, 3) from there."""
    detail = transform.scale * _KEPT_DETAIL
    matrix = transform.matrix
    if detail >= 1:
        return image, matrix
    before = np.array([image.shape[1], image.shape[0]])
    after = np.maximum(np.rint(before * detail), 1)
    reduced = cv2.resize(image, (int(after[0]), int(after[1])), interpolation=cv2.INTER_AREA)  # does not alias
    # A pixel begins half a pixel before its centre: x + 1/2 = factor (x' + 1/2), with a factor for either axis.
    factor = before / after
    matrix[:, 2] += matrix[:, :2] @ (factor / 2 - 0.5)
    matrix[:, :2] *= factor
    return np.asarray(reduced, dtype=np.uint8), matrix


def _continued(image: Picture, inside: NDArray[np.uint8]) -> Picture:
    """Fill what is not inside (0, elsewhere 255) from what is (pull-push: Gortler et al., The Lumigraph, 1996)."""
    if inside.all():
        return image
    height, width = inside.shape
    shrink = max(1.0, max(height, width) / _FILL_SIDE)
    small = max(1, round(width / shrink)), max(1, round(height / shrink))
    known = cv2.resize((inside > 0).astype(np.float32), small, interpolation=cv2.INTER_AREA)
    seen = cv2.resize(cv2.bitwise_and(image, image, mask=inside), small, interpolation=cv2.INTER_AREA)
    colour, certain = _as_known(np.asarray(seen, dtype=np.float32), np.asarray(known, dtype=np.float32))
    filled = np.rint(_pull_push(colour, certain)).clip(0, 255).astype(np.uint8)
    smooth = np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return np.asarray(cv2.copyTo(image, inside, smooth), dtype=np.uint8)


def _as_known(
    colour: NDArray[np.float32], known: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Take cells that are known in part for known: far colours would leak in at the edge otherwise."""
    certain = np.minimum(4 * known, 1).astype(np.float32)
    return np.asarray(colour * (certain / np.maximum(known, 1e-6))[..., None], dtype=np.float32), certain


def _pull_push(colour: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours everywhere, from colours times how well they are known (0 to 1)."""
    height, width = known.shape
    if min(height, width) < 2:
        return np.broadcast_to(colour.sum(axis=(0, 1)) / max(known.sum(), 1e-6), colour.shape).astype(np.float32)
    half = (width + 1) // 2, (height + 1) // 2
    coarse = np.asarray(cv2.resize(colour, half, interpolation=cv2.INTER_AREA), dtype=np.float32)
    coarse_known = np.asarray(cv2.resize(known, half, interpolation=cv2.INTER_AREA), dtype=np.float32)
    below = _pull_push(*_as_known(coarse, coarse_known))
    spread = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(colour + (1 - known)[..., None] * spread, dtype=np.float32)


def pixel_grid(size: tuple[int, int]) -> Field:
    """The place of each pixel: float32 (H, W, 2) in ``(x, y)`` for a size (width, height)."""
    width, height = size
    grid = np.empty((height, width, 2), dtype=np.float32)
    grid[..., 0] = np.arange(width)
    grid[..., 1] = np.arange(height)[:, None]
    return grid


def interpolate(points: Points, vectors: Points, edges: NDArray[np.intp], grid: Field) -> Field:
    """Spread vectors at the points of a mesh over all pixels, linearly within each triangle.

    Along a row of pixels the result is a chain of straight pieces whose knots lie where the row
    crosses the mesh's edges. So edges are enough, nothing is inverted, and neighbouring
    triangles agree on their common edge by construction: triangles without area own no pixels,
    and those that are turned over cannot tear.

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
    rows, x, values = _knots(as_complex(points), as_complex(vectors), edges, height)
    order = np.argsort(rows * (width + 1) + x)
    rows, x, values = rows[order], x[order], values[order]

    # Pixels from one knot to the next, all rows in one line: a row's last knot, at width - 0.5,
    # and the next row's first, at -0.5, round up to the same pixel.
    first = np.ceil(x).astype(np.intp)
    counts = np.diff(rows * width + first)
    gap = np.diff(x)
    # Pieces shorter than a pixel own one pixel at most: its value, and no steep slope to lose digits with.
    rise = np.diff(values)
    slopes = np.where(gap >= 1, rise / np.maximum(gap, 1), 0)
    part = np.clip((first[:-1] - x[:-1]) / np.where(gap > 0, gap, 1), 0, 1)
    starts = np.where(gap >= 1, values[:-1] - slopes * x[:-1], values[:-1] + part * rise)

    def per_pixel(pieces: NDArray[np.complex128]) -> NDArray[np.complex64]:
        return np.repeat(pieces.astype(np.complex64), counts).reshape(height, width)

    field = per_pixel(slopes)
    field *= np.arange(width, dtype=np.float32)
    field += per_pixel(starts)
    return field[..., None].view(np.float32)


def _knots(
    points: NDArray[np.complex128], values: NDArray[np.complex128], edges: NDArray[np.intp], height: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.complex128]]:
    """Row, x and value wherever an edge crosses a row of pixels."""
    start, stop = edges.T
    downwards = points[start].imag <= points[stop].imag
    upper, lower = np.where(downwards, start, stop), np.where(downwards, stop, start)
    # Rows from the upper end, itself included, to before the lower end: a row through a point is
    # crossed there once from either side of it, and edges along a row cross none.
    first = np.clip(np.ceil(points[upper].imag), 0, height).astype(np.intp)
    crossed = np.clip(np.ceil(points[lower].imag), 0, height).astype(np.intp) - first
    edge = np.repeat(np.arange(len(edges)), crossed)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(crossed) - crossed - first, crossed)
    top, bottom = points[upper][edge], points[lower][edge]
    part = (rows - top.imag) / (bottom.imag - top.imag)
    low, high = values[upper][edge], values[lower][edge]
    return rows, top.real + part * (bottom.real - top.real), low + part * (high - low)


def sample(aligned: Picture, grid: Field, field: Field, scale: float) -> Picture:
    """Take each pixel of a warped picture from where the field points to.

    Parameters
    ----------
    aligned : uint8 array (OVERSAMPLING * H, OVERSAMPLING * W, 3)
        As `align_picture` renders it.
    grid, field : float32 arrays (H, W, 2)
        Pixel (x, y) is taken from ``grid + scale * field`` there, bilinearly.
    scale : float
        0 gives the aligned picture itself, byte for byte.

    Returns
    -------
    uint8 array (H, W, 3)
    """
    fine = cv2.scaleAdd(field, scale * OVERSAMPLING, OVERSAMPLING * grid)
    sampled = cv2.remap(aligned, np.asarray(fine), _NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, dtype=np.uint8)
