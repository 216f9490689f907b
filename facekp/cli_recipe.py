"""From the options of a command to a recipe, and on to the file.

A recipe that is read from a file is carried out in the same way, and so makes the same file.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facekp.cli_faces import OF_PHOTOGRAPHS, choices, open_photographs
from facekp.cli_output import MOVIE_NAMES, output_of, target_of
from facekp.console import FAILED, complain, load_predictor, with_progress
from facekp.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facekp.batch import Network
    from facekp.images import Picture
    from facekp.recipe import Recipe
    from facekp.settings import MorphSettings

_OF_KINDS = ("weights", "amount", "only", "mean", "origin", "aim")
"""What options of single commands are called here."""


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
    target = target_of(arguments, recipe.kind, [one.file for one in recipe.photographs])
    make(recipe, target, pictures=pictures, progress=with_progress)
    if arguments.save_recipe is not None:
        write_recipe(recipe, arguments.save_recipe)
    return 0


def _run_recipe(arguments: argparse.Namespace) -> int:
    from facekp.make import make
    from facekp.options import PARSERS
    from facekp.recipe import FILMS, read_recipe, write_recipe

    said = (*PARSERS, *MOVIE_NAMES, *OF_PHOTOGRAPHS, *_OF_KINDS, "frame", "strip")
    if arguments.photos or _given(arguments, said) is not None:
        raise SettingsError("a recipe says its photographs and settings; give --recipe without them")
    recipe = read_recipe(arguments.recipe)
    command = "morph" if recipe.kind in FILMS else recipe.kind
    if command != arguments.kind:
        raise SettingsError(f"{arguments.recipe} is a recipe for {recipe.kind}; run facekp {command} --recipe with it")
    arguments.default = arguments.default.with_suffix(recipe.output.suffix)
    folder = arguments.recipe.parent
    target = target_of(arguments, recipe.kind, [str(folder / one.file) for one in recipe.photographs])
    make(recipe, target, folder=folder, progress=with_progress)
    if arguments.save_recipe is not None:
        moved = tuple(replace(one, file=str(folder / one.file)) for one in recipe.photographs)
        write_recipe(replace(recipe, photographs=moved), arguments.save_recipe)
    return 0


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


def _prepared(
    arguments: argparse.Namespace, kind: str, files: list[str], base: MorphSettings, **more: Any
) -> tuple[Recipe, list[Picture] | None]:
    """The recipe of a command, all but its photographs checked before one of them is read."""
    import numpy as np

    from facekp.recipe import Recipe
    from facekp.sources import Photograph

    settings, chosen = _settings(arguments, base), choices(arguments, len(files))
    target = target_of(arguments, kind, files)
    _check_film(settings, target, kind)
    output = output_of(arguments, target.suffix.lower())
    unopened = tuple(Photograph(file, "", np.empty((0, 2))) for file in files)
    recipe = Recipe(kind, unopened, settings, output, **more)
    photographs, pictures = open_photographs(arguments, files, chosen)
    return replace(recipe, photographs=photographs), pictures


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
    why = "is not for symmetrise, which does not know which extra points are pairs; leave it out"
    _refuse(arguments, [name for name in OF_PHOTOGRAPHS if name.startswith("extra")], why)
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
    from facekp.batch import run_pairs
    from facekp.pairs import read_pairs
    from facekp.settings import MorphSettings

    if arguments.out is None or arguments.photos:
        raise SettingsError(
            "--pairs names the photographs; give it the folder for the films with --out DIR, and no photographs"
        )
    _refuse(arguments, ("recipe", "frame"), "is not for --pairs, which makes the films of a table; leave it out")
    _refuse(arguments, OF_PHOTOGRAPHS, "is not for --pairs: faces and points are columns of the table; leave it out")
    _refuse(arguments, ("save_recipe",), "is not for --pairs, which writes a recipe beside each film; leave it out")
    if arguments.jobs is not None and arguments.jobs < 1:
        raise SettingsError(f"--jobs is {arguments.jobs}; give 1 or more, or leave it out for one for each core")
    table = read_pairs(arguments.pairs, _settings(arguments, MorphSettings()))
    output = output_of(arguments, "." + (arguments.format or "gif").lower().lstrip("."))
    network = _network(arguments) if any(None in pair.points for pair in table.pairs) else None
    failures = list(table.failures)
    films = run_pairs(table, arguments.out, output, network, workers=arguments.jobs, overwrite=arguments.overwrite)
    with closing(films):  # an interruption gives up the films in work
        for done in with_progress(films, len(table.pairs)):
            for sentence in done.warnings:
                complain(f"{done.name}: {sentence}")
            if done.error:
                failures.append(f"{done.name}: {done.error}")
    for failure in failures:
        complain(failure)
    return FAILED if failures else 0


def _network(arguments: argparse.Namespace) -> Network:
    """What the options name, loaded once: what is missing is told before any film is begun."""
    from facekp.batch import Network

    fingerprint = load_predictor(arguments).fingerprint
    return Network(arguments.model, fingerprint, arguments.detector, arguments.engine)
