"""Train the nose-tip networks on IMM: the original's four runs, on whole pictures and on crops of the face.

    python -m training.train_nose --data DIR
    python -m training.train_nose --data DIR --variant nose

The four runs have a learning rate of 1e-3 or 2e-3 and filters of 5 or 7 pixels. The one that is best on the
validation persons becomes the checkpoint; sweep.json beside it holds each epoch's losses of all four. Both are written
after each epoch, from what there is by then.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from facekp.files import write_bytes
from facekp.inventory import CARD, WEIGHTS
from training.card import IMM_STORY
from training.command import places_of, recipe_of, told, training_parser
from training.config import TrainConfig
from training.data import data_folder, read_imm
from training.loaders import FaceCrops
from training.parallel import Processes, processes
from training.run import HISTORY, UNTRAINED, Places, Task, fit, new_network

VARIANTS = ("nose-original", "nose")
LEARNING_RATES = (1e-3, 2e-3)
KERNEL_SIZES = (5, 7)
SWEEP = "sweep.json"
CHECKPOINT = "checkpoint"
"""Folder of a run's own checkpoint, in the run's."""


def main() -> None:
    """Sweep each variant, keep the best run."""
    parser = training_parser(__doc__)
    parser.add_argument("--variant", choices=VARIANTS, help="this one only")
    arguments = parser.parse_args()
    data = data_folder(arguments.data)
    with processes() as here:
        for variant in (arguments.variant,) if arguments.variant else VARIANTS:
            sweep(recipe_of(variant, arguments), data, places_of(variant, arguments), here)


def sweep(config: TrainConfig, data: Path, places: Places, here: Processes) -> None:
    """Train the four networks of a variant; the best one's checkpoint is the variant's."""
    training_set = FaceCrops(read_imm(data, "train"), config, augmented=True)
    validation_set = FaceCrops(read_imm(data, "validation"), config, augmented=False)
    counts = {"training": len(training_set), "validation": len(validation_set)}
    story = replace(IMM_STORY, stage=1, counts=counts)
    trials: list[dict[str, Any]] = []
    for learning_rate in LEARNING_RATES:
        for kernel_size in KERNEL_SIZES:
            options = {**config.network_options, "kernel_size": kernel_size}
            varied = replace(config, learning_rate=learning_rate, network_options=options)
            name = f"lr{learning_rate:g}-k{kernel_size}"
            network, untrained = new_network(varied)
            task = Task(varied, story, training_set, validation_set)
            run = places.run / name
            own = replace(places, run=run, out=run / CHECKPOINT, name=f"{places.out.name} {name}")
            trials.append({"name": name, "learning_rate": learning_rate, "kernel_size": kernel_size})
            fit(network, untrained, task, own, here, after_epoch=lambda: keep_best(trials, places))
    if here.first:
        keep_best(trials, places)


def keep_best(trials: list[dict[str, Any]], places: Places) -> None:
    """Copy the checkpoint of the run with the least validation error, and write the losses of all runs."""
    folders = [places.run / trial["name"] / CHECKPOINT for trial in trials]
    histories = [json.loads((folder / HISTORY).read_text()) for folder in folders]
    runs = [{**trial, "history": history} for trial, history in zip(trials, histories, strict=True)]
    best = min(runs, key=lambda run: min(float(record["validation_error_px"]) for record in run["history"]))
    places.out.mkdir(parents=True, exist_ok=True)
    for file in (UNTRAINED, WEIGHTS, CARD, HISTORY):
        write_bytes(places.out / file, (places.run / best["name"] / CHECKPOINT / file).read_bytes())
    write_bytes(places.out / SWEEP, (json.dumps(runs, indent=1) + "\n").encode())


if __name__ == "__main__":
    told(main)
