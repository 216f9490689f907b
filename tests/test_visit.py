"""What a visitor has: photographs, choices and corrected points, from page to page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import networks
import numpy as np
import pytest
import services
import streamlit as st
import uploads
import visit
from PIL import Image
from streamlit.testing.v1 import AppTest

from facekp.annotations import format_json, format_pts
from facekp.errors import AnnotationError
from facekp.images import encode_png
from tests.conftest import GALLERY, ROOT
from tests.drawn import draw_face, face_points


@dataclass
class File:
    """A file as an uploader gives it."""

    name: str
    data: bytes

    def getvalue(self) -> bytes:
        return self.data


def picture(shade: int = 0) -> bytes:
    return encode_png(np.full((40, 50, 3), shade, np.uint8))


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """A session that is not Streamlit's."""
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def names() -> list[str]:
    return [photo.name for photo in visit.photos()]


def test_photographs_stay_in_order_and_stand_before_the_gallery() -> None:
    added = visit.add([File("a.png", picture(1)), File("b.png", picture(2))])
    assert [photo.name for photo in added] == names() == ["a.png", "b.png"]
    assert visit.problems() == []
    assert [photo.name for photo in visit.all_photos()[:3]] == ["b.png", "a.png", services.gallery()[0].name]
    assert visit.find(added[0].digest) is visit.photos()[0]
    with Image.open(io.BytesIO(added[0].thumbnail)) as thumbnail:
        assert thumbnail.size == (50, 40)


def test_the_same_picture_again_is_kept_once_and_counts_as_new() -> None:
    visit.add([File("a.png", picture(1)), File("b.png", picture(2)), File("c.png", picture(1))])
    assert names() == ["b.png", "c.png"]


def test_a_picture_of_the_gallery_is_the_visitors_when_uploaded() -> None:
    first = services.gallery()[0]
    (photo,) = visit.add([File("mine.jpg", first.data)])
    assert visit.find(first.digest) is photo
    assert len(visit.all_photos()) == len(services.gallery())


def test_a_bad_file_leaves_the_others() -> None:
    cut = encode_png(draw_face(face_points()))[:2000]
    files = [File("a.png", picture()), File("b.jpg", b"Dear diary"), File("c.jpg", b""), File("d.png", cut)]
    assert [photo.name for photo in visit.add([*files, File("e.png", picture(9))])] == ["a.png", "e.png"]
    said = visit.problems()
    assert len(said) == 3
    assert "“b.jpg” is not a picture" in said[0]
    assert "“c.jpg” is empty" in said[1]
    assert "“d.png” is damaged or incomplete" in said[2]
    visit.add([])
    assert visit.problems() == []


def test_points_belong_to_the_photograph_of_the_same_name() -> None:
    points = format_pts(face_points()).encode()
    visit.add([File("face.pts", points), File("face.png", picture(1)), File("other.png", picture(2))])
    face, other = visit.photos()
    assert face.truth is not None
    assert face.truth.data == points
    assert other.truth is None
    visit.add([File("other.json", format_json([]).encode())])
    assert visit.photos()[1].truth is not None
    assert visit.problems() == []


def test_points_wait_for_their_photograph() -> None:
    assert visit.add([File("face.pts", b"")]) == []
    assert visit.problems() == ["“face.pts” waits for its photograph: add one that is called face too"]
    (face,) = visit.add([File("face.png", picture())])
    assert face.truth is not None
    assert visit.problems() == []


def test_the_oldest_photographs_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "MAX_PHOTOS", 3)
    visit.add([File(f"{shade}.png", picture(shade)) for shade in range(5)])
    assert names() == ["2.png", "3.png", "4.png"]
    assert [problem.split(":")[0] for problem in visit.problems()] == ["“0.png”, “1.png” were let go"]
    visit.add([File(f"{shade}.png", picture(shade)) for shade in range(10, 18)])
    (problem,) = visit.problems()
    assert problem.startswith("“2.png”, “3.png”, “4.png” and 5 more were let go: 3 photographs and 100 MB are kept")


def test_megabytes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = encode_png(np.random.default_rng(0).integers(0, 256, (640, 640, 3), dtype=np.uint8))  # 1.2 MB
    monkeypatch.setattr(visit, "MAX_MEGABYTES", 2)
    visit.add([File("a.png", noise), File("b.png", noise + b"\0")])
    assert names() == ["b.png"]
    monkeypatch.setattr(uploads, "MAX_FILE_MEGABYTES", 1)
    visit.add([File("c.png", noise + b"\1")])
    assert names() == ["b.png"]
    assert "“c.png” has 1 MB, more than the limit of 1 MB; reduce it first" in visit.problems()
    visit.add([File("b.pts", noise + noise)])
    assert "“b.pts” has more than 2 MB" in visit.problems()[0]


def test_a_photograph_takes_everything_along_when_it_is_removed(session: dict[str, object]) -> None:
    (photo,) = visit.add([File("a.png", picture()), File("a.pts", b"")])
    visit.choose("keypoints", photo.digest)
    visit.select("keypoints", photo, 1)
    visit.correct(photo, 1, face_points())
    visit.remove(photo)
    assert session == {"visit": visit._Visit()}
    assert visit.chosen("keypoints") is services.gallery()[0]


def test_each_page_has_a_choice_of_its_own() -> None:
    (photo,) = visit.add([File("a.png", picture())])
    assert visit.chosen("morph", first=2) is services.gallery()[2]
    visit.choose("morph", photo.digest)
    assert visit.chosen("morph", first=2) == photo
    assert visit.chosen("keypoints") is services.gallery()[0]
    visit.select("morph", photo, 3)
    assert (visit.selected("morph", photo), visit.selected("keypoints", photo)) == (3, 0)


def test_only_networks_that_are_there_can_be_chosen() -> None:
    assert visit.model() == networks.models()[0] == "face68"
    assert set(networks.models()) >= {"face68", "face58", "nose"}
    visit.choose_model("nose")
    assert visit.model() == "nose"
    visit.choose_model("gone")
    assert visit.model() == "face68"


def test_corrected_points_stand_in_place_of_the_predicted_ones() -> None:
    photo = services.gallery()[0]
    before = visit.points(photo)
    moved = before + np.float32([0, 7])
    visit.correct(photo, 0, moved.tolist())
    assert visit.is_corrected(photo, 0)
    np.testing.assert_array_equal(visit.points(photo), moved)
    np.testing.assert_array_equal(visit.faces(photo)[0].points, moved)
    np.testing.assert_array_equal(services.find_faces(photo).faces[0].points, before)
    assert visit.faces(photo, "face58")[0].points.shape == (58, 2)  # other points are not touched
    visit.reset(photo, 1)
    assert visit.is_corrected(photo, 0)
    visit.reset(photo, 0)
    assert not visit.is_corrected(photo, 0)
    np.testing.assert_array_equal(visit.points(photo), before)
    with pytest.raises(AnnotationError, match="no pairs of numbers; reset them"):
        visit.correct(photo, 0, [[np.nan, 1]])


def test_two_visitors_never_see_each_others_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # Streamlit's own sessions
    script = str(ROOT / "app" / "streamlit_app.py")
    one, other = (AppTest.from_file(script, default_timeout=60).run() for _ in range(2))
    one.file_uploader[0].upload("mine.jpg", (GALLERY / "leo.jpg").read_bytes() + b"\0").run()
    other.run()
    assert [button.label for button in one.button].count("mine.jpg") == 1
    assert "mine.jpg" not in [button.label for button in other.button]
    one.switch_page("views/about.py").run()
    one.switch_page("views/keypoints.py").run()
    assert [button.label for button in one.button].count("mine.jpg") == 1
