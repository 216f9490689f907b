"""Films that are made in the background; nothing here knows Streamlit.

A thread of its own makes a film, and the page looks now and then how far it has come. Streamlit runs a
page's script anew at every click; so what a session keeps is defined in modules.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from morph_faces import Face

from facekp.errors import FacekpError
from facekp.film import MovieOptions, kept, timed
from facekp.images import Picture
from facekp.make import movie_options
from facekp.movie import check_fps, encode_movie
from facekp.recipe import Output, Recipe
from facekp.sequence import MorphSequence
from facekp.settings import MorphSettings

MADE_AT_ONCE = (".mp4", ".gif")
"""Files of every film: the one that the page plays and the one that is wanted most. Others wait until asked for."""

_SHARES = {"frames": 2.0, ".mp4": 3.0, ".gif": 1.0}
_UNSEEN = 3.0
"""About how long each step takes. A GIF first reads the whole film, and that is what progress sees of it."""

_turns = threading.Semaphore(2)
"""Films that are made at a time, by all visitors together: more would only slow each other down."""

_works: weakref.WeakSet[FilmWork] = weakref.WeakSet()

Progress = Callable[[float], None]


def films_in_work() -> int:
    """How many films are being made, or wait for their turn, for all visitors together."""
    return sum(work.running for work in list(_works))


@dataclass(frozen=True)
class Film:
    """A film and its files.

    Attributes
    ----------
    title : str
        Whose faces it goes through.
    recipe : Recipe
    pictures : tuple of bytes
        The encoded photographs.
    files : dict
        For each suffix of `MADE_AT_ONCE` the file's bytes.
    frames : int
    size : (int, int)
        Width and height, pixels.
    warnings : tuple of str
        What may not look as wished.
    """

    title: str
    recipe: Recipe
    pictures: tuple[bytes, ...]
    files: dict[str, bytes]
    frames: int
    size: tuple[int, int]
    warnings: tuple[str, ...]

    def encode(self, suffix: str) -> bytes:
        """A file of another kind, its frames rendered anew: they are cheaper than they are large."""
        if suffix in self.files:
            return self.files[suffix]
        recipe = replace(self.recipe, output=replace(self.recipe.output, suffix=suffix))  # a ZIP holds it
        frames = _sequence(recipe, self.pictures).film()
        return encode_movie(frames, suffix, recipe.settings.fps, movie_options(recipe))


def film_recipe(faces: Sequence[Face], settings: MorphSettings, movie: MovieOptions) -> Recipe:
    """All that a film through faces is made of."""
    kind = "morph" if len(faces) == 2 else "sequence"
    return Recipe(kind, tuple(face.photograph() for face in faces), settings, Output(".gif", movie=movie))


class _CancelledError(Exception):
    """The visitor wants no film any more."""


class FilmWork:
    """A film that is being made in a thread of its own.

    Parameters
    ----------
    faces : sequence of Face
        Two or more.
    settings : MorphSettings
    movie : MovieOptions

    Raises
    ------
    FacekpError
        If there are too few faces, or a GIF cannot be had so fast.

    Attributes
    ----------
    film : Film or None
        When it is made.
    error : str
        What went wrong, a sentence, or nothing.
    """

    def __init__(self, faces: Sequence[Face], settings: MorphSettings, movie: MovieOptions) -> None:
        self.film: Film | None = None
        self.error = ""
        for suffix in MADE_AT_ONCE:
            check_fps(settings.fps, suffix)
        title = " → ".join(face.title for face in faces)
        recipe, pictures = film_recipe(faces, settings, movie), tuple(face.photo.data for face in faces)
        self._done = 0.0
        self._started: float | None = None
        self._stop = threading.Event()
        # The thread knows of this only weakly: when the visit that holds it is gone, nobody wants the film.
        work = weakref.ref(self)
        self._thread = threading.Thread(target=_work, args=(work, title, recipe, pictures), name="film", daemon=True)
        self._thread.start()
        _works.add(self)

    @property
    def running(self) -> bool:
        """Whether there is still something to wait for."""
        return self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        """Whether the visitor stopped it."""
        return self._stop.is_set()

    @property
    def done(self) -> float:
        """The part that is done, 0 to 1."""
        return self._done

    @property
    def sentence(self) -> str:
        """What it is doing, and how long it will take."""
        if self._started is None:
            return "Waiting for the films of other visitors …"
        passed = time.monotonic() - self._started
        if self._done < 0.05 or passed < 0.4:
            return "Making the film …"
        left = passed * (1 - self._done) / self._done
        return f"Making the film … {self._done:.0%}, about {max(1, round(left))} s left"

    def cancel(self) -> None:
        """Stop at the next frame."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is made, or stopped, but no longer than so many seconds."""
        self._thread.join(seconds)


def _work(wanted: weakref.ref[FilmWork], title: str, recipe: Recipe, pictures: tuple[bytes, ...]) -> None:
    """What a film's thread does."""

    def go_on(done: float) -> None:
        work = wanted()
        if work is None or work.cancelled:
            raise _CancelledError
        work._done = done

    def tell(**what: Any) -> None:
        work = wanted()
        if work is not None:
            vars(work).update(what)

    try:
        while not _turns.acquire(timeout=0.1):
            go_on(0.0)
        try:
            tell(_started=time.monotonic())
            sequence = _sequence(recipe, pictures)
            files, count = encode_all(sequence, movie_options(recipe), go_on)
            tell(film=Film(title, recipe, pictures, files, count, sequence.size, sequence.warnings))
        finally:
            _turns.release()
    except _CancelledError:
        pass
    except FacekpError as error:
        tell(error=str(error))
    except Exception:
        tell(error="the film could not be made: something went wrong that should not; try other settings")
        raise


def _sequence(recipe: Recipe, pictures: Sequence[bytes]) -> MorphSequence:
    return MorphSequence(pictures, [one.points for one in recipe.photographs], recipe.settings)


def encode_all(film: MorphSequence, options: MovieOptions, progress: Progress) -> tuple[dict[str, bytes], int]:
    """The files of `MADE_AT_ONCE`, of frames that are made once, and how many frames there are.

    Parameters
    ----------
    film : MorphSequence
    options : MovieOptions
    progress : callable
        Told the part that is done, 0 to 1, after every frame; what it raises ends the work.
    """
    count, total, before = len(film), sum(_SHARES.values()) + _UNSEEN, 0.0

    def watched(frames: Iterable[Picture], share: float) -> Iterator[Picture]:
        for number, frame in enumerate(frames, 1):
            yield frame
            progress((before + share * number / count) / total)

    fps, files = film.settings.fps, {}
    # Holds are the files': each frame waits once.
    plain = replace(options, hold_first=0.0, hold_last=0.0)
    with kept(timed(watched(film.film(), _SHARES["frames"]), Fraction(1), plain)) as reel:
        before = _SHARES["frames"]
        for suffix in MADE_AT_ONCE:
            share = _SHARES[suffix]
            files[suffix] = encode_movie(watched((shot.picture for shot in reel), share), suffix, fps, options)
            before += share
    return files, count
