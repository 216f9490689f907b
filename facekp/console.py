"""What the commands share: words on standard error, progress, and which files may be written."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from facekp.errors import OutputError, SettingsError
from facekp.files import is_folder

if TYPE_CHECKING:
    from facekp.predict import KeypointPredictor

T = TypeVar("T")

FAILED, MISUSED = 1, 2
"""Exit statuses; 0 is success."""

DEFAULT_FORMAT = "json"
"""Of points, where neither --format nor the file's suffix says it."""


def add_shared_options(command: argparse.ArgumentParser) -> None:
    """What every command with photographs understands."""
    command.add_argument("--model", default="face68", help="a checkpoint's name or folder (default: face68)")
    command.add_argument("--detector", choices=("libfacedetection", "dlib"), help="default: libfacedetection")
    command.add_argument(
        "--engine",
        choices=("auto", "torch", "onnxruntime"),
        default="auto",
        help="what computes the network (default: the fastest that is installed)",
    )
    command.add_argument("--overwrite", action="store_true", help="replace files that facekp named itself")


def heed_sigterm() -> None:
    """Let SIGTERM end the command as Ctrl-C does, with its temporary files removed and the shell's usual status."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def load_predictor(arguments: argparse.Namespace) -> KeypointPredictor:
    """The network that the options name."""
    from facekp.predict import KeypointPredictor

    return KeypointPredictor.from_checkpoint(arguments.model, arguments.detector, arguments.engine)


def check_target(arguments: argparse.Namespace, default: Path, suffixes: Sequence[str]) -> Path:
    """The file to be written, checked before any work is done."""
    from facekp.files import check_output

    target = check_output(arguments.out or default, suffixes)
    if arguments.out is None:
        refuse_existing(target, arguments)
    return target


def refuse_existing(
    path: Path, arguments: argparse.Namespace, otherwise: str = "choose another place with --out"
) -> None:
    """A name that the user did not choose must not cost them a file; `otherwise` says how to choose one."""
    if os.path.lexists(path) and not arguments.overwrite:
        raise OutputError(f"{path} is there already; {otherwise}, or give --overwrite")


def names_file(out: Path) -> bool:
    """Whether --out of `detect` names one file for all points; else a folder, with a file for each photograph."""
    return bool(out.suffix) and not is_folder(out)


def refuse_other_format(out: Path, arguments: argparse.Namespace) -> None:
    """A file's suffix and --format must not contradict each other."""
    if arguments.format and not out.suffix.lower().startswith(f".{arguments.format}"):  # .jsonl is json, too
        raise SettingsError(f"{out} is no {arguments.format} file; give it another suffix, or leave --format out")


def refuse_same_names(paths: Sequence[str], what: str) -> None:
    """Files that are named after photographs or films must not overwrite each other."""
    twice = [stem for stem, count in Counter(Path(path).stem for path in paths).items() if count > 1]
    if twice:
        raise OutputError(f"several {what} are called {twice[0]!r} and would overwrite each other; run them apart")


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
