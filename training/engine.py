"""The two verbs of training."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from facekp.networks import HeatmapResNet18, soft_argmax
from facekp.schema import Schema
from training.config import TrainConfig
from training.losses import heatmap_loss, wing_loss

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Validation:
    """Loss, and mean error over the outer eye distance (0.03 is 3 %)."""

    loss: float
    nme: float


def loss_of(predicted: torch.Tensor, target: torch.Tensor, config: TrainConfig) -> torch.Tensor:
    """Wing loss of relative coordinates, stated in pixels of a crop 256 wide."""
    return wing_loss(predicted.float() * 128, target * 128, config.wing_width, config.wing_curvature)


def training_loss(network: nn.Module, crops: torch.Tensor, target: torch.Tensor, config: TrainConfig) -> torch.Tensor:
    """Wing loss of the coordinates and, for a network with heatmaps, their cross-entropy."""
    if not isinstance(network, HeatmapResNet18):
        return loss_of(network(crops), target, config)
    logits = network.heatmaps(crops)
    with torch.autocast(crops.device.type, enabled=False):
        heat = heatmap_loss(logits, target, config.heatmap_sigma)
        return loss_of(soft_argmax(logits), target, config) + config.heatmap_weight * heat


def train_one_epoch(
    network: nn.Module,
    batches: Batches,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    config: TrainConfig,
    device: torch.device,
    *,
    bfloat16: bool,
    average: AveragedModel | None = None,
) -> float:
    """One pass over the batches; gives the mean training loss.

    The moving `average` of the weights, if there is one, follows each step. With `bfloat16` the
    forward pass runs under autocast, which pays on GPUs and on processors with AMX or AVX512-BF16;
    on those without, it was measured slower than float32.

    Raises
    ------
    FloatingPointError
        If the loss is not finite: going on would only save a broken network.
    """
    network.train()
    losses = []
    for crops, target in batches:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            batch = crops.to(device, memory_format=torch.channels_last)
            loss = training_loss(network, batch, target.to(device), config)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the training loss became {loss.item()}")
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if average is not None:
            average.update_parameters(network)
        losses.append(loss.item())
    return float(np.mean(losses))


@torch.inference_mode()
def evaluate(
    network: nn.Module, batches: Batches, schema: Schema, config: TrainConfig, device: torch.device
) -> Validation:
    """Loss and normalised mean error on crops cut round the true points."""
    network.eval()
    losses, errors = [], []
    right, left = schema.eye_corners or (0, 0)
    for crops, target in batches:
        predicted = network(crops.to(device, memory_format=torch.channels_last)).float().cpu()
        losses.append(loss_of(predicted, target, config).item() * len(target))
        scale = (target[:, left] - target[:, right]).norm(dim=-1)
        errors.append((predicted - target).norm(dim=-1).mean(dim=-1) / scale)
    nme = torch.cat(errors)
    return Validation(sum(losses) / len(nme), float(nme.mean()))
