"""Values as JSON files hold them: written so that people can read them, and read as what they should be."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from reprlib import repr as repr_of
from typing import Any

from facekp import __version__
from facekp.errors import SettingsError


def is_finite(value: object) -> bool:
    """Whether a value is a number, and one that a float can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def json_text(value: Any, line: str = "\n") -> str:
    """JSON with each item on a line of its own, but a pair of numbers, as a point is, on one.

    A name that is no UTF-8 gets the escapes by which JSON and Python give it back.
    """
    deeper = line + " "
    if isinstance(value, dict) and value:
        items = [f"{json_text(key)}: {json_text(each, deeper)}" for key, each in value.items()]
        return "{" + deeper + f",{deeper}".join(items) + line + "}"
    if isinstance(value, list) and value and not (len(value) == 2 and all(map(is_finite, value))):
        return "[" + deeper + f",{deeper}".join(json_text(each, deeper) for each in value) + line + "]"
    # Python has lone surrogates for such bytes, and the backslashes that stand for those are what JSON writes.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def text(value: Any, what: str, name: str) -> str:
    """A value that must be a text; `what` it is of the file that is called `name`."""
    if not isinstance(value, str):
        raise _no(value, what, name, "no text")
    return value


def truth(value: Any, what: str, name: str) -> bool:
    """A value that must be true or false; as `text`."""
    if not isinstance(value, bool):
        raise _no(value, what, name, "neither true nor false")
    return value


def number(value: Any, what: str, name: str) -> float:
    """A value that must be a finite number; as `text`."""
    if not is_finite(value):
        raise _no(value, what, name, "no finite number")
    return float(value)


def numbers(values: Any, what: str, name: str) -> tuple[float, ...]:
    """A value that must be a list of finite numbers; as `text`."""
    if not isinstance(values, list):
        raise _no(values, what, name, "no list of numbers")
    return tuple(number(value, what, name) for value in values)


def check_keys(
    values: Mapping[str, Any], needed: Sequence[str], optional: Sequence[str] | Mapping[str, Any], name: str
) -> None:
    """Refuse an object that lacks what is needed, or has something that is neither needed nor optional."""
    for key in needed:
        if key not in values:
            raise SettingsError(f"{name} lacks {key!r}")
    for key in values:
        if key not in needed and key not in optional:
            raise SettingsError(f"{name} has {key!r}, which means nothing to facekp {__version__}")


def _no(value: Any, what: str, name: str, kind: str) -> SettingsError:
    return SettingsError(f"{name} is no recipe: {repr_of(value)} for its {what} is {kind}")
