"""Many morphs by a table, from the command line: what it is given is used or refused, and no file is lost."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from facekp.predict import KeypointPredictor
from tests.test_batch import draw_photographs
from tests.test_cli import run, sentences

SMALL = ("--frames", 2, "--size", "32")


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Writes tables of drawn photographs in the working folder."""
    draw_photographs(tmp_path)
    monkeypatch.chdir(tmp_path)

    def table(*rows, columns="a,b,name,points_a,points_b"):
        Path("pairs.csv").write_text("\n".join([columns, *rows]))

    return table


def pairs(*arguments, out="films"):
    return run("morph", "--pairs", "pairs.csv", "--out", out, *SMALL, "--jobs", 1, *arguments)


def test_bad_rows_are_told_at_the_end_and_the_others_are_made(drawn, capsys):
    drawn(
        "p0.png,none.png,gone,p0.pts,p1.pts,",
        "p0.png,p1.png,bad,p0.pts,p1.pts,abc",
        "p0.png,p1.png,good,p0.pts,p1.pts,",
        "p0.png,p1.png,long,p0.pts,p1.pts,3,4",
        columns="a,b,name,points_a,points_b,frames",
    )
    assert pairs() == 1
    assert sentences(capsys) == [
        "facekp: pairs.csv, row 2: frames is 'abc'; give a whole number",
        "facekp: pairs.csv, row 4: 7 cells for 6 columns; put cells with commas in quotes",
        "facekp: gone: none.png does not exist",
    ]
    assert sorted(os.listdir("films")) == ["good.gif", "good.gif.recipe.json"]


def test_a_photograph_is_never_overwritten(drawn, capsys):
    shutil.copy("p0.png", "anna.webp")
    drawn("anna.webp,p1.png,anna,p0.pts,p1.pts", "anna.webp,p2.png,good,p0.pts,p2.pts")
    for more in ((), ("--overwrite",)):
        assert pairs("--format", "webp", *more, out=".") == 1
        (line,) = sentences(capsys)
        assert line.startswith("facekp: anna: anna.webp is one of the table's own files")
        assert Path("anna.webp").read_bytes() == Path("p0.png").read_bytes()
    assert Path("good.webp").is_file()


def test_a_film_of_the_users_own_is_replaced_only_with_overwrite(drawn, capsys):
    drawn("p0.png,p1.png,leo,p0.pts,p1.pts")
    Path("films").mkdir()
    Path("films/leo.gif").write_text("the user's own")
    assert pairs() == 1
    (line,) = sentences(capsys)
    assert line.startswith("facekp: leo: films/leo.gif is there already, and not from --pairs")
    assert line.endswith("choose another folder with --out, or give --overwrite")
    assert Path("films/leo.gif").read_text() == "the user's own"
    assert pairs("--overwrite") == 0
    assert Path("films/leo.gif").read_bytes().startswith(b"GIF")


def test_the_recipe_of_a_film_is_carried_out(drawn):
    drawn("p0.png,p1.png,leo,p0.pts,p1.pts")
    for form in ("gif", "apng"):
        assert pairs("--format", form) == 0
    for form in ("gif", "apng"):
        assert run("morph", "--recipe", f"films/leo.{form}.recipe.json", "--out", f"again.{form}") == 0
        assert Path(f"again.{form}").read_bytes() == Path(f"films/leo.{form}").read_bytes()


def test_what_finds_points_is_what_the_options_say(drawn, random_checkpoint, monkeypatch, capsys):
    asked = []

    def from_checkpoint(*chosen):
        asked.append(chosen)
        return original(*chosen)

    original = KeypointPredictor.from_checkpoint
    monkeypatch.setattr(KeypointPredictor, "from_checkpoint", from_checkpoint)
    drawn("p0.png,p1.png,one,,p1.pts")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pairs("--engine", "onnxruntime", "--detector", "dlib", "--model", random_checkpoint)
    assert asked
    assert set(asked) == {(str(random_checkpoint), "dlib", "onnxruntime")}


def test_a_missing_engine_is_told_once_and_before_any_work(drawn, random_checkpoint, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    drawn("p0.png,p1.png,one,,", "p1.png,p2.png,two,,")
    assert pairs("--engine", "onnxruntime", "--model", random_checkpoint) == 1
    (line,) = sentences(capsys)
    assert "the engine 'onnxruntime' cannot be imported" in line
    assert not Path("films").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipe", "r.json"], "--recipe is not for --pairs"),
        (["--frame", "0.5"], "--frame is not for --pairs"),
        (["--strip", "3"], "--strip is for"),
        (["--format", "avi"], "would be a '.avi' file"),
    ],
)
def test_what_cannot_be_used_is_refused(drawn, arguments, words, capsys):
    drawn("p0.png,p1.png,leo,p0.pts,p1.pts")
    assert pairs(*arguments) == 2
    (line,) = sentences(capsys)
    assert words in line
    assert not Path("films").exists()


def test_out_is_a_folder(drawn, capsys):
    drawn("p0.png,p1.png,leo,p0.pts,p1.pts")
    assert pairs(out="p0.png") == 2
    assert sentences(capsys) == ["facekp: p0.png is a file; give a folder"]
