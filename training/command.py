"""What the commands of the stages share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from facekp.errors import FacekpError
from facekp.inventory import checkpoint_names, checkpoints_folder
from training.config import CHOICES, RECIPES, TrainConfig
from training.run import Places


def training_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every stage has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--out", type=Path, default=Path("checkpoints"), help="the checkpoint goes into a folder here")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="the run is kept in a folder here")
    parser.add_argument("--seed", type=int, default=TrainConfig.seed)
    parser.add_argument("--precision", choices=CHOICES["precision"], help="instead of what the recipe says")
    parser.add_argument("--workers", type=int, default=0, help="processes that cut crops, beside the one that trains")
    return parser


def recipe_of(name: str, arguments: argparse.Namespace) -> TrainConfig:
    """A recipe with the seed and the precision that the command line gives."""
    config = replace(RECIPES[name], seed=arguments.seed)
    return replace(config, precision=arguments.precision) if arguments.precision else config


def places_of(name: str, arguments: argparse.Namespace) -> Places:
    """The folders of a checkpoint of that name."""
    return Places(arguments.runs / name, arguments.out / name, arguments.workers)


def checkpoint_folder(name: str) -> Path:
    """The folder of a checkpoint that comes with facekp, or a folder as given."""
    return checkpoints_folder() / name if name in checkpoint_names() else Path(name)


def today() -> str:
    """The date, in the form 2001-02-03."""
    return datetime.now(UTC).date().isoformat()


def told(main: Callable[[], None]) -> None:
    """Run a command; what is wrong is told in one sentence, and the command fails."""
    try:
        main()
    except FacekpError as error:
        sys.exit(f"error: {error}")
