"""From the options of a command to a recipe, and on to the file.

A recipe that is read from a file is carried out in the same way, and so makes the same file.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facekp.console import FAILED, check_target, complain, load_predictor, with_progress
from facekp.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facekp.batch import Network
    from facekp.images import Picture
    from facekp.recipe import Output, Recipe
    from facekp.settings import MorphSettings
    from facekp.sources import Photograph

LETTERS = "abc"
"""By which the first three photographs are called in options."""

_OF_PHOTOGRAPHS = tuple(f"{name}_{letter}" for name in ("face", "points", "extra") for letter in LETTERS)

_OF_KINDS = ("weights", "amount", "only", "mean", "origin", "aim")
"""What options of single commands are called here."""

_HANDED_ON = 3
"""Photographs that are kept in memory from the search for points to the morph."""


def run(arguments: argparse.Namespace) -> int:
    """Carry out a command: by its options, by a recipe, or for a table of pairs."""
    from facekp.files import check_output
    from facekp.make import make
    from facekp.recipe import write_recipe

    if arguments.save_recipe is not None:
        check_output(arguments.save_recipe, (".json",))
    if getattr(arguments, "pairs", None) is not None:
        return _run_pairs(arguments)
    _refuse(arguments, ("jobs", "format"), "is for the films of a table; give --pairs FILE with it, or leave it out")
    if arguments.recipe is not None:
        return _run_recipe(arguments)
    recipe, pictures = arguments.recipe_of(arguments)
    target = _target(arguments, recipe.kind, [one.file for one in recipe.photographs])
    make(recipe, target, pictures=pictures, progress=with_progress)
    if arguments.save_recipe is not None:
        write_recipe(recipe, arguments.save_recipe)
    return 0


def _run_recipe(arguments: argparse.Namespace) -> int:
    from facekp.make import make
    from facekp.options import PARSERS
    from facekp.recipe import FILMS, read_recipe, write_recipe

    said = (*PARSERS, *_MOVIE_NAMES, *_OF_PHOTOGRAPHS, *_OF_KINDS, "frame", "strip")
    if arguments.photos or _given(arguments, said) is not None:
        raise SettingsError("a recipe says its photographs and settings; give --recipe without them")
    recipe = read_recipe(arguments.recipe)
    command = "morph" if recipe.kind in FILMS else recipe.kind
    if command != arguments.kind:
        raise SettingsError(f"{arguments.recipe} is a recipe for {recipe.kind}; run facekp {command} --recipe with it")
    arguments.default = arguments.default.with_suffix(recipe.output.suffix)
    folder = arguments.recipe.parent
    target = _target(arguments, recipe.kind, [str(folder / one.file) for one in recipe.photographs])
    make(recipe, target, folder=folder, progress=with_progress)
    if arguments.save_recipe is not None:
        moved = tuple(replace(one, file=str(folder / one.file)) for one in recipe.photographs)
        write_recipe(replace(recipe, photographs=moved), arguments.save_recipe)
    return 0


def _target(arguments: argparse.Namespace, kind: str, photos: list[str]) -> Path:
    from facekp.recipe import suffixes

    still = getattr(arguments, "frame", None) is not None
    default = arguments.default.with_suffix(".png") if still else arguments.default
    return check_target(arguments, default, photos, suffixes(kind, still=still))


def _settings(arguments: argparse.Namespace, base: MorphSettings) -> MorphSettings:
    """The settings that the options name, over those that a command starts from."""
    from facekp.options import PARSERS, settings_from_text

    return replace(
        base, **settings_from_text({name: str(getattr(arguments, name)) for name in PARSERS if name in arguments})
    )


def _given(arguments: argparse.Namespace, names: Iterable[str]) -> str | None:
    """The first of the options with these names that was given."""
    return next((name for name in names if getattr(arguments, name, None) is not None), None)


def _refuse(arguments: argparse.Namespace, names: Iterable[str], why: str) -> None:
    given = _given(arguments, names)
    if given is not None:
        raise SettingsError(f"--{given.replace('_', '-')} {why}")


_MOVIE_NAMES = ("quality", "max_megabytes", "palette", "colours", "dither")


def _output(arguments: argparse.Namespace, suffix: str) -> Output:
    from facekp.film import MovieOptions
    from facekp.recipe import STILL, Output

    movie = MovieOptions(**{name: getattr(arguments, name) for name in _MOVIE_NAMES if name in arguments})
    strip = getattr(arguments, "strip", None)
    if strip is None:
        return Output(suffix, movie=movie)
    if suffix != STILL or arguments.frame is not None:
        raise SettingsError("--strip is for a film's pictures side by side; give it a .png file and no --frame")
    return Output(suffix, strip, movie)


def _open(arguments: argparse.Namespace, files: list[str]) -> tuple[tuple[Photograph, ...], list[Picture] | None]:
    """Photographs with their points, the network loaded if one of them needs it.

    Of more than a few, pictures are not kept: they are read again when they are needed, so that memory does not
    grow with their number.
    """
    from facekp.images import check_file
    from facekp.sources import open_photograph

    def option(name: str, index: int, otherwise: Any = None) -> Any:
        value = getattr(arguments, f"{name}_{LETTERS[index]}") if index < len(LETTERS) else None
        return otherwise if value is None else value

    for file in files:
        check_file(file)
    wanted = any(option("points", index) is None for index in range(len(files)))
    predictor = load_predictor(arguments) if wanted else None
    few = len(files) <= _HANDED_ON

    def opened(index: int) -> tuple[Photograph, Picture | None]:
        photograph, picture = open_photograph(
            files[index],
            predictor,
            face=option("face", index, 1),
            points=option("points", index),
            extra=option("extra", index),
        )
        return photograph, picture if few else None

    indices = range(len(files))
    results: Iterator[tuple[Photograph, Picture | None]]
    if wanted:
        from facekp.many import on_all_cores  # with torch, which takes a second or two

        results = on_all_cores(opened, indices)
    else:
        results = map(opened, indices)
    found = list(with_progress(results, len(files)))
    return tuple(photograph for photograph, _ in found), [
        picture for _, picture in found if picture is not None
    ] or None


def _prepared(
    arguments: argparse.Namespace, kind: str, files: list[str], base: MorphSettings, **more: Any
) -> tuple[Recipe, list[Picture] | None]:
    """The recipe of a command, its settings and its file checked before any photograph is read."""
    from facekp.recipe import Recipe

    settings = _settings(arguments, base)
    target = _target(arguments, kind, files)
    _check_film(settings, target, kind)
    output = _output(arguments, target.suffix.lower())
    photographs, pictures = _open(arguments, files)
    return Recipe(kind, photographs, settings, output, **more), pictures


def _check_film(settings: MorphSettings, target: Path, kind: str) -> None:
    from facekp.movie import SUFFIXES, check_fps
    from facekp.recipe import FILMS

    if kind in FILMS and target.suffix.lower() in SUFFIXES:
        check_fps(settings.fps, target.suffix.lower())


def recipe_of_morph(arguments: argparse.Namespace) -> tuple[Recipe, list[Picture] | None]:
    """A film through photographs, or one frame of it."""
    from facekp.options import numbers
    from facekp.recipe import check_frame
    from facekp.settings import MorphSettings

    photos = arguments.photos
    if len(photos) < 2:
        raise SettingsError("morph needs two photographs or more, or --recipe FILE, or --pairs FILE")
    frame = None
    if arguments.frame is not None:
        parts = numbers("--frame", arguments.frame)
        if len(parts) > 2:
            raise SettingsError(f"--frame is {arguments.frame!r}; give one number, or two: shape and colour")
        frame = parts[0], parts[-1]
        if len(photos) > 2:
            raise SettingsError("--frame is between two photographs; give two")
        check_frame(*frame)
    return _prepared(arguments, "morph" if len(photos) == 2 else "sequence", photos, MorphSettings(), frame=frame)


def recipe_of_average(arguments: argparse.Namespace) -> tuple[Recipe, list[Picture] | None]:
    """The mean of photographs."""
    from facekp.blend import shares
    from facekp.options import numbers
    from facekp.settings import MorphSettings

    if not arguments.photos:
        raise SettingsError("average needs photographs, or --recipe FILE")
    weights = None if arguments.weights is None else numbers("--weights", arguments.weights)
    if weights is not None:
        shares(weights, len(arguments.photos))
    return _prepared(arguments, "average", arguments.photos, MorphSettings(), weights=weights)


def recipe_of_caricature(arguments: argparse.Namespace) -> tuple[Recipe, list[Picture] | None]:
    """A photograph and its mean."""
    if arguments.photos is None or arguments.mean is None:
        raise SettingsError("caricature needs a photograph and --mean PHOTO, or --recipe FILE")
    return _changed(arguments, [arguments.photos, arguments.mean])


def recipe_of_transform(arguments: argparse.Namespace) -> tuple[Recipe, list[Picture] | None]:
    """A photograph and two others."""
    if arguments.photos is None or arguments.origin is None or arguments.aim is None:
        raise SettingsError("transform needs a photograph, --from PHOTO and --to PHOTO, or --recipe FILE")
    return _changed(arguments, [arguments.photos, arguments.origin, arguments.aim])


def recipe_of_symmetrise(arguments: argparse.Namespace) -> tuple[Recipe, list[Picture] | None]:
    """One photograph."""
    if arguments.photos is None:
        raise SettingsError("symmetrise needs a photograph, or --recipe FILE")
    return _changed(arguments, [arguments.photos])


def _changed(arguments: argparse.Namespace, files: list[str]) -> tuple[Recipe, list[Picture] | None]:
    from facekp.prototype import FACE_IN_PLACE, HEAD_IN_PLACE

    base = HEAD_IN_PLACE if arguments.kind == "symmetrise" else FACE_IN_PLACE
    if "background" in arguments or "reference" in arguments:
        base = replace(base, face_only="off")  # another background is asked for than that round the face
    shape, colour = arguments.only != "colour", arguments.only != "shape"
    amount = 1.0 if arguments.amount is None else arguments.amount
    return _prepared(arguments, arguments.kind, files, base, amount=amount, shape=shape, colour=colour)


def recipe_of_swap(arguments: argparse.Namespace) -> tuple[Recipe, list[Picture] | None]:
    """A photograph for the shape, and one for the colours."""
    from facekp.settings import MorphSettings

    if len(arguments.photos) != 2:
        raise SettingsError("swap needs two photographs, first that with the shape, or --recipe FILE")
    return _prepared(arguments, "swap", arguments.photos, MorphSettings())


def _run_pairs(arguments: argparse.Namespace) -> int:
    from facekp.batch import read_pairs, run_pairs
    from facekp.settings import MorphSettings

    if arguments.out is None or arguments.photos or arguments.recipe is not None or arguments.frame is not None:
        raise SettingsError(
            "--pairs names the photographs; give it the folder for the films with --out DIR, and no photographs"
        )
    _refuse(arguments, _OF_PHOTOGRAPHS, "is not for --pairs: faces and points are columns of the table; leave it out")
    _refuse(arguments, ("save_recipe",), "is not for --pairs, which writes a recipe beside each film; leave it out")
    if arguments.jobs is not None and arguments.jobs < 1:
        raise SettingsError(f"--jobs is {arguments.jobs}; give 1 or more, or leave it out for one for each core")
    pairs = read_pairs(arguments.pairs, _settings(arguments, MorphSettings()))
    output = _output(arguments, "." + (arguments.format or "gif").lower().lstrip("."))
    network = _network(arguments) if any(None in pair.points for pair in pairs) else None
    failures = []
    for done in with_progress(run_pairs(pairs, arguments.out, output, network, workers=arguments.jobs), len(pairs)):
        for sentence in done.warnings:
            complain(f"{done.name}: {sentence}")
        if done.error:
            failures.append(f"{done.name}: {done.error}")
    for failure in failures:
        complain(failure)
    return FAILED if failures else 0


def _network(arguments: argparse.Namespace) -> Network:
    from facekp.batch import Network
    from facekp.checkpoint import load_checkpoint

    return Network(arguments.model, load_checkpoint(arguments.model).fingerprint, arguments.detector)
