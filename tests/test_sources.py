"""Photographs with points from files of every kind that facekp writes, and settings as text."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from facekp.annotations import format_csv, format_json, format_pts
from facekp.errors import AnnotationError, ImageError, NoFaceError, SettingsError
from facekp.images import encode_png
from facekp.options import numbers, settings_from_text
from facekp.schema import IBUG68
from facekp.settings import MorphSettings
from facekp.sources import fingerprint, open_photograph, read_points
from tests.drawn import draw_face, face_points

POINTS = face_points()
OTHER = POINTS + 5


@pytest.fixture
def photo(tmp_path):
    (tmp_path / "drawn.png").write_bytes(encode_png(draw_face(POINTS)))
    return tmp_path / "drawn.png"


def write(folder, suffix):
    path = folder / f"points{suffix}"
    record = {"file": "x", "width": 1, "height": 1, "faces": [{"points": one.tolist()} for one in (POINTS, OTHER)]}
    path.write_text(
        {
            ".pts": lambda: format_pts(POINTS),
            ".json": lambda: format_json([record]),
            ".csv": lambda: format_csv([record], IBUG68.names),
        }[suffix]()
    )
    return path


@pytest.mark.parametrize("suffix", [".pts", ".json", ".csv"])
def test_points_as_facekp_writes_them(tmp_path, photo, suffix):
    path = write(tmp_path, suffix)
    np.testing.assert_allclose(read_points(path, (200, 220)), POINTS, atol=1e-3)
    if suffix != ".pts":
        np.testing.assert_allclose(read_points(path, (200, 220), face=2), OTHER, atol=1e-3)
        with pytest.raises(AnnotationError, match="has the points of 2 faces; there is no face 3"):
            read_points(path, (200, 220), face=3)
    photograph, picture = open_photograph(str(photo), points=path)
    assert picture.shape == (220, 200, 3)
    assert photograph.sha256 == fingerprint(photo.read_bytes())
    assert photograph.extra.shape == (0, 2)


def test_a_plain_list_of_pairs_and_extra_points(tmp_path, photo):
    (tmp_path / "extra.json").write_text(json.dumps([[1, 2], [3, 4]]))
    photograph, _ = open_photograph(str(photo), points=write(tmp_path, ".pts"), extra=tmp_path / "extra.json")
    assert photograph.extra.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("p.txt", "", "no file of points; give one that ends in .pts, .asf, .json, .csv"),
        ("p.json", "{", "no JSON file of points"),
        ("p.json", '[{"faces": [{}]}]', "no JSON file of points"),
        ("p.json", "3", "no JSON file of points"),
        ("p.json", "[[1, 2, 3]]", "no pairs of finite numbers"),
        ("p.json", '[["a", 2]]', "no pairs of finite numbers"),
        ("p.json", "[[NaN, 2]]", "no pairs of finite numbers"),
        ("p.json", "[" * 100_000, "no JSON file of points"),
        ("p.json", f"[[1{'0' * 400}, 2]]", "no pairs of finite numbers"),
        ("p.json", '[["1", "2"]]', "no pairs of finite numbers"),
        ("p.json", "[[true, 2]]", "no pairs of finite numbers"),
        ("p.json", "[]", "points of 0 faces"),
        ("p.csv", "x,y\n1,2\n", "no CSV file of points"),
        ("p.csv", "file,face,x,y\na,0,one,2\n", "no CSV file of points"),
        ("p.csv", f"file,face,x,y\n{'a' * 200_000},0,1,2\n", "no CSV file of points"),
        ("p.asf", "²\n", "does not say how many points"),
        ("p.asf", "9" * 5000, "points and lists 0"),
        ("p.pts", "hello", "p.pts has no list of points"),
    ],
)
def test_files_without_points(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(AnnotationError, match=words):
        read_points(tmp_path / name, (10, 10))


def test_files_that_cannot_be_read(tmp_path, photo):
    with pytest.raises(AnnotationError, match=r"none.pts cannot be read"):
        read_points(tmp_path / "none.pts", (10, 10))
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AnnotationError, match="is no text"):
        read_points(tmp_path / "b.json", (10, 10))
    with pytest.raises(ImageError, match=r"none.png does not exist"):
        open_photograph(str(tmp_path / "none.png"))
    for name in ("a\0.png", "x" * 5000):
        with pytest.raises(ImageError, match=r"is no name of a file|cannot be read"):
            open_photograph(name)
        with pytest.raises(AnnotationError, match=r"is no name of a file|cannot be read"):
            read_points(f"{name}.pts", (10, 10))
    with pytest.raises(ImageError, match="is a folder"):
        open_photograph(str(tmp_path))
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"text.png is not a picture"):
        open_photograph(str(tmp_path / "text.png"))
    with pytest.raises(AnnotationError, match=r"no points for .*drawn.png; give a file of points or a predictor"):
        open_photograph(str(photo))


class Blind:
    """A predictor that finds so many faces."""

    def __init__(self, count):
        self._count = count

    def predict(self, image):
        return [SimpleNamespace(points=np.zeros((68, 2), dtype=np.float32), score=0.9)] * self._count


def test_a_face_that_is_not_there(photo):
    with pytest.raises(NoFaceError, match=r"drawn.png: no face was found"):
        open_photograph(str(photo), Blind(0))
    with pytest.raises(NoFaceError, match=r"drawn.png has 2 faces; there is no face 3"):
        open_photograph(str(photo), Blind(2), face=3)
    with pytest.raises(NoFaceError, match="there is no face 0"):
        open_photograph(str(photo), Blind(1), face=0)


class Upright:
    """A predictor that is sure of the drawn face when the dark of the mouth is below the middle, and else is not."""

    def predict(self, image):
        upper, lower = np.array_split(image[..., 1] < 20, 2)
        sure = lower.sum() > upper.sum()
        return [SimpleNamespace(points=face_points() if sure else face_points() + 7, score=0.99 if sure else 0.02)]


def test_a_face_turned_upside_down_is_found_where_it_is(tmp_path):
    points = face_points(mouth=0.2)
    upright = draw_face(points)
    points = face_points()
    for name, picture in (("upright", upright), ("turned", np.ascontiguousarray(upright[::-1, ::-1]))):
        (tmp_path / f"{name}.png").write_bytes(encode_png(picture))
    found = [open_photograph(str(tmp_path / f"{name}.png"), Upright())[0].points for name in ("upright", "turned")]
    np.testing.assert_allclose(found[0], points)
    np.testing.assert_allclose(found[1], np.array([199, 219]) - points)


def test_settings_as_text():
    texts = {
        "size": "640x480", "frames": "12", "fps": "12.5", "loop": "no", "ping_pong": "yes",
        "shape_curve": "0,0.5,1", "colour_curve": "linear", "background": "#102030", "linear_light": "true",
    }  # fmt: skip
    assert MorphSettings(**settings_from_text(texts)) == MorphSettings(
        frames=12, size=(640, 480), fps=12.5, loop=False, ping_pong=True, shape_curve=(0, 0.5, 1),
        colour_curve="linear", background="#102030", linear_light=True,
    )  # fmt: skip
    assert settings_from_text({"size": "a"}) == {"size": "a"}
    assert settings_from_text({"size": " 300 "}) == {"size": (300, 300)}
    assert numbers("weights", "1,-2.5") == (1, -2.5)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("speed", "3", "no setting 'speed'"),
        ("size", "big", "size is 'big'; give a side as 512, or width and height as 640x480, or a"),
        ("size", "9" * 5000, "give a side as 512"),
        ("frames", "9" * 5000, "give a whole number"),
        ("frames", "2.5", "frames is '2.5'; give a whole number"),
        ("fps", "fast", "fps is 'fast'; give a number"),
        ("loop", "maybe", "loop is 'maybe'; give yes or no"),
        ("shape_curve", "0,x", "shape_curve is 'x'; give a number"),
    ],
)
def test_texts_that_are_no_settings(name, text, words):
    with pytest.raises(SettingsError, match=words):
        settings_from_text({name: text})


def test_every_setting_has_a_text():
    from facekp.options import PARSERS

    assert set(PARSERS) == set(MorphSettings().to_dict())
