"""What a visitor chose on the Morph page, as settings of the engine; nothing here knows Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from facekp.errors import SettingsError
from facekp.film import MovieOptions
from facekp.schedule import schedule
from facekp.settings import AS_A, Curve, MorphSettings, Size

OWN, AS_SHAPE, COLOUR = "own", "as shape", "colour"

FIRST_CHOICES: dict[str, Any] = {
    "frames": 60,
    "fps": 30,
    "size": "512",
    "width": 512,
    "height": 512,
    "ping_pong": False,
    "loop": True,
    "closed": False,
    "stop_at_faces": False,
    "hold_first": 0.0,
    "hold_last": 0.0,
    "reference": "common",
    "shape_curve": "smooth",
    "shape_numbers": "0, 0.2, 1",
    "colour_curve": AS_SHAPE,
    "colour_numbers": "0, 0.2, 1",
    "background": "dissolve",
    "background_colour": "#ffffff",
    "face_only": "off",
    "colour_match": False,
    "linear_light": False,
    "quality": 80,
    "palette": "film",
    "colours": 256,
    "dither": "ordered",
    "behind": "#ffffff",
    "limited": False,
    "max_megabytes": 8.0,
}
"""What is chosen when the page is first seen."""

MOST_PIXELS = 2**28
"""Of all frames of a film together: as many as 256 frames of 1024 × 1024. They wait on disk for its files."""


def film_settings(choices: Mapping[str, Any]) -> MorphSettings:
    """The settings that choices, named as in `FIRST_CHOICES`, stand for; what is not named is as there.

    Raises
    ------
    SettingsError
        If a choice is no value for the engine, or two exclude each other.
    """
    given = {**FIRST_CHOICES, **choices}
    same = ("frames", "fps", "ping_pong", "loop", "closed", "stop_at_faces", "hold_first", "hold_last", "reference")
    shape = _curve(given["shape_curve"], given["shape_numbers"])
    colour = given["colour_curve"]
    return MorphSettings(
        **{name: given[name] for name in same},
        size=_size(given),
        shape_curve=shape,
        colour_curve=shape if colour == AS_SHAPE else _curve(colour, given["colour_numbers"]),
        background=given["background_colour"] if given["background"] == COLOUR else given["background"],
        face_only=given["face_only"],
        colour_match="lab" if given["colour_match"] else "none",
        linear_light=given["linear_light"],
    )


def movie_choices(choices: Mapping[str, Any]) -> MovieOptions:
    """How the film's files are written; as `film_settings`."""
    given = {**FIRST_CHOICES, **choices}
    return MovieOptions(
        quality=given["quality"],
        palette=given["palette"],
        colours=given["colours"],
        dither=given["dither"],
        background=given["behind"],
        max_megabytes=given["max_megabytes"] if given["limited"] else None,
    )


def ways(settings: MorphSettings, faces: int) -> int:
    """How many ways from a face to the next a film through so many faces has."""
    return faces if settings.closed else faces - 1


def count_frames(settings: MorphSettings, faces: int, size: tuple[int, int]) -> int:
    """Number of frames of a film through so many faces, whose frames have this width and height.

    Raises
    ------
    SettingsError
        If the film would be larger than `MOST_PIXELS`, or the settings exclude each other.
    """
    count = len(schedule(settings, ways(settings, faces)))
    if count * size[0] * size[1] > MOST_PIXELS:
        raise SettingsError(
            f"{count} frames of {size[0]} × {size[1]} pixels are more than this page makes at once; choose fewer "
            f"frames or a smaller size: {MOST_PIXELS // (size[0] * size[1])} frames of this size are the most"
        )
    return count


def seconds(settings: MorphSettings, frames: int) -> float:
    """How long a film of so many frames lasts."""
    in_frames = settings.ping_pong or settings.closed  # then the last face is in mid-film
    at_end = 0 if in_frames else settings.hold_last
    return frames / settings.fps + settings.hold_first + at_end


def _size(given: Mapping[str, Any]) -> Size:
    if given["size"] == AS_A:
        return AS_A
    return (given["width"], given["height"]) if given["size"] == OWN else (int(given["size"]), int(given["size"]))


def _curve(choice: str, numbers: str) -> Curve:
    if choice != OWN:
        return choice
    try:
        return tuple(float(number) for number in numbers.replace(";", ",").split(","))
    except ValueError:
        raise SettingsError(f"the curve {numbers!r} is no list of numbers; give some as 0, 0.2, 1") from None
