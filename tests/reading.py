"""Films read back by OpenCV, whose readers share nothing with what wrote them."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ReadFilm:
    """Frames, RGB or RGBA, and how long each is seen; seconds."""

    frames: list[NDArray[np.uint8]]
    durations: list[float]

    @property
    def duration(self) -> float:
        return sum(self.durations)


def read_film(path: Path) -> ReadFilm:
    """A film of any format that facekp writes."""
    if path.suffix in (".mp4", ".webm"):
        return _read_video(path)
    if path.suffix == ".zip":
        return _read_zip(path)
    read, animation = cv2.imreadanimation(str(path))
    assert read, f"{path} is no animation"
    return ReadFilm([_rgb(frame) for frame in animation.frames], [float(time) / 1e3 for time in animation.durations])


def times_played(path: Path) -> int:
    """How often an animation plays; 0 for ever."""
    return int(cv2.imreadanimation(str(path))[1].loop_count)


def _rgb(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(frame, cv2.COLOR_BGRA2RGBA if frame.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def _read_video(path: Path) -> ReadFilm:
    capture = cv2.VideoCapture(str(path))
    frames, starts = [], []
    while (read := capture.read())[0]:
        frames.append(_rgb(read[1]))
        starts.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
    # By the container's duration, which the last frame's own is the rest of.
    end = capture.get(cv2.CAP_PROP_FRAME_COUNT) / capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return ReadFilm(frames, np.diff([*starts, end]).tolist())


def _read_zip(path: Path) -> ReadFilm:
    with zipfile.ZipFile(path) as archive:
        times = json.loads(archive.read("times.json"))
        data = [np.frombuffer(archive.read(frame["file"]), np.uint8) for frame in times["frames"]]
        assert archive.testzip() is None
    frames = [_rgb(cv2.imdecode(one, cv2.IMREAD_UNCHANGED)) for one in data]
    return ReadFilm(frames, [frame["duration"] for frame in times["frames"]])
