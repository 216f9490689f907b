"""``facekp export``: its words; what it writes is in test_export."""

import shutil

import pytest

from facekp import cli
from tests.test_cli import run, sentences


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nothing is exported: the file is all that is made."""
    monkeypatch.setattr("facekp.export.export_onnx", lambda checkpoint, path: path.write_text(checkpoint.name))


def test_it_tells_what_writes_the_scout(tmp_path, capsys):
    assert run("export", "face68", tmp_path / "f.onnx") == 0
    (said,) = sentences(capsys)
    assert "f.onnx gives the library's points only behind its scout, which looks first" in said
    command = said.partition("write it with: ")[2].split()
    assert command == ["facekp", "export", "face68-fast", str(tmp_path / "face68-fast.onnx")]
    assert cli.main(command[1:]) == 0
    assert (tmp_path / "face68-fast.onnx").read_text() == "face68-fast"
    assert sentences(capsys) == []


def test_the_scout_of_a_folder_is_beside_it(tmp_path, scouted, random_checkpoint, capsys):
    assert run("export", scouted, tmp_path / "f.onnx") == 0
    command = sentences(capsys)[0].partition("write it with: ")[2]
    assert command == f"facekp export {random_checkpoint} {tmp_path / random_checkpoint.name}.onnx"


def test_a_folder_whose_scout_comes_with_facekp(tmp_path, capsys):
    from facekp.checkpoint import checkpoint_folder

    shutil.copytree(checkpoint_folder("face68"), tmp_path / "mine")
    assert run("export", tmp_path / "mine", tmp_path / "f.onnx") == 0
    assert f"facekp export face68-fast {tmp_path / 'face68-fast'}.onnx" in sentences(capsys)[0]


def test_a_file_that_is_there_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nose.onnx").write_text("mine")
    assert run("export", "nose") == 2
    assert sentences(capsys) == [
        "facekp: nose.onnx is there already; give another name, as in: facekp export nose NAME.onnx, "
        "or give --overwrite"
    ]
    assert (tmp_path / "nose.onnx").read_text() == "mine"
    assert run("export", "nose", "--overwrite") == 0
    assert (tmp_path / "nose.onnx").read_text() == "nose"


def test_the_help_tells_of_scouts(capsys):
    assert run("export", "--help") == 0
    assert "Where a network has a scout, which looks first, as face68 has face68-fast" in " ".join(
        capsys.readouterr().out.split()
    )
