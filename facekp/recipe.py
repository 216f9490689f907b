"""Recipes: all that a morph was made of, so that it can be made again, bit for bit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from reprlib import repr as repr_of
from typing import Any

from facekp import __version__
from facekp.annotations import as_pairs
from facekp.blend import shares
from facekp.errors import SettingsError
from facekp.files import check_output, write_bytes
from facekp.film import MovieOptions
from facekp.movie import SUFFIXES
from facekp.prototype import check_change
from facekp.settings import HIGHEST_PART, LOWEST_PART, MorphSettings
from facekp.sheet import MAX_PICTURES
from facekp.sources import Photograph
from facekp.values import check_keys, json_text, number, numbers, text, truth

STILL = ".png"
STRIP_PICTURES = 8

_COUNTS = {
    "morph": (2, 2),
    "sequence": (3, None),
    "average": (1, None),
    "caricature": (2, 2),
    "transform": (3, 3),
    "symmetrise": (1, 1),
    "swap": (2, 2),
}
FILMS = ("morph", "sequence")
KINDS = tuple(_COUNTS)
CHANGES = {"caricature": "the factor", "transform": "the amount", "symmetrise": "the amount"}
"""The kinds that change a face by an amount, and what it is called."""

MOST_WEIGHT = 1_000_000
LONGEST_NAME = 4096
"""Characters of a photograph's path: more than any file system has."""


@dataclass(frozen=True)
class Output:
    """The file that is made.

    Attributes
    ----------
    suffix : str
        One of `facekp.movie.SUFFIXES` for films; ``".png"`` for stills, and for a strip of a film.
    strip : int
        Pictures in a strip, 1 to 100.
    movie : MovieOptions
        How a film is encoded. Loop and holds are those of the settings.

    Raises
    ------
    SettingsError
        If there cannot be so many pictures in a strip.
    """

    suffix: str
    strip: int = STRIP_PICTURES
    movie: MovieOptions = field(default_factory=MovieOptions)

    def __post_init__(self) -> None:
        whole = isinstance(self.strip, int) and not isinstance(self.strip, bool)
        if not whole or not 1 <= self.strip <= MAX_PICTURES:
            raise SettingsError(f"strip is {self.strip!r}; give a whole number from 1 to {MAX_PICTURES}, pictures")


@dataclass(frozen=True, eq=False)
class Recipe:
    """What is made, of what, and how.

    Attributes
    ----------
    kind : str
        ``"morph"`` (two photographs), ``"sequence"`` (three and more), ``"average"``,
        ``"caricature"`` (face, mean), ``"transform"`` (face, from, to), ``"symmetrise"`` or ``"swap"``.
    photographs : tuple of Photograph
    settings : MorphSettings
    output : Output
    weights : tuple of float, optional
        Of an average: for each photograph a number from -1,000,000 to 1,000,000; see `facekp.blend.shares`.
    amount : float
        The factor of a caricature, the amount of a transform or of symmetry; -10 to 10.
    shape, colour : bool
        What these three change; one of them at least.
    frame : (float, float), optional
        Of a morph: make no film, but the picture with this part of shape and of colour, each from
        -1 to 2.
    version : str
        Of facekp.
    job : str
        Of a batch: the fingerprint of what the film was made of, and of the film; see `facekp.batch`.

    Raises
    ------
    SettingsError
        If a value is outside its range, or the parts do not fit together.
    MeshError
        If the weights do not go with the photographs.
    """

    kind: str
    photographs: tuple[Photograph, ...]
    settings: MorphSettings
    output: Output
    weights: tuple[float, ...] | None = None
    amount: float = 1.0
    shape: bool = True
    colour: bool = True
    frame: tuple[float, float] | None = None
    version: str = __version__
    job: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _COUNTS:
            raise SettingsError(f"{self.kind!r} is no kind of recipe; there are {', '.join(KINDS)}")
        least, most = _COUNTS[self.kind]
        count = len(self.photographs)
        if count < least or (most is not None and count > most):
            wanted = f"{least} or more" if most is None else str(least)
            raise SettingsError(f"{self.kind} needs {wanted} photographs, and there are {count}")
        if self.frame is not None and self.kind != "morph":
            raise SettingsError("a single frame is made of a morph between two photographs only")
        if self.frame is not None:
            check_frame(*self.frame)
        elif self.kind in FILMS:
            self.settings.check_faces(count)
        check_suffix(self.output.suffix, self.kind, still=self.frame is not None)
        self._check_stills()

    def _check_stills(self) -> None:
        """Whether weights, amount, shape and colour are those of this kind."""
        if self.kind in CHANGES:
            check_change(CHANGES[self.kind], self.amount, self.shape, self.colour)
        elif (self.amount, self.shape, self.colour) != (1.0, True, True):
            raise SettingsError(f"{self.kind} has no amount, and changes both shape and colour; leave these out")
        if self.kind == "symmetrise" and len(self.photographs[0].extra):
            raise SettingsError("symmetrise does not know which extra points are pairs; leave them out")
        if self.weights is None:
            return
        if self.kind != "average":
            raise SettingsError(f"{self.kind} has no weights; leave them out")
        shares(self.weights, len(self.photographs))
        if max(map(abs, self.weights)) > MOST_WEIGHT:
            raise SettingsError(
                f"a weight is {max(self.weights, key=abs):g}; give numbers from {-MOST_WEIGHT} to {MOST_WEIGHT}"
            )


def check_frame(shape: float, colour: float) -> None:
    """Check that a single frame can have these parts of shape and of colour.

    Raises
    ------
    SettingsError
        If not.
    """
    if not all(LOWEST_PART <= part <= HIGHEST_PART for part in (shape, colour)):
        raise SettingsError(
            f"the frame has the part {shape:g} of shape and {colour:g} of colour; "
            f"give numbers from {LOWEST_PART:g} to {HIGHEST_PART:g}, 0 for A and 1 for B"
        )


def check_suffix(suffix: str, kind: str, *, still: bool) -> None:
    """Check that a result of this kind can be such a file.

    Raises
    ------
    SettingsError
        If not.
    """
    choices = suffixes(kind, still=still)
    if suffix not in choices:
        raise SettingsError(f"the result would be a {suffix!r} file; give one of {', '.join(choices)}")


def suffixes(kind: str, *, still: bool = False) -> tuple[str, ...]:
    """What the file of such a result can end in."""
    return (*SUFFIXES, STILL) if kind in FILMS and not still else (STILL,)


_MOVIE_FIELDS = ("quality", "background", "palette", "colours", "dither", "max_megabytes")
_OPTIONAL: dict[str, Any] = {"weights": None, "amount": 1.0, "shape": True, "colour": True, "frame": None, "job": ""}


def to_json(recipe: Recipe, folder: str | os.PathLike[str] | None = None) -> str:
    """A recipe as JSON text.

    Parameters
    ----------
    recipe : Recipe
    folder : path, optional
        From where the photographs' paths are given; without it, their names alone.
    """
    movie = {name: getattr(recipe.output.movie, name) for name in _MOVIE_FIELDS}
    values = {
        "facekp": recipe.version,
        "kind": recipe.kind,
        "photographs": [
            {"file": _relative(one.file, folder), "sha256": one.sha256, "points": one.points.tolist()}
            | ({"extra": one.extra.tolist()} if len(one.extra) else {})
            for one in recipe.photographs
        ],
        "settings": recipe.settings.to_dict(),
        "output": {"suffix": recipe.output.suffix, "strip": recipe.output.strip, **movie},
    }
    given = {name: getattr(recipe, name) for name, default in _OPTIONAL.items() if getattr(recipe, name) != default}
    values |= {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    return json_text(values) + "\n"


def _relative(file: str, folder: str | os.PathLike[str] | None) -> str:
    name = Path(file).name
    if folder is None:
        return name
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # on another drive
        return name


def write_recipe(recipe: Recipe, path: str | os.PathLike[str]) -> None:
    """Write a recipe; the photographs' paths in it start from its folder."""
    target = check_output(path, (".json",))
    write_bytes(target, to_json(recipe, target.parent).encode())


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Read a recipe.

    Raises
    ------
    SettingsError
        If the file cannot be read, is no recipe, or holds something unknown.
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets in each other
        raise SettingsError(f"{path} is no JSON file") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path} is no recipe")
    return from_dict(values, str(path))


def from_dict(values: Mapping[str, Any], name: str = "the recipe") -> Recipe:
    """A recipe from the values of its JSON text; unknown ones are refused, as in `read_recipe`."""
    needed = ("facekp", "kind", "photographs", "settings", "output")
    check_keys(values, needed, _OPTIONAL, name)
    photographs, output = values["photographs"], values["output"]
    if not isinstance(photographs, list) or not isinstance(output, dict):
        raise SettingsError(f"{name} is no recipe: its photographs are no list, or its output is no object")
    check_keys(output, ("suffix",), ("strip", *_MOVIE_FIELDS), f"the output of {name}")
    movie = MovieOptions(**{key: output[key] for key in _MOVIE_FIELDS if key in output})
    weights, frame = values.get("weights"), values.get("frame")
    return Recipe(
        kind=text(values["kind"], "kind", name),
        photographs=tuple(_photograph(one, name) for one in photographs),
        settings=MorphSettings.from_dict(values["settings"]),
        output=Output(text(output["suffix"], "suffix", name), output.get("strip", STRIP_PICTURES), movie),
        weights=None if weights is None else numbers(weights, "weights", name),
        amount=number(values.get("amount", 1.0), "amount", name),
        shape=truth(values.get("shape", True), "shape", name),
        colour=truth(values.get("colour", True), "colour", name),
        frame=None if frame is None else _frame(frame, name),
        version=text(values["facekp"], "version", name),
        job=text(values.get("job", ""), "job", name),
    )


def _frame(values: Any, name: str) -> tuple[float, float]:
    parts = numbers(values, "frame", name)
    if len(parts) != 2:
        raise SettingsError(f"{name} is no recipe: its frame is {values!r}; give two numbers, shape and colour")
    return parts[0], parts[1]


def _photograph(values: Any, name: str) -> Photograph:
    if not isinstance(values, dict):
        raise SettingsError(f"a photograph of {name} is no object")
    check_keys(values, ("file", "sha256", "points"), ("extra",), f"a photograph of {name}")
    file = text(values["file"], "photograph's file", name)
    if not file or "\0" in file or len(file) > LONGEST_NAME:
        raise SettingsError(f"{name} has a photograph called {repr_of(file)}, which is no name of a file")
    points = as_pairs(values["points"], f"{file} in {name}")
    one = Photograph(file, text(values["sha256"], "photograph's sha256", name), points)
    return replace(one, extra=as_pairs(values["extra"], f"{file} in {name}")) if "extra" in values else one
