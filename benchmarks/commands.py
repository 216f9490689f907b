"""Whole commands from a cold start to their end: seconds, photographs a second, and memory."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
STARTS = 3
WATCH = """
import resource, subprocess, sys, time
began = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
"""Runs a command, from a small process: Linux counts that of whoever starts it as the command's own memory."""
DLIB = """
import sys, dlib
detector, trees = dlib.get_frontal_face_detector(), sys.argv[1] and dlib.shape_predictor(sys.argv[1])
for path in sys.argv[2:]:
    picture = dlib.load_rgb_image(path)
    for box in detector(picture, 1):
        print(path, [(point.x, point.y) for point in trees(picture, box).parts()] if trees else box)
"""
"""The shortest program that finds points with dlib, or faces where its file of points is not there."""
MEGA = 1024**2
LEAST = {("face68", 1000): 22.0}
"""Photographs a second that there must be, by model and photographs in the folder."""


def detect(model: str, engine: str) -> list[str]:
    """Our command, but for the photographs."""
    return [sys.executable, "-m", "facekp", "detect", "--format", "csv", "--model", model, "--engine", engine]


def run(command: Sequence[str], photos: Sequence[Path], cache: str) -> tuple[float, float]:
    """Seconds and megabytes (the most that were resident at once) of one command; exported networks lie in `cache`."""
    watched = [sys.executable, "-S", "-c", WATCH, *command, *map(str, photos)]
    environment = os.environ | {"FACEKP_CACHE": cache}
    found = subprocess.run(watched, cwd=ROOT, capture_output=True, text=True, env=environment)
    if found.returncode:
        raise SystemExit(f"{' '.join(command)} … ended with status {found.returncode}")
    seconds, most = found.stdout.split()
    # Linux counts in kilobytes, macOS in bytes.
    return float(seconds), int(most) * (1 if sys.platform == "darwin" else 1024) / MEGA


def commands_table(
    files: Sequence[Path], models: Sequence[str], engines: Sequence[str], count: int, dlib_model: Path | None = None
) -> None:
    """Cold starts of all models and of dlib, and a folder of `count` photographs, which repeat where there are fewer.

    Parameters
    ----------
    files : sequence of Path
    models, engines : sequence of str
        Each model runs with each engine; the folder is for the first model.
    count : int
    dlib_model : Path, optional
        dlib's points; without it only its detector runs.
    """
    ways = {_name(model, engine): detect(model, engine) for model in models for engine in engines}
    dlib = {"dlib" if dlib_model else "dlib's detector": [sys.executable, "-c", DLIB, str(dlib_model or "")]}
    print(f"{'a command, from its start to its end':<72}{'s':>7}{'MB':>7}{'photographs/s':>15}{'limit':>7}")
    with tempfile.TemporaryDirectory() as cache:
        for name, command in (ways | dlib).items():
            if "onnxruntime" in command:
                with tempfile.TemporaryDirectory() as empty:
                    _tell(f"{name}, one photograph, its very first start", *run(command, files[:1], empty))
                run(command, files[:1], cache)  # exports what the next starts find
            starts = [run(command, files[:1], cache) for _ in range(STARTS)]
            _tell(f"{name}, one photograph", *(statistics.median(each) for each in zip(*starts, strict=True)))
        folder = list(itertools.islice(itertools.cycle(files), count))
        told = f"{count} photographs" + (f" ({len(files)}, repeated)" if len(files) < count else "")
        for name in list(ways)[: len(engines)]:
            seconds, memory = run(ways[name], folder, cache)
            rate, least = count / seconds, LEAST.get((Path(models[0]).name, count))
            verdict = f"{least:>7.1f}{'' if rate >= least else '  below the limit'}" if least else ""
            _tell(f"{name}, {told}", seconds, memory, f"{rate:>15.1f}{verdict}")


def _tell(what: str, seconds: float, memory: float, rest: str = "") -> None:
    print(f"{what:<72}{seconds:>7.2f}{memory:>7.0f}{rest}", flush=True)


def _name(model: str, engine: str) -> str:
    return f"{Path(model).name} ({engine})"
