"""Films that are read: their frames one after the other, upright, each with its time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from facekp.animation import Animation, is_animation
from facekp.errors import FacekpWarning, ImageError
from facekp.images import Picture

_USUAL_RATE = Fraction(25)
"""Frames per second, of a film that does not say."""
_SHORT_BY = Fraction(1, 2)
"""Seconds that may lack of a film's stated length: sound and picture seldom end together."""


class Frame(NamedTuple):
    """A frame of a film: its number from 0, its time in seconds, and its picture, RGB uint8 (H, W, 3)."""

    number: int
    time: Fraction
    picture: Picture


class Footage:
    """A film in a file. Iterating reads it, a frame at a time, from its start.

    Phones store upright films lying on their side, with a note how to turn them; the frames come turned.
    Times are those of the film, also where its frames do not follow each other at one rate.

    Parameters
    ----------
    path : path
        In any format that FFmpeg knows, or an animated GIF, WebP or PNG.

    Attributes
    ----------
    path : Path
    rate : Fraction
        Mean frames per second, as the file states it.
    count : int or None
        About how many frames there are, as the file states it.
    sound : Path or None
        Where its sound is; None for an animated picture, which has none.
    trouble : str
        After reading: a sentence about what could not be read; empty where all was well.

    Raises
    ------
    ImageError
        If the file cannot be read, or is no film.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.trouble = ""
        self._animation = Animation(self.path) if is_animation(self.path) else None
        self._duration: Fraction | None = None
        self.sound: Path | None = None if self._animation else self.path
        if self._animation:
            self.rate: Fraction = self._animation.rate
            self.count: int | None = self._animation.count
            return
        with _opened(self.path) as container:
            stream = container.streams.video[0]
            self.rate = stream.average_rate or stream.guessed_rate or _USUAL_RATE
            self._duration = _duration(container)
            stated = stream.frames or (round(self._duration * self.rate) if self._duration else 0)
            self.count = stated or None

    def __iter__(self) -> Iterator[Frame]:
        """The frames.

        Where the file is damaged, those are left out that cannot be decoded; where it breaks off, the
        frames end. Then there is a `FacekpWarning`, and `trouble` holds the same sentence.

        Raises
        ------
        ImageError
            If not one frame can be read.
        """
        self.trouble, number, time = "", 0, Fraction(0)
        source = self._animation or _Decoder(self.path, self.rate)
        for time, picture in source:
            yield Frame(number, time, picture)
            number += 1
        if not number:
            raise ImageError(f"{self.path} holds no frame that can be read; it is damaged")
        self._tell(number, time + 1 / self.rate, source.lost)

    def _tell(self, number: int, end: Fraction, lost: int) -> None:
        """Say what is missing of the film, if anything is."""
        if self._duration and end + _SHORT_BY < self._duration:
            self.trouble = (
                f"{self.path} breaks off after {float(end):.1f} of {float(self._duration):.1f} seconds; "
                f"its {number} frames until there were read"
            )
        elif lost:
            self.trouble = (
                f"{self.path} is damaged in {lost} place{'s' * (lost > 1)}; "
                f"the {number} frames that can be decoded were read"
            )
        if self.trouble:
            warnings.warn(self.trouble, FacekpWarning, stacklevel=3)


class _Decoder:
    """The frames of a film, each with its time in seconds; counts the places where the film is damaged."""

    def __init__(self, path: Path, rate: Fraction) -> None:
        self._path, self._tick = path, 1 / rate
        self.lost = 0

    def __iter__(self) -> Iterator[tuple[Fraction, Picture]]:
        end = Fraction(0)
        with _opened(self._path) as container:
            for frame in self._frames(container):
                time = end if frame.pts is None else max(end, frame.pts * frame.time_base)
                end = time + self._tick / 1000  # no two frames at one time
                yield time, _upright(frame)

    def _frames(self, container: Any) -> Iterator[Any]:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:  # the file ends, or what follows cannot be told apart
                self.lost += 1
                return
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                self.lost += 1


def _opened(path: Path) -> Any:
    """The container of a film with a moving picture."""
    try:
        container = av.open(str(path))
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise ImageError(f"{path} is a folder; give a film") from None
    except PermissionError:
        raise ImageError(f"{path} cannot be read: Permission denied") from None
    except (av.error.FFmpegError, OSError):
        raise ImageError(f"{path} cannot be read as a film; it is damaged, incomplete or no film") from None
    if not container.streams.video:
        container.close()
        raise ImageError(f"{path} has no moving picture; give a film")
    return container


def _duration(container: Any) -> Fraction | None:
    """When the picture ends, seconds, as the file states it."""
    stream = container.streams.video[0]
    if stream.duration:
        return Fraction(((stream.start_time or 0) + stream.duration) * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return Fraction(container.duration + (container.start_time or 0), av.time_base)
    return None


def _upright(frame: Any) -> Picture:
    """A frame's picture, turned as the film says, by quarters."""
    picture = frame.to_ndarray(format="rgb24")
    quarters = round(frame.rotation / 90) % 4  # against the clock
    return np.ascontiguousarray(np.rot90(picture, quarters)) if quarters else picture
