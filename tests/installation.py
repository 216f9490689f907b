"""facekp as others install it: a wheel in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path


def install(source: Path, folder: Path) -> Path:
    """Scripts folder of a new environment into which a wheel of a source tree was installed.

    What facekp needs comes from the environment of the tests, so that torch isn't installed twice.
    """
    quiet = ["--quiet", "--no-deps", "--disable-pip-version-check"]
    build = [sys.executable, "-m", "pip", "wheel", *quiet, "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run(build, check=True, cwd=folder)
    (wheel,) = folder.glob("facekp-*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(environment)}))
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment), "platbase": str(environment)}))
    target = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", *quiet, "--no-index", wheel]
    subprocess.run(target, check=True, cwd=folder)
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scripts
