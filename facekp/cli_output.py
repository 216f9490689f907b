"""The file that a command of the morph studio makes: its name, its options, and what it must not overwrite."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from facekp.cli_faces import point_files
from facekp.console import check_target
from facekp.errors import OutputError, SettingsError

if TYPE_CHECKING:
    from facekp.recipe import Output

MOVIE_NAMES = ("quality", "max_megabytes", "palette", "colours", "dither")
"""What the options of a film's file are called here."""

_FILMS = (".gif", ".mp4", ".webm", ".webp", ".apng", ".zip")
_USED_BY = {
    "quality": (".mp4", ".webm", ".webp"),
    "max_megabytes": _FILMS,
    "palette": (".gif",),
    "colours": (".gif",),
    "dither": (".gif",),
    "hold_first": _FILMS,
}
"""Options that mean something for some files only."""

_OF_FILMS = (
    "frames", "fps", "hold_first", "hold_last", "ping_pong", "loop", "closed", "stop_at_faces", "shape_curve",
    "colour_curve", *MOVIE_NAMES,
)  # fmt: skip


def target_of(arguments: argparse.Namespace, kind: str, photos: Sequence[str]) -> Path:
    """The file to be written, checked before any work is done, and with it that of the recipe."""
    from facekp.recipe import suffixes

    still = getattr(arguments, "frame", None) is not None
    default = arguments.default.with_suffix(".png") if still else arguments.default
    target = check_target(arguments, default, suffixes(kind, still=still))
    _keep(target, "--out", photos, point_files(arguments))
    if arguments.save_recipe is not None:
        _keep(arguments.save_recipe, "--save-recipe", photos, [*point_files(arguments), target])
    return target


def _keep(path: Path, option: str, photos: Iterable[str], others: Iterable[str | Path]) -> None:
    """Refuse a file that is one of those of which it is to be made."""
    from facekp.files import is_same

    for files, what in ((photos, "one of the photographs"), (others, "another file of this command")):
        if any(is_same(path, file) for file in files):
            raise OutputError(f"{path} is {what}; give another name with {option}")


def output_of(arguments: argparse.Namespace, suffix: str) -> Output:
    """How a file with this suffix is made.

    Raises
    ------
    SettingsError
        If an option is out of its range, or means nothing for such a file.
    """
    from facekp.film import MovieOptions
    from facekp.recipe import STILL, Output

    frame = getattr(arguments, "frame", None)
    for name in _OF_FILMS if frame is not None else ():
        if name in arguments:
            raise SettingsError(f"{_flag(name)} is for a film, and --frame makes one picture; leave one of them out")
    for name, users in _USED_BY.items():
        if name in arguments and suffix not in users:
            raise SettingsError(f"{_flag(name)} is for {', '.join(users)}, and this is a {suffix} file; leave it out")
    movie = MovieOptions(**{name: getattr(arguments, name) for name in MOVIE_NAMES if name in arguments})
    strip = getattr(arguments, "strip", None)
    if strip is None:
        return Output(suffix, movie=movie)
    if suffix != STILL or frame is not None:
        raise SettingsError("--strip is for a film's pictures side by side; give it a .png file and no --frame")
    return Output(suffix, strip, movie)


def _flag(name: str) -> str:
    words = {"max_megabytes": "max-mb", "loop": "no-loop"}
    return "--" + words.get(name, name.replace("_", "-"))
