"""What can be chosen of a film in the app: the engine's settings, each within its bounds."""

from dataclasses import fields

import film_form
import pytest
from film_choices import COLOUR, FIRST_CHOICES, OWN, count_frames, film_settings, movie_choices, seconds

from facekp.errors import SettingsError
from facekp.film import DITHERS, PALETTES, MovieOptions
from facekp.settings import BACKGROUNDS, CURVES, FACE_ONLY, REFERENCES, MorphSettings


def test_first_choices_are_the_engine_s_own() -> None:
    assert film_settings({}) == MorphSettings()
    assert movie_choices({}) == MovieOptions()


def test_all_that_the_engine_can_is_offered() -> None:
    assert set(film_form.REFERENCES) == set(REFERENCES)
    assert set(film_form.FACE_ONLY) == set(FACE_ONLY)
    assert set(film_form.CURVES) == {*CURVES, OWN}
    assert set(film_form.BACKGROUNDS) == {*BACKGROUNDS, COLOUR}
    assert set(film_form.FILM_PALETTES) == set(PALETTES)
    assert set(film_form.FILM_DITHERS) == set(DITHERS)
    spoken_for = {"width", "height", "shape_numbers", "colour_numbers", "background_colour"}
    settings = {field.name for field in fields(MorphSettings)}
    assert settings <= set(FIRST_CHOICES) - spoken_for


@pytest.mark.parametrize(
    ("choices", "settings"),
    [
        ({"frames": 9, "fps": 12, "hold_first": 1.5}, {"frames": 9, "fps": 12.0, "hold_first": 1.5}),
        ({"size": "256"}, {"size": (256, 256)}),
        ({"size": "a"}, {"size": "a"}),
        ({"size": OWN, "width": 300, "height": 200}, {"size": (300, 200)}),
        ({"shape_curve": "linear"}, {"shape_curve": "linear", "colour_curve": "linear"}),
        ({"colour_curve": "ease-in"}, {"colour_curve": "ease-in"}),
        ({"shape_curve": OWN, "shape_numbers": "0; 1,0.5"}, {"shape_curve": (0, 1, 0.5), "colour_curve": (0, 1, 0.5)}),
        ({"background": "transparent"}, {"background": "transparent"}),
        ({"background": COLOUR, "background_colour": "#204080"}, {"background": "#204080"}),
        ({"reference": "a", "face_only": "seamless"}, {"reference": "a", "face_only": "seamless"}),
        ({"colour_match": True, "linear_light": True}, {"colour_match": "lab", "linear_light": True}),
        ({"ping_pong": True, "loop": False}, {"ping_pong": True, "loop": False}),
        ({"closed": True, "stop_at_faces": True}, {"closed": True, "stop_at_faces": True}),
    ],
)
def test_choices_become_settings(choices: dict, settings: dict) -> None:
    assert film_settings(choices) == MorphSettings(**settings)


def test_choices_of_files() -> None:
    chosen = {"quality": 50, "palette": "frame", "colours": 64, "dither": "none", "limited": True, "max_megabytes": 2.0}
    assert movie_choices({**chosen, "behind": "#102030"}) == MovieOptions(
        quality=50, palette="frame", colours=64, dither="none", max_megabytes=2.0, background="#102030"
    )


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"ping_pong": True, "closed": True}, "give closed or ping_pong, not both"),
        ({"face_only": "feather"}, "give the reference 'a'"),
        ({"shape_curve": OWN, "shape_numbers": "0, half, 1"}, "is no list of numbers"),
        ({"shape_curve": OWN, "shape_numbers": "0, 3"}, "each from -1 to 2"),
        ({"size": OWN, "width": 5}, "two whole numbers from 16"),
    ],
)
def test_bad_choices_are_told(choices: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        film_settings(choices)


def test_films_are_bounded() -> None:
    settings = film_settings({"frames": 240})
    assert count_frames(settings, 2, (512, 512)) == 240
    with pytest.raises(SettingsError, match=r"2630 frames of 512 × 512 .* 1024 frames of this size are the most"):
        count_frames(settings, 12, (512, 512))


def test_seconds_are_those_of_the_film() -> None:
    there = film_settings({"hold_first": 1.0, "hold_last": 2.0})
    assert seconds(there, count_frames(there, 2, (64, 64))) == 60 / 30 + 3
    back = film_settings({"hold_first": 1.0, "hold_last": 2.0, "ping_pong": True})
    assert seconds(back, count_frames(back, 2, (64, 64))) == pytest.approx((60 + 60 + 58) / 30 + 1)


# --- Faces ----------------------------------------------------------------------------------------
