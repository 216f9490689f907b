"""Faces moved away from a mean, along the difference of two means, into symmetry, and into each other's skin.

Rowland and Perrett, Manipulating facial appearance through shape and color, 1995, made the first
pictures of this kind. All of them are blends: see `facekp.blend`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facekp.align import check_points
from facekp.blend import Blend, blend_faces
from facekp.errors import MeshError, SettingsError
from facekp.images import ImageSource, load_photograph
from facekp.schema import schema_of
from facekp.settings import MorphSettings

FACE_IN_PLACE = MorphSettings(size="a", reference="a", face_only="feather")
"""By default a face changes in its own photograph, and hair and background stay: hair of two heads never fits."""

HEAD_IN_PLACE = MorphSettings(size="a", reference="a", background="a")
"""The same with the hair: a head fits its own mirror image well."""

FARTHEST = 10.0
"""Largest factor or amount; the picture has become noise long before."""

PointSet = NDArray[np.floating]


def caricature(
    image: ImageSource,
    points: PointSet,
    mean_image: ImageSource,
    mean_points: PointSet,
    factor: float,
    *,
    shape: bool = True,
    colour: bool = True,
    settings: MorphSettings = FACE_IN_PLACE,
    extra: Sequence[PointSet] | None = None,
) -> Blend:
    """A face moved away from a mean face, or towards it.

    Parameters
    ----------
    image, mean_image : path, bytes, PIL.Image.Image or array
        The photograph and the mean face, as `load_image` takes them.
    points, mean_points : arrays (K, 2)
        ``(x, y)`` in pixels of either.
    factor : float
        0 is the face itself, -1 the mean, 1 a face twice as different from it; -10 to 10.
    shape, colour : bool
        What is changed.
    settings : MorphSettings
        How it is rendered. By default only the face changes, in its photograph; the whole picture does with
        ``MorphSettings(size="a", reference="a")``.
    extra : sequence of 2 arrays (E, 2), optional
        More points of both, see `lay_out`.

    Raises
    ------
    SettingsError
        If the factor is out of range, or neither shape nor colour is to change.
    FacekpError
        As for `blend_faces`.
    """
    part = check_change("the factor", factor, shape, colour)
    return _moved([image, mean_image], [points, mean_points], (1 + part, -part), shape, colour, settings, extra)


def transform(
    image: ImageSource,
    points: PointSet,
    from_image: ImageSource,
    from_points: PointSet,
    to_image: ImageSource,
    to_points: PointSet,
    amount: float = 1.0,
    *,
    shape: bool = True,
    colour: bool = True,
    settings: MorphSettings = FACE_IN_PLACE,
    extra: Sequence[PointSet] | None = None,
) -> Blend:
    """The difference between two faces, means of two groups say, laid on a third.

    Parameters
    ----------
    image, from_image, to_image : path, bytes, PIL.Image.Image or array
        The photograph, and the two faces whose difference counts.
    points, from_points, to_points : arrays (K, 2)
        ``(x, y)`` in pixels of each.
    amount : float
        0 is the face itself, 1 adds the whole difference; -10 to 10.
    shape, colour, settings, extra
        As for `caricature`, with its errors.
    """
    part = check_change("the amount", amount, shape, colour)
    images, sets = [image, from_image, to_image], [points, from_points, to_points]
    return _moved(images, sets, (1, -part, part), shape, colour, settings, extra)


def symmetrise(
    image: ImageSource,
    points: PointSet,
    amount: float = 1.0,
    *,
    shape: bool = True,
    colour: bool = True,
    settings: MorphSettings = HEAD_IN_PLACE,
) -> Blend:
    """A face with its own mirror image.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image or array
        The photograph.
    points : array (K, 2)
        ``(x, y)`` in its pixels, in a schema that says which points are pairs.
    amount : float
        0 is the face itself, 1 fully symmetric; -10 to 10: below 0 it becomes less symmetric.
    shape, colour, settings
        As for `caricature`, with its errors; by default hair changes too.

    Raises
    ------
    MeshError
        If it is not known which of the points are pairs.
    """
    part = check_change("the amount", amount, shape, colour) / 2
    (checked,) = check_points([points])
    schema = schema_of(len(checked))
    if schema is None:
        raise MeshError(f"it is not known which of these {len(checked)} points are pairs; give 68 or 58 points")
    picture = load_photograph(image)
    mirrored = schema.mirror_points(checked.astype(np.float32), picture.shape[1])
    flipped = np.ascontiguousarray(picture[:, ::-1])
    return _moved([picture, flipped], [checked, mirrored], (1 - part, part), shape, colour, settings, None)


def swap(
    shape_image: ImageSource,
    shape_points: PointSet,
    colour_image: ImageSource,
    colour_points: PointSet,
    *,
    settings: MorphSettings | None = None,
    extra: Sequence[PointSet] | None = None,
) -> Blend:
    """The shape of one face, the colours of another.

    Parameters
    ----------
    shape_image, colour_image : path, bytes, PIL.Image.Image or array
        Photograph A, whose shape is taken, and B, whose colours are.
    shape_points, colour_points : arrays (K, 2)
        ``(x, y)`` in pixels of either.
    settings, extra
        As for `blend_faces`, with its errors. By default a portrait with B's background.
    """
    images, sets = [shape_image, colour_image], [shape_points, colour_points]
    return blend_faces(images, sets, (1, 0), (0, 1), settings, extra=extra)


def check_change(name: str, value: float, shape: bool, colour: bool) -> float:
    """Check how much a face is to change, and in what.

    Raises
    ------
    SettingsError
        If the number is out of range, or neither shape nor colour is to change.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or abs(value) > FARTHEST:
        raise SettingsError(f"{name} is {value!r}; give a number from {-FARTHEST:g} to {FARTHEST:g}")
    if not (shape or colour):
        raise SettingsError("neither shape nor colour is to change; choose one of them, or both")
    return float(value)


def _moved(
    images: Sequence[ImageSource],
    points: Sequence[PointSet],
    weights: tuple[float, ...],
    shape: bool,
    colour: bool,
    settings: MorphSettings,
    extra: Sequence[PointSet] | None,
) -> Blend:
    """A blend by the weights where something is to change, and of the first face alone where not."""
    own = (1.0, *(0.0 for _ in weights[1:]))
    return blend_faces(images, points, weights if shape else own, weights if colour else own, settings, extra=extra)
