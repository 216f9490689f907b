"""Tables of pairs of photographs: which films are to be made of what."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facekp.errors import SettingsError
from facekp.files import reason
from facekp.options import PARSERS, is_count, settings_from_text
from facekp.settings import MorphSettings

PHOTOGRAPHS, FACES = ("a", "b"), ("face_a", "face_b")
POINTS, EXTRA = ("points_a", "points_b"), ("extra_a", "extra_b")
_COLUMNS = (*PHOTOGRAPHS, "name", *FACES, *POINTS, *EXTRA)
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Pair:
    """A row of the table.

    Attributes
    ----------
    name : str
        Of the film's file, without suffix.
    photographs : (str, str)
        Paths of A and B.
    faces : (int, int)
        Which face of either, 1 for the largest.
    points : (str or None, str or None)
        Files of points; None to have them found.
    extra : (str or None, str or None)
        Files of more points, the same ones of both faces.
    settings : MorphSettings
    """

    name: str
    photographs: tuple[str, str]
    faces: tuple[int, int]
    points: tuple[str | None, str | None]
    extra: tuple[str | None, str | None]
    settings: MorphSettings


@dataclass(frozen=True)
class Table:
    """What a table says.

    Attributes
    ----------
    pairs : tuple of Pair
        No two have the same name.
    failures : tuple of str
        A sentence for each row of which no pair can be made.
    files : frozenset of Path
        The table itself and all files that its rows name, the bad ones too: none of them may be overwritten.
    """

    pairs: tuple[Pair, ...]
    failures: tuple[str, ...]
    files: frozenset[Path]


def read_pairs(path: str | os.PathLike[str], settings: MorphSettings) -> Table:
    """Read a table of pairs.

    Parameters
    ----------
    path : path
        A CSV file with commas, semicolons or tabs. Columns ``a`` and ``b`` are photographs, from the
        table's folder on; optional are ``name`` (default: both names), ``face_a``, ``face_b``
        (numbers, 1 is the largest face), ``points_a``, ``points_b`` (files of points), ``extra_a``,
        ``extra_b`` (files of more points), and any setting by its name. Empty cells have the default.
    settings : MorphSettings
        What the table does not say.

    Raises
    ------
    SettingsError
        If the file cannot be read, a column is unknown, missing or there twice, or there are no rows.
    """
    file = Path(path)
    header, rows = _rows(file)
    pairs: dict[str, Pair] = {}
    failures, files = [], [file]
    for number, row in rows:
        cells = {column: cell for column, cell in zip(header, row, strict=False) if cell}
        files += [file.parent / cells[column] for column in (*PHOTOGRAPHS, *POINTS, *EXTRA) if column in cells]
        try:
            if any(row[len(header) :]):
                raise SettingsError(f"{len(row)} cells for {len(header)} columns; put cells with commas in quotes")
            pair = _pair(cells, file.parent, settings)
            if pair.name in pairs:
                raise SettingsError(f"a row above is called {pair.name!r} too; tell them apart in a column name")
        except SettingsError as error:
            failures.append(f"{file}, row {number}: {error}")
        else:
            pairs[pair.name] = pair
    return Table(tuple(pairs.values()), tuple(failures), frozenset(files))


def _rows(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns, and rows of cells with their numbers; blank rows are counted, and left out."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        if "\0" in text:
            raise csv.Error("it holds zero bytes")
        rows = list(_stripped(text))
    except UnicodeDecodeError:
        raise SettingsError(f"{file} cannot be read as a table: it is no UTF-8 text; save it as CSV UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read as a table: {reason(error)}") from None
    except csv.Error as error:
        raise SettingsError(f"{file} cannot be read as a table: {error}") from None
    filled = [index for index, row in enumerate(rows) if any(row)]
    if len(filled) < 2:
        raise SettingsError(f"{file} has no pairs; give the columns a and b and a row for each pair")
    header = rows[filled[0]]
    while not header[-1]:  # spreadsheets write empty columns, too
        header.pop()
    _check_header(header, file)
    return header, [(index - filled[0], rows[index]) for index in filled[1:]]


def _stripped(text: str) -> Iterator[list[str]]:
    first = text.strip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
        yield [cell.strip() for cell in row]


def _check_header(header: Sequence[str], file: Path) -> None:
    for column in header:
        if column not in _COLUMNS and column not in PARSERS:
            raise SettingsError(f"{file} has a column {column!r}; there are {', '.join((*_COLUMNS, *PARSERS))}")
        if header.count(column) > 1:
            raise SettingsError(f"{file} has the column {column!r} twice; leave one out")
    for column in PHOTOGRAPHS:
        if column not in header:
            raise SettingsError(f"{file} has no column {column!r}; give the columns a and b, for the photographs")


def _pair(cells: Mapping[str, str], folder: Path, settings: MorphSettings) -> Pair:
    for column in PHOTOGRAPHS:
        if column not in cells:
            raise SettingsError(f"there is no photograph {column!r}")
    name = cells.get("name", f"{Path(cells['a']).stem}_{Path(cells['b']).stem}")
    if Path(name).name != name:
        raise SettingsError(f"the name {name!r} is no file's name")
    texts = [cells.get(column, "1") for column in FACES]
    if not all(map(is_count, texts)):
        raise SettingsError(f"faces are numbers from 1, not {' and '.join(texts)}")
    first, second = (str(folder / cells[column]) for column in PHOTOGRAPHS)
    points_a, points_b, extra_a, extra_b = (
        str(folder / cells[column]) if column in cells else None for column in (*POINTS, *EXTRA)
    )
    own = settings_from_text({column: text for column, text in cells.items() if column in PARSERS})
    faces = int(texts[0]), int(texts[1])
    return Pair(name, (first, second), faces, (points_a, points_b), (extra_a, extra_b), replace(settings, **own))
