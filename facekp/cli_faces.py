"""The faces of a command: which one of each photograph, and which points.

The first three photographs have letters in options, and all of them numbers: ``--points-b FILE`` is the same as
``--points 2=FILE``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facekp.console import complain, load_predictor, with_progress
from facekp.errors import SettingsError
from facekp.options import is_count

if TYPE_CHECKING:
    from facekp.images import Picture
    from facekp.sources import Photograph

LETTERS = "abc"

_KINDS = ("face", "points", "extra")

OF_PHOTOGRAPHS = (*_KINDS, *(f"{kind}_{letter}" for kind in _KINDS for letter in LETTERS))
"""What the options of single photographs are called."""

_HANDED_ON = 3
"""Photographs that are kept in memory from the search for points to the morph."""


@dataclass(frozen=True)
class Choice:
    """Which face of a photograph, 1 for the largest, and files of its points and of more of them, if given."""

    face: int = 1
    points: str | None = None
    extra: str | None = None


def add_face_options(command: argparse.ArgumentParser) -> None:
    """The options that say which faces and points."""
    group = command.add_argument_group(
        "points", "of the first photograph (a), the second (b) and the third (c), or of any by its number, as 4=FILE"
    )
    files = "in the place of those found: .pts .asf .json .csv"
    for letter in LETTERS:
        group.add_argument(f"--face-{letter}", metavar="N", help="1: the largest face (default)")
        group.add_argument(f"--points-{letter}", metavar="FILE", help=files)
        group.add_argument(f"--extra-{letter}", metavar="FILE", help="more points: hairline, ears, neck")
    for kind, value in (("face", "N"), ("points", "FILE"), ("extra", "FILE")):
        about = f"the same of photograph NUMBER; one --{kind} for each"
        group.add_argument(f"--{kind}", metavar=f"NUMBER={value}", action="append", help=about)


def choices(arguments: argparse.Namespace, count: int) -> list[Choice]:
    """What the options say of so many photographs.

    Raises
    ------
    SettingsError
        If one is no number, is of a photograph that is not there, or comes twice.
    """
    texts: list[dict[str, str]] = [{} for _ in range(count)]
    for kind in _KINDS:
        for option, number, value in _named(arguments, kind):
            if number > count:
                there = f"there {'is' if count == 1 else 'are'} {count}"
                raise SettingsError(f"{option} is for photograph {number}, and {there}; leave it out")
            if kind in texts[number - 1]:
                raise SettingsError(f"{option} comes after another --{kind} of photograph {number}; give one of them")
            texts[number - 1][kind] = value
    return [Choice(_face(each.get("face", "1")), each.get("points"), each.get("extra")) for each in texts]


def _named(arguments: argparse.Namespace, kind: str) -> Iterator[tuple[str, int, str]]:
    """The options of one kind that were given, as written, each with its photograph's number and its value."""
    for number, letter in enumerate(LETTERS, 1):
        value = getattr(arguments, f"{kind}_{letter}")
        if value is not None:
            yield f"--{kind}-{letter}", number, value
    for text in getattr(arguments, kind) or ():
        digits, _, value = text.partition("=")
        if not value or not is_count(digits):
            raise SettingsError(f"--{kind} is {text!r}; give the photograph's number and what is its own, as 4=VALUE")
        yield f"--{kind} {text}", int(digits), value


def _face(text: str) -> int:
    if not is_count(text):
        raise SettingsError(f"the face is {text!r}; give a number, 1 for the largest")
    return int(text)


def point_files(arguments: argparse.Namespace) -> list[str]:
    """The files of points that the options name."""
    return [value for kind in ("points", "extra") for _, _, value in _named(arguments, kind)]


def open_photographs(
    arguments: argparse.Namespace, files: Sequence[str], chosen: Sequence[Choice]
) -> tuple[tuple[Photograph, ...], list[Picture] | None]:
    """Photographs with their points, the network loaded if one of them needs it.

    Of more than a few, pictures are not kept: they are read again when they are needed, so that memory does not
    grow with their number.
    """
    from facekp.animation import Animation, is_animation
    from facekp.images import check_file
    from facekp.sources import open_photograph

    for file in files:
        check_file(file)
        if is_animation(file):
            complain(f"{file} is a film; the first of its {Animation(file).count} frames is taken")
    wanted = any(choice.points is None for choice in chosen)
    predictor = load_predictor(arguments) if wanted else None
    few = len(files) <= _HANDED_ON

    def opened(index: int) -> tuple[Photograph, Picture | None]:
        choice = chosen[index]
        photograph, picture = open_photograph(
            files[index], predictor, face=choice.face, points=choice.points, extra=choice.extra
        )
        return photograph, picture if few else None

    indices = range(len(files))
    results: Iterator[tuple[Photograph, Picture | None]]
    if wanted:
        from facekp.many import on_all_cores

        results = on_all_cores(opened, indices)
    else:
        results = map(opened, indices)
    found = list(with_progress(results, len(files)))
    return tuple(photograph for photograph, _ in found), [
        picture for _, picture in found if picture is not None
    ] or None
