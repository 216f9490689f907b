"""Points of faces that move: frame by frame, and by KeypointTracker.

    python -m benchmarks.tracking [--model face68] [--frames 60]

The last lines tell how long `facekp detect` takes for a film and for one four times as long, and how much memory.

Faces of the gallery drift, turn and grow smoothly in 640 × 480 pixels, at 30 frames a second and with pauses; every
frame has a camera's noise and is compressed as JPEG. First come the faces whose true points are known, then composites,
which have none. All is in percent of the distance of the outer eye corners:

- jitter: the root mean square of the second differences of the points' paths beside those of points that were found in
  the unmoved face and are moved along, which no motion explains;
- from still: the mean distance from those points;
- error: the mean distance from the true points, moved along.

Beside the tracker stands the One Euro filter over the points found frame by frame, each coordinate by itself, with
those settings that halve the jitter and then keep closest to the points of the unmoved face; if none do, with the
least jitter.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
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
WAYS = ("frame by frame", "tracked", "not smoothed", "One Euro")
LEAST_CUTOFFS, HASTES = np.geomspace(0.05, 20, 12), (0.0, *np.geomspace(0.0001, 1, 12))
"""Settings of the One Euro filter that are tried: hertz, and hertz for a pixel a second."""
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
    print(f"{'facekp detect, 1280 × 720, --overlay':<38}{'s':>7}{'frames/s':>10}{'peak, MB':>10}")
    for count in (25, 100):
        seconds, memory = film(faces[0][0], count, arguments.model)
        print(f"{f'{count} frames':<38}{seconds:>7.1f}{count / seconds:>10.1f}{memory:>10.0f}")


def sequence(predictor: KeypointPredictor, photo: Path, truth: Path | None, count: int, seed: int) -> dict[str, Row]:
    """What each way makes of a face that moves for so many frames."""
    corners = predictor.schema.eye_corners
    if corners is None:
        raise SystemExit(f"{predictor.checkpoint.name} finds no eye corners, by which errors are told")
    image = load_image(photo)
    still = predictor.predict_one(image).points.astype(np.float64)
    true = read_points(truth, (image.shape[1], image.shape[0])) if truth else np.full_like(still, np.nan)
    frames, motions = zip(*moving(image, still, count, seed), strict=True)
    still, true = moved(still, motions), moved(true, motions)
    found = found_points(predictor, frames)
    rough, _ = found["frame by frame"]
    found["One Euro"] = best_one_euro(rough, lambda points: jitter_and_distance(points, still, corners)), math.nan
    return {
        way: Row(*jitter_and_distance(points, still, corners), jitter_and_distance(points, true, corners)[1], frame_ms)
        for way, (points, frame_ms) in found.items()
    }


def found_points(predictor: KeypointPredictor, frames: Sequence[Picture]) -> dict[str, tuple[Points, float]]:
    """Points in all frames (N, K, 2), and milliseconds a frame (the median), of each way that looks at them itself."""
    smoothed, rough = KeypointTracker(predictor), KeypointTracker(predictor, smoothing=None)
    finders: dict[str, Callable[[Picture, float], Keypoints]] = {
        "frame by frame": lambda frame, _: predictor.predict_one(frame),
        "tracked": lambda frame, clock: smoothed.update(frame, clock)[0],
        "not smoothed": lambda frame, clock: rough.update(frame, clock)[0],
    }
    found = {}
    for way, find in finders.items():  # each by itself, as in use: one's idle threads would slow the other
        points, seconds = [], []
        for number, frame in enumerate(frames):
            began = time.perf_counter()
            face = find(frame, number / FPS)
            seconds.append(time.perf_counter() - began)
            points.append(face.points.astype(np.float64))
        found[way] = np.array(points), 1000 * statistics.median(seconds)
    return found


def best_one_euro(rough: Points, judge: Callable[[Points], tuple[float, float]]) -> Points:
    """Points (N, K, 2) smoothed with the settings that halve the jitter and then add the least distance."""
    tried = [one_euro(rough, cutoff, haste) for cutoff in LEAST_CUTOFFS for haste in HASTES]
    most = LIMIT * judge(rough)[0]
    halved = [points for points in tried if judge(points)[0] <= most]
    return min(halved or tried, key=lambda points: judge(points)[1 if halved else 0])


def one_euro(rough: Points, least_cutoff: float, haste: float) -> Points:
    """Casiez, Roussel and Vogel, 1€ filter, 2012: a low-pass filter whose cutoff, hertz, rises with the speed."""

    def share(cutoff: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        return 1 / (1 + FPS / (2 * np.pi * cutoff))

    smooth, speed = [rough[0]], np.zeros_like(rough[0])
    for before, now in pairwise(rough):
        speed = speed + share(1.0) * ((now - before) * FPS - speed)
        smooth.append(smooth[-1] + share(least_cutoff + haste * np.abs(speed)) * (now - smooth[-1]))
    return np.array(smooth)


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
        print_row(f"mean, {way}", mean_row([ways[way] for ways in rows.values()]))
    known = [ways for ways in rows.values() if not np.isnan(ways[WAYS[0]].error)]
    print(f"the mean error is that of the {len(known)} faces whose true points are known")
    ratios = [ways["tracked"].jitter / ways["frame by frame"].jitter for ways in rows.values()]
    verdict = "" if max(ratios) <= LIMIT else "  above the limit"
    print(f"\njitter, tracked over frame by frame: {min(ratios):.2f} to {max(ratios):.2f}; limit: {LIMIT:.2f}{verdict}")
    raised = [ways["tracked"].error / ways["frame by frame"].error for ways in known]
    verdict = "" if max(raised, default=0) <= 1 else "  above the limit"
    if raised:
        print(f"error, tracked over frame by frame: {min(raised):.2f} to {max(raised):.2f}; limit: 1.00{verdict}")
    print()


def mean_row(rows: Sequence[Row]) -> Row:
    """The mean of each column, of those rows that have it."""
    columns = [[value for value in column if not math.isnan(value)] for column in zip(*rows, strict=True)]
    return Row(*(statistics.mean(column) if column else math.nan for column in columns))


def print_row(name: str, row: Row) -> None:
    error = "–" if np.isnan(row.error) else f"{row.error:.3f}"
    frame_ms = "–" if np.isnan(row.frame_ms) else f"{row.frame_ms:.1f}"
    print(f"{name:<30}{row.jitter:>10.3f}{row.from_still:>15.3f}{error:>10}{frame_ms:>12}")


def film(file: Path, count: int, model: str) -> tuple[float, float]:
    """Seconds and MB that the command takes at most for a film of so many frames, all of it."""
    frame = cv2.copyMakeBorder(cv2.resize(load_image(file), (720, 720)), 0, 0, 280, 280, cv2.BORDER_REPLICATE)
    with tempfile.TemporaryDirectory() as folder:
        film, points = Path(folder) / "film.mp4", Path(folder) / "points.csv"
        write_movie((np.roll(frame, 2 * number, axis=1) for number in range(count)), film)
        command = [sys.executable, "-m", "facekp", "detect", str(film), "--out", str(points), "--overlay"]
        began = time.perf_counter()
        with subprocess.Popen([*command, "--model", model], stderr=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)  # tells of this process alone
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"facekp detect ended with status {process.returncode}")
    return seconds, usage.ru_maxrss / 1000


if __name__ == "__main__":
    main()
