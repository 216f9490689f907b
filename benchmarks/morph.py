"""How fast a morph is, beside the floor and a peer: ``python -m benchmarks.morph [--data DIR]``.

The floor is what any morph of two photographs by dense maps has to pay: two ``cv2.remap`` calls
and one ``cv2.addWeighted``. The peer is the well-known loop over triangles with ``cv2.warpAffine``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.images import Picture, load_image
from facekp.morph import Morph, MorphSettings, morph_frames
from facekp.movie import write_movie
from facekp.warp import pixel_grid

SIDES = (512, 1024)
FRAMES = 60
SUFFIXES = (".gif", ".mp4")

Pair = tuple[Picture, Picture, NDArray[np.float32], NDArray[np.float32]]


def textured_pair() -> Pair:
    """Two pictures of smooth noise with 68 points on three rings: work like that of faces, of nobody."""
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    radius = np.repeat([150, 90, 40], [27, 21, 20])
    points = 400 + np.stack([radius * np.cos(7 * angle), 1.2 * radius * np.sin(7 * angle)], axis=1)
    pictures = [
        np.asarray(cv2.resize(rng.integers(0, 256, (100, 100, 3), dtype=np.uint8), (800, 800)), dtype=np.uint8)
        for _ in range(2)
    ]
    moved = points + rng.normal(0, 4, points.shape)
    return pictures[0], pictures[1], points.astype(np.float32), moved.astype(np.float32)


def photographed_pair(folder: Path) -> Pair:
    """The first two photographs of a folder that have a ``.pts`` file beside them."""
    from facekp.annotations import parse_pts

    found = [path for path in sorted(folder.rglob("*.pts")) if path.with_suffix(".jpg").exists()][:2]
    if len(found) < 2:
        raise SystemExit(f"{folder} holds no two photographs NAME.jpg with NAME.pts beside them")
    a, b = (load_image(path.with_suffix(".jpg")) for path in found)
    points_a, points_b = (parse_pts(path.read_text()) for path in found)
    return a, b, points_a, points_b


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """The median duration of a call; the first call does not count."""
    work()
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return 1e3 * float(np.median(durations))


def triangle_loop(
    a: Picture, b: Picture, shape_a: NDArray, shape_b: NDArray, triangles: NDArray, part: float
) -> Picture:
    """The peer: each triangle of both pictures through its own ``cv2.warpAffine``."""
    shape = (1 - part) * shape_a + part * shape_b
    result = np.zeros_like(a)
    for triangle in triangles:
        left, top, width, height = cv2.boundingRect(shape[triangle].astype(np.float32))
        target = (shape[triangle] - (left, top)).astype(np.float32)
        mask = np.zeros((height, width, 3), dtype=np.float32)
        cv2.fillConvexPoly(mask, np.int32(target), (1.0, 1.0, 1.0), cv2.LINE_AA)
        patches = []
        for picture, source in ((a, shape_a[triangle]), (b, shape_b[triangle])):
            x, y, w, h = cv2.boundingRect(source.astype(np.float32))
            x, y = max(x, 0), max(y, 0)
            matrix = cv2.getAffineTransform((source - (x, y)).astype(np.float32), target)
            patches.append(
                cv2.warpAffine(
                    picture[y : y + h, x : x + w], matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101
                )
            )
        blended = (1 - part) * patches[0] + part * patches[1]
        x0, y0 = max(left, 0), max(top, 0)
        window = result[y0 : top + height, x0 : left + width]
        seen = np.s_[y0 - top : y0 - top + window.shape[0], x0 - left : x0 - left + window.shape[1]]
        window[:] = window * (1 - mask[seen]) + blended[seen] * mask[seen]
    return result


def frame_table(pair: Pair, repeats: int) -> None:
    print(f"{'frame':>10} {'floor ms':>9} {'facekp ms':>10} {'ratio':>6} {'loop ms':>8} {'prepare ms':>11}")
    for side in SIDES:
        size = (side, side)
        morph = Morph(*pair, size)
        a, b = morph.ends
        places = pixel_grid(size) + np.float32(0.3)

        def floor(a: Picture = a, b: Picture = b, places: NDArray = places) -> object:
            moved = (cv2.remap(picture, places, None, cv2.INTER_LINEAR) for picture in (a, b))
            return cv2.addWeighted(next(moved), 0.4, next(moved), 0.6, 0)

        # In turns, so that whatever else the machine does weighs on both.
        rounds = [(milliseconds(floor, repeats), milliseconds(lambda m=morph: m.frame(0.6), repeats)) for _ in range(3)]
        least, ours = np.median(rounds, axis=0)
        shapes = (morph.shape_a, morph.shape_b)
        loop = milliseconds(lambda m=morph, s=shapes, e=(a, b): triangle_loop(*e, *s, m.mesh.triangles, 0.6), 3)
        prepare = milliseconds(lambda size=size: Morph(*pair, size), 3)
        ratio = np.median([frame / floor for floor, frame in rounds])
        print(f"{side:>9}² {least:9.2f} {ours:10.2f} {ratio:6.2f} {loop:8.1f} {prepare:11.1f}")


def movie_table(pair: Pair, folder: Path) -> None:
    frames = list(morph_frames(*pair, MorphSettings(FRAMES)))
    print(f"\n{FRAMES} frames of 512²: encoding alone")
    for suffix in SUFFIXES:
        path = folder / f"morph{suffix}"
        seconds = milliseconds(lambda path=path: write_movie(frames, path), 3) / 1e3
        print(f"{suffix:>10} {seconds:9.2f} s {path.stat().st_size / 1e6:9.2f} MB")


def memory_table(data: Path | None, folder: Path) -> None:
    print("\npeak memory above the process at rest, morph and encoding, 512²")
    for suffix in SUFFIXES:
        for count in (FRAMES, 4 * FRAMES):
            command = [sys.executable, "-m", "benchmarks.morph", "--peak", str(folder / f"peak{suffix}"), str(count)]
            command += ["--data", str(data)] if data else []
            peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            print(f"{suffix:>10} {count:>5} frames {float(peak):9.0f} MB")


def peak_memory(pair: Pair, path: Path, count: int) -> float:
    """MB by which a morph and its encoding raise this process's peak (Linux: VmHWM)."""

    def status(field: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(field)) / 1e3

    rest = status("VmRSS")
    write_movie(morph_frames(*pair, MorphSettings(count)), path)
    return status("VmHWM") - rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder with photographs NAME.jpg and points NAME.pts")
    parser.add_argument("--repeats", type=int, default=20, help="calls per median (default: 20)")
    parser.add_argument("--peak", nargs=2, metavar=("PATH", "FRAMES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    pair = photographed_pair(arguments.data) if arguments.data else textured_pair()
    if arguments.peak:
        print(peak_memory(pair, Path(arguments.peak[0]), int(arguments.peak[1])))
        return
    with tempfile.TemporaryDirectory() as name:
        frame_table(pair, arguments.repeats)
        movie_table(pair, Path(name))
        memory_table(arguments.data, Path(name))


if __name__ == "__main__":
    main()
