"""Weights: from a file's content into a network, and from a network to what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from facekp.errors import CheckpointError
from facekp.networks import build_network


def made_network(card: dict[str, Any], points: int, channels: int, data: bytes, path: Path) -> nn.Module:
    """The network that a card describes, with its weights; in eval mode, its parameters fixed.

    Parameters
    ----------
    card : dict
        Its ``network`` and ``network_options`` count.
    points, channels : int
        Points given, channels taken.
    data : bytes
        What the weights' file holds: safetensors.
    path : Path
        The file, for messages.

    Raises
    ------
    CheckpointError
        If there is no such network, or the weights are broken or do not fit it.
    KeyError, TypeError
        If the card lacks the network's name, or has options that the network does not know.
    """
    network = build_network(card["network"], points, channels, **card.get("network_options", {}))
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file, or is cut short ({error}); fetch it again") from None
    _fill(network, tensors, path)
    return network.eval().requires_grad_(False)


def half_weights(network: nn.Module) -> bytes:
    """A network's tensors as safetensors, the floating ones as float16."""
    state = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in network.state_dict().items()
    }
    return save(state)


def _fill(network: nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Copy the weights in; every tensor must be there, none may be left over, shapes must agree."""
    state = network.state_dict()
    missing, unknown = sorted(state.keys() - tensors.keys()), sorted(tensors.keys() - state.keys())
    if missing or unknown:
        raise CheckpointError(
            f"{path} does not fit its card: {len(missing)} tensors missing {missing[:3]}, "
            f"{len(unknown)} unknown {unknown[:3]}"
        )
    for key, value in tensors.items():
        if value.shape != state[key].shape:
            raise CheckpointError(
                f"{path} does not fit its card: {key} has shape {tuple(value.shape)}, not {tuple(state[key].shape)}"
            )
    network.load_state_dict(tensors)
