"""How far the uncertainties of a checkpoint can be trusted, and what poor photographs cost it.

``results/confidence.json`` is written by ``training.confidence``, ``results/robustness.json`` by
``training.robustness``; the app reads both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from facekp.records import check_names, dump_record, load_record
from facekp.results import CONFIDENCE, RESULTS, ROBUSTNESS

COMMANDS = {CONFIDENCE: "python -m training.confidence", ROBUSTNESS: "python -m training.robustness"}


@dataclass(frozen=True, eq=False)
class ConfidenceResults:
    """What came of the predicted errors and of the faces' scores on a split.

    Attributes
    ----------
    checkpoint, split, description, date, command, weights_sha256
        As in `facekp.results.SplitResults`.
    photographs, missed : int
        Annotated faces, and those among them that the detector did not find; no points of these are counted.
    bins : dict
        Of ten groups with as many points each, from the least predicted error to the largest:
        ``predicted_pixels`` and ``measured_pixels``, means in pixels of the photographs, and ``factors``, the larger
        of both over the smaller.
    worst_factor : float
        The largest of the factors.
    background : dict
        ``crops``, how many boxes without a face were shown, ``auc``, the area under the curve of the scores of faces
        against theirs, ``least_face_score`` and ``largest_background_score``.
    covered : dict
        With a part of each face covered: for the points that are ``hidden`` and those that are ``seen``, their number
        ``points``, and the means ``predicted_pixels``, ``measured_pixels`` and ``predicted_before_pixels``, the last
        of them before anything was covered.
    """

    checkpoint: str
    split: str
    description: str
    date: str
    command: str
    weights_sha256: str
    photographs: int
    missed: int
    bins: dict[str, list[float]]
    worst_factor: float
    background: dict[str, float]
    covered: dict[str, dict[str, float]]


@dataclass(frozen=True, eq=False)
class RobustnessResults:
    """Errors on photographs made harder in one way each.

    Attributes
    ----------
    checkpoint, split, description, date, command, weights_sha256
        As in `facekp.results.SplitResults`.
    detector, way : str
        The face detector, and how a photograph goes through.
    photographs : int
    conditions : dict
        By their names, in the order of the table: ``title``, ``missed``, ``nme_percent`` with a missed face as
        100 %, ``nme_found_percent`` of the faces that were found, and ``ratio``, nme_percent over that of the
        photographs as they are. While a run is not finished, those that are done.
    dlib : dict
        The same of dlib's detector and predictor; empty where no model was given.
    dlib_sha256 : str
        Of the predictor's file; empty where none was given.
    """

    checkpoint: str
    split: str
    description: str
    date: str
    command: str
    weights_sha256: str
    detector: str
    way: str
    photographs: int
    conditions: dict[str, dict[str, Any]]
    dlib: dict[str, dict[str, Any]]
    dlib_sha256: str = ""


def read_confidence(folder: str | os.PathLike[str]) -> ConfidenceResults | None:
    """What was measured of the confidence of the checkpoint in a folder; None where nothing was.

    Raises
    ------
    CheckpointError
        If the file is broken.
    """
    values = _read(folder, CONFIDENCE, ConfidenceResults)
    return None if values is None else ConfidenceResults(**values)


def read_robustness(folder: str | os.PathLike[str]) -> RobustnessResults | None:
    """The robustness table of the checkpoint in a folder; None where there is none.

    Raises
    ------
    CheckpointError
        If the file is broken.
    """
    values = _read(folder, ROBUSTNESS, RobustnessResults)
    return None if values is None else RobustnessResults(**values)


def write_confidence(folder: str | os.PathLike[str], results: ConfidenceResults) -> None:
    """Write ``results/confidence.json`` into a checkpoint's folder."""
    dump_record(_path(folder, CONFIDENCE), asdict(results))


def write_robustness(folder: str | os.PathLike[str], results: RobustnessResults) -> None:
    """Write ``results/robustness.json`` into a checkpoint's folder."""
    dump_record(_path(folder, ROBUSTNESS), asdict(results))


def _read(folder: str | os.PathLike[str], name: str, kind: type[Any]) -> Mapping[str, Any] | None:
    path = _path(folder, name)
    if not path.is_file():
        return None
    values = load_record(path, COMMANDS[name])
    check_names(values, kind, path, COMMANDS[name])
    return values


def _path(folder: str | os.PathLike[str], name: str) -> Path:
    return Path(folder) / RESULTS / f"{name}.json"
