"""Films for players: H.264 in MP4, VP9 in WebM."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpWarning
from facekp.film import MovieOptions, Shot, check_colour, flattened, tick
from facekp.images import Picture
from facekp.parallel import in_background

_INDEX_FIRST = {"movflags": "faststart"}
"""So that a browser plays before it has the whole file."""
_AVX_512F = 13
"""OpenCV's number of these instructions (CV_CPU_AVX_512F in its headers); its Python has no name for it."""
_TICK = Fraction(1, 90_000)
"""Seconds; MPEG's own clock, which films of any rate can be told by."""
_MP4_SOUNDS = ("aac", "mp3", "mp3float", "opus", "ac3", "eac3", "alac", "flac")


def write_mp4(shots: Iterable[Shot], path: Path, rate: Fraction, options: MovieOptions) -> None:
    """H.264 in MP4, which every browser plays. Odd sides grow by one pixel, transparency is laid over a colour."""
    background = check_colour("background", options.background)
    with av.open(str(path), "w", format="mp4", options=_INDEX_FIRST) as container:
        _encode(container, "libx264", _h264(options.quality), shots, rate, background)


def _h264(quality: int) -> dict[str, str]:
    """How H.264 is encoded."""
    # "veryfast": half the time of "fast" at the same SSIM and size, measured on morphs. The lookahead
    # is short, so that few frames are in memory.
    options = {"crf": f"{50 - 0.4 * quality:g}", "preset": "veryfast", "rc-lookahead": "10", "threads": "2"}
    if cv2.checkHardwareSupport(_AVX_512F):
        # With AVX-512 x264 writes another file now and then, from the same frames: 9 of 240 at 64 x 48 with one
        # thread, and none with AVX2, measured. A recipe gives the same film bit for bit.
        options["x264-params"] = "asm=AVX2"
    return options


def write_webm(shots: Iterable[Shot], path: Path, rate: Fraction, options: MovieOptions) -> None:
    """VP9 in WebM, with transparency if the frames have it. Odd sides grow by one pixel."""
    # "realtime" with cpu-used 6: a quarter of the time of "good" at the same SSIM, measured on morphs.
    codec = {"crf": f"{60 - 0.45 * options.quality:.0f}", "b": "0", "deadline": "realtime", "cpu-used": "6"}
    codec |= {"row-mt": "1", "threads": "2", "auto-alt-ref": "0", "lag-in-frames": "0"}
    # Otherwise the container gets a random number, and equal films differ.
    with av.open(str(path), "w", format="webm", options={"fflags": "bitexact"}) as container:
        _encode(container, "libvpx-vp9", codec, shots, rate, None)


def _encode(
    container: Any,
    codec: str,
    codec_options: dict[str, str],
    shots: Iterable[Shot],
    rate: Fraction,
    background: NDArray[np.uint8] | None,
) -> None:
    """Send a film through an encoder; with a background, without its transparency."""
    shots = iter(shots)
    first = next(shots)
    height, width, channels = first.picture.shape
    transparent = channels == 4 and background is None
    source, target = ("rgba", "yuva420p") if transparent else ("rgb24", "yuv420p")
    stream = _stream(container, codec, codec_options, (width, height), rate, target)
    stream.codec_context.time_base = 1 / rate

    def encoded(shot: Shot) -> list[Any]:
        picture = shot.picture if background is None else flattened(shot.picture, background)
        frame = _frame(picture, source, target)
        frame.time_base = 1 / rate
        packets = []
        for frame.pts in range(*shot.ticks(rate)):
            packets += stream.encode(frame)
        return packets

    container.start_encoding()
    for packets in in_background(encoded, itertools.chain([first], shots)):
        container.mux(packets)
    container.mux(stream.encode())


def _stream(
    container: Any, codec: str, options: dict[str, str], size: tuple[int, int], rate: Fraction, target: str
) -> Any:
    """A stream for pictures of this width and height."""
    stream = container.add_stream(codec, rate=rate, options=options)
    stream.width, stream.height = (side + side % 2 for side in size)
    stream.pix_fmt = target
    # Say which RGB the film's colours stand for: players guess by the size otherwise. 1 is BT.709.
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = 1
    context.color_range = 1  # 16 to 235
    return stream


def _frame(picture: Picture, source: str, target: str) -> av.VideoFrame:
    """A picture as the encoder takes it."""
    frame = av.VideoFrame.from_ndarray(_even(picture), format=source)
    # One thread: starting swscale's own costs more than the conversion, measured at 512².
    return frame.reformat(format=target, dst_colorspace="ITU709", threads=1)


# --- A film with its own times, and the sound of another -------------------------------------------


@contextmanager
def film_writer(
    path: Path, size: tuple[int, int], rate: Fraction, *, sound: Path | None = None, quality: int = 80
) -> Iterator[Callable[[Picture, Fraction], None]]:
    """Write an MP4 a frame at a time, each at its own time.

    Parameters
    ----------
    path : Path
    size : (int, int)
        Width and height, pixels.
    rate : Fraction
        About how many frames a second there will be.
    sound : Path, optional
        A film whose first sound is taken over, unchanged. Where MP4 cannot hold it there is a
        `FacekpWarning`, and no sound.
    quality : int
        As in `MovieOptions`.

    Yields
    ------
    callable
        Takes a picture, RGB uint8 (H, W, 3), and its time in seconds, later than the one before.
    """
    with av.open(str(path), "w", format="mp4", options=_INDEX_FIRST) as container, ExitStack() as sources:
        stream = _stream(container, "libx264", _h264(quality), size, rate, "yuv420p")
        stream.codec_context.time_base = _TICK
        track = _Sound(sources.enter_context(av.open(str(sound))), container) if sound else None

        def write(picture: Picture, time: Fraction) -> None:
            frame = _frame(picture, "rgb24", "yuv420p")
            frame.time_base, frame.pts = _TICK, tick(time, 1 / _TICK)
            container.mux(stream.encode(frame))
            if track:
                track.copy_until(time)

        yield write
        container.mux(stream.encode())
        if track:
            track.copy_until(None)


class _Sound:
    """The sound of a film on its way into another, as it is."""

    def __init__(self, source: Any, target: Any) -> None:
        self._target = target
        self._packets: Iterator[Any] = iter(())
        self._next: Any = None
        if not source.streams.audio:
            return
        sound = source.streams.audio[0]
        if sound.codec_context.name.split("_")[0] not in _MP4_SOUNDS:
            warnings.warn(
                f"MP4 cannot hold sound in {sound.codec_context.name}; the film is written without", FacekpWarning, 4
            )
            return
        self._stream = target.add_stream_from_template(sound)
        self._packets = source.demux(sound)
        self._advance()

    def _advance(self) -> None:
        try:
            self._next = next(self._packets, None)
        except av.error.FFmpegError:  # the film breaks off
            self._next = None

    def copy_until(self, time: Fraction | None) -> None:
        """Copy what is heard before a time, or all that is left."""
        while self._next is not None and (time is None or self._next.dts is None or self._at() <= time):
            if self._next.dts is not None:  # the last packet of all is empty
                self._next.stream = self._stream
                self._target.mux(self._next)
            self._advance()

    def _at(self) -> Fraction:
        return Fraction(self._next.dts * self._next.time_base)


def _even(picture: Picture) -> Picture:
    """With even sides, as colours at half resolution need them: the edge is repeated."""
    below, right = picture.shape[0] % 2, picture.shape[1] % 2
    return np.pad(picture, ((0, below), (0, right), (0, 0)), mode="edge") if below or right else picture
