"""Any number of faces in one picture: a shape weighted one way, colours another.

Every still picture of a morph is such a blend. An average weighs all faces alike; a caricature has more
than the whole of a face and less than nothing of the mean; a swap has the shape of one face and the
colours of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, check_points
from facekp.aligner import Aligner, head_points
from facekp.colour import colour_of
from facekp.errors import MeshError
from facekp.folds import SafeMesh, feature_points, safe_mesh
from facekp.images import ImageSource, Picture, load_photograph
from facekp.layout import Layout, lay_out, warn, with_ring
from facekp.mask import clone, face_mask, head_mask, paste
from facekp.mesh import OUTLINE_POINTS
from facekp.mixture import Mixture
from facekp.parallel import THREADS, in_background
from facekp.schema import schema_of
from facekp.settings import MorphSettings

LEAST_SUM = 0.05
"""Sum of weights over the largest of them: with less, the picture is nothing but differences enlarged."""


@dataclass(frozen=True, eq=False)
class Blend:
    """A picture made of faces.

    Attributes
    ----------
    picture : uint8 array (H, W, 3), or (H, W, 4) with a transparent background
        RGB or RGBA.
    points : float32 array (K, 2)
        Its points, ``(x, y)`` in its pixels: where the faces were warped to, not a prediction.
    warnings : tuple of str
        What may not look as wished.
    """

    picture: Picture
    points: NDArray[np.float32]
    warnings: tuple[str, ...]


def shapes_of(layout: Layout, settings: MorphSettings) -> list[Points]:
    """The points of each face's mesh; where the background is one photograph's, a ring keeps it still."""
    if settings.background in ("a", "b") or settings.face_only != "off":
        return with_ring(layout.shapes, layout.head, layout.size)
    return layout.shapes


def finished(
    settings: MorphSettings, blended: Picture, of_a: Picture, of_b: Picture, shape: Points, layout: Layout
) -> Picture:
    """A blend before the background that was asked for.

    Parameters
    ----------
    settings : MorphSettings
    blended, of_a, of_b : uint8 arrays (H, W, 3), or (H, W, 4) with mattes, where heads are cut out
        The faces, and the photographs A and B alone, warped to the same shape.
    shape : float64 array (N, 2)
        That shape, ``(x, y)`` in pixels.
    layout : Layout

    Returns
    -------
    uint8 array (H, W, 3 or 4)
    """
    if settings.face_only != "off":
        mask = face_mask(shape[: layout.face], layout.size)
        if settings.face_only == "feather" or np.array_equal(blended, of_a):
            return paste(blended, of_a, mask)
        return clone(blended, of_a, mask)
    if settings.background == "dissolve":
        return blended
    if settings.background in ("a", "b"):
        mask = head_mask(*head_points(shape, layout), layout.size)
        return paste(blended, of_a if settings.background == "a" else of_b, mask)
    if settings.background == "transparent":
        return blended
    heads, matte = np.ascontiguousarray(blended[..., :3]), blended[..., 3].astype(np.float32) / np.float32(255)
    return paste(heads, np.full_like(heads, colour_of(settings.background)), matte)


def mesh_over(layout: Layout, shapes: Sequence[Points], mean: Points | None = None) -> SafeMesh:
    """One mesh for several shapes that none of them folds.

    Parameters
    ----------
    layout : Layout
        Says which points are the face's.
    shapes : sequence of float64 arrays (N, 2)
        As `shapes_of` gives them.
    mean : float64 array (N, 2), optional
        The shape on which triangles are made; by default the mean of the shapes.
    """
    return safe_mesh(shapes, mean, feature_points(layout.face + OUTLINE_POINTS))


def fold_warnings(layout: Layout, meshes: Iterable[SafeMesh]) -> tuple[str, ...]:
    """What had to be done to meshes so that none folds: a sentence for all of them together."""
    sentences, safe = [], list(meshes)
    dropped = sorted({index for mesh in safe for index in mesh.dropped})
    names = ", ".join(name for index in dropped if (name := _name(layout, index)))
    if names:
        sentences.append(f"the faces fold over each other at {names}; the morph does without these points")
    folds = sum(mesh.folds for mesh in safe)
    if folds:
        count = f"{folds} triangle{'s' * (folds > 1)}"
        sentences.append(f"the mesh still turns over in {count}, which will look torn; check the points")
    return tuple(sentences)


def _name(layout: Layout, index: int) -> str:
    """What a point that the caller gave is called; those that were added to it have no name, and are not missed."""
    schema = schema_of(layout.face)
    if index < layout.face:
        return schema.names[index] if schema is not None else f"point {index}"
    extra = index - layout.head + layout.extra
    return f"extra point {extra}" if 0 <= extra < layout.extra else ""


def blend_faces(
    images: Sequence[ImageSource],
    points: Sequence[NDArray[np.floating]],
    shape_weights: Sequence[float] | NDArray[np.floating] | None = None,
    colour_weights: Sequence[float] | NDArray[np.floating] | None = None,
    settings: MorphSettings | None = None,
    *,
    extra: Sequence[NDArray[np.floating]] | None = None,
) -> Blend:
    """One picture of N faces, shapes and colours weighted apart.

    Parameters
    ----------
    images : sequence of N paths, bytes, PIL images or arrays
        Photographs, as `load_image` takes them; paths are read one at a time. The first is
        photograph A, the second B, where the settings name them.
    points : sequence of N arrays (K, 2)
        ``(x, y)`` in pixels of each photograph.
    shape_weights, colour_weights : N numbers, optional
        How much each face counts, scaled to sum to one. They may be negative and larger than the
        sum. By default shapes all count the same, and colours as shapes do.
    settings : MorphSettings, optional
        How it is rendered; frames and times do not count.
    extra : sequence of N arrays (E, 2), optional
        More points of each face, see `lay_out`.

    Raises
    ------
    MeshError
        If the numbers of pictures, point sets and weights differ, weights are unusable, or the
        points cannot be aligned; see `check_points`.
    ImageError, SettingsError
        If a photograph cannot be read, or the size is out of range.
    """
    settings = settings or MorphSettings()
    shapes = check_points(points)
    if len(images) != len(shapes):
        raise MeshError(f"there are {len(images)} pictures and {len(shapes)} sets of points; give one set per picture")
    of_shape = shares(shape_weights, len(shapes))
    of_colour = of_shape if colour_weights is None else shares(colour_weights, len(shapes))
    kept = {"a": 0, "b": 1}.get("a" if settings.face_only != "off" else settings.background)
    if kept is not None and kept >= len(shapes):
        raise MeshError("the background is to be photograph B's, and there is one photograph; give two, or 'a'")

    first = load_photograph(images[0])
    places = np.abs(of_shape) / np.abs(of_shape).sum()
    layout = lay_out(shapes, settings, (first.shape[1], first.shape[0]), places, extra)
    controls = shapes_of(layout, settings)
    outline = np.array(layout.size) - 0.5
    target = np.average(controls, axis=0, weights=of_shape).clip(-0.5, outline)
    aligner = Aligner(layout, settings, first)

    def drawn(loaded: tuple[int, Picture]) -> tuple[int, Picture, SafeMesh]:
        index, image = loaded
        # A mesh of each face's own with the target: of many faces together a few would spoil it for all.
        safe = mesh_over(layout, [controls[index], target], target)
        return index, aligner.drawn(image, index, controls[index], target, safe.mesh), safe

    counted = (index for index in range(len(images)) if of_colour[index] != 0 or index == kept)
    loaded = ((index, load_photograph(images[index]) if index else first) for index in counted)
    mixture = Mixture(of_colour.tolist(), layout.size, linear_light=settings.linear_light)
    background, meshes = None, []
    for index, warped, safe in in_background(drawn, loaded, THREADS):
        mixture.add(warped, of_colour[index])
        background = warped if index == kept else background
        meshes.append(safe)
    blended = mixture.picture
    other = blended if background is None else background
    picture = finished(settings, blended, other, other, target, layout)
    sentences = layout.warnings + fold_warnings(layout, meshes) + aligner.warnings
    warn(sentences)
    return Blend(picture, target[: layout.face].astype(np.float32), sentences)


def shares(weights: Sequence[float] | NDArray[np.floating] | None, count: int) -> NDArray[np.float64]:
    """Weights (N,) that sum to one.

    Raises
    ------
    MeshError
        If they are no N finite numbers, or their sum is 0.
    """
    if weights is None:
        return np.full(count, 1 / count)
    try:
        parts = np.array(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise MeshError(f"the weights {weights!r} are no numbers; give one number for each face") from None
    if parts.shape != (count,):
        given = len(parts) if parts.ndim == 1 else f"an array {parts.shape} of"
        raise MeshError(f"there are {given} weights for {count} faces; give one number for each face")
    if not np.isfinite(parts).all():
        raise MeshError("weights must be finite numbers; mend them")
    if np.any(parts):
        parts /= np.abs(parts).max()  # first, so that the sum of huge weights stays finite
    if abs(parts.sum()) < LEAST_SUM:
        raise MeshError(f"the weights sum to {parts.sum():g} times the largest; their sum must not be 0")
    return np.asarray(parts / parts.sum())
