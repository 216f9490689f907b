"""Run every benchmark and keep what they print in benchmarks/RESULTS.md.

python -m benchmarks --data DIR
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

from facekp.files import write_bytes
from training.data import data_folder

HERE = Path(__file__).parent


def processor() -> str:
    """The processor's name, where the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    environment = {**os.environ, "FACEKP_DATA": str(data_folder(parser.parse_args().data).resolve())}
    text = f"# Benchmarks\n\nWritten by `python -m benchmarks`, on {processor()}, {os.cpu_count()} cores.\n"
    for name in ("keypoints", "detectors", "pose", "tracking", "morph"):
        shown = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True, check=True, env=environment
        )
        print(shown.stdout, flush=True)
        text += f"\n## `python -m benchmarks.{name}`\n\n```\n{shown.stdout.strip()}\n```\n"
    write_bytes(HERE / "RESULTS.md", text.encode())


if __name__ == "__main__":
    main()
