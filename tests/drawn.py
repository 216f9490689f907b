"""Drawn faces: pictures with known points, of nobody."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.annotations import format_pts
from facekp.images import encode_png
from facekp.sources import Photograph, open_photograph


def face_points(
    centre: tuple[float, float] = (100, 110), width: float = 100, height: float = 110, mouth: float = 0.05
) -> NDArray[np.float32]:
    """68 points in the ibug68 order, brows to chin `height` high; `mouth` opens the lips."""

    def arc(x: float, y: float, rx: float, ry: float, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = np.radians(degrees)
        return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)

    parts = [
        arc(0, -0.15, 0.5, 0.65, np.linspace(180, 0, 17)),  # jaw: from the person's right ear to the left
        arc(-0.24, -0.38, 0.14, 0.08, np.linspace(190, 350, 5)),
        arc(0.24, -0.38, 0.14, 0.08, np.linspace(190, 350, 5)),
        np.stack([np.zeros(4), np.linspace(-0.25, 0.02, 4)], axis=1),
        np.stack([np.linspace(-0.1, 0.1, 5), 0.08 + 0.02 * np.array([0, 0.7, 1, 0.7, 0])], axis=1),
        arc(-0.22, -0.22, 0.09, 0.04, np.array([180, 240, 300, 0, 60, 120])),
        arc(0.22, -0.22, 0.09, 0.04, np.array([180, 240, 300, 0, 60, 120])),
        arc(0, 0.25, 0.19, 0.05 + mouth, np.array([180, 210, 240, 270, 300, 330, 0, 30, 60, 90, 120, 150])),
        arc(0, 0.25, 0.15, mouth, np.array([180, 225, 270, 315, 0, 45, 90, 135])),
    ]
    return (np.concatenate(parts) * (width, height) + centre).astype(np.float32)


def draw_face(
    points: NDArray[np.float32],
    size: tuple[int, int] = (200, 220),
    skin: tuple[int, int, int] = (220, 170, 140),
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A face with these 68 points, before a textured wall: uint8 (H, W, 3)."""
    width, height = size
    wall = np.random.default_rng(seed).integers(90, 200, (height // 8 + 2, width // 8 + 2, 3), dtype=np.uint8)
    picture = np.ascontiguousarray(cv2.resize(wall, size, interpolation=cv2.INTER_CUBIC))

    def fill(region: slice, colour: tuple[int, int, int]) -> None:
        outline = np.rint(points[region] * 16).astype(np.int32)
        cv2.fillPoly(picture, [outline], colour, cv2.LINE_AA, shift=4)

    fill(slice(0, 27), skin)
    fill(slice(36, 42), (250, 250, 250))
    fill(slice(42, 48), (250, 250, 250))
    fill(slice(48, 60), (180, 40, 60))
    fill(slice(60, 68), (60, 10, 20))
    for brow in (slice(17, 22), slice(22, 27), slice(27, 31)):
        line = np.rint(points[brow] * 16).astype(np.int32)
        cv2.polylines(picture, [line], False, (70, 40, 30), 2, cv2.LINE_AA, shift=4)
    return picture


def draw_head(
    points: NDArray[np.float32],
    size: tuple[int, int] = (200, 220),
    hair: tuple[int, int, int] = (70, 45, 30),
    wall: tuple[int, int, int] = (225, 230, 228),
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A head with hair before a plain wall, uint8 (H, W, 3), and which pixels are head, bool (H, W)."""
    rng = np.random.default_rng(0)
    low, high = points.min(axis=0), points.max(axis=0)
    half = (high - low) * (0.53, 0.78)
    middle = (low[0] + high[0]) / 2, high[1] - half[1]
    inside = np.zeros(size[::-1], dtype=np.uint8)
    cv2.ellipse(inside, np.rint(middle).astype(int).tolist(), np.rint(half).astype(int).tolist(), 0, 0, 360, 1, -1)
    picture = np.where(inside[..., None] > 0, np.array(hair), np.array(wall)) + rng.integers(-6, 7, (*size[::-1], 1))
    face = draw_face(points, size)
    outline = np.zeros_like(inside)
    cv2.fillPoly(outline, [np.rint(points[:27]).astype(np.int32)], 1)
    drawn = np.where(outline[..., None] > 0, face, picture).clip(0, 255).astype(np.uint8)
    return drawn, (inside | outline) > 0


def two_faces() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Pictures and points of two faces that differ in place, size, proportions and mouth."""
    a, b = face_points(), face_points((150, 100), 120, 110, mouth=0.08)
    return draw_face(a), draw_face(b, (300, 200), (150, 100, 80), seed=1), a, b


def drawn_photographs(folder: Path) -> tuple[Photograph, ...]:
    """Three drawn photographs with their points, a.png and a.pts and so on, in a new folder."""
    folder.mkdir()
    a, b, points_a, points_b = two_faces()
    third = face_points((90, 100), 95, 105)
    for name, picture, points in (("a", a, points_a), ("b", b, points_b), ("c", draw_face(third), third)):
        (folder / f"{name}.png").write_bytes(encode_png(picture))
        (folder / f"{name}.pts").write_text(format_pts(points))
    return tuple(open_photograph(str(folder / f"{x}.png"), points=folder / f"{x}.pts")[0] for x in "abc")


def eroded(inside: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """What lies at least so many pixels within."""
    shifted = [np.roll(inside, (dy, dx), (0, 1)) for dy in (-pixels, 0, pixels) for dx in (-pixels, 0, pixels)]
    return np.logical_and.reduce(shifted)
