"""Faces for the 58-point network from the 68-point data sets: IMM has 32 persons to train on, which is few.

What the 58 points of IMM are, seen from the 68 of iBUG, is learned on IMM's own training persons, whose 68
points a trained network finds; then the true 68 points of other faces are turned into 58.

    python -m training.borrow --teacher face68 --data DIR

measures the conversion: how far the teacher's points, turned into 58, are off on IMM's validation persons. It prints
that and writes ``checkpoints/face58/borrow.json``, where `training.report` finds it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.crop import Crop, level_crop
from facekp.files import write_bytes
from facekp.metrics import inter_ocular, point_errors, region_groups
from facekp.predict import KeypointPredictor
from facekp.schema import IBUG68, IMM58
from training.command import checkpoint_folder, today, told
from training.data import Face, data_folder, read_imm
from training.teacher import answers, kept_answers

BORROW = "borrow.json"
RIDGE = 0.3
"""Weight of the penalty, in squared crop sides times faces. Chosen among 0.03 to 2 by leaving out four of IMM's
32 training persons at a time: 3.73 % of the distance of the outer eye corners on those left out."""


@dataclass(frozen=True, eq=False)
class Converter:
    """68 points to 58: a linear map in a frame where the eyes are level and the face fills the unit square.

    Attributes
    ----------
    mean68, mean58 : float64 arrays (136,), (116,)
        What the map goes through.
    weights : float64 array (136, 116)
    """

    mean68: NDArray[np.float64]
    mean58: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def fit(cls, points68: NDArray[np.float32], points58: NDArray[np.float32]) -> Converter:
        """Ridge regression over faces whose points (N, 68, 2) and (N, 58, 2) are both known; photo pixels."""
        frames = [face_frame(points) for points in points68]
        given = _flat([frame.to_network(points) for frame, points in zip(frames, points68, strict=True)])
        wanted = _flat([frame.to_network(points) for frame, points in zip(frames, points58, strict=True)])
        mean68, mean58 = given.mean(axis=0), wanted.mean(axis=0)
        offsets = given - mean68
        penalty = RIDGE * np.eye(offsets.shape[1])
        weights = np.linalg.solve(offsets.T @ offsets + penalty, offsets.T @ (wanted - mean58))
        return cls(mean68, mean58, weights)

    def __call__(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """The 58 points (58, 2) of a face with these 68 (68, 2); photo pixels."""
        frame = face_frame(points)
        moved = (frame.to_network(points).ravel() - self.mean68) @ self.weights + self.mean58
        return frame.to_photo(moved.reshape(-1, 2).astype(np.float32))


def face_frame(points: NDArray[np.float32]) -> Crop:
    """The frame in which points (68, 2) are compared: eyes level, the distance of the eyes' middles as the unit."""
    assert IBUG68.eyes is not None
    upright = level_crop(points, IBUG68.eyes, 1, 1.0)
    right, left = (points[list(eye)].mean(axis=0) for eye in IBUG68.eyes)
    x, y = points.mean(axis=0).tolist()
    return replace(upright, centre=(x, y), side=float(np.linalg.norm(left - right)))


def borrowed(faces: list[Face], imm: list[Face], teacher: KeypointPredictor, kept: Path) -> list[Face]:
    """The faces with 58 points in place of their 68.

    Parameters
    ----------
    faces : list of Face
        Of 68 points.
    imm : list of Face
        IMM's training persons, from whom the conversion is learned.
    teacher : KeypointPredictor
        Finds 68 points on these.
    kept : Path
        Where its answers are kept for the next start.
    """
    convert = Converter.fit(kept_answers(imm, teacher, kept), np.stack([face.points for face in imm]))
    return [replace(face, points=convert(face.points)) for face in faces]


def measured(data: Path, teacher: KeypointPredictor) -> dict[str, Any]:
    """The conversion's error on IMM's validation persons, over the distance of the outer eye corners."""
    train, validation = read_imm(data, "train"), read_imm(data, "validation")
    convert = Converter.fit(answers(train, teacher), np.stack([face.points for face in train]))
    truth = np.stack([face.points for face in validation])
    found = np.stack([convert(points) for points in answers(validation, teacher)])
    eyes = np.array([inter_ocular(points, IMM58) for points in truth])
    relative = np.stack([point_errors(*pair) for pair in zip(found, truth, strict=True)]) / eyes[:, None]
    regions = {part: round(100 * float(relative[:, list(at)].mean()), 2) for part, at in region_groups(IMM58).items()}
    return {
        "teacher": teacher.checkpoint.name,
        "teacher_sha256": teacher.checkpoint.sha256,
        "split": "IMM validation, persons 33 to 40; the teacher looks where the true points are",
        "photographs": len(validation),
        "nme_percent": round(100 * float(relative.mean()), 2),
        "regions": regions,
        "date": today(),
    }


def sentence(record: dict[str, Any]) -> str:
    """What `main` wrote, in words."""
    parts = ", ".join(f"{part} {error:.1f} %" for part, error in record["regions"].items())
    return (
        f"The points of `{record['teacher']}`, turned into 58, are {record['nme_percent']:.2f} % off on the "
        f"{record['photographs']} validation photographs ({parts}).\n"
    )


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", default="face68", help="checkpoint that finds 68 points")
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    arguments = parser.parse_args()
    record = measured(data_folder(arguments.data), KeypointPredictor.from_checkpoint(arguments.teacher))
    print(sentence(record), end="")
    write_bytes(checkpoint_folder("face58") / BORROW, (json.dumps(record, indent=1) + "\n").encode())


def _flat(shapes: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    return np.stack(shapes).reshape(len(shapes), -1).astype(np.float64)


if __name__ == "__main__":
    told(main)
