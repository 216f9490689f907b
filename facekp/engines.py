"""What computes a network: torch, or ONNX Runtime. Both give the same points."""

from __future__ import annotations

import copy
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint
from facekp.errors import FacekpError
from facekp.export import onnx_model
from facekp.readout import Readout, fold, pack

Float = NDArray[np.float32]
ENGINES = ("torch", "onnxruntime")


class Engine(Protocol):
    """A network ready for use; one serves many threads."""

    def __call__(self, crops: NDArray[np.uint8]) -> tuple[Float, Float | None]:
        """Points (N, K, 2), network pixels, and spreads (N, K) or None, of grey crops (N, H, W)."""
        ...


def make_engine(checkpoint: Checkpoint, name: str = "torch") -> Engine:
    """An engine by name.

    Raises
    ------
    FacekpError
        If there is no engine of that name, or its package is missing.
    """
    if name not in ENGINES:
        raise FacekpError(f"there is no engine named {name!r}; known are {', '.join(ENGINES)}")
    return TorchEngine(checkpoint) if name == "torch" else OnnxEngine(checkpoint)


class TorchEngine:
    """torch, with batch normalisations folded into the convolutions before them, and these packed."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        width, height = checkpoint.input.shape
        network = copy.deepcopy(checkpoint.network)
        fold(network, torch.zeros(1, checkpoint.input.channels, height, width))
        pack(network)
        self._readout = Readout(network, checkpoint.input).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def __call__(self, crops: NDArray[np.uint8]) -> tuple[Float, Float | None]:
        """Points (N, K, 2), network pixels, and spreads (N, K) or None, of grey crops (N, H, W)."""
        with torch.inference_mode():
            pixels = torch.from_numpy(crops[:, None]).to(torch.float32, memory_format=torch.channels_last)
            points, *spread = (each.numpy() for each in self._readout(pixels))
        return points, spread[0] if spread else None


class OnnxEngine:
    """ONNX Runtime, which comes with ``pip install 'facekp[onnx]'``.

    Its threads are as many as torch has when the engine is made.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise FacekpError(
                f"the engine 'onnxruntime' cannot be imported ({error}); install it with: pip install 'facekp[onnx]'"
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Idle threads would spin for a while, on the cores that the detector wants next.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            onnx_model(checkpoint), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, crops: NDArray[np.uint8]) -> tuple[Float, Float | None]:
        """Points (N, K, 2), network pixels, and spreads (N, K) or None, of grey crops (N, H, W)."""
        points, *spread = self._session.run(None, {"crops": crops[:, None].astype(np.float32)})
        return points, spread[0] if spread else None
