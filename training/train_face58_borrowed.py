"""Go on with the 58-point network on more faces than IMM has: those of 300-W and MERL-RAV, their 68 points made 58.

    python -m training.train_face58_borrowed --data DIR --start checkpoints/face58 --teacher checkpoints/face68

The checkpoint (checkpoints/face58-borrowed) takes face58's place where it is better on IMM's validation persons.
The test lists of 300-W are never opened here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from facekp.checkpoint import load_checkpoint
from facekp.predict import KeypointPredictor
from training.borrow import borrowed
from training.card import IMM_STORY
from training.command import places_of, recipe_of, told, training_parser
from training.data import data_folder, part_of_imm, read_300w, read_imm, split_by_photograph
from training.loaders import FaceCrops
from training.parallel import processes
from training.run import Task, filters_before, fit, new_network
from training.train_face68 import count_of, merl_rav

NAME = "face58-borrowed"


def main() -> None:
    """Read, borrow, train, keep the best."""
    parser = training_parser(__doc__)
    parser.add_argument("--start", type=Path, required=True, help="checkpoint whose weights the network takes")
    parser.add_argument("--teacher", type=Path, required=True, help="checkpoint that finds 68 points")
    arguments = parser.parse_args()
    config, places = recipe_of(NAME, arguments), places_of(NAME, arguments)
    data = data_folder(arguments.data)
    start, teacher = load_checkpoint(arguments.start), load_checkpoint(arguments.teacher)
    with processes() as here:
        persons = read_imm(data)
        imm = part_of_imm(persons, "train")
        ibug, _ = split_by_photograph(read_300w(data, "train"), config.validation_share, config.seed)
        lent = borrowed(ibug + merl_rav(data, here), imm, KeypointPredictor(teacher), places.run / "teacher.npz")
        training_set = FaceCrops(imm + lent, config, augmented=True)
        validation_set = FaceCrops(part_of_imm(persons, "validation"), config, augmented=False)
        counts = {"training": count_of(imm, training_set), "validation": len(validation_set)}
        counts["borrowed"] = len(training_set) - counts["training"]

        network, _ = new_network(config)
        network.load_state_dict(start.network.state_dict())
        story = replace(
            IMM_STORY,
            stage=2,
            training=f"{IMM_STORY.training}; and 300-W train.txt without the validation part, and MERL-RAV, "
            "whose 68 points were turned into 58",
            licence=f"{IMM_STORY.licence}; 300-W and MERL-RAV are for research only",
            counts=counts,
            start=start.sha256,
            teachers=[teacher.sha256],
        )
        own, other = (1 - config.share_300w) / counts["training"], config.share_300w / counts["borrowed"]
        drawn = [own] * counts["training"] + [other] * counts["borrowed"]
        fit(
            network,
            filters_before(arguments.start),
            Task(config, story, training_set, validation_set, drawn),
            places,
            here,
        )


if __name__ == "__main__":
    told(main)
