"""``facekp detect`` with films: tables as they grow, a film with the points drawn in, and nothing half-written."""

import csv
import json
import os
import sys
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest

from facekp import cli_film
from facekp.footage import Footage
from facekp.movie import write_movie
from tests.drawn_films import SquareFinder, wall, write_film
from tests.test_cli import run, sentences


@pytest.fixture(autouse=True)
def finder(monkeypatch):
    """No network is loaded: the squares are found."""
    found = SquareFinder()
    monkeypatch.setattr(cli_film, "load_predictor", lambda arguments: found)
    return found


@pytest.fixture
def film(tmp_path):
    """Half a second with a face that moves, and with sound."""
    return write_film(tmp_path / "film.mp4", [wall(("red", 10 + 2 * i, 10)) for i in range(12)], sound=True)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def test_a_table_and_a_film_with_the_points(film, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)  # a progress bar is for a terminal
    out = tmp_path / "points.csv"
    assert run("detect", film, "--out", out, "--overlay") == 0
    assert names(tmp_path) == {"film.mp4", "points.csv", "film_points.mp4"}
    rows = table(out)
    assert [(row["frame"], row["face"]) for row in rows] == [(str(i), "0") for i in range(12)]
    assert [float(row["time"]) for row in rows] == pytest.approx(np.arange(12) / 25)
    assert {"x_0", "y_67", "u_67", "yaw", "score", "detection", "x_min"} <= rows[0].keys()
    assert float(rows[-1]["x_min"]) == pytest.approx(32, abs=2)
    before, after = list(Footage(film)), list(Footage(tmp_path / "film_points.mp4"))
    assert [frame.time for frame in after] == [frame.time for frame in before]
    changed = np.abs(after[3].picture.astype(int) - before[3].picture).max(axis=2) > 60
    assert 0.005 < changed.mean() < 0.2
    with av.open(str(tmp_path / "film_points.mp4")) as written:
        assert written.streams.audio[0].codec_context.name == "aac"
    assert "/12" in capsys.readouterr().err


def test_a_frame_a_line(film, tmp_path):
    for suffix, read in ((".jsonl", lambda text: list(map(json.loads, text.splitlines()))), (".json", json.loads)):
        assert run("detect", film, "--out", tmp_path / f"p{suffix}") == 0
        frames = read((tmp_path / f"p{suffix}").read_text())
        assert [frame["frame"] for frame in frames] == list(range(12))
        (face,) = frames[3]["faces"]
        assert face.keys() == {"id", "box", "score", "detection", "pose", "points", "uncertainty"}
        assert np.shape(face["points"]) == (68, 2)


def test_on_standard_output(film, capsys):
    assert run("detect", film) == 0
    assert len(json.loads(capsys.readouterr().out)) == 12
    assert run("detect", film, "--format", "csv") == 0
    assert len(list(csv.DictReader(capsys.readouterr().out.splitlines()))) == 12


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng", ".png"])
def test_a_picture_that_moves_is_a_film(tmp_path, suffix):
    frames = [wall(("red", 10 + 2 * i, 10)) for i in range(6)]
    write_movie(frames, tmp_path / "film.apng" if suffix == ".png" else tmp_path / f"film{suffix}", 10)
    if suffix == ".png":
        (tmp_path / "film.apng").rename(tmp_path / "film.png")
    assert run("detect", tmp_path / f"film{suffix}", "--out", tmp_path / "p.csv", "--overlay") == 0
    assert names(tmp_path) == {f"film{suffix}", "p.csv", "film_points.mp4"}
    rows = table(tmp_path / "p.csv")
    assert [(row["frame"], row["face"]) for row in rows] == [(str(i), "0") for i in range(6)]
    assert [float(row["time"]) for row in rows] == pytest.approx(np.arange(6) / 10)
    overlaid = list(Footage(tmp_path / "film_points.mp4"))
    assert [float(frame.time) for frame in overlaid] == pytest.approx(np.arange(6) / 10)


def test_a_table_whose_name_is_as_long_as_can_be(film, tmp_path):
    out = tmp_path / ("n" * 245 + ".csv")
    assert run("detect", film, "--out", out) == 0
    assert len(table(out)) == 12


def test_json_lines_are_json(film, tmp_path):
    assert run("detect", film, "--out", tmp_path / "p.jsonl", "--format", "json") == 0
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 12


def test_several_films_into_a_folder_each_with_its_own_ids(film, tmp_path, capsys):
    other = write_film(tmp_path / "other.mov", [wall(("blue", 50, 50))] * 3)
    out = tmp_path / "out"
    assert run("detect", film, other, "--out", out, "--format", "csv", "--overlay") == 0
    assert names(out) == {"film.csv", "other.csv", "film_points.mp4", "other_points.mp4"}
    assert {row["face"] for row in table(out / "other.csv")} == {"0"}
    assert run("detect", film, "--out", out, "--format", "csv") == 2
    assert "film.csv is there already" in sentences(capsys)[-1]


def test_a_film_without_faces(tmp_path, capsys):
    film = write_film(tmp_path / "empty.mp4", [wall()] * 3)
    assert run("detect", film, "--out", tmp_path / "p.csv") == 0
    assert sentences(capsys) == [f"facekp: {film}: no face was found"]
    assert (tmp_path / "p.csv").read_text().startswith("frame,time,face,score")
    assert run("detect", film, "--out", tmp_path / "p.json") == 0
    assert [frame["faces"] for frame in json.loads((tmp_path / "p.json").read_text())] == [[], [], []]


def test_what_was_read_of_a_film_that_breaks_off_is_kept(tmp_path, capsys):
    rng = np.random.default_rng(0)
    frames = [wall(("red", 10, 10)) | rng.integers(0, 16, (120, 160, 3), dtype=np.uint8) for _ in range(50)]
    data = write_film(tmp_path / "whole.mp4", frames).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    assert run("detect", tmp_path / "cut.mp4", "--out", tmp_path / "p.csv", "--overlay") == 1
    (said,) = sentences(capsys)
    assert "cut.mp4 breaks off after" in said
    count = len(table(tmp_path / "p.csv"))
    assert 10 < count < 40
    assert len(list(Footage(tmp_path / "cut_points.mp4"))) == count


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (["b.jpg", "a.mp4"], "a.mp4 is a film and b.jpg is not; give photographs and films in commands apart", 2),
        (["a.mp4", "--out", "p.csv", "--format", "json"], "p.csv is no json file", 2),
        (["a.mp4", "--out", "n" * 300], "File name too long", 2),
        (["a.mp4", "--out", "n" * 300 + ".csv"], "File name too long", 2),
        (["a.mp4", "--format", "pts"], "write the points of a film as csv or json", 2),
        (["a.mp4", "--overlay"], "--overlay writes a film; give the file for its points", 2),
        (["a.mp4", "b.mp4"], "give it with --out DIR", 2),
        (["a.mp4", "b.mp4", "--out", "p.csv"], "p.csv is one file, for 2 films", 2),
        (["a.mp4", "--out", "p.txt"], "cannot write the suffix '.txt'", 2),
        (["a.mp4", "--out", "none/p.csv"], "the folder none does not exist", 2),
        (["a.mp4", "--out", "none/out"], "the folder none does not exist", 2),
        (["a.mp4", "x/a.mov", "--out", "."], "would overwrite each other", 2),
        (["none.mp4", "--out", "p.csv"], "none.mp4 does not exist", 1),
        (["text.mp4", "--out", "p.csv"], "text.mp4 cannot be read as a film", 1),
    ],
)
def test_wrong_usage(arguments, words, status, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("text.mp4").write_text("no film")
    assert run("detect", *arguments) == status
    assert words in sentences(capsys)[-1]
    assert names(tmp_path) == {"text.mp4"}


def test_ctrl_c_leaves_no_half_written_file(film, tmp_path, finder, monkeypatch, capsys):
    looked = finder.follow

    def interrupted(image, points):
        if finder.looks > 5:
            raise KeyboardInterrupt
        return looked(image, points)

    monkeypatch.setattr(finder, "follow", interrupted)
    assert run("detect", film, "--out", tmp_path / "p.csv", "--overlay") == 1
    assert sentences(capsys) == ["facekp: interrupted"]
    assert names(tmp_path) == {"film.mp4"}


def test_memory_does_not_grow_with_the_film(tmp_path, capsys):
    peaks = []
    for count in (20, 80):
        film = write_film(tmp_path / f"{count}.mp4", (wall(("red", 10, 10), size=(640, 480)) for _ in range(count)))
        tracemalloc.start()
        assert run("detect", film, "--out", tmp_path / f"{count}.csv", "--overlay") == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
