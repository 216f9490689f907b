"""GIF: 256 colours at most for a film or for a frame, and a fixed pattern of dither."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

from facekp.film import MovieOptions, Reel, Shot, tick
from facekp.images import Picture
from facekp.parallel import in_background

MAX_GIF_FPS = 50
"""Browsers play GIF frames shorter than 2/100 s at 1/10 s each."""

_TICKS = 100
"""GIF stores times in hundredths of a second."""

_SAMPLED_FRAMES = 32
"""Frames that a film's palette is made from, evenly spread; of each every second row and column."""

_TRANSPARENT = 255
"""Palette entry of what is not seen. In films without transparency FFmpeg needs it for pixels that
stay as they are in the frame before: the file is a third smaller, measured on morphs."""
_OPAQUE = 128
"""Alpha from which a pixel is seen."""

_LEVELS = np.rint(np.arange(256) * (31 / 255)).astype(np.uint16)
"""Five bits of each of the 256 levels of a colour."""
_CUBE = np.stack(np.unravel_index(np.arange(32**3), (32, 32, 32)), axis=1).astype(np.float32) * (255 / 31)
"""The colours that 15 bits stand for, (32768, 3)."""

Index = NDArray[np.uint8]


def write_gif(film: Reel, path: Path, rate: Fraction, options: MovieOptions) -> None:
    """Write a GIF. The film is read twice: its palette is known only after its last frame."""
    width, height = film.size
    count = min(options.colours, _TRANSPARENT)
    noise = _Noise.of(film.size)

    def colours_of(shots: Iterable[Shot]) -> Callable[[Picture], tuple[Index, Index]]:
        palette = _palette(_histogram(shots), count)
        if options.dither == "diffusion":
            return _diffused(palette)
        return _nearest(palette, noise if options.dither == "ordered" else None)

    of_film = colours_of(film.thinned(_SAMPLED_FRAMES)) if options.palette == "film" else None

    def indexed(shot: Shot) -> Any:
        colour = of_film or colours_of([shot])
        pair: Any = colour(shot.picture)  # PyAV takes such pairs, but its stubs do not know
        frame = av.VideoFrame.from_ndarray(pair, format="pal8")
        frame.pts = shot.ticks(_TICKS)[0]
        frame.time_base = Fraction(1, _TICKS)
        return frame

    # FFmpeg counts how often a GIF is repeated: -1 stands for once, 0 for ever.
    loop = {0: 0, 1: -1}.get(options.loop, options.loop - 1)
    last = tick(film.times[-1], _TICKS) - tick(film.times[film.chosen[-1]], _TICKS)
    with av.open(str(path), "w", format="gif", options={"loop": str(loop), "final_delay": str(last)}) as container:
        stream: Any = container.add_stream("gif", rate=_TICKS)
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        container.start_encoding()
        for packets in in_background(stream.encode, in_background(indexed, film)):
            container.mux(packets)
        container.mux(stream.encode())


def _histogram(shots: Iterable[Shot]) -> NDArray[np.int64]:
    """Pixels of each 15-bit colour, (32768,), in every second row and column."""
    histogram = np.zeros(len(_CUBE), dtype=np.int64)
    for shot in shots:
        sample = shot.picture[::2, ::2]
        colours = _joined(np.ascontiguousarray(sample[..., :3]))
        seen = colours[sample[..., 3] >= _OPAQUE] if sample.shape[2] == 4 else colours.ravel()
        histogram += np.bincount(seen, minlength=len(histogram))
    return histogram


def _joined(picture: Picture) -> NDArray[np.uint16]:
    """15-bit colours (H, W) of an RGB picture."""
    red, green, blue = cv2.split(picture)
    colours = cv2.LUT(red, _LEVELS << 10)
    cv2.bitwise_or(colours, cv2.LUT(green, _LEVELS << 5), colours)
    return np.asarray(cv2.bitwise_or(colours, cv2.LUT(blue, _LEVELS), colours), dtype=np.uint16)


def _palette(histogram: NDArray[np.int64], count: int) -> NDArray[np.uint8]:
    """So many colours at most for a histogram of 15-bit colours, uint8 (N, 3)."""
    (seen,) = np.nonzero(histogram)
    if not len(seen):
        return np.zeros((1, 3), dtype=np.uint8)  # nothing is opaque
    # Pillow cuts the colours of a picture: give it one in which rare colours, an iris say, count for
    # more than their pixels. 0.6 measured: the largest errors shrink, the mean one does not grow.
    weights = histogram[seen] ** 0.6
    copies = np.ceil(weights * (2**16 / weights.sum())).astype(np.intp)
    sample = np.repeat(np.rint(_CUBE[seen]).astype(np.uint8), copies, axis=0)
    cut = Image.fromarray(sample[None]).quantize(count, Image.Quantize.MEDIANCUT, kmeans=1)
    return np.array(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)[:count]


def _entries(palette: NDArray[np.uint8]) -> Index:
    """Alpha, red, green and blue of 256 palette entries, as FFmpeg takes them; the last is transparent."""
    entries = np.zeros((256, 4), dtype=np.uint8)
    entries[:_TRANSPARENT, 0] = 255
    entries[: len(palette), 1:] = palette
    return entries


def _masked(index: Index, picture: Picture) -> Index:
    """Palette entries of pixels, where these are seen."""
    return index if picture.shape[2] == 3 else np.where(picture[..., 3] < _OPAQUE, np.uint8(_TRANSPARENT), index)


# --- Dither ---------------------------------------------------------------------------------------


def _bayer(order: int) -> NDArray[np.int64]:
    """Bayer's threshold matrix with the numbers 0 .. 4**order - 1 (Bayer, 1973)."""
    if order == 0:
        return np.zeros((1, 1), dtype=np.int64)
    smaller = 4 * _bayer(order - 1)
    return np.block([[smaller, smaller + 2], [smaller + 3, smaller + 1]])


_AMPLITUDE = 8
"""Peak to peak, grey levels: one step of the five bits, so that the mean over the pattern is the tone itself.
More makes the mean no better and the picture rougher, also where colours are few; measured on morphs."""


@dataclass(frozen=True)
class _Noise:
    """A fixed pattern for each colour, in two parts, since OpenCV adds and subtracts bytes fast.

    uint8 (H, W, 3) each.
    """

    up: NDArray[np.uint8]
    down: NDArray[np.uint8]

    @classmethod
    def of(cls, size: tuple[int, int]) -> _Noise:
        """For pictures of a width and height."""
        pattern = np.rint((_bayer(3) / 63 - 0.5) * _AMPLITUDE).astype(np.int16)
        # Shifted from colour to colour, so that the three do not brighten and darken the same pixels.
        tile = np.stack([np.roll(pattern, shift, axis=(0, 1)) for shift in (0, 3, 6)], axis=2)
        width, height = size
        noise = np.tile(tile, (-(-height // 8), -(-width // 8), 1))[:height, :width]
        return cls(np.maximum(noise, 0).astype(np.uint8), np.maximum(-noise, 0).astype(np.uint8))


def _nearest(palette: NDArray[np.uint8], noise: _Noise | None) -> Callable[[Picture], tuple[Index, Index]]:
    """Pixels and palette of a picture, dithered by a fixed pattern, or not at all."""
    nearest = KDTree(palette).query(_CUBE)[1].astype(np.uint8)
    entries = _entries(palette)

    def colour(picture: Picture) -> tuple[Index, Index]:
        rgb: Any = np.ascontiguousarray(picture[..., :3])
        if noise:
            rgb = cv2.subtract(cv2.add(rgb, noise.up), noise.down)
        return _masked(np.take(nearest, _joined(rgb)), picture), entries

    return colour


def _diffused(palette: NDArray[np.uint8]) -> Callable[[Picture], tuple[Index, Index]]:
    """Pixels and palette of a picture, each pixel's error handed on to its neighbours."""
    image = Image.new("P", (1, 1))
    image.putpalette(np.resize(palette, (256, 3)).tobytes())  # filled up with the same colours again
    entries = _entries(palette)

    def colour(picture: Picture) -> tuple[Index, Index]:
        rgb = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
        index = np.array(rgb.quantize(palette=image, dither=Image.Dither.FLOYDSTEINBERG))
        return _masked(index % np.uint8(len(palette)), picture), entries

    return colour
