"""Write the numbers of the checkpoints into README.md and training/README.md, between their marks.

    python -m training.report

Nothing is measured here: all numbers come from results/SPLIT.json of a checkpoint, or else from its card.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facekp.errors import FacekpError
from facekp.files import write_bytes
from facekp.inventory import weights_sha256
from facekp.reliability import ConfidenceResults, RobustnessResults, read_confidence, read_robustness
from facekp.results import (
    CONFIDENCE,
    EXTREMES,
    RESULTS,
    ROBUSTNESS,
    Extremes,
    measured_splits,
    read_extremes,
    read_results,
)
from training.ablation import read_ablation
from training.ablation import table as ablation_table
from training.borrow import BORROW, sentence
from training.command import told
from training.looks import LOOKS, read_looks
from training.looks import table as looks_table
from training.measure import comparison
from training.tables import FIRST_CYCLE, confidence_table, cycles_table, failures, robustness_table

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- numbers: written by training.report -->\n", "<!-- end of numbers -->\n"
STAGE_MARKS = re.compile(r"(<!-- numbers:(\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
LOOKS_MARK, BORROW_MARK, ABLATION_MARK, CYCLES_MARK = "looks", "borrow", "ablation", "cycles"

STAGES = {"nose": 1, "face58": 2, "face68": 3}
"""The stages by the names of their marks."""
SCHEMA_STAGES = {"nose": 1, "imm58": 2, "ibug68": 3}
"""The stage of a card that does not say it."""

SPLITS = {
    ("300w", "common"): "300-W common (test)",
    ("300w", "dlib_test"): "dlib's test list (test)",
    ("300w", "validation"): "300-W validation (chosen on)",
    ("imm", "validation"): "IMM validation (chosen on)",
    ("imm", "train"): "IMM training",
}
"""Titles of the splits, in the order of the rows."""

NETWORKS = {
    "resnet18": "ResNet18",
    "resnet18-heatmap": "ResNet18 with heatmaps",
    "nose-cnn": "three convolutions",
    "face-detection-cnn": "five convolutions",
    "small-heatmap": "a small network with heatmaps",
}
COUNTS = {
    "300w_train": "faces of 300-W",
    "merl_rav": "of MERL-RAV",
    "training": "faces of IMM",
    "borrowed": "borrowed ones",
}

COLUMNS = {
    "number": ("photographs", "{}"),
    "missed": ("missed", "{}"),
    "mean error": ("nme_percent", "{:.2f} %"),
    "median": ("median_percent", "{:.2f} %"),
    "inner 51 points": ("nme_inner51_percent", "{:.2f} %"),
    "above 8 %": ("failures_above_8_percent", "{:.1f} %"),
    "above 10 %": ("failures_above_10_percent", "{:.1f} %"),
    "area to 8 %": ("auc_to_8_percent", "{:.1f} %"),
    "pixels": ("mean_pixels", "{:.2f}"),
    "original pixels": ("mae_original_pixels", "{:.2f}"),
}
"""For each column the number in it, and how it is written."""


@dataclass(frozen=True, eq=False)
class Report:
    """What is told of a checkpoint.

    Attributes
    ----------
    name : str
    card : dict
    measured : dict
        For each split its numbers.
    epochs : int
        Of the training; 0 if its history is not there.
    runs : int
        Of a sweep, from which the best was chosen; 1 if there was none.
    seconds : float
        That the training took, all runs and their epochs together; 0 if its history is not there.
    looks : str
        The table of what each look brings; empty where that was not measured.
    borrow : str
        How far points are off that are borrowed from 68-point data; the same.
    ablation : str
        The table of what each part of the recipe brings; the same.
    extremes : Extremes, optional
        Best and worst pictures.
    confidence, robustness : ConfidenceResults, RobustnessResults, optional
        Where they were measured.
    """

    name: str
    card: dict[str, Any]
    measured: dict[str, dict[str, Any]]
    epochs: int
    runs: int
    seconds: float
    looks: str = ""
    borrow: str = ""
    ablation: str = ""
    extremes: Extremes | None = None
    confidence: ConfidenceResults | None = None
    robustness: RobustnessResults | None = None

    @property
    def stage(self) -> int:
        """1: nose tip, 2: 58 points, 3: 68 points."""
        return int(self.card.get("stage") or SCHEMA_STAGES[self.card["schema"]])

    @property
    def data_set(self) -> str:
        """``imm`` or ``300w``."""
        return str(self.card.get("data_set") or ("300w" if self.stage == 3 else "imm"))


def read_report(folder: Path) -> Report:
    """Collect what a checkpoint's folder says.

    Raises
    ------
    FacekpError
        If results were measured with other weights than those that are there.
    """
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    measured = dict(card.get("measured", {}))
    weights = weights_sha256(folder)
    for split in measured_splits(folder):
        results = read_results(folder, split)
        if results.weights_sha256 != weights:
            raise FacekpError(f"{folder.name}: the results on {split} are those of other weights; {results.command}")
        measured[split] = results.measured
    epochs = _read_list(folder / "history.json")
    sweep = _read_list(folder / "sweep.json")
    looks = read_looks(folder)
    if looks and looks["weights_sha256"] != weights:
        raise FacekpError(f"{folder.name}: {LOOKS} is of other weights; run python -m training.looks again")
    confidence, robustness = read_confidence(folder), read_robustness(folder)
    extremes = read_extremes(folder) if (folder / RESULTS / f"{EXTREMES}.json").is_file() else None
    for other in (confidence, robustness):
        if other is not None and other.weights_sha256 != weights:
            raise FacekpError(f"{folder.name}: results are those of other weights; run {other.command} again")
    if extremes is not None and extremes.weights_sha256 != weights:
        raise FacekpError(f"{folder.name}: the extremes are of other weights; run python -m training.extremes again")
    timed = [epoch for trial in sweep for epoch in trial["history"]] or epochs
    ablation = read_ablation(folder)
    lent = folder / BORROW
    return Report(
        folder.name,
        card,
        measured,
        epochs=len(epochs),
        runs=max(1, len(sweep)),
        seconds=sum(float(epoch["seconds"]) for epoch in timed),
        looks=looks_table(looks) if looks else "",
        borrow=sentence(json.loads(lent.read_text(encoding="utf-8"))) if lent.is_file() else "",
        ablation=ablation_table(ablation) if ablation else "",
        extremes=extremes,
        confidence=confidence,
        robustness=robustness,
    )


def _read_list(path: Path) -> list[Any]:
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def read_reports(folder: Path) -> list[Report]:
    """The checkpoints of a folder: those with most points first, then by name."""
    found = [read_report(path.parent) for path in sorted(folder.glob("*/card.json"))]
    return sorted(found, key=lambda report: -report.stage)


def introduction(report: Report) -> str:
    """What a checkpoint is, in a sentence."""
    card = report.card
    spec, counts, chosen = card["input"], card["data"]["counts"], card["chosen"]
    size = f"{spec['size']} × {spec.get('height') or spec['size']}"
    faces = " and ".join(f"{n} {COUNTS.get(key, key)}" for key, n in counts.items() if key != "validation" and n)
    start = " from an earlier network of ours" if card.get("started_from") else ""
    return (
        f"`{report.name}`: {NETWORKS.get(card['network'], card['network'])} on grey "
        f"{'pictures, whole,' if spec.get('height') else 'crops'} of {size} pixels, trained{start} on {faces}; "
        f"epoch {chosen['epoch']} was chosen on {counts['validation']} photographs set aside.\n"
    )


def table(reports: list[Report]) -> str:
    """The measurements as a Markdown table, and what must be said beside them."""
    rows = [
        (report.name, title, report.measured[split])
        for report in reports
        for (data_set, split), title in SPLITS.items()
        if data_set == report.data_set and split in report.measured
    ]
    columns = {head: how for head, how in COLUMNS.items() if any(how[0] in numbers for _, _, numbers in rows)}
    lines = [
        f"| network | photographs | {' | '.join(columns)} |",
        "|---" * (2 + len(columns)) + "|",
        *(
            f"| `{name}` | {title} | "
            + " | ".join(form.format(numbers[key]) if key in numbers else "–" for key, form in columns.values())
            + " |"
            for name, title, numbers in rows
        ),
    ]
    counts = {numbers["photographs"] for _, title, numbers in rows if title == SPLITS["300w", "dlib_test"]}
    return "\n".join(lines) + "\n" + "".join(f"\n{comparison(count)['sentence']}\n" for count in sorted(counts))


def numbers(reports: list[Report]) -> str:
    """All that stands between the marks of README.md."""
    introductions = "\n".join(introduction(report) for report in reports)
    return f"{BEGIN}{introductions}\n{table(reports)}{END}"


def with_numbers(text: str, reports: list[Report]) -> str:
    """README.md with what stands between its marks renewed."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + numbers(reports) + tail


def stage_numbers(reports: list[Report]) -> str:
    """The numbers of a stage, how long its training took on what, and where its networks fail."""
    if not reports:
        return "Nothing has been trained yet.\n"
    times = "".join(f"- {duration(report)}\n" for report in reports)
    return f"{table(reports)}\n{times}{failures([each.extremes for each in reports if each.extremes])}"


def duration(report: Report) -> str:
    """How long a training took, and on what."""
    hours, minutes = divmod(round(report.seconds / 60), 60)
    time = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{report.seconds:.0f} s"
    machine = f" on {report.card['machine']}" if report.card.get("machine") else ""
    runs = f" for {report.runs} runs, the best of them with" if report.runs > 1 else ","
    chosen = report.card["chosen"]["epoch"]
    return f"`{report.name}`: {time}{machine}{runs} {report.epochs} epochs; number {chosen} was chosen"


def with_stage_numbers(text: str, reports: list[Report]) -> str:
    """training/README.md with what stands between the marks of each stage renewed.

    Raises
    ------
    FacekpError
        If a mark names no stage.
    """
    written: dict[str, Callable[[], str]] = {
        LOOKS_MARK: lambda: "\n".join(report.looks for report in reports if report.looks),
        ABLATION_MARK: lambda: "\n".join(report.ablation for report in reports if report.ablation),
        BORROW_MARK: lambda: "\n".join(report.borrow for report in reports if report.borrow),
        CYCLES_MARK: lambda: "\n".join(cycles_table(each.card) for each in reports if FIRST_CYCLE in each.card),
        CONFIDENCE: lambda: confidence_table([each.confidence for each in reports if each.confidence]),
        ROBUSTNESS: lambda: robustness_table([each.robustness for each in reports if each.robustness]),
    }

    def renew(found: re.Match[str]) -> str:
        name = found[2]
        if name in STAGES:
            text = stage_numbers([each for each in reports if each.stage == STAGES[name]])
        elif name in written:
            text = written[name]()
        else:
            raise FacekpError(f"the mark numbers:{name} names no stage; known are {', '.join(STAGES)}")
        return found[1] + text + found[3]

    return STAGE_MARKS.sub(renew, text)


def main() -> None:
    """Renew both files."""
    reports = read_reports(ROOT / "checkpoints")
    for path, renewed in ((ROOT / "README.md", with_numbers), (ROOT / "training" / "README.md", with_stage_numbers)):
        if path.is_file():
            write_bytes(path, renewed(path.read_text(encoding="utf-8"), reports).encode())


if __name__ == "__main__":
    told(main)
