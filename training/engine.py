"""The two verbs of training, and what they work on."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from copy import deepcopy
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
from training.parallel import Processes

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]

WORTH = 1.1
"""How much faster a step must be with bfloat16, if its coarser numbers are to be taken."""


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
    """A network and all that changes with it during a run; `average` is its moving average, if there is one."""

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
            objective = DistributedDataParallel(objective)
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
    learner.network.train()
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


def chosen_precision(network: nn.Module, config: TrainConfig, device: torch.device) -> str:
    """``float32`` or ``bfloat16``: as the recipe says, or what is faster here.

    Mixed precision pays on GPUs and on processors with AMX or AVX512-BF16; on those without, it was
    measured slower than float32. So a step of each is timed on a copy of the network.
    """
    if config.precision != "auto":
        return config.precision
    size = config.sizes[-1]
    shape = (min(config.batch, 16), 1, config.height or size, size)
    batch = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    target = torch.zeros(shape[0], len(config.points), 2)

    def seconds(*, bfloat16: bool) -> float:
        # A batch of its own for each step, as `train_one_epoch` takes them; the first only warms up.
        learner = Learner.of(deepcopy(network), config, 1000, Processes(0, 1, device))
        times = []
        for _ in range(4):
            began = time.perf_counter()
            train_one_epoch(learner, [(batch, target)], device, bfloat16=bfloat16)
            times.append(time.perf_counter() - began)
        return min(times[1:])

    return "bfloat16" if seconds(bfloat16=False) > WORTH * seconds(bfloat16=True) else "float32"
