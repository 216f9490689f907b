"""The options of morph, average, caricature, transform, symmetrise and swap."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facekp.cli_faces import add_face_options
from facekp.cli_recipe import (
    recipe_of_average,
    recipe_of_caricature,
    recipe_of_morph,
    recipe_of_swap,
    recipe_of_symmetrise,
    recipe_of_transform,
    run,
)
from facekp.console import add_shared_options

if TYPE_CHECKING:
    from facekp.images import Picture
    from facekp.recipe import Recipe

_STILL_OPTIONS = {
    "size": "side in pixels, 16 to 4096, or WIDTHxHEIGHT, or a: as photograph A",
    "reference": "common: a portrait, eyes level; a: photograph A as it is; eyes: eyes pinned",
    "background": "beyond the head: dissolve, a, b (that photograph's), transparent, or #rrggbb",
    "face_only": "off, feather or seamless: only the face, back into photograph A (with --reference a)",
    "colour_match": "none, or lab: every face in A's mean colour and spread",
}
_FILM_OPTIONS = {
    "frames": "from a face to the next, both ends included, 2 to 100000 (default: 60)",
    "fps": "frames a second, 1 to 100, of a GIF to 50, of WebP and APNG to 90 (default: 30)",
    "hold_first": "seconds that the first face stands still, 0 to 60",
    "hold_last": "seconds that the last face stands still, 0 to 60; whole frames with --ping-pong and --closed",
    "shape_curve": "linear, smooth (default), ease-in, ease-out, or numbers from -1 to 2 as 0,0.2,1",
    "colour_curve": "likewise",
}
_NUMBERS = re.compile(r"^-[.\d][-+.,\deE]*$")
"""Values that begin with a minus sign. argparse tells single numbers from options, but not lists as -0.5,1.5."""

_FILM_SWITCHES = {
    "ping_pong": "and back again",
    "closed": "on from the last face to the first",
    "stop_at_faces": "rest at each face on the way",
}


def add_morph_commands(commands: Any) -> None:
    """Add the commands to the parser's subparsers."""
    morph = _command(
        commands, "morph", "morph face A into B, or through more faces", "morph.gif", recipe_of_morph, many=True
    )
    morph.add_argument(
        "--pairs",
        metavar="FILE.csv",
        help="make many films, and recipes beside them: columns a, b, name, any setting, …; Ctrl-C gives up those in "
        "work, and the same command goes on",
    )
    morph.add_argument("--format", help="of the films of --pairs (default: gif)")
    morph.add_argument("--jobs", type=int, help="films of --pairs at a time (default: as many as there are cores)")
    morph.add_argument(
        "--frame", metavar="PART", help="no film, but one picture: 0 is A, 1 is B, from -1 to 2; or SHAPE,COLOUR"
    )
    morph.add_argument(
        "--strip", type=int, metavar="N", help="pictures in the strip that a .png shows, 1 to 100 (default: 8)"
    )
    for name, text in _FILM_OPTIONS.items():
        morph.add_argument(_flag(name), metavar=name.split("_")[-1].upper(), default=argparse.SUPPRESS, help=text)
    for name, text in _FILM_SWITCHES.items():
        _switch(morph, _flag(name), name, "yes", text)
    _switch(morph, "--no-loop", "loop", "no", "play once")
    movie = morph.add_argument_group("the film's file")
    movie.add_argument("--quality", type=int, default=argparse.SUPPRESS, help="of MP4, WebM and WebP, 0 to 100 (80)")
    movie.add_argument(
        "--max-mb",
        type=float,
        dest="max_megabytes",
        default=argparse.SUPPRESS,
        help="stay under so many megabytes, up to 1000000",
    )
    movie.add_argument("--palette", default=argparse.SUPPRESS, help="of a GIF: film (one for all frames) or frame")
    movie.add_argument("--colours", type=int, default=argparse.SUPPRESS, help="of a GIF's palette, 2 to 256")
    movie.add_argument("--dither", default=argparse.SUPPRESS, help="of a GIF: ordered, none or diffusion")

    average = _command(
        commands,
        "average",
        "the mean face of photographs; of two, the mid-way face",
        "mean.png",
        recipe_of_average,
        many=True,
    )
    average.add_argument(
        "--weights", metavar="W,W,…", help="how much each counts, from -1000000 to 1000000 (all alike)"
    )

    caricature = _command(
        commands, "caricature", "a face moved away from a mean", "caricature.png", recipe_of_caricature
    )
    caricature.add_argument("--mean", metavar="PHOTO", help="the mean face")
    caricature.add_argument(
        "--factor",
        dest="amount",
        type=float,
        help="0: the face, -1: the mean, 1: twice as different (default); -10 to 10",
    )

    transform = _command(
        commands, "transform", "the difference of two faces laid on a third", "transform.png", recipe_of_transform
    )
    transform.add_argument("--from", dest="origin", metavar="PHOTO", help="the first of the two")
    transform.add_argument("--to", dest="aim", metavar="PHOTO", help="the second")
    transform.add_argument("--amount", type=float, help="1: the whole difference (default); -10 to 10")

    symmetrise = _command(
        commands, "symmetrise", "a face with its own mirror image", "symmetric.png", recipe_of_symmetrise
    )
    symmetrise.add_argument("--amount", type=float, help="0: the face itself, 1: fully symmetric (default); -10 to 10")
    for command in (caricature, transform, symmetrise):
        command.add_argument("--only", choices=("shape", "colour"), help="default: both")

    _command(commands, "swap", "the shape of face A, the colours of B", "swap.png", recipe_of_swap, many=True)


def _command(
    commands: Any,
    name: str,
    text: str,
    default: str,
    recipe: Callable[[argparse.Namespace], tuple[Recipe, list[Picture] | None]],
    *,
    many: bool = False,
) -> argparse.ArgumentParser:
    """A command, with what all of them understand."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=text)
    command._negative_number_matcher = _NUMBERS  # argparse has no public name for it
    command.add_argument("photos", metavar="PHOTO", nargs="*" if many else "?")
    command.add_argument("--out", metavar="FILE", type=Path, help=f"its suffix says the format (default: {default})")
    command.add_argument("--recipe", metavar="FILE.json", type=Path, help="make again what a recipe says")
    command.add_argument("--save-recipe", metavar="FILE.json", type=Path, help="write the recipe of what is made")
    for option, about in _STILL_OPTIONS.items():
        command.add_argument(
            _flag(option), metavar=option.split("_")[-1].upper(), default=argparse.SUPPRESS, help=about
        )
    _switch(command, "--linear-light", "linear_light", "yes", "mix colours as light")
    add_face_options(command)
    add_shared_options(command)
    command.set_defaults(run=run, kind=name, default=Path(default), recipe_of=recipe)
    return command


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _switch(command: argparse.ArgumentParser, flag: str, name: str, value: str, text: str) -> None:
    command.add_argument(flag, dest=name, action="store_const", const=value, default=argparse.SUPPRESS, help=text)
