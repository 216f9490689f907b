"""What computes a network: torch, or ONNX Runtime. Both give the same points, to a tenth of a pixel."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint
from facekp.errors import CheckpointError, FacekpError

Float = NDArray[np.float32]

ENGINES = ("torch", "onnxruntime")


class Engine(Protocol):
    """A network ready for use; one serves many threads."""

    def __call__(self, crops: NDArray[np.uint8]) -> tuple[Float, Float | None]:
        """Points (N, K, 2), network pixels, and spreads (N, K) or None, of grey crops (N, H, W)."""
        ...


def make_engine(checkpoint: Checkpoint, name: str = "torch") -> Engine:
    """An engine by name.

    Parameters
    ----------
    checkpoint : Checkpoint
    name : str
        One of `ENGINES`; or ``"auto"`` for ONNX Runtime where it is installed and works, else torch.

    Raises
    ------
    FacekpError
        If there is no engine of that name, or its package is missing.
    CheckpointError
        If the network's weights are broken.
    """
    if name not in ("auto", *ENGINES):
        raise FacekpError(f"there is no engine named {name!r}; known are {', '.join(('auto', *ENGINES))}")
    # Each is imported where it is chosen: torch takes a second, and ONNX Runtime may not be there.
    if name != "torch":
        from facekp.engine_onnxruntime import OnnxEngine

        try:
            return OnnxEngine(checkpoint)
        except CheckpointError:
            raise
        except Exception:  # whatever is wrong with an installation that nobody asked for, torch gives the points
            if name != "auto":
                raise
    from facekp.engine_torch import TorchEngine

    return TorchEngine(checkpoint)
