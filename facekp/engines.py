"""What computes a network: torch, or ONNX Runtime. Both give the same points."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint
from facekp.errors import FacekpError

Float = NDArray[np.float32]

ENGINES = ("torch", "onnxruntime")


class Engine(Protocol):
    """A network ready for use; one serves many threads."""

    def __call__(self, crops: NDArray[np.uint8]) -> tuple[Float, Float | None]:
        """Points (N, K, 2), network pixels, and spreads (N, K) or None, of grey crops (N, H, W)."""
        ...


def fastest_engine() -> str:
    """ONNX Runtime where it works and the package is there with which networks are exported, else torch."""
    if find_spec("onnx") is None:
        return "torch"
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        return "torch"
    return "onnxruntime"


def make_engine(checkpoint: Checkpoint, name: str = "torch") -> Engine:
    """An engine by name.

    Parameters
    ----------
    checkpoint : Checkpoint
    name : str
        One of `ENGINES`, or ``"auto"`` for what `fastest_engine` finds.

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
    if (fastest_engine() if name == "auto" else name) == "onnxruntime":
        from facekp.engine_onnxruntime import OnnxEngine

        return OnnxEngine(checkpoint)
    from facekp.engine_torch import TorchEngine

    return TorchEngine(checkpoint)
