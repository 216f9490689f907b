"""A recipe repeats what was made, bit for bit, or says why it cannot."""

import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from facekp.errors import FacekpWarning, ImageError, SettingsError
from facekp.film import MovieOptions
from facekp.images import load_image
from facekp.make import make, movie_options
from facekp.movie import SUFFIXES
from facekp.recipe import KINDS, STILL, Output, Recipe, read_recipe, to_json, write_recipe
from facekp.settings import MorphSettings
from tests.drawn import drawn_photographs, two_faces

SMALL = MorphSettings(frames=4, size=(64, 48))
IN_PLACE = MorphSettings(size="a", reference="a", background="a")


@pytest.fixture
def photographs(tmp_path):
    return drawn_photographs(tmp_path / "photos")


def recipes(photographs):
    a, b, c = photographs
    movie = Output(".gif", movie=MovieOptions(colours=64, dither="none"))
    yield Recipe("morph", (a, b), SMALL, movie)
    yield Recipe(
        "morph", (a, b), replace(SMALL, background="transparent", ping_pong=True, hold_last=0.1), Output(".webp")
    )
    yield Recipe("morph", (a, b), SMALL, Output(".mp4", movie=MovieOptions(quality=50)))
    yield Recipe("morph", (a, b), SMALL, Output(".png", strip=3))
    yield Recipe("morph", (a, b), replace(SMALL, colour_match="lab"), Output(".png"), frame=(0.25, 1.0))
    yield Recipe("morph", (a, b), SMALL, Output(".webm", movie=MovieOptions(quality=40)))
    yield Recipe("morph", (a, b), SMALL, Output(".zip"))
    yield Recipe("sequence", (a, b, c), replace(SMALL, closed=True, stop_at_faces=True), Output(".apng"))
    yield Recipe("average", (a, b, c), replace(SMALL, linear_light=True), Output(".png"), weights=(1, 2, -0.5))
    yield Recipe("caricature", (a, b), IN_PLACE, Output(".png"), amount=0.3, colour=False)
    yield Recipe("transform", (a, b, c), IN_PLACE, Output(".png"), amount=-0.1, shape=False)
    yield Recipe("symmetrise", (c,), IN_PLACE, Output(".png"), amount=0.5)
    yield Recipe("swap", (a, b), replace(SMALL, size="a", reference="a", face_only="seamless"), Output(".png"))


@pytest.mark.filterwarnings("ignore:.*fold over each other:facekp.FacekpWarning")
@pytest.mark.filterwarnings("ignore:the colours of face")  # drawn faces have no hair to be told by
def test_every_kind_is_repeated_bit_for_bit(photographs, tmp_path):
    for number, recipe in enumerate(recipes(photographs)):
        target, note = tmp_path / f"{number}{recipe.output.suffix}", tmp_path / f"{number}.json"
        make(recipe, target)
        write_recipe(recipe, note)
        again = tmp_path / f"again{recipe.output.suffix}"
        make(read_recipe(note), again, folder=tmp_path)
        assert again.read_bytes() == target.read_bytes(), recipe.kind
        write_recipe(read_recipe(note), tmp_path / "again.json")
        before, after = (json.loads(path.read_text()) for path in (note, tmp_path / "again.json"))
        for values in (before, after):
            values["photographs"] = [{**one, "file": one["file"].split("/")[-1]} for one in values["photographs"]]
        assert before == after
    assert {recipe.kind for recipe in recipes(photographs)} == set(KINDS)
    assert {recipe.output.suffix for recipe in recipes(photographs)} == {*SUFFIXES, STILL}


def test_what_is_made_is_what_the_library_makes(photographs, tmp_path):
    from facekp.morph import Morph, average_face

    a, b, points_a, points_b = two_faces()
    points_a, points_b = (one.points for one in photographs[:2])
    make(Recipe("morph", photographs[:2], SMALL, Output(".png"), frame=(0.3, 0.3)), tmp_path / "x.png")
    np.testing.assert_array_equal(load_image(tmp_path / "x.png"), Morph(a, b, points_a, points_b, (64, 48)).frame(0.3))
    make(Recipe("average", photographs[:2], SMALL, Output(".png")), tmp_path / "y.png")
    mean = average_face([a, b], [points_a, points_b], size=(64, 48))
    np.testing.assert_array_equal(load_image(tmp_path / "y.png"), mean)


def test_photographs_are_found_by_their_path_or_beside_the_recipe(photographs, tmp_path):
    recipe = Recipe("symmetrise", photographs[:1], IN_PLACE, Output(".png"))
    write_recipe(recipe, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["photographs"][0]["file"] == "photos/a.png"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in (tmp_path / "r.json", tmp_path / "photos" / "a.png"):
        shutil.copy(file, elsewhere)
    make(read_recipe(elsewhere / "r.json"), tmp_path / "x.png", folder=elsewhere)
    assert (tmp_path / "x.png").is_file()


def test_a_photograph_that_is_missing_or_another_is_refused(photographs, tmp_path):
    write_recipe(Recipe("symmetrise", photographs[:1], IN_PLACE, Output(".png")), tmp_path / "r.json")
    photo = tmp_path / "photos" / "a.png"
    photo.write_bytes((tmp_path / "photos" / "b.png").read_bytes())
    with pytest.raises(ImageError, match=r"a.png is not the photograph that the recipe was made with: its SHA-256"):
        make(read_recipe(tmp_path / "r.json"), tmp_path / "x.png", folder=tmp_path)
    photo.unlink()
    with pytest.raises(ImageError, match=r"photos/a.png is missing; the recipe needs it at .* or beside the recipe"):
        make(read_recipe(tmp_path / "r.json"), tmp_path / "x.png", folder=tmp_path)
    assert not (tmp_path / "x.png").exists()


def test_photographs_of_one_name_are_told_apart_beside_the_recipe(photographs, tmp_path):
    """A ZIP holds bare names, and two of them may be equal: then the photographs lie there under any names."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        shutil.copy(tmp_path / "photos" / f"{'a' if name == 'one' else 'b'}.png", tmp_path / name / "f.png")
    a, b = (
        replace(one, file=str(tmp_path / name / "f.png"))
        for one, name in zip(photographs[:2], ("one", "two"), strict=True)
    )
    make(Recipe("morph", (a, b), SMALL, Output(".zip")), tmp_path / "m.zip")
    there = tmp_path / "unpacked"
    shutil.unpack_archive(tmp_path / "m.zip", there)
    recipe = read_recipe(there / "recipe.json")
    assert [one.file for one in recipe.photographs] == ["f.png", "f.png"]
    shutil.copy(b.file, there / "f.png")
    with pytest.raises(ImageError, match=r"f.png is not the photograph that the recipe was made with"):
        make(recipe, tmp_path / "n.zip", folder=there)
    shutil.copy(a.file, there / "another name.PNG")
    make(recipe, tmp_path / "n.zip", folder=there)
    assert (tmp_path / "n.zip").read_bytes() == (tmp_path / "m.zip").read_bytes()


@pytest.mark.parametrize("name", ["x[ 1, 2 ].png", '[[ 3,  4 ]] "\\.png', "\udcff.png", "Zoë \u2028.png"])
def test_every_name_of_a_file_is_kept(photographs, tmp_path, name):
    """Also those that look like points, and those that are no UTF-8 (Python has a lone surrogate for such a byte)."""
    try:
        shutil.copy(photographs[0].file, tmp_path / name)
    except OSError:
        pytest.skip("this file system has no such names")
    recipe = Recipe(
        "morph", (replace(photographs[0], file=str(tmp_path / name)), photographs[1]), SMALL, Output(".zip")
    )
    make(recipe, tmp_path / "m.zip")
    write_recipe(recipe, tmp_path / "r.json")
    again = read_recipe(tmp_path / "r.json")
    assert again.photographs[0].file == name
    make(again, tmp_path / "n.zip", folder=tmp_path)
    assert (tmp_path / "n.zip").read_bytes() == (tmp_path / "m.zip").read_bytes()


def test_a_point_is_one_line(photographs):
    text = to_json(Recipe("symmetrise", photographs[:1], IN_PLACE, Output(".png")))
    x, y = photographs[0].points[0].tolist()
    assert f"    [{x}, {y}],\n" in text
    assert text.count("\n") < 68 + 50


def test_another_version_is_told(photographs, tmp_path):
    recipe = Recipe("symmetrise", photographs[:1], IN_PLACE, Output(".png"), version="0.0.1")
    with pytest.warns(FacekpWarning, match="recipe is of facekp 0.0.1"):
        make(recipe, tmp_path / "x.png")


def test_a_zip_holds_its_recipe(photographs, tmp_path):
    make(Recipe("morph", photographs[:2], SMALL, Output(".zip")), tmp_path / "m.zip")
    shutil.unpack_archive(tmp_path / "m.zip", tmp_path / "photos")
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        assert "recipe.json" in archive.namelist()
    make(read_recipe(tmp_path / "photos" / "recipe.json"), tmp_path / "n.zip", folder=tmp_path / "photos")
    assert (tmp_path / "n.zip").read_bytes() == (tmp_path / "m.zip").read_bytes()


def test_a_closed_film_does_not_hold_its_last_frame(photographs):
    closed = replace(SMALL, closed=True, hold_first=0.5, hold_last=1)
    options = movie_options(Recipe("sequence", photographs, closed, Output(".gif")))
    assert (options.hold_first, options.hold_last) == (0.5, 0)  # the last face is held before it, in frames


def test_progress_sees_every_frame(photographs, tmp_path):
    told = []

    def progress(frames, count):
        told.append(count)
        return frames

    make(
        Recipe("morph", photographs[:2], replace(SMALL, ping_pong=True), Output(".gif")),
        tmp_path / "m.gif",
        progress=progress,
    )
    assert told == [6]


def test_extra_points_are_kept(photographs, tmp_path):
    a, b, _ = (replace(one, extra=np.array([[50.0, 60.0]])) for one in photographs)
    recipe = Recipe("morph", (a, b), SMALL, Output(".png"), frame=(0.5, 0.5))
    make(recipe, tmp_path / "x.png")
    write_recipe(recipe, tmp_path / "r.json")
    again = read_recipe(tmp_path / "r.json")
    np.testing.assert_array_equal(again.photographs[0].extra, a.extra)
    make(again, tmp_path / "y.png", folder=tmp_path)
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()
    with pytest.raises(SettingsError, match="which extra points are pairs"):
        Recipe("symmetrise", (a,), IN_PLACE, Output(".png"))
