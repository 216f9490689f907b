"""Measure whether a network's uncertainties and scores hold, on photographs that they were not fitted to.

    python -m training.confidence --checkpoint face68 --split common --data DIR

Ten groups of points, from the least predicted error to the largest, each with its mean predicted and mean measured
error; the area under the curve of the scores of faces against those of boxes away from faces; and what the points
under a cover are said to be off by. It writes ``results/confidence.json``, for ``common`` only.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from tqdm import tqdm

from facekp.checkpoint import Checkpoint, load_checkpoint
from facekp.errors import FacekpError
from facekp.faces import face_detector
from facekp.keypoints import Keypoints
from facekp.metrics import point_errors
from facekp.predict import KeypointPredictor
from facekp.reliability import ConfidenceResults, write_confidence
from training.command import checkpoint_folder, today, told
from training.data import data_folder
from training.evaluate import DETECTOR
from training.splits import SPLITS, Sample, data_set_of, read_split
from training.spreads import Shown, scene

SPLIT = "common"
BINS = 10
BATCH = 16
"""Photographs that are held in memory together."""

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of the faces found, and of the backgrounds.

    Attributes
    ----------
    plain, covered : tuple of (Shown, Keypoints)
        The faces as they are, and the same with a part covered.
    backgrounds : float64 array (M,)
        Scores.
    """

    plain: tuple[tuple[Shown, Keypoints], ...]
    covered: tuple[tuple[Shown, Keypoints], ...]
    backgrounds: Float


def look_at(checkpoint: Checkpoint, samples: Sequence[Sample]) -> Answers:
    """What a network says of the photographs of a split."""
    detector = face_detector(DETECTOR)
    predictor = KeypointPredictor(checkpoint, detector)
    faces: list[tuple[tuple[Shown, Keypoints], ...]] = []
    scores: list[float] = []
    for start in tqdm(range(0, len(samples), BATCH), desc="looked at", disable=None):
        indices = range(start, min(start + BATCH, len(samples)))
        scenes = [scene(samples, index, detector, checkpoint.input.margin) for index in indices]
        shown = [each for every in scenes for each in every.shown]
        found = predictor.predict_batch([each.photo for each in shown], [[each.box] for each in shown])
        answers = iter([face for (face,) in found])
        for every in scenes:
            pair = tuple((each, next(answers)) for each in every.faces)
            faces += [pair] if pair else []
            scores += [next(answers).score for _ in every.backgrounds]
    plain, covered = zip(*faces, strict=True)
    return Answers(plain, covered, np.array(scores))


def calibration_bins(predicted: Float, measured: Float) -> dict[str, list[float]]:
    """Means of ten groups with as many points each, by rising predicted error (N,); see `ConfidenceResults.bins`."""
    groups = np.array_split(np.argsort(predicted, kind="stable"), BINS)
    said, true = ([float(values[group].mean()) for group in groups] for values in (predicted, measured))
    return {
        "predicted_pixels": [round(value, 3) for value in said],
        "measured_pixels": [round(value, 3) for value in true],
        "factors": [round(max(a / b, b / a), 3) for a, b in zip(said, true, strict=True)],
    }


def area_under_curve(positives: Float, negatives: Float) -> float:
    """Chance that a positive (N,) is above a negative (M,), ties counting half: the area under the ROC curve.

    Source: Hanley & McNeil 1982.
    """
    ranks = rankdata(np.concatenate([positives, negatives]))[: len(positives)]
    wins = ranks.sum() - len(positives) * (len(positives) + 1) / 2
    return float(wins / (len(positives) * len(negatives)))


def under_cover(answers: Answers) -> dict[str, dict[str, float]]:
    """Errors of hidden and of seen points; see `ConfidenceResults.covered`."""
    hidden = np.stack([shown.hidden for shown, _ in answers.covered])
    before, _ = predicted_and_measured(answers.plain)
    predicted, measured = predicted_and_measured(answers.covered)
    return {
        name: {
            "points": int(part.sum()),
            "predicted_pixels": round(float(predicted[part].mean()), 3),
            "measured_pixels": round(float(measured[part].mean()), 3),
            "predicted_before_pixels": round(float(before[part].mean()), 3),
        }
        for name, part in (("hidden", hidden), ("seen", ~hidden))
    }


def predicted_and_measured(faces: Sequence[tuple[Shown, Keypoints]]) -> tuple[Float, Float]:
    """The errors that were predicted and those that were made, (N, K) each, pixels."""
    predicted = np.stack([face.uncertainty for _, face in faces]).astype(np.float64)
    return predicted, np.stack([point_errors(face.points, shown.points) for shown, face in faces])


def results_of(checkpoint: Checkpoint, split: str, photographs: int, answers: Answers) -> ConfidenceResults:
    """All numbers."""
    predicted, measured = predicted_and_measured(answers.plain)
    scores = np.array([face.score for _, face in answers.plain])
    bins = calibration_bins(predicted.ravel(), measured.ravel())
    return ConfidenceResults(
        checkpoint=checkpoint.name,
        split=split,
        description=SPLITS[data_set_of(checkpoint.card)][split],
        date=today(),
        command=f"python -m training.confidence --checkpoint {checkpoint.name} --split {split}",
        weights_sha256=checkpoint.weights_sha256,
        photographs=photographs,
        missed=photographs - len(scores),
        bins=bins,
        worst_factor=max(bins["factors"]),
        background={
            "crops": len(answers.backgrounds),
            "auc": round(area_under_curve(scores, answers.backgrounds), 5),
            "least_face_score": round(float(scores.min()), 4),
            "largest_background_score": round(float(answers.backgrounds.max()), 4),
        },
        covered=under_cover(answers),
    )


def summary(results: ConfidenceResults) -> str:
    """The numbers for a reader."""
    lines = [
        f"{results.checkpoint} on {results.description}; {results.photographs} photographs, {results.missed} missed",
        "predicted and measured error of ten groups of points, pixels",
    ]
    for predicted, measured, factor in zip(*results.bins.values(), strict=True):
        lines.append(f"  {predicted:7.2f} {measured:7.2f}   factor {factor:.2f}")
    background = results.background
    lines.append(
        f"faces against {background['crops']} boxes without one: area under the curve {background['auc']:.4f}; "
        f"the least face {background['least_face_score']}, the largest other {background['largest_background_score']}"
    )
    for name, part in results.covered.items():
        lines.append(
            f"a quarter covered, {part['points']} points {name}: predicted {part['predicted_pixels']:.2f}, measured "
            f"{part['measured_pixels']:.2f}, predicted before {part['predicted_before_pixels']:.2f} pixels"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="a name under checkpoints/, or a folder")
    parser.add_argument("--split", choices=sorted(SPLITS["300w"]), default=SPLIT)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--limit", type=int, help="so many photographs only, for a try; nothing is written")
    arguments = parser.parse_args()

    checkpoint = load_checkpoint(arguments.checkpoint)
    if checkpoint.confidence is None:
        raise FacekpError(
            f"{checkpoint.name} has no confidence; fit one with: "
            f"python -m training.calibrate --checkpoint {arguments.checkpoint}"
        )
    samples = read_split(data_folder(arguments.data), checkpoint.card, arguments.split)[: arguments.limit]
    results = results_of(checkpoint, arguments.split, len(samples), look_at(checkpoint, samples))
    print(summary(results))
    if arguments.split == SPLIT and arguments.limit is None:
        write_confidence(checkpoint_folder(arguments.checkpoint), results)


if __name__ == "__main__":
    told(main)
