"""Write a sheet of what a network is fed: upper row without augmentation, the rows below with it; true points in green.

python -m training.show_samples --stage face58 --data DIR

The faces are those of real people, so the sheet goes into runs/, which git ignores.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.crop import WholePicture
from facekp.draw import TRUTH, draw_face
from facekp.errors import SettingsError
from facekp.files import check_output, written_aside
from facekp.images import Picture
from facekp.schema import Schema
from training.command import told
from training.config import RECIPES
from training.data import Face, data_folder, read_300w, read_imm
from training.loaders import FaceCrops

STAGES = {
    "nose": "nose",
    "nose-original": "nose-original",
    "face58": "face58",
    "face58-original": "face58-original",
    "face68": "heatmap-fine",
    "face68-fast": "fast",
    "face68-resnet18": "resnet18",
}
"""The recipe by which the network of each stage was trained last."""
RUNS = Path("runs")
SHOWN = 224
"""Height of a picture on the sheet, pixels."""

Sample = tuple[Picture, NDArray[np.float32]]


def faces_of(stage: str, data: Path) -> list[Face]:
    """The faces that a stage is trained on; of stage 3 those of 300-W."""
    return read_300w(data, "train") if stage.startswith("face68") else read_imm(data, "train")


def samples(stage: str, faces: Sequence[Face], *, count: int, seed: int, augmented: bool) -> list[Sample]:
    """What the network of a stage sees of some of the faces.

    Parameters
    ----------
    stage : str
        A key of `STAGES`.
    faces : sequence of Face
        With points from which those of the stage can be had.
    count : int
        How many are drawn, without repetition; fewer where there are fewer.
    seed : int
        Decides which faces, and how they are augmented.
    augmented : bool
        Whether they are augmented, as in training, or not, as in validation.

    Returns
    -------
    list of (uint8 array (H, W, 3), float32 array (K, 2))
        Grey pictures in the network's size, and their points in network pixels.
    """
    config = RECIPES[STAGES[stage]]
    order = np.random.default_rng(seed).permutation(len(faces))[:count]
    seen = FaceCrops([faces[index] for index in order], replace(config, seed=seed), augmented=augmented)
    seen.set_epoch(config.epochs - 1)
    pairs = [seen.picture(index) for index in range(len(seen))]
    return [(np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), dtype=np.uint8), points) for image, points in pairs]


def sheet(rows: Sequence[Sequence[Sample]], schema: Schema) -> Picture:
    """Rows of samples side by side, enlarged, their points drawn; uint8 (H, W, 3)."""
    return np.concatenate([np.concatenate([drawn(*sample, schema) for sample in row], axis=1) for row in rows])


def drawn(image: Picture, points: NDArray[np.float32], schema: Schema) -> Picture:
    """A sample in the sheet's size, with its points."""
    height, width = image.shape[:2]
    large = WholePicture((width, height), (round(width * SHOWN / height), SHOWN))
    return draw_face(large.cut(image), large.to_network(points), schema, TRUTH)


def main() -> None:
    """Read some faces, write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", choices=tuple(STAGES), required=True)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--out", type=Path, help="picture to write (default: runs/samples-STAGE.png)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=6, help="faces in a row")
    arguments = parser.parse_args()
    if arguments.count < 1:
        raise SettingsError(f"--count is {arguments.count}; give 1 face or more")
    if arguments.out is None:
        RUNS.mkdir(exist_ok=True)
    out = check_output(arguments.out or RUNS / f"samples-{arguments.stage}.png", (".png", ".jpg"))
    faces = faces_of(arguments.stage, data_folder(arguments.data))
    rows = [
        samples(arguments.stage, faces, count=arguments.count, seed=arguments.seed, augmented=augmented)
        for augmented in (False, True)
    ]
    picture = sheet(rows, RECIPES[STAGES[arguments.stage]].points)
    with written_aside(out) as aside:
        cv2.imwrite(str(aside), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    print(out)


if __name__ == "__main__":
    told(main)
