"""What was measured of a checkpoint: JSON files in its folder that ``training.evaluate`` writes and the app reads.

``results/SPLIT.json`` holds numbers and predicted points. The data sets' own points may not be passed on,
so the true points lie in ``results/SPLIT.truth.json``, which git ignores: it is there only where the data is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.records import check_names, dump_record, load_record

COMMAND = "python -m training.evaluate"
RESULTS = "results"
EXTREMES, CONFIDENCE, ROBUSTNESS = "extremes", "confidence", "robustness"
"""Files beside those of the splits; the last two are those of `facekp.reliability`."""
TRUTH_SUFFIX = ".truth.json"

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PictureResult:
    """How well one annotated face was found.

    Attributes
    ----------
    file : str
        The photograph, relative to the folder of its data set.
    view : int or None
        The view, 1 to 6, of a face of IMM.
    error_percent : float
        Mean distance of the points from the true ones over the normaliser; 100 for a face that was missed.
    error_pixels : float or None
        The same in pixels of the photograph; None for a face that was missed.
    points : float32 array (K, 2), or None
        Predicted ``(x, y)``, photo pixels, rounded to a tenth; None for a face that was missed.
    """

    file: str
    view: int | None
    error_percent: float
    error_pixels: float | None
    points: Points | None


@dataclass(frozen=True, eq=False)
class SplitResults:
    """The numbers of a checkpoint on the photographs of a split.

    Attributes
    ----------
    checkpoint, split : str
        Names.
    description : str
        Which photographs the split holds.
    data_set : str
        ``"imm"`` or ``"300w"``.
    date, command : str
        When and how this was measured.
    weights_sha256 : str
        Of the weights that were measured, the scout's among them.
    detector : str
        Name of the face detector.
    normaliser, missed_faces, pixels : str
        What relative errors are divided by, how missed faces count, and whose pixels are meant.
    measured : dict
        The numbers that the card holds too, by name; each name ends in its unit.
    regions : dict
        For each part of the face ``points``, ``nme_percent`` and ``mean_pixels``.
    views : dict
        For each view of IMM, by its number, ``title``, ``photographs``, ``missed``, ``nme_percent``
        and ``mean_pixels``; empty for other data.
    curve : dict
        ``thresholds_percent`` and ``shares_percent``: for each error the share of faces that are at most so far off.
    pictures : tuple of PictureResult
        In the split's order.
    """

    checkpoint: str
    split: str
    description: str
    data_set: str
    date: str
    command: str
    weights_sha256: str
    detector: str
    normaliser: str
    missed_faces: str
    pixels: str
    measured: dict[str, Any]
    regions: dict[str, dict[str, float]]
    views: dict[str, dict[str, Any]]
    curve: dict[str, list[float]]
    pictures: tuple[PictureResult, ...]


@dataclass(frozen=True)
class Measure:
    """A property of a face.

    Attributes
    ----------
    value : float
        In the unit that ends the property's name.
    percentile : float
        The part of all pictures of the split, percent, that have a smaller value (those with the
        same count half); angles are compared by their size, whatever their sign.
    training_percentile : float or None
        The part of the training faces, percent, that have a smaller value, where that was measured.
    """

    value: float
    percentile: float
    training_percentile: float | None = None


@dataclass(frozen=True, eq=False)
class Extreme:
    """A picture on which a checkpoint did best or worst, what was measured of it, and what that says, in a sentence."""

    picture: PictureResult
    measures: dict[str, Measure]
    reason: str


@dataclass(frozen=True, eq=False)
class Extremes:
    """The best and the worst pictures of a split.

    Attributes
    ----------
    checkpoint, split, date, weights_sha256
        As in `SplitResults`.
    occlusion : str
        What the labels tell of hidden points.
    meanings : dict
        What each measure is, by its name.
    effects : dict
        What each measure has to do with the error: mean error of that tenth of the split's pictures which
        is hardest by it, over the mean error of all. 1: nothing.
    best, worst : tuple of Extreme
        The best first, and the worst first.
    """

    checkpoint: str
    split: str
    date: str
    weights_sha256: str
    occlusion: str
    meanings: dict[str, str]
    effects: dict[str, float]
    best: tuple[Extreme, ...]
    worst: tuple[Extreme, ...]


def measured_splits(folder: str | os.PathLike[str]) -> list[str]:
    """Names of the splits that a checkpoint's folder holds results of."""
    names = (path.name.removesuffix(".json") for path in (Path(folder) / RESULTS).glob("*.json"))
    return sorted(
        name for name in names if name not in (EXTREMES, CONFIDENCE, ROBUSTNESS) and not name.endswith(".truth")
    )


def read_results(folder: str | os.PathLike[str], split: str) -> SplitResults:
    """Read what was measured of the checkpoint in a folder on a split.

    Raises
    ------
    CheckpointError
        If the file is missing or broken.
    """
    path = _path(folder, split)
    values = load_record(path, COMMAND)
    check_names(values, SplitResults, path, COMMAND)
    return SplitResults(**{**values, "pictures": tuple(_picture(record, path) for record in values["pictures"])})


def read_extremes(folder: str | os.PathLike[str]) -> Extremes:
    """Read the best and worst pictures of the checkpoint in a folder.

    Raises
    ------
    CheckpointError
        If the file is missing or broken.
    """
    path = _path(folder, EXTREMES)
    values = load_record(path, COMMAND)
    check_names(values, Extremes, path, COMMAND)
    return Extremes(
        **{**values, **{part: tuple(_extreme(record, path) for record in values[part]) for part in ("best", "worst")}}
    )


def read_truth(folder: str | os.PathLike[str], split: str) -> dict[str, Points]:
    """The true points, float32 (K, 2), photo pixels, of each file of a split; empty where there is no data set.

    Raises
    ------
    CheckpointError
        If the file is broken.
    """
    path = _path(folder, split, TRUTH_SUFFIX)
    if not path.is_file():
        return {}
    return {file: np.array(points, dtype=np.float32) for file, points in load_record(path, COMMAND)["points"].items()}


def write_results(folder: str | os.PathLike[str], results: SplitResults) -> None:
    """Write ``results/SPLIT.json`` into a checkpoint's folder."""
    dump_record(_path(folder, results.split), _plain(results))


def write_extremes(folder: str | os.PathLike[str], extremes: Extremes) -> None:
    """Write ``results/extremes.json`` into a checkpoint's folder."""
    dump_record(_path(folder, EXTREMES), _plain(extremes))


def write_truth(folder: str | os.PathLike[str], split: str, truth: Mapping[str, NDArray[Any]]) -> None:
    """Write ``results/SPLIT.truth.json``: the true points (K, 2) of each file, which git ignores."""
    points = {file: np.round(np.asarray(each, np.float64), 2).tolist() for file, each in truth.items()}
    dump_record(_path(folder, split, TRUTH_SUFFIX), {"note": "of the data set; not to be passed on", "points": points})


def _path(folder: str | os.PathLike[str], name: str, suffix: str = ".json") -> Path:
    return Path(folder) / RESULTS / f"{name}{suffix}"


def _picture(record: Mapping[str, Any], path: Path) -> PictureResult:
    check_names(record, PictureResult, path, COMMAND)
    points = None if record["points"] is None else np.array(record["points"], dtype=np.float32)
    return PictureResult(**{**record, "points": points})


def _extreme(record: Mapping[str, Any], path: Path) -> Extreme:
    check_names(record, Extreme, path, COMMAND)
    measures = {name: Measure(**measure) for name, measure in record["measures"].items()}
    return Extreme(_picture(record["picture"], path), measures, record["reason"])


def _plain(value: Any) -> Any:
    """The same as values that JSON knows; predicted points rounded to a tenth of a pixel."""
    if isinstance(value, np.ndarray):
        return np.round(value.astype(np.float64), 1).tolist()
    if isinstance(value, (PictureResult, SplitResults, Measure, Extreme, Extremes)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value
