"""The steps from a photograph to points, each timed by itself."""

from __future__ import annotations

import math
import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.engines import Engine
from facekp.faces import DlibHog, FaceBox, RawBox
from facekp.images import Picture
from facekp.locate import Locator
from facekp.predict import KeypointPredictor

STEPS = ("detector", "crop", "network", "both", "whole")


class Contestant(ABC):
    """Something that finds faces and their points."""

    name: str
    model: str
    finds_points = True

    @abstractmethod
    def detect(self, picture: Picture) -> list[Any]:
        """What the detector finds, largest face first."""

    @abstractmethod
    def points(self, pictures: Sequence[Picture], faces: Sequence[Any]) -> float:
        """Find the points of one face in each picture; seconds that the network took of it, nan if unknown."""


class Timed:
    """An engine with a stop-watch."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seconds = 0.0

    def __call__(self, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """As the engine."""
        began = time.perf_counter()
        found = self.engine(crops)
        self.seconds += time.perf_counter() - began
        return found


class Ours(Contestant):
    """One of our checkpoints, with its scout, looks and mirror image as the card says."""

    def __init__(self, model: str, engine: str) -> None:
        self.model = Path(model).name
        self.name = f"{self.model} ({engine})"
        self.predictor = KeypointPredictor.from_checkpoint(model, engine=engine)
        self.watches: list[Timed] = []
        locator: Locator | None = self.predictor.locator
        while locator is not None:
            self.watches.append(Timed(locator.engine))
            locator.engine = self.watches[-1]
            locator = locator.scout

    def detect(self, picture: Picture) -> list[FaceBox]:
        """Boxes for the network, largest first."""
        return [face.box for face in self.predictor.detector.detect(picture)]

    def points(self, pictures: Sequence[Picture], faces: Sequence[FaceBox]) -> float:
        """Crop and look; seconds of all networks, that of the scout included."""
        for watch in self.watches:
            watch.seconds = 0.0
        self.predictor.locator.locate(pictures, faces)
        return sum(watch.seconds for watch in self.watches)


class Dlib(Contestant):
    """dlib's detector, and its regression trees where their file is given."""

    def __init__(self, model: Path | None) -> None:
        import dlib

        self.model = "dlib"
        self.name, self.finds_points = ("dlib", True) if model else ("dlib's detector", False)
        self.detector = DlibHog()
        self.rectangle = dlib.rectangle
        self.predictor = dlib.shape_predictor(str(model)) if model else None

    def detect(self, picture: Picture) -> list[RawBox]:
        """Its own boxes, which its trees were trained on; the middle of the picture where it misses the face."""
        found = sorted((box for box, _ in self.detector.raw(picture)), key=lambda b: (b[0] - b[2]) * (b[3] - b[1]))
        height, width = picture.shape[:2]
        return found or [(width / 4, height / 4, width * 3 / 4, height * 3 / 4)]

    def points(self, pictures: Sequence[Picture], faces: Sequence[RawBox]) -> float:
        """Run the trees; nan, since they cut no crop that could be timed apart."""
        for picture, face in zip(pictures, faces, strict=True):
            self.predictor(picture, self.rectangle(*map(round, face)))
        return math.nan


def measure(
    contestants: Sequence[Contestant], pictures: Sequence[Picture], batch: int, rounds: int
) -> dict[str, dict[str, float]]:
    """Milliseconds of each step for one face: the mean of all pictures, of which the median over the rounds.

    Parameters
    ----------
    contestants : sequence of Contestant
        They take turns.
    pictures : sequence of uint8 arrays (H, W, 3)
    batch : int
        Faces that are looked at together; the detector has single photographs always.
    rounds : int
        How often each does it; a round before them warms up and does not count.
    """
    faces = {each.name: [each.detect(picture)[0] for picture in pictures] for each in contestants}
    times: dict[str, list[dict[str, float]]] = {each.name: [] for each in contestants}
    for _ in range(rounds + 1):
        for each in contestants:
            times[each.name].append(_one_round(each, pictures, faces[each.name], batch))
    return {
        name: {step: 1000 * statistics.median(found[step] for found in kept[1:]) for step in STEPS}
        for name, kept in times.items()
    }


def _one_round(each: Contestant, pictures: Sequence[Picture], faces: Sequence[Any], batch: int) -> dict[str, float]:
    """Mean seconds of each step for one face."""
    detector = network = both = 0.0
    for start in range(0, len(pictures), batch):
        part = slice(start, start + batch)
        began = time.perf_counter()
        for picture in pictures[part]:
            each.detect(picture)
        between = time.perf_counter()
        network += each.points(pictures[part], faces[part]) if each.finds_points else math.nan
        both += time.perf_counter() - between if each.finds_points else math.nan
        detector += between - began
    seconds = {
        "detector": detector,
        "crop": both - network,
        "network": network,
        "both": both,
        "whole": detector + both,
    }
    return {step: seconds[step] / len(pictures) for step in STEPS}
