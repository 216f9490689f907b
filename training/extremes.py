"""The pictures on which a checkpoint does best and worst, and what can be measured to say why."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpError
from facekp.faces import FaceBox
from facekp.pose import head_pose
from facekp.results import Extreme, Measure
from facekp.schema import Schema
from training.measure import OVERLAP, Answer
from training.shapes import ShapeSpace, mouth_opening

COUNT = 2
"""Pictures at either end."""
STANDS_OUT = 75.0
"""A property is named for a picture where it is harder than in so many percent of the pictures, and `notable`,"""
LEAST_EFFECT = 1.1
"""and where that tenth of the other pictures that is hardest by it has so many times the error of all: `effect`."""
FAR_OUT = 90.0
"""A shape is notable that lies farther out than so many percent of the training shapes."""
MOST_NAMED = 4
BRACKETS = "In brackets, how many of the pictures are less so."
"""Said after a reason."""

OCCLUSION = "not labelled: the files give all points of every face, and mark none as hidden"
"""Checked: .pts files hold coordinates only, and the points' types in .asf files are the same for all faces of IMM."""


@dataclass(frozen=True)
class Property:
    """Something that can be measured of a face, and may make it hard.

    Attributes
    ----------
    meaning : str
        What it is.
    sign : int
        1 where large values are hard, -1 where small ones are. Angles count by their size.
    least : float or None
        A value that is hard enough to be spoken of; None where the training faces tell that.
    says : function
        A measure in words, for a sentence.
    """

    meaning: str
    sign: int
    least: float | None
    says: Callable[[Measure], str]

    def hardness(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (N,) so that larger is harder."""
        return self.sign * np.abs(values)

    def notable(self, measure: Measure) -> bool:
        """Whether a value is large, or small, enough to be spoken of."""
        if self.least is None:
            return (measure.training_percentile or 0) >= FAR_OUT
        return self.sign * abs(measure.value) >= self.sign * self.least

    def rank(self, measure: Measure) -> float:
        """Percent of the pictures that are less hard."""
        return measure.percentile if self.sign > 0 else 100 - measure.percentile


PROPERTIES = {
    "yaw_degrees": Property(
        "turn of the head, positive to the person's left; from the true points by a mean head in three dimensions",
        1,
        15,
        lambda m: f"the head is turned by {abs(m.value):.0f}° to the person's {'left' if m.value > 0 else 'right'}",
    ),
    "pitch_degrees": Property(
        "nod of the head, positive where the person looks up; from the same",
        1,
        10,
        lambda m: f"the head looks {'up' if m.value > 0 else 'down'} by {abs(m.value):.0f}°",
    ),
    "roll_degrees": Property(
        "tilt of the head in the picture, positive to the person's left shoulder; from the same",
        1,
        10,
        lambda m: f"the head is tilted by {abs(m.value):.0f}° to the person's {'left' if m.value > 0 else 'right'}",
    ),
    "mouth_percent": Property(
        "distance of the middles of the lips in the true points (the inner edges of 68 points, the outer ones of 58), "
        "percent of the longer side of the box round all points",
        1,
        10,
        lambda m: f"the mouth is open, the lips {m.value:.0f} % of the face apart",
    ),
    "box_overlap": Property(
        "overlap over union of the box that the detector gave with the square round the true points",
        -1,
        0.8,
        lambda m: f"the detected box overlaps the true one by {m.value:.2f} only",
    ),
    "face_pixels": Property(
        "longer side of the box round the true points, pixels of the photograph",
        -1,
        100,
        lambda m: f"the face is small, {m.value:.0f} pixels",
    ),
    "shape_distance": Property(
        "distance of the true shape from the mean of the training shapes within their principal components "
        "(95 % of the variance), in standard deviations; 1 is usual",
        1,
        None,
        lambda m: f"the shape lies farther from the mean than {m.training_percentile:.1f} % of the training shapes",
    ),
    "shape_residual_percent": Property(
        "what the principal components of the training shapes cannot express of the true shape, percent of the "
        "distance of the outer eye corners",
        1,
        None,
        lambda m: (
            f"the shape fits their principal components worse than {m.training_percentile:.1f} % of the training shapes"
        ),
    ),
}
"""By name, which ends in the unit; those that are easiest to see come first."""


def find_extremes(
    answers: Sequence[Answer], outline: Schema, space: ShapeSpace
) -> tuple[dict[str, float], tuple[Extreme, ...], tuple[Extreme, ...]]:
    """The best and worst of some pictures.

    Parameters
    ----------
    answers : sequence of Answer
        At least twice as many as there are pictures at either end.
    outline : Schema
        Of the samples' outlines.
    space : ShapeSpace
        Of the training shapes.

    Returns
    -------
    effects : dict
        For each property its `effect` over all pictures.
    best, worst : tuples of Extreme
        The best first, and the worst first.
    """
    values = measure_all(answers, outline, space)
    hardness = {name: PROPERTIES[name].hardness(each) for name, each in values.items()}
    training = {"shape_distance": space.distances, "shape_residual_percent": space.residuals}
    errors = np.array([answer.relative.mean() for answer in answers])

    def extreme(index: int, *, good: bool) -> Extreme:
        measures = {
            name: Measure(
                round(float(each[index]), 3),
                _percentile(abs(each[index]), np.abs(each)),
                _percentile(each[index], training[name]) if name in training else None,
            )
            for name, each in values.items()
        }
        others = np.arange(len(errors)) != index
        effects = {name: effect(each[others], errors[others]) for name, each in hardness.items()}
        return Extreme(answers[index].result, measures, reason(answers[index], measures, effects, good=good))

    order = [int(index) for index in np.argsort(errors, kind="stable")]
    return (
        {name: round(effect(each, errors), 3) for name, each in hardness.items()},
        tuple(extreme(index, good=True) for index in order[:COUNT]),
        tuple(extreme(index, good=False) for index in order[::-1][:COUNT]),
    )


def effect(hardness: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """Mean error of the hardest tenth of the pictures over the mean error of all; both arrays (N,)."""
    hardest = np.argsort(-hardness, kind="stable")[: max(1, round(len(hardness) / 10))]
    return float(errors[hardest].mean() / errors.mean())


def measure_all(answers: Sequence[Answer], outline: Schema, space: ShapeSpace) -> dict[str, NDArray[np.float64]]:
    """The properties of all pictures, (N,) each; without the box where the network sees the whole picture."""
    outlines = [answer.sample.outline for answer in answers]
    boxes = [FaceBox.around(points) for points in outlines]
    yaw, pitch, roll = np.array([_angles(answer) for answer in answers]).T
    distance, residual = space.measure(np.stack(outlines))
    overlaps = [answer.overlap for answer in answers if answer.overlap is not None]
    return {
        "yaw_degrees": yaw,
        "pitch_degrees": pitch,
        "roll_degrees": roll,
        "mouth_percent": np.array([mouth_opening(points, outline) for points in outlines]),
        **({"box_overlap": np.array(overlaps)} if overlaps else {}),
        "face_pixels": np.array([max(box.width, box.height) for box in boxes]),
        "shape_distance": distance,
        "shape_residual_percent": residual,
    }


def reason(answer: Answer, measures: dict[str, Measure], effects: dict[str, float], *, good: bool) -> str:
    """One sentence on a picture, from its hardest properties.

    Parameters
    ----------
    answer : Answer
    measures : dict
        The picture's properties.
    effects : dict
        For each property its `effect` over the other pictures.
    good : bool
        Whether the picture is one of the best.
    """
    ranks = {name: PROPERTIES[name].rank(measure) for name, measure in measures.items()}

    def words(name: str) -> str:
        return f"{PROPERTIES[name].says(measures[name])} ({math.floor(ranks[name])} %)"

    named = [
        name
        for name, measure in measures.items()
        if ranks[name] >= STANDS_OUT and effects[name] >= LEAST_EFFECT and PROPERTIES[name].notable(measure)
    ]
    said = "; ".join(words(name) for name in named[:MOST_NAMED])
    if answer.points is None:
        start = f"No detected face overlaps the true one by more than {OVERLAP}"
        return f"{start}: {said}. {BRACKETS}" if said else f"{start}."
    if good:
        return f"Found well, although {said}. {BRACKETS}" if said else "None of what was measured makes it hard."
    if said:
        return f"{said[0].upper()}{said[1:]}. {BRACKETS}"
    most = words(max(ranks, key=lambda name: ranks[name]))
    return f"None of what was measured explains it; most unusual: {most}. {BRACKETS}"


def _angles(answer: Answer) -> tuple[float, float, float]:
    """Yaw, pitch and roll of the head, degrees."""
    pose = head_pose(answer.sample.outline)
    if pose is None:
        raise FacekpError(f"the points of {answer.sample.file} fit no head; look at its annotation")
    return pose.yaw, pose.pitch, pose.roll


def _percentile(value: float, values: NDArray[np.float64]) -> float:
    """Percent of the values that are smaller; equal ones count half."""
    return round(50 * float(np.mean(values < value) + np.mean(values <= value)), 1)
