"""Which pixels of a photograph are head, and not what is seen behind it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, Similarity
from facekp.axis import face_axis
from facekp.images import Picture
from facekp.mask import Mask, face_mask, head_mask, head_outline
from facekp.warp import OVERSAMPLING

_SIDE = 256
"""Pixels along the longer side at which heads are told from backgrounds: 100 to 300 ms a photograph, measured."""

_REACH = 1.7
"""How far is looked to every side of the middle, per longer side of the box round the points: past hair and neck,
whichever way they lie, to some of the background."""

_REACH_OF_GUESS = 1.0
"""The same per longer side of the box round a head that is a guess."""

_GROWN = 1.3
"""How much wider than `head_mask` hair may be."""

_ROUNDS = 3
"""Of GrabCut."""

_LEAST = 50
"""Pixels of head and of background from which on there is something to tell apart."""

_NECK_FROM, _NECK = 0.75, 0.5
"""The neck begins at this part of the way from brows to chin, and has this half width per distance of the eyes."""

_CROWN, _MIDDLE = 0.5, 0.6
"""A head that ends lower than this above the brows, per distance from brows to chin, over a middle of this half width
per distance of the eyes, has lost its hair to a background of the same colour. Of 102 studio portraits, bald heads
among them, the lowest ended at 0.51."""

_NOTCH = 0.8
"""Notches above the brows that are narrower than this, per distance of the eyes, are closed."""

_NEARLY = 0.95
"""A head that goes so far towards its photograph's edge reaches it."""

_FADE, _SOFT = 0.5, 0.03
"""Beyond its photograph's edge a head becomes nothing within the first; the standard deviation of the softness there;
both per side of a square as large as the head."""

_EDGE = 1.5
"""Standard deviation of the edge's softness, pixels of the small picture."""

_HEAD, _BACKGROUND = (cv2.GC_FGD, cv2.GC_PR_FGD), (cv2.GC_BGD, cv2.GC_PR_BGD)


def head_matte(
    photo: Picture, points: Points, extra: Points, transform: Similarity, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], bool]:
    """The head with hair and ears, told from what is behind it by its colours.

    Where the two cannot be told apart, dark hair before a dark wall say, it is the soft outline of `head_mask`. Beyond
    the photograph's edge the head goes on as it was cut there, within that outline.

    Parameters
    ----------
    photo : uint8 array (H, W, 3)
        RGB.
    points : float64 array (K, 2)
        The points of the face, ``(x, y)`` in its pixels.
    extra : float64 array (E, 2)
        More points that the head has room for.
    transform : Similarity
        From photo pixels to those of the frame.
    size : (int, int)
        Width and height of the frame, pixels.

    Returns
    -------
    matte : uint8 array (OVERSAMPLING * height, OVERSAMPLING * width)
        Of the frame, as `align_picture` renders photographs: 255 is head, 0 is not, with a soft edge between.
    told : bool
        Whether the head could be told from what is behind it.

    Notes
    -----
    Rother, Kolmogorov and Blake, GrabCut, 2004, as OpenCV has it, with the face as certain head. It looks at the
    photograph, not at the frame, so that a preview and a film are cut alike; and at its mirror image too, so that a
    mirrored photograph gives the mirrored matte. It sets OpenCV's random numbers of this thread back.
    """
    part = _Part.round_head(photo, points, extra)
    face, more = part.inside(points), part.inside(extra)
    found = _told_apart(part.picture, face, more)
    matte = head_mask(face, more, part.size) if found is None else found
    fine = OVERSAMPLING * size[0], OVERSAMPLING * size[1]
    placed = OVERSAMPLING * transform.matrix @ np.vstack([part.to_photo, [0, 0, 1]])
    small = np.rint(255 * matte).astype(np.uint8)
    drawn = cv2.warpAffine(small, placed, fine, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = np.asarray(cv2.warpAffine(np.full_like(small, 255), placed, fine, flags=cv2.INTER_NEAREST), dtype=np.uint8)
    if not seen.all():
        room = _room(seen, OVERSAMPLING * transform(points), OVERSAMPLING * transform(extra))
        drawn = cv2.multiply(drawn, room, scale=1 / 255)
    return np.asarray(drawn, dtype=np.uint8), found is not None


def _room(seen: NDArray[np.uint8], points: Points, extra: Points) -> NDArray[np.uint8]:
    """Where a head may be: 255 where it is seen (not 0), within its outline less with distance from there; (H, W)."""
    height, width = seen.shape
    scale = min(1.0, _SIDE / max(width, height))
    small = max(1, round(width * scale)), max(1, round(height * scale))
    factor = np.array(small) / (width, height)
    outline = head_mask((points + 0.5) * factor - 0.5, (extra + 0.5) * factor - 0.5, small)
    unseen = np.asarray(cv2.resize(seen, small, interpolation=cv2.INTER_AREA)) == 0
    side = max(float(np.sqrt(np.count_nonzero(outline > 0.5))), 1.0)
    far = np.minimum(cv2.distanceTransform(unseen.astype(np.uint8), cv2.DIST_L2, 5) / np.float32(_FADE * side), 1)
    room = np.where(unseen, outline * (1 - far * far * (3 - 2 * far)), 1).astype(np.float32)
    soft = np.rint(255 * cv2.GaussianBlur(room, (0, 0), max(_SOFT * side, 0.5))).astype(np.uint8)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class _Part:
    """The part of a photograph that holds the head, small.

    Attributes
    ----------
    picture : uint8 array (h, w, 3)
    to_photo : float64 array (2, 3)
        From its pixels to those of the photograph.
    """

    picture: Picture
    to_photo: NDArray[np.float64]

    @classmethod
    def round_head(cls, photo: Picture, points: Points, extra: Points) -> _Part:
        height, width = photo.shape[:2]
        guess = face_axis(points) is None
        around = head_outline(points, extra) if guess else np.concatenate([points, extra])
        low, high = around.min(axis=0), around.max(axis=0)
        middle, half = (low + high) / 2, (_REACH_OF_GUESS if guess else _REACH) * float((high - low).max())
        left, top = np.clip(np.floor(middle - half), 0, [width - 1, height - 1]).astype(int)
        right, bottom = np.clip(np.ceil(middle + half), [left + 1, top + 1], [width, height]).astype(int)
        region = photo[top:bottom, left:right]
        scale = min(1.0, _SIDE / max(region.shape[:2]))
        small = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        picture = np.asarray(cv2.resize(region, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        x, y = (right - left) / small[0], (bottom - top) / small[1]
        # A pixel begins half a pixel before its centre.
        to_photo = np.array([[x, 0, left + (x - 1) / 2], [0, y, top + (y - 1) / 2]], dtype=np.float64)
        return cls(picture, to_photo)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.picture.shape[1], self.picture.shape[0]

    def inside(self, points: Points) -> Points:
        """Points of the photograph in its pixels."""
        return np.asarray((points - self.to_photo[:, 2]) / np.diag(self.to_photo[:, :2]))


def _told_apart(picture: Picture, points: Points, extra: Points) -> Mask | None:
    """1 where the head is, 0 where it is not, softly; None where that cannot be told."""
    size = (picture.shape[1], picture.shape[0])
    ways = _Directions.of(points, size)
    known = _known(points, extra, size, ways)
    if min(np.isin(known, side).sum() for side in (_HEAD, _BACKGROUND)) < _LEAST:
        return head_mask(points, extra, size)
    mirrored = _cut(np.ascontiguousarray(picture[:, ::-1]), np.ascontiguousarray(known[:, ::-1]))[:, ::-1]
    inside = (_cut(picture, known) + mirrored) / np.float32(2)
    # Of a crown that the photograph does not show nothing can be lost.
    if ways is not None and _crown(inside, ways) < min(_CROWN, _NEARLY * _crown(np.ones_like(inside), ways)):
        return None
    # The edge lies inside, since the outermost pixels are mixed with what is behind them.
    inner = cv2.erode(_smoothed(inside, ways), np.ones((3, 3), dtype=np.uint8))
    soft = np.clip(2 * cv2.GaussianBlur(inner, (0, 0), _EDGE) - 1, 0, 1)
    return np.asarray(soft * head_mask(points, extra, size, _GROWN), dtype=np.float32)


def _smoothed(inside: NDArray[np.float32], ways: _Directions | None) -> NDArray[np.float32]:
    """Hair without notches, where a highlight has the colours of what is behind it."""
    if ways is None:
        return inside
    width = max(3, round(_NOTCH * ways.eyes))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    # Nothing beyond the edge: OpenCV would take what lies between hair and the picture's edge for a notch.
    closed = cv2.morphologyEx(np.pad(inside, width), cv2.MORPH_CLOSE, disc)[width:-width, width:-width]
    return np.where(ways.down < 0, closed, inside).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Directions:
    """Where every pixel lies along the axis of a face.

    Attributes
    ----------
    down : float array (h, w)
        0 at the brows, 1 at the chin.
    aside : float array (h, w)
        Distance from the line through the chin, per distance of the eyes.
    eyes : float
        Distance of the eyes, pixels.
    """

    down: NDArray[np.float64]
    aside: NDArray[np.float64]
    eyes: float

    @classmethod
    def of(cls, points: Points, size: tuple[int, int]) -> _Directions | None:
        """None for points of which it is not known where the eyes are."""
        axis = face_axis(points)
        if axis is None:
            return None
        x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        places = x + 1j * y
        return cls(axis.below(places, axis.brows) / axis.length, axis.aside(places, axis.chin) / axis.eyes, axis.eyes)


def _known(points: Points, extra: Points, size: tuple[int, int], ways: _Directions | None) -> NDArray[np.uint8]:
    """What is certain and what is probable before colours are looked at, as OpenCV's GrabCut wants it."""
    head, around = head_mask(points, extra, size), head_mask(points, extra, size, _GROWN)
    known = np.full(head.shape, cv2.GC_BGD, dtype=np.uint8)
    known[around > 0.02] = cv2.GC_PR_BGD
    known[head > 0.5] = cv2.GC_PR_FGD
    known[face_mask(points, size) > 0.5] = cv2.GC_FGD
    if ways is not None:  # collars and shadows would leave holes below the chin
        known[(head > 0.02) & (ways.down > _NECK_FROM) & (ways.aside < _NECK)] = cv2.GC_FGD
    return known


def _cut(picture: Picture, known: NDArray[np.uint8]) -> NDArray[np.float32]:
    """1 where the colours are the head's, 0 where the background's; (h, w)."""
    cv2.setRNGSeed(0)  # OpenCV draws the first colours by chance: the same picture shall give the same matte
    models = np.zeros((1, 65)), np.zeros((1, 65))
    result, _, _ = cv2.grabCut(picture, known.copy(), (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.asarray(cv2.medianBlur(np.isin(result, _HEAD).astype(np.uint8), 5), dtype=np.uint8)
    inside = np.maximum(found, known == cv2.GC_FGD).astype(np.uint8)  # of a tiny face the median leaves nothing
    # One piece without holes: a highlight in dark hair is no window.
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(outlines, key=cv2.contourArea)
    return np.asarray(cv2.drawContours(np.zeros_like(inside), [largest], -1, 1, cv2.FILLED), dtype=np.float32)


def _crown(inside: NDArray[np.float32], ways: _Directions) -> float:
    """How far the head goes above the brows in its middle, per distance from brows to chin."""
    middle = (inside > 0.5) & (ways.aside < _MIDDLE)
    # Each tenth part of the middle's width for itself, and of these heights the median: a lock of hair is no crown.
    parts = np.minimum((10 * ways.aside / _MIDDLE).astype(int), 9)
    heights = [float(-ways.down[middle & (parts == part)].min(initial=0.0)) for part in range(10)]
    return float(np.median(heights))
