"""What the commands share: words on standard error, progress, and which files may be written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from facekp.errors import OutputError

if TYPE_CHECKING:
    from facekp.predict import KeypointPredictor

T = TypeVar("T")

FAILED, MISUSED = 1, 2
"""Exit statuses; 0 is success."""


def add_shared_options(command: argparse.ArgumentParser) -> None:
    """What every command with photographs understands."""
    command.add_argument("--model", default="face68", help="a checkpoint's name or folder (default: face68)")
    command.add_argument("--detector", choices=("libfacedetection", "dlib"), help="default: libfacedetection")
    command.add_argument(
        "--engine", choices=("torch", "onnxruntime"), default="torch", help="what computes the network (default: torch)"
    )
    command.add_argument("--overwrite", action="store_true", help="replace files that facekp named itself")


def load_predictor(arguments: argparse.Namespace) -> KeypointPredictor:
    """The network that the options name."""
    from facekp.predict import KeypointPredictor

    return KeypointPredictor.from_checkpoint(arguments.model, arguments.detector, arguments.engine)


def check_target(arguments: argparse.Namespace, default: Path, photos: Sequence[str], suffixes: Sequence[str]) -> Path:
    """The file to be written, checked before any work is done."""
    from facekp.files import check_output

    target = check_output(arguments.out or default, suffixes)
    if any(Path(photo).resolve() == target.resolve() for photo in photos):
        raise OutputError(f"{target} is one of the photographs; give another name with --out")
    if arguments.out is None:
        refuse_existing(target, arguments)
    return target


def refuse_existing(path: Path, arguments: argparse.Namespace) -> None:
    """A name that the user did not choose must not cost them a file."""
    if path.exists() and not arguments.overwrite:
        raise OutputError(f"{path} is there already; choose another place with --out, or give --overwrite")


def with_progress(items: Sequence[T] | Iterator[T], total: int | None = None) -> Iterator[T]:
    """The items, with a progress bar on standard error where that is a terminal and there are several."""
    from tqdm import tqdm

    count = len(items) if isinstance(items, Sequence) else total
    disable = count == 1 or not sys.stderr.isatty()  # each update of a bar would be kept in a file
    # Shown at each item: two cores bring them in pairs, of which the second would be too soon after the first.
    yield from tqdm(items, total=count, disable=disable, file=sys.stderr, leave=False, mininterval=0)


def complain(message: object) -> None:
    """One line on standard error, above a progress bar if there is one."""
    from tqdm import tqdm

    tqdm.write(f"facekp: {message}", file=sys.stderr)
