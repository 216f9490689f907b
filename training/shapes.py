"""What can be read off the points of a face: how open the mouth is, and how unusual the shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.align import mean_shape, similarity
from facekp.metrics import inter_ocular
from facekp.schema import IBUG68, IMM58, Schema

Float = NDArray[np.float64]

LIPS = {IBUG68.name: (62, 66), IMM58.name: (41, 45)}
"""Middle of the upper and of the lower lip: the inner edges of the 68 points; the 58 have the outer ones only."""

EXPLAINED = 0.95
"""Part of the training shapes' variance that the components hold; the rest of a shape is its residual."""


def mouth_opening(outline: NDArray[np.floating[Any]], schema: Schema) -> float:
    """Distance of the lips' middles in points (K, 2), percent of the longer side of the box round all points.

    That side changes little as the head turns, whereas the eyes come nearer to each other.
    """
    upper, lower = LIPS[schema.name]
    return 100 * float(np.linalg.norm(outline[lower] - outline[upper])) / float(np.ptp(outline, axis=0).max())


@dataclass(frozen=True, eq=False)
class ShapeSpace:
    """The principal components of training shapes, after place, size and turn are taken away.

    Source: Cootes et al., Active Shape Models, 1995.

    Attributes
    ----------
    mean : float64 array (K, 2)
        The Procrustes mean.
    components : float64 array (M, 2K)
        Unit vectors.
    deviations : float64 array (M,)
        Standard deviation of the training shapes along each component.
    eye_distance : float
        Of the outer eye corners in the mean.
    distances, residuals : float64 arrays (N,)
        Of the training shapes themselves, as `measure` gives them.
    """

    mean: Float
    components: Float
    deviations: Float
    eye_distance: float
    distances: Float
    residuals: Float

    @classmethod
    def fit(cls, outlines: NDArray[np.floating[Any]], schema: Schema) -> ShapeSpace:
        """The space of shapes (N, K, 2) and of their mirror images, which training sees as well."""
        shapes = np.concatenate([outlines, schema.mirror_points(np.asarray(outlines, np.float32), 0)])
        shapes = shapes.astype(np.float64)
        mean = mean_shape(list(shapes), np.full(len(shapes), 1 / len(shapes)))
        offsets = _offsets(shapes, mean)
        variances, vectors = np.linalg.eigh(offsets.T @ offsets / len(offsets))
        variances, vectors = variances[::-1], vectors[:, ::-1]
        count = 1 + int(np.searchsorted(np.cumsum(variances) / variances.sum(), EXPLAINED))
        components, deviations = vectors[:, :count].T, np.sqrt(variances[:count])
        eyes = inter_ocular(mean.astype(np.float32), schema)
        return cls(mean, components, deviations, eyes, *_distances(offsets, components, deviations, eyes))

    def measure(self, outlines: NDArray[np.floating[Any]]) -> tuple[Float, Float]:
        """How far shapes (N, K, 2) lie from the training shapes.

        Returns
        -------
        distances : float64 array (N,)
            From their mean, within the components: the root mean square of the coordinates, each in
            standard deviations (Mahalanobis); about 1 for a usual shape.
        residuals : float64 array (N,)
            What the components leave of them: root mean square distance of the points, percent of the
            distance of the outer eye corners.
        """
        offsets = _offsets(np.asarray(outlines, np.float64), self.mean)
        return _distances(offsets, self.components, self.deviations, self.eye_distance)


def _offsets(shapes: Float, mean: Float) -> Float:
    """What aligned shapes (N, K, 2) differ from the mean by, (N, 2K).

    They are scaled into the plane that touches the mean, where what least squares takes off the size of
    unusual shapes does not bend straight ways of change (tangent coordinates: Dryden and Mardia, as in
    `facekp.align`).
    """
    aligned = np.stack([similarity(shape, mean)(shape) for shape in shapes]).reshape(len(shapes), -1)
    flat = mean.ravel()
    return np.asarray(aligned * (flat @ flat / (aligned @ flat))[:, None] - flat)


def _distances(offsets: Float, components: Float, deviations: Float, eyes: float) -> tuple[Float, Float]:
    coordinates = offsets @ components.T
    rest = offsets - coordinates @ components
    distances = np.sqrt(np.mean((coordinates / deviations) ** 2, axis=1))
    return distances, 100 / eyes * np.sqrt(np.mean(rest**2, axis=1) * 2)
