"""Films for players: H.264 in MP4, VP9 in WebM."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from facekp.film import MovieOptions, Shot, check_colour, flattened, in_background
from facekp.images import Picture


def write_mp4(shots: Iterable[Shot], path: Path, rate: Fraction, options: MovieOptions) -> None:
    """H.264 in MP4, which every browser plays. Odd sides grow by one pixel, transparency is laid over a colour."""
    background = check_colour("background", options.background)
    # "veryfast": half the time of "fast" at the same SSIM and size, measured on morphs. The lookahead
    # is short, so that few frames are in memory.
    crf = f"{50 - 0.4 * options.quality:g}"
    codec = {"crf": crf, "preset": "veryfast", "rc-lookahead": "10", "threads": "2"}
    # Index first, so that a browser plays before it has the whole file.
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        _encode(container, "libx264", codec, shots, rate, background)


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
    stream = container.add_stream(codec, rate=rate, options=codec_options)
    stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, target
    # Say which RGB the film's colours stand for: players guess by the size otherwise. 1 is BT.709.
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = 1
    context.color_range = 1  # 16 to 235
    context.time_base = 1 / rate

    def encoded(shot: Shot) -> list[Any]:
        picture = shot.picture if background is None else flattened(shot.picture, background)
        frame = av.VideoFrame.from_ndarray(_even(picture), format=source)
        # One thread: starting swscale's own costs more than the conversion, measured at 512².
        frame = frame.reformat(format=target, dst_colorspace="ITU709", threads=1)
        frame.time_base = 1 / rate
        packets = []
        for tick in range(*shot.ticks(rate)):
            frame.pts = tick
            packets += stream.encode(frame)
        return packets

    container.start_encoding()
    for packets in in_background(encoded, itertools.chain([first], shots)):
        container.mux(packets)
    container.mux(stream.encode())


def _even(picture: Picture) -> Picture:
    """With even sides, as colours at half resolution need them: the edge is repeated."""
    below, right = picture.shape[0] % 2, picture.shape[1] % 2
    return np.pad(picture, ((0, below), (0, right), (0, 0)), mode="edge") if below or right else picture
