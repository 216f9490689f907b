"""Recipes carried out: photographs and points in, a file out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp import __version__
from facekp.blend import Blend, blend_faces
from facekp.errors import FacekpWarning, ImageError, OutputError
from facekp.files import check_output, is_same, write_bytes
from facekp.film import MovieOptions
from facekp.images import Picture, encode_png, read_file
from facekp.morph import Morph
from facekp.movie import check_fps, write_movie
from facekp.prototype import caricature, swap, symmetrise, transform
from facekp.recipe import FILMS, STILL, Recipe, suffixes, to_json
from facekp.sequence import MorphSequence
from facekp.sheet import contact_sheet
from facekp.sources import Photograph, decoded, fingerprint

Frames = Callable[[Iterator[Picture], int], Iterator[Picture]]
"""What shows progress: it hands on the frames, of which there are so many."""

Pairs = NDArray[np.float64]


def make(
    recipe: Recipe,
    target: str | os.PathLike[str],
    *,
    folder: str | os.PathLike[str] = ".",
    pictures: Sequence[Picture] | None = None,
    progress: Frames | None = None,
) -> tuple[str, ...]:
    """Make what a recipe says, and write it.

    Parameters
    ----------
    recipe : Recipe
    target : path
        The file; its suffix takes the place of the recipe's.
    folder : path
        Where the photographs' paths start from: that of the recipe's file. A photograph that is not
        at its path is looked for here by its SHA-256, whatever its name.
    pictures : sequence of uint8 arrays (H, W, 3), optional
        The photographs, where they are loaded already.
    progress : callable, optional
        Takes the iterator of frames and their number, and hands the frames on.

    Returns
    -------
    tuple of str
        What may not look as wished; each was also given as a `FacekpWarning`.

    Raises
    ------
    ImageError
        If a photograph is missing, or is not the one that it was.
    OutputError
        If the file is one of the photographs.
    FacekpError
        As for the making and the writing.
    """
    still = recipe.frame is not None
    path = check_output(target, suffixes(recipe.kind, still=still))
    recipe = replace(recipe, output=replace(recipe.output, suffix=path.suffix.lower()))
    if recipe.version != __version__:
        warnings.warn(
            FacekpWarning(f"the recipe is of facekp {recipe.version}, this is {__version__}: the result may differ"),
            stacklevel=2,
        )
    loaded = pictures if pictures is not None else _Fetched(recipe, Path(folder), path)
    if recipe.kind in FILMS and not still:
        return _write_film(recipe, loaded, path, progress)
    picture, sentences = _still(recipe, loaded)
    write_bytes(path, encode_png(picture))
    return sentences


class _Fetched(Sequence[Picture]):
    """A recipe's photographs, each read when it is asked for: of many only a few are in memory at a time."""

    def __init__(self, recipe: Recipe, folder: Path, target: Path) -> None:
        self._places = [_place(one, folder) for one in recipe.photographs]
        if any(is_same(place, target) for place in self._places):
            raise OutputError(f"{target} is one of the photographs; give another name for what is made")

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> Any:
        place = self._places[index]
        return decoded(read_file(place), str(place))


def _place(photograph: Photograph, folder: Path) -> Path:
    """Where a photograph is: at its path, or beside the recipe, there under any name, since two may have the same."""
    named = [folder / photograph.file, folder / PurePosixPath(photograph.file).name]
    # os.path's function, since that of pathlib fails for names that are too long.
    there = [place for place in named if os.path.isfile(place)]  # noqa: PTH113
    for place in chain(there, _beside(folder, named[0].suffix.lower())):
        if fingerprint(read_file(place)) == photograph.sha256:
            return place
    if there:
        raise ImageError(f"{there[0]} is not the photograph that the recipe was made with: its SHA-256 differs")
    raise ImageError(f"{photograph.file} is missing; the recipe needs it at {named[0]} or beside the recipe")


def _beside(folder: Path, suffix: str) -> Iterator[Path]:
    """The files in a folder that may be read, and whose names end so."""
    for place in sorted(folder.glob("*")):
        if place.suffix.lower() == suffix and place.is_file() and os.access(place, os.R_OK):
            yield place


def _write_film(recipe: Recipe, pictures: Sequence[Picture], path: Path, progress: Frames | None) -> tuple[str, ...]:
    settings = recipe.settings
    if path.suffix.lower() != STILL:
        check_fps(settings.fps, path.suffix.lower())
    points = [one.points for one in recipe.photographs]
    film = MorphSequence(pictures, points, settings, extra=_extra(recipe))
    frames = film.film()
    if progress is not None:
        frames = progress(frames, len(film))
    if path.suffix.lower() == STILL:
        background = "transparent" if settings.alpha else "#ffffff"
        sheet = contact_sheet(frames, recipe.output.strip, background=background)
        write_bytes(path, encode_png(sheet))
    else:
        write_movie(frames, path, settings.fps, movie_options(recipe))
    return film.warnings


def movie_options(recipe: Recipe) -> MovieOptions:
    """How a recipe's film is encoded, with the loop and the holds of its settings, and the recipe for a ZIP."""
    settings = recipe.settings
    return replace(
        recipe.output.movie,
        loop=0 if settings.loop else 1,
        hold_first=settings.hold_first,
        # A film that comes back does not end with the last face: it held it on the way.
        hold_last=0.0 if settings.ping_pong or settings.closed else settings.hold_last,
        recipe=to_json(recipe),
    )


def _still(recipe: Recipe, pictures: Sequence[Picture]) -> tuple[Picture, tuple[str, ...]]:
    points, extra, settings = [one.points for one in recipe.photographs], _extra(recipe), recipe.settings
    if recipe.frame is not None:
        extra_a, extra_b = extra or (None, None)
        morph = Morph(
            pictures[0], pictures[1], points[0], points[1], settings=settings, extra_a=extra_a, extra_b=extra_b
        )
        return morph.frame(*recipe.frame), morph.warnings
    blend = _blend(recipe, pictures, points, extra)
    return blend.picture, blend.warnings


def _blend(
    recipe: Recipe, pictures: Sequence[Picture], points: Sequence[Pairs], extra: Sequence[Pairs] | None
) -> Blend:
    settings, shape, colour, amount = recipe.settings, recipe.shape, recipe.colour, recipe.amount
    if recipe.kind == "average":
        return blend_faces(pictures, points, recipe.weights, None, settings, extra=extra)
    faces = list(zip(pictures, points, strict=True))
    if recipe.kind == "symmetrise":
        return symmetrise(*faces[0], amount, shape=shape, colour=colour, settings=settings)
    if recipe.kind == "swap":
        return swap(*faces[0], *faces[1], settings=settings, extra=extra)
    if recipe.kind == "caricature":
        return caricature(*faces[0], *faces[1], amount, shape=shape, colour=colour, settings=settings, extra=extra)
    return transform(
        *faces[0], *faces[1], *faces[2], amount, shape=shape, colour=colour, settings=settings, extra=extra
    )


def _extra(recipe: Recipe) -> list[Pairs] | None:
    extra = [one.extra for one in recipe.photographs]
    return extra if any(len(points) for points in extra) else None
