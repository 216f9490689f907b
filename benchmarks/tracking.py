"""Points of faces that move: frame by frame, and by KeypointTracker.

    python -m benchmarks.tracking [--model face68] [--frames 60]

The last lines tell how much memory `facekp detect` takes for a film, and for one four times as long.

Composites of the gallery drift, turn and grow smoothly in 640 × 480 pixels, at 30 frames a second and with pauses;
every frame has a camera's noise and is compressed as JPEG. The true points are those found in the unmoved composite,
moved along. The error is the mean distance from them, and the jitter the root mean square of the second differences of
the errors, which no motion explains; both in percent of the distance of the outer eye corners.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facekp.images import Picture, load_image
from facekp.movie import write_movie
from facekp.predict import KeypointPredictor
from facekp.track import KeypointTracker

GALLERY = Path(__file__).parent.parent / "app" / "gallery"
FPS = 30
Points = NDArray[np.float64]


def moving(image: Picture, points: Points, count: int, seed: int) -> Iterator[tuple[Picture, Points]]:
    """Frames, and true points (K, 2), of a photograph that moves."""
    rng = np.random.default_rng(seed)
    frequency, phase = rng.uniform(0.15, 0.6, 6), rng.uniform(0, 2 * np.pi, 6)
    centre, scale = points.mean(axis=0), 200 / np.ptp(points, axis=0).max()
    clock = 0.0
    for number in range(count):
        wave = np.sin(2 * np.pi * frequency * clock + phase)
        turn = scale * np.exp(0.18 * wave[0]) * cv2.getRotationMatrix2D((0, 0), 10 * wave[1], 1)[:, :2]
        shift = np.array([320 + 60 * wave[2] + 25 * wave[3], 250 + 45 * wave[4] + 15 * wave[5]]) - turn @ centre
        frame = cv2.warpAffine(image, np.column_stack([turn, shift]), (640, 480), borderMode=cv2.BORDER_REPLICATE)
        yield camera(np.asarray(frame), rng), points @ turn.T + shift
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
    files = sorted(GALLERY.glob("*.jpg"))[:: max(1, 12 // arguments.sequences)][: arguments.sequences]
    totals: dict[str, list[tuple[float, float, float]]] = {"frame by frame": [], "tracked": [], "not smoothed": []}
    for seed, file in enumerate(files):
        image = load_image(file)
        still = predictor.predict_one(image).points.astype(np.float64)
        frames, truth = zip(*moving(image, still, arguments.frames, seed), strict=True)
        trackers = {"tracked": KeypointTracker(predictor), "not smoothed": KeypointTracker(predictor, smoothing=None)}
        found: dict[str, list[Points]] = {name: [] for name in totals}
        seconds = dict.fromkeys(totals, 0.0)
        for number, frame in enumerate(frames):  # in turns, so that a machine whose speed drifts slows all alike
            for name in totals:
                began = time.perf_counter()
                if name in trackers:
                    face = trackers[name].update(frame, number / FPS)[0]
                else:
                    face = predictor.predict_one(frame)
                seconds[name] += time.perf_counter() - began
                found[name].append(face.points.astype(np.float64))
        for name, points in found.items():
            jitter, error = measured(np.array(points), np.array(truth), predictor)
            totals[name].append((jitter, error, 1000 * seconds[name] / len(frames)))
    print(f"\n{len(files)} composites, {arguments.frames} frames each, {arguments.model}\n")
    print(f"{'':<18}{'jitter, %':>10}{'error, %':>10}{'ms a frame':>12}")
    for name, rows in totals.items():
        jitter, error, ms = np.mean(rows, axis=0)
        print(f"{name:<18}{jitter:>10.3f}{error:>10.3f}{ms:>12.1f}")
    ratios = [ours[0] / plain[0] for ours, plain in zip(totals["tracked"], totals["frame by frame"], strict=True)]
    print(f"\njitter, tracked over frame by frame: {min(ratios):.2f} to {max(ratios):.2f}; limit: 0.50\n")
    print(f"{'facekp detect, 1280 × 720, --overlay':<38}{'peak, MB':>9}")
    for count in (25, 100):
        print(f"{f'{count} frames':<38}{peak_memory(files[0], count, arguments.model):>9.0f}")


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


def measured(points: Points, truth: Points, predictor: KeypointPredictor) -> tuple[float, float]:
    """Jitter and error of a sequence (N, K, 2), percent of the distance of the outer eye corners."""
    corners = predictor.schema.eye_corners
    if corners is None:
        raise SystemExit(f"{predictor.checkpoint.name} finds no eye corners, by which errors are told")
    unit = np.linalg.norm(truth[:, corners[1]] - truth[:, corners[0]], axis=1)[:, None, None]
    errors = 100 * (points - truth) / unit
    jitter = np.sqrt(np.mean(np.sum(np.diff(errors, 2, axis=0) ** 2, axis=2)))
    return float(jitter), float(np.linalg.norm(errors, axis=2).mean())


if __name__ == "__main__":
    main()
