"""The morph studio from the command line: every command, its options, recipes and batches."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facekp import average_face, cli, console, load_image
from facekp.annotations import format_pts
from facekp.images import encode_png
from facekp.recipe import read_recipe
from tests.conftest import ROOT
from tests.drawn import draw_face, face_points
from tests.test_cli import run, sentences
from tests.test_pose import seen


def draw_faces(folder, monkeypatch):
    """Drawn photographs a, b and c in the working folder; their points are found in their files."""
    monkeypatch.chdir(folder)
    shapes = {"a": face_points(), "b": face_points((95, 105), 108, 100), "c": face_points((102, 110), 95, 112)}
    found = []
    for seed, (name, points) in enumerate(shapes.items()):
        picture = draw_face(points, skin=(220 - 20 * seed, 170, 140), seed=seed)
        Path(f"{name}.png").write_bytes(encode_png(picture))
        Path(f"{name}.pts").write_text(format_pts(points))
        found.append((picture, points))
    monkeypatch.setattr("facekp.cli_faces.load_predictor", lambda arguments: Predictor(found))
    return folder


@pytest.fixture
def faces(tmp_path, monkeypatch):
    return draw_faces(tmp_path, monkeypatch)


class Predictor:
    """Knows the drawn photographs; each has a second face, 3 pixels beside the first."""

    def __init__(self, found):
        self._found = found

    def predict(self, image):
        points = next(points for picture, points in self._found if np.array_equal(picture, image))
        return [Face(points), Face(points + 3)]


class Face:
    score = 0.9

    def __init__(self, points):
        self.points = points


SMALL = ("--size", "64x48")


def test_a_missing_photograph_is_told_before_the_others_are_looked_at(faces, monkeypatch, capsys):
    monkeypatch.setattr("facekp.cli_faces.load_predictor", lambda arguments: pytest.fail("a network was loaded"))
    assert run("morph", "a.png", "none.png") == 1
    assert sentences(capsys) == ["facekp: none.png does not exist"]


def test_where_the_points_are_given_no_network_is_loaded(faces):
    code = "import sys; from facekp import cli; print(cli.main(sys.argv[1:]), 'torch' in sys.modules)"
    command = ["average", "a.png", "b.png", "--points-a", "a.pts", "--points-b", "b.pts", *SMALL, "--out", "mean.png"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code, *command], env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "False"], done.stderr


def test_every_command_makes_its_picture_and_its_recipe_the_same(faces):
    commands = {
        "average": ["a.png", "b.png", "--weights", "1.5,-0.5", *SMALL],
        "caricature": ["a.png", "--mean", "b.png", "--factor", 0.5, "--only", "shape"],
        "transform": ["a.png", "--from", "b.png", "--to", "c.png", "--amount", 0.3],
        "symmetrise": ["a.png", "--amount", 0.7],
        "swap": ["a.png", "b.png", "--colour-match", "lab", *SMALL],
        "morph": ["a.png", "b.png", "--frame", "0.5", "--reference", "eyes", *SMALL],
    }
    for command, arguments in commands.items():
        out, note = f"{command}.png", f"{command}.json"
        assert run(command, *arguments, "--out", out, "--save-recipe", note) == 0
        assert run(command, "--recipe", note, "--out", "again.png", "--overwrite") == 0
        assert Path("again.png").read_bytes() == Path(out).read_bytes()
        assert json.loads(Path(note).read_text())["kind"] == command


def test_the_mean_of_more_photographs_than_are_kept_is_the_librarys(faces):
    names = ["a.png", "b.png", "c.png", "a.png", "b.png"]
    assert run("average", *names, *SMALL, "--save-recipe", "mean.json") == 0
    points = [one.points for one in read_recipe("mean.json").photographs]
    expected = average_face(names, points, size=(64, 48))
    np.testing.assert_array_equal(load_image("mean.png"), expected)
    Path("c.png").write_bytes(b"")
    assert run("average", *names, *SMALL, "--overwrite") == 1
    np.testing.assert_array_equal(load_image("mean.png"), expected)


OWN_OPTIONS = {
    ".gif": ["--hold-first", 0.2, "--palette", "frame", "--colours", 64, "--dither", "none"],
    ".mp4": ["--hold-first", 0.2, "--quality", 60],
    ".webm": ["--hold-last", 0.2, "--quality", 60],
    ".webp": ["--hold-first", 0.2, "--quality", 60],
    ".apng": ["--max-mb", 1],
    ".zip": ["--hold-first", 0.2],
    ".png": ["--strip", 3],
}


@pytest.mark.parametrize("suffix", OWN_OPTIONS)
def test_every_format_and_its_recipe(faces, suffix):
    options = ["--frames", 4, *SMALL, "--ping-pong", *OWN_OPTIONS[suffix]]
    assert run("morph", "a.png", "b.png", "--out", f"m{suffix}", *options, "--save-recipe", "r.json") == 0
    assert run("morph", "--recipe", "r.json", "--out", f"n{suffix}") == 0
    assert Path(f"m{suffix}").read_bytes() == Path(f"n{suffix}").read_bytes()


def test_a_recipe_of_a_recipe_and_its_default_name(faces):
    assert run("morph", "a.png", "b.png", "--out", "m.webp", "--frames", 2, *SMALL, "--save-recipe", "r.json") == 0
    Path("sub").mkdir()
    assert run("morph", "--recipe", "r.json", "--save-recipe", "sub/r.json") == 0
    assert Path("morph.webp").read_bytes() == Path("m.webp").read_bytes()
    assert run("morph", "--recipe", "sub/r.json", "--out", "sub/m.webp") == 0
    assert Path("sub/m.webp").read_bytes() == Path("m.webp").read_bytes()


def test_through_three_faces_and_back_to_the_first(faces):
    assert run("morph", "a.png", "b.png", "c.png", "--closed", "--frames", 3, *SMALL, "--out", "s.gif") == 0
    with Image.open("s.gif") as film:
        assert film.n_frames == 6
    assert run("morph", "a.png", "b.png", "c.png", "--frames", 3, *SMALL, "--no-loop", "--out", "t.gif") == 0
    with Image.open("t.gif") as film:
        assert film.n_frames == 5


def test_transparency_reaches_the_file(faces):
    assert (
        run("morph", "a.png", "b.png", "--frame", "0,1", "--background", "transparent", *SMALL, "--out", "x.png") == 0
    )
    with Image.open("x.png") as picture:
        assert (picture.mode, picture.size) == ("RGBA", (64, 48))
    assert run("symmetrise", "a.png", "--background", "transparent", "--out", "y.png") == 0
    with Image.open("y.png") as picture:
        assert (picture.mode, picture.size) == ("RGBA", (200, 220))


def test_a_caricature_changes_only_the_face_unless_told_otherwise(faces):
    before = load_image("a.png")
    assert run("caricature", "a.png", "--mean", "c.png", "--out", "face.png") == 0
    assert run("caricature", "a.png", "--mean", "c.png", "--background", "dissolve", "--out", "whole.png") == 0
    wall = np.s_[200:, :60]
    np.testing.assert_array_equal(load_image("face.png")[wall], before[wall])
    assert (load_image("whole.png")[wall] != before[wall]).any()


def test_faces_and_points_can_be_chosen(faces):
    for name, options in {
        "first": [],
        "second": ["--face-b", 2],
        "given": ["--points-a", "a.pts", "--points-b", "c.pts"],
        "extra": ["--extra-a", "hair.json", "--extra-b", "hair.json"],
    }.items():
        Path("hair.json").write_text("[[100, 40]]")
        assert run("morph", "a.png", "b.png", "--frame", 0.5, *SMALL, *options, "--out", f"{name}.png") == 0
    pictures = [Path(f"{name}.png").read_bytes() for name in ("first", "second", "given", "extra")]
    assert len(set(pictures)) == 4


def test_points_from_files_need_no_network(faces, monkeypatch):
    monkeypatch.setattr("facekp.cli_faces.load_predictor", None)
    given = ["--points-a", "a.pts", "--points-b", "b.pts"]
    assert run("morph", "a.png", "b.png", "--frame", 0.5, *SMALL, *given, "--out", "x.png") == 0


def test_warnings_are_one_line_each(faces, capsys):
    for name, yaw in (("a", 20), ("b", -22)):
        Path(f"{name}.pts").write_text(format_pts(seen("ibug68", yaw) / 3))
    given = ["--points-a", "a.pts", "--points-b", "b.pts"]
    assert run("morph", "a.png", "b.png", "--frame", 0.5, *SMALL, *given, "--out", "x.png") == 0
    (line,) = sentences(capsys)
    assert line.startswith("facekp: the heads of faces 1 and 2 are turned 4")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["morph"], "morph needs two photographs or more"),
        (["morph", "a.png"], "morph needs two photographs or more"),
        (["average"], "average needs photographs"),
        (["caricature", "a.png"], "needs a photograph and --mean"),
        (["transform", "a.png", "--from", "b.png"], "--from PHOTO and --to PHOTO"),
        (["symmetrise"], "symmetrise needs a photograph"),
        (["swap", "a.png"], "swap needs two photographs"),
        (["morph", "a.png", "b.png", "--frame", "0,1,2"], "give one number, or two"),
        (["morph", "a.png", "b.png", "c.png", "--frame", "0"], "between two photographs"),
        (["morph", "a.png", "b.png", "--frame", "x"], "--frame is 'x'; give a number"),
        (["morph", "a.png", "b.png", "--frame", "nan"], "give numbers from -1 to 2"),
        (["morph", "a.png", "b.png", "--frame", "0,inf"], "give numbers from -1 to 2"),
        (["morph", "a.png", "b.png", "--frame", "1e9"], "give numbers from -1 to 2"),
        (["morph", "a.png", "b.png", "--strip", "0", "--out", "m.png"], "strip is 0; give a whole number from 1"),
        (["morph", "a.png", "b.png", "--strip", "101", "--out", "m.png"], "strip is 101"),
        (["morph", "a.png", "b.png", "--strip", "4"], "--strip is for a film's pictures side by side; give it a .png"),
        (["morph", "a.png", "b.png", "--strip", "4", "--frame", "0.5"], "and no --frame"),
        (["morph", "a.png", "b.png", "--jobs", "2"], "--jobs is for the films of a table; give --pairs FILE"),
        (["morph", "a.png", "b.png", "--format", "gif"], "--format is for the films of a table"),
        (["morph", "a.png", "b.png", "--frame", "0", "--out", "m.gif"], "cannot write the suffix '.gif'"),
        (["morph", "a.png", "b.png", "--background", "pink"], "background is 'pink'"),
        (["morph", "a.png", "b.png", "--shape-curve", "0,9"], "shape_curve is"),
        (["morph", "a.png", "b.png", "--face-only", "seamless"], "give the reference 'a'"),
        (["morph", "a.png", "b.png", "--ping-pong", "--closed"], "closed or ping_pong"),
        (["morph", "a.png", "b.png", "--out", "m.mp4", "--quality", "101"], "quality is 101"),
        (["morph", "a.png", "b.png", "--max-mb", "0"], "max_megabytes is 0"),
        (["morph", "a.png", "b.png", "--palette", "mine"], "palette is 'mine'"),
        (["average", "a.png", "b.png", "--weights", "1,x"], "--weights is 'x'; give a number"),
        (["morph", "--recipe", "none.json"], "none.json cannot be read"),
        (["morph", "a.png", "--recipe", "r.json"], "give --recipe without them"),
        (["morph", "--recipe", "r.json", "--fps", "3"], "give --recipe without them"),
        (["morph", "--recipe", "r.json", "--points-a", "a.pts"], "give --recipe without them"),
        (["morph", "--recipe", "r.json", "--strip", "3"], "give --recipe without them"),
        (["average", "--recipe", "r.json", "--weights", "1,2"], "give --recipe without them"),
        (["caricature", "--recipe", "r.json", "--factor", "2"], "give --recipe without them"),
        (["transform", "--recipe", "r.json", "--from", "a.png"], "give --recipe without them"),
        (["symmetrise", "--recipe", "r.json", "--only", "shape"], "give --recipe without them"),
        (["morph", "--pairs", "p.csv", "--out", "d", "--jobs", "0"], "--jobs is 0; give 1 or more"),
        (["average", "--recipe", "r.json"], "r.json is a recipe for morph; run facekp morph --recipe"),
        (["morph", "a.png", "b.png", "--save-recipe", "x.txt"], "cannot write the suffix '.txt'"),
        (["morph", "--pairs", "p.csv"], "with --out DIR"),
        (["morph", "a.png", "--pairs", "p.csv", "--out", "films"], "and no photographs"),
        (["morph", "--pairs", "none.csv", "--out", "films"], "none.csv cannot be read"),
        (["morph", "--pairs", "p.csv", "--out", "d", "--points-a", "a.pts"], "--points-a is not for --pairs"),
        (["morph", "--pairs", "p.csv", "--out", "d", "--face-b", "1"], "--face-b is not for --pairs"),
        (["morph", "--pairs", "p.csv", "--out", "d", "--extra-b", "x.json"], "--extra-b is not for --pairs"),
        (["morph", "--pairs", "p.csv", "--out", "d", "--save-recipe", "x.json"], "--save-recipe is not for --pairs"),
    ],
)
def test_wrong_usage(faces, arguments, words, capsys):
    assert run("morph", "a.png", "b.png", "--out", "made.gif", "--frames", 2, *SMALL, "--save-recipe", "r.json") == 0
    before = sorted(os.listdir())
    assert run(*arguments) == 2
    (line,) = sentences(capsys)
    assert words in line
    assert sorted(os.listdir()) == before


def test_weights_that_cannot_be_used(faces, capsys):
    assert run("average", "a.png", "b.png", "--weights", "1,-1") == 1
    assert run("average", "a.png", "b.png", "--weights", "1") == 1
    assert [words in line for words, line in zip(("must not be 0", "1 weights for 2"), sentences(capsys), strict=True)]
    assert not Path("mean.png").exists()


def test_a_batch_ends_with_its_failures_and_goes_on(faces, capsys):
    rows = ["a,b,name,points_a,points_b", "a.png,b.png,one,a.pts,b.pts", "a.png,none.png,two,a.pts,b.pts"]
    Path("pairs.csv").write_text("\n".join(rows))
    command = [
        "morph",
        "--pairs",
        "pairs.csv",
        "--out",
        "films",
        "--frames",
        2,
        *SMALL,
        "--format",
        "webp",
        "--jobs",
        1,
    ]
    assert run(*command) == 1
    assert sentences(capsys) == ["facekp: two: none.png does not exist"]
    assert sorted(os.listdir("films")) == ["one.webp", "one.webp.recipe.json"]
    shutil.copy("c.png", "none.png")
    assert run(*command) == 0
    assert sentences(capsys) == []
    assert (Path("films") / "two.webp").is_file()


def test_a_batch_finds_points_with_the_network(tmp_path, portrait, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(portrait, "ada.jpg")
    Path("pairs.csv").write_text("a,b,frames\nada.jpg,ada.jpg,2\n")
    assert run("morph", "--pairs", "pairs.csv", "--out", "films", *SMALL) == 0
    with Image.open("films/ada_ada.gif") as film:
        assert film.size == (64, 48)
    assert sentences(capsys) == []


def test_help_says_what_there_is(capsys):
    for command in ("morph", "average", "caricature", "transform", "symmetrise", "swap"):
        assert run(command, "--help") == 0
        text = capsys.readouterr().out
        for option in ("--recipe", "--save-recipe", "--background", "--points-a", "--model"):
            assert option in text, command
    assert cli.FAILED == console.FAILED == 1
