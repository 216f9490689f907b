"""Pictures that pages make of points, filters and responses; nothing here knows Streamlit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.annotations import Points
from facekp.crop import Crop, WholePicture
from facekp.draw import PREDICTED, TRUTH, Color, draw_face
from facekp.images import Picture, load_image
from facekp.schema import Schema

FACE_SIDE = 560
"""Side of a picture of a face, pixels."""
SAMPLE_SIDE = 320
"""Height of a sample, pixels."""
ROOM = 1.6
"""Side of what is seen over the longer side of the box round the points."""
LEAST_SIDE = 200.0
"""Photo pixels that are seen at least, where there is only one point."""
PLAIN: Color = (43, 47, 54)
"""The ground where there is no photograph: green has a contrast of 7.2 to it, and red one of 3.6."""
SHEET_CELL, SHEET_GAP = 96, 8
"""Side of a filter on the sheet of all, and the room between two, pixels."""
MARK, RIM = 6, 2
"""Radius of a point that stands alone, and its white rim, pixels."""
WHITE: Color = (255, 255, 255)


def face_with_points(photo: Path | None, predicted: Points | None, truth: Points | None, schema: Schema) -> Picture:
    """A square round a face with its true points (K, 2) in green and the predicted ones in red over them.

    Parameters
    ----------
    photo : Path or None
        Without one the points stand on a plain ground.
    predicted, truth : float32 array (K, 2), or None
        Photo pixels; at least one of them is there.
    """
    known = np.concatenate([points for points in (truth, predicted) if points is not None])
    low, high = known.min(axis=0), known.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    crop = Crop((x, y), max(ROOM * float((high - low).max()), LEAST_SIDE), FACE_SIDE)
    picture = _cut(crop, load_image(photo)) if photo else np.full((FACE_SIDE, FACE_SIDE, 3), PLAIN, np.uint8)
    for points, color in ((truth, TRUTH), (predicted, PREDICTED)):
        if points is not None:
            picture = with_points(picture, crop.to_network(points), schema, color)
    return picture


def _cut(crop: Crop, image: Picture) -> Picture:
    """What an upright crop sees of a photograph; beyond its edges is the plain ground."""
    height, width = image.shape[:2]
    corners = crop.to_network(np.array([[0, 0], [width - 1, height - 1]], dtype=np.float32))
    (left, top), (right, bottom) = np.rint(corners).astype(int).clip(0, crop.size - 1).tolist()
    picture = np.full((crop.size, crop.size, 3), PLAIN, np.uint8)
    seen = np.s_[top : bottom + 1, left : right + 1]
    picture[seen] = crop.cut(image)[seen]
    return picture


def with_points(picture: Picture, points: Points, schema: Schema, color: Color) -> Picture:
    """A copy of a picture with points (K, 2) in its pixels; one that stands alone is large enough to be seen."""
    if len(schema) > 1:
        return draw_face(picture, points, schema, color)
    marked = picture.copy()
    x, y = np.rint(points[0]).astype(int).tolist()
    for radius, each in ((MARK + RIM, WHITE), (MARK, color)):  # a red point on skin is hardly seen without its rim
        cv2.circle(marked, (x, y), radius, each, cv2.FILLED, cv2.LINE_AA)
    return marked


def enlarged_with_points(picture: Picture, points: Points, schema: Schema, color: Color) -> Picture:
    """What a network is fed, at the size for a page, with its points (K, 2), network pixels."""
    height, width = picture.shape[:2]
    large = WholePicture((width, height), (round(width * SAMPLE_SIDE / height), SAMPLE_SIDE))
    return with_points(large.cut(picture), large.to_network(points), schema, color)


def grey_of(values: NDArray[np.float32], limit: float) -> NDArray[np.uint8]:
    """Grey values of an array: zero is the middle grey, `limit` is white and -`limit` black."""
    scaled = values / limit if limit > 0 else np.zeros_like(values)
    return np.asarray(np.clip(np.rint(127.5 + 127.5 * scaled), 0, 255), dtype=np.uint8)


def enlarged(grey: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A small grey picture with square pixels, its longer side about `side` pixels."""
    factor = max(1, round(side / max(grey.shape)))
    return np.kron(grey, np.ones((factor, factor), np.uint8))


def filter_sheet(filters: NDArray[np.float32], limit: float, columns: int) -> NDArray[np.uint8]:
    """All filters (C, k, k) in rows, enlarged, with white between them."""
    cells = [enlarged(grey_of(each, limit), SHEET_CELL) for each in filters]
    side = cells[0].shape[0] + SHEET_GAP
    rows = -(-len(cells) // columns)
    sheet = np.full((rows * side + SHEET_GAP, columns * side + SHEET_GAP), 255, np.uint8)
    for index, cell in enumerate(cells):
        top, left = (SHEET_GAP + side * place for place in divmod(index, columns))
        sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return sheet
