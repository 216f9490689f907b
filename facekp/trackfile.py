"""Files of the points in a film, written a frame at a time."""

from __future__ import annotations

import csv
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TextIO

import numpy as np

from facekp.keypoints import Keypoints, face_record
from facekp.schema import Schema

Faces = Mapping[int, Keypoints]
"""The faces of a frame by their ids."""


_FACE_COLUMNS = (
    "frame", "time", "face", "score", "detection", "x_min", "y_min", "x_max", "y_max", "yaw", "pitch", "roll",
)  # fmt: skip


class TrackWriter(ABC):
    """Writes the faces of a film's frames to a text file.

    Parameters
    ----------
    file : text file
        Open for writing, with ``newline=""``.
    schema : Schema
        Of the points.
    """

    def __init__(self, file: TextIO, schema: Schema) -> None:
        self._file, self._schema = file, schema

    @abstractmethod
    def write(self, number: int, time: Fraction, faces: Faces) -> None:
        """Write a frame: its number from 0, its time in seconds, its faces by their ids."""

    def finish(self) -> None:  # noqa: B027 only JSON has an end
        """Write what comes after the last frame."""


class CsvTracks(TrackWriter):
    """A table with a row for each face in each frame.

    Its columns are frame, time (seconds), face (its id), score, detection, x_min, y_min, x_max, y_max
    (its box), yaw, pitch, roll (degrees), then x_0, y_0, x_1, ... and, where the network tells them,
    the uncertainties u_0, u_1, ... of the points; pixels of the frame. A frame without a face has no row.
    """

    def __init__(self, file: TextIO, schema: Schema) -> None:
        super().__init__(file, schema)
        self._table = csv.writer(file, lineterminator="\n")
        self._has_uncertainty: bool | None = None

    def write(self, number: int, time: Fraction, faces: Faces) -> None:
        """Write the rows of a frame."""
        for key, face in faces.items():
            if self._has_uncertainty is None:
                self._head(face.uncertainty is not None)
            record = face_record(face)
            pose = record["pose"] or {}
            angles = [pose.get(angle, "") for angle in ("yaw", "pitch", "roll")]
            points = np.round(face.points.astype(float), 3).ravel().tolist()
            row = [number, seconds(time), key, record["score"], record["detection"], *record["box"], *angles, *points]
            self._table.writerow([*row, *(record["uncertainty"] or ())])

    def _head(self, has_uncertainty: bool) -> None:
        self._has_uncertainty = has_uncertainty
        indices = range(len(self._schema))
        points = [f"{axis}_{index}" for index in indices for axis in "xy"]
        self._table.writerow([*_FACE_COLUMNS, *points, *(f"u_{index}" for index in indices if has_uncertainty)])

    def finish(self) -> None:
        """Write the names of the columns also where there was no face at all."""
        if self._has_uncertainty is None:
            self._head(False)


class JsonLinesTracks(TrackWriter):
    """A JSON object on each line, for each frame: `frame_record`."""

    def write(self, number: int, time: Fraction, faces: Faces) -> None:
        """Write the line of a frame."""
        self._file.write(json.dumps(frame_record(number, time, faces)) + "\n")


class JsonTracks(TrackWriter):
    """A JSON list with an object for each frame: `frame_record`; one on each line."""

    def __init__(self, file: TextIO, schema: Schema) -> None:
        super().__init__(file, schema)
        self._between = "[\n"

    def write(self, number: int, time: Fraction, faces: Faces) -> None:
        """Write the object of a frame."""
        self._file.write(self._between + json.dumps(frame_record(number, time, faces)))
        self._between = ",\n"

    def finish(self) -> None:
        """Close the list."""
        self._file.write("[]\n" if self._between == "[\n" else "\n]\n")


TRACK_WRITERS: dict[str, type[TrackWriter]] = {".csv": CsvTracks, ".json": JsonTracks, ".jsonl": JsonLinesTracks}
"""By the suffix of the file."""


def frame_record(number: int, time: Fraction, faces: Faces) -> dict[str, Any]:
    """The faces in a frame as plain values.

    Returns
    -------
    dict
        ``frame``, ``time`` in seconds, and ``faces``: each with its ``id`` and what `face_record` tells.
    """
    found = [{"id": key, **face_record(face)} for key, face in faces.items()]
    return {"frame": number, "time": seconds(time), "faces": found}


def seconds(time: Fraction) -> float:
    """A time to the microsecond."""
    return round(float(time), 6)
