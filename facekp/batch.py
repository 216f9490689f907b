"""Many morphs from a table of pairs, on all cores, taken up again where they stopped."""

from __future__ import annotations

import csv
import json
import os
import signal
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from facekp import __version__
from facekp.errors import FacekpError, FacekpWarning, OutputError, SettingsError
from facekp.images import read_file
from facekp.make import make
from facekp.options import PARSERS, settings_from_text
from facekp.recipe import Output, Recipe, check_suffix, read_recipe, write_recipe
from facekp.settings import MorphSettings
from facekp.sources import fingerprint, open_photograph

if TYPE_CHECKING:
    from facekp.predict import KeypointPredictor

PHOTOGRAPHS, FACES = ("a", "b"), ("face_a", "face_b")
POINTS, EXTRA = ("points_a", "points_b"), ("extra_a", "extra_b")
_COLUMNS = (*PHOTOGRAPHS, "name", *FACES, *POINTS, *EXTRA)


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
class Network:
    """What finds the points: a checkpoint's name or folder, its fingerprint, and the detector's name."""

    model: str
    sha256: str
    detector: str | None


@dataclass(frozen=True)
class Done:
    """What became of a pair: made, or skipped, with warnings, or an error's sentence."""

    name: str
    made: bool
    warnings: tuple[str, ...] = ()
    error: str = ""


def read_pairs(path: str | os.PathLike[str], settings: MorphSettings) -> list[Pair]:
    """Read a table of pairs.

    Parameters
    ----------
    path : path
        A CSV file. Columns ``a`` and ``b`` are photographs, from the table's folder on; optional are
        ``name`` (default: both names), ``face_a``, ``face_b`` (numbers, 1 is the largest face),
        ``points_a``, ``points_b`` (files of points), ``extra_a``, ``extra_b`` (files of more
        points), and any setting by its name. Empty cells have the default.
    settings : MorphSettings
        What the table does not say.

    Raises
    ------
    SettingsError
        If the file cannot be read, a column is unknown or missing, or a row is wrong.
    """
    file = Path(path)
    try:
        with file.open(newline="", encoding="utf-8-sig") as table:
            rows = list(csv.DictReader(table))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{file} cannot be read as a table: {error}") from None
    if not rows:
        raise SettingsError(f"{file} has no pairs; give the columns a and b and a row for each pair")
    for column in rows[0]:
        if column not in _COLUMNS and column not in PARSERS:
            raise SettingsError(f"{file} has a column {column!r}; there are {', '.join((*_COLUMNS, *PARSERS))}")
    pairs = [_pair(row, f"{file}, row {number}", file.parent, settings) for number, row in enumerate(rows, 1)]
    names = [pair.name for pair in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(f"{file} has several pairs called {twice!r}; tell them apart in a column name")
    return pairs


def _pair(row: dict[str, str | None], where: str, folder: Path, settings: MorphSettings) -> Pair:
    cells = {column: text.strip() for column, text in row.items() if isinstance(text, str) and text.strip()}
    for column in PHOTOGRAPHS:
        if column not in cells:
            raise SettingsError(f"{where} has no photograph {column!r}")
    name = cells.get("name", f"{Path(cells['a']).stem}_{Path(cells['b']).stem}")
    if Path(name).name != name:
        raise SettingsError(f"{where}: the name {name!r} is no file's name")
    texts = [cells.get(column, "1") for column in FACES]
    if not all(text.isdecimal() and int(text) > 0 for text in texts):
        raise SettingsError(f"{where}: faces are numbers from 1, not {' and '.join(texts)}")
    first, second = (str(folder / cells[column]) for column in PHOTOGRAPHS)
    points_a, points_b, extra_a, extra_b = (
        str(folder / cells[column]) if column in cells else None for column in (*POINTS, *EXTRA)
    )
    try:
        own = settings_from_text({column: text for column, text in cells.items() if column in PARSERS})
        chosen = replace(settings, **own)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from None
    faces = int(texts[0]), int(texts[1])
    return Pair(name, (first, second), faces, (points_a, points_b), (extra_a, extra_b), chosen)


def run_pairs(
    pairs: Sequence[Pair],
    folder: str | os.PathLike[str],
    output: Output,
    network: Network | None,
    *,
    workers: int | None = None,
) -> Iterator[Done]:
    """Make the films of pairs, and their recipes beside them.

    A film is skipped if its recipe says that it was made of the same photographs, points, settings
    and weights by the same version, and the film is there.

    Parameters
    ----------
    pairs : sequence of Pair
    folder : path
        Where ``NAME.gif``, say, and ``NAME.recipe.json`` are written; made if it is not there.
    output : Output
    network : Network, optional
        What finds points; needed unless the table gives them all.
    workers : int, optional
        Processes; by default one for each core. With 1 everything happens in this one.

    Yields
    ------
    Done
        One for each pair, as they come to an end.

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """
    check_suffix(output.suffix, "morph", still=False)
    place = Path(folder)
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{place} cannot be made: {error.strerror or error}") from None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = min(workers or cores, len(pairs))
    if count <= 1:
        worker = _Worker(network)
        yield from (worker.done(pair, place, output) for pair in pairs)
        return
    with ProcessPoolExecutor(count, get_context("spawn"), _begin, (network,)) as pool:
        try:
            futures = {pool.submit(_work, pair, place, output): pair for pair in pairs}
            for future in as_completed(futures):
                yield _result(future, futures[future])
        finally:
            pool.shutdown(cancel_futures=True)


def _result(future: Future[Done], pair: Pair) -> Done:
    try:
        return future.result()
    except BrokenProcessPool:
        return Done(pair.name, made=False, error="its process came to an end; is there enough memory?")


class _Worker:
    """Makes one film after the other; loads the network when it is first needed."""

    def __init__(self, network: Network | None) -> None:
        self._network = network
        self._predictor: KeypointPredictor | None = None

    def done(self, pair: Pair, folder: Path, output: Output) -> Done:
        """The film of a pair, made or skipped; errors become sentences."""
        try:
            job = self._job(pair, output)
            film, note = folder / f"{pair.name}{output.suffix}", folder / f"{pair.name}.recipe.json"
            if film.is_file() and _job_of(note) == job:
                return Done(pair.name, made=False)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FacekpWarning)  # they are handed on as text
                return Done(pair.name, made=True, warnings=self._make(pair, film, note, output, job))
        except FacekpError as error:
            return Done(pair.name, made=False, error=str(error))
        except Exception as error:  # whatever is wrong with one film, the others are made
            sentence = " ".join(f"an error that was not foreseen, {type(error).__name__}: {error}".split())
            return Done(pair.name, made=False, error=sentence)

    def _job(self, pair: Pair, output: Output) -> str:
        """The fingerprint of all that a film is made of, known before any work is done."""
        files = [path for path in (*pair.photographs, *pair.points, *pair.extra) if path is not None]
        facts = {
            "facekp": __version__,
            "files": [fingerprint(read_file(path)) for path in files],
            "points": [path is not None for path in (*pair.points, *pair.extra)],
            "faces": pair.faces,
            "settings": pair.settings.to_dict(),
            "output": asdict(output),
            "network": None if None not in pair.points or self._network is None else asdict(self._network),
        }
        return fingerprint(json.dumps(facts, sort_keys=True).encode())

    def _make(self, pair: Pair, film: Path, note: Path, output: Output, job: str) -> tuple[str, ...]:
        opened = [
            open_photograph(path, self._found(points), face=face, points=points, extra=extra)
            for path, face, points, extra in zip(pair.photographs, pair.faces, pair.points, pair.extra, strict=True)
        ]
        photographs = tuple(photograph for photograph, _ in opened)
        recipe = Recipe("morph", photographs, pair.settings, output, job=job)
        sentences = make(recipe, film, pictures=[picture for _, picture in opened])
        write_recipe(recipe, note)
        return sentences

    def _found(self, points: str | None) -> KeypointPredictor | None:
        if points is None and self._predictor is None and self._network is not None:
            from facekp.predict import KeypointPredictor

            self._predictor = KeypointPredictor.from_checkpoint(self._network.model, self._network.detector)
        return self._predictor


def _job_of(note: Path) -> str | None:
    """The fingerprint in a recipe, if there is one."""
    try:
        return read_recipe(note).job or None
    except FacekpError:
        return None


_worker: _Worker | None = None


def _begin(network: Network | None) -> None:
    """Start a process of the pool: one thread each, and Ctrl-C is left to the parent."""
    global _worker
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"  # read by torch when it is imported
    cv2.setNumThreads(1)
    _worker = _Worker(network)


def _work(pair: Pair, folder: Path, output: Output) -> Done:
    if _worker is None:
        raise RuntimeError("the process was not begun")
    return _worker.done(pair, folder, output)
