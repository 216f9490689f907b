"""Train the 58-point networks on IMM: the original's, on whole pictures, and the same network on crops of the face.

python -m training.train_face58 --data DIR
python -m training.train_face58 --data DIR --variant face58
"""

from __future__ import annotations

from dataclasses import replace

from training.card import IMM_STORY
from training.command import places_of, recipe_of, told, training_parser
from training.data import data_folder, part_of_imm, read_imm
from training.loaders import FaceCrops
from training.parallel import processes
from training.run import Task, fit, new_network, start_at_mean_shape

VARIANTS = ("face58-original", "face58")


def main() -> None:
    """Read, train, keep the best."""
    parser = training_parser(__doc__)
    parser.add_argument("--variant", choices=VARIANTS, help="this one only")
    arguments = parser.parse_args()
    with processes() as here:
        faces = read_imm(data_folder(arguments.data))
        for variant in (arguments.variant,) if arguments.variant else VARIANTS:
            config = recipe_of(variant, arguments)
            training_set = FaceCrops(part_of_imm(faces, "train"), config, augmented=True)
            validation_set = FaceCrops(part_of_imm(faces, "validation"), config, augmented=False)
            counts = {"training": len(training_set), "validation": len(validation_set)}
            story = replace(IMM_STORY, stage=2, counts=counts)
            network, untrained = new_network(config)
            if config.mean_start:
                start_at_mean_shape(network, training_set)
            task = Task(config, story, training_set, validation_set)
            fit(network, untrained, task, places_of(variant, arguments), here)


if __name__ == "__main__":
    told(main)
