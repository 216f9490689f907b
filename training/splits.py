"""The photographs that a checkpoint is measured on, by the data set that it was trained on."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpError
from facekp.schema import IBUG68, IMM58, SCHEMAS, Schema
from training.config import TrainConfig
from training.data import IBUG_FOLDER, IMM_FOLDER, Face, read_300w, read_imm, read_merl_rav, split_by_photograph
from training.tally import Tally

SPLITS = {
    "imm": {
        "validation": "IMM, persons 33 to 40, six views each: nobody of them was trained on; the epoch was chosen here",
        "train": "IMM, persons 1 to 32, six views each: the photographs that were trained on",
    },
    "300w": {
        "validation": "300-W, the part of train.txt that training set aside; the epoch was chosen here",
        "common": "300-W, the common test set: the test photographs of HELEN and LFPW",
        "dlib_test": "300-W, dlib's test list: its originals (unmirrored) that are here",
    },
}
"""For each data set its splits, and what they hold."""


@dataclass(frozen=True, eq=False)
class Sample:
    """An annotated face to measure on.

    Attributes
    ----------
    photo : Path
        The photograph.
    file : str
        The same, relative to the folder of its data set.
    points : float32 array (K, 2)
        The true points that a network is to find, photo pixels.
    outline : float32 array (58 or 68, 2)
        All true points of the face, which are more than those for a network that finds the nose only.
    view : int or None
        The view of a face of IMM, 1 to 6.
    scale : float
        Pixels of the photograph per pixel of the original.
    tally : Tally
        Of the data set that it is from.
    """

    photo: Path
    file: str
    points: NDArray[np.float32]
    outline: NDArray[np.float32]
    view: int | None = None
    scale: float = 1.0
    tally: Tally = field(default_factory=Tally)


def data_set_of(card: Mapping[str, Any]) -> str:
    """The data set that a checkpoint's card names; those without a name have 68 points and are of 300-W."""
    return str(card.get("data_set") or ("300w" if card["schema"] == IBUG68.name else "imm"))


def outline_schema(data_set: str) -> Schema:
    """What all points of a data set's faces mean."""
    return IMM58 if data_set == "imm" else IBUG68


def read_split(data: Path, card: Mapping[str, Any], split: str) -> list[Sample]:
    """The faces that a checkpoint with this card is measured on.

    Raises
    ------
    FacekpError
        If its data set has no such split, or is missing.
    """
    data_set = data_set_of(card)
    if split not in SPLITS[data_set]:
        raise FacekpError(
            f"there is no split {split!r} of {data_set}, which this checkpoint was trained on; "
            f"give one of: {', '.join(SPLITS[data_set])}"
        )
    if data_set == "imm":
        schema, folder = SCHEMAS[card["schema"]], data / IMM_FOLDER
        return [
            Sample(
                face.photo,
                _relative(face, folder),
                face.points_of(schema),
                face.points,
                view=face.view,
                tally=face.tally,
            )
            for face in read_imm(data, split)
        ]
    faces = _parts_of_300w(data, card)[1] if split == "validation" else read_300w(data, split)
    scales, folder = original_scales(data, faces), data / IBUG_FOLDER
    return [
        Sample(face.photo, _relative(face, folder), face.points, face.points, scale=float(scale), tally=face.tally)
        for face, scale in zip(faces, scales, strict=True)
    ]


def training_outlines(data: Path, card: Mapping[str, Any]) -> NDArray[np.float32]:
    """All points (N, 58 or 68, 2) of the faces that a checkpoint with this card was trained on, photo pixels."""
    if data_set_of(card) == "imm":
        faces = read_imm(data, "train")
    else:
        faces = _parts_of_300w(data, card)[0]
        if card.get("data", {}).get("counts", {}).get("merl_rav"):
            faces = faces + read_merl_rav(data)
    return np.stack([face.points for face in faces])


def original_scales(data: Path, faces: list[Face]) -> NDArray[np.float64]:
    """Pixels of each stored photograph of 300-W per pixel of the original, (N,).

    They are in scale.csv, where photographs were scaled down; the official release has the originals.
    """
    folder = data / IBUG_FOLDER
    if not (folder / "scale.csv").is_file():
        return np.ones(len(faces))
    with (folder / "scale.csv").open(newline="") as file:
        table = {row["file"]: float(row["scale"]) for row in csv.DictReader(file)}
    return np.array([table[_relative(face, folder)] for face in faces])


def _parts_of_300w(data: Path, card: Mapping[str, Any]) -> tuple[list[Face], list[Face]]:
    """The training and the validation part of train.txt, as the card's recipe divided it."""
    recipe, default = card.get("recipe", {}), TrainConfig()
    share = float(recipe.get("validation_share", default.validation_share))
    return split_by_photograph(read_300w(data, "train"), share, int(recipe.get("seed", default.seed)))


def _relative(face: Face, folder: Path) -> str:
    return face.photo.relative_to(folder).as_posix()
