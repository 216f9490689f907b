"""Many morphs from a table of pairs, on all cores, taken up again where they stopped."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facekp import __version__
from facekp.errors import FacekpError, FacekpWarning, OutputError
from facekp.files import make_folder, written_aside
from facekp.images import read_file
from facekp.make import make
from facekp.pairs import Pair, Table
from facekp.parallel import CORES
from facekp.processes import in_processes
from facekp.recipe import Output, Recipe, check_suffix, read_recipe, write_recipe
from facekp.sources import fingerprint, open_photograph

if TYPE_CHECKING:
    from facekp.predict import KeypointPredictor


@dataclass(frozen=True)
class Network:
    """What finds the points: a checkpoint's name or folder, its fingerprint, the detector's name and the engine's."""

    model: str
    sha256: str
    detector: str | None = None
    engine: str = "auto"


@dataclass(frozen=True)
class Done:
    """What became of a pair: made, or skipped, with warnings, or an error's sentence."""

    name: str
    made: bool
    warnings: tuple[str, ...] = ()
    error: str = ""


def run_pairs(
    table: Table,
    folder: str | os.PathLike[str],
    output: Output,
    network: Network | None,
    *,
    workers: int | None = None,
    overwrite: bool = False,
) -> Generator[Done, None, None]:
    """Make the films of pairs, and their recipes beside them.

    A film is skipped if its recipe says that it was made of the same photographs, points, settings
    and weights by the same version, and the film is there, whole. Close the iterator to give up
    what is in work.

    Parameters
    ----------
    table : Table
    folder : path
        Where ``NAME.gif``, say, and ``NAME.gif.recipe.json`` are written; made if it is not there.
    output : Output
    network : Network, optional
        What finds points; needed unless the table gives them all.
    workers : int, optional
        Processes; by default one for each core. With 1 everything happens in this one.
    overwrite : bool
        Whether to replace files of these names that no batch wrote. Those of the table never are.

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
    maker = _Maker(make_folder(folder), output, network, overwrite)
    taken = {_identity(file) for file in table.files}
    safe = []
    for pair in table.pairs:
        own = next((path for path in maker.places(pair) if _identity(path) in taken), None)
        if own is None:
            safe.append(pair)
        else:
            sentence = (
                f"{own} is one of the table's own files; give the film another name, or another folder with --out"
            )
            yield Done(pair.name, made=False, error=sentence)
    count = min(workers or CORES, len(safe))
    if count <= 1:
        yield from map(maker.done, safe)
        return
    lost = "its process came to an end, or another one beside it; is there enough memory?"
    with closing(in_processes(maker.done, safe, count)) as results:
        for pair, done in results:
            yield done or Done(pair.name, made=False, error=lost)


class _Maker:
    """Makes one film after the other; loads the network when it is first needed."""

    def __init__(self, folder: Path, output: Output, network: Network | None, overwrite: bool) -> None:
        self._folder = folder
        self._output = output
        self._network = network
        self._overwrite = overwrite
        self._predictor: KeypointPredictor | None = None

    def places(self, pair: Pair) -> tuple[Path, Path]:
        """Where the film is written, and its recipe; films of other formats have recipes of their own."""
        film = f"{pair.name}{self._output.suffix}"
        return self._folder / film, self._folder / f"{film}.recipe.json"

    def done(self, pair: Pair) -> Done:
        """The film of a pair, made or skipped; errors become sentences."""
        film, note = self.places(pair)
        try:
            facts = self._facts(pair)
            if (job := _job_of(note)) and film.is_file() and job == _job(facts, film):
                return Done(pair.name, made=False)
            if not self._overwrite:
                _refuse_foreign(film, note)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FacekpWarning)  # they are handed on as text
                return Done(pair.name, made=True, warnings=self._make(pair, film, note, facts))
        except FacekpError as error:
            return Done(pair.name, made=False, error=str(error))
        except Exception as error:  # whatever is wrong with one film, the others are made
            sentence = " ".join(f"an error that was not foreseen, {type(error).__name__}: {error}".split())
            return Done(pair.name, made=False, error=sentence)

    def _facts(self, pair: Pair) -> str:
        """The fingerprint of all that a film is made of, known before any work is done."""
        files = [path for path in (*pair.photographs, *pair.points, *pair.extra) if path is not None]
        # Whichever engine computes: all give the same points, to a tenth of a pixel.
        network = asdict(replace(self._network, engine="torch")) if self._network and None in pair.points else None
        facts = {
            "facekp": __version__,
            "files": [fingerprint(read_file(path)) for path in files],
            "points": [path is not None for path in (*pair.points, *pair.extra)],
            "faces": pair.faces,
            "settings": pair.settings.to_dict(),
            "output": asdict(self._output),
            "network": network,
        }
        return fingerprint(json.dumps(facts, sort_keys=True).encode())

    def _make(self, pair: Pair, film: Path, note: Path, facts: str) -> tuple[str, ...]:
        opened = [
            open_photograph(path, self._found(points), face=face, points=points, extra=extra)
            for path, face, points, extra in zip(pair.photographs, pair.faces, pair.points, pair.extra, strict=True)
        ]
        recipe = Recipe("morph", tuple(photograph for photograph, _ in opened), pair.settings, self._output)
        with written_aside(film) as aside:
            try:
                sentences = make(recipe, aside, pictures=[picture for _, picture in opened])
            except OutputError as error:
                raise OutputError(str(error).replace(str(aside), str(film))) from None
            # Before the film has its name: one without a recipe would be taken for the user's own.
            write_recipe(replace(recipe, job=_job(facts, aside)), note)
        return sentences

    def _found(self, points: str | None) -> KeypointPredictor | None:
        if points is None and self._predictor is None and self._network is not None:
            from facekp.predict import KeypointPredictor

            network = self._network
            self._predictor = KeypointPredictor.from_checkpoint(network.model, network.detector, network.engine)
        return self._predictor


def _identity(path: Path) -> tuple[int, int] | str:
    """The same for all names of a file, such as links, and for names that differ in case, where that is one."""
    try:
        found = path.stat()
    except OSError:  # it is not there
        return os.path.realpath(path)
    return found.st_dev, found.st_ino


def _job(facts: str, film: Path) -> str:
    """The fingerprint of what a film was made of, and of the film itself."""
    with film.open("rb") as file:
        return fingerprint(f"{facts}\n{hashlib.file_digest(file, 'sha256').hexdigest()}".encode())


def _job_of(note: Path) -> str | None:
    """The fingerprint in a recipe, if there is one."""
    try:
        return read_recipe(note).job or None
    except FacekpError:
        return None


def _refuse_foreign(film: Path, note: Path) -> None:
    """A film, or a recipe, that no batch wrote must not be lost: the user did not choose its name."""
    there = next((path for path in (film, note) if os.path.lexists(path)), None)
    if there is not None and not _is_of_batch(note):
        raise OutputError(
            f"{there} is there already, and not from --pairs; choose another folder with --out, or give --overwrite"
        )


def _is_of_batch(note: Path) -> bool:
    """Whether there is a recipe of a batch, be it of another version, or damaged."""
    try:
        values = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and bool(values.get("job"))
