"""Whole ``facekp detect`` commands from a cold start: seconds, photographs a second, and memory."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
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
MEGA = 1024**2
LEAST = {("face68", 1000): 22.0}
"""Photographs a second that there must be, by model and photographs in the folder."""


def run(photos: Sequence[Path], model: str) -> tuple[float, float]:
    """Seconds and megabytes (the most that were resident at once) of one command."""
    command = [sys.executable, "-m", "facekp", "detect", "--model", model, "--format", "csv", *map(str, photos)]
    found = subprocess.run([sys.executable, "-S", "-c", WATCH, *command], cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(f"{' '.join(command[:6])} … ended with status {found.returncode}")
    seconds, most = found.stdout.split()
    # Linux counts in kilobytes, macOS in bytes.
    return float(seconds), int(most) * (1 if sys.platform == "darwin" else 1024) / MEGA


def commands_table(files: Sequence[Path], models: Sequence[str], count: int) -> None:
    """Cold starts of the models, and a folder of `count` photographs, which repeat where there are fewer."""
    print(f"{'facekp detect, from its start to its end':<44}{'s':>7}{'MB':>7}{'photographs/s':>15}{'limit':>7}")
    for model in models:
        starts = [run(files[:1], model) for _ in range(STARTS)]
        seconds, memory = (statistics.median(each) for each in zip(*starts, strict=True))
        print(f"{f'{Path(model).name}, one photograph':<44}{seconds:>7.2f}{memory:>7.0f}", flush=True)
    folder = list(itertools.islice(itertools.cycle(files), count))
    for model in models[:1]:
        seconds, memory = run(folder, model)
        name, rate = Path(model).name, count / seconds
        least = LEAST.get((name, count))
        verdict = f"{least:>7.1f}{'' if rate >= least else '  below the limit'}" if least else ""
        print(f"{f'{name}, a folder of {count}':<44}{seconds:>7.1f}{memory:>7.0f}{rate:>15.1f}{verdict}")
