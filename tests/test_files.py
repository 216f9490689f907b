"""A failed write leaves no half file and does not touch an existing one."""

import os
import stat
from pathlib import Path

import pytest

from facekp import OutputError
from facekp.files import check_folder, check_output, make_folder, write_bytes, written_aside


def test_a_file_is_written_whole(tmp_path):
    write_bytes(tmp_path / "a.bin", b"whole")
    assert (tmp_path / "a.bin").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_others_may_read_it_as_they_may_read_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    write_bytes(tmp_path / "ours", b"")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path, error):
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")
    with pytest.raises(error), written_aside(target) as aside:
        aside.write_bytes(b"half")
        raise error
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_full_disk_is_told_in_a_sentence(tmp_path):
    with pytest.raises(OutputError, match=r"a\.bin cannot be written: No space"), written_aside(tmp_path / "a.bin"):
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no file system that takes no files")
def test_a_file_system_that_takes_no_files_is_told_in_a_sentence():
    with pytest.raises(OutputError, match=r"/proc/x\.onnx cannot be written: No such file or directory; choose"):
        write_bytes("/proc/x.onnx", b"")
    with pytest.raises(OutputError, match="the folder /proc/x cannot be made: No such file or directory; choose"):
        make_folder("/proc/x")


@pytest.mark.parametrize("name", ["n" * 251 + ".csv", "a." + "s" * 250])
def test_every_name_that_a_file_may_have(tmp_path, name):
    write_bytes(tmp_path / name, b"whole")
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["n" * 300 + ".csv", "zero\0byte.csv", "n" * 300 + "/a.csv"])
@pytest.mark.parametrize("check", [check_output, check_folder, write_bytes])
def test_names_that_no_file_can_have(tmp_path, name, check):
    with pytest.raises(OutputError, match=r"cannot be written: (File name|embedded null).*; choose another"):
        check(tmp_path / name, *([b""] if check is write_bytes else []))


def test_a_folder_is_made_once(tmp_path):
    assert make_folder(tmp_path / "out") == make_folder(tmp_path / "out") == tmp_path / "out"
    assert make_folder(tmp_path / "a" / "b", parents=True).is_dir()


def test_folders_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file is a file; give a folder"):
        make_folder(tmp_path / "file")
    with pytest.raises(OutputError, match=r"the folder .*none does not exist; make it first"):
        make_folder(tmp_path / "none" / "out")
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(OutputError, match="may not be written to; choose another place"):
        make_folder(tmp_path / "out")
    with pytest.raises(OutputError, match="may not be written to; choose another place"):
        check_folder(tmp_path)
    assert os.listdir(tmp_path) == ["file"]


def test_refusals_before_the_work(tmp_path):
    with pytest.raises(OutputError, match=r"the folder .*none does not exist"):
        check_output(tmp_path / "none" / "a.gif")
    with pytest.raises(OutputError, match="is a folder"):
        check_output(tmp_path)
    with pytest.raises(OutputError, match=r"cannot write the suffix '.avi'; use .gif or .mp4"):
        check_output(tmp_path / "a.avi", (".mp4", ".gif"))
    with pytest.raises(OutputError, match="a name without suffix"):
        check_output(tmp_path / "a", (".mp4", ".gif"))
    assert check_output(tmp_path / "a.GIF", (".mp4", ".gif")) == tmp_path / "a.GIF"
