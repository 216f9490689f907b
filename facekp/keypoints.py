"""The keypoints of a face, and the record of a photograph's faces; needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpError
from facekp.faces import FaceBox
from facekp.images import Picture
from facekp.pose import Pose, head_pose
from facekp.schema import Schema


@dataclass(frozen=True, eq=False)
class Keypoints:
    """The keypoints of one face.

    Attributes
    ----------
    points : float32 array (K, 2)
        ``(x, y)`` in photo pixels; an integer is a pixel's centre. Read only.
    box : FaceBox
        Where the face was looked for.
    score : float
        How surely this is a face, 0 to 1: the network's own judgement, from its heatmaps. Of a network
        without heatmaps, the same as `detection`.
    schema : Schema
        What the K points mean.
    uncertainty : float32 array (K,), optional
        The error to be expected of each point, photo pixels; points hidden by a hand or by hair have a
        larger one. Read only. None for a network without heatmaps.
    detection : float
        The detector's score of the box, 0 to 1; 1 for a box that the caller gave, and where the network
        looked at the whole picture.
    """

    points: NDArray[np.float32]
    box: FaceBox
    score: float
    schema: Schema
    uncertainty: NDArray[np.float32] | None = None
    detection: float = 1.0

    def __post_init__(self) -> None:
        self.schema.check(self.points)
        self.points.setflags(write=False)
        if self.uncertainty is not None:
            if not isinstance(self.uncertainty, np.ndarray) or self.uncertainty.shape != self.points.shape[:1]:
                given = np.shape(self.uncertainty)
                raise FacekpError(f"{len(self.points)} points have as many uncertainties, not {given}; give an array")
            self.uncertainty.setflags(write=False)

    @property
    def pose(self) -> Pose | None:
        """How the head is turned, degrees (see `head_pose`); None where the points tell no pose: of a nose, say."""
        return head_pose(self.points)


def photo_record(name: str, image: Picture, faces: Sequence[Keypoints]) -> dict[str, Any]:
    """The faces of a photo as plain values, in the form that `facekp detect` prints.

    Returns
    -------
    dict
        ``file``, ``width``, ``height``, and ``faces``: each as `face_record` gives it.
    """
    faces_found = [face_record(face) for face in faces]
    return {"file": name, "width": image.shape[1], "height": image.shape[0], "faces": faces_found}


def face_record(face: Keypoints) -> dict[str, Any]:
    """A face as plain values.

    Returns
    -------
    dict
        ``box`` [x_min, y_min, x_max, y_max], ``score``, ``detection``, ``pose`` {"yaw", "pitch", "roll"} in
        degrees or None, ``points`` [[x, y], ...], and ``uncertainty`` [...] or None; photo pixels.
    """
    doubt = face.uncertainty
    return {
        "box": [round(edge, 2) for edge in astuple(face.box)],
        "score": round(face.score, 4),
        "detection": round(face.detection, 4),
        "pose": face.pose and {angle: round(value, 2) for angle, value in asdict(face.pose).items()},
        "points": np.round(face.points.astype(float), 3).tolist(),
        "uncertainty": None if doubt is None else np.round(doubt.astype(float), 3).tolist(),
    }
