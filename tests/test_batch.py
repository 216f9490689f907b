"""A table of pairs becomes films; what is done is not done again, and one failure costs one film."""

import json

import pytest

import facekp.batch
from facekp.annotations import format_pts
from facekp.batch import read_pairs, run_pairs
from facekp.errors import OutputError, SettingsError
from facekp.film import MovieOptions
from facekp.images import encode_png
from facekp.make import make
from facekp.recipe import Output, read_recipe
from facekp.settings import MorphSettings
from tests.drawn import draw_face, face_points

SETTINGS = MorphSettings(frames=3, size=(32, 32))
GIF = Output(".gif")
HEADER = "a,b,name,points_a,points_b,frames,size\n"


@pytest.fixture
def table(tmp_path):
    """Four drawn photographs and a table of three pairs."""
    for index in range(4):
        points = face_points((100 + 3 * index, 110), 100 - 4 * index, 110)
        (tmp_path / f"p{index}.png").write_bytes(encode_png(draw_face(points, seed=index)))
        (tmp_path / f"p{index}.pts").write_text(format_pts(points))
    rows = [
        "p0.png,p1.png,,p0.pts,p1.pts,,",
        "p1.png,p2.png,second,p1.pts,p2.pts,4,40x24",
        "p2.png,p3.png,third,p2.pts,p3.pts,,",
    ]
    (tmp_path / "pairs.csv").write_text(HEADER + "\n".join(rows) + "\n")
    return tmp_path / "pairs.csv"


def films(table, *, workers=1, output=GIF, settings=SETTINGS):
    done = run_pairs(read_pairs(table, settings), table.parent / "films", output, None, workers=workers)
    return {one.name: one for one in done}


def test_columns_are_read(table):
    pairs = read_pairs(table, SETTINGS)
    assert [pair.name for pair in pairs] == ["p0_p1", "second", "third"]
    assert pairs[0].settings == SETTINGS
    assert pairs[1].settings == MorphSettings(frames=4, size=(40, 24))
    assert pairs[1].photographs == (str(table.parent / "p1.png"), str(table.parent / "p2.png"))


def test_films_and_their_recipes(table):
    assert all(one.made and not one.error for one in films(table).values())
    folder = table.parent / "films"
    assert {path.name for path in folder.iterdir()} == {
        f"{name}{suffix}" for name in ("p0_p1", "second", "third") for suffix in (".gif", ".recipe.json")
    }
    make(read_recipe(folder / "second.recipe.json"), folder / "again.gif", folder=folder)
    assert (folder / "again.gif").read_bytes() == (folder / "second.gif").read_bytes()


def test_what_is_done_is_skipped_until_something_changes(table):
    def made(**changes):
        return {name for name, one in films(table, **changes).items() if one.made}

    assert made() == {"p0_p1", "second", "third"}
    assert made() == set()
    (table.parent / "films" / "second.gif").unlink()
    assert made() == {"second"}
    (table.parent / "films" / "third.recipe.json").write_text("{")
    assert made() == {"third"}
    (table.parent / "p0.png").write_bytes(encode_png(draw_face(face_points(), seed=9)))
    assert made() == {"p0_p1"}
    (table.parent / "p3.pts").write_text(format_pts(face_points()))
    assert made() == {"third"}
    table.write_text(table.read_text().replace(",4,40x24", ",5,40x24"))
    assert made() == {"second"}
    assert made(output=Output(".gif", movie=MovieOptions(colours=16))) == {"p0_p1", "second", "third"}
    assert made(output=Output(".webp")) == {"p0_p1", "second", "third"}


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
        if target.stem == "second":
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
    note = table.parent / "films" / "second.recipe.json"
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
    extra = [one.extra.tolist() for one in read_recipe(folder / "second.recipe.json").photographs]
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


def test_warnings_are_handed_on(table):
    points = face_points((109, 110), 88, 110)
    points[48:68] = points[48:68][::-1]
    (table.parent / "p3.pts").write_text(format_pts(points))
    assert "lips" in " ".join(films(table)["third"].warnings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no pairs"),
        (HEADER, "has no pairs"),
        ("a,b,speed\n1,2,3\n", "has a column 'speed'; there are a, b, name"),
        ("a\nx\n", "row 1 has no photograph 'b'"),
        ("a,b\nx,y\n,z\n", "row 2 has no photograph 'a'"),
        ("a,b\nx,y\nx,y\n", "several pairs called 'x_y'"),
        ("a,b,name\nx,y,../z\n", "the name '../z' is no file's name"),
        ("a,b,face_b\nx,y,0\n", "faces are numbers from 1, not 1 and 0"),
        ("a,b,frames\nx,y,1\n", "row 1: a morph needs 2 frames"),
        ("a,b,size\nx,y,big\n", "row 1: size is 'big'"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, text, words):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(SettingsError, match=words):
        read_pairs(tmp_path / "pairs.csv", SETTINGS)


def test_what_cannot_be_read_or_written(table, tmp_path):
    with pytest.raises(SettingsError, match=r"none.csv cannot be read as a table"):
        read_pairs(tmp_path / "none.csv", SETTINGS)
    pairs = read_pairs(table, SETTINGS)
    with pytest.raises(OutputError, match="cannot be made"):
        list(run_pairs(pairs, table, GIF, None, workers=1))
    with pytest.raises(SettingsError, match=r"would be a '.avi' file"):
        list(run_pairs(pairs, tmp_path / "films", Output(".avi"), None, workers=1))


def test_recipes_of_a_batch_say_what_they_were_made_of(table):
    films(table)
    notes = [json.loads(path.read_text()) for path in (table.parent / "films").glob("*.json")]
    assert len({note["job"] for note in notes}) == 3
