"""The image: what its file says, and its steps in an environment like it. Docker itself is not needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tests.installation import install

PATIENCE = 60
"""Seconds until the server must answer."""

Step = tuple[str, str]


def read_steps(text: str) -> list[Step]:
    """Instructions of a Dockerfile with their arguments."""
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    return [(name.upper(), rest.strip()) for name, rest in (line.split(maxsplit=1) for line in lines)]


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return read_steps((ROOT / "Dockerfile").read_text())


def arguments(steps: list[Step], name: str) -> list[str]:
    return [rest for step, rest in steps if step == name]


def command(text: str) -> list[str]:
    """A command in the form of a list, as the health check and the start have it."""
    return [str(part) for part in json.loads(text[text.index("[") :])]


def copied(steps: list[Step]) -> dict[str, str]:
    """What goes from the repository into the image, and where it lies there, below the first folder."""
    found: dict[str, str] = {}
    for rest in arguments(steps, "COPY"):
        *sources, target = rest.split()
        found |= {source: source if target == "./" else target for source in sources}
    return found


def test_base_is_small_and_fits_the_package(steps):
    (base,) = arguments(steps, "FROM")
    version = re.fullmatch(r"python:(3\.\d+)-slim", base)
    assert version
    least = re.search(r'requires-python = ">=(3\.\d+)"', (ROOT / "pyproject.toml").read_text())
    assert least
    assert int(version[1].split(".")[1]) >= int(least[1].split(".")[1])


def test_the_index_of_builds_for_cpus_is_taken_where_it_is_given(steps):
    assert "TORCH_INDEX=" in arguments(steps, "ARG"), "no host is named here"
    (install,) = [rest for rest in arguments(steps, "RUN") if "--requirement requirements.txt" in rest]
    for index, options in (("", []), ("https://cpu.example", ["--extra-index-url", "https://cpu.example"])):
        shell = ["sh", "-c", f"pip() {{ printf '%s\\n' \"$@\"; }}; {install}"]
        said = subprocess.run(shell, env={"TORCH_INDEX": index}, capture_output=True, text=True, check=True).stdout
        assert said.split() == ["install", "--no-cache-dir", *options, "--requirement", "requirements.txt"]


def test_it_does_not_run_as_root(steps):
    names = [step for step, _ in steps]
    (user,) = arguments(steps, "USER")
    assert user not in ("root", "0")
    assert any(f"useradd --create-home {user}" in run for run in arguments(steps, "RUN"))
    assert names.index("USER") < names.index("CMD")
    assert "RUN" not in names[names.index("USER") :]


def test_port_and_health_belong_to_each_other(steps):
    (port,) = arguments(steps, "EXPOSE")
    (health,) = arguments(steps, "HEALTHCHECK")
    assert f"localhost:{port}/_stcore/health" in health
    assert f"docker run -p {port}:{port}" in (ROOT / "README.md").read_text()


def test_all_that_is_copied_is_there_and_let_through(steps):
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    for source in copied(steps):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored
    assert "checkpoints/*/results/*.truth.json" in ignored  # the data sets' own points


def test_the_tests_run_with_what_is_installed_there(steps):
    """The environment below borrows the packages of the tests: they are the ones that the image would have."""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate():
                assert wanted.specifier.contains(version(wanted.name)), line


def test_its_steps_serve_the_app(steps, tmp_path):
    """What it copies is enough to install facekp, its command serves, and its health check says so."""
    source, built = tmp_path / "source", tmp_path / "built"
    source.mkdir()
    built.mkdir()
    truth = shutil.ignore_patterns("*.truth.json", "__pycache__")
    for name, target in copied(steps).items():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / target, **({"ignore": truth} if (ROOT / name).is_dir() else {}))
    scripts = install(source, built)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    (start,), (health,), (exposed,) = (arguments(steps, name) for name in ("CMD", "HEALTHCHECK", "EXPOSE"))
    home = tmp_path / "home"
    home.mkdir()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment |= {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)}
    folder = arguments(steps, "WORKDIR")[0]
    for name, value in (rest.split("=") for rest in arguments(steps, "ENV")):
        environment[name] = value.replace(folder, str(source), 1)
    loaders = [str(scripts / "python"), "-c", "import training.show_samples"]
    assert subprocess.run(loaders, cwd=home, env=environment).returncode == 0  # the page Data needs them
    started = [str(scripts / command(start)[0]), *command(start)[1:], "--port", port]
    asked = [
        str(scripts / command(health)[0]),
        *(part.replace(f":{exposed}/", f":{port}/") for part in command(health)[1:]),
    ]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(started, cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            assert becomes_healthy(asked, server), (tmp_path / "log").read_text()
        finally:
            server.terminate()
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert list(home.iterdir()) == []  # nothing is written where it runs


def becomes_healthy(asked: list[str], server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        if subprocess.run(asked, capture_output=True).returncode == 0:
            return True
        time.sleep(0.3)
    return False
