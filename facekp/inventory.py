"""The checkpoints that come with facekp, as files; needs no torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

WEIGHTS = "weights.safetensors"
CARD = "card.json"


def checkpoints_folder() -> Path:
    """Folder of the checkpoints that come with facekp: inside the wheel, or beside the package."""
    inside = Path(__file__).parent / "checkpoints"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "checkpoints"


def checkpoint_names() -> list[str]:
    """Names of the checkpoints that come with facekp."""
    return sorted(path.parent.name for path in checkpoints_folder().glob(f"*/{CARD}"))


def weights_sha256(folder: Path) -> str:
    """SHA-256 of all weights that a checkpoint's points depend on, its scout's too; empty where there are none."""
    path, card = folder / WEIGHTS, folder / CARD
    if not path.is_file() or not card.is_file():
        return ""
    with path.open("rb") as file:
        own = hashlib.file_digest(file, "sha256").hexdigest()
    name = json.loads(card.read_text(encoding="utf-8")).get("input", {}).get("scout")
    scout = scout_folder(folder, name) if name else None
    return joined_sha256(own, weights_sha256(scout) if scout else None)


def scout_folder(folder: Path, name: str) -> Path | None:
    """Folder of the scout `name` of the checkpoint in a folder: beside it, or else among facekp's own; None if neither.

    The scout is the network that looks first.
    """
    places = (folder.parent / name, checkpoints_folder() / name)
    return next((place for place in places if (place / CARD).is_file()), None)


def joined_sha256(own: str, scout: str | None) -> str:
    """SHA-256 of a network's weights, and of its scout's where it has one, from these of either."""
    return own if scout is None else hashlib.sha256(f"{own}\n{scout}".encode()).hexdigest()
