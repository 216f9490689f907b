"""Frames of a film side by side: a strip, or a contact sheet."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from facekp.errors import SettingsError
from facekp.files import check_output, write_bytes
from facekp.film import MovieOptions, check_colour, flattened, kept, reduced, timed
from facekp.images import Picture, encode_png

MAX_PICTURES = 100


def contact_sheet(
    frames: Iterable[Picture],
    count: int = 8,
    columns: int | None = None,
    *,
    width: int | None = None,
    gap: int = 4,
    background: str = "#ffffff",
) -> Picture:
    """Frames of a film, evenly chosen, side by side.

    Parameters
    ----------
    frames : iterable of uint8 arrays (H, W, 3) or (H, W, 4)
        RGB or RGBA, all of one size. They wait in a temporary file: memory holds the sheet only.
    count : int
        How many are shown, 1 to 100, the first and the last among them; all, if there are fewer.
    columns : int, optional
        In a row; by default all, which makes a strip.
    width : int, optional
        To which each picture is reduced, pixels; by default, and at most, its own.
    gap : int
        Pixels between pictures, 0 to 100.
    background : str
        ``"#rrggbb"``, between pictures and behind transparent ones; or ``"transparent"``.

    Returns
    -------
    uint8 array (rows * (h + gap) - gap, columns * (w + gap) - gap, 3)
        RGB; with the background ``"transparent"`` RGBA.

    Raises
    ------
    SettingsError
        If a number is out of range, or the background is no colour.
    OutputError
        If there are no frames, or they differ in size or kind.
    """
    _check("count", count, 1, MAX_PICTURES)
    _check("columns", columns if columns is not None else 1, 1, MAX_PICTURES)
    _check("width", width if width is not None else 1, 1, None)
    _check("gap", gap, 0, 100)
    transparent = background == "transparent"
    colour = check_colour("background", "#000000" if transparent else background)
    # Times do not matter here.
    with kept(timed(frames, Fraction(1), MovieOptions())) as film:
        chosen = film.thinned(count)
        in_row = min(columns or len(chosen), len(chosen))
        wide, high = film.size
        if width is not None and width < wide:
            wide, high = width, max(1, round(high * width / wide))
        rows = math.ceil(len(chosen) / in_row)
        shape = (rows * (high + gap) - gap, in_row * (wide + gap) - gap)
        sheet = np.zeros((*shape, 4 if transparent else 3), dtype=np.uint8)
        sheet[..., :3] = colour
        for number, shot in enumerate(chosen):
            y, x = number // in_row * (high + gap), number % in_row * (wide + gap)
            place = sheet[y : y + high, x : x + wide]
            picture = reduced(shot.picture, (wide, high))
            if not transparent:
                place[:] = flattened(picture, colour)
            else:
                place[..., 3] = 255
                place[..., : picture.shape[2]] = picture
    return sheet


def write_contact_sheet(
    frames: Iterable[Picture],
    path: str | os.PathLike[str],
    count: int = 8,
    columns: int | None = None,
    *,
    width: int | None = None,
    gap: int = 4,
    background: str = "#ffffff",
) -> None:
    """Write a `contact_sheet` as PNG; the path is checked before the first frame is made.

    Raises
    ------
    OutputError
        If the path does not end in ``.png`` or cannot be written; and as `contact_sheet`.
    SettingsError
        As `contact_sheet`.
    """
    target = check_output(path, (".png",))
    sheet = contact_sheet(frames, count, columns, width=width, gap=gap, background=background)
    write_bytes(target, encode_png(sheet))


def _check(name: str, value: object, low: int, high: int | None) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high):  # type: ignore[operator]
        to = f"from {low} to {high}" if high is not None else f"of {low} or more"
        raise SettingsError(f"{name} is {value!r}; give a whole number {to}")
