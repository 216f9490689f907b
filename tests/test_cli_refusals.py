"""What a file system refuses is told in one sentence, whichever command asked; never a stack trace."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from facekp import cli_photo
from tests.conftest import ROOT
from tests.test_cli import run, sentences


@pytest.fixture
def photo(tmp_path, portrait):
    return Path(shutil.copy(portrait, tmp_path / "ada.jpg"))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no file system that takes no files")
@pytest.mark.parametrize("name", ["", ".csv", ".json"])
def test_a_file_system_that_takes_no_files_is_no_stack_trace(photo, name, capsys):
    assert run("detect", photo, "--out", f"/proc/points{name}") == 2
    assert "No such file or directory; choose another place" in sentences(capsys)[-1]


def test_a_folder_that_may_not_be_written_to_is_told_before_the_work(photo, monkeypatch, capsys):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    monkeypatch.setattr(cli_photo, "load_predictor", None)
    for out in (photo.parent, photo.parent / "out", photo.parent / "p.csv"):
        assert run("detect", photo, "--out", out) == 2
        assert sentences(capsys) == [
            f"facekp: {out}: the folder {photo.parent} may not be written to; choose another place"
        ]


def test_photographs_that_are_links_in_a_circle(tmp_path, capsys):
    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    for command in (["detect"], ["average", "--out", tmp_path / "m.png"]):
        assert run(*command, tmp_path / "a.jpg") == 1
        assert sentences(capsys) == [f"facekp: {tmp_path / 'a.jpg'} cannot be read: Too many levels of symbolic links"]


def test_whatever_a_file_system_refuses_is_one_sentence(photo, monkeypatch, capsys):
    def refuse(arguments):
        raise OSError(28, "No space left on device", "/somewhere/file")

    monkeypatch.setattr(cli_photo, "load_predictor", refuse)
    assert run("detect", photo) == 1
    assert sentences(capsys) == ["facekp: /somewhere/file: No space left on device; choose another place, or make room"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_output_that_cannot_be_written_is_no_stack_trace(photo):
    command = [sys.executable, "-m", "facekp", "detect", str(photo)]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert ended.returncode == 1
    assert ended.stderr == "facekp: No space left on device; choose another place, or make room\n"
