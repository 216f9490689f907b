"""Measure what turned, small, blurred, dark, poorly saved and covered faces cost a 68-point network.

    python -m training.robustness --checkpoint face68 --data DIR
    python -m training.robustness --checkpoint face68 --data DIR --dlib-model shape_predictor_68_face_landmarks.dat

It writes ``results/robustness.json`` into the checkpoint's folder after every condition, and a run that was
stopped goes on there; other weights begin anew. With ``--dlib-model`` the table of dlib's own detector and of a
predictor for its ``shape_predictor`` stands beside it; that file is not ours to ship. With ``--limit``, or on
another split than ``common``, nothing is written.
"""

from __future__ import annotations

import argparse
import os
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from facekp.checkpoint import Checkpoint, load_checkpoint
from facekp.errors import FacekpError
from facekp.faces import FaceBox, RawBox, SearchedDetector, face_detector
from facekp.images import Picture, load_image
from facekp.metrics import normalised_mean_error
from facekp.predict import KeypointPredictor
from facekp.reliability import RobustnessResults, read_robustness, write_robustness
from facekp.schema import IBUG68
from facekp.sources import fingerprint
from training.command import checkpoint_folder, today, told
from training.data import data_folder
from training.disturb import CONDITIONS, Condition
from training.evaluate import DETECTOR
from training.measure import MISSED, OVERLAP
from training.splits import SPLITS, Sample, data_set_of, read_split

SPLIT = "common"
BATCH = 16
"""Photographs that are held in memory together, made harder."""
WAY = (
    "From photograph to points: each photograph is made harder and then given to the detector, and a face that it "
    "does not find counts as 100 %. Where the box is moved, it is that of the photograph as it is. Points under a "
    "cover count too. Photographs are turned about the face, their border pixels repeated."
)

Points = NDArray[np.float32]
Table = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class System:
    """What is measured: a detector, and what gives the points (68, 2) in its boxes."""

    detector: SearchedDetector
    locate: Callable[[Sequence[Picture], Sequence[RawBox]], list[Points]]

    def box(self, photo: Picture, truth: FaceBox) -> RawBox | None:
        """The detector's own box of the face in a box, or None where it did not find it."""
        found = [box for box, _ in self.detector.raw(photo)]
        overlap = {box: self.detector.fit.apply(*box).overlap(truth) for box in found}
        best = max(found, key=overlap.__getitem__, default=None)
        return best if best is not None and overlap[best] > OVERLAP else None


def facekp_system(checkpoint: Checkpoint) -> System:
    """One of our networks behind the default detector."""
    detector = face_detector(DETECTOR)
    predictor = KeypointPredictor(checkpoint, detector)

    def locate(photos: Sequence[Picture], boxes: Sequence[RawBox]) -> list[Points]:
        found = predictor.predict_batch(photos, [[detector.fit.apply(*box)] for box in boxes])
        return [face.points for (face,) in found]

    return System(detector, locate)


def dlib_system(model: Path) -> System:
    """The detector of dlib, and its predictor with the weights in a file.

    Raises
    ------
    FacekpError
        If the file is no model of 68 points.
    """
    import dlib

    try:
        predictor = dlib.shape_predictor(str(model))
    except RuntimeError as error:
        raise FacekpError(
            f"{model} is no model that dlib can read ({error}); give one of its shape_predictor"
        ) from None

    def locate(photos: Sequence[Picture], boxes: Sequence[RawBox]) -> list[Points]:
        shapes = [
            predictor(photo, dlib.rectangle(*(round(edge) for edge in box)))
            for photo, box in zip(photos, boxes, strict=True)
        ]
        if any(shape.num_parts != len(IBUG68) for shape in shapes):
            raise FacekpError(f"{model} does not give 68 points; give a model that does")
        return [np.array([(part.x, part.y) for part in shape.parts()], np.float32) for shape in shapes]

    return System(face_detector("dlib"), locate)


def errors(system: System, condition: Condition, samples: Sequence[Sample]) -> NDArray[np.float64]:
    """Relative error of each face under a condition, (N,); `MISSED` where the face was not found."""
    starts = range(0, len(samples), BATCH)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(lambda start: _errors(system, condition, samples, range(start, start + BATCH)), starts)
        found = list(tqdm(parts, total=len(starts), desc=condition.title, disable=None, leave=False))
    return np.concatenate(found)


def _errors(
    system: System, condition: Condition, samples: Sequence[Sample], indices: Sequence[int]
) -> NDArray[np.float64]:
    """The same for some of the samples, which are held in memory together."""
    harder = [_harder(condition, samples, index) for index in indices if index < len(samples)]
    boxes = [system.box(photo, FaceBox.around(points)) for photo, points in harder]
    there = [each for each, box in enumerate(boxes) if box is not None]
    moved = [_moved(box, condition.shift) for box in boxes if box is not None]
    found = np.full(len(harder), MISSED)
    for each, points in zip(there, system.locate([harder[each][0] for each in there], moved), strict=True):
        found[each] = normalised_mean_error(points, harder[each][1], IBUG68)
    return found


def measure(
    system: System,
    samples: Sequence[Sample],
    done: Table,
    keep: Callable[[Table], None],
) -> Table:
    """The table of a system: the conditions that are done, and the others, each given to `keep` with those before."""
    table = {name: done[name] for name in CONDITIONS if name in done}
    for name, condition in CONDITIONS.items():
        if name in table:
            continue
        relative = errors(system, condition, samples)
        missed = relative == MISSED
        nme = 100 * float(relative.mean())
        normal = table["normal"]["nme_percent"] if "normal" in table else nme
        table[name] = {
            "title": condition.title,
            "missed": int(missed.sum()),
            "nme_percent": round(nme, 3),
            "nme_found_percent": None if missed.all() else round(100 * float(relative[~missed].mean()), 3),
            "ratio": round(nme / normal, 3),
        }
        keep(table)
    return table


def printed(results: RobustnessResults) -> str:
    """The table for a reader."""
    lines = [f"{results.checkpoint} on {results.description}, {results.photographs} photographs", results.way]
    for title, table in ((results.checkpoint, results.conditions), ("dlib", results.dlib)):
        for numbers in table.values():
            lines.append(
                f"{title:16} {numbers['title']:32} {numbers['nme_percent']:6.2f} %  x {numbers['ratio']:.2f}"
                f"  missed {numbers['missed']}"
            )
    return "\n".join(lines)


def _harder(condition: Condition, samples: Sequence[Sample], index: int) -> tuple[Picture, Points]:
    """A photograph under a condition, and its points there; what is drawn depends on its name only."""
    sample, other = samples[index], samples[(index + 1) % len(samples)]
    rng = np.random.default_rng(zlib.crc32(sample.file.encode()))
    return condition.change(load_image(sample.photo), sample.points, rng, lambda: load_image(other.photo))


def _moved(box: RawBox, shift: tuple[float, float] | None) -> RawBox:
    if shift is None:
        return box
    x_min, y_min, x_max, y_max = box
    right, down = shift[0] * (x_max - x_min), shift[1] * (y_max - y_min)
    return x_min + right, y_min + down, x_max + right, y_max + down


def begin(checkpoint: Checkpoint, split: str, photographs: int, folder: Path | None) -> RobustnessResults:
    """The results of a run before its first condition, or of one that was stopped."""
    results = RobustnessResults(
        checkpoint=checkpoint.name,
        split=split,
        description=SPLITS[data_set_of(checkpoint.card)][split],
        date=today(),
        command=f"python -m training.robustness --checkpoint {checkpoint.name}",
        weights_sha256=checkpoint.weights_sha256,
        detector=DETECTOR,
        way=WAY,
        photographs=photographs,
        conditions={},
        dlib={},
    )
    before = read_robustness(folder) if folder else None
    if before is None:
        return results
    same = before.weights_sha256 == checkpoint.weights_sha256
    kept = before.conditions if same else {}
    return replace(results, conditions=kept, dlib=before.dlib, dlib_sha256=before.dlib_sha256)


def add(
    results: RobustnessResults, part: str, system: System, samples: Sequence[Sample], folder: Path | None
) -> RobustnessResults:
    """The results with the table of one system, written into a folder after each condition."""

    def keep(table: Table) -> None:
        if folder is not None:
            write_robustness(folder, replace(results, **{part: table}))

    return replace(results, **{part: measure(system, samples, getattr(results, part), keep)})


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="a name under checkpoints/, or a folder")
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--split", choices=sorted(SPLITS["300w"]), default=SPLIT)
    parser.add_argument("--limit", type=int, help="so many photographs only, for a try")
    parser.add_argument("--dlib-model", type=Path, metavar="FILE", help="weights of dlib's shape_predictor, 68 points")
    arguments = parser.parse_args()

    torch.set_num_threads(1)  # each batch has a thread of its own, in which the detector and the reading run too
    checkpoint = load_checkpoint(arguments.checkpoint)
    if checkpoint.schema is not IBUG68:
        raise FacekpError(f"{checkpoint.name} does not find 68 points; give a checkpoint that does")
    samples = read_split(data_folder(arguments.data), checkpoint.card, arguments.split)[: arguments.limit]
    written = arguments.limit is None and arguments.split == SPLIT
    folder = checkpoint_folder(arguments.checkpoint) if written else None
    results = begin(checkpoint, arguments.split, len(samples), folder)
    results = add(results, "conditions", facekp_system(checkpoint), samples, folder)
    if arguments.dlib_model:
        system, sha256 = dlib_system(arguments.dlib_model), fingerprint(arguments.dlib_model.read_bytes())
        if sha256 != results.dlib_sha256:
            results = replace(results, dlib={}, dlib_sha256=sha256)
        results = add(results, "dlib", system, samples, folder)
    print(printed(results))


if __name__ == "__main__":
    told(main)
