"""Which pixels of a photograph are head, and not what is seen behind it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, as_complex
from facekp.images import Picture
from facekp.mask import face_mask, head_mask
from facekp.schema import schema_of

_SIDE = 256
"""Pixels along the longer side at which heads are told from backgrounds: 50 to 150 ms a photograph, measured."""

_ROUNDS = 3
"""Of GrabCut."""

_LEAST = 50
"""Pixels of head and of background from which on there is something to tell apart."""

_NECK_FROM, _NECK = 0.75, 0.5
"""The neck begins at this part of the way from brows to chin, and has this half width per distance of the eyes."""

_LOST = 0.45
"""Part of the head's mask above the brows beyond which, where it is taken for background, hair was taken for it too.
Of 109 studio portraits, many with short hair or none, 6 lie above it."""

_EDGE = 1.5
"""Standard deviation of the edge's softness, pixels of the small picture."""


def head_matte(aligned: Picture, points: Points, extra: Points, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The head with hair and ears, told from what is behind it by its colours.

    Parameters
    ----------
    aligned : uint8 array (h, w, 3)
        RGB; the frame at any resolution.
    points : float64 array (K, 2)
        The points of the face, ``(x, y)`` in pixels of the frame.
    extra : float64 array (E, 2)
        More points that the head has room for.
    size : (int, int)
        Width and height of the frame, pixels.

    Returns
    -------
    uint8 array (h, w)
        255 is head, 0 background, with a soft edge between. All of it is 255 where the two cannot be
        told apart, dark hair before a dark wall say; then `facekp.mask.head_mask` alone has to do.

    Notes
    -----
    Rother, Kolmogorov and Blake, GrabCut, 2004, as OpenCV has it, with the face as certain head and
    all outside `head_mask` as certain background.
    """
    scale = min(1.0, _SIDE / max(size))
    small = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    factor = np.array(small) / np.array(size)
    face, more = (points + 0.5) * factor - 0.5, (extra + 0.5) * factor - 0.5
    known = _known(face, more, small)
    if min(np.isin(known, side).sum() for side in (_HEAD, _BACKGROUND)) < _LEAST:
        return np.full(aligned.shape[:2], 255, dtype=np.uint8)
    inside = _cut(np.asarray(cv2.resize(aligned, small, interpolation=cv2.INTER_AREA), dtype=np.uint8), known)
    if _lost_above_brows(inside, face, more, small) > _LOST:
        return np.full(aligned.shape[:2], 255, dtype=np.uint8)
    # The edge lies inside, since the outermost pixels are mixed with what is behind them.
    soft = np.clip(2 * cv2.GaussianBlur(inside, (0, 0), _EDGE) - 1, 0, 1)
    enlarged = cv2.resize(soft, (aligned.shape[1], aligned.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.rint(255 * enlarged).astype(np.uint8)


_HEAD = (cv2.GC_FGD, cv2.GC_PR_FGD)
_BACKGROUND = (cv2.GC_BGD, cv2.GC_PR_BGD)


@dataclass(frozen=True, eq=False)
class _Axis:
    """Where a face is in its own directions, for every pixel.

    Attributes
    ----------
    down : float array (h, w)
        0 at the brows, 1 at the chin.
    aside : float array (h, w)
        Distance from the line through the chin, per distance of the eyes.
    """

    down: NDArray[np.float64]
    aside: NDArray[np.float64]

    @classmethod
    def of(cls, points: Points, size: tuple[int, int]) -> _Axis | None:
        """None for points of which it is not known where the eyes are."""
        schema = schema_of(len(points))
        if schema is None or schema.eyes is None or not schema.brows:
            return None
        shape = as_complex(points)
        right, left = (shape[list(eye)].mean() for eye in schema.eyes)
        apart = max(abs(left - right), 1e-9)
        downwards = 1j * (left - right) / apart
        brows = shape[list(schema.brows)].mean()
        lengths = np.real((shape - brows) * np.conj(downwards))
        chin = shape[np.argmax(lengths)]
        x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        places = x + 1j * y
        down = np.real((places - brows) * np.conj(downwards)) / max(lengths.max(), 1e-9)
        return cls(down, np.abs(np.imag((places - chin) * np.conj(downwards))) / apart)


def _known(points: Points, extra: Points, size: tuple[int, int]) -> NDArray[np.uint8]:
    """What is certain and what is probable before colours are looked at, as OpenCV's GrabCut wants it."""
    head, axis = head_mask(points, extra, size), _Axis.of(points, size)
    known = np.full(head.shape, cv2.GC_BGD, dtype=np.uint8)
    known[head > 0.02] = cv2.GC_PR_BGD
    known[head > 0.5] = cv2.GC_PR_FGD
    known[face_mask(points, size) > 0.5] = cv2.GC_FGD
    if axis is not None:  # collars and shadows would leave holes below the chin
        known[(head > 0.02) & (axis.down > _NECK_FROM) & (axis.aside < _NECK)] = cv2.GC_FGD
    return known


def _cut(picture: Picture, known: NDArray[np.uint8]) -> NDArray[np.float32]:
    """1 where the colours are the head's, 0 where the background's; (h, w)."""
    cv2.setRNGSeed(0)  # OpenCV draws the first colours by chance: the same picture shall give the same matte
    models = np.zeros((1, 65)), np.zeros((1, 65))
    result, _, _ = cv2.grabCut(picture, known, (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    inside = cv2.medianBlur(np.isin(result, _HEAD).astype(np.uint8), 5)
    # One piece without holes: a highlight in dark hair is no window.
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(outlines, key=cv2.contourArea)
    return np.asarray(cv2.drawContours(np.zeros_like(inside), [largest], -1, 1, cv2.FILLED), dtype=np.float32)


def _lost_above_brows(inside: NDArray[np.float32], points: Points, extra: Points, size: tuple[int, int]) -> float:
    """Which part of the head's mask above the brows, the face left out, is taken for background."""
    axis = _Axis.of(points, size)
    crown = (head_mask(points, extra, size) > 0.5) & ~(face_mask(points, size) > 0.5)
    if axis is not None:
        crown &= axis.down < 0
    return float(1 - inside[crown].mean()) if crown.any() else 0.0
