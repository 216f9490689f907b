"""What options of the morph studio say is done, or refused before any work; what they read is never overwritten."""

import json
import re
import shutil
from pathlib import Path

import pytest

from facekp import average_face, load_image
from facekp.prototype import FARTHEST
from facekp.recipe import MOST_WEIGHT, read_recipe
from facekp.settings import HIGHEST_PART, LONGEST_HOLD, LOWEST_PART, MAX_FPS, MAX_FRAMES, MIN_FPS
from tests.test_cli import run, sentences
from tests.test_cli_morph import SMALL, draw_faces


@pytest.fixture
def faces(tmp_path, monkeypatch):
    return draw_faces(tmp_path, monkeypatch)


@pytest.fixture
def idle(faces, monkeypatch):
    """Whoever loads a network, or opens a photograph, fails."""
    monkeypatch.setattr("facekp.cli_faces.load_predictor", lambda arguments: pytest.fail("a network was loaded"))
    monkeypatch.setattr("facekp.images._from_bytes", lambda *arguments: pytest.fail("a photograph was opened"))
    return faces


# --- Values that begin with a minus sign ----------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        (["average", "a.png", "b.png", "--weights", "-0.5,1.5"], "weights", [-0.5, 1.5]),
        (["average", "a.png", "b.png", "--weights", "-.5,1e0"], "weights", [-0.5, 1]),
        (["morph", "a.png", "b.png", "--frame", "-0.7,1.6"], "frame", [-0.7, 1.6]),
        (["morph", "a.png", "b.png", "--frame", "-1"], "frame", [-1, -1]),
        (["caricature", "a.png", "--factor", "-1e-1", "--mean", "b.png"], "amount", -0.1),
        (["transform", "a.png", "--from", "b.png", "--to", "c.png", "--amount", "-0.5"], "amount", -0.5),
        (["symmetrise", "--amount", "-2", "a.png"], "amount", -2),
    ],
)
def test_values_may_begin_with_a_minus_sign(faces, command, field, value):
    assert run(*command, *SMALL, "--save-recipe", "r.json", "--out", "x.png") == 0
    assert json.loads(Path("r.json").read_text())[field] == value


def test_curves_may_begin_below_0(faces):
    curve = ["--shape-curve", "-0.2,1.1", "--colour-curve", "-0.5,0,1"]
    assert run("morph", "a.png", "b.png", *curve, "--frames", 2, *SMALL, "--save-recipe", "r.json") == 0
    settings = read_recipe("r.json").settings
    assert (settings.shape_curve, settings.colour_curve) == ((-0.2, 1.1), (-0.5, 0, 1))


# --- Options that mean nothing --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["morph", "a.png", "b.png", "--points-c", "c.pts"], "--points-c is for photograph 3, and there are 2"),
        (["morph", "a.png", "b.png", "--face", "4=1"], "--face 4=1 is for photograph 4, and there are 2"),
        (["symmetrise", "a.png", "--points-b", "b.pts"], "--points-b is for photograph 2, and there is 1"),
        (["symmetrise", "a.png", "--extra-a", "x.json"], "--extra-a is not for symmetrise"),
        (["symmetrise", "a.png", "--extra", "1=x.json"], "--extra is not for symmetrise"),
        (["caricature", "a.png", "--mean", "b.png", "--face-c", "1"], "--face-c is for photograph 3"),
        (["morph", "a.png", "b.png", "--points-a", "a.pts", "--points", "1=b.pts"], "another --points of photograph 1"),
        (["morph", "a.png", "b.png", "--points", "b.pts"], "--points is 'b.pts'; give the photograph's number"),
        (["morph", "a.png", "b.png", "--points", "0=b.pts"], "--points is '0=b.pts'"),
        (["morph", "a.png", "b.png", "--points", "1="], "--points is '1='"),
        (["morph", "a.png", "b.png", "--face-a", "0"], "the face is '0'; give a number, 1 for the largest"),
        (["morph", "a.png", "b.png", "--face", "2=-1"], "the face is '-1'"),
        (
            ["morph", "a.png", "b.png", "--strip", "3", "--max-mb", "0.1", "--out", "s.png"],
            "--max-mb is for .gif, .mp4",
        ),
        (["morph", "a.png", "b.png", "--hold-first", "1", "--out", "s.png"], "--hold-first is for .gif"),
        (["morph", "a.png", "b.png", "--quality", "50", "--out", "m.apng"], "--quality is for .mp4, .webm, .webp"),
        (["morph", "a.png", "b.png", "--palette", "frame", "--out", "m.apng"], "--palette is for .gif, and this is"),
        (["morph", "a.png", "b.png", "--dither", "none", "--out", "m.mp4"], "--dither is for .gif"),
        (["morph", "a.png", "b.png", "--quality", "50"], "and this is a .gif file; leave it out"),
        (["morph", "a.png", "b.png", "--frame", "0", "--frames", "9"], "--frames is for a film, and --frame makes one"),
        (["morph", "a.png", "b.png", "--frame", "0", "--no-loop"], "--no-loop is for a film"),
        (["morph", "a.png", "b.png", "--frame", "0", "--max-mb", "1"], "--max-mb is for a film"),
        # What excludes what is known before any photograph is opened.
        (["morph", "a.png", "b.png", "c.png", "--shape-curve", "linear"], "need the same curve"),
        (["morph", "a.png", "b.png", "--closed", "--shape-curve", "linear"], "need the same curve"),
        (["morph", "a.png", "b.png", "c.png", "--background", "a"], "cannot keep one photograph's background"),
        (["caricature", "a.png", "--mean", "b.png", "--factor", "11"], "the factor is 11.0; give a number from -10"),
        (["transform", "a.png", "--from", "b.png", "--to", "c.png", "--amount", "nan"], "the amount is nan"),
        (["symmetrise", "a.png", "--amount", "-11"], "the amount is -11.0"),
        (["average", "a.png", "b.png", "--weights", "1,1e7"], "a weight is 1e+07; give numbers from -1000000"),
        (["morph", "a.png", "b.png", "--frames", "9" * 5000], "give a whole number"),
        (["morph", "a.png", "b.png", "--frames", "100001"], "and 100000 at most"),
        (["morph", "a.png", "b.png", "--size", "9" * 5000], "give a side as 512"),
    ],
)
def test_what_means_nothing_is_refused_before_any_work(idle, arguments, words, capsys):
    before = sorted(idle.iterdir())
    assert run(*arguments) == 2
    (line,) = sentences(capsys)
    assert words in line
    assert len(line) < 250
    assert sorted(idle.iterdir()) == before


def test_a_name_that_no_file_can_have_is_told(faces, capsys):
    assert run("morph", "a.png", "b\0.png") == 1
    (line,) = sentences(capsys)
    assert "is no name of a file" in line


# --- Faces and points by number -------------------------------------------------------------------


def test_faces_and_points_of_the_fourth_photograph_and_on(faces):
    shutil.copy("b.png", "d.png")
    shutil.copy("b.png", "e.png")
    names = ["a.png", "b.png", "c.png", "d.png", "e.png"]
    Path("hair.json").write_text("[[100, 40]]")
    options = ["--face-b", 2, "--face", "4=2", "--points", "5=c.pts", "--points", "1=b.pts"]
    hair = [part for number in range(1, 6) for part in ("--extra", f"{number}=hair.json")]
    assert run("average", *names, *options, *hair, *SMALL, "--save-recipe", "mean.json") == 0
    photographs = read_recipe("mean.json").photographs
    assert [one.extra.tolist() for one in photographs] == [[[100, 40]]] * 5
    points = [one.points for one in photographs]
    assert points[1] == pytest.approx(points[0] + 3, abs=1e-3)
    assert points[3] == pytest.approx(points[1])
    assert points[4] == pytest.approx(points[2], abs=1e-3)
    assert run("average", *names, *options, *SMALL, "--out", "plain.png") == 0
    assert (load_image("plain.png") == average_face(names, points, size=(64, 48))).all()


# --- What is read is not overwritten --------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--points-a", "my.json", "--save-recipe", "my.json"], "my.json is another file of this command"),
        (["--points", "2=my.json", "--save-recipe", "sub/../my.json"], "is another file of this command"),
        (["--points-a", "my.json", "--save-recipe", "link.json"], "link.json is another file of this command"),
        (["--extra-a", "my.json", "--save-recipe", "my.json"], "give another name with --save-recipe"),
        (["--out", "a.png"], "a.png is one of the photographs; give another name with --out"),
        (["--out", "x.png", "--extra-b", "x.png"], "x.png is another file of this command"),
        (["--save-recipe", "photo.json"], "photo.json is one of the photographs"),
    ],
)
def test_files_that_a_command_reads_are_not_overwritten(idle, options, words, capsys):
    Path("my.json").write_text("[[1, 2], [3, 4], [5, 7]]")
    Path("link.json").symlink_to("my.json")
    Path("sub").mkdir()
    shutil.copy("b.png", "photo.json")
    before = {path: path.read_bytes() for path in idle.iterdir() if path.is_file()}
    assert run("average", "a.png", "photo.json", *options) == 2
    (line,) = sentences(capsys)
    assert words in line
    assert {path: path.read_bytes() for path in idle.iterdir() if path.is_file()} == before


def test_a_photograph_that_a_recipe_finds_beside_it_is_not_overwritten(faces, capsys):
    Path("sub").mkdir()
    assert run("average", "a.png", "b.png", *SMALL, "--save-recipe", "sub/mean.json") == 0
    for name in ("a.png", "b.png"):
        Path(name).rename(Path("sub") / f"my {name}")
    before = Path("sub/my a.png").read_bytes()
    assert run("average", "--recipe", "sub/mean.json", "--out", "sub/my a.png") == 2
    assert "is one of the photographs" in sentences(capsys)[0]
    assert Path("sub/my a.png").read_bytes() == before
    assert run("average", "--recipe", "sub/mean.json", "--out", "again.png") == 0
    assert Path("again.png").read_bytes() == Path("mean.png").read_bytes()


def test_names_that_are_no_utf_8_have_recipes_too(faces):
    name = b"\xff[ 1, 2 ].png".decode("utf-8", "surrogateescape")
    try:
        shutil.copy("a.png", name)
    except OSError:
        pytest.skip("this file system has no such names")
    options = ["--frames", 2, *SMALL]
    assert run("morph", name, "b.png", *options, "--out", "m.zip", "--save-recipe", "r.json") == 0
    assert run("morph", "--recipe", "r.json", "--out", "n.zip") == 0
    assert Path("m.zip").read_bytes() == Path("n.zip").read_bytes()


# --- Help -----------------------------------------------------------------------------------------


def test_help_says_every_range(capsys):
    def about(command, option):
        run(command, "--help")
        text = " ".join(capsys.readouterr().out.split())
        return re.split(r" --[a-z]", text.rpartition(f" {option} ")[2])[0]

    assert f"2 to {MAX_FRAMES}" in about("morph", "--frames")
    assert f"{MIN_FPS} to {MAX_FPS}" in about("morph", "--fps")
    assert f"from {LOWEST_PART:g} to {HIGHEST_PART:g}" in about("morph", "--frame")
    assert f"from {LOWEST_PART:g} to {HIGHEST_PART:g}" in about("morph", "--shape-curve")
    for option in ("--hold-first", "--hold-last"):
        assert f"0 to {LONGEST_HOLD}" in about("morph", option)
    assert f"from {-MOST_WEIGHT} to {MOST_WEIGHT}" in about("average", "--weights")
    for command, option in (("caricature", "--factor"), ("transform", "--amount"), ("symmetrise", "--amount")):
        assert f"{-FARTHEST:g} to {FARTHEST:g}" in about(command, option)
