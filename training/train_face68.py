"""Train a 68-point network on 300-W (train.txt) and MERL-RAV.

    python -m training.train_face68 --data DIR
    python -m training.train_face68 --data DIR --recipe fast
    python -m training.train_face68 --data DIR --recipe heatmap --start checkpoints/face68-resnet18
    python -m training.train_face68 --data DIR --recipe heatmap-fine --start checkpoints/face68 \
        --teacher checkpoints/face68

The first trains the plain ResNet18 from random weights (checkpoints/face68-resnet18), the second a small network
(checkpoints/face68-fast), the third the heatmap network (checkpoints/face68), from the first's trunk, and for faces
that the second has found. The fourth goes on with the third at a lower learning rate and with itself as its teacher
(checkpoints/face68-fine, which takes face68's place where it is better). Each can have teachers, whose points are
averaged with the true ones. Without MERL-RAV, 300-W alone is trained on. The test lists of 300-W are never opened here.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from torch import nn

from facekp.checkpoint import Checkpoint, load_checkpoint
from facekp.errors import FacekpError
from facekp.heatmaps import HeatmapResNet18
from facekp.networks import ResNet18
from training.card import Story
from training.command import places_of, recipe_of, told, training_parser
from training.data import Face, MissingDataError, data_folder, read_300w, read_merl_rav, split_by_photograph
from training.loaders import FaceCrops
from training.parallel import Processes, processes
from training.run import Task, filters_before, fit, new_network, start_at_mean_shape
from training.teacher import taught, teacher_of

NAMES = {"resnet18": "face68-resnet18", "heatmap": "face68", "heatmap-fine": "face68-fine", "fast": "face68-fast"}
"""The checkpoint of each recipe."""


def main() -> None:
    """Read, train, keep the best."""
    parser = training_parser(__doc__)
    parser.add_argument("--recipe", choices=tuple(NAMES), default="resnet18")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights, or trunk, the network takes")
    parser.add_argument(
        "--teacher", type=Path, nargs="+", default=[], help="checkpoints whose points are averaged with the true ones"
    )
    arguments = parser.parse_args()
    places = places_of(NAMES[arguments.recipe], arguments)
    config = recipe_of(arguments.recipe, arguments)
    data = data_folder(arguments.data)
    with processes() as here:
        ibug, validation = split_by_photograph(read_300w(data, "train"), config.validation_share, config.seed)
        faces = ibug + merl_rav(data, here)
        teachers = [load_checkpoint(path) for path in arguments.teacher]
        if teachers:
            faces = taught(faces, [teacher_of(teacher) for teacher in teachers], places.run)
            ibug = faces[: len(ibug)]
        training_set = FaceCrops(faces, config, augmented=True)
        validation_set = FaceCrops(validation, config, augmented=False)
        counts = {"300w_train": count_of(ibug, training_set), "validation": len(validation_set)}
        counts["merl_rav"] = len(training_set) - counts["300w_train"]

        network, untrained = new_network(config)
        start = load_checkpoint(arguments.start) if arguments.start else None
        if config.mean_start:
            start_at_mean_shape(network, training_set)
        if start is not None:
            start_from(network, start)
            untrained = filters_before(arguments.start)
        told_by = replace(story(counts, start), teachers=[teacher.sha256 for teacher in teachers])
        task = Task(config, told_by, training_set, validation_set, weights(counts, config.share_300w))
        fit(network, untrained, task, places, here)


def merl_rav(data: Path, here: Processes) -> list[Face]:
    """The faces of MERL-RAV; where they are missing the first process tells it, and there are none."""
    try:
        return read_merl_rav(data)
    except MissingDataError as error:
        if here.first:
            print(f"{error}; going on with 300-W alone", file=sys.stderr)
        return []


def count_of(faces: list[Face], training_set: FaceCrops) -> int:
    """How many of the faces are in the training set, whose first they are."""
    own = {id(face) for face in faces}
    return sum(id(face) in own for face in training_set.faces)


def weights(counts: dict[str, int], share_300w: float) -> list[float]:
    """How often each face is drawn: those of 300-W make up their share, whatever the numbers of faces."""
    ibug, merl = counts["300w_train"], counts["merl_rav"]
    if not merl:
        return [1 / ibug] * ibug
    return [share_300w / ibug] * ibug + [(1 - share_300w) / merl] * merl


def story(counts: dict[str, int], start: Checkpoint | None) -> Story:
    """What the card tells beside the recipe."""
    return Story(
        stage=3,
        data_set="300w",
        training="300-W train.txt without the validation part" + (", and MERL-RAV" if counts["merl_rav"] else ""),
        validation="a share of the photographs of 300-W train.txt, drawn with the seed; the epoch was chosen on them",
        counts=counts,
        licence="the data sets are for research only",
        start=start.sha256 if start else None,
    )


def start_from(network: nn.Module, start: Checkpoint) -> None:
    """Take the weights of a checkpoint: all of a network of the same kind, or the trunk of a plain ResNet18.

    Raises
    ------
    FacekpError
        If the checkpoint is another network's.
    """
    weights = start.network.state_dict()
    if type(start.network) is type(network):
        network.load_state_dict(weights, strict=True)
    elif isinstance(start.network, ResNet18) and isinstance(network, HeatmapResNet18):
        trunk = {key.removeprefix("net."): value for key, value in weights.items() if not key.startswith("net.fc.")}
        network.trunk.load_state_dict(trunk, strict=True)
    else:
        raise FacekpError(f"{start.name} is a {start.card['network']}, whose weights do not fit; give another --start")


if __name__ == "__main__":
    told(main)
