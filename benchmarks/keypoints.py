"""How long keypoints take, per face and in steady state, and whole commands: ``python -m benchmarks.keypoints``.

    python -m benchmarks.keypoints [--data DIR] [--dlib-model FILE] [--models NAME ...]

All models look at the same photographs, of the validation part of 300-W train.txt or, where the data sets are
not there, the gallery. They take turns, so that whatever else the machine does weighs on all. dlib's
``shape_predictor`` is shown beside them where its model file is given; it has one thread always.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import torch

from benchmarks.commands import commands_table
from benchmarks.steps import Contestant, Dlib, Ours, measure
from facekp.checkpoint import checkpoint_names, load_checkpoint
from facekp.engines import ENGINES
from facekp.images import load_image
from training.command import told

GALLERY = Path(__file__).parent.parent / "app" / "gallery"
PHOTOGRAPHS, ROUNDS, FOLDER = 16, 5, 1000
THREADS = (1, 2)
SINGLE, BATCH = 1, 16
COLUMNS = {"detector": 9, "crop": 8, "network": 9, "both": 8, "whole": 8}
"""The steps, and how wide their columns are."""
LIMITS = {("face68", 2): 20.0, ("face68-fast", 1): 2.0}
"""Milliseconds of crop and network together for a face, by model and threads, whatever the engine and the batch."""


def photographs(data: Path | None) -> list[Path]:
    """Photographs with a face each, no test photographs."""
    if data is None:
        return sorted(GALLERY.glob("*.jpg"))
    from training.splits import read_split

    samples = read_split(data, load_checkpoint("face68").card, "validation")
    return [sample.photo for sample in samples]


def engines() -> list[str]:
    """Those that are installed; the one that is chosen by itself comes first."""
    return [name for name in reversed(ENGINES) if importlib.util.find_spec(name)]


def contestants(models: Sequence[str], dlib_model: Path | None) -> list[Contestant]:
    """Our models with each engine, and dlib; made for as many threads as torch has now."""
    ours: list[Contestant] = [Ours(name, engine) for name in models for engine in engines()]
    return [*ours, Dlib(dlib_model)]


def steps_table(files: Sequence[Path], make: Callable[[], list[Contestant]]) -> None:
    """Milliseconds of the steps for a face, with one thread and with two, beside the limits."""
    pictures = [load_image(path) for path in files]
    longer = sorted(max(picture.shape[:2]) for picture in pictures)[len(pictures) // 2]
    print(f"steady state, ms per face: the mean of {len(pictures)} photographs (median of the longer side {longer}),")
    print(f"of which the median over {ROUNDS} rounds; the detector has single photographs always;")
    print(f"here {engines()[0]} is the engine that is chosen by itself\n")
    print(f"{'':<50}" + "".join(f"{step:>{width}}" for step, width in COLUMNS.items()) + f"{'limit of both':>15}")
    before = torch.get_num_threads(), cv2.getNumThreads()
    for threads in THREADS:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
        rivals = make()
        for batch in (SINGLE, BATCH):
            found = measure(rivals, pictures, batch, ROUNDS)
            for rival in rivals:
                times, limit = found[rival.name], LIMITS.get((rival.model, threads))
                how = f"{rival.name}, {threads} thread{'s' * (threads > 1)}, {'single' if batch == SINGLE else 'by 16'}"
                print(
                    f"{how:<50}"
                    + "".join(
                        f"{'–' if math.isnan(times[step]) else format(times[step], '.1f'):>{width}}"
                        for step, width in COLUMNS.items()
                    )
                    + (f"{limit:>15.1f}{'' if times['both'] <= limit else '  above the limit'}" if limit else "")
                )
            print()
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--dlib-model", type=Path, help="shape_predictor_68_face_landmarks.dat")
    parser.add_argument("--models", nargs="+", default=checkpoint_names(), metavar="NAME")
    parser.add_argument("--folder", type=int, default=FOLDER, help=f"photographs in the folder (default: {FOLDER})")
    arguments = parser.parse_args()
    if arguments.dlib_model and not arguments.dlib_model.is_file():
        parser.error(f"there is no file {arguments.dlib_model}; give shape_predictor_68_face_landmarks.dat")
    given = arguments.data or os.environ.get("FACEKP_DATA")
    files = photographs(Path(given) if given else None)
    steps_table(files[:PHOTOGRAPHS], lambda: contestants(arguments.models, arguments.dlib_model))
    first = sorted(arguments.models, key=lambda name: Path(name).name != "face68")
    commands_table(files, first, engines(), arguments.folder, arguments.dlib_model)


if __name__ == "__main__":
    told(main)
