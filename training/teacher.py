"""A trained network as the teacher of a smaller one."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facekp.errors import ImageError
from facekp.faces import FaceBox
from facekp.files import written_aside
from facekp.images import load_image
from facekp.predict import KeypointPredictor
from training.data import Face

TOGETHER = 32
"""Photographs that go to the teacher at once."""


def taught(faces: list[Face], teacher: KeypointPredictor, kept: Path) -> list[Face]:
    """Faces whose points are the mean of the true ones and the teacher's.

    The teacher's points err less at random than people's do, and are what a small network can learn.

    Parameters
    ----------
    faces : list of Face
        With the teacher's points; the teacher looks where the true ones are.
    teacher : KeypointPredictor
    kept : Path
        ``.npz`` file where the teacher's points are kept for the next start.
    """
    points = kept_answers(faces, teacher, kept)
    return [replace(face, points=(face.points + own) / 2) for face, own in zip(faces, points, strict=True)]


def kept_answers(faces: list[Face], teacher: KeypointPredictor, path: Path) -> NDArray[np.float32]:
    """As `answers`, from a ``.npz`` file where it holds those of the same teacher to the same faces."""
    digest = hashlib.sha256(teacher.checkpoint.sha256.encode())
    for face in faces:
        digest.update(face.photo.name.encode() + face.points.tobytes())
    name = digest.hexdigest()
    if path.is_file():
        with np.load(path) as file:
            if str(file["digest"]) == name:
                return np.asarray(file["points"])
    points = answers(faces, teacher)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:
        np.savez(aside, digest=name, points=points)
    return points


def answers(faces: list[Face], teacher: KeypointPredictor) -> NDArray[np.float32]:
    """The teacher's points (N, K, 2) for the face round the true points of each photograph; photo pixels.

    A photograph that cannot be read gets zeros; whoever reads it next tells of it and leaves it out.
    """
    found = np.zeros((len(faces), len(teacher.schema), 2), dtype=np.float32)
    for start in tqdm(range(0, len(faces), TOGETHER), desc="teacher", disable=None, leave=False):
        photos = {}
        for index in range(start, min(start + TOGETHER, len(faces))):
            with suppress(ImageError):
                photos[index] = load_image(faces[index].photo)
        boxes = [[FaceBox.around(faces[index].points)] for index in photos]
        for index, (answer,) in zip(photos, teacher.predict_batch(list(photos.values()), boxes), strict=True):
            found[index] = answer.points
    return found
