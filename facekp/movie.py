"""Frames → GIF or MP4, one frame in memory at a time."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facekp.errors import OutputError, SettingsError
from facekp.files import check_output, written_aside
from facekp.images import Picture

MIN_FPS, MAX_FPS = 1, 100
MAX_GIF_FPS = 50
"""Browsers play GIF frames shorter than 2/100 s at 1/10 s each."""

_GIF_TICKS = 100
"""GIF stores times in hundredths of a second."""

_SPOOL_BYTES = 16 * 2**20
"""A GIF's frames wait for their palette in memory up to this size, then in a temporary file."""


def write_movie(frames: Iterable[Picture], path: str | os.PathLike[str], fps: float = 30) -> None:
    """Write frames as an animated GIF or an H.264 MP4, by the suffix of the path.

    The file appears when it is complete; if anything fails, a file that was there stays as it was.

    Parameters
    ----------
    frames : iterable of uint8 arrays (H, W, 3)
        RGB, all of one size. They are taken one at a time and not kept. Every one of them becomes
        a frame of the film, also those that equal the one before.
    path : path
        Ends in ``.gif`` (plays for ever) or ``.mp4`` (plays in every browser; odd sides grow by
        one pixel, as H.264 needs even ones).
    fps : float
        Frames per second, 1 to 100, in a GIF to 50. A GIF's hundredths of a second are rounded
        from the film's start on, so that its duration is right.

    Raises
    ------
    OutputError
        If the suffix is unknown, the folder is missing (both said before the first frame is
        made), there are no frames, or they differ in size.
    SettingsError
        If fps is out of range.
    """
    target = check_output(path, _ENCODERS)
    suffix = target.suffix.lower()
    rate = check_fps(fps, suffix)
    with written_aside(target) as aside:
        _ENCODERS[suffix](_checked_frames(frames), aside, rate)


def encode_movie(frames: Iterable[Picture], suffix: str, fps: float = 30) -> bytes:
    """The bytes that `write_movie` would write to a path with this suffix, ``.gif`` or ``.mp4``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"movie{suffix}"
        write_movie(frames, path, fps)
        return path.read_bytes()


def check_fps(fps: float, suffix: str) -> Fraction:
    """Check that a film of this suffix can run at so many frames per second, before the work is done.

    Raises
    ------
    SettingsError
        If fps is out of range.
    """
    limit = MAX_GIF_FPS if suffix == ".gif" else MAX_FPS
    number = isinstance(fps, int | float | np.number) and not isinstance(fps, bool)
    if not number or not MIN_FPS <= fps <= limit:
        raise SettingsError(f"fps is {fps!r}; give a number from {MIN_FPS} to {limit} for {suffix}")
    return Fraction(float(fps)).limit_denominator(1001)


def _checked_frames(frames: Iterable[Picture]) -> Iterator[Picture]:
    """The frames, once each is known to be a picture of the first one's size."""
    shape: tuple[int, ...] | None = None
    for number, frame in enumerate(frames):
        picture = np.asarray(frame)
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
            raise OutputError(f"frame {number} is {picture.dtype} {picture.shape}; give RGB uint8 (H, W, 3)")
        shape = shape or picture.shape
        if picture.shape != shape:
            raise OutputError(f"frame {number} is {picture.shape}, the first {shape}; give frames of one size")
        yield picture
    if shape is None:
        raise OutputError("there are no frames to write; give one at least")


def _encode(container: Any, stream: Any, frames: Iterable[av.VideoFrame], tick: Fraction) -> None:
    """Send frames, whose `pts` count ticks of so many seconds, through the encoder."""
    stream.codec_context.time_base = tick
    for frame in frames:
        frame.time_base = tick
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


# --- MP4 ------------------------------------------------------------------------------------------


def _write_mp4(frames: Iterator[Picture], path: Path, rate: Fraction) -> None:
    first = next(frames)
    height, width = (side + side % 2 for side in first.shape[:2])

    def converted() -> Iterator[av.VideoFrame]:
        for number, picture in enumerate(itertools.chain([first], frames)):
            below, right = height - picture.shape[0], width - picture.shape[1]
            even = np.pad(picture, ((0, below), (0, right), (0, 0)), mode="edge") if below or right else picture
            frame = av.VideoFrame.from_ndarray(even, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
            frame.pts = number
            yield frame

    # Index first, so that a browser plays before it has the whole file.
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        # 18 is where x264's losses stop being visible; a short lookahead holds fewer frames.
        options = {"crf": "18", "preset": "fast", "rc-lookahead": "10", "threads": "2"}
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        _tag_bt709(stream.codec_context)
        _encode(container, stream, converted(), 1 / rate)


def _tag_bt709(context: Any) -> None:
    """Say which RGB the film's colours stand for: players guess by the size otherwise."""
    context.colorspace = context.color_primaries = context.color_trc = 1
    context.color_range = 1  # 16 to 235


# --- GIF ------------------------------------------------------------------------------------------
# One palette for the whole film, and a fixed pattern of dither: a palette for each frame flickers.
# The palette is known only after the last frame. Until then frames wait as dithered 15-bit colours,
# whose histogram makes the palette.


def _write_gif(frames: Iterator[Picture], path: Path, rate: Fraction) -> None:
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        histogram = np.zeros(32**3, dtype=np.int64)
        count = 0
        shape = (0, 0)
        for picture in frames:
            colours = _dithered(picture)
            histogram += np.bincount(colours.ravel(), minlength=len(histogram))
            spool.write(colours.tobytes())
            count, shape = count + 1, colours.shape
        spool.seek(0)
        palette, nearest = _palette(histogram)
        times = [round(number * _GIF_TICKS / rate) for number in range(count + 1)]
        options = {"loop": "0", "final_delay": str(times[-1] - times[-2])}
        with av.open(str(path), "w", format="gif", options=options) as container:
            stream = container.add_stream("gif", rate=_GIF_TICKS)
            stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], "pal8"
            _encode(container, stream, _paletted(spool, shape, palette, nearest, times[:-1]), Fraction(1, _GIF_TICKS))


def _dithered(picture: Picture) -> NDArray[np.uint16]:
    """Five bits for each colour, after a fixed pattern of noise."""
    height, width = picture.shape[:2]
    tiles = -(-height // len(_DITHER)), -(-width // len(_DITHER)), 1
    noise = np.tile(_DITHER, tiles)[:height, :width]
    noisy = np.asarray(cv2.add(picture, noise, dtype=cv2.CV_8U))
    red, green, blue = (np.asarray(plane, dtype=np.uint16) for plane in cv2.split(cv2.LUT(noisy, _FIVE_BITS)))
    return np.asarray((red << 10) | (green << 5) | blue, dtype=np.uint16)


def _palette(histogram: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """256 colours for a film, and the nearest of them to each 15-bit colour.

    Parameters
    ----------
    histogram : int array (32768,)
        Pixels of each 15-bit colour.

    Returns
    -------
    palette : uint8 array (256, 4)
        Alpha, red, green, blue, as FFmpeg takes them.
    nearest : uint8 array (32768,)
    """
    (seen,) = np.nonzero(histogram)
    colours = np.stack([seen >> 10, (seen >> 5) & 31, seen & 31], axis=1) * (255 / 31)
    # Pillow cuts the colours of a picture: give it one with the film's colours in their proportions.
    copies = np.ceil(histogram[seen] * (2**16 / histogram.sum())).astype(np.intp)
    sample = np.repeat(np.rint(colours).astype(np.uint8), copies, axis=0)
    cut = Image.fromarray(sample[None]).quantize(256, Image.Quantize.MEDIANCUT, kmeans=1)
    chosen = np.array(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)[:256]
    palette = np.zeros((256, 4), dtype=np.uint8)
    palette[:, 0] = 255
    palette[: len(chosen), 1:] = chosen
    entries = chosen.astype(np.float32)
    distance = np.sum(entries**2, axis=1) - 2 * colours.astype(np.float32) @ entries.T  # but for a constant
    nearest = np.zeros(len(histogram), dtype=np.uint8)
    nearest[seen] = distance.argmin(axis=1)
    return palette, nearest


def _paletted(
    spool: IO[bytes], shape: tuple[int, ...], palette: NDArray[np.uint8], nearest: NDArray[np.uint8], times: list[int]
) -> Iterator[av.VideoFrame]:
    for time in times:
        colours = np.frombuffer(spool.read(2 * shape[0] * shape[1]), dtype=np.uint16).reshape(shape)
        indexed: Any = (nearest[colours], palette)  # PyAV takes such pairs, but its stubs do not know
        frame = av.VideoFrame.from_ndarray(indexed, format="pal8")
        frame.pts = time
        yield frame


def _bayer(order: int) -> NDArray[np.int64]:
    """Bayer's threshold matrix with the numbers 0 .. 4**order - 1 (Bayer, 1973)."""
    if order == 0:
        return np.zeros((1, 1), dtype=np.int64)
    smaller = 4 * _bayer(order - 1)
    return np.block([[smaller, smaller + 2], [smaller + 3, smaller + 1]])


_AMPLITUDE = 12
"""Peak to peak, grey levels: about the distance between neighbouring colours of a palette."""

# Shifted from colour to colour, so that the three do not brighten and darken the same pixels.
_DITHER = np.stack(
    [np.roll(np.rint((_bayer(3) / 63 - 0.5) * _AMPLITUDE).astype(np.int16), shift, axis=(0, 1)) for shift in (0, 3, 6)],
    axis=2,
)
_FIVE_BITS = np.rint(np.arange(256) * (31 / 255)).astype(np.uint8)

_ENCODERS: dict[str, Callable[[Iterator[Picture], Path, Fraction], None]] = {".gif": _write_gif, ".mp4": _write_mp4}

SUFFIXES = tuple(_ENCODERS)
"""Those that `write_movie` understands."""
