"""Animated pictures: GIF, WebP and PNG that hold a film."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from PIL import Image

from facekp.errors import ImageError
from facekp.images import MAX_PIXELS, Picture, load_image, open_quietly

ANIMATED_SUFFIXES = (".apng", ".gif", ".png", ".webp")
"""Of pictures that may move."""

_FORMATS = ("GIF", "PNG", "WEBP")
"""Pillow's names. Other files with several pictures, TIFF and MPO, are no films."""
_SHORTEST = 10
"""Milliseconds: browsers show frames of no more for `_INSTEAD`."""
_INSTEAD = 100
_DAMAGE = (EOFError, OSError, SyntaxError, ValueError)
"""What Pillow's readers raise for frames that they cannot decode, and `load_image` then."""


class Animation:
    """The frames of an animated picture, drawn as browsers do: each over the one before, transparency over white.

    Parameters
    ----------
    path : path
        A file of which `is_animation` is true.

    Attributes
    ----------
    rate : Fraction
        About how many frames there are in a second: as for the second one, since the first is often held.
    count : int
        How many frames there are.
    lost : int
        After reading: 1 if the frames at the end could not be decoded, else 0.

    Raises
    ------
    ImageError
        If the file cannot be read, or its frames have more pixels than `load_image` takes.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.lost = 0
        with _opened(self.path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(
                    f"{path} has {image.width} × {image.height} pixels, more than the limit of "
                    f"{MAX_PIXELS / 1e6:g} million; reduce it first"
                )
            self._first = _first(image)
            self.count: int = getattr(image, "n_frames", 1) - self._first
            self.rate = 1 / self._second_duration(image)

    def _second_duration(self, image: Image.Image) -> Fraction:
        try:
            image.seek(self._first + min(1, self.count - 1))
            image.load()
        except _DAMAGE:
            return Fraction(_INSTEAD, 1000)
        return _duration(image)

    def __iter__(self) -> Iterator[tuple[Fraction, Picture]]:
        """Time in seconds and picture of each frame, up to the first that cannot be decoded."""
        self.lost, time = 0, Fraction(0)
        with _opened(self.path) as image:
            for number in range(self._first, self._first + self.count):
                try:
                    image.seek(number)
                    picture = load_image(image)
                except _DAMAGE:
                    self.lost = 1
                    return
                yield time, picture
                time += _duration(image)


def is_animation(path: str | os.PathLike[str]) -> bool:
    """Whether a picture moves, by its suffix and its content; not where it cannot be read."""
    if Path(path).suffix.lower() not in ANIMATED_SUFFIXES:
        return False
    try:
        with _opened(Path(path)) as image:
            return image.format in _FORMATS and getattr(image, "n_frames", 1) - _first(image) > 1
    except Exception:  # as many kinds of error here
        return False


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        image = open_quietly(path)
    except Exception:  # Pillow's readers raise many kinds of error on bytes that are no picture
        raise ImageError(f"{path} cannot be read as an animation; it is damaged, incomplete or none") from None
    with image:
        yield image


def _first(image: Image.Image) -> int:
    """The index of the first frame: a PNG may begin with a picture for readers that know no animation."""
    return int(getattr(image, "default_image", False))


def _duration(image: Image.Image) -> Fraction:
    """How long the frame is seen, seconds; it must be loaded."""
    stated = image.info.get("duration", 0)
    return Fraction(round(1000 * (stated if stated > _SHORTEST else _INSTEAD)), 1_000_000)
