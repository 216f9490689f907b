"""What a film is before it is a file: its frames, their times, and how they are to be written."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import IO, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.errors import OutputError, SettingsError
from facekp.images import Picture
from facekp.settings import LONGEST_HOLD

PALETTES = ("film", "frame")
DITHERS = ("ordered", "none", "diffusion")
MOST_MEGABYTES = 1_000_000
MAX_SIDE = 16383
"""Pixels: WebP's limit, the lowest of all the formats."""

_SPOOL_BYTES = 64 * 2**20
"""Frames that are needed again wait in memory up to this size, 60 of 512² say, then in a temporary file."""


@dataclass(frozen=True)
class MovieOptions:
    """How a film is encoded; each format takes what concerns it.

    Attributes
    ----------
    quality : int
        0 to 100. WebP's own scale; in MP4 the constant rate factor 50 - 0.4 * quality (80 gives 18,
        where the losses of H.264 stop being visible), in WebM 60 - 0.45 * quality. GIF, APNG and ZIP
        have no such choice.
    loop : int
        How often a GIF, WebP or APNG plays, 0 for ever, to 65535. An MP4 or WebM cannot say so: it holds the
        frames once, and its player decides.
    hold_first, hold_last : float
        How long the first and the last frame stand beyond their own 1 / fps; seconds, 0 to 60. The
        duration of their frame; in MP4 and WebM repeated frames, since not every player heeds
        durations there, so these two round to whole frames.
    background : str
        ``"#rrggbb"``, what is seen through transparent frames in an MP4, which has no transparency.
    palette : str
        Of a GIF: ``"film"``, one for all frames, so that what stands still does not flicker, or
        ``"frame"``, one for each: truer colours, larger.
    colours : int
        Of each palette of a GIF, 2 to 256; of 256 one is kept for what is not seen.
    dither : str
        Of a GIF: ``"ordered"``, a fixed pattern; ``"none"``, which leaves bands in soft gradients;
        ``"diffusion"`` (Floyd and Steinberg), finer in a still, but it crawls in a film and makes
        larger files.
    max_megabytes : float, optional
        The size under which the file stays, in millions of bytes. Where it would be larger, a GIF
        gets fewer colours (down to 64), an MP4, WebM or WebP a lower quality (down to half of what
        was asked for); if that does not do, all but MP4 and WebM half the frames, with both ends and
        the duration kept; at last, smaller pictures of the same proportions, down to a side of 64.
        Above 0, to a million.
    recipe : str, optional
        JSON text that a ZIP holds as ``recipe.json``.

    Raises
    ------
    SettingsError
        If a value is outside its range.
    """

    quality: int = 80
    loop: int = 0
    hold_first: float = 0.0
    hold_last: float = 0.0
    background: str = "#ffffff"
    palette: str = "film"
    colours: int = 256
    dither: str = "ordered"
    max_megabytes: float | None = None
    recipe: str | None = None

    def __post_init__(self) -> None:
        _whole("quality", self.quality, 0, 100)
        _whole("loop", self.loop, 0, 65535)
        _whole("colours", self.colours, 2, 256)
        for name in ("hold_first", "hold_last"):
            hold = getattr(self, name)
            if not _is_number(hold) or not 0 <= hold <= LONGEST_HOLD:
                raise SettingsError(f"{name} is {hold!r}; give a number from 0 to {LONGEST_HOLD}, seconds")
        check_colour("background", self.background)
        for name, choices in (("palette", PALETTES), ("dither", DITHERS)):
            if getattr(self, name) not in choices:
                names = ", ".join(map(repr, choices))
                raise SettingsError(f"{name} is {getattr(self, name)!r}; give one of {names}")
        limit = self.max_megabytes
        if limit is not None and not (_is_number(limit) and 0 < limit <= MOST_MEGABYTES):
            raise SettingsError(
                f"max_megabytes is {limit!r}; give a number above 0 and up to {MOST_MEGABYTES}, or None for any size"
            )
        if self.recipe is not None and not isinstance(self.recipe, str):
            raise SettingsError(f"the recipe is {type(self.recipe).__name__}; give JSON text")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _whole(name: str, value: object, low: int, high: int) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not low <= value <= high:  # type: ignore[operator]
        raise SettingsError(f"{name} is {value!r}; give a whole number from {low} to {high}")


def check_colour(name: str, value: object) -> NDArray[np.uint8]:
    """Red, green and blue of ``"#rrggbb"``, uint8 (3,).

    Raises
    ------
    SettingsError
        If it is no such text.
    """
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise SettingsError(f"{name} is {value!r}; give a colour as '#rrggbb'")
    return np.frombuffer(bytes.fromhex(value[1:]), dtype=np.uint8)


# --- Frames and their times -----------------------------------------------------------------------


class Shot(NamedTuple):
    """A picture, uint8 (H, W, 3) or (H, W, 4), and from when to when it is seen, seconds."""

    picture: Picture
    start: Fraction
    end: Fraction

    def ticks(self, per_second: Fraction | int) -> tuple[int, int]:
        """Start and end in whole ticks. Each is rounded from the film's start on, so that errors do not add up."""
        return tick(self.start, per_second), tick(self.end, per_second)


def tick(time: Fraction, per_second: Fraction | int) -> int:
    """The tick nearest to a time in seconds.

    Halves go upwards: if they went to even numbers, as with `round`, a frame could lose its only tick.
    """
    return floor(time * per_second + Fraction(1, 2))


def timed(frames: Iterable[Picture], rate: Fraction, options: MovieOptions) -> Iterator[Shot]:
    """Give every frame its time, once it is known to be a picture like the first.

    Raises
    ------
    OutputError
        If there are no frames, one is no RGB or RGBA picture, or they differ in size or in kind.
    """
    pictures = _checked(frames)
    picture, start = next(pictures), Fraction(0)
    end = 1 / rate + Fraction(float(options.hold_first))
    for following in pictures:
        yield Shot(picture, start, end)
        picture, start, end = following, end, end + 1 / rate
    yield Shot(picture, start, end + Fraction(float(options.hold_last)))


def _checked(frames: Iterable[Picture]) -> Iterator[Picture]:
    shape: tuple[int, ...] | None = None
    for number, frame in enumerate(frames):
        picture = np.asarray(frame)
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4) or 0 in picture.shape:
            raise OutputError(
                f"frame {number} is {picture.dtype} {picture.shape}; give RGB or RGBA uint8 (H, W, 3 or 4)"
            )
        shape = shape or picture.shape
        if picture.shape != shape:
            wish = "frames of one size" if picture.shape[2] == shape[2] else "either RGB frames or RGBA ones"
            raise OutputError(f"frame {number} is {picture.shape}, the first {shape}; give {wish}")
        if max(shape) > MAX_SIDE:
            raise OutputError(f"frame {number} is {picture.shape}; a side may have {MAX_SIDE} pixels")
        yield picture
    if shape is None:
        raise OutputError("there are no frames to write; give one at least")


@dataclass(frozen=True)
class Reel:
    """Frames that lie in a file, so that they can be read again; all of them or some.

    Attributes
    ----------
    file : binary file
        The pictures one after the other, as they lie in memory.
    shape : (int, int, int)
        Of each picture in the file.
    times : tuple of Fraction
        When each picture in the file starts, and when the last one ends; seconds.
    chosen : tuple of int
        Those that are read, in order, the first one included. Each is seen until the next.
    size : (int, int)
        Width and height to which pictures are reduced when they are read.
    """

    file: IO[bytes]
    shape: tuple[int, ...]
    times: tuple[Fraction, ...]
    chosen: tuple[int, ...]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.chosen)

    def __iter__(self) -> Iterator[Shot]:
        length = int(np.prod(self.shape))
        for index, following in zip(self.chosen, (*self.chosen[1:], len(self.times) - 1), strict=True):
            self.file.seek(index * length)
            picture = np.frombuffer(self.file.read(length), dtype=np.uint8).reshape(self.shape)
            yield Shot(reduced(picture, self.size), self.times[index], self.times[following])

    def thinned(self, count: int) -> Reel:
        """So many of the frames, evenly spread, both ends among them; the duration stays."""
        if count >= len(self):
            return self
        places = np.rint(np.linspace(0, len(self) - 1, count)).astype(int)
        return replace(self, chosen=tuple(self.chosen[place] for place in places))

    def resized(self, scale: float) -> Reel:
        """The pictures at so many times the width and height that they have in the file."""
        height, width = self.shape[:2]
        return replace(self, size=(max(1, round(width * scale)), max(1, round(height * scale))))


@contextmanager
def kept(shots: Iterable[Shot]) -> Iterator[Reel]:
    """Take all frames of a film into a temporary file, for as long as the block runs."""
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as file:
        times, shape, end = [], (0, 0, 0), Fraction(0)
        for shot in shots:
            file.write(np.ascontiguousarray(shot.picture).data)
            shape, end = shot.picture.shape, shot.end
            times.append(shot.start)
        yield Reel(file, shape, (*times, end), tuple(range(len(times))), (shape[1], shape[0]))


# --- Pictures with transparency -------------------------------------------------------------------


def flattened(picture: Picture, background: NDArray[np.uint8]) -> Picture:
    """A picture (H, W, 3 or 4) over a background of one colour, uint8 (3,): RGB (H, W, 3)."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.float32) / 255
    return np.rint(picture[..., :3] * alpha + background * (1 - alpha)).astype(np.uint8)


def reduced(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture (H, W, 3 or 4) at a smaller width and height, each pixel the mean of those it covers."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    if picture.shape[2] == 3:
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    alpha = picture[..., 3:].astype(np.float32)
    # Colours count by how much of them is seen.
    joined = np.dstack([picture[..., :3] * alpha, alpha])
    weighted = np.array(cv2.resize(joined, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    weighted[..., :3] /= np.maximum(weighted[..., 3:], 1e-3)
    return np.rint(weighted).astype(np.uint8)
