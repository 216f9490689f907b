"""Drawn runs: checkpoint folders with made-up epochs and measurements, for the pages that show them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from facekp.metrics import region_groups
from facekp.reliability import ConfidenceResults, RobustnessResults, write_confidence, write_robustness
from facekp.results import (
    Extreme,
    Extremes,
    Measure,
    PictureResult,
    SplitResults,
    write_extremes,
    write_results,
    write_truth,
)
from facekp.schema import SCHEMAS
from tests.drawn import face_points

STAGE_RUNS = {
    "face68": "ibug68",
    "face68-resnet18": "ibug68",
    "face58": "imm58",
    "face58-original": "imm58",
    "nose": "nose",
    "nose-original": "nose",
}
PHOTOGRAPHS = 12
DATE = "2001-02-03"
NO_WEIGHTS = "0" * 64
"""In the place of a SHA-256."""
REASON = "The head is turned by 41°, further than in 97 % of the pictures."


def epochs(seed: int, count: int = 20, start: float = 30.0) -> list[dict[str, Any]]:
    """Losses that fall, with noise."""
    rng = np.random.default_rng(seed)
    fall = np.exp(-np.arange(count) / (5 + seed % 4)) + 0.08
    return [
        {
            "epoch": epoch + 1,
            "training_loss": float(start * fall[epoch] * rng.uniform(0.95, 1.05)),
            "validation_loss": float(start * (fall[epoch] + 0.05) * rng.uniform(0.95, 1.05)),
            "validation_nme": float(0.2 * (fall[epoch] + 0.05)),
            "learning_rate": 1e-3,
            "seconds": 1.0,
        }
        for epoch in range(count)
    ]


def points_of(schema: str, seed: int) -> np.ndarray:
    """Points (K, 2) somewhere in a photograph of 640 × 480."""
    rng = np.random.default_rng(seed)
    face = face_points(centre=(300 + 40 * rng.random(), 240), width=160, height=180)
    points = {"ibug68": face, "imm58": face[:58], "nose": face[30:31]}[schema]
    return points + rng.normal(0, 2, points.shape).astype(np.float32)


def write_run(folder: Path, schema: str, *, seed: int = 0, splits: tuple[str, ...] = ("validation",)) -> Path:
    """A checkpoint's folder without weights."""
    folder.mkdir(parents=True)
    data_set = "300w" if schema == "ibug68" else "imm"
    side = 80 if schema == "nose" else 224
    card: dict[str, Any] = {
        "schema": schema,
        "network": "nose-cnn" if schema == "nose" else "face-detection-cnn",
        "network_options": {"width": side, "height": side, "kernel_size": 7} if schema == "nose" else {},
        "data_set": data_set,
        "input": {"size": side, "channels": 1, "mean": 128.0, "std": 64.0, "margin": 1.2, "looks": 1, "mirror": False},
        "data": {
            "training": "drawn faces",
            "validation": "other drawn faces",
            "counts": {"drawn": 100, "validation": PHOTOGRAPHS},
            "licence": "none is needed",
        },
        "recipe": {"loss": "wing", "batch": 4, "learning_rate": 0.001},
        "chosen": {"by": "validation_nme", "epoch": 20},
        "commit": "0" * 40,
    }
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "history.json").write_text(json.dumps(epochs(seed)))
    if schema == "nose":
        trials = [
            {
                "name": f"{rate}-{size}",
                "learning_rate": rate,
                "kernel_size": size,
                "history": epochs(size + i, 25, 0.04),
            }
            for i, rate in enumerate((1e-3, 2e-3))
            for size in (5, 7)
        ]
        (folder / "sweep.json").write_text(json.dumps(trials))
    for split in splits:
        write_split(folder, schema, split, seed=seed)
    if "validation" in splits:
        write_best_and_worst(folder, schema, seed=seed)
    return folder


def write_weights(folder: Path, *, untrained: bool = True) -> Path:
    """Random weights for a run's card, and the filters with which its training began."""
    import torch
    from safetensors.torch import save_file

    from facekp.checkpoint import save_checkpoint
    from facekp.networks import build_network

    card = json.loads((folder / "card.json").read_text())
    torch.manual_seed(0)
    network = build_network(card["network"], len(SCHEMAS[card["schema"]]), 1, **card["network_options"])
    save_checkpoint(folder, network, card)
    digest = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    for path in (folder / "results").glob("*.json"):  # as if these had been measured
        path.write_text(path.read_text().replace(NO_WEIGHTS, digest))
    if untrained:
        save_file({"conv1": torch.rand_like(network.conv1.weight) - 0.5}, folder / "conv1_untrained.safetensors")
    return folder


def pictures(schema: str, seed: int) -> tuple[PictureResult, ...]:
    """Results of a dozen photographs that are nowhere."""
    return tuple(
        PictureResult(
            file=f"nowhere/{index:02d}.jpg",
            view=None if schema == "ibug68" else index % 6 + 1,
            error_percent=round(2 + 0.6 * index + 0.3 * seed, 3),
            error_pixels=round(1 + 0.3 * index, 3),
            points=points_of(schema, 2 * index + 1),
        )
        for index in range(PHOTOGRAPHS)
    )


def write_split(folder: Path, schema: str, split: str, *, seed: int) -> None:
    """``results/SPLIT.json`` and the true points beside it."""
    found = pictures(schema, seed)
    errors = np.array([picture.error_percent for picture in found])
    thresholds = np.linspace(0, 8, 81)
    measured: dict[str, Any] = {
        "photographs": len(found),
        "missed": 0,
        "nme_percent": round(float(errors.mean()), 3),
        "median_percent": round(float(np.median(errors)), 3),
    }
    if split == "dlib_test":
        measured["comparison"] = {"sentence": "Others scored 7 on 9 photographs."}
    views = {
        str(view): {
            "title": f"drawn from side {view}, in a light of its own",
            "photographs": 2,
            "missed": 0,
            "nme_percent": 3.0 + view,
            "mean_pixels": 2.0,
        }
        for view in ([] if schema == "ibug68" else range(1, 7))
    }
    regions = {
        part: {"points": len(indices), "nme_percent": 3.0 + len(part) / 2 + seed, "mean_pixels": 2.0}
        for part, indices in region_groups(SCHEMAS[schema]).items()
    }
    write_results(
        folder,
        SplitResults(
            checkpoint=folder.name,
            split=split,
            description="drawn faces",
            data_set="300w" if schema == "ibug68" else "imm",
            date=DATE,
            command="none",
            weights_sha256=NO_WEIGHTS,
            detector="none",
            normaliser="distance of the true outer eye corners",
            missed_faces="none were missed",
            pixels="of the drawings",
            measured=measured,
            regions=regions,
            views=views,
            curve={
                "thresholds_percent": thresholds.tolist(),
                "shares_percent": [100 * float((errors <= limit).mean()) for limit in thresholds],
            },
            pictures=found,
        ),
    )
    write_truth(folder, split, {picture.file: points_of(schema, 2 * i) for i, picture in enumerate(found)})


def write_best_and_worst(folder: Path, schema: str, *, seed: int) -> None:
    """``results/extremes.json``."""
    found = pictures(schema, seed)
    best = [
        Extreme(picture, {"yaw_degrees": Measure(2.0, 12.0)}, "The head is seen from the front.")
        for picture in found[:2]
    ]
    worst = [Extreme(picture, {"yaw_degrees": Measure(41.0, 97.0)}, REASON) for picture in found[:-3:-1]]
    write_extremes(
        folder,
        Extremes(
            checkpoint=folder.name,
            split="validation",
            date=DATE,
            weights_sha256=NO_WEIGHTS,
            occlusion="The labels do not tell of hidden points.",
            meanings={"yaw_degrees": "how far the head is turned, degrees"},
            effects={"yaw_degrees": 1.4},
            best=tuple(best),
            worst=tuple(worst),
        ),
    )


def drawn_confidence(name: str) -> ConfidenceResults:
    """Predicted errors that are a little too small."""
    predicted = [1.0 + 0.5 * group for group in range(10)]
    return ConfidenceResults(
        checkpoint=name,
        split="common",
        description="drawn faces",
        date=DATE,
        command="none",
        weights_sha256=NO_WEIGHTS,
        photographs=PHOTOGRAPHS,
        missed=0,
        bins={
            "predicted_pixels": predicted,
            "measured_pixels": [1.2 * value for value in predicted],
            "factors": [1.2] * 10,
        },
        worst_factor=1.2,
        background={"crops": 20, "auc": 0.995, "least_face_score": 0.6, "largest_background_score": 0.7},
        covered={
            part: {"points": 10, "predicted_pixels": 4.0, "measured_pixels": 5.0, "predicted_before_pixels": 2.0}
            for part in ("hidden", "seen")
        },
    )


def drawn_robustness(name: str, dlib: bool = True) -> RobustnessResults:
    """Three conditions, of which dlib finds the second hard."""

    def table(*errors: float) -> dict[str, dict[str, Any]]:
        titles = {"normal": "as it is", "turned_+30": "turned by +30°", "dark": "12% of the light, with noise"}
        return {
            condition: {
                "title": title,
                "missed": 1,
                "nme_percent": error,
                "nme_found_percent": error - 0.5,
                "ratio": round(error / errors[0], 3),
            }
            for (condition, title), error in zip(titles.items(), errors, strict=True)
        }

    return RobustnessResults(
        checkpoint=name,
        split="common",
        description="drawn faces",
        date=DATE,
        command="none",
        weights_sha256=NO_WEIGHTS,
        detector="none",
        way="from photograph to points",
        photographs=PHOTOGRAPHS,
        conditions=table(3.0, 3.6, 3.9),
        dlib=table(6.0, 12.0, 7.0) if dlib else {},
        dlib_sha256="1" * 64 if dlib else "",
    )


def write_runs(folder: Path) -> Path:
    """A folder of checkpoints of all three stages."""
    for seed, (name, schema) in enumerate(STAGE_RUNS.items()):
        splits = ("validation", "common", "dlib_test") if schema == "ibug68" else ("validation", "train")
        write_run(folder / name, schema, seed=seed, splits=splits)
    for name in ("face68", "face68-resnet18"):
        write_robustness(folder / name, drawn_robustness(name, dlib=name == "face68"))
    write_confidence(folder / "face68", drawn_confidence("face68"))
    return folder
