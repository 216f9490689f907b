"""What the loaders feed the networks; nothing here knows Streamlit.

The loaders belong to ``training``, which a clone holds and an installed facekp does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from data_sets import data_folder

from facekp.annotations import Points
from facekp.errors import AnnotationError
from facekp.images import Picture
from facekp.schema import Schema

GALLERY = "gallery"
"""Name of the gallery among the data sets."""

SPLITS = {"imm": ("train", "validation"), "300w": ("train", "common", "dlib_test"), "merl_rav": ("all",)}
"""The parts of each data set that has points; training reads the first."""

FACE58 = ("face58", "face58-original", "nose", "nose-original")
FACE68 = ("face68", "face68-fast", "face68-resnet18")
STAGES = {"imm": FACE58, "300w": FACE68, "merl_rav": FACE68, GALLERY: FACE68 + FACE58}
"""The networks that are fed with faces of each."""


@dataclass(frozen=True, eq=False)
class KnownFace:
    """A photograph and its points (K, 2), photo pixels; `true` where a person set them."""

    title: str
    photo: Path
    points: Points
    true: bool = True


@dataclass(frozen=True, eq=False)
class Sample:
    """What a network sees of a face: a picture in its size, and the points (K, 2) in its pixels."""

    face: KnownFace
    picture: Picture
    points: Points
    schema: Schema


def loaders_here() -> bool:
    """Whether the loaders can be imported."""
    return find_spec("training") is not None and find_spec("training.show_samples") is not None


def read_faces(data_set: str, split: str) -> list[KnownFace]:
    """The faces of a split of a data set that is on this machine.

    Raises
    ------
    FacekpError
        If the data set is missing or broken.
    """
    from training.data import read_300w, read_imm, read_merl_rav

    data = data_folder() or Path()
    if data_set == "imm":
        faces = read_imm(data, split)
    elif data_set == "300w":
        faces = read_300w(data, split)
    else:
        faces = read_merl_rav(data)
    return [KnownFace(face.photo.name, face.photo, face.points) for face in faces]


def true_points(card: Mapping[str, Any], split: str) -> dict[str, Points]:
    """The true points (K, 2), photo pixels, of each file of the split that a network with this card is measured on.

    Raises
    ------
    FacekpError
        If the data set is missing or broken.
    """
    from training.splits import read_split

    return {sample.file: sample.points for sample in read_split(data_folder() or Path(), card, split)}


def draw_samples(faces: Sequence[KnownFace], stage: str, *, count: int, seed: int, augmented: bool) -> list[Sample]:
    """What the network of a stage sees of some faces, drawn at random; those without the stage's points are left out.

    The seed decides which faces, and how they are augmented.
    """
    from training.config import RECIPES
    from training.data import Face
    from training.show_samples import STAGES as RECIPE_OF
    from training.show_samples import samples

    schema = RECIPES[RECIPE_OF[stage]].points
    order = np.random.default_rng(seed).permutation(len(faces)).tolist()
    drawn: list[Sample] = []
    for index in order:
        if len(drawn) == count:
            break
        known = faces[index]
        face = Face(known.photo, known.points)
        try:
            face.points_of(schema)
        except AnnotationError:
            continue
        # One by one, since each needs a seed of its own: which face a sample shows is not told.
        ((picture, points),) = samples(stage, [face], count=1, seed=count * seed + len(drawn), augmented=augmented)
        drawn.append(Sample(known, picture, points, schema))
    return drawn
