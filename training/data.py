"""Readers of the face data sets, and the data set that feeds the network."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset
from tqdm import tqdm

from facekp.annotations import parse_pts
from facekp.crop import crop_round, to_relative
from facekp.errors import FacekpError
from facekp.faces import FaceBox
from facekp.images import load_image
from facekp.schema import IBUG68
from training.augment import augment
from training.config import TrainConfig

IBUG_FOLDER = "ibug_300W_large_face_landmark_dataset"
IBUG_SOURCE = "http://dlib.net/files/data/ibug_300W_large_face_landmark_dataset.tar.gz"
MERL_FOLDER = "merl_rav"
MERL_SOURCE = "https://github.com/abhi1kumar/MERL-RAV_dataset"


@dataclass(frozen=True)
class Face:
    """An annotated face: a photograph's path and its points, float32 (K, 2), photo pixels."""

    photo: Path
    points: NDArray[np.float32]


def data_folder(given: str | None) -> Path:
    """The folder of the data sets: as given, or from the environment's FACEKP_DATA."""
    folder = given or os.environ.get("FACEKP_DATA")
    if not folder:
        raise FacekpError("no data folder: give --data DIR, or set FACEKP_DATA")
    return Path(folder)


def read_300w(data: Path, split: str) -> list[Face]:
    """Faces of 300-W in a split (``train``, ``common``, ``dlib_test``), in the order of its list."""
    folder = _require(data / IBUG_FOLDER, IBUG_SOURCE)
    names = (folder / "splits" / f"{split}.txt").read_text().split()
    return [_read_pts_face(folder / name) for name in names]


def read_merl_rav(data: Path) -> list[Face]:
    """Faces of MERL-RAV, by file name."""
    folder = _require(data / MERL_FOLDER, MERL_SOURCE)
    return [_read_pts_face(path.with_suffix(".jpg")) for path in sorted(folder.glob("*.pts"))]


def split_by_photograph(faces: list[Face], share: float, seed: int) -> tuple[list[Face], list[Face]]:
    """Set a share of the photographs aside for validation.

    Several faces of one photograph (``name_1.jpg``, ``name_2.jpg``) stay together.

    Returns
    -------
    (list of Face, list of Face)
        Training part, validation part.
    """
    groups = [re.sub(r"_\d$", "", str(face.photo.with_suffix(""))) for face in faces]
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    aside = {names[i] for i in order[: round(share * len(names))]}
    return (
        [face for face, group in zip(faces, groups, strict=True) if group not in aside],
        [face for face, group in zip(faces, groups, strict=True) if group in aside],
    )


class FaceCrops(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Crops and relative coordinates; the photographs are decoded once and kept in grey.

    Parameters
    ----------
    faces : list of Face
    config : TrainConfig
    augmented : bool
        Whether crops are jittered, mirrored and spoiled. What is drawn depends only on the seed,
        the epoch and the index, so a run gives the same numbers whatever its workers.
    """

    def __init__(self, faces: list[Face], config: TrainConfig, *, augmented: bool) -> None:
        self.config, self.augmented = config, augmented
        self.set_epoch(0)
        self.points = [face.points for face in faces]
        self.photos = [
            cv2.cvtColor(load_image(face.photo), cv2.COLOR_RGB2GRAY)
            for face in tqdm(faces, desc="photographs", disable=None)
        ]

    def set_epoch(self, epoch: int) -> None:
        """Take the crop size of an epoch, counted from 0, and draw augmentations anew."""
        self.epoch, self.size = epoch, self.config.size_at(epoch)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Crop float32 (1, S, S), and relative coordinates float32 (K, 2)."""
        config, points, photo = self.config, self.points[index], self.photos[index]
        crop = crop_round(FaceBox.around(points), self.size, config.margin)
        if self.augmented:
            rng = np.random.default_rng((config.seed, self.epoch, index))
            image, target = augment(photo, points, crop, IBUG68, config, rng)
        else:
            image, target = crop.cut(photo), crop.to_network(points)
        pixels = (torch.from_numpy(image).float()[None] - config.mean) / config.std
        return pixels, torch.from_numpy(to_relative(target, self.size))


def _require(folder: Path, source: str) -> Path:
    if not folder.is_dir():
        raise FacekpError(f"{folder} is missing; get the data set from {source} and unpack it there")
    return folder


def _read_pts_face(photo: Path) -> Face:
    path = photo.with_suffix(".pts")
    return Face(photo, parse_pts(path.read_text(), name=str(path), count=len(IBUG68)))
