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
from facekp.metrics import inter_ocular, point_errors, region_groups
from facekp.schema import Schema

SAME_FACE = 0.2
"""True points belong to a face when their boxes share more than this part of their union."""
WORST = 5
"""Points that are named."""


@dataclass(frozen=True)
class TrueFace:
    """True points, and the index of the predicted face that lies on them, if any.

    Attributes
    ----------
    comparable : bool
        Whether the face has the same points, so that errors can be given.
    """

    truth: Truth
    face: int | None
    comparable: bool

    @property
    def points(self) -> Points:
        """The true points (K, 2), photo pixels."""
        return self.truth.points

    @property
    def schema(self) -> Schema:
        """What they mean."""
        return self.truth.schema

    @property
    def compared(self) -> int | None:
        """The face that errors are given for."""
        return self.face if self.comparable else None


def match(truths: Sequence[Truth], faces: Sequence[Keypoints]) -> list[TrueFace]:
    """Tell for all true points which of the predicted faces they belong to; none belongs to two."""
    # A box round one point has no size.
    free = {i: FaceBox.around(face.points) for i, face in enumerate(faces) if len(face.points) > 1}
    matched = []
    for truth in truths:
        overlaps = {i: box.overlap(truth.box) for i, box in free.items()}
        best = max(overlaps, key=overlaps.__getitem__, default=None)
        if best is None or overlaps[best] <= SAME_FACE:
            matched.append(TrueFace(truth, None, comparable=False))
            continue
        del free[best]
        matched.append(TrueFace(truth, best, comparable=truth.schema == faces[best].schema))
    return matched


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


def errors(predicted: Points, truth: Truth) -> Errors:
    """Errors of predicted points (K, 2) against true ones of the same schema."""
    scale = inter_ocular(truth.points, truth.schema) if truth.schema.eye_corners else 0.0
    return Errors(point_errors(predicted, truth.points), scale, truth.schema)
