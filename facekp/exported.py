"""Exported networks, kept from one start to the next: with them a start needs no torch, which takes a second.

They lie in the user's cache folder, or in that which ``FACEKP_CACHE`` names; empty, it keeps none.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from facekp import __version__
from facekp.checkpoint import Checkpoint
from facekp.errors import OutputError
from facekp.files import make_folder, write_bytes

FOLDER = "FACEKP_CACHE"
MOST = 8
"""Networks that are kept; those that were not used for longest go."""

_OURS = re.compile(r"([0-9a-f]{64}-[0-9a-f]{8}|\.[0-9a-f]{16})\.onnx")
"""Names of kept networks, what each was made of and the checksum of the file; and of such as a killed process left.

The user's own files have other names.
"""

_PART = 1 << 18
"""Bytes that are read at a time."""

_CODE = ("resnet", "heatmaps", "networks", "readout", "export")
"""Modules whose code an exported network was made by: it is exported anew when that changes."""


def kept_model(checkpoint: Checkpoint) -> Path | None:
    """The file of a network that was kept, whole; None where there is none.

    Parameters
    ----------
    checkpoint : Checkpoint
        Its network, not its scout's.
    """
    with suppress(OSError):
        folder, made_of = _folder(), _made_of(checkpoint)
        for path in folder.glob(f"{made_of}-*.onnx") if folder else ():
            if path.name == _name(made_of, _checksum(path)):
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
        folder, made_of = _folder(), _made_of(checkpoint)
        if folder is None:
            return
        make_folder(folder, parents=True)
        for broken in folder.glob(f"{made_of}-*.onnx"):
            broken.unlink(missing_ok=True)
        write_bytes(folder / _name(made_of, zlib.crc32(model)), model)
        kept = [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]
        for unused in sorted(kept, key=lambda path: path.stat().st_mtime)[:-MOST]:
            unused.unlink(missing_ok=True)


def _folder() -> Path | None:
    """Where networks are kept; None if none are to be."""
    given = os.environ.get(FOLDER)
    if given is None:
        return user_cache_path("facekp", appauthor=False)
    return Path(given).expanduser() if given else None


def _made_of(checkpoint: Checkpoint) -> str:
    """A SHA-256 of all that an exported network depends on."""
    card, code = checkpoint.card, Path(__file__).parent
    parts = [__version__, checkpoint.sha256, checkpoint.schema.name, repr(checkpoint.input)]
    parts += [repr((card.get("network"), card.get("network_options")))]
    with suppress(OSError):  # a program that is packed into one file may have no source beside it
        parts += [(code / f"{module}.py").read_text(encoding="utf-8") for module in _CODE]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _checksum(path: Path) -> int:
    """The CRC-32 of a file: against damage it will do, and takes half of the time of a SHA-256."""
    checksum = 0
    with path.open("rb") as file:
        while part := file.read(_PART):
            checksum = zlib.crc32(part, checksum)
    return checksum


def _name(made_of: str, checksum: int) -> str:
    return f"{made_of}-{checksum:08x}.onnx"
