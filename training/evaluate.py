"""Measure a checkpoint from photograph to points, and write the numbers into its card.

    python -m training.evaluate checkpoints/face68 --data DIR [--split common] [--save]

A photograph in which the detector does not find the annotated face counts as an error of 100 %.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facekp.checkpoint import load_checkpoint, write_card
from facekp.faces import FaceBox, face_detector
from facekp.images import load_image
from facekp.metrics import area_under_curve, failure_rate, inter_ocular, point_errors
from facekp.predict import KeypointPredictor
from training.config import TrainConfig
from training.data import IBUG_FOLDER, Face, data_folder, read_300w, split_by_photograph

OVERLAP = 0.3
"""Least overlap over union of a detected box with the box round the true points."""
MISSED = 1.0
"""Error that a missed face counts with: 100 %."""


@dataclass(frozen=True)
class Measured:
    """Numbers of one split. Errors are means over points, divided by the distance of the outer eye corners."""

    photographs: int
    missed: int
    nme_percent: float
    nme_inner51_percent: float
    median_percent: float
    failures_above_10_percent: float
    auc_to_8_percent: float
    mae_original_pixels: float
    """Mean absolute error of a coordinate in pixels of the original photographs, over the faces found."""
    command: str


def measure(predictor: KeypointPredictor, faces: list[Face], scales: NDArray[np.float64], command: str) -> Measured:
    """Run the predictor over annotated photographs with its own detector."""
    errors, inner, pixels = [], [], []
    for face, scale in zip(tqdm(faces, disable=None), scales, strict=True):
        points = locate(predictor, face)
        if points is None:
            errors.append(MISSED)
            inner.append(MISSED)
            continue
        each = point_errors(points, face.points) / inter_ocular(face.points, predictor.schema)
        errors.append(float(each.mean()))
        inner.append(float(each[17:].mean()))
        pixels.append(float(np.abs(points - face.points).mean() / scale))
    values = np.array(errors)
    return Measured(
        photographs=len(faces),
        missed=int((values == MISSED).sum()),
        nme_percent=round(100 * float(values.mean()), 3),
        nme_inner51_percent=round(100 * float(np.mean(inner)), 3),
        median_percent=round(100 * float(np.median(values)), 3),
        failures_above_10_percent=round(100 * failure_rate(values, 0.10), 3),
        auc_to_8_percent=round(100 * area_under_curve(values, 0.08), 2),
        mae_original_pixels=round(float(np.mean(pixels)), 3),
        command=command,
    )


def locate(predictor: KeypointPredictor, face: Face) -> NDArray[np.float32] | None:
    """The predicted points of the annotated face, or None where the detector missed it."""
    truth = FaceBox.around(face.points)
    found = predictor.predict(load_image(face.photo))
    best = max(found, key=lambda candidate: candidate.box.overlap(truth), default=None)
    return best.points if best is not None and best.box.overlap(truth) > OVERLAP else None


def original_scales(data: Path, faces: list[Face]) -> NDArray[np.float64]:
    """Pixels of each stored photograph per pixel of the original, from scale.csv; (N,)."""
    folder = data / IBUG_FOLDER
    with (folder / "scale.csv").open(newline="") as file:
        table = {row["file"]: float(row["scale"]) for row in csv.DictReader(file)}
    return np.array([table[face.photo.relative_to(folder).as_posix()] for face in faces])


def read_split(data: Path, split: str) -> list[Face]:
    """A test list of 300-W, or ``validation``: the part of train.txt that training set aside."""
    if split != "validation":
        return read_300w(data, split)
    config = TrainConfig()
    return split_by_photograph(read_300w(data, "train"), config.validation_share, config.seed)[1]


def main() -> None:
    """Measure, print, and with --save write into the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--split", choices=("validation", "common", "dlib_test"), default="common")
    parser.add_argument("--detector", default="libfacedetection")
    parser.add_argument("--looks", type=int, help="instead of what the card says")
    parser.add_argument("--mirror", action=argparse.BooleanOptionalAction, help="instead of what the card says")
    parser.add_argument("--save", action="store_true", help="write the numbers into the card")
    arguments = parser.parse_args()

    data = data_folder(arguments.data)
    faces = read_split(data, arguments.split)
    checkpoint = load_checkpoint(arguments.checkpoint)
    asked = {"looks": arguments.looks, "mirror": arguments.mirror}
    changes = {key: value for key, value in asked.items() if value is not None}
    if changes and arguments.save:
        sys.exit("the card's numbers are those of its own settings; leave out --looks and --mirror, or --save")
    checkpoint = replace(checkpoint, input=replace(checkpoint.input, **changes))
    predictor = KeypointPredictor(checkpoint, face_detector(arguments.detector))
    command = f"python -m training.evaluate {arguments.checkpoint.as_posix()} --split {arguments.split} --save"
    measured = measure(predictor, faces, original_scales(data, faces), command)
    print(json.dumps(asdict(measured), indent=2))
    if arguments.save:
        card = dict(checkpoint.card)
        card["measured"] = {**card.get("measured", {}), arguments.split: asdict(measured)}
        write_card(arguments.checkpoint, card)


if __name__ == "__main__":
    main()
