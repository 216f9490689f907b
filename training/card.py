"""What a checkpoint's card says of its training."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from facekp.checkpoint import InputSpec
from training.config import TrainConfig
from training.parallel import Processes


@dataclass(frozen=True)
class Story:
    """What a card tells beside the recipe.

    Attributes
    ----------
    stage : int
        1: nose tip, 2: 58 points, 3: 68 points.
    data_set : str
        ``imm`` or ``300w``.
    training, validation : str
        Which faces, in words.
    counts : dict
        How many of each.
    licence : str
        Of the data.
    start : str, optional
        SHA-256 of the checkpoint that the network started from.
    teachers : list of str
        SHA-256 of the checkpoints whose points were averaged with the true ones.
    """

    stage: int
    data_set: str
    training: str
    validation: str
    counts: dict[str, int]
    licence: str
    start: str | None = None
    teachers: list[str] = field(default_factory=list)


IMM_STORY = Story(
    stage=1,
    data_set="imm",
    training="IMM, persons 1 to 32, six views each",
    validation="IMM, persons 33 to 40, six views each; the epoch was chosen on them",
    counts={},
    licence="IMM is free for education and research; cite Stegmann et al. 2003 and Nordstrøm et al. 2004",
)


def make_card(
    config: TrainConfig, story: Story, chosen: dict[str, Any], commit: str, machine: str, precision: str
) -> dict[str, Any]:
    """The card of the checkpoint that epoch `chosen` gave; `training.evaluate` measures it."""
    spec = InputSpec(
        size=chosen["size"],
        channels=1,
        mean=config.mean,
        std=config.std,
        margin=config.margin,
        looks=config.looks,
        mirror=config.mirror,
        height=config.height,
        scout=config.scout,
    )
    return {
        "stage": story.stage,
        "data_set": story.data_set,
        "schema": config.schema,
        "network": config.network,
        "network_options": config.network_options,
        "input": asdict(spec),
        "data": {key: getattr(story, key) for key in ("training", "validation", "counts", "licence")},
        "recipe": asdict(config),
        "started_from": story.start,
        "taught_by": story.teachers,
        "precision": precision,
        "machine": machine,
        "chosen": chosen,
        "commit": commit,
    }


def commit() -> str:
    """The commit that the run was started from; with a + if the tree had changes."""
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        status = subprocess.run(["git", "status", "--porcelain", "facekp", "training"], capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if status.stdout.strip() else "")


def machine(processes: Processes) -> str:
    """What a run computes on, in words."""
    if processes.device.type == "cuda":
        return f"{processes.count} x {torch.cuda.get_device_name(processes.device)}, torch {torch.__version__}"
    names = re.findall(r"model name\s*:\s*(.+)", _text(Path("/proc/cpuinfo"))) or [platform.processor() or "a CPU"]
    threads = processes.count * torch.get_num_threads()
    return f"{names[0]}, {threads} of {os.cpu_count()} cores, torch {torch.__version__}"


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
