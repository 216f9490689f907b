"""Still pictures made of faces, and their recipes; nothing here knows Streamlit."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from morph_faces import Face, Sketch
from numpy.typing import NDArray
from previews import small_size

from facekp.annotations import format_pts
from facekp.blend import Blend, blend_faces
from facekp.draw import MESH, draw_face
from facekp.images import Picture, encode_png, load_photograph
from facekp.make import make
from facekp.prototype import FACE_IN_PLACE, HEAD_IN_PLACE, caricature, symmetrise
from facekp.recipe import STILL, Output, Recipe, to_json
from facekp.schema import SCHEMAS
from facekp.settings import MAX_SIDE, MorphSettings
from facekp.sources import Photograph, fingerprint

SIDE = 480
"""Longer side of a picture on the page, pixels."""

MEAN_SIDE = 512
"""Width and height of the mean face that a caricature is held against, pixels."""

MEAN_FILE = "mean.png"


@dataclass(frozen=True)
class MeanFace:
    """A mean of faces as a file, with its points (K, 2)."""

    title: str
    png: bytes
    points: NDArray[np.float32]


# --- On the page: small, of sketches --------------------------------------------------------------


def average_sketch(faces: Sequence[Sketch], weights: Sequence[float]) -> Blend:
    """The average of faces; see `blend_faces`, also for what is raised."""
    pictures, points = [face.picture for face in faces], [face.points for face in faces]
    return blend_faces(pictures, points, weights, None, MorphSettings(size=(SIDE, SIDE)))


def with_shape(picture: Picture, shape: NDArray[np.float32]) -> Picture:
    """A picture with a shape over it: 68 points (K, 2) in its pixels, and their edges."""
    return draw_face(picture, shape, SCHEMAS["ibug68"], MESH)


def caricature_sketch(face: Sketch, mean: MeanFace, factor: float, *, shape: bool, colour: bool) -> Blend:
    """A face moved away from a mean face, in its photograph; see `caricature`."""
    settings = _placed(FACE_IN_PLACE, face)
    return caricature(
        face.picture, face.points, mean.png, mean.points, factor, shape=shape, colour=colour, settings=settings
    )


def symmetric_sketch(face: Sketch, amount: float, *, shape: bool, colour: bool) -> Blend:
    """A face with its own mirror image; see `symmetrise`."""
    settings = _placed(HEAD_IN_PLACE, face)
    return symmetrise(face.picture, face.points, amount, shape=shape, colour=colour, settings=settings)


def _placed(settings: MorphSettings, face: Sketch) -> MorphSettings:
    return replace(settings, size=small_size(face.size, SIDE))


# --- To keep: at full size, as recipes say --------------------------------------------------------


def mean_face(faces: Sequence[Face], title: str) -> MeanFace:
    """The mean of faces, all alike, as a file."""
    blend = average(faces, None, MEAN_SIDE)
    return MeanFace(title, encode_png(blend.picture), blend.points)


def average(faces: Sequence[Face], weights: Sequence[float] | None, side: int) -> Blend:
    """The average of faces, `side` pixels wide and high; without weights all count alike."""
    images, points = [face.photo.data for face in faces], [face.points for face in faces]
    return blend_faces(images, points, weights, None, MorphSettings(size=(side, side)))


def shaped_average(faces: Sequence[Face], weights: Sequence[float], side: int) -> bytes:
    """The average of faces with its shape over it, as a PNG."""
    blend = average(faces, weights, side)
    return encode_png(with_shape(blend.picture, blend.points))


def average_points(faces: Sequence[Face], weights: Sequence[float], side: int) -> str:
    """The points of the average of faces, in the .pts format."""
    return format_pts(average(faces, weights, side).points)


def average_recipe(faces: Sequence[Face], weights: Sequence[float], side: int) -> Recipe:
    """How the average of faces is made, `side` pixels wide and high."""
    settings = MorphSettings(size=(side, side))
    return Recipe(
        "average", tuple(face.photograph() for face in faces), settings, Output(STILL), weights=tuple(weights)
    )


def caricature_recipe(
    face: Face, mean: MeanFace, factor: float, size: tuple[int, int], *, shape: bool, colour: bool
) -> Recipe:
    """How a caricature is made of a photograph of this width and height."""
    of_mean = Photograph(MEAN_FILE, fingerprint(mean.png), mean.points.astype(np.float64))
    return Recipe(
        "caricature",
        (face.photograph(), of_mean),
        _whole(FACE_IN_PLACE, size),
        Output(STILL),
        amount=factor,
        shape=shape,
        colour=colour,
    )


def symmetrise_recipe(face: Face, amount: float, size: tuple[int, int], *, shape: bool, colour: bool) -> Recipe:
    """How a symmetric face is made of a photograph of this width and height."""
    settings = _whole(HEAD_IN_PLACE, size)
    return Recipe(
        "symmetrise", (face.photograph(),), settings, Output(STILL), amount=amount, shape=shape, colour=colour
    )


def _whole(settings: MorphSettings, size: tuple[int, int]) -> MorphSettings:
    """At the photograph's own size, as far as frames can be so large."""
    return settings if max(size) <= MAX_SIDE else replace(settings, size=small_size(size, MAX_SIDE))


def picture_of(recipe: Recipe, files: Sequence[bytes]) -> bytes:
    """The PNG that a recipe makes of its encoded photographs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture{STILL}"
        make(recipe, path, pictures=[load_photograph(data) for data in files])
        return path.read_bytes()


def packed_recipe(recipe: Recipe, mean: MeanFace) -> bytes:
    """A ZIP of a caricature's recipe and of the mean face that it needs beside it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("recipe.json", to_json(recipe))
        archive.writestr(MEAN_FILE, mean.png)
    return buffer.getvalue()
