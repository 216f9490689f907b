"""Frames → GIF, MP4, WebM, WebP, APNG or ZIP, a few frames in memory at a time."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from facekp.errors import OutputError, SettingsError
from facekp.files import check_output, written_aside
from facekp.film import MovieOptions, Reel, kept, timed
from facekp.gif import MAX_GIF_FPS, write_gif
from facekp.images import Picture
from facekp.settings import MAX_FPS, MIN_FPS
from facekp.stills import MAX_STILLS_FPS, write_apng, write_webp, write_zip
from facekp.video import write_mp4, write_webm

_FEWEST_FRAMES, _SMALLEST_SIDE = 8, 64
"""How far a film is brought down to stay under a size."""


def write_movie(
    frames: Iterable[Picture],
    path: str | os.PathLike[str],
    fps: float = 30,
    options: MovieOptions | None = None,
) -> None:
    """Write frames as a film, by the suffix of the path.

    The file appears when it is complete; if anything fails, a file that was there stays as it was.
    It lasts frames / fps + hold_first + hold_last seconds, as exactly as its format counts.

    Parameters
    ----------
    frames : iterable of uint8 arrays (H, W, 3) or (H, W, 4)
        RGB, or RGBA with straight alpha, all of one kind and size. They are taken one at a time, in
        the caller's thread, and not kept: a GIF, and any film with a limit of size, waits in a
        temporary file. Every one of them becomes a frame of the film, also those that equal the one
        before.
    path : path
        Ends in ``.mp4`` (H.264, plays everywhere; transparency is laid over a colour), ``.webm``
        (VP9), ``.gif`` (transparency is one bit: seen from alpha 128), ``.webp``, ``.apng``
        (lossless), or ``.zip`` (PNG frames, ``times.json``, and the recipe if there is one). In MP4
        and WebM odd sides grow by one pixel.
    fps : float
        Frames per second, 1 to 100, in a GIF to 50, in WebP and APNG to 90. Times are rounded from
        the film's start on: to 1/100 s in a GIF, to 1/1000 s in WebP, APNG and WebM.
    options : MovieOptions, optional
        Quality, repeats, holds, palette, limit of size.

    Raises
    ------
    OutputError
        If the suffix is unknown, the folder is missing (both said before the first frame is made),
        there are no frames, they differ in size or kind, or the file cannot be made small enough.
    SettingsError
        If fps is out of range.
    """
    target = check_output(path, _WRITERS)
    suffix = target.suffix.lower()
    rate = check_fps(fps, suffix)
    options = options or MovieOptions()
    shots = timed(frames, rate, options)
    with written_aside(target) as aside:
        if options.max_megabytes is not None:
            with kept(shots) as film:
                _write_under(film, aside, rate, options)
        elif suffix == ".gif":
            with kept(shots) as film:
                write_gif(film, aside, rate, options)
        else:
            _WRITERS[suffix](shots, aside, rate, options)


def encode_movie(frames: Iterable[Picture], suffix: str, fps: float = 30, options: MovieOptions | None = None) -> bytes:
    """The bytes that `write_movie` would write to a path with this suffix, say ``.gif``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"movie{suffix}"
        write_movie(frames, path, fps, options)
        return path.read_bytes()


def check_fps(fps: float, suffix: str) -> Fraction:
    """Check that a film of this suffix can run at so many frames per second, before the work is done.

    Raises
    ------
    SettingsError
        If fps is out of range.
    """
    limit = _MAX_FPS.get(suffix, MAX_FPS)
    number = isinstance(fps, int | float | np.number) and not isinstance(fps, bool)
    if not number or not MIN_FPS <= fps <= limit:
        raise SettingsError(f"fps is {fps!r}; give a number from {MIN_FPS} to {limit} for {suffix}")
    return Fraction(float(fps)).limit_denominator(1001)


# A writer takes a film's frames, where to write, the frames per second, and the options. That of GIF
# needs a `Reel`, since it reads the film twice; the others take any shots.
_WRITERS: dict[str, Callable[[Any, Path, Fraction, MovieOptions], None]] = {
    ".apng": write_apng,
    ".gif": write_gif,
    ".mp4": write_mp4,
    ".webm": write_webm,
    ".webp": write_webp,
    ".zip": write_zip,
}
_MAX_FPS = {".gif": MAX_GIF_FPS, ".webp": MAX_STILLS_FPS, ".apng": MAX_STILLS_FPS}

SUFFIXES = tuple(_WRITERS)
"""Those that `write_movie` understands."""


# --- A limit of size ------------------------------------------------------------------------------


def _write_under(film: Reel, path: Path, rate: Fraction, options: MovieOptions) -> None:
    """Write the first compromise that stays under the limit of size; at last, pictures just so much smaller."""
    limit = (options.max_megabytes or 0) * 1e6
    suffix = path.suffix.lower()
    for reel, choice in _compromises(film, suffix, options):
        _WRITERS[suffix](reel, path, rate, choice)
        size = path.stat().st_size
        if size <= limit:
            return
    scale, smallest = 1.0, min(1.0, _SMALLEST_SIDE / min(film.size))
    while scale > smallest:
        # The size of a file goes about with the area; a little less, so as to get there.
        scale = max(smallest, scale * min(0.97 * math.sqrt(limit / size), 0.95))
        smaller = reel.resized(scale)
        _WRITERS[suffix](smaller, path, rate, choice)
        size = path.stat().st_size
        if size <= limit:
            return
    width, height = reel.resized(scale).size
    raise OutputError(
        f"the film has {size / 1e6:.3f} MB even as {len(reel)} frames of {width} × {height} pixels, and may have "
        f"{options.max_megabytes:g}; raise max_megabytes, or give a shorter film"
    )


def _compromises(film: Reel, suffix: str, options: MovieOptions) -> Iterator[tuple[Reel, MovieOptions]]:
    """A film and its options as they are, then with less and less, as its format allows."""
    yield film, options
    if suffix == ".gif":
        for colours in (128, 64):
            if colours < options.colours:
                options = replace(options, colours=colours)
                yield film, options
    if suffix in (".mp4", ".webm", ".webp"):
        for quality in (options.quality * 3 // 4, options.quality // 2):
            options = replace(options, quality=quality)
            yield film, options
    if suffix not in (".mp4", ".webm"):  # in those, frames that change little cost little
        yield film.thinned(max(_FEWEST_FRAMES, len(film) // 2)), options
