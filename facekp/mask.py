"""Which pixels are head and which are face, and pictures put together there with soft edges."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, as_complex, as_points
from facekp.axis import face_axis
from facekp.images import Picture
from facekp.schema import schema_of

Mask = NDArray[np.float32]
"""``(H, W)``: 1 is inside, 0 outside, with a soft edge between."""

_MASK_SIDE = 256
"""A soft edge has no detail: masks are drawn at so many pixels along the longer side, and enlarged."""

_SKULL, _FOREHEAD = 0.72, 0.25
"""Top of the skull, and of the forehead's part without hair, above the brows, per distance from brows to chin."""

_ROUND, _UP = (1.5, 2.2), 1.1
"""Half width and half height of an ellipse round a head of which no more is known, and how far its middle lies above
that of the points, per root mean square distance of the points from their middle. Eyes, nose, mouth and chin, or
without the chin, have a whole head in it when it has grown for the ears."""

_HAIR, _NECK = 0.5, (0.3, 0.5)
"""Hair that surely is there, above the brows, and how far the neck is looked for below the chin, per distance from
brows to chin; and half its width, per distance of the eyes."""

_LIKE, _AROUND = 1e-3, 0.08
"""Variance of light, white being 1, from which on there is an edge; and within how far it is looked for, per size of
the face."""

_SHIFT = 4
"""OpenCV draws at sixteenths of a pixel when told so."""


def head_mask(points: Points, extra: Points, size: tuple[int, int], grown: float = 1.14) -> Mask:
    """The head with its ears, to the top of the skull, softly; of points in no known order, a guess.

    Parameters
    ----------
    points : float64 array (K, 2)
        The points of the face, ``(x, y)`` in pixels.
    extra : float64 array (E, 2)
        More points that the head has room for.
    size : (int, int)
        Width and height of the picture, pixels.
    grown : float
        Its size per that of the hull of all these points; so much is room for the ears.

    Returns
    -------
    float32 array (H, W)
        0 to 1.
    """
    return _soft_hull(head_outline(points, extra), size, grown, softness=0.03)


def head_outline(points: Points, extra: Points) -> Points:
    """Points whose hull is the head, ears apart; parameters are those of `head_mask`.

    Returns
    -------
    float64 array (N, 2)
        The points themselves and those above them. Where it is not known which way the face looks, it is upright.
    """
    above = _raised_brows(points, _SKULL) if face_axis(points) is not None else _ellipse_round(points)
    return np.concatenate([points, above, extra])


def face_mask(points: Points, size: tuple[int, int]) -> Mask:
    """The face from chin to forehead, brows included, softly: its edge lies inside the face's outline.

    Parameters and result are those of `head_mask`.
    """
    return _soft_hull(np.concatenate([points, _raised_brows(points, _FOREHEAD)]), size, grown=0.94, softness=0.03)


def toned_mask(picture: Picture, points: Points) -> Mask:
    """Where other colours of a face go along: all of it, and hair, ears and neck as far as they can be told.

    Parameters
    ----------
    picture : uint8 array (H, W, 3)
        RGB.
    points : float64 array (K, 2)
        The points of the face, ``(x, y)`` in its pixels.

    Returns
    -------
    float32 array (H, W)
        0 to 1; it ends where the picture's light changes, and softly where it does not.

    Notes
    -----
    He and Sun, Fast guided filter, 2015: an outline that is a linear function of the picture's light in each
    neighbourhood.
    """
    size = picture.shape[1], picture.shape[0]
    scale = min(1.0, _MASK_SIDE / max(size))
    small = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    placed = (points + 0.5) * (np.array(small) / np.array(size)) - 0.5
    light = np.float32(1 / 255) * cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    seen = cv2.resize(light, small, interpolation=cv2.INTER_AREA)
    outline = _soft_hull(_hair_and_neck(placed), small, grown=1.12, softness=0.03)
    reach = 2 * max(1, round(_AROUND * float(np.ptp(placed, axis=0).max()))) + 1

    def near(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(cv2.boxFilter(values, -1, (reach, reach)))

    mean, share = near(seen), near(outline)
    slope = (near(seen * outline) - mean * share) / (near(seen * seen) - mean * mean + np.float32(_LIKE))
    start = share - slope * mean
    slope, start = (cv2.resize(near(part), size, interpolation=cv2.INTER_LINEAR) for part in (slope, start))
    return np.maximum(np.clip(slope * light + start, 0, 1), face_mask(points, size))


def _hair_and_neck(points: Points) -> Points:
    """Points whose hull is the face with hair, and the beginning of the neck."""
    axis = face_axis(points)
    if axis is None:
        return head_outline(points, np.empty((0, 2)))
    below, side = axis.chin + _NECK[0] * axis.length * axis.down, 1j * _NECK[1] * axis.eyes * axis.down
    return np.concatenate([points, _raised_brows(points, _HAIR), as_points(np.array([below - side, below + side]))])


def _ellipse_round(points: Points) -> Points:
    """Points of an upright ellipse round points of which it is not known what they are."""
    middle = points.mean(axis=0)
    spread = float(np.sqrt(((points - middle) ** 2).sum(axis=1).mean()))
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(middle + spread * (np.array(_ROUND) * circle - (0, _UP)))


def _raised_brows(points: Points, height: float) -> Points:
    """The brows moved up, by a height per distance from brows to chin; less over the temples."""
    axis, schema = face_axis(points), schema_of(len(points))
    if axis is None or schema is None:
        return np.empty((0, 2))
    brows = as_complex(points)[list(schema.brows)]
    return as_points(brows - height * (1 - 0.5 * np.linspace(-1, 1, len(brows)) ** 2) * axis.length * axis.down)


def _soft_hull(points: Points, size: tuple[int, int], grown: float, softness: float) -> Mask:
    """The hull of points, scaled from their middle, blurred by a part of its width."""
    scale = min(1.0, _MASK_SIDE / max(size))
    small = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    factor = np.array(small) / np.array(size)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    placed = (middle + grown * (points - middle) + 0.5) * factor - 0.5
    hull = cv2.convexHull(np.rint(placed * 2**_SHIFT).astype(np.int32))
    mask = np.zeros((small[1], small[0]), dtype=np.uint8)
    cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_AA, _SHIFT)
    sigma = max(softness * float(np.ptp(placed, axis=0).max()), 0.5)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / np.float32(255), (0, 0), sigma)
    return np.clip(cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR), 0, 1).astype(np.float32)


def paste(front: Picture, back: Picture, mask: Mask) -> Picture:
    """The front picture inside the mask, the back one outside; uint8 (H, W, 3) all."""
    # Where the front is not to be seen at all, the back stays as it is to the last bit.
    return np.asarray(cv2.blendLinear(front, back, mask, 1 - mask), dtype=np.uint8)


def clone(front: Picture, back: Picture, mask: Mask) -> Picture:
    """The front picture's detail inside the mask, in the light and the colours of the back one.

    Parameters
    ----------
    front, back : uint8 arrays (H, W, 3)
    mask : float32 array (H, W)
        Its half value is the border along which both agree.

    Returns
    -------
    uint8 array (H, W, 3)

    Notes
    -----
    Pérez, Gangnet and Blake, Poisson image editing, 2003, as OpenCV has it.
    """
    inside = ((mask > 0.5) * 255).astype(np.uint8)
    # OpenCV wants a rim of the back picture round the mask.
    rim = 2
    inside[:rim], inside[-rim:], inside[:, :rim], inside[:, -rim:] = 0, 0, 0, 0
    x, y, width, height = cv2.boundingRect(inside)
    if width == 0:
        return back
    centre = x + width // 2, y + height // 2  # so OpenCV puts the mask's box where it was
    return np.asarray(cv2.seamlessClone(front, back, inside, centre, cv2.NORMAL_CLONE), dtype=np.uint8)
