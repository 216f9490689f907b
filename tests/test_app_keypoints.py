"""The Keypoints page, run by Streamlit's own tester."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import services
import visit
from PIL import Image
from streamlit.testing.v1 import AppTest

from facekp.annotations import format_csv, format_json, format_pts
from facekp.images import load_image
from facekp.schema import IBUG68
from tests.conftest import GALLERY, ROOT
from tests.pages import plain_tables
from tests.visitor import choose, digest, encoded, healthy, labels, one_sentence, upload, viewed


@pytest.fixture(scope="module")
def gallery() -> list[Path]:
    """The pictures that come with the app."""
    return [GALLERY / entry["file"] for entry in json.loads((GALLERY / "gallery.json").read_text())]


@pytest.fixture(scope="module")
def predicted(gallery: list[Path]) -> np.ndarray:
    """The points of the first one, as the app has them."""
    (photo,) = (photo for photo in services.gallery() if photo.name == gallery[0].name)
    return services.find_faces(photo).faces[0].points


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=120).run()


def table(app: AppTest) -> pd.DataFrame:
    """The table of points."""
    return next(each for each in plain_tables(app) if "x" in each)


def test_first_visit_shows_points(app: AppTest, predicted: np.ndarray) -> None:
    assert healthy(app)
    assert app.title[0].value == "Keypoints"
    shown = viewed(app)
    np.testing.assert_allclose(shown["faces"][0]["points"], predicted, atol=1e-3)
    assert shown["truths"] == []
    assert shown["alt"] == "ada_neutral.jpg with the points of 1 face"
    assert len(table(app)) == 68
    np.testing.assert_allclose(table(app)[["x", "y"]].astype(float), predicted, atol=0.06)
    assert labels(app) == ["JSON", "CSV", ".pts", "PNG"]


def test_every_gallery_face_is_found(app: AppTest, gallery: list[Path]) -> None:
    seen = set()
    for path in gallery:
        choose(app, "keypoints", path)
        assert healthy(app)
        assert viewed(app)["photo"] == digest(path)
        seen.add(table(app).to_csv())
    assert len(seen) == len(gallery)


def test_gallery_faces_with_true_points_are_compared(app: AppTest, gallery: list[Path]) -> None:
    choose(app, "keypoints", GALLERY / "leo.jpg")
    assert healthy(app)
    (truth,) = viewed(app)["truths"]
    assert truth["face"] == 0
    assert [metric.label for metric in app.metric] == ["Mean error", "Of the eye distance"]
    regions = next(each for each in plain_tables(app) if "Region" in each)
    assert regions["Region"].tolist() == ["jaw", "brows", "nose", "eyes", "mouth"]


@pytest.mark.parametrize("name", ["leo.jpg", "imme.jpg"])
def test_the_nose_is_compared_with_the_point_at_its_place(app: AppTest, name: str) -> None:
    choose(app, "keypoints", GALLERY / name)
    app.segmented_control(key="keypoints_model").set_value("nose").run()
    assert healthy(app)
    assert not app.info
    error, share = app.metric
    assert (error.label, share.label) == ("Error", "Of the eye distance")
    assert float(error.value.removesuffix(" px")) < 6
    (truth,) = viewed(app)["truths"]
    assert len(truth["counterparts"]) == 1


@pytest.mark.parametrize("suffix", ["pts", "json", "csv"])
def test_points_beside_the_photo_give_the_error(
    app: AppTest, gallery: list[Path], predicted: np.ndarray, suffix: str
) -> None:
    true = predicted + np.float32([3, 0])
    true[8] += np.float32([0, 40])
    record = {"file": "face.jpg", "faces": [{"points": true.tolist()}]}
    text = {
        "pts": lambda: format_pts(true),
        "json": lambda: format_json([record]),
        "csv": lambda: format_csv([record], IBUG68.names),
    }[suffix]()
    upload(app, "keypoints", "face.jpg", gallery[0].read_bytes())
    assert not app.metric
    upload(app, "keypoints", f"face.{suffix}", text.encode())
    assert healthy(app)
    mean = (67 * 3 + np.hypot(3, 40)) / 68
    eyes = np.linalg.norm(true[45] - true[36])
    assert [metric.value for metric in app.metric] == [f"{mean:.2f} px", f"{mean / eyes:.2%}"]
    worst = next(each for each in plain_tables(app) if "Farthest off" in each)
    assert len(worst) == 5
    assert (worst["Farthest off"][0], worst["px"][0]) == ("8 · jaw 9", f"{np.hypot(3, 40):.1f}")


def asf() -> str:
    rows = "\n".join(f"0 0 {0.3 + i % 8 / 20} {0.4 + i // 8 / 20} {i} 0 0" for i in range(58))
    return f"58\n{rows}\n"


def test_other_points_are_drawn_without_an_error(app: AppTest, gallery: list[Path]) -> None:
    upload(app, "keypoints", "face.jpg", gallery[0].read_bytes())
    upload(app, "keypoints", "face.asf", asf().encode())
    assert healthy(app)
    assert len(viewed(app)["truths"][0]["points"]) == 58
    assert not app.metric
    (info,) = app.info
    assert info.value.startswith("No error is given: 58 true points")
    assert info.value.endswith("Choose face58 to compare.")
    app.segmented_control(key="keypoints_model").set_value("face58").run()
    assert healthy(app)
    assert app.metric


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.pts", format_pts(np.full((67, 2), 9.0) + np.arange(67)[:, None]), "67 points"),
        ("a.pts", format_pts(np.ones((68, 2))).replace("2.000 2.000\n}", "2.000 two\n}"), "not a pair of numbers"),
        ("a.pts", format_pts(np.full((68, 2), 5000.0) + np.arange(68)[:, None]), "no point in this photo"),
        ("a.pts", "", "no list of points"),
        ("a.asf", "58\n0 0 0.5 0.5 0 0 0\n", "announces 58 points and lists 1"),
        ("a.json", "{", "no JSON file of points"),
        ("a.csv", "x", "“a.csv” lists no faces"),
    ],
)
def test_bad_points_are_told_and_the_rest_is_shown(
    app: AppTest, gallery: list[Path], name: str, text: str, said: str
) -> None:
    upload(app, "keypoints", "a.jpg", gallery[0].read_bytes())
    upload(app, "keypoints", name, text.encode())
    assert said in one_sentence(app)
    assert len(table(app)) == 68


def too_many_pixels() -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (8000, 6300)).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda face: b"", "is empty"),
        (lambda face: b"Dear diary", "not a picture"),
        (lambda face: face[: len(face) // 2], "damaged or incomplete"),
        (lambda face: too_many_pixels(), "50.4 million"),
        (lambda face: encoded(np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)), "No face was found"),
    ],
    ids=["empty", "text", "truncated", "too many pixels", "no face"],
)
def test_bad_pictures_are_told_and_the_page_goes_on(app: AppTest, gallery: list[Path], make, said: str) -> None:
    face = gallery[0].read_bytes()
    upload(app, "keypoints", "bad.jpg", make(face))
    assert said in one_sentence(app)
    upload(app, "keypoints", "good.jpg", face)
    assert healthy(app)
    assert len(table(app)) == 68


def test_a_face_of_a_group_is_selected(app: AppTest, gallery: list[Path]) -> None:
    group = np.hstack([load_image(path) for path in gallery[:2]])
    upload(app, "keypoints", "group.png", encoded(group))
    assert healthy(app)
    assert len(viewed(app)["faces"]) == 2
    first = table(app)
    (photo,) = app.session_state["visit"].photos.values()
    app.session_state["visit"].selected["keypoints", photo.digest] = 1
    app.run()
    assert healthy(app)
    assert viewed(app)["selected"] == 1
    assert abs(table(app)["x"].astype(float).mean() - first["x"].astype(float).mean()) > group.shape[1] / 4


@pytest.mark.parametrize(("model", "points", "edges"), [("face58", 58, 54), ("nose", 1, 0)])
def test_other_networks(app: AppTest, model: str, points: int, edges: int) -> None:
    app.segmented_control(key="keypoints_model").set_value(model).run()
    assert healthy(app)
    shown = viewed(app)
    assert len(shown["names"]) == len(shown["faces"][0]["points"]) == points
    assert len(shown["edges"]) == edges
    app.switch_page("views/about.py").run()
    app.switch_page("views/keypoints.py").run()
    assert viewed(app)["model"] == model


def test_corrected_points_are_shown_and_told(app: AppTest, gallery: list[Path], predicted: np.ndarray) -> None:
    moved = predicted.copy()
    moved[30] += np.float32([0, 12])
    app.session_state["visit"].corrected[digest(gallery[0]), 68, 0] = moved
    app.run()
    assert healthy(app)
    face = viewed(app)["faces"][0]
    np.testing.assert_allclose(face["points"], moved, atol=1e-3)
    np.testing.assert_allclose(face["predicted"], predicted, atol=1e-3)
    assert float(table(app)["y"][30]) == pytest.approx(moved[30, 1], abs=0.06)
    assert "1 point corrected by hand, by up to 12.0\u00a0px" in app.info[0].value
    assert app.info[0].value.endswith("All pages use the corrected points.")
    app.switch_page("views/morph.py").run()
    app.switch_page("views/keypoints.py").run()
    assert float(table(app)["y"][30]) == pytest.approx(moved[30, 1], abs=0.06)


def test_points_that_other_pages_do_not_use_are_not_promised_to_them(app: AppTest, gallery: list[Path]) -> None:
    app.segmented_control(key="keypoints_model").set_value("face58").run()
    moved = np.array(viewed(app)["faces"][0]["points"], np.float32) + np.float32([0, 4])
    app.session_state["visit"].corrected[digest(gallery[0]), 58, 0] = moved
    app.run()
    assert app.info[0].value.endswith("They are kept for face58; the other pages use the points of face68.")


def test_points_find_a_gallery_face_by_its_name_and_are_the_visitors_own(
    app: AppTest, gallery: list[Path], predicted: np.ndarray
) -> None:
    upload(app, "keypoints", "ada_neutral.pts", format_pts(predicted + np.float32([3, 4])).encode())
    assert healthy(app)
    assert app.metric[0].value == "5.00 px"
    assert services.gallery()[0].truth is None
    other = AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=120).run()
    assert not other.metric
    app.button(key="keypoints_remove_points").click().run()
    assert healthy(app)
    assert not app.metric


def test_points_without_a_photo_are_told_once_and_can_be_removed(
    app: AppTest, gallery: list[Path], predicted: np.ndarray
) -> None:
    upload(app, "keypoints", "other.pts", format_pts(predicted).encode())
    assert one_sentence(app).startswith("“other.pts” waits for its photograph")
    upload(app, "keypoints", "face.jpg", gallery[1].read_bytes() + b"\0")
    assert healthy(app)
    upload(app, "keypoints", "other.pts", format_pts(predicted).encode())
    app.button(key="keypoints_waiting_0").click().run()
    assert healthy(app)
    assert not visit_of(app).points


def visit_of(app: AppTest) -> visit._Visit:
    return app.session_state["visit"]


def test_photos_with_true_points_are_marked(app: AppTest) -> None:
    for name, marked in (("leo.jpg", True), ("ada_neutral.jpg", False)):
        button = app.button(key=f"keypoints_photo_{digest(GALLERY / name)}")
        assert button.label.endswith(", with true points") == button.help.endswith(", with true points") == marked


def test_uploads_outlive_a_change_of_page_until_they_are_removed(app: AppTest, gallery: list[Path]) -> None:
    upload(app, "keypoints", "holiday.jpg", gallery[1].read_bytes() + b"\0")
    before = table(app)
    app.switch_page("views/morph.py").run()
    app.switch_page("views/keypoints.py").run()
    assert healthy(app)
    assert viewed(app)["alt"].startswith("holiday.jpg")
    assert table(app).equals(before)
    app.button(key="keypoints_remove").click().run()
    assert healthy(app)
    assert viewed(app)["photo"] == digest(gallery[0])
    assert app.session_state["visit"] == visit._Visit(model="face68")
