"""The engine torch."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint
from facekp.readout import Readout, fold, pack

Float = NDArray[np.float32]


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
