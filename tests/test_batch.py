"""A table of pairs becomes films; what is done is not done again, and one failure costs one film."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import facekp.batch
from facekp.annotations import format_pts
from facekp.batch import Network, run_pairs
from facekp.errors import OutputError, SettingsError
from facekp.faces import FaceBox
from facekp.film import MovieOptions
from facekp.images import encode_png
from facekp.keypoints import Keypoints
from facekp.make import make
from facekp.pairs import read_pairs
from facekp.predict import KeypointPredictor
from facekp.recipe import Output, read_recipe
from facekp.schema import IBUG68
from facekp.settings import MorphSettings
from tests.drawn import draw_face, face_points

SETTINGS = MorphSettings(frames=3, size=(32, 32))
GIF = Output(".gif")
HEADER = "a,b,name,points_a,points_b,frames,size\n"


@pytest.fixture
def table(tmp_path):
    """Four drawn photographs and a table of three pairs."""
    draw_photographs(tmp_path)
    rows = [
        "p0.png,p1.png,,p0.pts,p1.pts,,",
        "p1.png,p2.png,second,p1.pts,p2.pts,4,40x24",
        "p2.png,p3.png,third,p2.pts,p3.pts,,",
    ]
    (tmp_path / "pairs.csv").write_text(HEADER + "\n".join(rows) + "\n")
    return tmp_path / "pairs.csv"


def draw_photographs(folder):
    """Write p0.png to p3.png, and their points beside them."""
    for index in range(4):
        points = face_points((100 + 3 * index, 110), 100 - 4 * index, 110)
        (folder / f"p{index}.png").write_bytes(encode_png(draw_face(points, seed=index)))
        (folder / f"p{index}.pts").write_text(format_pts(points))


def films(table, *, folder="films", workers=1, output=GIF, overwrite=False):
    pairs = read_pairs(table, SETTINGS)
    done = run_pairs(pairs, table.parent / folder, output, None, workers=workers, overwrite=overwrite)
    return {one.name: one for one in done}


def test_films_and_their_recipes(table):
    assert all(one.made and not one.error for one in films(table).values())
    folder = table.parent / "films"
    assert {path.name for path in folder.iterdir()} == {
        f"{name}{suffix}" for name in ("p0_p1", "second", "third") for suffix in (".gif", ".gif.recipe.json")
    }
    make(read_recipe(folder / "second.gif.recipe.json"), folder / "again.gif", folder=folder)
    assert (folder / "again.gif").read_bytes() == (folder / "second.gif").read_bytes()


def test_what_is_done_is_skipped_until_something_changes(table):
    def made(**changes):
        return {name for name, one in films(table, **changes).items() if one.made}

    assert made() == {"p0_p1", "second", "third"}
    assert made() == set()
    (table.parent / "films" / "second.gif").unlink()
    assert made() == {"second"}
    (table.parent / "films" / "third.gif").unlink()
    (table.parent / "films" / "third.gif.recipe.json").unlink()
    assert made() == {"third"}
    (table.parent / "p0.png").write_bytes(encode_png(draw_face(face_points(), seed=9)))
    assert made() == {"p0_p1"}
    (table.parent / "p3.pts").write_text(format_pts(face_points()))
    assert made() == {"third"}
    table.write_text(table.read_text().replace(",4,40x24", ",5,40x24"))
    assert made() == {"second"}
    assert made(output=Output(".gif", movie=MovieOptions(colours=16))) == {"p0_p1", "second", "third"}
    assert made(output=Output(".webp")) == {"p0_p1", "second", "third"}


@pytest.mark.parametrize(("change", "again"), [({"engine": "auto"}, False), ({"sha256": "other"}, True)])
def test_other_weights_make_films_again_but_no_other_engine(table, monkeypatch, change, again):
    network = Network("face68", "sha", engine="torch")
    face = Keypoints(face_points().astype(np.float32), FaceBox(10, 10, 100, 100), 1.0, IBUG68)
    predictor = SimpleNamespace(predict=lambda image: [face], schema=IBUG68)
    monkeypatch.setattr(KeypointPredictor, "from_checkpoint", lambda *_: predictor)
    (table.parent / "pairs.csv").write_text("a,b\np0.png,p1.png\n")
    for each, made in ((network, True), (network, False), (replace(network, **change), again)):
        (one,) = run_pairs(read_pairs(table, SETTINGS), table.parent / "films", GIF, each, workers=1, overwrite=False)
        assert (one.made, one.error) == (made, "")


def test_films_of_another_format_leave_what_is_done(table):
    films(table)
    assert all(one.made for one in films(table, output=Output(".webp")).values())
    for output in (GIF, Output(".webp")):
        assert not any(one.made or one.error for one in films(table, output=output).values())
    folder = table.parent / "films"
    make(read_recipe(folder / "third.gif.recipe.json"), folder / "again.gif", folder=folder)
    assert (folder / "again.gif").read_bytes() == (folder / "third.gif").read_bytes()


@pytest.mark.parametrize("output", [GIF, Output(".zip")])
def test_a_damaged_film_is_made_again(table, output):
    films(table, output=output)
    film = table.parent / "films" / f"second{output.suffix}"
    whole = film.read_bytes()
    film.write_bytes(whole[:6])
    assert [name for name, one in films(table, output=output).items() if one.made] == ["second"]
    assert film.read_bytes() == whole
    assert not any(one.made for one in films(table, output=output).values())


# --- The user's own files -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "row"),
    [
        ({"one.gif": "p0.png"}, "one.gif,p1.png,one,p0.pts,p1.pts,"),
        ({"one.gif": "p0.png"}, "p2.png,one.gif,good,p2.pts,p0.pts,\np0.png,p1.png,one,p0.pts,p1.pts,"),
        ({"one.gif": "p0.png"}, "one.gif,p1.png,bad,p0.pts,p1.pts,x\np0.png,p1.png,one,p0.pts,p1.pts,"),
        ({"one.gif.recipe.json": "points.json"}, "p0.png,p1.png,one,one.gif.recipe.json,p1.pts,"),
        ({"one.gif.recipe.json": "extra.json"}, "p0.png,p1.png,one,p0.pts,p1.pts,one.gif.recipe.json"),
    ],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_no_file_that_the_table_names_is_lost(table, files, row, overwrite):
    folder = table.parent
    (folder / "points.json").write_text(json.dumps(face_points().tolist()))
    (folder / "extra.json").write_text("[[60, 20]]")
    for name, source in files.items():
        (folder / name).write_bytes((folder / source).read_bytes())
    column = "extra_a" if "extra.json" in files.values() else "frames"
    table.write_text(f"a,b,name,points_a,points_b,{column}\n{row}\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = films(table, folder=".", overwrite=overwrite)
    assert (
        "is one of the table's own files; give the film another name, or another folder with --out" in done["one"].error
    )
    assert before.items() <= {path: path.read_bytes() for path in folder.iterdir()}.items()


def test_no_photograph_is_lost_by_another_of_its_names(table):
    folder = table.parent
    (folder / "one.gif").write_bytes((folder / "p0.png").read_bytes())
    (folder / "link.png").symlink_to("one.gif")
    table.write_text("a,b,name,points_a,points_b\nlink.png,p1.png,one,p0.pts,p1.pts\n")
    assert "own files" in films(table, folder="../" + folder.name, overwrite=True)["one"].error
    assert (folder / "one.gif").read_bytes() == (folder / "p0.png").read_bytes()


def test_the_table_itself_is_not_lost(table):
    moved = table.rename(table.parent / "third.gif.recipe.json")
    text = moved.read_text()
    assert "own files" in films(moved, folder=".", overwrite=True)["third"].error
    assert moved.read_text() == text


@pytest.mark.parametrize("note", [None, "{", "[1]", '{"facekp": "0.1", "kind": "morph"}'])
def test_a_film_that_no_batch_made_is_replaced_only_where_that_is_asked_for(table, note):
    folder = table.parent / "films"
    folder.mkdir()
    (folder / "second.gif").write_text("the user's own")
    if note is not None:
        (folder / "second.gif.recipe.json").write_text(note)
    done = films(table)
    assert f"{folder / 'second.gif'} is there already" in done["second"].error
    assert "choose another folder with --out, or give --overwrite" in done["second"].error
    assert (folder / "second.gif").read_text() == "the user's own"
    assert done["p0_p1"].made
    assert done["third"].made
    assert [name for name, one in films(table, overwrite=True).items() if one.made] == ["second"]
    assert not any(one.made or one.error for one in films(table).values())


def test_a_recipe_that_no_batch_wrote_is_not_lost_either(table):
    note = table.parent / "films" / "second.gif.recipe.json"
    note.parent.mkdir()
    note.write_text("{}")
    assert f"{note} is there already" in films(table)["second"].error
    assert note.read_text() == "{}"


# --- What may happen on the way -------------------------------------------------------------------


def test_another_version_makes_films_anew(table, monkeypatch):
    films(table)
    monkeypatch.setattr(facekp.batch, "__version__", "99")
    assert all(one.made for one in films(table).values())


def test_an_interrupted_run_goes_on(table):
    run = run_pairs(read_pairs(table, SETTINGS), table.parent / "films", GIF, None, workers=1)
    assert next(run).made
    run.close()
    assert [one.made for one in films(table).values()] == [False, True, True]


def test_a_failure_costs_one_film(table):
    (table.parent / "p1.png").write_text("no picture")
    done = films(table)
    assert [bool(one.error) for one in done.values()] == [True, True, False]
    assert "p1.png is not a picture" in done["second"].error
    assert done["third"].made


def test_an_error_that_nobody_foresaw_costs_one_film(table, monkeypatch):
    def failing(recipe, target, **more):
        if recipe.settings.frames == 4:
            raise ValueError("repeats may not\n contain negative values")
        return make(recipe, target, **more)

    monkeypatch.setattr(facekp.batch, "make", failing)
    done = films(table)
    assert done["second"].error == (
        "an error that was not foreseen, ValueError: repeats may not contain negative values"
    )
    assert done["p0_p1"].made
    assert done["third"].made


@pytest.mark.parametrize("change", [{"weights": ["x"]}, {"amount": "x"}, {"frame": "ab"}, {"photographs": [{}]}])
def test_a_film_with_a_broken_recipe_is_made_again(table, change):
    films(table)
    note = table.parent / "films" / "second.gif.recipe.json"
    whole = note.read_text()
    note.write_text(json.dumps(json.loads(whole) | change))
    assert [name for name, one in films(table).items() if one.made] == ["second"]
    assert note.read_text() == whole


def test_extra_points_are_columns_too(table):
    films(table)
    folder = table.parent / "films"
    before = (folder / "second.gif").read_bytes()
    for name, x in (("hair_a", 60), ("hair_b", 75)):
        (table.parent / f"{name}.json").write_text(f"[[{x}, 20], [{x + 40}, 12]]")
    header, first, second, third = table.read_text().splitlines()
    rows = [f"{header},extra_a,extra_b", f"{first},,", f"{second},hair_a.json,hair_b.json", f"{third},,"]
    table.write_text("\n".join(rows))
    assert [name for name, one in films(table).items() if one.made] == ["second"]
    assert (folder / "second.gif").read_bytes() != before
    extra = [one.extra.tolist() for one in read_recipe(folder / "second.gif.recipe.json").photographs]
    assert extra == [[[60, 20], [100, 12]], [[75, 20], [115, 12]]]
    (table.parent / "hair_b.json").write_text("[[80, 20], [115, 12]]")
    assert [name for name, one in films(table).items() if one.made] == ["second"]


def test_several_processes_make_the_same_films(table):
    films(table)
    folder = table.parent / "films"
    before = {path.name: path.read_bytes() for path in folder.glob("*.gif")}
    for path in folder.iterdir():
        path.unlink()
    (table.parent / "p3.png").unlink()
    done = films(table, workers=2)
    assert "p3.png does not exist" in done["third"].error
    assert done["p0_p1"].made
    assert done["second"].made
    for name in ("p0_p1.gif", "second.gif"):
        assert (folder / name).read_bytes() == before[name]


def test_a_film_whose_process_dies_is_a_failure_of_its_own(table, monkeypatch):
    """Which films are lost with a process, test_processes.py tells."""
    monkeypatch.setattr(facekp.batch, "in_processes", lambda work, pairs, count: ((pair, None) for pair in pairs))
    assert {one.error for one in films(table, workers=2).values()} == {
        "its process came to an end, or another one beside it; is there enough memory?"
    }


def test_names_that_no_file_can_have_cost_one_film(table):
    table.write_text(table.read_text().replace("second", "s" * 250))
    done = films(table)
    assert "File name too long" in done["s" * 250].error
    assert "not foreseen" not in done["s" * 250].error
    assert done["third"].made
    assert not [path for path in (table.parent / "films").iterdir() if path.name.startswith((".", "s"))]


def test_a_full_disk_is_told_of_the_film(table, monkeypatch):
    def full(recipe, target, **more):
        raise OutputError(f"{target} cannot be written: No space left on device")

    monkeypatch.setattr(facekp.batch, "make", full)
    folder = table.parent / "films"
    assert films(table)["second"].error == f"{folder / 'second.gif'} cannot be written: No space left on device"
    assert list(folder.iterdir()) == []


def test_warnings_are_handed_on(table):
    points = face_points((109, 110), 88, 110)
    points[48:68] = points[48:68][::-1]
    (table.parent / "p3.pts").write_text(format_pts(points))
    assert "lips" in " ".join(films(table)["third"].warnings)


def test_what_cannot_be_read_or_written(table, tmp_path):
    with pytest.raises(SettingsError, match=r"none.csv cannot be read as a table"):
        read_pairs(tmp_path / "none.csv", SETTINGS)
    pairs = read_pairs(table, SETTINGS)
    with pytest.raises(OutputError, match="is a file; give a folder"):
        list(run_pairs(pairs, table, GIF, None, workers=1))
    with pytest.raises(SettingsError, match=r"would be a '.avi' file"):
        list(run_pairs(pairs, tmp_path / "films", Output(".avi"), None, workers=1))


def test_recipes_of_a_batch_say_what_they_were_made_of(table):
    films(table)
    notes = [json.loads(path.read_text()) for path in (table.parent / "films").glob("*.json")]
    assert len({note["job"] for note in notes}) == 3
