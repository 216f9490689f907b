"""Frames of a morph: aligned pictures drawn in another shape, and blended, band by band."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.align import Points
from facekp.field import Field, RowPieces, pixel_grid, row_pieces
from facekp.images import Picture
from facekp.mesh import Mesh
from facekp.parallel import CORES, side_by_side
from facekp.texture import Coarse, Layer, Texture, areas_round, bilinear
from facekp.warp import OVERSAMPLING

_BAND_PIXELS = 1 << 17
"""Pixels that are drawn at a time: maps and pictures of a band stay in the processor's cache.

OpenCV gives a second thread work from so many pixels on. Measured at 512² and 1024²: half of it
and twice of it are within 5 % on one core, whole pictures are slower by a third.
"""


class PairWarp:
    """Two aligned pictures, drawn in any shape on the straight way from one to the other.

    Holds nothing that changes, so several threads may draw frames of one pair.

    Parameters
    ----------
    a, b : uint8 arrays (OVERSAMPLING * H, OVERSAMPLING * W, 3 or 4), or of one channel
        As `align_picture` renders them, both alike.
    shape_a, shape_b : float64 arrays (N, 2)
        The points of the mesh in either, ``(x, y)`` in output pixels, as `control_points` gives them.
    mesh : Mesh
        Triangles over these points.
    """

    def __init__(self, a: Picture, b: Picture, shape_a: Points, shape_b: Points, mesh: Mesh) -> None:
        self._textures = Texture(a), Texture(b)
        self._shapes, self._way = (shape_a, shape_b), shape_b - shape_a
        self._mesh = mesh
        self._areas = areas_round(shape_a, mesh), areas_round(shape_b, mesh)
        self._size, self._channels = self._textures[0].size, self._textures[0].shape
        self._grid = OVERSAMPLING * pixel_grid(self._size)

    def frame(self, shape: float, colour: float | None = None, *, linear_light: bool = False) -> Picture:
        """A picture between the two.

        Parameters
        ----------
        shape, colour : float
            0 is the first picture's, 1 the second's; numbers beyond exaggerate. By default colour is as shape.
        linear_light : bool
            Blend amounts of light, not sRGB numbers; see `blend`.

        Returns
        -------
        uint8 array (H, W, 3), or with as many channels as the pictures have
            For 0, and for 1, one of the pictures itself, byte for byte.
        """
        colour = shape if colour is None else colour
        wanted = [number for number, share in enumerate((1 - colour, colour)) if share != 0]
        result = np.empty((*self._size[::-1], *self._channels), dtype=np.uint8)

        def draw(rows: slice, drawn: Sequence[Picture]) -> None:
            both = len(drawn) > 1
            _narrow(blend(drawn[0], drawn[1], colour, linear_light=linear_light) if both else drawn[0], result[rows])

        _draw(self._passes(shape, wanted), self._size, draw)
        return result

    def warped(self, shape: float) -> tuple[Picture, Picture]:
        """Both pictures in the same shape between the two, not blended: uint8 arrays (H, W, channels)."""
        first, second = (np.empty((*self._size[::-1], *self._channels), dtype=np.uint8) for _ in range(2))

        def draw(rows: slice, drawn: Sequence[Picture]) -> None:
            _narrow(drawn[0], first[rows])
            _narrow(drawn[1], second[rows])

        _draw(self._passes(shape, (0, 1)), self._size, draw)
        return first, second

    def _passes(self, shape: float, wanted: Sequence[int]) -> list[_Pass]:
        """What is to be drawn of those of the two pictures that are wanted, 0 and 1."""
        target = between(*self._shapes, shape, self._size)
        if np.array_equal(target, self._shapes[0] + shape * self._way):
            # Between a and b shapes move in straight lines. So one field serves both pictures: back to the
            # first is `shape` of the way from b to a, on to the second what is left of the way from a to b.
            factors = (-shape, 1 - shape)
            layers = [Layer(self._textures[one], self._areas[one], factors[one]) for one in wanted]
            return [_Pass.over(layers, target, self._way, self._mesh, self._grid)]
        # Points that are held at the edge have left the straight line: each picture has a field of its own.
        return [
            _Pass.over(
                [Layer(self._textures[one], self._areas[one], 1.0)],
                target,
                self._shapes[one] - target,
                self._mesh,
                self._grid,
            )
            for one in wanted
        ]


def between(shape_a: Points, shape_b: Points, part: float, size: tuple[int, int]) -> Points:
    """The points of a mesh on the straight way from one shape to another, or beyond.

    Parameters
    ----------
    shape_a, shape_b : float64 arrays (N, 2)
        ``(x, y)`` in pixels, within the frame.
    part : float
        0 gives the first shape, 1 the second.
    size : (int, int)
        Width and height of the frame, pixels.

    Returns
    -------
    float64 array (N, 2)
        Within the frame too: what would leave it beyond 0 or 1 is held at its edge.
    """
    return np.asarray((shape_a + part * (shape_b - shape_a)).clip(-0.5, np.array(size) - 0.5))


def warp_picture(aligned: Picture, source: Points, target: Points, mesh: Mesh) -> Picture:
    """Draw one aligned picture in another shape.

    Parameters
    ----------
    aligned : uint8 array (OVERSAMPLING * H, OVERSAMPLING * W, 3), or with 1 or 4 channels
        As `align_picture` renders it.
    source, target : float64 arrays (N, 2)
        The points of the mesh in the picture and in the result, ``(x, y)`` in output pixels.
    mesh : Mesh
        Triangles over these points.

    Returns
    -------
    uint8 array (H, W, 3), or with 1 or 4 channels
    """
    texture = Texture(aligned)
    result = np.empty((*texture.size[::-1], *texture.shape), dtype=np.uint8)
    grid = OVERSAMPLING * pixel_grid(texture.size)
    layer = Layer(texture, areas_round(source, mesh), 1.0)
    one = _Pass.over([layer], target, source - target, mesh, grid)
    _draw([one], texture.size, lambda rows, drawn: _narrow(drawn[0], result[rows]))
    return result


@dataclass(frozen=True, eq=False)
class _Pass:
    """Layers that are drawn in one shape along one field: the field, the grid, and where they need coarser copies."""

    layers: Sequence[Layer]
    pieces: RowPieces
    coarse: Coarse | None
    grid: Field

    @classmethod
    def over(cls, layers: Sequence[Layer], target: Points, vectors: Points, mesh: Mesh, grid: Field) -> _Pass:
        size = grid.shape[1], grid.shape[0]
        pieces = row_pieces(target, vectors, mesh.edges, size)
        return cls(layers, pieces, Coarse.needed(layers, target, mesh, size), grid)

    def bands(self, top: int, bottom: int) -> Iterator[tuple[slice, list[Picture]]]:
        """The layers in these rows, a band at a time; its pictures hold until the next is asked for."""
        width = self.grid.shape[1]
        step = max(1, min(bottom - top, _BAND_PIXELS // width))
        places = np.empty((step, width, 2), dtype=np.float32)
        pictures = [np.empty((step, width, *layer.texture.finest.shape[2:]), np.uint8) for layer in self.layers]
        for first in range(top, bottom, step):
            last = min(first + step, bottom)
            rows, band = slice(first, last), slice(last - first)
            field = self.pieces.rows(first, last)
            for number, layer in enumerate(self.layers):
                cv2.scaleAdd(field, OVERSAMPLING * layer.factor, self.grid[rows], places[band])
                bilinear(layer.texture.finest, places[band], pictures[number][band])
                if self.coarse is not None:
                    self.coarse.soften(number, layer.texture, places[band], pictures[number][band], first)
            yield rows, [picture[band] for picture in pictures]


def _draw(passes: Sequence[_Pass], size: tuple[int, int], draw: Callable[[slice, Sequence[Picture]], None]) -> None:
    """Hand all bands of a picture to `draw`, those of all passes together, from as many threads as there are cores."""
    width, height = size
    strips = max(1, min(CORES, width * height // _BAND_PIXELS))
    edges = [height * number // strips for number in range(strips + 1)]

    def strip(top: int, bottom: int) -> None:
        for bands in zip(*(one.bands(top, bottom) for one in passes), strict=True):
            draw(bands[0][0], [picture for _, pictures in bands for picture in pictures])

    side_by_side(strip, list(pairwise(edges)))


def _narrow(drawn: Picture, result: Picture) -> None:
    """Bring a band as it was drawn, of four channels for three, into the result."""
    if result.shape == (*drawn.shape[:2], 3):
        cv2.cvtColor(drawn, cv2.COLOR_RGBA2RGB, result)
    else:
        result[...] = drawn.reshape(result.shape)


def _linear_light() -> NDArray[np.float32]:
    """Amount of light, 0 to 1, of each sRGB number (IEC 61966-2-1)."""
    encoded = np.arange(256, dtype=np.float64) / 255
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


_LIGHT = _linear_light()


@lru_cache(maxsize=4)
def _blended_pairs(part: float) -> NDArray[np.uint8]:
    """What each pair of sRGB numbers blends to in linear light: uint8 (65536,), at 256 a + b."""
    light = ((1 - part) * _LIGHT[:, None] + part * _LIGHT).clip(0, 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** np.float32(1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * encoded), dtype=np.uint8).ravel()


def blend(a: Picture, b: Picture, part: float, *, linear_light: bool = False) -> Picture:
    """One picture dissolved into another.

    Parameters
    ----------
    a, b : uint8 arrays of one shape
        RGB, grey, or RGB and alpha.
    part : float
        0 gives `a`, 1 gives `b`; numbers beyond extrapolate, and are cut off at black and white.
    linear_light : bool
        Blend amounts of light, as a double exposure does, not sRGB numbers, as most programs do:
        halves of black and white then give 188, not 128. Alpha is blended as it is.

    Returns
    -------
    uint8 array
    """
    plain = np.asarray(cv2.addWeighted(a, 1 - part, b, part, 0), dtype=np.uint8).reshape(a.shape)
    if not linear_light:
        return plain
    pairs = np.asarray(cv2.merge([b.reshape(-1, 1), a.reshape(-1, 1)]), dtype=np.uint8).view("<u2")
    blended = np.asarray(np.take(_blended_pairs(float(part)), pairs.reshape(a.shape)), dtype=np.uint8)
    if a.shape[2:] == (4,):
        blended[..., 3] = plain[..., 3]
    return blended
