"""The page Mid-way and mean, run by Streamlit's own tester."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.visitor import captions, cards, healthy, labels, offered, open_page, press

pytestmark = pytest.mark.filterwarnings("ignore::facekp.errors.FacekpWarning")


@pytest.fixture
def midway() -> AppTest:
    return open_page("midway")


def shares(app: AppTest) -> list[str]:
    return [text.value for text in app.markdown if text.value.endswith("%")]


def weigh(app: AppTest, *weights: int) -> AppTest:
    sliders = [slider for slider in app.slider if "_weight_" in slider.key]
    for slider, weight in zip(sliders, weights, strict=True):
        slider.set_value(weight)
    return app.run()


def test_weights_are_shown_as_shares(midway: AppTest) -> None:
    assert healthy(midway)
    assert midway.title[0].value == "Mid-way and mean"
    assert shares(midway) == ["50%", "50%"]
    assert shares(weigh(midway, 75, 25)) == ["75%", "25%"]
    midway.switch_page("views/about.py").run()
    midway.switch_page("views/midway.py").run()
    assert shares(midway) == ["75%", "25%"]
    press(midway, "midway_alike")
    assert shares(midway) == ["50%", "50%"]
    assert labels(midway) == ["PNG", "Points", "Recipe"]


def test_weights_stay_with_their_faces(midway: AppTest) -> None:
    weigh(midway, 100, 25)
    press(midway, "midway_reverse")
    assert shares(midway) == ["20%", "80%"]
    press(midway, offered(midway, "Ebo, neutral"))
    press(midway, "midway_move_out_0")
    assert shares(midway) == ["67%", "33%"]


def test_a_face_that_is_there_twice_has_two_weights(midway: AppTest) -> None:
    press(midway, offered(midway, "Ada, smiling"))
    assert cards(midway) == ["Ada, smiling", "Dario, smiling", "Ada, smiling"]
    assert shares(weigh(midway, 20, 20, 60)) == ["20%", "20%", "60%"]
    press(midway, "midway_move_out_0")
    assert shares(midway) == ["25%", "75%"]
    assert healthy(midway)


def test_no_weights_at_all_are_told(midway: AppTest) -> None:
    weigh(midway, 0, 0)
    assert healthy(midway)
    assert "Give at least one face some weight." in midway.info[0].value
    assert shares(midway) == ["50%", "50%"]
    assert labels(midway) == ["PNG", "Points", "Recipe"]


def open_tab(app: AppTest, name: str) -> AppTest:
    app.session_state["midway_tab"] = name
    return app.run()


@pytest.mark.parametrize("tab", ["Mean", "Caricature", "Symmetry"])
def test_a_tab_begins_without_a_warning(midway: AppTest, tab: str) -> None:
    open_tab(midway, tab)
    assert healthy(midway)
    assert not midway.warning


@pytest.mark.parametrize(("tab", "label"), [("Mean", "Compare with"), ("Caricature", "Whose"), ("Symmetry", "Whose")])
def test_a_choice_stays_with_its_face(midway: AppTest, tab: str, label: str) -> None:
    def box() -> Any:
        return next(each for each in midway.selectbox if each.label == label)

    def chosen() -> str:
        return str(box().options[box().index])

    press(open_tab(midway, tab), offered(midway, "Ebo, neutral"))
    assert chosen() == "1: Ada, smiling"
    box().select_index(2).run()
    press(midway, "midway_reverse")
    assert chosen() == "1: Ebo, neutral"
    midway.switch_page("views/about.py").run()
    midway.switch_page("views/midway.py").run()
    assert chosen() == "1: Ebo, neutral"  # and the tab is open still
    press(midway, "midway_move_out_0")
    midway.slider[0].set_value(midway.slider[0].max).run()
    assert healthy(midway)
    assert chosen() == "1: Dario, smiling"


def test_the_mean_of_a_caricature_outlives_a_change_of_tab(midway: AppTest) -> None:
    open_tab(midway, "Caricature").segmented_control(key="midway_against_mean_2").set_value("The other faces").run()
    open_tab(open_tab(midway, "Symmetry"), "Caricature")
    assert "The mean is of 1 face." in captions(midway)


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
    assert labels(midway) == ["PNG", "Recipe"]


def test_a_symmetric_face_of_the_only_one(midway: AppTest) -> None:
    press(midway, "midway_move_out_1")
    assert "this needs 2 to 12" in midway.info[0].value
    open_tab(midway, "Symmetry")
    assert healthy(midway)
    midway.slider(key="midway_amount").set_value(0.5).run()
    assert healthy(midway)
    assert labels(midway) == ["PNG", "Recipe"]
