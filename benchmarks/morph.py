"""How fast a morph is, beside the floor and its peers, and whole jobs: ``python -m benchmarks.morph [--data DIR]``.

Peers that are not installed are left out: facemorpher (``pip install facemorpher --no-deps``) and scikit-image.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from benchmarks import peers
from facekp.annotations import Points
from facekp.errors import FacekpError
from facekp.images import Picture, load_image
from facekp.many import Found, on_all_cores, predict_files
from facekp.morph import Morph, MorphSettings, average_face, morph_frames
from facekp.movie import write_movie
from facekp.predict import KeypointPredictor

SIDES = (512, 1024)
FRAMES, LONG, FACES = 60, 240, 100
GALLERY = Path(__file__).parent.parent / "app" / "gallery"
LIMITS = {".gif": 1.0, ".mp4": 0.8}
AVERAGE_LIMIT = 6.0
MOST_OF_FLOOR = 2.0
LEAST_TIMES = {"loop over triangles": 5.0, "facemorpher": 50.0}
"""How many times as long as facekp they are to take."""
MEMORY_ROUNDS = 3
WARM = 4
"""Photographs that warm a predictor up before memory or time is measured."""


def photographs(data: Path | None) -> list[Path]:
    """Photographs of the London set, or the gallery's composites where it is not there."""
    found = sorted((data / "london_faces").rglob("*.jpg")) if data else []
    return found or sorted(GALLERY.glob("*.jpg"))


def in_turns(works: dict[str, Callable[[], object]], rounds: int, calls: int) -> dict[str, float]:
    """Median milliseconds of a call; works take turns, so that whatever else the machine does weighs on all."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            start = time.perf_counter()
            for _ in range(calls):
                work()
            if number:  # the first round warms up
                times[name].append(1e3 * (time.perf_counter() - start) / calls)
    return {name: statistics.median(each) for name, each in times.items()}


def frame_table(files: list[Path], predictor: KeypointPredictor, rounds: int) -> None:
    pictures = [load_image(path) for path in files[:2]]
    points = [predictor.predict_one(picture).points for picture in pictures]
    print(f"one frame between two photographs, ms{'':>12}" + "".join(f"{side:>10}²  ratio" for side in SIDES))
    rows: dict[str, list[str]] = {}
    verdicts: list[str] = []
    for side in SIDES:
        morph = Morph(*pictures, *points, (side, side))
        fast: dict[str, Callable[[], object]] = {
            "floor: 2 remap + addWeighted": peers.floor(morph),
            "facekp": lambda morph=morph: morph.frame(peers.PART),
        }
        slow = {
            "loop over triangles": peers.triangle_loop(morph),
            "scikit-image": peers.scikit_image(morph),
            "facemorpher": peers.facemorpher(morph),
            "facekp, preparing a pair": lambda side=side: Morph(*pictures, *points, (side, side)),
        }
        found = in_turns(fast, rounds, 10) | in_turns({name: work for name, work in slow.items() if work}, 3, 1)
        least = found["floor: 2 remap + addWeighted"]
        verdicts += _verdicts(found, side)
        for name in (*fast, *slow):
            cell = f"{found[name]:11.2f} {found[name] / least:6.2f}" if name in found else f"{'not installed':>18}"
            rows.setdefault(name, []).append(cell)
    for name, cells in rows.items():
        print(f"{name:<49}" + "".join(cells))
    print("\n" + "\n".join(verdicts))


def _verdicts(found: dict[str, float], side: int) -> list[str]:
    """The ratios that have a limit, beside it."""
    ours, least = found["facekp"], found["floor: 2 remap + addWeighted"]
    lines = [_beside(f"facekp over the floor, {side}²", ours / least, MOST_OF_FLOOR, ours / least <= MOST_OF_FLOOR)]
    for name, times in LEAST_TIMES.items():
        if name in found:
            lines.append(
                _beside(f"{name} over facekp, {side}²", found[name] / ours, times, found[name] / ours >= times)
            )
    return lines


def _beside(name: str, value: float, limit: float, kept: bool) -> str:
    return f"{name:<49}{value:11.2f}{limit:7.1f}{'' if kept else '  beyond the limit'}"


def film_job(files: list[Path], predictor: KeypointPredictor, path: Path) -> None:
    """Two photographs to a film of 60 frames, keypoints included."""

    def opened(file: Path) -> tuple[Picture, Points]:
        picture = load_image(file)
        return picture, predictor.predict_one(picture).points

    pictures, points = zip(*on_all_cores(opened, files[:2]), strict=True)
    write_movie(morph_frames(*pictures, *points, MorphSettings(FRAMES)), path)


def long_job(files: list[Path], predictor: KeypointPredictor, path: Path, count: int) -> None:
    pictures = [load_image(file) for file in files[:2]]
    points = [predictor.predict_one(picture).points for picture in pictures]
    write_movie(morph_frames(*pictures, *points, MorphSettings(count, size=(1920, 1080))), path)


def average_job(files: list[Path], predictor: KeypointPredictor, count: int) -> None:
    """The mean of many faces at 800², keypoints included; few photographs are in memory at a time."""
    some = list(islice(cycle(files), count))
    points = [largest_points(found) for _, found in predict_files(predictor, list(map(str, some)))]
    average_face(some, points, size=(800, 800))


def largest_points(found: Found) -> Points:
    """Of the largest face; what went wrong with the photograph ends the benchmark."""
    if isinstance(found, FacekpError):
        raise found
    return found[1][0].points


def jobs_table(files: list[Path], predictor: KeypointPredictor, folder: Path) -> None:
    print(f"\n{'whole jobs, warm, keypoints included':<49}{'s':>11}{'limit':>7}")
    for suffix, limit in LIMITS.items():
        path = folder / f"morph{suffix}"
        seconds = in_turns({"job": lambda path=path: film_job(files, predictor, path)}, 3, 1)["job"] / 1e3
        size = path.stat().st_size / 1e6
        print(_beside(f"{FRAMES} frames of 512² to {suffix}, {size:.1f} MB", seconds, limit, seconds <= limit))
    if len(files) < FACES:
        print(f"the mean of {FACES} faces: needs london_faces in the data folder")
        return
    seconds = in_turns({"job": lambda: average_job(files, predictor, FACES)}, 3, 1)["job"] / 1e3
    print(_beside(f"mean of {FACES} faces at 800²", seconds, AVERAGE_LIMIT, seconds <= AVERAGE_LIMIT))


def memory_table(data: Path | None, folder: Path, faces: bool) -> None:
    print(f"\n{f'memory above the process at rest, MB: median of {MEMORY_ROUNDS}':<49}{'peak':>11}")
    jobs = {f"{count} frames of 1920 × 1080 to .mp4": ("film", count) for count in (FRAMES, LONG)}
    if faces:
        jobs |= {f"mean of {count} faces at 800²": ("average", count) for count in (FACES // 4, FACES, 2 * FACES)}
    for name, (kind, count) in jobs.items():
        command = [sys.executable, "-m", "benchmarks.morph", "--peak", kind, str(count), str(folder / "peak.mp4")]
        command += ["--data", str(data)] if data else []
        peaks = [
            float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(MEMORY_ROUNDS)
        ]
        print(f"{name:<49}{statistics.median(peaks):11.0f}")


def peak_memory(kind: str, files: list[Path], count: int, path: Path) -> float:
    """MB by which a job raises the peak of this process, whose predictor is warm (Linux: VmHWM)."""

    def status(field: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(field)) / 1e3

    predictor = KeypointPredictor.from_checkpoint("face68")
    predictor.predict_batch([load_image(file) for file in files[:WARM]])
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew here
    rest = status("VmRSS")
    if kind == "film":
        long_job(files, predictor, path, count)
    else:
        average_job(files, predictor, count)
    return status("VmHWM") - rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the data sets (default: FACEKP_DATA, or none)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of ten frames per median (default: 9)")
    parser.add_argument("--peak", nargs=3, metavar=("KIND", "COUNT", "PATH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    given = os.environ.get("FACEKP_DATA")
    data = arguments.data or (Path(given) if given else None)
    files = photographs(data)
    if arguments.peak:
        kind, count, path = arguments.peak
        print(peak_memory(kind, files, int(count), Path(path)))
        return
    predictor = KeypointPredictor.from_checkpoint("face68")
    with tempfile.TemporaryDirectory() as name:
        frame_table(files, predictor, arguments.rounds)
        jobs_table(files, predictor, Path(name))
        memory_table(data, Path(name), len(files) >= FACES)


if __name__ == "__main__":
    main()
