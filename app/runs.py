"""What the folders of checkpoints tell: cards, epochs, sweeps and measurements; nothing here knows Streamlit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facekp.errors import CheckpointError
from facekp.inventory import WEIGHTS, weights_sha256
from facekp.reliability import ConfidenceResults, RobustnessResults, read_confidence, read_robustness
from facekp.results import (
    CONFIDENCE,
    EXTREMES,
    RESULTS,
    ROBUSTNESS,
    Extremes,
    SplitResults,
    measured_splits,
    read_extremes,
    read_results,
)
from facekp.schema import SCHEMAS, Schema

STAGES = {"nose": "Nose tip", "imm58": "58 points", "ibug68": "68 points"}
"""The stages by the schema of their points, in the order of the course."""

SPLITS = {
    "common": "300-W common (test)",
    "dlib_test": "dlib's test list (test)",
    "validation": "validation",
    "train": "training",
}
"""How splits are called on a page, the most telling first."""

PARTS = {"300w_train": "300-W", "merl_rav": "MERL-RAV", "borrowed": "borrowed", "training": "training"}
"""How the parts of a training set are called on a page; the validation part is a split."""

EPOCH_FIELDS = ("epoch", "training_loss", "validation_loss")

Epochs = tuple[Mapping[str, Any], ...]
"""A record for each epoch: `EPOCH_FIELDS` and what else the run noted."""


@dataclass(frozen=True)
class Trial:
    """One run of a sweep: its learning rate, the side of its filters in pixels, its epochs."""

    learning_rate: float
    kernel_size: int
    history: Epochs

    @property
    def name(self) -> str:
        """Both settings, short enough for a legend."""
        return f"{self.learning_rate:g}, {self.kernel_size} × {self.kernel_size}"


@dataclass(frozen=True, eq=False)
class Run:
    """A checkpoint and the run that it comes from.

    Attributes
    ----------
    name : str
        Of its folder.
    folder : Path
    card : dict
        All that the card says.
    schema : Schema
        Of its points.
    history : tuple of records
        Its epochs; empty where they were not kept.
    sweep : tuple of Trial
        The runs from which its settings were chosen; empty where there were none.
    results : tuple of SplitResults
        What was measured, in the order of `SPLITS`.
    extremes : Extremes or None
        Its best and worst pictures.
    confidence : ConfidenceResults or None
        Whether its uncertainties hold.
    robustness : RobustnessResults or None
        What poor photographs cost it.
    outdated : tuple of str
        What was measured with other weights than those that are there, and is left out.
    """

    name: str
    folder: Path
    card: dict[str, Any]
    schema: Schema
    history: Epochs
    sweep: tuple[Trial, ...]
    results: tuple[SplitResults, ...]
    extremes: Extremes | None
    confidence: ConfidenceResults | None = None
    robustness: RobustnessResults | None = None
    outdated: tuple[str, ...] = ()

    @property
    def data_set(self) -> str:
        """The data set that it was measured on: ``"imm"`` or ``"300w"``."""
        return str(self.card.get("data_set") or ("300w" if self.schema.name == "ibug68" else "imm"))

    @property
    def learned(self) -> tuple[str, ...]:
        """Names of the data sets that it was trained on."""
        others = ("merl_rav",) if self.card.get("data", {}).get("counts", {}).get("merl_rav") else ()
        return (self.data_set, *others)

    @property
    def faces(self) -> str:
        """How many faces it was trained and chosen on, in words; empty where that was not noted."""
        counts = self.card.get("data", {}).get("counts", {})
        return ", ".join(f"{count} {PARTS.get(part) or SPLITS.get(part, part)}" for part, count in counts.items())

    def result(self, split: str) -> SplitResults | None:
        """What was measured on a split."""
        return next((result for result in self.results if result.split == split), None)

    @property
    def measured(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """For each split the date, empty where none was noted, and the numbers; the card's where there is no more."""
        card = {split: (numbers.get("date", ""), numbers) for split, numbers in self.card.get("measured", {}).items()}
        table = {**card, **{result.split: (result.date, result.measured) for result in self.results}}
        return {split: table[split] for split in sorted(table, key=_split_order)}


def run_folders(folder: Path) -> list[Path]:
    """The checkpoints of a folder, by name."""
    return sorted(card.parent for card in folder.glob("*/card.json"))


def fingerprint(folder: Path) -> tuple[tuple[str, int], ...]:
    """Names and times of all that is read: another one means that a run went on or was measured anew."""
    files = [
        path
        for run in run_folders(folder)
        for path in (*run.glob("*.json"), *run.glob(WEIGHTS), *(run / RESULTS).glob("*.json"))
    ]
    return tuple((str(path), path.stat().st_mtime_ns) for path in sorted(files))


def read_runs(folder: Path) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """All checkpoints of a folder, in the order of the stages, and a sentence for each that cannot be read."""
    runs, problems = [], []
    for each in run_folders(folder):
        try:
            runs.append(read_run(each))
            if runs[-1].outdated:
                what = ", ".join(runs[-1].outdated)
                problems.append(f"{each.name}: {what}: measured with other weights, and left out; measure again")
        except CheckpointError as error:
            problems.append(str(error))
    stages = list(STAGES)
    return tuple(sorted(runs, key=lambda run: (stages.index(run.schema.name), run.name))), tuple(problems)


def read_run(folder: Path) -> Run:
    """A checkpoint's folder, without its weights.

    Raises
    ------
    CheckpointError
        If a file is broken; one that is missing, but for the card, leaves its part empty.
    """
    card = _read_json(folder / "card.json")
    if not isinstance(card, dict) or card.get("schema") not in SCHEMAS:
        raise CheckpointError(f"{folder / 'card.json'} names none of the schemas {', '.join(SCHEMAS)}; restore it")
    history = _epochs(_read_json(folder / "history.json") or [], folder / "history.json")
    has_extremes = (folder / RESULTS / f"{EXTREMES}.json").is_file()
    measured: dict[str, Any] = {
        split: read_results(folder, split) for split in sorted(measured_splits(folder), key=_split_order)
    }
    measured[EXTREMES] = read_extremes(folder) if has_extremes else None
    measured[CONFIDENCE], measured[ROBUSTNESS] = read_confidence(folder), read_robustness(folder)
    weights = weights_sha256(folder)
    outdated = [name for name, each in measured.items() if each and weights and each.weights_sha256 != weights]
    for name in outdated:
        del measured[name]
    others = (EXTREMES, CONFIDENCE, ROBUSTNESS)
    return Run(
        name=folder.name,
        folder=folder,
        card=card,
        schema=SCHEMAS[card["schema"]],
        history=history,
        sweep=_sweep(_read_json(folder / "sweep.json") or [], folder / "sweep.json"),
        results=tuple(each for name, each in measured.items() if name not in others),
        extremes=measured.get(EXTREMES),
        confidence=measured.get(CONFIDENCE),
        robustness=measured.get(ROBUSTNESS),
        outdated=tuple(outdated),
    )


def _split_order(split: str) -> tuple[int, str]:
    known = list(SPLITS)
    return (known.index(split) if split in known else len(known)), split


def _read_json(path: Path) -> Any:
    """What a JSON file holds; None where there is none."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read as JSON ({error}); restore the file") from None


def _epochs(records: object, path: Path) -> Epochs:
    if not isinstance(records, Sequence) or isinstance(records, str):
        raise CheckpointError(f"{path} holds no list of epochs; restore the file")
    for record in records:
        if not isinstance(record, Mapping) or not all(isinstance(record.get(f), int | float) for f in EPOCH_FIELDS):
            raise CheckpointError(
                f"{path} has an epoch without the numbers {', '.join(EPOCH_FIELDS)}; restore the file"
            )
    return tuple(records)


def _sweep(trials: Any, path: Path) -> tuple[Trial, ...]:
    try:
        return tuple(
            Trial(float(trial["learning_rate"]), int(trial["kernel_size"]), _epochs(trial["history"], path))
            for trial in trials
        )
    except (KeyError, TypeError, ValueError):
        raise CheckpointError(
            f"{path} holds no list of learning rates, filter sizes and epochs; restore the file"
        ) from None
