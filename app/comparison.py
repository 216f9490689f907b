"""Predicted points beside true ones; nothing here knows Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from photos import Truth

from facekp.annotations import Points
from facekp.faces import FaceBox
from facekp.keypoints import Keypoints
from facekp.metrics import point_errors, region_groups
from facekp.schema import NOSE, NOSE_PLACES, Schema

SAME_FACE = 0.2
"""True points belong to a face when their boxes share more than this part of their union."""
WORST = 5
"""Points that are named."""


@dataclass(frozen=True)
class TrueFace:
    """True points, and the index of the predicted face that lies on them, if any.

    Attributes
    ----------
    counterparts : float32 array (K, 2), or None
        The true places of that face's points, photo pixels; None where they are not known, and no error can be given.
    """

    truth: Truth
    face: int | None
    counterparts: Points | None

    @property
    def points(self) -> Points:
        """The true points (K, 2), photo pixels."""
        return self.truth.points

    @property
    def schema(self) -> Schema:
        """What they mean."""
        return self.truth.schema


def match(truths: Sequence[Truth], faces: Sequence[Keypoints]) -> list[TrueFace]:
    """Tell for all true points which of the predicted faces they belong to; none belongs to two."""
    free = dict(enumerate(faces))
    matched = []
    for truth in truths:
        shares = {i: _share(truth, face) for i, face in free.items()}
        best = max(shares, key=shares.__getitem__, default=None)
        if best is None or shares[best] <= SAME_FACE:
            matched.append(TrueFace(truth, None, None))
            continue
        matched.append(TrueFace(truth, best, _counterparts(truth, free.pop(best).schema)))
    return matched


def _counterparts(truth: Truth, schema: Schema) -> Points | None:
    """The true places of a schema's points (K, 2); None where they are not among the true points."""
    if schema == truth.schema:
        return truth.points
    if schema == NOSE and truth.schema.name in NOSE_PLACES:
        return truth.points[[NOSE_PLACES[truth.schema.name]]]
    return None


def _share(truth: Truth, face: Keypoints) -> float:
    """How much of their boxes true points share with a face; of a single point, whether it lies within their box."""
    if len(face.points) == 1:
        (x, y), box = face.points[0], truth.box
        return float(box.x_min <= x <= box.x_max and box.y_min <= y <= box.y_max)
    return FaceBox.around(face.points).overlap(truth.box)


@dataclass(frozen=True)
class Errors:
    """How far predicted points are from the true ones.

    Attributes
    ----------
    pixels : float64 array (K,)
        Of each point.
    scale : float
        Distance of the outer eye corners of the true points, pixels; 0 where it is not known.
    """

    pixels: np.ndarray
    scale: float
    schema: Schema

    @property
    def mean(self) -> float:
        """Mean distance, pixels."""
        return float(self.pixels.mean())

    @property
    def normalised(self) -> float | None:
        """Mean distance over that of the outer eye corners."""
        return self.mean / self.scale if self.scale > 0 else None

    def by_region(self) -> pd.DataFrame:
        """A row for each part of the face: its mean error in pixels, and in percent of the eyes' distance."""
        return self._table([(part, self.pixels[list(i)].mean()) for part, i in region_groups(self.schema).items()])

    def worst(self) -> pd.DataFrame:
        """The points that are farthest off, the worst first."""
        order = np.argsort(-self.pixels, kind="stable")[:WORST].tolist()
        return self._table([(f"{i} · {self.schema.names[i]}", self.pixels[i]) for i in order])

    def _table(self, rows: list[tuple[str, float]]) -> pd.DataFrame:
        names, pixels = zip(*rows, strict=True)
        share = [100 * each / self.scale if self.scale > 0 else None for each in pixels]
        return pd.DataFrame({"name": names, "pixels": pixels, "percent": share})


def errors(predicted: Points, counterparts: Points, schema: Schema, scale: float) -> Errors:
    """Errors of a schema's predicted points (K, 2) against the true ones (K, 2), with the scale of `Errors`."""
    return Errors(point_errors(predicted, counterparts), scale, schema)
