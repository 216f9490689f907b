"""A command that is ended from outside, as a process: nothing half made stays behind, and no process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from facekp.files import write_bytes
from tests.conftest import ROOT
from tests.test_batch import draw_photographs

PATIENCE = 120
"""Seconds that a busy machine may need."""

MANY_FRAMES = 100_000
"""A film that no test waits for."""


def begin(folder, *arguments):
    """Start the command in a folder, as a terminal does: in a group of processes of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "facekp", "morph", *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def end(process):
    """What it wrote. That comes to an end only when no process of it is left."""
    try:
        return process.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def wait_until(condition):
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < PATIENCE
        time.sleep(0.02)


def asides(folder):
    return [name for name in os.listdir(folder) if name.startswith(".")] if folder.is_dir() else []


@pytest.fixture
def batch(tmp_path):
    """A batch of a short film and five endless ones, two at a time; the short one is made, and others are in work."""
    draw_photographs(tmp_path)
    rows = [f"p0.png,p1.png,film{i},p0.pts,p1.pts,{MANY_FRAMES if i else 2}" for i in range(6)]
    (tmp_path / "pairs.csv").write_text("a,b,name,points_a,points_b,frames\n" + "\n".join(rows))
    films = tmp_path / "films"
    with begin(tmp_path, "--pairs", "pairs.csv", "--out", "films", "--jobs", 2, "--size", 64) as process:
        wait_until(lambda: (films / "film0.gif").is_file() and len(asides(films)) > 2)  # two a film
        yield process, films


@pytest.mark.parametrize(
    ("number", "everybody", "status", "said"),
    [
        (signal.SIGINT, False, 1, "facekp: interrupted\n"),
        (signal.SIGINT, True, 1, "facekp: interrupted\n"),
        (signal.SIGTERM, False, 128 + signal.SIGTERM, ""),
        (signal.SIGTERM, True, 128 + signal.SIGTERM, ""),
        (signal.SIGKILL, False, -signal.SIGKILL, None),  # Python tells of semaphores
    ],
)
def test_a_batch_ends_with_its_processes(batch, number, everybody, status, said):
    process, films = batch
    os.killpg(process.pid, number) if everybody else process.send_signal(number)
    text = end(process)
    assert process.returncode == status
    assert "Traceback" not in text
    assert said is None or text == said
    assert sorted(os.listdir(films)) == ["film0.gif", "film0.gif.recipe.json"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 1), (signal.SIGTERM, 128 + signal.SIGTERM)])
@pytest.mark.parametrize("suffix", [".gif", ".apng", ".mp4"])
def test_a_film_that_is_given_up_leaves_no_file(tmp_path, number, status, suffix):
    draw_photographs(tmp_path)
    before = sorted(os.listdir(tmp_path))
    points = ["--points-a", "p0.pts", "--points-b", "p1.pts"]
    size = ["--size", 64, "--frames", MANY_FRAMES, "--out", f"film{suffix}"]
    process = begin(tmp_path, "p0.png", "p1.png", *points, *size)
    wait_until(lambda: asides(tmp_path))
    process.send_signal(number)
    assert "Traceback" not in end(process)
    assert process.returncode == status
    assert sorted(os.listdir(tmp_path)) == before


def test_no_moment_is_too_early_for_an_interruption(tmp_path, monkeypatch):
    def interrupted(path, **more):
        path.write_bytes(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "touch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "film.gif", b"whole")
    assert os.listdir(tmp_path) == []
