"""The commands of training tell what is missing in one sentence, and keep pictures of people out of git."""

import runpy

import cv2
import pytest
import torch

from facekp import FacekpError
from tests.conftest import ROOT
from tests.drawn_sets import write_small_imm
from training import __main__ as all_stages
from training import show_samples
from training.data import IBUG_FOLDER, IBUG_SOURCE, IMM_FOLDER, IMM_SOURCE
from training.parallel import Processes
from training.train_face68 import merl_rav


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("evaluate", ["--checkpoint", "nose", "--split", "validation"]),
        ("fit_shape3d", []),
        ("fit_boxes", []),
        ("make_gallery", ["--model", "nose"]),
    ],
)
def test_missing_data_is_told_without_a_traceback(monkeypatch, tmp_path, script, options):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [script, "--data", str(tmp_path), *options])
    with pytest.raises(SystemExit, match=rf"^error: {tmp_path}/\w+ is missing; get the data set from http"):
        runpy.run_path(str(ROOT / "training" / f"{script}.py"), run_name="__main__")


def test_without_any_data_one_sentence_says_what_to_get(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("sys.argv", ["training", "--data", str(tmp_path)])
    with pytest.raises(FacekpError, match="holds no data set to train on; unpack one of these there: ") as told:
        all_stages.main()
    for folder, source in ((IMM_FOLDER, IMM_SOURCE), (IBUG_FOLDER, IBUG_SOURCE)):
        assert f"{folder} from {source}" in str(told.value)
    assert capsys.readouterr().out == ""


def test_of_several_processes_the_first_tells_what_is_missing(tmp_path, capsys):
    told = []
    for rank in (0, 1):
        assert merl_rav(tmp_path, Processes(rank, 2, torch.device("cpu"))) == []
        told.append(capsys.readouterr().err)
    assert "merl_rav is missing" in told[0]
    assert told[1] == ""


def show(monkeypatch, data, *options):
    monkeypatch.setattr("sys.argv", ["show_samples", "--stage", "face58", "--data", str(data), *options])
    show_samples.main()


def test_the_sheet_of_real_people_goes_where_git_ignores_it(monkeypatch, tmp_path, capsys):
    write_small_imm(tmp_path)
    monkeypatch.chdir(tmp_path)
    show(monkeypatch, tmp_path, "--count", "2")
    assert capsys.readouterr().out == "runs/samples-face58.png\n"
    assert cv2.imread("runs/samples-face58.png").shape == (448, 448, 3)
    assert "runs/" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_sheet_of_no_faces_is_refused(monkeypatch, tmp_path):
    with pytest.raises(FacekpError, match="--count is 0; give 1 face or more"):
        show(monkeypatch, tmp_path, "--count", "0")
