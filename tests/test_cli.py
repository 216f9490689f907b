"""What the command promises: its output, its words, its exit status."""

import csv
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from facekp import cli, cli_photo, load_image
from facekp.annotations import parse_faces, parse_pts
from facekp.images import encode_png
from tests.conftest import ROOT

LONG = "n" * 300
"""A name that no file can have."""


@pytest.fixture
def photo(tmp_path, portrait):
    return Path(shutil.copy(portrait, tmp_path / "ada.jpg"))


@pytest.fixture
def other(tmp_path, portrait):
    image = load_image(portrait)[:, ::-1]
    (tmp_path / "mirrored.png").write_bytes(encode_png(np.ascontiguousarray(image)))
    return tmp_path / "mirrored.png"


@pytest.fixture
def faceless(tmp_path, noise):
    (tmp_path / "noise.png").write_bytes(encode_png(noise))
    return tmp_path / "noise.png"


def run(*arguments) -> int:
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as stop:  # argparse leaves this way
        return int(stop.code)


def sentences(capsys) -> list[str]:
    """Lines on standard error that are not the progress bar; no stack trace among them."""
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return [line.strip() for line in text.replace("\r", "\n").splitlines() if line.startswith("facekp: ")]


def test_detect_prints_json(photo, capsys):
    assert run("detect", photo) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["file"], record["width"], record["height"]) == (str(photo), 512, 512)
    (face,) = record["faces"]
    assert len(face["box"]) == 4
    assert np.shape(face["points"]) == (68, 2)
    assert 0 < face["score"] <= 1
    assert set(face["pose"]) == {"yaw", "pitch", "roll"}


def test_several_photographs_show_a_progress_bar(photo, other, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("detect", photo, other) == 0
    captured = capsys.readouterr()
    assert "2/2" in captured.err
    assert len(json.loads(captured.out)) == 2


def test_a_file_of_messages_holds_no_progress_bar(photo, faceless, capsys):
    assert run("detect", photo, faceless) == 0
    assert capsys.readouterr().err == f"facekp: {faceless}: no face was found\n"


def test_no_face_is_no_failure_for_detect(photo, faceless, capsys):
    assert run("detect", faceless, photo) == 0
    captured = capsys.readouterr()
    assert [len(record["faces"]) for record in json.loads(captured.out)] == [0, 1]
    assert f"facekp: {faceless}: no face was found" in captured.err


def test_a_bad_photograph_fails_and_the_others_are_done(photo, tmp_path, capsys):
    (tmp_path / "text.jpg").write_text("no picture")
    assert run("detect", tmp_path / "text.jpg", tmp_path / "none.jpg", tmp_path, photo) == 1
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 1
    for words in ("text.jpg is not a picture", "none.jpg does not exist", "is a folder"):
        assert words in captured.err


def test_a_file_that_may_not_be_read(photo, monkeypatch, capsys):
    whole = Path.open

    def refuse(path, *arguments, **options):  # taking the permission away would not do: root may read every file
        if path == photo:
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(cli_photo, "load_predictor", lambda arguments: None)
    assert run("detect", photo, "--out", photo.parent) == 1
    assert sentences(capsys) == [f"facekp: {photo} cannot be read: Permission denied"]


def test_csv(photo, capsys):
    assert run("detect", photo) == 0
    ((found,),) = (record["faces"] for record in json.loads(capsys.readouterr().out))
    assert run("detect", photo, "--format", "csv") == 0
    text = capsys.readouterr().out
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 68
    told = [float(rows[0][name]) for name in ("score", "detection", "x_min", "y_min", "x_max", "y_max")]
    assert told == [found["score"], found["detection"], *found["box"]]
    (points,) = parse_faces(text.encode(), ".csv", (512, 512), name="the table")
    np.testing.assert_allclose(points, found["points"], atol=1e-3)
    assert rows[8]["name"] == "jaw 9"
    assert {abs(float(row["yaw"])) < 10 for row in rows} == {True}


@pytest.mark.parametrize("form", ["json", "csv", "pts"])
def test_files_for_each_photograph(photo, other, tmp_path, form):
    assert run("detect", photo, other, "--format", form, "--out", tmp_path / "out", "--overlay") == 0
    names = {"ada_points.png", "mirrored_points.png", f"ada.{form}", f"mirrored.{form}"}
    assert set(os.listdir(tmp_path / "out")) == names
    overlay, image = load_image(tmp_path / "out" / "ada_points.png"), load_image(photo)
    assert overlay.shape == image.shape
    assert 0 < (overlay != image).any(axis=2).mean() < 0.2
    if form == "pts":
        assert parse_pts((tmp_path / "out" / "ada.pts").read_text()).shape == (68, 2)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_one_file_for_all_photographs_holds_what_would_be_printed(photo, other, tmp_path, form, capsys):
    assert run("detect", photo, other, "--format", form) == 0
    printed = capsys.readouterr().out
    out = tmp_path / f"points.{form.upper()}"
    assert run("detect", photo, other, "--out", out, "--overlay") == 0
    assert out.read_text() == printed
    assert capsys.readouterr().out == ""
    assert {"ada_points.png", "mirrored_points.png"} < set(os.listdir(tmp_path))
    assert run("detect", photo, "--out", out, "--format", form) == 0  # the user chose the name
    assert len(out.read_text()) < len(printed)


def test_one_file_holds_the_photographs_that_could_be_read(photo, tmp_path, capsys):
    assert run("detect", tmp_path / "none.jpg", photo, "--out", tmp_path / "p.json") == 1
    assert sentences(capsys) == [f"facekp: {tmp_path / 'none.jpg'} does not exist"]
    assert [record["file"] for record in json.loads((tmp_path / "p.json").read_text())] == [str(photo)]


def test_a_folder_may_be_called_like_a_file(photo, tmp_path):
    (tmp_path / "p.csv").mkdir()
    assert run("detect", photo, "--out", tmp_path / "p.csv") == 0
    assert os.listdir(tmp_path / "p.csv") == ["ada.json"]


def test_files_that_are_there_are_kept(photo, tmp_path, capsys):
    (tmp_path / "ada.pts").write_text("made by hand")
    assert run("detect", photo, "--format", "pts", "--out", tmp_path) == 1
    assert "ada.pts is there already" in sentences(capsys)[0]
    assert (tmp_path / "ada.pts").read_text() == "made by hand"
    assert run("detect", photo, "--format", "pts", "--out", tmp_path, "--overwrite") == 0
    assert parse_pts((tmp_path / "ada.pts").read_text()).shape == (68, 2)


def test_morph_gif_and_mp4(photo, other, tmp_path):
    gif, mp4 = tmp_path / "m.gif", tmp_path / "m.mp4"
    assert run("morph", photo, other, "--out", gif, "--frames", 5, "--fps", 10, "--size", 64) == 0
    with Image.open(gif) as film:
        assert (film.n_frames, film.size, film.info["duration"]) == (5, (64, 64), 100)
    assert run("morph", photo, other, "--out", mp4, "--frames", 5, "--size", 64) == 0
    with av.open(str(mp4)) as film:
        assert len(list(film.decode(video=0))) == 5


def test_default_names(photo, other, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("morph", photo, other, "--frames", 2, "--size", 32) == 0
    assert run("average", photo, other, "--size", 32) == 0
    assert {"morph.gif", "mean.png"} <= set(os.listdir(tmp_path))
    assert run("average", photo, other, "--size", 32) == 2
    assert "mean.png is there already" in sentences(capsys)[-1]


def test_average_of_one_two_and_three(photo, other, tmp_path):
    for count in (1, 2, 3):
        out = tmp_path / f"mean{count}.png"
        assert run("average", *[photo, other, photo][:count], "--out", out, "--size", 64) == 0
        assert load_image(out).shape == (64, 64, 3)
        assert stat.S_ISREG(out.stat().st_mode)


@pytest.mark.parametrize("command", ["morph", "average"])
def test_morph_and_average_refuse_a_faceless_photograph_by_name(command, photo, faceless, tmp_path, capsys):
    assert run(command, photo, faceless, "--out", tmp_path / ("a.gif" if command == "morph" else "a.png")) == 1
    assert f"{faceless}: no face was found; give a picture" in sentences(capsys)[-1]
    assert not list(tmp_path.glob("a.*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required"),
        (["detect"], "PHOTO"),
        (["detect", "a.jpg", "--format", "xml"], "invalid choice"),
        (["detect", "a.jpg", "--format", "pts"], "--format pts writes files"),
        (["detect", "a.jpg", "--overlay"], "--overlay writes files"),
        (["detect", "a.jpg", "--out", "none/out"], "the folder none does not exist"),
        (["detect", "x/a.jpg", "y/a.png", "--out", "."], "overwrite each other"),
        (["detect", "a.jpg", "--out", "p.csv", "--format", "json"], "p.csv is no json file; give it another suffix"),
        (["detect", "a.jpg", "--out", "p.json", "--format", "pts"], "p.json is no pts file"),
        (["detect", "a.jpg", "--out", "p.txt"], "one file that ends in .csv or .json, or into a folder"),
        (["detect", "a.jpg", "--out", "p.pts"], "one file that ends in .csv or .json, or into a folder"),
        (["detect", "a.jpg", "--out", "none/p.csv"], "the folder none does not exist"),
        (["detect", "a.jpg", "--out", LONG], "File name too long"),
        (["detect", "a.jpg", "--out", LONG + ".csv"], "File name too long"),
        (["detect", "a.jpg", "--model", LONG], "there is no checkpoint"),
        (["export", LONG], "there is no checkpoint"),
        (["export", "nose", LONG + ".onnx"], "File name too long"),
        (["average", "a.jpg", "--out", LONG + ".png"], "File name too long"),
        (["morph", "a.jpg", "b.jpg", "--save-recipe", LONG + ".json"], "File name too long"),
        (["morph", "--recipe", LONG + ".json"], "File name too long"),
        (["app", "--port", "70000"], "the port is 70000; give one from 1 to 65535"),
        (["app", "--host", "256.256.256.256"], "the app cannot be served at 256.256.256.256, port 8501: "),
        (["app", "--host", LONG], "give another --host or --port"),
        (["detect", "a.jpg", "--model", "none"], "no checkpoint 'none'"),
        (["morph", "a.jpg", "b.jpg", "--frames", "1"], "2 frames or more"),
        (["morph", "a.jpg", "b.jpg", "--size", "3"], "size"),
        (["morph", "a.jpg", "b.jpg", "--fps", "0"], "fps"),
        (["morph", "a.jpg", "b.jpg", "--out", "m.avi"], "cannot write the suffix '.avi'"),
        (["morph", "a.jpg", "b.jpg", "--out", "none/m.gif"], "the folder none does not exist"),
        (["average", "a.png", "--out", "a.png"], "is one of the photographs"),
        (["average", "a.jpg", "--out", "mean.jpg"], "cannot write the suffix '.jpg'"),
    ],
)
def test_wrong_usage(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "execv", None)
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert os.listdir(tmp_path) == []


def test_interruption_is_no_stack_trace(photo, monkeypatch, capsys):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_photo, "load_predictor", interrupt)
    assert run("detect", photo) == 1
    assert sentences(capsys) == ["facekp: interrupted"]


def test_the_app_is_started_with_its_script(monkeypatch):
    started = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: started.append(arguments))
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    run("app", "--port", port)
    (arguments,) = started
    assert arguments[1:4] == ["-m", "streamlit", "run"]
    assert Path(arguments[4]).is_file()
    assert arguments[-1] == port


def test_a_pipe_that_is_closed_early_is_no_stack_trace(photo):
    command = [sys.executable, "-m", "facekp", "detect", str(photo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 1
    assert said == ""


def test_help_and_version_as_a_user_sees_them():
    for argument in ("--help", "--version"):
        shown = subprocess.run(
            [sys.executable, "-m", "facekp", argument], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert "facekp" in shown.stdout
