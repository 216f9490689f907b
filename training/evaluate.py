"""Measure a checkpoint from photograph to points, and write the numbers into its folder.

    python -m training.evaluate --checkpoint face68 --split common --data DIR

It writes ``results/SPLIT.json`` and the headline numbers of the card; on the validation photographs
``results/extremes.json`` too. A photograph in which the detector does not find the annotated face counts
as an error of 100 %. The true points go into a file of their own, ``results/SPLIT.truth.json``, for whoever
has the data: its annotations are not to be passed on, so git ignores that file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from facekp.checkpoint import Checkpoint, load_checkpoint, write_card
from facekp.faces import DETECTORS, face_detector
from facekp.inventory import CARD, checkpoints_folder
from facekp.predict import KeypointPredictor
from facekp.results import Extremes, SplitResults, write_extremes, write_results, write_truth
from training.command import checkpoint_folder, today, told
from training.data import data_folder
from training.extremes import OCCLUSION, PROPERTIES, find_extremes
from training.measure import MISSED_FACES, NORMALISER, PIXELS, Answer, ask, by_region, by_view, curve, measured
from training.shapes import ShapeSpace
from training.splits import SPLITS, data_set_of, outline_schema, read_split, training_outlines

DETECTOR = "libfacedetection"
"""The default detector, by its name, so that numbers are never those of the one that stands in for it."""


def results_of(checkpoint: Checkpoint, given: str, split: str, answers: Sequence[Answer]) -> SplitResults:
    """All that is told of a checkpoint, by the name or folder that was given, on a split."""
    data_set = data_set_of(checkpoint.card)
    return SplitResults(
        checkpoint=checkpoint.name,
        split=split,
        description=SPLITS[data_set][split],
        data_set=data_set,
        date=today(),
        command=f"python -m training.evaluate --checkpoint {repeatable(given)} --split {split}",
        weights_sha256=checkpoint.weights_sha256,
        detector="none: the network sees the whole picture" if checkpoint.input.whole else DETECTOR,
        normaliser=NORMALISER,
        missed_faces=MISSED_FACES,
        pixels=PIXELS[data_set],
        measured=measured(answers, split, checkpoint.schema),
        regions=by_region(answers, checkpoint.schema),
        views=by_view(answers),
        curve=curve(answers),
        pictures=tuple(answer.result for answer in answers),
    )


def repeatable(given: str) -> str:
    """How to call a checkpoint in a command that is told to others.

    One that comes with facekp by its name, another by the folder as given; of an absolute path only the last part
    is told, as a folder and no name: the others are this machine's.
    """
    folder = checkpoint_folder(given).resolve()
    if folder.parent == checkpoints_folder().resolve():
        return folder.name
    return f"./{folder.name}" if Path(given).is_absolute() else given


def extremes_of(checkpoint: Checkpoint, split: str, answers: Sequence[Answer], data: Path) -> Extremes:
    """The best and worst of a split, beside the faces that the checkpoint was trained on."""
    outline = outline_schema(data_set_of(checkpoint.card))
    space = ShapeSpace.fit(training_outlines(data, checkpoint.card), outline)
    effects, best, worst = find_extremes(answers, outline, space)
    return Extremes(
        checkpoint=checkpoint.name,
        split=split,
        date=today(),
        weights_sha256=checkpoint.weights_sha256,
        occlusion=OCCLUSION,
        meanings={name: PROPERTIES[name].meaning for name in effects},
        effects=effects,
        best=best,
        worst=worst,
    )


def summary(results: SplitResults) -> str:
    """The numbers for a reader."""
    numbers = {key: value for key, value in results.measured.items() if key != "comparison"}
    lines = [
        f"{results.checkpoint} on {results.description}",
        f"relative errors: over the {results.normaliser}; {results.missed_faces}",
        f"pixels: {results.pixels}",
        *(f"  {name:28} {value}" for name, value in numbers.items()),
        *(f"  {part:28} {_errors(errors)}" for part, errors in results.regions.items()),
        *(f"  view {view}, {errors['title']}: {_errors(errors)}" for view, errors in results.views.items()),
    ]
    if "comparison" in results.measured:
        lines.append(results.measured["comparison"]["sentence"])
    return "\n".join(lines)


def save(folder: Path, results: SplitResults, answers: Sequence[Answer]) -> None:
    """Write the results, the true points, and the headline numbers of the card."""
    write_results(folder, results)
    write_truth(folder, results.split, {answer.sample.file: answer.sample.points for answer in answers})
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))  # anew: another split may have been saved meanwhile
    numbers = {**results.measured, "date": results.date, "command": results.command}
    write_card(folder, {**card, "measured": {**card.get("measured", {}), results.split: numbers}})


def _errors(errors: dict[str, float]) -> str:
    pixels = f", {errors['mean_pixels']:.2f} pixels" if "mean_pixels" in errors else ""
    return f"{errors['nme_percent']:.2f} %{pixels}"


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="a name under checkpoints/, or a folder")
    parser.add_argument(
        "--split", required=True, choices=sorted({name for splits in SPLITS.values() for name in splits})
    )
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    other = parser.add_argument_group("instead of the default, or of what the card says; then nothing is written")
    other.add_argument("--detector", choices=sorted(DETECTORS))
    other.add_argument("--looks", type=int)
    other.add_argument("--mirror", action=argparse.BooleanOptionalAction)
    arguments = parser.parse_args()

    data = data_folder(arguments.data)
    checkpoint = load_checkpoint(arguments.checkpoint)
    asked = {"looks": arguments.looks, "mirror": arguments.mirror}
    changes = {key: value for key, value in asked.items() if value is not None}
    checkpoint = replace(checkpoint, input=replace(checkpoint.input, **changes))
    predictor = KeypointPredictor(checkpoint, face_detector(arguments.detector or DETECTOR))
    samples = read_split(data, checkpoint.card, arguments.split)
    outline = outline_schema(data_set_of(checkpoint.card))
    answers = ask(predictor, samples, outline, whole=checkpoint.input.whole)
    results = results_of(checkpoint, arguments.checkpoint, arguments.split, answers)
    print(summary(results))
    if changes or arguments.detector:
        return
    folder = checkpoint_folder(arguments.checkpoint)
    save(folder, results, answers)
    if arguments.split == "validation":
        extremes = extremes_of(checkpoint, arguments.split, answers, data)
        write_extremes(folder, extremes)
        for end, pictures in (("best", extremes.best), ("worst", extremes.worst)):
            for each in pictures:
                print(f"{end}: {each.picture.file}, {each.picture.error_percent:.2f} %. {each.reason}")


if __name__ == "__main__":
    told(main)
