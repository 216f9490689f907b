"""Augmentation: one resampling from the photograph, then damage that photographs really have."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.crop import Crop, mirror_crop
from facekp.schema import Schema
from training.config import TrainConfig

Grey = NDArray[np.uint8]


def augment(
    photo: Grey,
    points: NDArray[np.float32],
    crop: Crop,
    schema: Schema,
    config: TrainConfig,
    rng: np.random.Generator,
) -> tuple[Grey, NDArray[np.float32]]:
    """A jittered, perhaps mirrored, perhaps spoiled crop, and the points in it.

    Parameters
    ----------
    photo : uint8 array (H, W)
    points : float32 array (K, 2)
        Photo pixels.
    crop : Crop
        The crop without augmentation.

    Returns
    -------
    uint8 array (S, S), float32 array (K, 2)
        Points in network pixels; left and right exchanged where the crop was mirrored.
    """
    if config.augmentation == "turned":
        part = turned_part(crop, config, rng)
        return part.cut(photo), part.to_network(points)
    jittered = jitter(crop, config, rng)
    image, target = jittered.cut(photo), jittered.to_network(points)
    if rng.random() < 0.5:
        image, target = mirror_crop(image), schema.mirror_points(target, crop.size)
    return (relit(image, rng) if config.augmentation == "light" else spoil(image, rng)), target


def jitter(crop: Crop, config: TrainConfig, rng: np.random.Generator) -> Crop:
    """Turn, scale and shift a crop; the spread is cut off at three standard deviations."""
    turn, zoom, *shift = np.clip(rng.standard_normal(4), -3, 3)
    side = crop.side * math.exp(config.scale * zoom)
    return replace(
        crop,
        centre=(
            crop.centre[0] + config.shift * shift[0] * crop.side,
            crop.centre[1] + config.shift * shift[1] * crop.side,
        ),
        side=side,
        angle=crop.angle + math.radians(config.rotation) * turn,
    )


def turned_part(crop: Crop, config: TrainConfig, rng: np.random.Generator) -> Crop:
    """A turned square inside a crop, evenly drawn: the augmentation of the original work."""
    side = crop.side * (1 - rng.uniform(0, config.scale))
    room = (crop.side - side) / 2
    x, y = rng.uniform(-room, room, 2)
    angle = math.radians(rng.uniform(-config.rotation, config.rotation))
    return replace(crop, centre=(crop.centre[0] + x, crop.centre[1] + y), side=side, angle=crop.angle + angle)


def spoil(image: Grey, rng: np.random.Generator) -> Grey:
    """Low resolution, blur, uneven or poor light, noise, JPEG artefacts, a covered part; each sometimes."""
    size = image.shape[0]
    if rng.random() < 0.15:
        small = int(size * rng.uniform(0.25, 0.6))
        image = cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (size, size))  # type: ignore[assignment]
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 2.0))  # type: ignore[assignment]
    values = image.astype(np.float32)
    if rng.random() < 0.7:
        values = relight(values, rng)
    if rng.random() < 0.2:
        values += rng.normal(0, rng.uniform(2, 12), values.shape).astype(np.float32)
    image = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < 0.1:
        _, code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 60))])
        image = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)  # type: ignore[assignment]
    if rng.random() < 0.3:
        image = cover(image, rng)
    return image


def relit(image: Grey, rng: np.random.Generator) -> Grey:
    """Another light, sometimes."""
    if rng.random() < 0.7:
        image = np.clip(relight(image.astype(np.float32), rng), 0, 255).astype(np.uint8)
    return image


def relight(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gamma, contrast and brightness, and now and then light from one side; grey values 0 to 255."""
    size = values.shape[0]
    values = 255 * (values / 255) ** np.float32(math.exp(rng.normal(0, 0.3)))
    values = (values - 128) * np.float32(rng.uniform(0.6, 1.3)) + np.float32(128 + rng.normal(0, 20))
    if rng.random() < 0.2:
        angle, strength = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 0.8)
        across = np.linspace(-1, 1, size, dtype=np.float32)
        ramp = math.cos(angle) * across[None, :] + math.sin(angle) * across[:, None]
        values = values * (1 + np.float32(strength) * ramp)
    return values.astype(np.float32)


def cover(image: Grey, rng: np.random.Generator) -> Grey:
    """Hide a rectangle under one grey value or under noise (random erasing, Zhong et al. 2017)."""
    size = image.shape[0]
    width, height = (int(size * side) for side in rng.uniform(0.1, 0.45, 2))
    left, top = (int(rng.integers(0, size - side)) for side in (width, height))
    covered = image.copy()
    patch = covered[top : top + height, left : left + width]
    patch[:] = rng.integers(0, 256, patch.shape if rng.random() < 0.5 else 1)
    return covered
