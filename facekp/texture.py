"""One aligned picture, sampled anywhere, and more coarsely where a mesh makes it small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import Points
from facekp.field import Field, RowPieces, row_pieces
from facekp.images import Picture
from facekp.mesh import Mesh, signed_areas
from facekp.warp import OVERSAMPLING

_SHARP = 0.5
"""A mesh that makes a place smaller by less than this, in octaves, is sampled from the finest level alone.

Beyond it the level catches up to half of this behind the shrinking. Measured on rings of a pixel's
width, against averages over areas: 1 to 9 grey levels of error where lengths shrink by 1.7 to 6,
and 9 to 64 with the finest level alone. With half the limit frames of most pairs of faces would
pay for coarser levels.
"""

_LEAST_AREA = 1e-3
"""Square pixels: less than anything that can be seen."""

_LEVELS = 4
"""Halved copies of a picture at most: the coarsest serves what a mesh makes 16 times smaller."""

_NO_MAP: Any = None


class Texture:
    """An aligned picture, ready to be sampled anywhere.

    Four channels are sampled twice as fast as three (measured): OpenCV reads such a pixel at once.

    Parameters
    ----------
    aligned : uint8 array (OVERSAMPLING * H, OVERSAMPLING * W), or with 1, 3 or 4 channels
        As `align_picture` renders it.
    """

    def __init__(self, aligned: Picture) -> None:
        self.shape = aligned.shape[2:]
        self.size = aligned.shape[1] // OVERSAMPLING, aligned.shape[0] // OVERSAMPLING
        widened = cv2.cvtColor(aligned, cv2.COLOR_RGB2RGBA) if self.shape == (3,) else aligned
        self.finest = np.ascontiguousarray(widened, dtype=np.uint8)

    @cached_property
    def levels(self) -> list[Picture]:
        """The picture, and copies of it with half the pixels, a quarter, … (Burt and Adelson's pyramid, 1983)."""
        levels = [self.finest]
        while len(levels) <= _LEVELS and min(levels[-1].shape[:2]) > 1:
            levels.append(np.asarray(cv2.pyrDown(levels[-1]), dtype=np.uint8))
        return levels


@dataclass(frozen=True, eq=False)
class Layer:
    """A texture, the areas round the points of the mesh in it, and how far along the common field it is sampled."""

    texture: Texture
    areas: NDArray[np.float64]
    factor: float


def areas_round(points: Points, mesh: Mesh) -> NDArray[np.float64]:
    """Area of the triangles round each point, float64 (N,), square pixels; a little above 0 where there is none."""
    areas = np.abs(signed_areas(points, mesh.triangles))
    around = np.bincount(mesh.triangles.ravel(), np.repeat(areas, 3), len(points))
    return np.maximum(around, _LEAST_AREA)


def shrinks(source: Points, target: Points, mesh: Mesh) -> bool:
    """Whether a mesh makes some place so much smaller that its finest level alone would alias."""
    return bool((areas_round(source, mesh) / areas_round(target, mesh)).max() > 4**_SHARP)


def bilinear(picture: Picture, places: Field, result: Picture | None = None) -> Picture:
    """Sample a picture at places float32 (h, w, 2), continued by its edge."""
    sampled = cv2.remap(picture, places, _NO_MAP, cv2.INTER_LINEAR, result, cv2.BORDER_REPLICATE)
    return np.asarray(sampled, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Coarse:
    """Where a mesh makes pictures so much smaller that bilinear sampling would alias, and how much.

    There the picture's halved copies are sampled and mixed (Williams, Pyramidal parametrics, 1983).
    How many octaves a place shrinks by is linear within each triangle too, so that no edge of the
    mesh shows in the sharpness.

    Attributes
    ----------
    pieces : RowPieces
        Octaves: the first layer's are the real part, the second's the imaginary part.
    box : (slice, slice)
        Rows and columns outside of which all are 0.
    """

    pieces: RowPieces
    box: tuple[slice, slice]

    @classmethod
    def needed(cls, layers: Sequence[Layer], target: Points, mesh: Mesh, size: tuple[int, int]) -> Coarse | None:
        """What the layers need in this shape; None, and no cost, where nothing shrinks much."""
        shrunk = np.stack([layer.areas for layer in layers], axis=1) / areas_round(target, mesh)[:, None]
        if shrunk.max() <= 4**_SHARP:
            return None
        octaves = np.zeros((len(target), 2))
        beyond = np.log2(shrunk) / 2 - _SHARP
        octaves[:, : len(layers)] = np.clip(np.minimum(2 * beyond, beyond + _SHARP / 2), 0, _LEVELS)
        shrinking = octaves.max(axis=1) > 0
        reached = target[mesh.edges[shrinking[mesh.edges].any(axis=1)]].reshape(-1, 2)
        left, top = np.clip(np.floor(reached.min(axis=0)), 0, size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(reached.max(axis=0)) + 1, 0, size).astype(int).tolist()
        pieces = row_pieces(target, octaves, mesh.edges, size, (top, bottom))
        return cls(pieces, (slice(top, bottom), slice(left, right)))

    def soften(self, number: int, texture: Texture, places: Field, picture: Picture, top: int) -> None:
        """Mix coarser copies into a band of a picture, which begins at row `top`, where it needs them."""
        rows, columns = self.box
        first, last = max(top, rows.start), min(top + len(picture), rows.stop)
        if first >= last:
            return
        octaves = self.pieces.rows(first, last)[:, columns, number]
        window = np.s_[first - top : last - top, columns]
        for level, coarser in enumerate(texture.levels[1 : 1 + int(np.ceil(octaves.max(initial=0)))]):
            share = np.clip(octaves - level, 0, 1)
            # Pixel x of a level lies at pixel 2 x of the finer one.
            drawn = bilinear(coarser, np.ascontiguousarray(places[window]) * np.float32(0.5 ** (level + 1)))
            mixed = cv2.blendLinear(np.ascontiguousarray(picture[window]), drawn, 1 - share, share)
            picture[window] = np.asarray(mixed).reshape(picture[window].shape)
