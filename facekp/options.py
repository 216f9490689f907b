"""Settings written as text, as the command line and tables have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from reprlib import repr as repr_of
from typing import Any

from facekp.errors import SettingsError

Parser = Callable[[str, str], Any]


def settings_from_text(texts: Mapping[str, str]) -> dict[str, Any]:
    """Values for `MorphSettings` from their names and texts.

    Raises
    ------
    SettingsError
        If a name is unknown, or a text cannot stand for such a value.
    """
    unknown = [name for name in texts if name not in PARSERS]
    if unknown:
        raise SettingsError(f"there is no setting {unknown[0]!r}; there are {', '.join(PARSERS)}")
    return {name: PARSERS[name](name, text.strip()) for name, text in texts.items()}


def numbers(name: str, text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    return tuple(_number(name, part) for part in text.split(","))


def is_count(text: str) -> bool:
    """Whether a text is a number from 1 to 999,999,999, as a face or a photograph has."""
    return text.isdecimal() and len(text) < 10 and int(text) > 0


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:  # also of thousands of digits
        raise SettingsError(f"{name} is {repr_of(text)}; give a whole number") from None


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"{name} is {repr_of(text)}; give a number") from None


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _SWITCHES:
        raise SettingsError(f"{name} is {text!r}; give yes or no")
    return _SWITCHES[text.lower()]


def _size(name: str, text: str) -> tuple[int, int] | str:
    if text.lower() == "a":
        return "a"
    sides = re.fullmatch(r"(\d{1,9})(?:[x×](\d{1,9}))?", text)
    if not sides:
        raise SettingsError(f"{name} is {repr_of(text)}; give a side as 512, or width and height as 640x480, or a")
    return int(sides[1]), int(sides[2] or sides[1])


def _curve(name: str, text: str) -> str | tuple[float, ...]:
    return numbers(name, text) if "," in text else text


def _word(name: str, text: str) -> str:
    return text


_SWITCHES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

PARSERS: dict[str, Parser] = {
    "frames": _whole,
    "size": _size,
    "fps": _number,
    "hold_first": _number,
    "hold_last": _number,
    "ping_pong": _switch,
    "loop": _switch,
    "closed": _switch,
    "stop_at_faces": _switch,
    "reference": _word,
    "shape_curve": _curve,
    "colour_curve": _curve,
    "background": _word,
    "face_only": _word,
    "colour_match": _word,
    "linear_light": _switch,
}
"""For each field of `MorphSettings` what makes its value of a text."""
