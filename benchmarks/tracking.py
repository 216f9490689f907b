"""Points of faces that move: frame by frame, and by KeypointTracker.

    python -m benchmarks.tracking [--model face68] [--frames 60]

The last lines tell how much memory `facekp detect` takes for a film, and for one four times as long.

Faces of the gallery drift, turn and grow smoothly in 640 × 480 pixels, at 30 frames a second and with pauses; every
frame has a camera's noise and is compressed as JPEG. First come the faces whose true points are known, then composites,
which have none. All is in percent of the distance of the outer eye corners:

- jitter: the root mean square of the second differences of the points' paths beside those of points that were found in
  the unmoved face and are moved along, which no motion explains;
- from still: the mean distance from those points;
- error: the mean distance from the true points, moved along.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facekp.images import Picture, load_image
from facekp.keypoints import Keypoints
from facekp.movie import write_movie
from facekp.predict import KeypointPredictor
from facekp.sources import read_points
from facekp.track import KeypointTracker

GALLERY = Path(__file__).parent.parent / "app" / "gallery"
FPS = 30
WAYS = ("frame by frame", "tracked", "not smoothed")
LIMIT = 0.5
"""Of the jitter, tracked over frame by frame."""
Points = NDArray[np.float64]
Motion = NDArray[np.float64]
"""An affine map (2, 3)."""


class Row(NamedTuple):
    """What was measured of a sequence: percent, the error nan where there are no true points, and milliseconds."""

    jitter: float
    from_still: float
    error: float
    frame_ms: float


def gallery_faces(schema: str, count: int) -> list[tuple[Path, Path | None]]:
    """Photographs, and files of their true points: those that have some come first, then neutral composites."""
    entries = json.loads((GALLERY / "gallery.json").read_text(encoding="utf-8"))
    known = [(GALLERY / entry["file"], GALLERY / entry["points"]) for entry in entries if entry["schema"] == schema]
    return [*known, *((path, None) for path in sorted(GALLERY.glob("*_neutral.jpg")))][:count]


def moving(image: Picture, points: Points, count: int, seed: int) -> Iterator[tuple[Picture, Motion]]:
    """Frames of a photograph that moves, and how it moved in each; the points tell where its face is."""
    rng = np.random.default_rng(seed)
    frequency, phase = rng.uniform(0.15, 0.6, 6), rng.uniform(0, 2 * np.pi, 6)
    centre, scale = points.mean(axis=0), 200 / np.ptp(points, axis=0).max()
    clock = 0.0
    for number in range(count):
        wave = np.sin(2 * np.pi * frequency * clock + phase)
        turn = scale * np.exp(0.18 * wave[0]) * cv2.getRotationMatrix2D((0, 0), 10 * wave[1], 1)[:, :2]
        shift = np.array([320 + 60 * wave[2] + 25 * wave[3], 250 + 45 * wave[4] + 15 * wave[5]]) - turn @ centre
        motion = np.column_stack([turn, shift])
        frame = cv2.warpAffine(image, motion, (640, 480), borderMode=cv2.BORDER_REPLICATE)
        yield camera(np.asarray(frame), rng), motion
        clock += np.clip(3 * np.sin(number / 24) + 2, 0, 1) / FPS  # it stands still now and then


def camera(frame: NDArray[np.generic], rng: np.random.Generator) -> Picture:
    """With noise, and compressed."""
    noisy = np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noisy).save(file, "JPEG", quality=70)
    return np.asarray(Image.open(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="face68")
    parser.add_argument("--frames", type=int, default=45, help="of each sequence (default: 45)")
    parser.add_argument("--sequences", type=int, default=5)
    arguments = parser.parse_args()
    predictor = KeypointPredictor.from_checkpoint(arguments.model)
    faces = gallery_faces(predictor.schema.name, arguments.sequences)
    rows = {
        photo.stem: sequence(predictor, photo, truth, arguments.frames, seed)
        for seed, (photo, truth) in enumerate(faces)
    }
    show(rows, f"{len(faces)} faces, {arguments.frames} frames each, {arguments.model}")
    print(f"{'facekp detect, 1280 × 720, --overlay':<38}{'peak, MB':>9}")
    for count in (25, 100):
        print(f"{f'{count} frames':<38}{peak_memory(faces[0][0], count, arguments.model):>9.0f}")


def sequence(predictor: KeypointPredictor, photo: Path, truth: Path | None, count: int, seed: int) -> dict[str, Row]:
    """What each way makes of a face that moves for so many frames."""
    corners = predictor.schema.eye_corners
    if corners is None:
        raise SystemExit(f"{predictor.checkpoint.name} finds no eye corners, by which errors are told")
    image = load_image(photo)
    still = predictor.predict_one(image).points.astype(np.float64)
    true = read_points(truth, (image.shape[1], image.shape[0])) if truth else np.full_like(still, np.nan)
    frames, motions = zip(*moving(image, still, count, seed), strict=True)
    return {
        way: Row(
            *jitter_and_distance(points, moved(still, motions), corners),
            jitter_and_distance(points, moved(true, motions), corners)[1],
            frame_ms,
        )
        for way, (points, frame_ms) in found_points(predictor, frames).items()
    }


def found_points(predictor: KeypointPredictor, frames: Sequence[Picture]) -> dict[str, tuple[Points, float]]:
    """Points in all frames (N, K, 2), and milliseconds a frame, each way."""
    smoothed, rough = KeypointTracker(predictor), KeypointTracker(predictor, smoothing=None)
    finders: dict[str, Callable[[Picture, float], Keypoints]] = {
        "frame by frame": lambda frame, _: predictor.predict_one(frame),
        "tracked": lambda frame, clock: smoothed.update(frame, clock)[0],
        "not smoothed": lambda frame, clock: rough.update(frame, clock)[0],
    }
    found: dict[str, list[Points]] = {way: [] for way in WAYS}
    seconds = dict.fromkeys(WAYS, 0.0)
    for number, frame in enumerate(frames):  # in turns, so that a machine whose speed drifts slows all alike
        for way in WAYS:
            began = time.perf_counter()
            face = finders[way](frame, number / FPS)
            seconds[way] += time.perf_counter() - began
            found[way].append(face.points.astype(np.float64))
    return {way: (np.array(found[way]), 1000 * seconds[way] / len(frames)) for way in WAYS}


def moved(points: Points, motions: Sequence[Motion]) -> Points:
    """Points (N, K, 2) that go along with the motions."""
    return np.array([points @ motion[:, :2].T + motion[:, 2] for motion in motions])


def jitter_and_distance(points: Points, others: Points, corners: tuple[int, int]) -> tuple[float, float]:
    """Of points from others (N, K, 2), percent of the distance of the others' outer eye corners."""
    unit = np.linalg.norm(others[:, corners[1]] - others[:, corners[0]], axis=1)[:, None, None]
    offsets = 100 * (points - others) / unit
    jitter = np.sqrt(np.mean(np.sum(np.diff(offsets, 2, axis=0) ** 2, axis=2)))
    return float(jitter), float(np.linalg.norm(offsets, axis=2).mean())


def show(rows: dict[str, dict[str, Row]], title: str) -> None:
    """Print each sequence, the means, and how much of the jitter is left."""
    print(f"\n{title}; percent of the distance of the outer eye corners\n")
    print(f"{'':<30}{'jitter, %':>10}{'from still, %':>15}{'error, %':>10}{'ms a frame':>12}")
    for name, ways in rows.items():
        for way, row in ways.items():
            print_row(f"{name}, {way}", row)
    print()
    for way in WAYS:
        print_row(f"mean, {way}", Row(*np.nanmean([ways[way] for ways in rows.values()], axis=0)))
    known = sum(not np.isnan(ways[WAYS[0]].error) for ways in rows.values())
    print(f"the mean error is that of the {known} faces whose true points are known")
    ratios = [ways["tracked"].jitter / ways["frame by frame"].jitter for ways in rows.values()]
    verdict = "" if max(ratios) <= LIMIT else "  above the limit"
    print(
        f"\njitter, tracked over frame by frame: {min(ratios):.2f} to {max(ratios):.2f}; limit: {LIMIT:.2f}{verdict}\n"
    )


def print_row(name: str, row: Row) -> None:
    error = "–" if np.isnan(row.error) else f"{row.error:.3f}"
    print(f"{name:<30}{row.jitter:>10.3f}{row.from_still:>15.3f}{error:>10}{row.frame_ms:>12.1f}")


def peak_memory(file: Path, count: int, model: str) -> float:
    """MB that the command takes at most for a film of so many frames, all of it."""
    frame = cv2.copyMakeBorder(cv2.resize(load_image(file), (720, 720)), 0, 0, 280, 280, cv2.BORDER_REPLICATE)
    with tempfile.TemporaryDirectory() as folder:
        film, points = Path(folder) / "film.mp4", Path(folder) / "points.csv"
        write_movie((np.roll(frame, 2 * number, axis=1) for number in range(count)), film)
        command = [sys.executable, "-m", "facekp", "detect", str(film), "--out", str(points), "--overlay"]
        with subprocess.Popen([*command, "--model", model], stderr=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)  # tells of this process alone
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"facekp detect ended with status {process.returncode}")
    return usage.ru_maxrss / 1000


if __name__ == "__main__":
    main()
