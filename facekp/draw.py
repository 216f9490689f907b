"""Points, edges and boxes over a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.faces import FaceBox
from facekp.images import Picture
from facekp.mesh import Mesh
from facekp.schema import Schema

Color = tuple[int, int, int]

PREDICTED: Color = (255, 40, 40)
"""RGB of predicted points, everywhere."""
TRUTH: Color = (20, 220, 60)
"""RGB of true points, everywhere."""
ERROR: Color = (255, 214, 10)
"""RGB of the lines from predicted points to the true ones."""
BOX: Color = (255, 255, 255)
MESH: Color = (120, 235, 255)
_MESH_SHARE = 0.6

SURE = (0.025, 0.06)
"""Expected errors over the side of the face: up to the first, points are drawn in full colour, and from the second
on as faintly as can be. On photographs with nothing in the way most lie below the first."""
FAINTEST = 0.25
"""What is left of the colour then."""

SUBPIXEL_BITS = 4
"""OpenCV draws at sixteenths of a pixel when told so."""
THICKEST_LINE = 100
"""Pixels; OpenCV refuses lines of more than 255."""
FACE_PER_LINE = 250.0
"""Side of a face over the thickness of its lines: seen alike on a thumbnail and on 12 megapixels."""
DOT, RING = 1.8, 3.0
"""Radius of points over the thickness of lines: a ring leaves room for a dot."""


def draw_face(
    image: Picture,
    points: NDArray[np.float32],
    schema: Schema,
    color: Color = PREDICTED,
    *,
    edges: bool = True,
    rings: bool = False,
    numbers: bool = False,
    uncertainty: NDArray[np.float32] | None = None,
    label: str = "",
) -> Picture:
    """A copy of a picture with the points of a face over it.

    Parameters
    ----------
    image : uint8 array (H, W, 3)
        RGB; not changed.
    points : float32 array (K, 2)
        ``(x, y)`` in its pixels.
    schema : Schema
        Says which points are joined.
    color : (int, int, int)
        RGB, `PREDICTED` or `TRUTH`.
    edges : bool
        Whether joined points have a line between them.
    rings : bool
        Whether points are rings instead of dots: true points and predicted ones at the same place are both seen.
    numbers : bool
        Whether each point has its number beside it.
    uncertainty : float32 array (K,), optional
        The error to be expected of each point, pixels: uncertain points, and lines to them, are drawn faintly.
    label : str
        Written above the face.

    Returns
    -------
    uint8 array (H, W, 3)
    """
    canvas = image.copy()
    width = _line_width(points)
    strength = opacity(points, uncertainty)
    paint = np.zeros(image.shape[:2], dtype=np.uint8)  # how much of the colour each pixel gets
    if edges:
        for start, end in schema.edges:
            share = round(255 * min(strength[start], strength[end]))
            cv2.line(paint, _fixed(points[start]), _fixed(points[end]), share, width, cv2.LINE_AA, SUBPIXEL_BITS)
    radius = round((RING if rings else DOT) * width * 2**SUBPIXEL_BITS)
    thickness = width if rings else cv2.FILLED
    for point, each in zip(points, strength, strict=True):
        cv2.circle(paint, _fixed(point), radius, round(255 * each), thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    _apply(canvas, paint, color)
    if numbers:
        for index, point in enumerate(points):
            _write(canvas, str(index), (point[0] + 2 * width, point[1] - width), width)
    if label:
        left, top = points.min(axis=0)
        _write(canvas, label, (left, top - 6 * width), 2 * width)
    return canvas


def draw_errors(image: Picture, predicted: NDArray[np.float32], truth: NDArray[np.float32]) -> Picture:
    """A copy of an RGB picture (H, W, 3) with a line from each predicted point (K, 2), pixels, to the true one."""
    canvas = image.copy()
    width = _line_width(truth)
    for start, end in zip(predicted, truth, strict=True):
        cv2.line(canvas, _fixed(start), _fixed(end), ERROR, width, cv2.LINE_AA, SUBPIXEL_BITS)
    return canvas


def opacity(points: NDArray[np.float32], uncertainty: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """How strongly points are drawn, float32 (K,), from `FAINTEST` to 1; a line as its fainter end.

    Parameters
    ----------
    points : float32 array (K, 2)
        Of the face, pixels.
    uncertainty : float32 array (K,), optional
        The error to be expected of each point, pixels; where it is not known, all are drawn in full colour.
    """
    if uncertainty is None:
        return np.ones(len(points), dtype=np.float32)
    sure, unsure = SURE
    relative = uncertainty / np.maximum(np.ptp(points, axis=0).max(), 1e-6)
    fade = np.clip((relative - sure) / (unsure - sure), 0, 1)
    return np.asarray(1 - (1 - FAINTEST) * fade, dtype=np.float32)


def draw_mesh(image: Picture, points: NDArray[np.floating], mesh: Mesh, color: Color = MESH) -> Picture:
    """A copy of an RGB picture (H, W, 3) with a mesh over its points (N, 2), pixels, in thin faint lines."""
    canvas = image.copy()
    ends = np.rint(points[mesh.edges] * 2**SUBPIXEL_BITS).astype(np.int32)
    cv2.polylines(canvas, list(ends), False, color, 1, cv2.LINE_AA, SUBPIXEL_BITS)
    return np.asarray(cv2.addWeighted(canvas, _MESH_SHARE, image, 1 - _MESH_SHARE, 0), dtype=np.uint8)


def draw_box(image: Picture, box: FaceBox, label: str = "", color: Color = BOX) -> Picture:
    """A copy of an RGB picture (H, W, 3) with a face's box, and a label above its upper left corner."""
    canvas = image.copy()
    corners = np.array([[box.x_min, box.y_min], [box.x_max, box.y_max]], dtype=np.float32)
    width = _line_width(corners)
    cv2.rectangle(canvas, _fixed(corners[0]), _fixed(corners[1]), color, width, cv2.LINE_AA, SUBPIXEL_BITS)
    if label:
        _write(canvas, label, (box.x_min, box.y_min - 3 * width), 3 * width)
    return canvas


def _apply(canvas: Picture, paint: NDArray[np.uint8], color: Color) -> None:
    """Mix a colour into a picture, pixel by pixel as much of 255 as `paint` says."""
    x, y, width, height = cv2.boundingRect(paint)
    part = canvas[y : y + height, x : x + width]
    share = paint[y : y + height, x : x + width, None].astype(np.float32) / 255
    part[:] = np.rint(part + (np.array(color, np.float32) - part) * share).astype(np.uint8)


def _line_width(points: NDArray[np.float32]) -> int:
    return round(float(np.clip(np.ptp(points, axis=0).max() / FACE_PER_LINE, 1, THICKEST_LINE)))


def _fixed(point: NDArray[np.float32]) -> tuple[int, int]:
    """A point in OpenCV's fixed-point coordinates, kept inside what it can draw."""
    x, y = np.clip(np.rint(point * 2**SUBPIXEL_BITS), -(2**27), 2**27).astype(int)
    return int(x), int(y)


def _write(canvas: Picture, text: str, corner: tuple[float, float], width: int) -> None:
    """White text with a dark rim, its lower left corner as given; read on any picture."""
    x, y = np.clip(np.rint(corner), -(2**20), 2**20).astype(int)
    at = (int(x), int(y))
    size = 0.32 * width
    for color, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(
            canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, color, max(1, round(thickness * width / 2)), cv2.LINE_AA
        )
