"""The processes that ``torchrun`` starts, or the one there is without it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import torch
from torch import distributed, nn

Value = TypeVar("Value")


@dataclass(frozen=True)
class Processes:
    """Which of the processes this is, how many there are, and the device that it computes on."""

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that evaluates, tells and writes."""
        return self.rank == 0

    def agreed(self, value: Value) -> Value:
        """The first process's value, in each process."""
        values = [value]
        if self.count > 1:
            distributed.broadcast_object_list(values, src=0)
        return values[0]

    def mean(self, value: float) -> float:
        """The mean of all processes' values."""
        if self.count == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return float(total) / self.count


@contextmanager
def processes() -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started: over gloo on CPUs, over nccl on GPUs."""
    rank, count = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if torch.cuda.is_available() else None
    if device is not None:
        torch.cuda.set_device(device)
    if count > 1:
        distributed.init_process_group("gloo" if device is None else "nccl")
    try:
        yield Processes(rank, count, device or torch.device("cpu"))
    finally:
        if count > 1:
            distributed.destroy_process_group()


class SumOverProcesses(torch.autograd.Function):
    """The sum of a tensor over all processes, through which gradients flow; `distributed.all_reduce` has none."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor) -> torch.Tensor:
        """The sum, in each process."""
        total = value.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        """The sum of the gradients: each process's loss depends on every process's value."""
        total: torch.Tensor = SumOverProcesses.apply(gradient.contiguous())
        return total


class GlobalBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation over the parts of all processes, as one process with the whole batch would have it.

    What `nn.SyncBatchNorm` does on GPUs, on CPUs too. The parts must be of the same size. It has the tensors of an
    `nn.BatchNorm2d` as it is by default, and evaluates as that does.
    """

    momentum: float
    running_mean: torch.Tensor
    running_var: torch.Tensor
    num_batches_tracked: torch.Tensor

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, C, H, W), N being this process's part → the same, normalised."""
        if not self.training:
            return super().forward(features)
        count = distributed.get_world_size()
        own_variance, own_mean = torch.var_mean(features.float(), dim=(0, 2, 3), correction=0)
        mean = SumOverProcesses.apply(own_mean) / count
        # Each part's variance is about its own mean, which is not the mean of all.
        variance = SumOverProcesses.apply(own_variance + (own_mean - mean).square()) / count
        self._remember(mean.detach(), variance.detach(), count * features.numel() // self.num_features)
        scale = self.weight * (variance + self.eps).rsqrt()
        shift = self.bias - mean * scale
        return (features * scale[:, None, None] + shift[:, None, None]).to(features.dtype)

    def _remember(self, mean: torch.Tensor, variance: torch.Tensor, values: int) -> None:
        """Move the running statistics; the variance is kept unbiased, as `nn.BatchNorm2d` keeps it."""
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (values / (values - 1)), self.momentum)


def with_global_norms(network: nn.Module) -> nn.Module:
    """A network on the very tensors of another, which stays as it is, whose batch normalisations are global."""
    tensors = chain(network.parameters(), network.buffers())
    twin = deepcopy(network, {id(tensor): tensor for tensor in tensors})
    for module in twin.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.__class__ = GlobalBatchNorm2d
    return twin
