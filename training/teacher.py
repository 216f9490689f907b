"""Trained networks as the teachers of another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facekp.checkpoint import Checkpoint
from facekp.errors import ImageError
from facekp.faces import FaceBox
from facekp.files import written_aside
from facekp.images import load_image
from facekp.predict import KeypointPredictor
from training.data import Face

TOGETHER = 32
"""Photographs that go to the teacher at once."""


def teacher_of(checkpoint: Checkpoint) -> KeypointPredictor:
    """A checkpoint as a teacher: it also looks at the mirror image, since here time matters less than error."""
    return KeypointPredictor(replace(checkpoint, input=replace(checkpoint.input, mirror=True)))


def taught(faces: list[Face], teachers: Sequence[KeypointPredictor], folder: Path) -> list[Face]:
    """Faces whose points are the mean of the true ones and the teachers' mean.

    The teachers' points err less at random than people's do, and are what a small network can learn.

    Parameters
    ----------
    faces : list of Face
        With the teachers' points; the teachers look where the true ones are.
    teachers : sequence of KeypointPredictor
    folder : Path
        Where the teachers' points are kept for the next start, in files ``teacher-1.npz`` and so on.
    """
    told = [kept_answers(faces, teacher, folder / f"teacher-{i}.npz") for i, teacher in enumerate(teachers, start=1)]
    points = np.mean(told, axis=0)
    return [replace(face, points=(face.points + own) / 2) for face, own in zip(faces, points, strict=True)]


def kept_answers(faces: list[Face], teacher: KeypointPredictor, path: Path) -> NDArray[np.float32]:
    """As `answers`, from a ``.npz`` file where it holds those of the same teacher to the same faces."""
    digest = hashlib.sha256(teacher.fingerprint.encode())
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
