"""A morph as a film for the page; nothing here knows Streamlit.

Streamlit runs a page's script anew, and so makes its classes anew, at every click. What a session
keeps is defined in modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from facekp.images import Picture
from facekp.morph import Morph
from facekp.movie import encode_movie


@dataclass(frozen=True)
class FilmSettings:
    """What the visitor asked for.

    Attributes
    ----------
    frames : int
        Number of frames.
    speed : int
        Frames per second.
    side : int
        Width and height, pixels.
    """

    frames: int
    speed: int
    side: int


@dataclass(frozen=True)
class Film:
    """An encoded film, and what it was made of."""

    made_of: tuple[object, ...]
    gif: bytes
    mp4: bytes


def make_film(
    morph: Morph, settings: FilmSettings, made_of: tuple[object, ...], progress: Callable[[float], object]
) -> Film:
    """Render and encode frame by frame, so that no film lies in memory uncompressed.

    Parameters
    ----------
    morph : Morph
        The two faces.
    settings : FilmSettings
        Number of frames and speed; the side is the morph's own.
    made_of : tuple
        Kept with the film.
    progress : callable
        Told the part that is done, 0 to 1, after every frame.
    """

    def frames(start: float) -> Iterator[Picture]:
        for number, frame in enumerate(morph.frames(settings.frames), 1):
            yield frame
            progress(start + number / settings.frames / 2)

    mp4 = encode_movie(frames(0.0), ".mp4", settings.speed)
    gif = encode_movie(frames(0.5), ".gif", settings.speed)
    return Film(made_of, gif, mp4)
