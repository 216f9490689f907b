"""Train a 68-point network on 300-W (train.txt) and MERL-RAV.

    python -m training.train_face68 --data DIR
    python -m training.train_face68 --recipe heatmap --start checkpoints/face68-resnet18 --data DIR

The first trains the plain ResNet18 from random weights, the second the heatmap network from its
trunk. The run is kept in --run, so that it goes on where it stopped; the epoch with the best
validation error becomes the checkpoint in --out. The test lists of 300-W are never opened here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, WeightedRandomSampler

from facekp.checkpoint import InputSpec, load_checkpoint, save_checkpoint
from facekp.crop import crop_round, to_relative
from facekp.faces import FaceBox
from facekp.files import write_bytes, written_aside
from facekp.networks import ResNet18, build_network
from facekp.schema import IBUG68
from training.config import RECIPES, TrainConfig
from training.data import FaceCrops, data_folder, read_300w, read_merl_rav, split_by_photograph
from training.engine import evaluate, train_one_epoch


def main() -> None:
    """Read, train, keep the best."""
    arguments = parse_arguments()
    config = replace(RECIPES[arguments.recipe], seed=arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(config.seed)
    started_from = commit()
    data = data_folder(arguments.data)

    ibug, validation_faces = split_by_photograph(read_300w(data, "train"), config.validation_share, config.seed)
    merl = read_merl_rav(data)
    training_set = FaceCrops(ibug + merl, config, augmented=True)
    validation_set = FaceCrops(validation_faces, config, augmented=False)
    print(f"{len(ibug)} faces of 300-W and {len(merl)} of MERL-RAV to train on, {len(validation_faces)} to validate on")

    network = build_network(config.network, len(IBUG68), 1)
    if isinstance(network, ResNet18):
        start_at_mean_shape(network, training_set)
    elif arguments.start:
        network.trunk.load_state_dict(trunk_of(arguments.start), strict=True)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = (
        AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(config.average_decay), use_buffers=True)
        if config.average_decay
        else None
    )
    kept = network if average is None else average.module
    optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    steps = config.epochs * (config.epoch_samples // config.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=steps, pct_start=config.warm_up
    )
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
    if average is not None:
        parts["average"] = average
    history = resume(arguments.run, parts)

    weights = [config.share_300w / len(ibug)] * len(ibug) + [(1 - config.share_300w) / len(merl)] * len(merl)
    for epoch in range(len(history), config.epochs):
        began = time.perf_counter()
        training_set.set_epoch(epoch)
        validation_set.set_epoch(epoch)
        sampler = WeightedRandomSampler(
            weights, config.epoch_samples, generator=torch.Generator().manual_seed(config.seed + epoch)
        )
        batches = DataLoader(training_set, config.batch, sampler=sampler, drop_last=True)
        learning_rate = schedule.get_last_lr()[0]
        training_loss = train_one_epoch(
            network, batches, optimizer, schedule, config, device, bfloat16=arguments.bfloat16, average=average
        )
        validation = evaluate(kept, DataLoader(validation_set, 64), IBUG68, config, device)
        history.append(
            {
                "epoch": epoch + 1,
                "size": training_set.size,
                "training_loss": training_loss,
                "validation_loss": validation.loss,
                "validation_nme": validation.nme,
                "learning_rate": learning_rate,
                "seconds": time.perf_counter() - began,
            }
        )
        print(json.dumps(history[-1]), flush=True)
        if validation.nme == min(record["validation_nme"] for record in history):
            counts = {"300w_train": len(ibug), "merl_rav": len(merl), "validation": len(validation_faces)}
            save_checkpoint(arguments.out, kept, make_card(config, counts, history[-1], started_from))
        write_bytes(arguments.out / "history.json", json.dumps(history, indent=1).encode())
        keep(arguments.run, parts, history)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--recipe", choices=tuple(RECIPES), default="resnet18")
    parser.add_argument("--start", type=Path, help="plain ResNet18 whose trunk the heatmap network takes")
    parser.add_argument("--out", type=Path, default=Path("checkpoints/face68"))
    parser.add_argument("--run", type=Path, default=Path("runs/face68"), help="where the run is kept between starts")
    parser.add_argument("--seed", type=int, default=TrainConfig.seed)
    parser.add_argument("--bfloat16", action="store_true", help="mixed precision; pays on GPUs and CPUs with AMX")
    return parser.parse_args()


def start_at_mean_shape(network: ResNet18, faces: FaceCrops) -> None:
    """Make the untrained network answer with the mean shape, which saves it the first epochs."""
    size = faces.size
    shapes = [
        crop_round(FaceBox.around(points), size, faces.config.margin).to_network(points) for points in faces.points
    ]
    mean = torch.from_numpy(to_relative(np.mean(shapes, axis=0), size))
    nn.init.normal_(network.net.fc.weight, std=0.001)
    network.net.fc.bias.data.copy_(mean.flatten())


def trunk_of(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of a plain ResNet18 but for its last layer."""
    weights = load_checkpoint(folder).network.state_dict()
    return {key.removeprefix("net."): value for key, value in weights.items() if not key.startswith("net.fc.")}


def keep(run: Path, parts: dict[str, Any], history: list[dict[str, Any]]) -> None:
    """Save all that is needed to go on."""
    run.mkdir(parents=True, exist_ok=True)
    state = {name: part.state_dict() for name, part in parts.items()} | {"history": history}
    with written_aside(run / "state.pt") as aside:
        torch.save(state, aside)


def resume(run: Path, parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Go on with a kept run, if there is one; gives its history."""
    path = run / "state.pt"
    if not path.exists():
        return []
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    history: list[dict[str, Any]] = state["history"]
    return history


def make_card(config: TrainConfig, counts: dict[str, int], best: dict[str, Any], started_from: str) -> dict[str, Any]:
    """The card of the checkpoint; `training.evaluate` adds the measured numbers."""
    spec = InputSpec(
        size=best["size"], channels=1, mean=config.mean, std=config.std, margin=config.margin, looks=2, mirror=True
    )
    return {
        "schema": IBUG68.name,
        "network": config.network,
        "input": asdict(spec),
        "data": {
            "training": "300-W train.txt without the validation part, and MERL-RAV",
            "validation": "a share of the photographs of 300-W train.txt, drawn with the seed",
            "counts": counts,
            "licence": "the data sets are for research only",
        },
        "recipe": asdict(config),
        "chosen": {"by": "validation_nme", **best},
        "commit": started_from,
    }


def commit() -> str:
    """The commit that the run was started from; with a + if the tree had changes."""
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        status = subprocess.run(["git", "status", "--porcelain", "facekp", "training"], capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if status.stdout.strip() else "")


if __name__ == "__main__":
    main()
