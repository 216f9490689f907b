"""The two verbs of training, and what they work on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from facekp.errors import FacekpError
from facekp.heatmaps import HeatmapNetwork, soft_argmax
from training.config import TrainConfig
from training.loaders import FaceCrops
from training.losses import heatmap_loss, mse_loss, wing_loss
from training.parallel import Processes, with_global_norms

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]


class TrainingError(FacekpError):
    """A run that cannot go on."""


class Objective(nn.Module):
    """A network and its loss as one module, which is what data-parallel training wraps."""

    def __init__(self, network: nn.Module, config: TrainConfig) -> None:
        super().__init__()
        self.network, self.config = network, config

    def forward(self, crops: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss of the crops (N, 1, H, W), whose points are at the relative coordinates (N, K, 2); a scalar."""
        if not isinstance(self.network, HeatmapNetwork):
            return loss_of(self.network(crops), target, self.config)
        logits = self.network.heatmaps(crops)
        with torch.autocast(crops.device.type, enabled=False):
            heat = heatmap_loss(logits, target, self.config.heatmap_sigma)
            return loss_of(soft_argmax(logits), target, self.config) + self.config.heatmap_weight * heat


def loss_of(predicted: torch.Tensor, target: torch.Tensor, config: TrainConfig) -> torch.Tensor:
    """Loss of relative coordinates; the wing loss is stated in pixels of a crop 256 wide."""
    if config.loss == "mse":
        return mse_loss(predicted.float(), target)
    return wing_loss(predicted.float() * 128, target * 128, config.wing_width, config.wing_curvature)


@dataclass(frozen=True)
class Learner:
    """A network and all that changes with it during a run.

    Attributes
    ----------
    network : torch.nn.Module
    objective : torch.nn.Module
        Works on the network's tensors; among several processes, with batch normalisation over all of them.
    optimizer : torch.optim.Optimizer
    schedule : torch.optim.lr_scheduler.LRScheduler
    average : AveragedModel or None
        The network's moving average, if there is one.
    """

    network: nn.Module
    objective: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    average: AveragedModel | None

    @classmethod
    def of(cls, network: nn.Module, config: TrainConfig, steps: int, processes: Processes) -> Learner:
        """Put a network on the device, and make what a run of `steps` steps needs."""
        network.to(processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        objective: nn.Module = Objective(network, config)
        if processes.count > 1:
            objective = DistributedDataParallel(Objective(with_global_norms(network), config))
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.optimizer]
        # Fused: the weights of ResNet18 take 23 ms a step instead of 50, measured on one core.
        optimizer = kind(network.parameters(), config.learning_rate, weight_decay=config.weight_decay, fused=True)
        schedule: torch.optim.lr_scheduler.LRScheduler
        if config.schedule == "constant":
            schedule = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)
        else:
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, config.learning_rate, total_steps=steps, pct_start=config.warm_up
            )
        average = (
            AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(config.average_decay), use_buffers=True)
            if config.average_decay
            else None
        )
        return cls(network, objective, optimizer, schedule, average)

    @property
    def kept(self) -> nn.Module:
        """The network that is validated and kept: the average, if there is one."""
        return self.network if self.average is None else self.average.module

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return float(self.schedule.get_last_lr()[0])

    def state(self) -> dict[str, Any]:
        """All that is needed to go on."""
        return {name: part.state_dict() for name, part in self._parts()}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, part in self._parts():
            part.load_state_dict(state[name])

    def _parts(self) -> list[tuple[str, Any]]:
        named = ("network", "optimizer", "schedule", "average")
        return [(name, getattr(self, name)) for name in named if getattr(self, name) is not None]


@dataclass(frozen=True)
class Validation:
    """Means over the validation part: loss, error in photo pixels, and error over the outer eye distance."""

    loss: float
    error_px: float
    nme: float | None
    """0.03 is 3 %; None where the schema has no eyes."""


def train_one_epoch(
    learner: Learner, batches: Batches, device: torch.device, *, bfloat16: bool, bar: tqdm[Any] | None = None
) -> float:
    """One pass over the batches; gives the mean training loss, and moves the bar.

    The moving average of the weights, if there is one, follows each step. With `bfloat16` the
    forward pass runs under autocast.

    Raises
    ------
    TrainingError
        If the loss is not finite: going on would only save a broken network.
    """
    learner.objective.train()
    losses: list[float] = []
    for crops, target in batches:
        learner.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            loss = learner.objective(crops.to(device, memory_format=torch.channels_last), target.to(device))
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise TrainingError(f"the training loss became {losses[-1]} in step {len(losses)}")
        loss.backward()
        learner.optimizer.step()
        learner.schedule.step()
        if learner.average is not None:
            learner.average.update_parameters(learner.network)
        if bar is not None:
            bar.update()
            bar.set_postfix(loss=f"{losses[-1]:.4g}", refresh=False)
    return float(np.mean(losses))


@torch.inference_mode()
def evaluate(network: nn.Module, faces: FaceCrops, config: TrainConfig, device: torch.device) -> Validation:
    """Loss and mean errors on faces that are cropped round their true points, or seen as whole pictures."""
    network.eval()
    losses, errors, relative = 0.0, [], []
    batches = DataLoader(faces, 64)
    units = torch.from_numpy(faces.units).split(64)
    for (crops, target), unit in zip(batches, units, strict=True):
        predicted = network(crops.to(device, memory_format=torch.channels_last)).float().cpu()
        losses += loss_of(predicted, target, config).item() * len(target)
        errors.append(((predicted - target) * unit[:, None]).norm(dim=-1).mean(dim=-1))
        if config.points.eye_corners is not None:
            right, left = config.points.eye_corners
            relative.append(errors[-1] / ((target[:, left] - target[:, right]) * unit).norm(dim=-1))
    nme = float(torch.cat(relative).mean()) if relative else None
    return Validation(losses / len(faces), float(torch.cat(errors).mean()), nme)


def chosen_precision(config: TrainConfig, device: torch.device) -> str:
    """``float32`` or ``bfloat16``: as the recipe says, or what is faster on a processor like this one.

    It is asked for its abilities and not timed, so that a seed gives the same numbers each time.
    """
    if config.precision != "auto":
        return config.precision
    if device.type == "cuda":
        faster = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # With AMX ResNet18 was measured to train on 124 crops a second instead of 79. Without it bfloat16 was slower
        # than float32, also where there is AVX512-BF16. Torch tells on every system what /proc/cpuinfo does on Linux.
        faster = torch.cpu.get_capabilities().get("amx_bf16", False)
    return "bfloat16" if faster else "float32"
