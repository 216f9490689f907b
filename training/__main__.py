"""Train the three stages, one after the other, on whatever data is there.

    python -m training --data DIR

A stage whose data set is missing is left out, and said to be. The checkpoints go to runs/checkpoints, so that
those that come with facekp stay as they are; a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from training.command import told
from training.data import IBUG_FOLDER, IMM_FOLDER, SOURCES, MissingDataError, data_folder, origins

RUNS = Path("runs")
OUT = RUNS / "checkpoints"

STAGES = (
    (IMM_FOLDER, ["train_nose"]),
    (IMM_FOLDER, ["train_face58"]),
    (IBUG_FOLDER, ["train_face68", "--recipe", "resnet18"]),
    (IBUG_FOLDER, ["train_face68", "--recipe", "fast"]),
    (IBUG_FOLDER, ["train_face68", "--recipe", "heatmap", "--start", str(OUT / "face68-resnet18")]),
)
"""Data set, and the script with its own options."""


def main() -> None:
    """Run each stage whose data is there.

    Raises
    ------
    MissingDataError
        If there is no data for any of them.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    data = data_folder(parser.parse_args().data)
    folders = dict.fromkeys(folder for folder, _ in STAGES)
    missing = [folder for folder in folders if not (data / folder).is_dir()]
    if len(missing) == len(folders):
        raise MissingDataError(f"{data} holds no data set to train on; unpack one of these there: {origins(missing)}")
    for folder in missing:
        origin = SOURCES[folder]
        print(f"{data / folder} is missing, and its stages are left out; get the data set from {origin}", flush=True)
    commands = [command for folder, command in STAGES if folder not in missing]
    for script, *options in commands:
        print(f"training.{script} {' '.join(options)}", flush=True)
        places = ["--data", str(data), "--runs", str(RUNS), "--out", str(OUT)]
        status = subprocess.run([sys.executable, "-m", f"training.{script}", *options, *places]).returncode
        if status:
            sys.exit(status)


if __name__ == "__main__":
    told(main)
