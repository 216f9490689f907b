"""A run: epoch after epoch, kept so that it goes on where it was stopped, whenever that was.

All that a run knows is in one file, which is written aside and renamed after each epoch; checkpoint and
history follow from it, and are written again when a stopped run goes on.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import save
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from facekp.checkpoint import save_checkpoint
from facekp.crop import to_relative
from facekp.errors import CheckpointError
from facekp.files import write_bytes, written_aside
from facekp.filters import UNTRAINED, untrained_filters
from facekp.inventory import CARD
from facekp.networks import build_network
from training.card import Story, commit, machine, make_card
from training.config import TrainConfig
from training.engine import Learner, TrainingError, chosen_precision, evaluate, train_one_epoch
from training.loaders import FaceCrops, ShardedBatches, draw
from training.parallel import Processes

STATE = "state.pt"
HISTORY = "history.json"

History = list[dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """What is trained on what.

    Attributes
    ----------
    config : TrainConfig
    story : Story
        What the card tells beside the recipe.
    training_set, validation_set : FaceCrops
    weights : sequence of float, optional
        How often each face of the training set is drawn, relative to the others; None: each once an epoch.
    """

    config: TrainConfig
    story: Story
    training_set: FaceCrops
    validation_set: FaceCrops
    weights: Sequence[float] | None = None

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        drawn = len(self.training_set) if self.weights is None else self.config.epoch_samples
        return drawn // self.config.batch

    @property
    def facts(self) -> dict[str, Any]:
        """What must be the same for a run to go on; plain values."""
        return {
            "recipe": json.loads(json.dumps(asdict(self.config))),
            "training data": self.training_set.fingerprint,
            "validation data": self.validation_set.fingerprint,
            "start": self.story.start,
            "teachers": self.story.teachers,
        }


@dataclass(frozen=True)
class Places:
    """The folders where a run is kept between starts, where its checkpoint goes, and how many workers cut crops.

    `name` is what its progress bar is called, where that is not the checkpoint's.
    """

    run: Path
    out: Path
    workers: int = 0
    name: str | None = None


@dataclass
class Kept:
    """What a run knows.

    Attributes
    ----------
    facts : dict
        Those of its `Task`.
    commit, machine, precision : str
        How it began.
    history : list of dict
        A record for each epoch.
    learner : dict
        State of the `Learner`.
    best : dict
        Weights of the epoch that was best on the validation part.
    """

    facts: dict[str, Any]
    commit: str
    machine: str
    precision: str
    history: History = field(default_factory=list)
    learner: dict[str, Any] = field(default_factory=dict)
    best: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def chosen(self) -> dict[str, Any]:
        """The record of the best epoch, and the number by which it is the best."""
        by = "validation_nme" if "validation_nme" in self.history[0] else "validation_error_px"
        return {"by": by, **min(self.history, key=lambda record: float(record[by]))}


def new_network(config: TrainConfig) -> tuple[nn.Module, torch.Tensor]:
    """A network with the random weights of the recipe's seed, and a copy of its first convolution's."""
    torch.manual_seed(config.seed)
    network = build_network(config.network, len(config.points), 1, **config.network_options)
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    return network, first.weight.detach().clone()


def filters_before(start: Path) -> torch.Tensor | None:
    """The filters with which the training began whose outcome a run goes on from; None if they were not kept."""
    try:
        return torch.from_numpy(untrained_filters(start))
    except CheckpointError:
        return None


def start_at_mean_shape(network: nn.Module, faces: FaceCrops) -> None:
    """Make an untrained network whose last layer is linear answer with the mean shape of the faces."""
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    mean = np.mean([faces.upright(index)[1] for index in range(len(faces))], axis=0)
    nn.init.normal_(last.weight, std=0.001)
    last.bias.data.copy_(torch.from_numpy(to_relative(mean, faces.size)).flatten())


def fit(
    network: nn.Module,
    untrained: torch.Tensor | None,
    task: Task,
    places: Places,
    processes: Processes,
    after_epoch: Callable[[], None] | None = None,
) -> History:
    """Train a network, or go on with it; the epoch that is best on the validation part becomes the checkpoint.

    Parameters
    ----------
    network : torch.nn.Module
        As it is before the first epoch.
    untrained : float tensor or None
        Weights of its first convolution before any training, for whoever wants to see them beside the trained;
        None if they are not known.
    task : Task
    places : Places
    processes : Processes
    after_epoch : callable, optional
        What the first process does besides, when an epoch is kept and written.

    Returns
    -------
    list of dict
        A record for each epoch.

    Raises
    ------
    TrainingError
        If another run is kept there, or the loss is not finite.
    """
    config = task.config
    if places.workers:
        cv2.setNumThreads(1)  # a forked worker would wait forever for the threads of OpenCV, which are not forked
    learner = Learner.of(network, config, config.epochs * task.steps, processes)
    kept = resume(places.run, task.facts)
    if kept is None:
        precision = processes.agreed(chosen_precision(config, processes.device))
        kept = Kept(task.facts, commit(), machine(processes), precision)
    else:
        learner.load(kept.learner)
        if processes.first:
            if not is_published(kept, places.out):
                publish(kept, learner, task, places.out, untrained)
            write_history(kept.history, places.out)
    done = len(kept.history)
    with tqdm(
        total=config.epochs * task.steps,
        initial=done * task.steps,
        desc=places.name or places.out.name,
        disable=None if processes.first else True,
    ) as bar:
        for epoch in range(done, config.epochs):
            record = run_epoch(epoch, learner, task, places, processes, kept.precision, bar)
            kept.history.append(record)
            if processes.first:
                kept.learner = learner.state()
                better = kept.chosen["epoch"] == epoch + 1
                if better:
                    kept.best = deepcopy(learner.kept.state_dict())
                keep(places.run, kept)
                if better:
                    publish(kept, learner, task, places.out, untrained)
                write_history(kept.history, places.out)
                if after_epoch is not None:
                    after_epoch()
                bar.write(json.dumps(record))
    return kept.history


def run_epoch(
    epoch: int,
    learner: Learner,
    task: Task,
    places: Places,
    processes: Processes,
    precision: str,
    bar: tqdm[Any],
) -> dict[str, Any]:
    """Train for an epoch, counted from 0, and validate; gives its record, which only the first process fills."""
    began, learning_rate, config = time.perf_counter(), learner.learning_rate, task.config
    task.training_set.set_epoch(epoch)
    task.validation_set.set_epoch(epoch)
    order = draw(len(task.training_set), config, epoch, task.weights)
    shards = ShardedBatches(order, config.batch, processes.rank, processes.count)
    batches = DataLoader(
        task.training_set,
        batch_sampler=shards,
        num_workers=places.workers,
        pin_memory=processes.device.type == "cuda",
    )
    try:
        loss = train_one_epoch(learner, batches, processes.device, bfloat16=precision == "bfloat16", bar=bar)
        loss = processes.mean(loss)
        if not processes.first:
            return {}
        validation = evaluate(learner.kept, task.validation_set, config, processes.device)
        if not math.isfinite(validation.loss):
            raise TrainingError(f"the validation loss became {validation.loss}")
    except TrainingError as error:
        raise TrainingError(f"{error}, in epoch {epoch + 1}{_way_out(epoch, places, precision)}") from None
    return {
        "epoch": epoch + 1,
        "size": task.training_set.size,
        "training_loss": loss,
        "validation_loss": validation.loss,
        "validation_error_px": validation.error_px,
        **({} if validation.nme is None else {"validation_nme": validation.nme}),
        "learning_rate": learning_rate,
        "seconds": time.perf_counter() - began,
    }


def keep(run: Path, kept: Kept) -> None:
    """Save all that a run knows."""
    run.mkdir(parents=True, exist_ok=True)
    with written_aside(run / STATE) as aside:
        torch.save(vars(kept), aside)


def resume(run: Path, facts: dict[str, Any]) -> Kept | None:
    """What was kept of a run, if anything.

    Raises
    ------
    TrainingError
        If it cannot be read, or is of a run with another recipe, seed or data.
    """
    path = run / STATE
    if not path.exists():
        return None
    try:
        kept = Kept(**torch.load(path, weights_only=True))
    except (OSError, RuntimeError, TypeError, UnpicklingError):
        raise TrainingError(f"{path} cannot be read; remove {run} to start anew") from None
    old, new = ({**given, **given["recipe"]} for given in (kept.facts, facts))
    others = [name for name in new if name != "recipe" and old.get(name) != new[name]]
    if others:
        changes = ", ".join(f"{name} {_short(old.get(name))} instead of {_short(new[name])}" for name in others)
        raise TrainingError(f"{run} keeps another run: {changes}. Give other --runs, or remove it to start anew")
    return kept


def publish(kept: Kept, learner: Learner, task: Task, out: Path, untrained: torch.Tensor | None) -> None:
    """Write the best epoch's checkpoint; the card last, so that it stands for the rest."""
    best = deepcopy(learner.kept)
    best.load_state_dict(kept.best)
    out.mkdir(parents=True, exist_ok=True)
    if untrained is not None:
        write_bytes(out / UNTRAINED, save({"weight": untrained}))
    card = make_card(task.config, task.story, kept.chosen, kept.commit, kept.machine, kept.precision)
    save_checkpoint(out, best, card)


def is_published(kept: Kept, out: Path) -> bool:
    """Whether the checkpoint is that of the best epoch."""
    try:
        return bool(json.loads((out / CARD).read_text())["chosen"] == kept.chosen)
    except (OSError, ValueError, KeyError):
        return False


def write_history(history: History, out: Path) -> None:
    """Write the record of each epoch beside the checkpoint."""
    write_bytes(out / HISTORY, (json.dumps(history, indent=1) + "\n").encode())


def _way_out(epoch: int, places: Places, precision: str) -> str:
    """What can be done when a loss was not finite in an epoch, counted from 0; before the first nothing is kept."""
    others = "another --seed" + (" or --precision float32" if precision == "bfloat16" else "")
    if epoch == 0:
        return f". Start again with {others}"
    return f"; what the epochs before reached is kept in {places.out}. Start again with {others}, and other --runs"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:12]}…"
