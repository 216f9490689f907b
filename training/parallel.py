"""The processes that ``torchrun`` starts, or the one there is without it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed

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
