"""The engine ONNX Runtime, which comes with ``pip install 'facekp[onnx]'``."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint
from facekp.errors import FacekpError
from facekp.exported import keep_model, kept_model
from facekp.parallel import network_threads

Float = NDArray[np.float32]


def import_onnxruntime() -> Any:
    """Import ONNX Runtime so that it keeps to itself.

    From 1.29 on it tells Microsoft of each process and each network, and keeps an identifier of the machine in the
    user's cache folder, unless this variable is set before it is imported. If a program has imported it before, all
    but the first message is stopped. Source: docs/Privacy.md of ONNX Runtime.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


class OnnxEngine:
    """ONNX Runtime, on the exported network; that is kept, so that torch is needed once only.

    Its threads are `facekp.parallel.network_threads` when the engine is made.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        try:
            onnxruntime = import_onnxruntime()
        except Exception as error:  # a library that it lacks is an OSError, say
            raise FacekpError(
                f"the engine 'onnxruntime' cannot be imported ({error}); install it with: pip install 'facekp[onnx]'"
            ) from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = network_threads()
        # Idle threads would spin for a while, on the cores that the detector wants next.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")

        kept = kept_model(checkpoint)
        model = str(kept) if kept else _exported(checkpoint)
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def __call__(self, crops: NDArray[np.uint8]) -> tuple[Float, Float | None]:
        """Points (N, K, 2), network pixels, and spreads (N, K) or None, of grey crops (N, H, W)."""
        points, *spread = self._session.run(None, {"crops": crops[:, None].astype(np.float32)})
        return points, spread[0] if spread else None


def _exported(checkpoint: Checkpoint) -> bytes:
    """The network as an ONNX model, which is kept for the next time."""
    from facekp.export import onnx_model  # with torch, which takes a second

    model = onnx_model(checkpoint)
    keep_model(checkpoint, model)
    return model
