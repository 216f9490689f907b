"""Run the benchmarks and keep what they print in benchmarks/RESULTS.md.

python -m benchmarks --data DIR [--dlib-model FILE]   # all of them
python -m benchmarks pose tracking                    # these; the others' sections stay as they are
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from facekp.files import write_bytes
from training.data import data_folder

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
CHROMIUM = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
SECTIONS = {
    "keypoints": None,
    "quantisation": "300-W",
    "camera": None,
    "detectors": "300-W",
    "pose": "IMM",
    "tracking": None,
    "morph": None,
    "app": "Chromium",
}
"""The benchmarks, in the order of RESULTS.md, and what each needs that does not come with the repository."""
NAMES = tuple(name for name in SECTIONS if name != "app" or (CHROMIUM and find_spec("playwright")))
"""Those that can run here."""
HEAD = "## `python -m benchmarks.{}`\n"


def processor() -> str:
    """The processor's name, where the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def sections(text: str) -> dict[str, str]:
    """What each benchmark printed when it was run last, by its name."""
    parts = re.split(r"^## `python -m benchmarks\.(\w+)`\n", text, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--dlib-model", type=Path, metavar="FILE", help="to have dlib's points among the keypoints")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark called {' or '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if arguments.dlib_model and not arguments.dlib_model.is_file():
        parser.error(f"there is no file {arguments.dlib_model}; give shape_predictor_68_face_landmarks.dat")
    options = {"keypoints": ["--dlib-model", str(arguments.dlib_model)]} if arguments.dlib_model else {}
    environment = {**os.environ, "FACEKP_DATA": str(data_folder(arguments.data).resolve())}
    failed = []
    for name in arguments.names or NAMES:
        command = [sys.executable, "-m", f"benchmarks.{name}", *options.get(name, [])]
        shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
        print(shown.stdout, flush=True)
        if shown.returncode:
            failed.append(name)
        else:  # at once, so that nothing is lost when a later one fails
            keep(name, f"```\n{shown.stdout.strip()}\n```")
    if failed:
        sys.exit(f"failed, with their sections left as they were: {', '.join(failed)}")


def keep(name: str, body: str) -> None:
    """Write what a benchmark printed into its section of RESULTS.md; the others stay as they are."""
    bodies = sections(RESULTS.read_text(encoding="utf-8")) | {name: body}
    text = f"# Benchmarks\n\nWritten by `python -m benchmarks`, on {processor()}, {os.cpu_count()} cores.\n"
    text += "".join(f"\n{HEAD.format(each)}\n{bodies[each]}\n" for each in SECTIONS if each in bodies)
    write_bytes(RESULTS, text.encode())


if __name__ == "__main__":
    main()
