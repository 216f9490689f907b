"""The page Morph, run by Streamlit's own tester."""

import io

import numpy as np
import pytest
from films import FilmWork
from PIL import Image
from streamlit.testing.v1 import AppTest

from facekp.images import load_image
from tests.conftest import GALLERY
from tests.visitor import captions, cards, healthy, offered, one_sentence, open_page, press

PATIENCE = 120
"""Seconds until a film that should be made is missed."""

pytestmark = pytest.mark.filterwarnings("ignore::facekp.errors.FacekpWarning")


@pytest.fixture
def morph() -> AppTest:
    return open_page("morph")


def upload(app: AppTest, page: str, *files: tuple[str, bytes]) -> AppTest:
    uploader = next(each for each in app.file_uploader if each.key.startswith(f"{page}_files_"))
    for name, data in files:
        uploader.upload(name, data)
    return uploader.run()


def png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def downloads(app: AppTest) -> list[str]:
    return [button.label.split(",")[0] for button in app.download_button]


# --- The list of faces ----------------------------------------------------------------------------


def test_first_visit_has_two_faces_and_a_preview(morph: AppTest) -> None:
    assert healthy(morph)
    assert morph.title[0].value == "Morph"
    assert cards(morph) == ["Ada, neutral", "Carl, neutral"]
    assert "60 frames of 512 × 512 pixels, 2.0 seconds" in captions(morph)


def test_faces_are_added_moved_turned_round_and_taken_out(morph: AppTest) -> None:
    press(morph, offered(morph, "Ebo, neutral"))
    assert cards(morph) == ["Ada, neutral", "Carl, neutral", "Ebo, neutral"]
    assert "119 frames" in captions(morph)
    press(morph, "morph_move_earlier_2")
    assert cards(morph) == ["Ada, neutral", "Ebo, neutral", "Carl, neutral"]
    press(morph, "morph_reverse")
    assert cards(morph) == ["Carl, neutral", "Ebo, neutral", "Ada, neutral"]
    press(morph, "morph_move_later_0")
    assert cards(morph) == ["Ebo, neutral", "Carl, neutral", "Ada, neutral"]
    press(morph, "morph_move_out_1")
    assert cards(morph) == ["Ebo, neutral", "Ada, neutral"]
    press(morph, "morph_reverse")
    assert cards(morph) == ["Ada, neutral", "Ebo, neutral"]
    press(morph, "morph_move_out_0")
    assert healthy(morph)
    assert "two or more" in morph.info[0].value


def test_twelve_faces_are_the_most(morph: AppTest) -> None:
    key = offered(morph, "Ebo, neutral")
    for _ in range(10):
        press(morph, key)
    assert healthy(morph)
    assert len(cards(morph)) == 12
    assert morph.button(key=key).disabled
    assert "12 faces are the most" in captions(morph)


def test_each_face_of_a_group_can_be_added(morph: AppTest) -> None:
    group = np.hstack([load_image(GALLERY / name) for name in ("bela_neutral.jpg", "dario_neutral.jpg")])
    upload(morph, "morph", ("group.png", png(group)))
    assert healthy(morph)
    assert cards(morph)[-1] == "Face 1 of group.png"
    press(morph, offered(morph, "Face 2 of group.png"))
    assert cards(morph)[-2:] == ["Face 1 of group.png", "Face 2 of group.png"]
    morph.switch_page("views/about.py").run()
    morph.switch_page("views/morph.py").run()
    assert healthy(morph)
    assert cards(morph)[-2:] == ["Face 1 of group.png", "Face 2 of group.png"]


def test_a_photograph_that_comes_again_is_not_added_again(morph: AppTest) -> None:
    photo = ("me.jpg", (GALLERY / "bela_neutral.jpg").read_bytes() + b" ")
    upload(upload(morph, "morph", photo), "morph", photo)
    assert cards(morph) == ["Ada, neutral", "Carl, neutral", "me.jpg"]
    press(morph, offered(morph, "me.jpg"))
    assert cards(morph)[2:] == ["me.jpg", "me.jpg"]


def test_a_bad_photograph_leaves_the_others(morph: AppTest) -> None:
    good = (GALLERY / "bela_neutral.jpg").read_bytes()
    upload(morph, "morph", ("bad.jpg", b"Dear diary"), ("good.jpg", good + b" "))
    assert "not a picture" in one_sentence(morph)
    assert cards(morph) == ["Ada, neutral", "Carl, neutral", "good.jpg"]


def test_a_photograph_without_a_face_is_told(morph: AppTest, noise: np.ndarray) -> None:
    upload(morph, "morph", ("noise.png", png(noise)))
    assert "“noise.png”: no face was found" in one_sentence(morph)
    assert cards(morph) == ["Ada, neutral", "Carl, neutral"]


# --- Morph ----------------------------------------------------------------------------------------


def small(app: AppTest) -> AppTest:
    """The shortest and smallest film."""
    app.slider(key="morph_frames").set_value(5)
    app.selectbox(key="morph_size").set_value("256")
    return app.run()


def make_film(app: AppTest) -> AppTest:
    press(app, "morph_make")
    assert not app.exception
    work = app.session_state["morph_work"]
    if isinstance(work, FilmWork):
        work.wait(PATIENCE)
    return app.run()


def test_a_film_is_made_and_kept(morph: AppTest) -> None:
    assert downloads(morph) == []
    make_film(small(morph))
    assert healthy(morph)
    assert downloads(morph) == ["GIF", "MP4", "WebP", "ZIP", "Recipe"]
    film = morph.session_state["morph_film"]
    with Image.open(io.BytesIO(film.files[".gif"])) as gif:
        assert (gif.n_frames, gif.size) == (5, (256, 256))
    assert film.files[".mp4"][4:8] == b"ftyp"
    assert "Ada, neutral → Carl, neutral: 5 frames, 0.2 seconds" in captions(morph)
    press(morph, offered(morph, "Ebo, neutral"))  # what is made stays until another is
    morph.switch_page("views/about.py").run()
    morph.switch_page("views/morph.py").run()
    assert morph.session_state["morph_film"] is film
    assert len(downloads(morph)) == 5


def test_a_film_can_be_cancelled(morph: AppTest) -> None:
    morph.slider(key="morph_frames").set_value(240)
    morph.selectbox(key="morph_size").set_value("1024")
    morph.run()
    press(morph, "morph_make")
    work = morph.session_state["morph_work"]
    assert morph.button(key="morph_make").disabled
    press(morph, "morph_cancel")
    work.wait(PATIENCE)
    assert work.film is None
    morph.run()
    assert healthy(morph)
    assert not morph.button(key="morph_make").disabled
    assert downloads(morph) == []


def test_settings_outlive_a_change_of_page(morph: AppTest) -> None:
    morph.slider(key="morph_frames").set_value(24)
    morph.toggle(key="morph_ping_pong").set_value(True)
    morph.selectbox(key="morph_background").set_value("transparent").run()
    assert healthy(morph)
    before = captions(morph)
    assert "46 frames" in before
    morph.switch_page("views/about.py").run()
    morph.switch_page("views/morph.py").run()
    assert captions(morph) == before
    assert morph.selectbox(key="morph_background").value == "transparent"


def test_settings_that_exclude_each_other_are_told(morph: AppTest) -> None:
    morph.selectbox(key="morph_face_only").set_value("feather").run()
    assert "give the reference 'a'" in one_sentence(morph)
    assert morph.button(key="morph_make").disabled
    morph.selectbox(key="morph_reference").set_value("a").run()
    assert healthy(morph)
    assert not morph.button(key="morph_make").disabled


def test_a_film_that_is_too_large_is_told(morph: AppTest) -> None:
    morph.selectbox(key="morph_size").set_value("own").run()
    morph.number_input(key="morph_width").set_value(4096)
    morph.number_input(key="morph_height").set_value(4096).run()
    assert "more than this page makes at once" in one_sentence(morph)
    assert morph.button(key="morph_make").disabled
    morph.number_input(key="morph_height").set_value(64).run()
    assert healthy(morph)


def test_the_film_is_shown_until_it_would_be_another(morph: AppTest) -> None:
    make_film(small(morph))
    view = morph.segmented_control(key="morph_view")
    assert view.value == "Film"
    view.set_value("Preview").run()
    assert morph.segmented_control(key="morph_view").value == "Preview"
    morph.segmented_control(key="morph_view").set_value("Film").run()
    morph.slider(key="morph_frames").set_value(6).run()
    assert morph.segmented_control(key="morph_view").value == "Preview"
    assert len(downloads(morph)) == 5  # what is made stays until another is
    press(morph, "morph_move_out_1")
    assert len(downloads(morph)) == 5


def test_two_visitors_have_their_own() -> None:
    first, second = open_page("morph"), open_page("morph")
    press(first, "morph_reverse")
    second.run()
    assert cards(first) == ["Carl, neutral", "Ada, neutral"]
    assert cards(second) == ["Ada, neutral", "Carl, neutral"]
