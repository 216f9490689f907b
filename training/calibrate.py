"""Fit what a heatmap network's spreads mean, on the validation part of 300-W train.txt, and write it into the card.

    python -m training.calibrate --checkpoint face68 --data DIR

The expected error of point k is exp(levels[k]) · spread ** slope; the levels and the slope are those under which
the measured errors, taken as exponentially distributed about their expectation, are most likely. The score of a
face is the logistic function of its mean log spread (Platt 1999), fitted to the faces against boxes away from
them. To be run again whenever the weights change: a card with the calibration of other weights is refused by a test.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from tqdm import tqdm

from facekp.checkpoint import CARD, Checkpoint, load_checkpoint, write_card
from facekp.confidence import log_spread
from facekp.errors import FacekpError
from facekp.faces import face_detector
from facekp.heatmaps import HeatmapNetwork
from facekp.locate import Locator, Look
from training.command import checkpoint_folder, today, told
from training.data import data_folder
from training.evaluate import DETECTOR
from training.splits import Sample, read_split
from training.spreads import Shown, scene

BATCH = 16
"""Photographs that are held in memory together."""
PRIOR = 3.0
"""So many points of every kind speak for the level that all have together; it keeps the levels of few faces sane."""
LEAST_WIDTH = 1e-6
"""Standard deviation of log spreads below which they are taken as equal: an untrained network's may all be."""
STEEPEST = 3.0
"""Bound of the slope; it is not below 0 either: a wider heatmap never means a smaller error."""

Float = NDArray[np.float64]


def looks_at(checkpoint: Checkpoint, samples: Sequence[Sample]) -> tuple[list[tuple[Shown, Look]], list[Look]]:
    """What a network says of the faces of samples, each as it is and with a part covered, and of backgrounds."""
    locator, detector = Locator(checkpoint), face_detector(DETECTOR)
    faces: list[tuple[Shown, Look]] = []
    backgrounds: list[Look] = []
    for start in tqdm(range(0, len(samples), BATCH), desc="looked at", disable=None):
        indices = range(start, min(start + BATCH, len(samples)))
        scenes = [scene(samples, index, detector, checkpoint.input.margin) for index in indices]
        shown = [each for every in scenes for each in every.shown]
        looks = locator.locate([each.photo for each in shown], [each.box for each in shown])
        for each, look in zip(shown, looks, strict=True):
            if each.points is None:
                backgrounds.append(look)
            else:
                faces.append((each, look))
    return faces, backgrounds


def fit_errors(logs: Float, errors: Float) -> tuple[Float, float]:
    """Levels (K,) and slope of the expected errors.

    Parameters
    ----------
    logs, errors : float64 arrays (N, K)
        Logarithm of the spread, and the measured error of each point, both of relative coordinates.
    """
    points, middle = logs.shape[1], logs.mean()

    def loss(values: Float) -> tuple[float, Float]:
        """Negative log likelihood per point, and its gradient: of the common level, each one's own, the slope."""
        own = values[1:-1]
        expected_log = values[0] + own + values[-1] * (logs - middle)
        over = errors * np.exp(-expected_log)
        by_point = (1 - over) / errors.size
        pull = PRIOR / errors.size
        gradient = [[by_point.sum()], by_point.sum(axis=0) + 2 * pull * own, [(by_point * (logs - middle)).sum()]]
        return float((expected_log + over).mean() + pull * (own**2).sum()), np.concatenate(gradient)

    begin = np.zeros(points + 2)
    begin[0] = np.log(errors.mean())
    bounds = [(None, None)] * (points + 1) + [(0.0, STEEPEST)]
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found[0] + found[1:-1] - found[-1] * middle, float(found[-1])


def fit_score(faces: Float, backgrounds: Float) -> tuple[float, float]:
    """Offset and weight of the logistic function that tells mean log spreads (N,) of faces from those of backgrounds.

    Source: Platt, Probabilistic outputs for support vector machines, 1999; his targets keep the
    function from becoming a step where nothing overlaps.
    """
    values = np.concatenate([faces, backgrounds])
    sure, unsure = (len(faces) + 1) / (len(faces) + 2), 1 / (len(backgrounds) + 2)
    targets = np.concatenate([np.full(len(faces), sure), np.full(len(backgrounds), unsure)])
    middle, width = values.mean(), max(values.std(), LEAST_WIDTH)

    def loss(parameters: Float) -> tuple[float, Float]:
        logits = parameters[0] + parameters[1] * (values - middle) / width
        chance = 0.5 + 0.5 * np.tanh(logits / 2)
        slip = (chance - targets) / len(values)
        gradient = np.array([slip.sum(), (slip * (values - middle) / width).sum()])
        return float((np.logaddexp(0, logits) - targets * logits).mean()), gradient

    bounds = [(None, None), (None, 0.0)]  # a wider heatmap never speaks for a face
    offset, weight = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(offset - weight * middle / width), float(weight / width)


def calibration(faces: Sequence[tuple[Shown, Look]], backgrounds: Sequence[Look]) -> dict[str, Any]:
    """The card's entry."""
    logs = np.stack([_log(look) for _, look in faces])
    errors = np.stack([np.linalg.norm(look.points - shown.points, axis=1) / look.unit for shown, look in faces])
    levels, slope = fit_errors(logs, errors)
    offset, weight = fit_score(logs.mean(axis=1), np.array([_log(look).mean() for look in backgrounds]))
    return {
        "levels": np.round(levels, 4).tolist(),
        "slope": round(slope, 4),
        "offset": round(offset, 3),
        "weight": round(weight, 3),
        "fitted_on": {
            "faces": "the validation part of 300-W train.txt, each face as it is and with a quarter covered",
            "number": len(faces),
            "backgrounds": len(backgrounds),
        },
    }


def _log(look: Look) -> Float:
    assert look.spread is not None
    return log_spread(look.spread).astype(np.float64)


def main() -> None:
    """Fit, and write the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="a name under checkpoints/, or a folder")
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    arguments = parser.parse_args()

    checkpoint = load_checkpoint(arguments.checkpoint)
    if not isinstance(checkpoint.network, HeatmapNetwork):
        raise FacekpError(f"{checkpoint.name} has no heatmaps to tell its confidence from; give a network that has")
    faces, backgrounds = looks_at(checkpoint, read_split(data_folder(arguments.data), checkpoint.card, "validation"))
    entry = calibration(faces, backgrounds)
    facts = {
        "weights_sha256": checkpoint.weights_sha256,
        "date": today(),
        "command": f"python -m training.calibrate --checkpoint {checkpoint.name}",
    }
    folder = checkpoint_folder(arguments.checkpoint)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    write_card(folder, {**card, "confidence": {**entry, **facts}})
    print(
        f"{checkpoint.name}: slope {entry['slope']}, score from {len(faces)} faces and {len(backgrounds)} backgrounds"
    )


if __name__ == "__main__":
    told(main)
