"""Yaws of the IMM people by the points that the networks find, beside where they were told to look.

    python -m benchmarks.pose --data DIR [--model face68 ...]

Of the six views 1 is from the front, in 3 a person turns their head to their own right, where yaw is negative,
in 4 to their own left. The angles that they turned by were not measured; they were told about 30°.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facekp.images import load_image
from facekp.predict import KeypointPredictor
from training.data import Face, data_folder, read_imm

VIEWS = {1: (0, "front"), 3: (-1, "own right"), 4: (1, "own left")}
"""Of each view the sign of its yaw, and its name."""


def yaws(predictor: KeypointPredictor, faces: Sequence[Face]) -> NDArray[np.float64]:
    """Yaw of the largest face of each photograph, degrees; nan where there is no face or pose."""
    found = (predictor.predict(load_image(face.photo)) for face in faces)
    poses = [each[0].pose if each else None for each in found]
    return np.array([np.nan if pose is None else pose.yaw for pose in poses])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--model", nargs="+", default=["face68", "face58"])
    arguments = parser.parse_args()
    faces = read_imm(data_folder(arguments.data))
    print("\nyaw of 40 people of IMM, degrees\n")
    print(f"{'model':<12}{'view':<12}{'photos':>8}{'poses':>7}{'sign right':>12}{'mean size':>11}{'from':>8}{'to':>7}")
    for model in arguments.model:
        predictor = KeypointPredictor.from_checkpoint(model)
        for view, (sign, name) in VIEWS.items():
            found = yaws(predictor, [face for face in faces if face.view == view])
            known = found[np.isfinite(found)]
            right = f"{np.sum(np.sign(known) == sign)}" if sign else "–"
            size = np.abs(known).mean()
            print(
                f"{model:<12}{name:<12}{len(found):>8}{len(known):>7}{right:>12}{size:>11.1f}"
                f"{known.min():>8.1f}{known.max():>7.1f}"
            )


if __name__ == "__main__":
    main()
