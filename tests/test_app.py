"""The Morph page, run by Streamlit's own tester."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup

from facekp.images import load_image
from tests.visitor import choose, encoded, healthy, labels, upload

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


def face_selector(app: AppTest) -> ButtonGroup:
    return next(choice for choice in app.segmented_control if choice.label == "Face")


def picture_urls(app: AppTest) -> list[str]:
    return [url for image in app.image for url in image.value]


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
