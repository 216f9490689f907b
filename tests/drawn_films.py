"""Drawn films, and a predictor that knows their faces: squares of plain colours on a dark wall."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np

from facekp.faces import Detection, FaceBox
from facekp.keypoints import Keypoints
from facekp.schema import IBUG68
from tests.drawn import face_points

COLOURS = {"red": (230, 20, 20), "green": (20, 230, 20), "blue": (20, 20, 230)}


def wall(*squares: tuple[str, float, float], size: tuple[int, int] = (160, 120), side: int = 40) -> np.ndarray:
    """A picture of squares, each with its colour and the x and y of its upper left corner."""
    picture = np.full((size[1], size[0], 3), 30, np.uint8)
    for colour, x, y in squares:
        picture[round(y) : round(y) + side, round(x) : round(x) + side] = COLOURS[colour]
    return picture


def write_film(path: Path, frames, rate=25, *, times=None, rotation=0, sound=False) -> Path:
    """Write frames as H.264; times in milliseconds, where they are not at the rate."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as film:
        stream = film.add_stream("libx264", rate=rate, options={"crf": "10", "g": "5"})
        frames = list(frames)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        tone = film.add_stream("aac", rate=44100) if sound else None
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.time_base = Fraction(1, 1000)
            frame.pts = times[number] if times is not None else round(1000 * number / rate)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
        if tone:
            for start in range(0, round(44100 * len(frames) / rate), 1024):
                wave = np.sin(np.arange(start, start + 1024) / 20).astype(np.float32)[None] * 0.3
                frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2, axis=0), format="fltp", layout="stereo")
                frame.sample_rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
                film.mux(tone.encode(frame))
            film.mux(tone.encode())
    return path


class SquareFinder:
    """In place of a KeypointPredictor: finds the squares, and counts what it was asked.

    Attributes
    ----------
    searches, looks : int
        How often the detector, and how often the network, was asked.
    """

    schema = IBUG68

    def __init__(self) -> None:
        self.checkpoint = SimpleNamespace(input=SimpleNamespace(whole=False))
        self.searches = self.looks = 0
        self.detector = self

    def _squares(self, image):
        close = [np.abs(image.astype(int) - colour).max(axis=2) < 60 for colour in COLOURS.values()]
        for found in close:
            y, x = np.nonzero(found)
            if len(x) > 100:
                yield FaceBox(x.min() - 0.5, y.min() - 0.5, x.max() + 0.5, y.max() + 0.5)

    def detect(self, image):
        self.searches += 1
        return [Detection(box, 0.9) for box in self._squares(image)]

    def predict(self, image, boxes=None):
        boxes = [each.box for each in self.detect(image)] if boxes is None else boxes
        self.looks += len(boxes)
        return [self._face(box, 1.0) for box in boxes]

    def follow(self, image, points):
        self.looks += len(points)
        faces = []
        for each in points:
            expected = FaceBox.around(each)
            best = max(self._squares(image), key=expected.overlap, default=None)
            there = best is not None and expected.overlap(best) > 0.2
            faces.append(self._face(best if there else expected, 1.0 if there else 0.1))
        return faces

    def _face(self, box, score):
        shape = face_points()
        low, high = shape.min(axis=0), shape.max(axis=0)
        points = (shape - low) / (high - low) * (box.width, box.height) + (box.x_min, box.y_min)
        doubt = np.full(68, 0.5, np.float32)
        return Keypoints(points.astype(np.float32), FaceBox.around(points), score, IBUG68, doubt)
