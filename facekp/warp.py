"""Warps of whole pictures: by a similarity into the common frame, then piecewise-affine through dense maps."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, Similarity
from facekp.errors import MeshError
from facekp.field import Field, row_pieces
from facekp.images import Picture

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
    image : uint8 array (H, W, 3), (H, W, 4), (H, W, 1) or (H, W)
        RGB; RGB and alpha or any other plane, treated like a colour; or one plane alone.
    transform : Similarity
        From photo pixels to output pixels.
    size : (int, int)
        Width and height of the output, pixels.

    Returns
    -------
    uint8 array (OVERSAMPLING * height, OVERSAMPLING * width), and channels as the photograph has
        Output pixel (x, y) is its pixel (OVERSAMPLING * x, OVERSAMPLING * y).

    Raises
    ------
    MeshError
        If no part of the photograph falls into the output.
    """
    if image.shape[2:] in ((), (1,)):
        threefold = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
        plane = np.ascontiguousarray(align_picture(threefold, transform, size)[..., 0])
        return plane.reshape(*plane.shape, *image.shape[2:])
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


def sample(aligned: Picture, grid: Field, field: Field, scale: float) -> Picture:
    """Take each pixel of a warped picture from where the field points to.

    Parameters
    ----------
    aligned : uint8 array (OVERSAMPLING * H, OVERSAMPLING * W), or with 1, 3 or 4 channels
        As `align_picture` renders it.
    grid, field : float32 arrays (H, W, 2)
        Pixel (x, y) is taken from ``grid + scale * field`` there, bilinearly.
    scale : float
        0 gives the aligned picture itself, byte for byte.

    Returns
    -------
    uint8 array (H, W), and channels as the aligned picture has
    """
    fine = cv2.scaleAdd(field, scale * OVERSAMPLING, OVERSAMPLING * grid)
    sampled = cv2.remap(aligned, np.asarray(fine), _NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, dtype=np.uint8).reshape(*grid.shape[:2], *aligned.shape[2:])


def warp_photograph(
    image: Picture,
    transform: Similarity,
    source: Points,
    target: Points,
    edges: NDArray[np.intp],
    size: tuple[int, int],
) -> Picture:
    """Draw a photograph in another shape in one step, for a picture that is needed only once.

    As sharp as `align_picture`, which it does without, and faster than that and a warp of its result.

    Parameters
    ----------
    image : uint8 array (H, W, 3 or 4)
    transform : Similarity
        From photo pixels to output pixels.
    source, target : float64 arrays (N, 2)
        The points of the mesh in the aligned photograph and in the result, ``(x, y)`` in output pixels.
    edges : int array (E, 2)
        Pairs of joined points.
    size : (int, int)
        Width and height of the output, pixels.

    Returns
    -------
    uint8 array (height, width, 3 or 4)

    Raises
    ------
    MeshError
        If no part of the photograph falls into the output.
    """
    image, matrix = _reduced(*_cropped(image, transform, size))
    inverse = np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)
    places = row_pieces(target, source @ inverse[:, :2].T + inverse[:, 2], edges, size).rows(0, size[1])
    beyond = np.array([image.shape[1], image.shape[0]]) - 0.5
    inside = np.asarray(cv2.inRange(places, (-0.5, -0.5), tuple(beyond.tolist())), dtype=np.uint8)
    if not inside.any():
        raise _outside(image)
    warped = cv2.remap(image, places, _NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return _continued(np.asarray(warped, dtype=np.uint8), inside)
