"""How many faces each detector finds on the 300-W common set, and how long it takes.

    python -m benchmarks.detectors --data DIR [--split common]

A face is found when some box overlaps the box round its true points by more than 0.3 (intersection
over union). Times are per photograph, decoding not counted.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from tqdm import tqdm

from facekp.faces import DETECTORS, FaceBox
from facekp.images import load_image
from training.data import data_folder, read_300w

OVERLAP = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--split", default="common", choices=("common", "dlib_test", "train"))
    arguments = parser.parse_args()
    faces = read_300w(data_folder(arguments.data), arguments.split)
    detectors = {name: make() for name, make in DETECTORS.items()}
    found: dict[str, list[bool]] = {name: [] for name in detectors}
    seconds: dict[str, list[float]] = {name: [] for name in detectors}
    for face in tqdm(faces, disable=None):
        image, truth = load_image(face.photo), FaceBox.around(face.points)
        for name, detector in detectors.items():
            began = time.perf_counter()
            boxes = [detection.box for detection in detector.detect(image)]
            seconds[name].append(time.perf_counter() - began)
            found[name].append(any(box.overlap(truth) > OVERLAP for box in boxes))
    print(f"\n{arguments.split}.txt, {len(faces)} photographs\n")
    print(f"{'detector':<18}{'found':>7}{'of all':>10}{'ms, median':>12}")
    for name in detectors:
        share = 100 * np.mean(found[name])
        print(f"{name:<18}{sum(found[name]):>7}{share:>9.2f}%{1000 * np.median(seconds[name]):>12.1f}")


if __name__ == "__main__":
    main()
