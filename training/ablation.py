"""What each part of the 68-point recipes brings, on the same footing: short runs that differ in one thing.

    python -m training.ablation --data DIR --teacher checkpoints/face68

All start from random weights, see as many faces and have one cycle of the learning rate; what is measured is the error
on the validation part of 300-W's train.txt, round true boxes, after the last epoch. A run that was stopped
goes on. The table goes to checkpoints/face68-fast/ablation.json, and into training/README.md by training.report.
"""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from facekp.checkpoint import Checkpoint, load_checkpoint
from facekp.crop import crop_round
from facekp.faces import FaceBox
from facekp.files import write_bytes
from facekp.inventory import checkpoints_folder
from training.command import today, told
from training.config import FAST, TrainConfig
from training.data import Face, data_folder, read_300w, split_by_photograph
from training.loaders import FaceCrops
from training.parallel import Processes, processes
from training.run import Places, Task, fit, new_network, start_at_mean_shape
from training.teacher import taught, teacher_of
from training.train_face68 import count_of, merl_rav, story, weights

ABLATION = "ablation.json"
"""File beside the weights of the network whose recipe the runs vary."""
NETWORK = "face68-fast"

BASE = replace(FAST, sizes=(96,), stage_epochs=(6,), epoch_samples=4000, average_decay=0.975)
"""The recipe of `NETWORK`, shorter and on smaller crops; the average of the weights spans as much of it."""


@dataclass(frozen=True)
class Variant:
    """A recipe that differs from `BASE` in one thing.

    Attributes
    ----------
    title : str
        What is other.
    changes : dict
        Of the hyper-parameters.
    teacher : bool
        Whether the points are averaged with a teacher's.
    merl_rav : bool
        Whether MERL-RAV is trained on too.
    """

    title: str
    changes: dict[str, Any] = field(default_factory=dict)
    teacher: bool = True
    merl_rav: bool = True


LARGE = {"network_options": {}, "learning_rate": 1.5e-3}
VARIANTS = (
    Variant("as it is"),
    Variant("as it is, another seed", {"seed": 1}),
    Variant("without a teacher", teacher=False),
    Variant("300-W alone, without MERL-RAV", merl_rav=False),
    Variant("without the cross-entropy of heatmaps: the wing loss alone", {"heatmap_weight": 0.0}),
    Variant("the mean squared error in the place of both", {"heatmap_weight": 0.0, "loss": "mse"}),
    Variant("without the moving average of the weights", {"average_decay": 0.0}),
    Variant("light augmentation", {"augmentation": "light"}),
    Variant("ResNet18 with heatmaps", {"network": "resnet18-heatmap", **LARGE}),
    Variant("ResNet18 with coordinates", {"network": "resnet18", "heatmap_weight": 0.0, "mean_start": True, **LARGE}),
)


def with_points(faces: FaceCrops, others: list[Face]) -> FaceCrops:
    """The same photographs with other points of the same faces."""
    changed = copy.copy(faces)
    changed.faces = others
    frames = [crop_round(FaceBox.around(face.points), 1, faces.config.margin) for face in others]
    changed.kept = [
        replace(kept, points=face.points, frame=frame)
        for kept, face, frame in zip(faces.kept, others, frames, strict=True)
    ]
    return changed


def first_of(faces: FaceCrops, count: int) -> FaceCrops:
    """The first so many of the faces."""
    fewer = copy.copy(faces)
    fewer.faces, fewer.kept = faces.faces[:count], faces.kept[:count]
    return fewer


def trained(
    config: TrainConfig,
    counts: dict[str, int],
    training_set: FaceCrops,
    validation_set: FaceCrops,
    folder: Path,
    here: Processes,
) -> dict[str, Any]:
    """Train a variant, or go on with it; what its last epoch reached, and the time of all."""
    training_set, validation_set = copy.copy(training_set), copy.copy(validation_set)
    training_set.config = validation_set.config = config
    network, untrained = new_network(config)
    if config.mean_start:
        start_at_mean_shape(network, training_set)
    task = Task(config, story(counts, None), training_set, validation_set, weights(counts, config.share_300w))
    history = fit(network, untrained, task, Places(folder, folder / "checkpoint"), here)
    return {
        "nme_percent": 100 * history[-1]["validation_nme"],
        "seconds": sum(float(record["seconds"]) for record in history),
    }


def table(record: dict[str, Any]) -> str:
    """A row for each variant."""
    lines = ["| recipe | mean error, 300-W validation |", "|---|---|"]
    lines += [f"| {each['title']} | {each['nme_percent']:.2f} % |" for each in record["variants"]]
    return "\n".join(lines) + f"\n\n{record['footing']}\n"


def read_ablation(folder: Path) -> dict[str, Any] | None:
    """What was written into a checkpoint's folder; None where nothing was."""
    path = folder / ABLATION
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def measured(data: Path, teacher: Checkpoint, runs: Path, here: Processes) -> dict[str, Any]:
    """Train all variants; what is written after each of them."""
    ibug, validation = split_by_photograph(read_300w(data, "train"), BASE.validation_share, BASE.seed)
    plain = FaceCrops(ibug + merl_rav(data, here), BASE, augmented=True)
    validation_set = FaceCrops(validation, BASE, augmented=False)
    own = with_points(plain, taught(plain.faces, [teacher_of(teacher)], runs))
    of_300w = count_of(ibug, plain)
    record: dict[str, Any] = {
        "footing": (
            f"Each of them: {BASE.epochs} epochs of {BASE.epoch_samples} faces from random weights, crops of "
            f"{BASE.sizes[0]} pixels, one cycle of the learning rate; {len(validation_set)} photographs, round true "
            "boxes, after the last epoch. Two seeds of one recipe tell how much is chance."
        ),
        "teacher": {"name": teacher.name, "weights_sha256": teacher.sha256},
        "date": today(),
        "variants": [],
    }
    for number, variant in enumerate(VARIANTS, 1):
        training_set = own if variant.teacher else plain
        if not variant.merl_rav:
            training_set = first_of(training_set, of_300w)
        counts = {"300w_train": of_300w, "validation": len(validation_set)}
        counts["merl_rav"] = len(training_set) - of_300w
        config = replace(BASE, **variant.changes)
        reached = trained(config, counts, training_set, validation_set, runs / str(number), here)
        record["variants"].append({"title": variant.title, "changes": variant.changes, **reached})
        write_bytes(checkpoints_folder() / NETWORK / ABLATION, (json.dumps(record, indent=1) + "\n").encode())
    return record


def main() -> None:
    """Train all variants, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--teacher", type=Path, required=True, help="checkpoint whose points are learned")
    parser.add_argument("--runs", type=Path, default=Path("runs") / "ablation", help="the runs are kept here")
    arguments = parser.parse_args()
    data, teacher = data_folder(arguments.data), load_checkpoint(arguments.teacher)
    with processes() as here:
        record = measured(data, teacher, arguments.runs, here)
    print(table(record), end="")


if __name__ == "__main__":
    told(main)
