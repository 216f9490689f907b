"""Exported networks, kept from one start to the next: with them a start needs no torch, which takes a second.

They lie in the user's cache folder, or in that which ``FACEKP_CACHE`` names; empty, it keeps none.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from facekp.checkpoint import Checkpoint
from facekp.errors import OutputError
from facekp.files import make_folder, write_bytes

FOLDER = "FACEKP_CACHE"
MOST = 8
"""Networks that are kept; those that were not used for longest go."""

_CODE = ("resnet", "heatmaps", "networks", "readout", "export")
"""Modules whose code an exported network was made by: it is exported anew when that changes."""


def kept_model(checkpoint: Checkpoint) -> Path | None:
    """The file of a network that was kept; None where there is none.

    Parameters
    ----------
    checkpoint : Checkpoint
        Its network, not its scout's.
    """
    with suppress(OSError):
        path = _path(checkpoint)
        if path is not None and path.is_file():
            with suppress(OSError):  # kept by somebody else, say, for all to read
                os.utime(path)
            return path
    return None


def keep_model(checkpoint: Checkpoint, model: bytes) -> None:
    """Keep an exported network; where nothing can be written, it is exported anew at each start.

    Parameters
    ----------
    checkpoint : Checkpoint
    model : bytes
        What `facekp.export.onnx_model` gives for it.
    """
    with suppress(OSError, OutputError):
        path = _path(checkpoint)
        if path is not None:
            write_bytes(make_folder(path.parent, parents=True) / path.name, model)
            by_use = sorted(path.parent.glob("*.onnx"), key=lambda each: each.stat().st_mtime)
            for unused in by_use[:-MOST]:
                unused.unlink(missing_ok=True)


def _path(checkpoint: Checkpoint) -> Path | None:
    """Where a network is kept; its name tells all that it depends on. None if nothing is to be kept."""
    given = os.environ.get(FOLDER)
    if given == "":
        return None
    folder = Path(given) if given else user_cache_path("facekp", appauthor=False)
    card, code = checkpoint.card, Path(__file__).parent
    parts = [checkpoint.sha256, checkpoint.schema.name, repr(checkpoint.input)]
    parts += [repr((card.get("network"), card.get("network_options")))]
    parts += [(code / f"{module}.py").read_text(encoding="utf-8") for module in _CODE]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return folder / f"{digest}.onnx"
