"""A failed write leaves no half file and does not touch an existing one."""

import os
import stat

import pytest

from facekp import OutputError
from facekp.files import check_output, write_bytes, written_aside


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
