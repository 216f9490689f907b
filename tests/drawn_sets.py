"""Annotated faces in the layout of the data sets, of nobody: the mean heads of facekp.pose, turned as asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.annotations import format_pts
from facekp.pose import mean_shapes
from training.data import IBUG_FOLDER, IMM_FOLDER

Outline = NDArray[np.float32]

IMM_CARD = {"schema": "imm58", "data_set": "imm"}
NOSE_CARD = {"schema": "nose", "data_set": "imm"}
IBUG_CARD = {"schema": "ibug68", "recipe": {"validation_share": 0.4, "seed": 1}}
"""What the cards of checkpoints say that were trained on such faces."""


def head(
    schema: str,
    yaw: float = 0,
    *,
    eyes: float = 100,
    centre: tuple[float, float] = (320, 240),
    noise: float = 0,
    seed=0,
) -> Outline:
    """Points (K, 2) of a head turned by `yaw` degrees to its left, the eye corners `eyes` pixels apart from the front.

    `noise` is the standard deviation of the points, pixels.
    """
    x, y, z = mean_shapes()[schema].T
    angle = np.radians(yaw)
    seen = np.stack([x * np.cos(angle) - z * np.sin(angle), y], axis=1) * eyes + centre
    return (seen + np.random.default_rng(seed).normal(0, 1, seen.shape) * noise).astype(np.float32)


def write_imm(data: Path, outlines: Mapping[str, Outline]) -> None:
    """Grey pictures of 640 × 480 with their .asf files, by names such as ``33-1m``."""
    folder = data / IMM_FOLDER
    folder.mkdir(parents=True)
    for name, points in outlines.items():
        rows = [f"0 4 {x / 640:.8f} {y / 480:.8f} {i} 0 0" for i, (x, y) in enumerate(points)]
        (folder / f"{name}.asf").write_text("\n".join([str(len(points)), *rows, f"{name}.jpg"]))
        _write_picture(folder / f"{name}.jpg")


def write_300w(data: Path, splits: Mapping[str, Mapping[str, Outline]], scale: float | None = 0.5) -> None:
    """Grey pictures with their .pts files, the lists of the splits, and scale.csv unless there is no scale."""
    folder = data / IBUG_FOLDER
    (folder / "splits").mkdir(parents=True)
    names = []
    for split, outlines in splits.items():
        (folder / "splits" / f"{split}.txt").write_text("\n".join(outlines))
        for name, points in outlines.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).with_suffix(".pts").write_text(format_pts(points))
            _write_picture(folder / name)
            names.append(name)
    if scale is not None:
        rows = [f"{name},{scale},0,0" for name in names]
        (folder / "scale.csv").write_text("\n".join(["file,scale,crop_left,crop_top", *rows]))


def write_small_imm(data: Path) -> None:
    """Persons 1, 2 (training) and 33, 34 (validation), in the views 1, 3 and 4."""
    yaws = {1: 0, 3: -30, 4: 30}
    write_imm(
        data,
        {f"{p:02}-{v}f": head("imm58", yaw, noise=1, seed=p) for p in (1, 2, 33, 34) for v, yaw in yaws.items()},
    )


def write_small_300w(data: Path) -> None:
    """Ten training photographs and two of either test list."""
    yaws = np.random.default_rng(0).uniform(-20, 20, 10)
    train = {f"afw/{i}_1.jpg": head("ibug68", yaw, noise=2, seed=i) for i, yaw in enumerate(yaws)}
    tests = {s: {f"lfpw/{s}{i}.jpg": head("ibug68", seed=i) for i in range(2)} for s in ("common", "dlib_test")}
    write_300w(data, {"train": train, **tests})


def _write_picture(path: Path) -> None:
    cv2.imwrite(str(path), np.full((480, 640, 3), 128, np.uint8))
