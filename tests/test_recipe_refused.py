"""What is no recipe is refused in one sentence, before any photograph is opened."""

import json
from dataclasses import replace

import pytest

from facekp.errors import FacekpError, ImageError, OutputError, SettingsError
from facekp.make import make
from facekp.recipe import Output, Recipe, read_recipe, write_recipe
from facekp.settings import MorphSettings
from tests.drawn import drawn_photographs

SMALL = MorphSettings(frames=4, size=(64, 48))
IN_PLACE = MorphSettings(size="a", reference="a", background="a")


@pytest.fixture
def photographs(tmp_path):
    return drawn_photographs(tmp_path / "photos")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "melt"}, "'melt' is no kind of recipe; there are morph, sequence"),
        ({"kind": "caricature"}, "caricature needs 2 photographs, and there are 1"),
        ({"kind": "sequence"}, "sequence needs 3 or more photographs"),
        ({"frame": [0, 1]}, "a single frame is made of a morph"),
        ({"output": {"suffix": ".gif"}}, "would be a '.gif' file; give one of .png"),
        ({"output": {"suffix": ".png", "speed": 1}}, "the output of .* has 'speed', which means nothing"),
        ({"output": 3}, "its output is no object"),
        ({"photographs": {}}, "its photographs are no list"),
        ({"photographs": [1]}, "a photograph of .* is no object"),
        ({"photographs": [{"file": "a"}]}, "a photograph of .* lacks 'sha256'"),
        ({"settings": {"speed": 1}}, "no setting 'speed'"),
        ({"settings": []}, "not list"),
        ({"colour": True, "magic": 1}, "has 'magic', which means nothing"),
        ({"weights": 3}, "is no recipe"),
        ({"weights": ["x"]}, "'x' for its weights is no finite number"),
        ({"weights": "12"}, "'12' for its weights is no list of numbers"),
        ({"amount": "x"}, "'x' for its amount is no finite number"),
        ({"amount": float("nan")}, "nan for its amount"),
        ({"amount": 10**400}, "for its amount is no finite number"),
        ({"output": {"suffix": ".png", "strip": "x"}}, "strip is 'x'; give a whole number from 1 to 100"),
        ({"output": {"suffix": ".png", "strip": 0}}, "strip is 0"),
        ({"frame": "ab"}, "'ab' for its frame is no list of numbers"),
        ({"frame": {"shape": 1}}, "for its frame is no list of numbers"),
        ({"frame": ["a", 1]}, "'a' for its frame is no finite number"),
        ({"frame": [0.5]}, "its frame is .0.5.; give two numbers"),
        ({"shape": "no"}, "'no' for its shape is neither true nor false"),
        ({"colour": 0}, "0 for its colour is neither true nor false"),
        ({"kind": ["morph"]}, "for its kind is no text"),
        ({"facekp": 0.2}, "0.2 for its version is no text"),
        ({"job": 1}, "1 for its job is no text"),
        ({"output": {"suffix": 1}}, "1 for its suffix is no text"),
        ({"output": {"suffix": ".png", "max_megabytes": 10**400}}, "and up to 1000000, or None"),
        ({"settings": {"fps": 10**400}}, "from 1 to 100, frames a second"),
        ({"settings": {"frames": 10**30}}, "and 100000 at most"),
        ({"settings": {"ping_pong": "no"}}, "give True or False"),
        ({"amount": 10.5}, "the amount is 10.5; give a number from -10 to 10"),
        ({"shape": False, "colour": False}, "neither shape nor colour is to change"),
        ({"weights": [1]}, "symmetrise has no weights"),
        ({"kind": "average", "amount": 0.5}, "average has no amount"),
        ({"kind": "average", "weights": [1e7]}, r"a weight is 1e\+07; give numbers from -1000000 to 1000000"),
    ],
)
def test_recipes_that_cannot_be_read(photographs, tmp_path, change, words):
    write_recipe(Recipe("symmetrise", photographs[:1], IN_PLACE, Output(".png")), tmp_path / "r.json")
    values = json.loads((tmp_path / "r.json").read_text()) | change
    (tmp_path / "r.json").write_text(json.dumps(values))
    with pytest.raises(SettingsError, match=words):
        read_recipe(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file": 3}, "3 for its photograph's file is no text"),
        ({"file": ""}, "a photograph called '', which is no name of a file"),
        ({"file": "a\0.png"}, "which is no name of a file"),
        ({"file": "x" * 5000}, "which is no name of a file"),
        ({"sha256": None}, "None for its photograph's sha256 is no text"),
        ({"points": [[10**400, 1]] * 68}, "no pairs of finite numbers"),
        ({"points": [["1", "2"]] * 68}, "no pairs of finite numbers"),
        ({"points": [[True, 2]] * 68}, "no pairs of finite numbers"),
        ({"extra": 0}, "no pairs of finite numbers"),
    ],
)
def test_photographs_of_recipes_that_cannot_be_read(photographs, tmp_path, change, words):
    write_recipe(Recipe("symmetrise", photographs[:1], IN_PLACE, Output(".png")), tmp_path / "r.json")
    values = json.loads((tmp_path / "r.json").read_text())
    values["photographs"][0] |= change
    (tmp_path / "r.json").write_text(json.dumps(values))
    with pytest.raises(FacekpError, match=words):
        read_recipe(tmp_path / "r.json")


def test_a_name_that_no_file_can_have_is_missing(photographs, tmp_path):
    recipe = Recipe("symmetrise", (replace(photographs[0], file="x" * 300),), IN_PLACE, Output(".png"))
    with pytest.raises(ImageError, match="is missing"):
        make(recipe, tmp_path / "x.png", folder=tmp_path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shape_curve": "linear"}, "need the same curve"),
        ({"background": "b"}, "through 3 faces cannot keep one photograph's background"),
        ({"face_only": "feather", "reference": "a"}, "no face_only"),
    ],
)
def test_settings_that_three_faces_exclude_are_refused_with_the_recipe(photographs, settings, words):
    with pytest.raises(SettingsError, match=words):
        Recipe("sequence", photographs, replace(SMALL, **settings), Output(".gif"))
    if "shape_curve" in settings:
        with pytest.raises(SettingsError, match=words):
            Recipe("morph", photographs[:2], replace(SMALL, closed=True, **settings), Output(".gif"))


@pytest.mark.parametrize("part", [float("nan"), float("inf"), 1e9, -1.1])
def test_a_frame_is_not_far_from_the_faces(photographs, part):
    for frame in ((part, 0.5), (0.5, part)):
        with pytest.raises(SettingsError, match="give numbers from -1 to 2, 0 for A and 1 for B"):
            Recipe("morph", photographs[:2], SMALL, Output(".png"), frame=frame)


def test_files_that_are_no_recipe(tmp_path):
    deep = "[" * 100_000
    for text, words in (("{", "is no JSON"), (deep, "is no JSON"), ("[]", "is no recipe"), ("{}", "lacks 'facekp'")):
        (tmp_path / "r.json").write_text(text)
        with pytest.raises(SettingsError, match=words):
            read_recipe(tmp_path / "r.json")
    with pytest.raises(SettingsError, match=r"none.json cannot be read"):
        read_recipe(tmp_path / "none.json")


def test_the_file_must_suit_the_kind(photographs, tmp_path):
    recipe = Recipe("average", photographs, SMALL, Output(".png"))
    with pytest.raises(OutputError, match=r"cannot write the suffix '.gif'"):
        make(recipe, tmp_path / "mean.gif")
    with pytest.raises(SettingsError, match="fps is 60"):
        make(Recipe("morph", photographs[:2], replace(SMALL, fps=60), Output(".gif")), tmp_path / "m.gif")
