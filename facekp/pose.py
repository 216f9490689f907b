"""How a head is turned, from its points."""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.errors import MeshError
from facekp.schema import schema_of

_SHAPES = Path(__file__).parent / "shape3d.json"
"""Written by training/fit_shape3d.py."""

DISTANCE = 12.0
"""Camera to face, in distances between the outer eye corners: about a metre."""


@dataclass(frozen=True)
class Pose:
    """Three angles of a head; all 0 when it looks straight at the camera.

    The head turns by yaw about its own vertical axis, then by pitch, and the picture by roll: a
    turned picture has another roll, and the same yaw and pitch.

    Attributes
    ----------
    yaw : float
        Degrees, positive when the person looks to their own left, the right of the picture.
    pitch : float
        Degrees, positive when the person looks up. 0 is the mean of the training photographs.
    roll : float
        Degrees, -180 to 180, positive when the head leans to the person's own left shoulder:
        clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float

    @classmethod
    def from_rotation(cls, rotation: NDArray[np.floating]) -> Pose:
        """The pose whose `rotation` is this matrix (3, 3); roll after pitch after yaw."""
        yaw = math.atan2(rotation[2, 0], rotation[2, 2])
        pitch = -math.asin(min(max(rotation[2, 1], -1.0), 1.0))
        roll = math.atan2(-rotation[0, 1], rotation[1, 1])
        return cls(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))

    @property
    def rotation(self) -> NDArray[np.float64]:
        """The rotation matrix (3, 3) from head to camera; x to the right of the picture, y down, z away."""
        turns = ((0.0, 0.0, self.roll), (-self.pitch, 0.0, 0.0), (0.0, -self.yaw, 0.0))
        about_z, about_x, about_y = (cv2.Rodrigues(np.radians(turn))[0] for turn in turns)
        return np.asarray(about_z @ about_x @ about_y, dtype=np.float64)


def head_pose(points: NDArray[np.floating]) -> Pose | None:
    """The pose of a head.

    Parameters
    ----------
    points : array (K, 2)
        ``(x, y)`` in pixels of a photograph, in a schema for which there is a mean shape in three
        dimensions: ibug68 or imm58.

    Returns
    -------
    Pose or None
        None for other numbers of points, and where the points fit no head.

    Notes
    -----
    A rigid mean shape is fitted with OpenCV's ``solvePnP`` (SQPnP: Terzakis and Lourakis, A
    consistently fast and globally optimal solution to the perspective-n-point problem, 2020). The
    camera is not known, so the face is taken to be seen from `DISTANCE` along the optical axis:
    the pose is that towards the line of sight, and the same wherever in the picture the face is.
    """
    schema = schema_of(len(points)) if np.ndim(points) == 2 else None
    shapes = mean_shapes()
    if schema is None or schema.name not in shapes:
        return None
    shape = shapes[schema.name]
    centred = np.asarray(points, dtype=np.float64) - np.mean(points, axis=0)
    spread = math.sqrt(float(np.mean(centred**2)))
    if not math.isfinite(spread) or spread == 0:
        return None
    # Only shape counts: the size of the face gives the focal length, its middle the optical axis.
    focal = DISTANCE
    camera = np.array([[focal, 0, 0], [0, focal, 0], [0, 0, 1.0]])
    seen = centred * (math.sqrt(float(np.mean(shape[:, :2] ** 2))) / spread)
    try:
        found, turn, _ = cv2.solvePnP(shape, seen, camera, np.zeros(4), flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:
        found = False
    if not found:
        return None
    return Pose.from_rotation(np.asarray(cv2.Rodrigues(turn)[0], dtype=np.float64))


@functools.cache
def mean_shapes() -> dict[str, NDArray[np.float64]]:
    """For each schema's name its mean shape (K, 3).

    The unit is the distance between the outer eye corners; x to the right of the picture, y down, z
    away from the camera; the centroid is the origin.

    Raises
    ------
    MeshError
        If the file of shapes is missing or broken.
    """
    try:
        stored = json.loads(_SHAPES.read_text(encoding="utf-8"))["shapes"]
        return {name: np.array(shape, dtype=np.float64).reshape(-1, 3) for name, shape in stored.items()}
    except (OSError, ValueError, KeyError, AttributeError):
        raise MeshError(f"{_SHAPES} is missing or broken; install facekp anew") from None
