"""The checkpoints that come with facekp, as files; needs no torch."""

from __future__ import annotations

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
