"""Errors of predicted points; NumPy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpError
from facekp.schema import Schema

Float = NDArray[np.float64]

REGION_GROUPS = {
    "jaw": ("jaw",),
    "brows": ("right brow", "left brow"),
    "nose": ("nose tip", "nose bridge", "nostrils", "nose"),
    "eyes": ("right eye", "left eye"),
    "mouth": ("outer lips", "inner lips", "lips"),
}
"""The parts of a face that errors are given for, and the regions of all schemas that belong to each."""


def point_errors(predicted: NDArray[np.float32], truth: NDArray[np.float32]) -> Float:
    """Euclidean distance of each point (..., K, 2) from the true one; (..., K), pixels."""
    return np.asarray(np.linalg.norm(np.asarray(predicted, np.float64) - np.asarray(truth, np.float64), axis=-1))


def inter_ocular(truth: NDArray[np.float32], schema: Schema) -> float:
    """Distance of the outer eye corners of true points (K, 2), pixels.

    Raises
    ------
    FacekpError
        If the schema has no eye corners.
    """
    if schema.eye_corners is None:
        raise FacekpError(f"the points of {schema.name} have no eye corners to measure by")
    right, left = schema.eye_corners
    return float(np.linalg.norm(truth[left] - truth[right]))


def normalised_mean_error(predicted: NDArray[np.float32], truth: NDArray[np.float32], schema: Schema) -> float:
    """Mean distance of points (K, 2) over the distance of the outer eye corners; 0.03 is 3 %.

    Source: the measure of the 300-W challenge, Sagonas et al. 2013.
    """
    return float(point_errors(predicted, truth).mean()) / inter_ocular(truth, schema)


def cumulative_curve(errors: NDArray[np.float64], thresholds: NDArray[np.float64]) -> Float:
    """Share of the errors (N,) that are at most each threshold (T,); (T,), 0 to 1."""
    return np.asarray(np.mean(np.asarray(errors)[:, None] <= thresholds[None, :], axis=0))


def failure_rate(errors: NDArray[np.float64], threshold: float) -> float:
    """Share of the errors (N,) above a threshold."""
    return float(np.mean(np.asarray(errors) > threshold))


def area_under_curve(errors: NDArray[np.float64], limit: float) -> float:
    """Area under the cumulative curve from 0 to `limit`, over `limit`; 1 is perfect."""
    # The curve of N errors is a staircase; each error below the limit adds the rectangle behind it.
    return float(np.mean(np.clip(limit - np.asarray(errors), 0, None)) / limit)


def region_groups(schema: Schema) -> dict[str, tuple[int, ...]]:
    """Indices of the points of each part of the face: jaw, brows, nose, eyes, mouth, as far as the schema has them."""
    parts = {
        part: tuple(i for region in schema.regions if region.name in names for i in region.indices)
        for part, names in REGION_GROUPS.items()
    }
    return {part: indices for part, indices in parts.items() if indices}
