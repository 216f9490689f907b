"""Measure how a detector's boxes differ from the square round the 68 points.

    python -m training.fit_boxes --data DIR

Prints, for each detector, the medians over 300-W train.txt that `facekp.faces` holds as `BoxFit`.
"""

from __future__ import annotations

import argparse

import numpy as np

from facekp.faces import DETECTORS, FaceBox, SearchedDetector
from training.command import told
from training.data import Face, data_folder, read_300w
from training.tally import pictures

OVERLAP = 0.3
"""A raw box that overlaps the true one by less belongs to something else."""


def offsets(detector: SearchedDetector, faces: list[Face]) -> list[tuple[float, float, float]]:
    """For each face found: (right, down, side) of the square round its points, in units of √(box area)."""
    rows = []
    for face, picture in pictures(faces, "faces"):
        truth = FaceBox.around(face.points)
        found = [FaceBox(*box) for box, _ in detector.raw(picture)]
        best = max(found, key=truth.overlap, default=None)
        if best is None or best.overlap(truth) < OVERLAP:
            continue
        unit = best.area**0.5
        (x, y), (best_x, best_y) = truth.centre, best.centre
        rows.append(((x - best_x) / unit, (y - best_y) / unit, max(truth.width, truth.height) / unit))
    return rows


def main() -> None:
    """Print the fits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    arguments = parser.parse_args()
    faces = read_300w(data_folder(arguments.data), "train")
    for name, make in DETECTORS.items():
        rows = np.array(offsets(make(), faces))
        right, down, side = np.median(rows, axis=0)
        spread = rows.std(axis=0)
        print(
            f"{name}: {len(rows)} of {len(faces)} faces; right={right:.3f}, down={down:.3f}, side={side:.3f}; "
            f"standard deviations {spread[0]:.3f}, {spread[1]:.3f}, {spread[2]:.3f}"
        )


if __name__ == "__main__":
    told(main)
