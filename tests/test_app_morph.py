"""The pages Morph and Mid-way, run by Streamlit's own tester."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from films import FilmWork
from PIL import Image
from streamlit.testing.v1 import AppTest

from facekp.images import load_image
from tests.conftest import GALLERY, ROOT

PATIENCE = 120
"""Seconds until a film that should be made is missed."""

Opener = Callable[[str], AppTest]

pytestmark = pytest.mark.filterwarnings("ignore::facekp.errors.FacekpWarning")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a page as a visitor first sees it; the start page is not drawn before."""
    monkeypatch.syspath_prepend(ROOT / "app")

    def open_page(page: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=PATIENCE)
        return app.switch_page(f"views/{page}.py").run()

    return open_page


@pytest.fixture
def morph(opened: Opener) -> AppTest:
    return opened("morph")


@pytest.fixture
def midway(opened: Opener) -> AppTest:
    return opened("midway")


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def one_sentence(app: AppTest) -> str:
    """The only error on the page."""
    assert not app.exception
    (error,) = app.error
    assert error.value.endswith((".", "?"))
    return str(error.value)


def cards(app: AppTest) -> list[str]:
    """Titles of the chosen faces, in order."""
    earlier = [button for button in app.button if button.key and "_move_earlier_" in button.key]
    return [button.label.removesuffix(": earlier") for button in earlier]


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def offered(app: AppTest, title: str) -> str:
    """The key of the button that adds a face."""
    return next(button.key for button in app.button if "_photo_" in (button.key or "") and button.label == title)


def upload(app: AppTest, page: str, *files: tuple[str, bytes]) -> AppTest:
    uploader = next(each for each in app.file_uploader if each.key.startswith(f"{page}_files_"))
    for name, data in files:
        uploader.upload(name, data)
    return uploader.run()


def png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


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
    assert cards(morph)[-1] == "group.png, face 1"
    press(morph, offered(morph, "group.png, face 2"))
    assert cards(morph)[-2:] == ["group.png, face 1", "group.png, face 2"]
    morph.switch_page("views/about.py").run()
    morph.switch_page("views/morph.py").run()
    assert healthy(morph)
    assert cards(morph)[-2:] == ["group.png, face 1", "group.png, face 2"]


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
    press(morph, "morph_make")
    assert not morph.exception
    assert "morph_work" not in morph.session_state
    morph.selectbox(key="morph_reference").set_value("a").run()
    assert not morph.exception


def test_a_film_that_is_too_large_is_told(morph: AppTest) -> None:
    morph.selectbox(key="morph_size").set_value("own").run()
    morph.number_input(key="morph_width").set_value(4096)
    morph.number_input(key="morph_height").set_value(4096).run()
    assert "more than this page makes at once" in one_sentence(morph)


def test_two_visitors_have_their_own(opened: Opener) -> None:
    first, second = opened("morph"), opened("morph")
    press(first, "morph_reverse")
    second.run()
    assert cards(first) == ["Carl, neutral", "Ada, neutral"]
    assert cards(second) == ["Ada, neutral", "Carl, neutral"]


# --- Mid-way and mean -----------------------------------------------------------------------------


def test_weights_are_shown_as_shares(midway: AppTest) -> None:
    assert healthy(midway)
    assert midway.title[0].value == "Mid-way and mean"
    shares = [text.value for text in midway.markdown if text.value.endswith("%")]
    assert shares == ["50%", "50%"]
    weights = [slider for slider in midway.slider if "_weight_" in slider.key]
    weights[0].set_value(75)
    weights[1].set_value(25).run()
    assert [text.value for text in midway.markdown if text.value.endswith("%")] == ["75%", "25%"]
    midway.switch_page("views/about.py").run()
    midway.switch_page("views/midway.py").run()
    assert [text.value for text in midway.markdown if text.value.endswith("%")] == ["75%", "25%"]
    press(midway, "midway_alike")
    assert [text.value for text in midway.markdown if text.value.endswith("%")] == ["50%", "50%"]
    assert downloads(midway) == ["PNG", "Recipe"]


def test_no_weights_at_all_are_told(midway: AppTest) -> None:
    for slider in [slider for slider in midway.slider if "_weight_" in slider.key]:
        slider.set_value(0)
    midway.run()
    assert "their sum must not be 0" in one_sentence(midway)


def open_tab(app: AppTest, name: str) -> AppTest:
    app.session_state["midway_tab"] = name
    return app.run()


def test_a_caricature_of_either_mean(midway: AppTest) -> None:
    open_tab(midway, "Caricature")
    assert healthy(midway)
    assert "The mean is of 11 faces." in captions(midway)
    midway.segmented_control(key="midway_against_mean_2").set_value("The other faces").run()
    assert healthy(midway)
    assert "The mean is of 1 face." in captions(midway)
    midway.slider(key="midway_factor").set_value(2.0)
    midway.segmented_control(key="midway_caricature_change").set_value("shape").run()
    assert healthy(midway)
    assert downloads(midway) == ["PNG", "Recipe"]


def test_a_symmetric_face_of_the_only_one(midway: AppTest) -> None:
    press(midway, "midway_move_out_1")
    assert "this needs 2 to 12" in midway.info[0].value
    open_tab(midway, "Symmetry")
    assert healthy(midway)
    midway.slider(key="midway_amount").set_value(0.5).run()
    assert healthy(midway)
    assert downloads(midway) == ["PNG", "Recipe"]
