"""How a morph is made: one object for the library, the command line and the app."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from facekp.errors import SettingsError

MIN_SIDE, MAX_SIDE = 16, 4096
"""Smallest and largest width and height of a rendered picture, pixels."""

MAX_FRAMES = 100_000
"""Of the way from a face to the next: an hour at 28 frames a second."""

MIN_FPS, MAX_FPS = 1, 100
LONGEST_HOLD = 60
"""Seconds."""

AS_A = "a"
"""The size, the frame or the background of photograph A."""

CURVES = ("linear", "smooth", "ease-in", "ease-out")
REFERENCES = ("common", "a", "eyes")
BACKGROUNDS = ("dissolve", "a", "b", "transparent")
FACE_ONLY = ("off", "feather", "seamless")
COLOUR_MATCHES = ("none", "lab")

LOWEST_PART, HIGHEST_PART = -1.0, 2.0
"""How far a curve of numbers may overshoot: -1 is as far before A as B is behind it."""

Size = tuple[int, int] | str
Curve = str | tuple[float, ...]


@dataclass(frozen=True)
class MorphSettings:
    """How a morph is rendered and timed; checked when it is made.

    Attributes
    ----------
    frames : int
        Number of frames of the way from a face to the next, both ends included; 2 to 100,000.
    size : (int, int) or "a"
        Width and height of each frame, pixels, each from 16 to 4096; or ``"a"``, as photograph A.
    fps : float
        Frames a second, 1 to 100.
    hold_first, hold_last : float
        How long the first and the last face stand still, beyond their frame's own time;
        seconds, 0 to 60. With ping_pong or closed the last face is in mid-film: there it is held
        for whole frames, in every format.
    ping_pong : bool
        Whether the film runs back again.
    loop : bool
        Whether the film plays for ever, where its format can say so.
    closed : bool
        Whether the film goes on from the last face to the first.
    stop_at_faces : bool
        Whether a film through three or more faces comes to rest at each, as the curves say.
    reference : str
        ``"common"``: a portrait, eyes level, in which the mean of the faces has its place;
        ``"a"``: photograph A as it was taken, the others brought to its face;
        ``"eyes"``: that portrait, with both eyes of every face pinned to the same two places.
    shape_curve, colour_curve : str or tuple of float
        How shape and colour go from A (0) to B (1) in the film's time: ``"linear"``, ``"smooth"``
        (smoothstep: no speed at either end), ``"ease-in"``, ``"ease-out"``, or two numbers or
        more, each from -1 to 2, at even distances in time.
    background : str
        What is seen beyond the head: ``"dissolve"``, one background turning into the other;
        ``"a"`` or ``"b"``, that photograph's throughout; ``"transparent"``, nothing (frames are
        RGBA); or a colour as ``"#rrggbb"``. For the last two heads are cut out where their colours
        can be told from what is behind them, and softly outlined elsewhere; see `facekp.matte`. What a
        photograph's own transparency hides stays hidden; with other backgrounds it is white.
    face_only : str
        ``"feather"`` or ``"seamless"``: only the face changes, and is blended back into photograph A
        with a soft edge, or with A's light and skin (Poisson image editing). ``"off"``: neither.
        Needs the reference ``"a"``.
    colour_match : str
        ``"lab"``: the mean and the spread of every face's colours are made those of A's; hair and
        neck go along, and what is behind them stays.
        ``"none"``: colours stay.
    linear_light : bool
        Whether colours are mixed as amounts of light, not as sRGB numbers: brighter mid-ways.

    Raises
    ------
    SettingsError
        If a value is outside its range, or two of them exclude each other.
    """

    frames: int = 60
    size: Size = (512, 512)
    fps: float = 30.0
    hold_first: float = 0.0
    hold_last: float = 0.0
    ping_pong: bool = False
    loop: bool = True
    closed: bool = False
    stop_at_faces: bool = False
    reference: str = "common"
    shape_curve: Curve = "smooth"
    colour_curve: Curve = "smooth"
    background: str = "dissolve"
    face_only: str = "off"
    colour_match: str = "none"
    linear_light: bool = False

    def __post_init__(self) -> None:
        whole = isinstance(self.frames, int | np.integer) and not isinstance(self.frames, bool)
        if not whole or not 2 <= self.frames <= MAX_FRAMES:
            raise SettingsError(
                f"a morph needs 2 frames or more, its first and its last, and {MAX_FRAMES} at most; "
                f"frames is {self.frames!r}"
            )
        checked: dict[str, Any] = {
            "frames": int(self.frames),
            "size": self.size if isinstance(self.size, str) and self.size == AS_A else check_size(self.size),
            "fps": _number("fps", self.fps, MIN_FPS, MAX_FPS, "frames a second"),
            "background": _background(self.background),
        }
        for name in ("hold_first", "hold_last"):
            checked[name] = _number(name, getattr(self, name), 0, LONGEST_HOLD, "seconds")
        for name in ("ping_pong", "loop", "closed", "stop_at_faces", "linear_light"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise SettingsError(f"{name} is {getattr(self, name)!r}; give True or False")
            checked[name] = bool(getattr(self, name))
        for name in ("shape_curve", "colour_curve"):
            checked[name] = _curve(name, getattr(self, name))
        for name, choices in _CHOICES.items():
            _choice(name, getattr(self, name), choices)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_together()

    def _check_together(self) -> None:
        if self.ping_pong and self.closed:
            raise SettingsError(
                "a closed film comes back to the first face already; give closed or ping_pong, not both"
            )
        if self.face_only == "off":
            return
        if self.reference != "a":
            raise SettingsError(
                f"face_only puts the face back into photograph A, and the reference is {self.reference!r}; "
                "give the reference 'a' with it"
            )
        if self.background not in ("dissolve", "a"):
            raise SettingsError(
                f"face_only keeps the rest of photograph A, and the background is {self.background!r}; leave one out"
            )

    def check_faces(self, count: int) -> None:
        """Check that a film through so many faces can have these settings.

        Raises
        ------
        SettingsError
            If not.
        """
        if count > 2 and (self.background in ("a", "b") or self.face_only != "off"):
            raise SettingsError(
                f"a film through {count} faces cannot keep one photograph's background; "
                "give the background 'dissolve', 'transparent' or a colour, and no face_only"
            )
        ways = count if self.closed else count - 1
        if ways > 1 and self.shape_curve != self.colour_curve and not self.stop_at_faces:
            raise SettingsError(
                "on the way through several faces shape and colour need the same curve; give it, or stop_at_faces"
            )

    @property
    def alpha(self) -> bool:
        """Whether frames are RGBA."""
        return self.background == "transparent"

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON: `from_dict` makes the same settings of them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MorphSettings:
        """Settings from plain values; what is not named has its default.

        Raises
        ------
        SettingsError
            If a name is unknown or a value unusable.
        """
        if not isinstance(values, Mapping):
            raise SettingsError(f"settings are names and values, not {type(values).__name__}")
        known = [field.name for field in fields(cls)]
        unknown = [name for name in values if name not in known]
        if unknown:
            raise SettingsError(f"there is no setting {unknown[0]!r}; there are {', '.join(known)}")
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**given)


_CHOICES = {"reference": REFERENCES, "face_only": FACE_ONLY, "colour_match": COLOUR_MATCHES}


def check_size(size: Any) -> tuple[int, int]:
    """Width and height as two ints.

    Raises
    ------
    SettingsError
        If they are not two whole numbers from 16 to 4096.
    """
    sides = tuple(size) if isinstance(size, Sequence | np.ndarray) else ()
    whole = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not whole or not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        raise SettingsError(
            f"the size is {size!r}; give (width, height), two whole numbers from {MIN_SIDE} to {MAX_SIDE} pixels"
        )
    return int(sides[0]), int(sides[1])


def _number(name: str, value: object, low: float, high: float, unit: str) -> float:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not low <= value <= high:  # type: ignore[operator]
        raise SettingsError(f"{name} is {value!r}; give a number from {low} to {high}, {unit}")
    return float(value)  # type: ignore[arg-type]


def _choice(name: str, value: object, choices: Sequence[str]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise SettingsError(f"{name} is {value!r}; give one of {', '.join(map(repr, choices))}")


def _curve(name: str, value: object) -> Curve:
    if isinstance(value, str):
        _choice(name, value, CURVES)
        return value
    numbers = tuple(value) if isinstance(value, Sequence | np.ndarray) else ()
    real = all(isinstance(number, int | float | np.number) and not isinstance(number, bool) for number in numbers)
    if len(numbers) < 2 or not real or not all(LOWEST_PART <= number <= HIGHEST_PART for number in numbers):
        raise SettingsError(
            f"{name} is {value!r}; give one of {', '.join(map(repr, CURVES))}, or two numbers or more, "
            f"each from {LOWEST_PART:g} to {HIGHEST_PART:g}"
        )
    return tuple(float(number) for number in numbers)


def _background(value: object) -> str:
    if isinstance(value, str) and (value in BACKGROUNDS or re.fullmatch(r"#[0-9a-fA-F]{6}", value)):
        return value.lower()
    choices = ", ".join(map(repr, BACKGROUNDS))
    raise SettingsError(f"background is {value!r}; give one of {choices}, or a colour as '#rrggbb'")
