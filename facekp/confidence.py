"""From the spread of heatmaps to how far off points may be, and to how surely a crop shows a face.

A network that has seen a point clearly gives a narrow heatmap; where a hand hides the point, or where there is
no face, the heatmap is wide. The numbers that turn this into pixels and into a score are fitted by
``training.calibrate`` and stand in the checkpoint's card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.errors import CheckpointError

Float = NDArray[np.float32]

LEAST_SPREAD = 1e-4
"""Relative coordinates; keeps the logarithm of a heatmap of a single cell finite."""


@dataclass(frozen=True, eq=False)
class Confidence:
    """The calibration of a network's spreads.

    With s the spread of point k, in relative coordinates as the points are: its expected error is
    ``exp(levels[k]) · s ** slope``, and the score of the face is the logistic function of
    ``offset + weight · mean(log s)`` over its points.

    Attributes
    ----------
    levels : float32 array (K,)
    slope, offset, weight : float
    """

    levels: Float
    slope: float
    offset: float
    weight: float

    @classmethod
    def from_card(cls, card: Mapping[str, Any], points: int) -> Confidence | None:
        """What a card says of the confidence of a network of so many points; None where it says nothing.

        Raises
        ------
        CheckpointError
            If that is incomplete, or is for another number of points.
        """
        values = card.get("confidence")
        if values is None:
            return None
        try:
            levels = np.array(values["levels"], dtype=np.float32)
            numbers = [float(values[name]) for name in ("slope", "offset", "weight")]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"the card's confidence lacks, or does not understand, {error}; run python -m training.calibrate again"
            ) from None
        if levels.shape != (points,) or not np.isfinite(levels).all() or not np.isfinite(numbers).all():
            raise CheckpointError(
                f"the card's confidence is not made of finite numbers for {points} points; "
                "run python -m training.calibrate again"
            )
        return cls(levels, *numbers)

    def errors(self, spread: Float) -> Float:
        """Expected errors (..., K) of points with spreads (..., K), both in relative coordinates; float32."""
        return np.exp(self.levels + self.slope * log_spread(spread)).astype(np.float32)

    def score(self, spread: Float) -> float:
        """How surely spreads (K,) are those of a face, 0 to 1."""
        return float(0.5 + 0.5 * np.tanh(0.5 * (self.offset + self.weight * log_spread(spread).mean())))


def log_spread(spread: Float) -> Float:
    """Natural logarithm of spreads, finite whatever they are; the same shape, float32."""
    return np.log(np.maximum(spread, LEAST_SPREAD)).astype(np.float32)
