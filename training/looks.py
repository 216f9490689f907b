"""What each look of a 68-point network brings, on the validation part: the table by which its card's looks were chosen.

    python -m training.looks --checkpoint face68 --scout face68-fast --data DIR
    python -m training.looks --checkpoint face68 --scout face68-fast --data DIR --choose "one look after face68-fast"

It prints the table and writes ``looks.json`` into the checkpoint's folder, where `training.report` finds it. The way
that is chosen goes into the card; what was measured with another has to be measured anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from facekp.checkpoint import Checkpoint, load_checkpoint, write_card
from facekp.errors import FacekpError
from facekp.faces import face_detector
from facekp.files import write_bytes
from facekp.predict import KeypointPredictor
from training.command import checkpoint_folder, today, told
from training.data import data_folder
from training.evaluate import DETECTOR
from training.measure import ask
from training.splits import Sample, data_set_of, outline_schema, read_split

LOOKS = "looks.json"
SPLIT = "validation"


@dataclass(frozen=True)
class Way:
    """A way to look at a face, and how far off the points then are.

    Attributes
    ----------
    title : str
    passes : int
        Of the network, for each face; those of a scout, which are cheap, are not counted.
    nme_percent : float
        Mean error over the distance of the outer eye corners, a missed face counted as 100 %.
    """

    title: str
    passes: int
    nme_percent: float = 0.0


def ways(checkpoint: Checkpoint, scout: Checkpoint | None) -> list[tuple[Way, Checkpoint]]:
    """The checkpoint with each of the ways to look."""
    plain = [("one look", 1, None), ("two looks", 2, None)]
    scouted = [(f"one look after {scout.name}", 1, scout)] if scout else []
    found = []
    for title, looks, first in plain + scouted:
        for mirror in (False, True):
            spec = replace(checkpoint.input, looks=looks, mirror=mirror, scout=first.name if first else None)
            way = Way(title + (", mirror image too" if mirror else ""), looks + mirror)
            found.append((way, replace(checkpoint, input=spec, scout=first)))
    return found


def measure(checkpoint: Checkpoint, scout: Checkpoint | None, samples: Sequence[Sample]) -> list[Way]:
    """Each way with its error over the samples, from photograph to points."""
    detector, outline = face_detector(DETECTOR), outline_schema(data_set_of(checkpoint.card))
    measured = []
    for way, changed in ways(checkpoint, scout):
        answers = ask(KeypointPredictor(changed, detector), samples, outline)
        error = float(np.mean([answer.relative.mean() for answer in answers]))
        measured.append(replace(way, nme_percent=round(100 * error, 3)))
    return measured


def table(record: dict[str, Any]) -> str:
    """What `main` wrote, as a Markdown table."""
    rows = [f"| {way['title']} | {way['passes']} | {way['nme_percent']:.2f} % |" for way in record["ways"]]
    head = f"| looks of `{record['checkpoint']}` at each face | its passes | mean error, 300-W validation |"
    return "\n".join([head, "|---|---|---|", *rows]) + "\n"


def read_looks(folder: Path) -> dict[str, Any] | None:
    """What was measured of the checkpoint in a folder, if anything was."""
    path = folder / LOOKS
    record: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return record


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="a name under checkpoints/, or a folder")
    parser.add_argument("--scout", help="a small network that may take the first look: a name, or a folder")
    parser.add_argument("--choose", help="the way, by its title in the table, that the card is to name")
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    arguments = parser.parse_args()
    checkpoint = load_checkpoint(arguments.checkpoint)
    scout = load_checkpoint(arguments.scout) if arguments.scout else None
    specs = {way.title: changed.input for way, changed in ways(checkpoint, scout)}
    if arguments.choose and arguments.choose not in specs:
        raise FacekpError(f"there is no way {arguments.choose!r}; give one of: {', '.join(specs)}")
    samples = read_split(data_folder(arguments.data), checkpoint.card, SPLIT)
    record = {
        "checkpoint": checkpoint.name,
        "weights_sha256": checkpoint.weights_sha256,
        "scout": scout and {"name": scout.name, "weights_sha256": scout.sha256},
        "split": SPLIT,
        "photographs": len(samples),
        "date": today(),
        "ways": [asdict(way) for way in measure(checkpoint, scout, samples)],
    }
    print(table(record), end="")
    folder = checkpoint_folder(arguments.checkpoint)
    write_bytes(folder / LOOKS, (json.dumps(record, indent=1) + "\n").encode())
    if arguments.choose:
        write_card(folder, {**checkpoint.card, "input": asdict(specs[arguments.choose])})


if __name__ == "__main__":
    told(main)
