"""The app's pages, run by Streamlit's own tester."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup

from facekp.annotations import format_pts
from facekp.images import load_image
from facekp.predict import KeypointPredictor

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "app" / "gallery"


@pytest.fixture(scope="module")
def gallery() -> list[Path]:
    """The pictures that come with the app."""
    return [GALLERY / entry["file"] for entry in json.loads((GALLERY / "gallery.json").read_text())]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app as a visitor first sees it, started from another folder than its own."""
    monkeypatch.syspath_prepend(ROOT / "app")  # as `streamlit run` does
    return AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=60).run()


def encoded(picture: np.ndarray, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format=kind)
    return buffer.getvalue()


def upload(app: AppTest, slot: str, name: str, data: bytes) -> AppTest:
    """Add a file where a visitor does; the uploader is another one after each."""
    uploader = next(each for each in app.file_uploader if each.key.startswith(f"{slot}_files_"))
    return uploader.upload(name, data).run()


def choose(app: AppTest, slot: str, photo: Path) -> AppTest:
    """Press the thumbnail of a photograph."""
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()[:16]
    return app.button(key=f"{slot}_photo_{digest}").click().run()


def face_selector(app: AppTest) -> ButtonGroup:
    return next(choice for choice in app.segmented_control if choice.label == "Face")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.download_button]


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def one_sentence(app: AppTest) -> str:
    """The only error on the page."""
    assert not app.exception
    (error,) = app.error
    assert error.value.endswith((".", "?"))
    assert "Traceback" not in error.value
    return str(error.value)


def picture_urls(app: AppTest) -> list[str]:
    return [url for image in app.image for url in image.value]


# --- Keypoints ------------------------------------------------------------------------------------


def test_first_visit_shows_points(app: AppTest) -> None:
    assert healthy(app)
    assert app.title[0].value == "Keypoints"
    assert len(picture_urls(app)) == 1
    assert app.dataframe[0].value.shape == (68, 3)
    assert labels(app) == ["JSON", "CSV", ".pts", "Picture"]


def test_every_gallery_face_is_found(app: AppTest, gallery: list[Path]) -> None:
    seen = set()
    for path in gallery:
        choose(app, "keypoints", path)
        assert healthy(app)
        seen.add(app.dataframe[0].value.to_csv())
    assert len(seen) == len(gallery)


@pytest.mark.parametrize("switch", ["edges", "numbers", "zoom"])
def test_switches_change_the_picture(app: AppTest, switch: str) -> None:
    before = picture_urls(app)
    toggle = app.toggle(key=f"keypoints_{switch}")
    toggle.set_value(not toggle.value).run()
    assert healthy(app)
    assert picture_urls(app) != before


def test_uploaded_points_give_the_error(app: AppTest, gallery: list[Path]) -> None:
    data = gallery[0].read_bytes()
    predicted = KeypointPredictor.from_checkpoint("face68").predict_one(load_image(data))
    true = predicted.points + np.float32([3, 0])
    upload(app, "keypoints", "face.jpg", data)
    assert not app.metric
    upload(app, "keypoints", "face.pts", format_pts(true).encode())
    assert healthy(app)
    eyes = np.linalg.norm(true[45] - true[36])
    assert [metric.value for metric in app.metric] == ["3.00 px", f"{3 / eyes:.2%}"]


def test_other_points_are_drawn_without_an_error(app: AppTest, gallery: list[Path]) -> None:
    upload(app, "keypoints", "face.jpg", gallery[0].read_bytes())
    before = picture_urls(app)
    rows = "\n".join(f"0 0 {0.3 + i % 8 / 20} {0.4 + i // 8 / 20} {i} 0 0" for i in range(58))
    upload(app, "keypoints", "face.asf", f"58\n{rows}\n".encode())
    assert healthy(app)
    assert picture_urls(app) != before
    assert not app.metric
    (info,) = app.info
    assert info.value.startswith("No error is given: 58 true points")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.pts", format_pts(np.full((67, 2), 9.0) + np.arange(67)[:, None]), "67 points"),
        ("a.pts", format_pts(np.ones((68, 2))).replace("2.000 2.000\n}", "2.000 two\n}"), "not a pair of numbers"),
        ("a.pts", format_pts(np.full((68, 2), 5000.0) + np.arange(68)[:, None]), "no point in this photo"),
        ("a.pts", "", "no list of points"),
        ("a.asf", "58\n0 0 0.5 0.5 0 0 0\n", "announces 58 points and lists 1"),
    ],
)
def test_bad_points_are_told_and_the_rest_is_shown(
    app: AppTest, gallery: list[Path], name: str, text: str, said: str
) -> None:
    upload(app, "keypoints", "a.jpg", gallery[0].read_bytes())
    upload(app, "keypoints", name, text.encode())
    assert said in one_sentence(app)
    assert len(app.dataframe[0].value) == 68


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
    assert len(app.dataframe[0].value) == 68


def test_each_face_of_a_group_can_be_selected(app: AppTest, gallery: list[Path]) -> None:
    group = np.hstack([load_image(path) for path in gallery[:2]])
    upload(app, "keypoints", "group.png", encoded(group))
    assert healthy(app)
    selector = face_selector(app)
    assert selector.options == ["1", "2"]
    first = app.dataframe[0].value
    selector.set_value(1).run()
    assert healthy(app)
    assert abs(app.dataframe[0].value["x"].mean() - first["x"].mean()) > group.shape[1] / 4


def test_uploads_outlive_a_change_of_page(app: AppTest, gallery: list[Path]) -> None:
    upload(app, "keypoints", "holiday.jpg", gallery[1].read_bytes())
    table = app.dataframe[0].value
    app.switch_page("views/morph.py").run()
    app.switch_page("views/keypoints.py").run()
    assert healthy(app)
    assert app.dataframe[0].value.equals(table)


# --- Morph ----------------------------------------------------------------------------------------


@pytest.fixture
def morph(app: AppTest) -> AppTest:
    return app.switch_page("views/morph.py").run()


def make_film(morph: AppTest) -> AppTest:
    morph.slider(key="morph_frames").set_value(10)
    morph.select_slider(key="morph_side").set_value(256)
    next(button for button in morph.button if button.label == "Make the film").click()
    return morph.run()


def test_first_visit_shows_a_mid_way_face(morph: AppTest) -> None:
    assert healthy(morph)
    assert morph.title[0].value == "Morph"
    assert len(picture_urls(morph)) == 3
    assert labels(morph) == ["PNG"]


def test_film_can_be_downloaded(morph: AppTest) -> None:
    make_film(morph)
    assert healthy(morph)
    assert [label.split(",")[0] for label in labels(morph)] == ["GIF", "MP4", "PNG"]
    film = morph.session_state["morph_film"]
    with Image.open(io.BytesIO(film.gif)) as gif:
        assert (gif.n_frames, gif.size) == (10, (256, 256))
    assert film.mp4[4:8] == b"ftyp"


def test_film_goes_with_its_faces(morph: AppTest, gallery: list[Path]) -> None:
    make_film(morph)
    made = morph.session_state["morph_film"]
    morph.slider(key="morph_frame").set_value(3).run()
    assert morph.session_state["morph_film"] is made  # a slider starts no encoder
    assert len(labels(morph)) == 3
    morph.switch_page("views/keypoints.py").run()
    morph.switch_page("views/morph.py").run()
    assert len(labels(morph)) == 3
    choose(morph, "morph_b", gallery[3])
    assert healthy(morph)
    assert labels(morph) == ["PNG"]


def test_morph_of_uploads(morph: AppTest, gallery: list[Path]) -> None:
    group = np.hstack([load_image(path) for path in gallery[:2]])
    upload(morph, "morph_a", "group.png", encoded(group))
    upload(morph, "morph_b", "face.webp", encoded(load_image(gallery[2]), "WEBP"))
    assert healthy(morph)
    before = picture_urls(morph)
    face_selector(morph).set_value(1).run()
    assert healthy(morph)
    assert picture_urls(morph) != before


def test_morph_tells_of_a_bad_picture(morph: AppTest) -> None:
    upload(morph, "morph_a", "bad.jpg", b"Dear diary")
    assert not morph.exception
    assert all("“bad.jpg” is not a picture" in error.value for error in morph.error)
    assert labels(morph) == ["PNG"]
