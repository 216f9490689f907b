"""From annotated faces and what a predictor says of them to numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from facekp.faces import FaceBox
from facekp.images import Picture
from facekp.keypoints import Keypoints
from facekp.metrics import (
    area_under_curve,
    cumulative_curve,
    failure_rate,
    inter_ocular,
    point_errors,
    region_groups,
)
from facekp.results import PictureResult
from facekp.schema import IBUG68, Schema
from training.splits import Sample
from training.tally import pictures

OVERLAP = 0.3
"""Least overlap over union of a detected box with the box round the true points."""
MISSED = 1.0
"""Relative error that a missed face counts with: 100 %."""
INNER = slice(17, None)
"""The 51 of 68 points that do not lie on the jaw."""
THRESHOLDS = np.linspace(0, 0.08, 81)
"""Relative errors at which the cumulative curve is given."""

NORMALISER = "distance of the true outer eye corners"
MISSED_FACES = "a missed face counts as 100 % in relative errors; errors in pixels are over the faces found"
PIXELS = {
    "imm": "of the photographs, 640 × 480",
    "300w": "of the stored photographs, in which a face has at most 224; the error per coordinate of the originals",
}

VIEWS = {
    1: "neutral, from the front",
    2: "smiling, from the front",
    3: "turned about 30° to the person's right",
    4: "turned about 30° to the person's left",
    5: "from the front, a spot light from one side",
    6: "a joke, or any expression",
}
"""The views of IMM."""

ORIGINAL_WORK, BEST_KNOWN = 10.13, 5.88
"""Mean absolute error per coordinate on dlib's test list, original pixels: of the course work, and the best score."""


class Predictor(Protocol):
    """What is measured: `facekp.predict.KeypointPredictor`, or a stand-in."""

    def predict(self, image: Picture) -> list[Keypoints]:
        """The faces of a photograph."""
        ...


@dataclass(frozen=True, eq=False)
class Answer:
    """What a predictor said of an annotated face.

    Attributes
    ----------
    sample : Sample
        The face.
    points : float32 array (K, 2), or None
        The predicted points, photo pixels; None if the face was missed.
    overlap : float or None
        Of the box where the face was looked for with the square round all its points, area of the
        intersection over that of the union; None where the network looked at the whole picture.
    normaliser : float
        Distance of the true outer eye corners, pixels.
    """

    sample: Sample
    points: NDArray[np.float32] | None
    overlap: float | None
    normaliser: float

    @property
    def pixels(self) -> NDArray[np.float64] | None:
        """Distance of each point from the true one, (K,), photo pixels; None if the face was missed."""
        return None if self.points is None else point_errors(self.points, self.sample.points)

    @property
    def relative(self) -> NDArray[np.float64]:
        """The same over the normaliser, (K,); `MISSED` if the face was missed."""
        return np.full(len(self.sample.points), MISSED) if self.pixels is None else self.pixels / self.normaliser

    @property
    def result(self) -> PictureResult:
        """The picture's line in the results."""
        return PictureResult(
            file=self.sample.file,
            view=self.sample.view,
            error_percent=_percent(self.relative.mean()),
            error_pixels=None if self.pixels is None else round(float(self.pixels.mean()), 3),
            points=self.points,
        )


def ask(predictor: Predictor, samples: Sequence[Sample], outline: Schema, *, whole: bool = False) -> list[Answer]:
    """Run a predictor over annotated faces, with its own detector; those whose picture is broken get no answer.

    Parameters
    ----------
    predictor : Predictor
    samples : sequence of Sample
    outline : Schema
        Of the samples' outlines.
    whole : bool
        Whether the network looks at the whole picture, so that no box can be wrong.

    Raises
    ------
    FacekpError
        If more than a few faces of their data set are broken.
    """
    asked = pictures(samples, "measured")
    return [_answer(predictor.predict(picture), sample, outline, whole) for sample, picture in asked]


def _answer(found: Sequence[Keypoints], sample: Sample, outline: Schema, whole: bool) -> Answer:
    normaliser = inter_ocular(sample.outline, outline)
    if whole:
        return Answer(sample, found[0].points if found else None, None, normaliser)
    truth = FaceBox.around(sample.outline)
    best = max(found, key=lambda candidate: candidate.box.overlap(truth), default=None)
    if best is None:
        return Answer(sample, None, 0.0, normaliser)
    points = best.points if best.box.overlap(truth) > OVERLAP else None
    return Answer(sample, points, best.box.overlap(square(truth)), normaliser)


def square(box: FaceBox) -> FaceBox:
    """The square with a box's centre and its longer side: where a network expects a face."""
    (x, y), half = box.centre, max(box.width, box.height) / 2
    return FaceBox(x - half, y - half, x + half, y + half)


def measured(answers: Sequence[Answer], split: str, schema: Schema) -> dict[str, Any]:
    """The headline numbers, by names that end in their unit; what does not apply is left out."""
    relative = np.stack([answer.relative for answer in answers])
    errors = relative.mean(axis=1)
    found = [answer for answer in answers if answer.points is not None]
    numbers: dict[str, Any] = {
        "photographs": len(answers),
        "missed": len(answers) - len(found),
        "nme_percent": _percent(errors.mean()),
        "median_percent": _percent(np.median(errors)),
        "failures_above_8_percent": _percent(failure_rate(errors, 0.08)),
        "failures_above_10_percent": _percent(failure_rate(errors, 0.10)),
        "auc_to_8_percent": _percent(area_under_curve(errors, 0.08)),
    }
    if found:
        pixels = [float(answer.pixels.mean()) for answer in answers if answer.pixels is not None]
        numbers["mean_pixels"] = round(float(np.mean(pixels)), 3)
        numbers["median_pixels"] = round(float(np.median(pixels)), 3)
    if schema is IBUG68:
        numbers["nme_inner51_percent"] = _percent(relative[:, INNER].mean())
        if found:
            numbers["mae_original_pixels"] = round(float(np.mean([_original_mae(answer) for answer in found])), 3)
    if split == "dlib_test":
        numbers["comparison"] = comparison(len(answers))
    return numbers


def comparison(photographs: int) -> dict[str, Any]:
    """What is to be said wherever the error on dlib's test list is shown, of which so many photographs are here."""
    sentence = (
        f"In original pixels the original work scored {ORIGINAL_WORK}, and the best one known {BEST_KNOWN}, "
        f"both on the full list of 1,008 photographs, of which {photographs} originals are here."
    )
    return {"original_work": ORIGINAL_WORK, "best_known": BEST_KNOWN, "sentence": sentence}


def curve(answers: Sequence[Answer]) -> dict[str, list[float]]:
    """The cumulative curve of the faces' relative errors."""
    shares = cumulative_curve(np.array([answer.relative.mean() for answer in answers]), THRESHOLDS)
    return {
        "thresholds_percent": [_percent(threshold) for threshold in THRESHOLDS],
        "shares_percent": [_percent(share) for share in shares],
    }


def by_region(answers: Sequence[Answer], schema: Schema) -> dict[str, dict[str, float]]:
    """Errors of the parts of the face."""
    return {
        part: {"points": len(indices), **_errors(answers, list(indices))}
        for part, indices in region_groups(schema).items()
    }


def by_view(answers: Sequence[Answer]) -> dict[str, dict[str, Any]]:
    """Errors in each view of IMM; empty for other data."""
    views = sorted({answer.sample.view for answer in answers if answer.sample.view is not None})
    table = {}
    for view in views:
        part = [answer for answer in answers if answer.sample.view == view]
        missed = sum(answer.points is None for answer in part)
        table[str(view)] = {"title": VIEWS[view], "photographs": len(part), "missed": missed, **_errors(part)}
    return table


def _errors(answers: Sequence[Answer], indices: list[int] | slice = slice(None)) -> dict[str, float]:
    """Mean errors of some of the points."""
    numbers = {"nme_percent": _percent(np.mean([answer.relative[indices].mean() for answer in answers]))}
    pixels = [float(answer.pixels[indices].mean()) for answer in answers if answer.pixels is not None]
    return {**numbers, "mean_pixels": round(float(np.mean(pixels)), 3)} if pixels else numbers


def _original_mae(answer: Answer) -> float:
    """Mean absolute error of a coordinate, pixels of the original photograph."""
    assert answer.points is not None
    return float(np.abs(answer.points - answer.sample.points).mean() / answer.sample.scale)


def _percent(share: float | np.floating[Any]) -> float:
    return round(100 * float(share), 3)
