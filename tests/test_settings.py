"""One object says how a morph is made, and refuses nonsense in one sentence."""

import json
from dataclasses import replace

import numpy as np
import pytest

from facekp.errors import SettingsError
from facekp.schedule import Moment, ease, schedule
from facekp.settings import CURVES, MAX_FRAMES, MorphSettings

FULL = MorphSettings(
    frames=12,
    size="a",
    fps=12.5,
    hold_first=0.5,
    hold_last=1,
    ping_pong=True,
    loop=False,
    stop_at_faces=True,
    reference="a",
    shape_curve=[0, 0.2, 1.5],
    colour_curve="ease-in",
    face_only="seamless",
    colour_match="lab",
    linear_light=True,
)


def test_plain_values_and_back():
    for settings in (MorphSettings(), FULL, MorphSettings(background="#A0b1C2")):
        values = json.loads(json.dumps(settings.to_dict()))
        assert MorphSettings.from_dict(values) == settings
    assert MorphSettings.from_dict({}) == MorphSettings()


def test_numbers_of_any_kind_become_plain_ones():
    settings = MorphSettings(frames=np.int64(5), fps=np.float32(25), shape_curve=np.array([0, 1]), loop=np.bool_(True))
    assert settings == MorphSettings(frames=5, fps=25, shape_curve=(0.0, 1.0))
    assert json.dumps(settings.to_dict())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("frames", 1, "needs 2 frames or more, its first and its last, and 100000 at most; frames is 1"),
        ("frames", MAX_FRAMES + 1, "and 100000 at most"),
        ("frames", 10**30, "and 100000 at most"),
        ("frames", True, "frames is True"),
        ("frames", 2.0, "frames is 2.0"),
        ("size", "b", "two whole numbers"),
        ("fps", 0, "fps is 0; give a number from 1 to 100, frames a second"),
        ("fps", 101, "from 1 to 100"),
        ("fps", "30", "fps is '30'"),
        ("fps", float("nan"), "fps is nan"),
        ("hold_first", -1, "hold_first is -1; give a number from 0 to 60, seconds"),
        ("hold_last", 61, "hold_last is 61"),
        ("ping_pong", 1, "ping_pong is 1; give True or False"),
        ("loop", "yes", "loop is 'yes'"),
        ("closed", None, "closed is None"),
        ("stop_at_faces", 0, "stop_at_faces is 0"),
        ("linear_light", "no", "linear_light is 'no'"),
        ("reference", "b", "reference is 'b'; give one of 'common', 'a', 'eyes'"),
        ("reference", 3, "reference is 3"),
        ("shape_curve", "fast", "shape_curve is 'fast'; give one of 'linear', 'smooth', 'ease-in', 'ease-out'"),
        ("colour_curve", [0.5], "two numbers or more"),
        ("colour_curve", [0, 3], "each from -1 to 2"),
        ("colour_curve", [0, float("nan")], "each from -1 to 2"),
        ("colour_curve", [0, True], "two numbers or more"),
        ("colour_curve", 1, "two numbers or more"),
        ("background", "pink", "background is 'pink'; give one of 'dissolve', .* or a colour as '#rrggbb'"),
        ("background", "#12345", "background is '#12345'"),
        ("background", None, "background is None"),
        ("face_only", True, "face_only is True; give one of 'off', 'feather', 'seamless'"),
        ("colour_match", "rgb", "colour_match is 'rgb'; give one of 'none', 'lab'"),
    ],
)
def test_every_bad_value_has_its_sentence(name, value, words):
    with pytest.raises(SettingsError, match=words):
        MorphSettings(**{name: value})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ping_pong": True, "closed": True}, "closed or ping_pong, not both"),
        ({"face_only": "feather"}, "the reference is 'common'; give the reference 'a'"),
        ({"face_only": "seamless", "reference": "eyes"}, "the reference is 'eyes'"),
        ({"face_only": "seamless", "reference": "a", "background": "transparent"}, "'transparent'; leave one out"),
        ({"face_only": "feather", "reference": "a", "background": "b"}, "the background is 'b'"),
        ({"face_only": "feather", "reference": "a", "background": "#ffffff"}, "'#ffffff'; leave one out"),
    ],
)
def test_settings_that_exclude_each_other(values, words):
    with pytest.raises(SettingsError, match=words):
        MorphSettings(**values)


def test_unknown_settings_are_named():
    with pytest.raises(SettingsError, match="no setting 'speed'; there are frames, size, fps"):
        MorphSettings.from_dict({"speed": 3})
    with pytest.raises(SettingsError, match="not list"):
        MorphSettings.from_dict([1])


@pytest.mark.parametrize("curve", [*CURVES, (0.0, 0.3, 1.0)])
def test_curves_begin_at_one_face_and_end_at_the_other(curve):
    assert (ease(curve, 0.0), ease(curve, 1.0)) == (0, 1)
    values = [ease(curve, time) for time in np.linspace(0, 1, 21)]
    assert values == sorted(values)


def test_curves_have_their_speeds():
    def speed(curve, time):
        return (ease(curve, time + 1e-6) - ease(curve, time - 1e-6)) / 2e-6

    assert speed("smooth", 0.0) == pytest.approx(0, abs=1e-5) == speed("smooth", 1.0)
    assert speed("ease-in", 0.0) == pytest.approx(0, abs=1e-5)
    assert speed("ease-in", 1.0) == pytest.approx(2, abs=1e-5) == speed("ease-out", 0.0)
    assert speed("linear", 0.3) == pytest.approx(1)
    assert ease((0, 1, 0), 0.25) == 0.5


def places(settings, legs=1):
    return [moment.leg + moment.shape for moment in schedule(settings, legs)]


LINEAR = MorphSettings(frames=5, shape_curve="linear", colour_curve="linear")


def test_schedule_of_one_way():
    assert places(LINEAR) == [0, 0.25, 0.5, 0.75, 1]
    assert schedule(replace(LINEAR, colour_curve=(1, 1)))[1] == Moment(0, 0.25, 1.0)


def test_ping_pong_comes_back_and_repeats_no_end():
    there = [0, 0.25, 0.5, 0.75, 1]
    assert places(replace(LINEAR, ping_pong=True)) == [*there, 0.75, 0.5, 0.25]
    assert places(replace(LINEAR, ping_pong=True, loop=False)) == [*there, 0.75, 0.5, 0.25, 0]
    held = replace(LINEAR, ping_pong=True, hold_last=0.1, fps=30)
    assert places(held) == [*there, 1, 1, 1, 0.75, 0.5, 0.25]
    assert places(replace(LINEAR, frames=2, ping_pong=True)) == [0, 1]


def test_through_faces_at_one_speed_or_with_stops():
    assert places(LINEAR, 2) == [index / 4 for index in range(9)]
    smooth = places(MorphSettings(frames=5), 2)
    assert smooth[4] == 1
    steps = np.diff(smooth)
    assert steps[3] == pytest.approx(steps.max())  # no rest at the inner face
    stops = np.diff(places(MorphSettings(frames=5, stop_at_faces=True), 2))
    np.testing.assert_allclose(stops, [*stops[:4], *stops[:4]], atol=1e-12)
    assert stops[3] < stops[2] / 2


def test_a_closed_film_leaves_out_what_comes_next():
    assert places(replace(LINEAR, closed=True), 3) == [index / 4 for index in range(12)]
    assert len(places(replace(LINEAR, closed=True, loop=False), 3)) == 13


@pytest.mark.parametrize("loop", [True, False])
def test_a_closed_film_holds_its_last_face_on_the_way(loop):
    settings = replace(LINEAR, closed=True, loop=loop, hold_last=0.1, fps=30)
    there = places(replace(settings, hold_last=0), 3)
    assert places(settings, 3) == [*there[:8], 2, 2, 2, *there[8:]]
    assert there[8] == 2
    stops = places(replace(settings, stop_at_faces=True), 3)
    assert stops[7] < 2 < stops[12]
    assert stops[8:12] == [2] * 4


def test_the_last_face_is_held_though_no_frame_meets_it():
    smooth = MorphSettings(frames=2, closed=True, hold_last=0.1, fps=30)
    there = places(replace(smooth, hold_last=0), 4)
    assert 3 not in there
    held = places(smooth, 4)
    assert held == sorted(held)
    assert held == sorted([*there, 3, 3, 3])
    short = replace(LINEAR, closed=True, hold_last=1, shape_curve=(0, 0.4), colour_curve=(0, 0.4))
    assert places(short, 2) == places(replace(short, hold_last=0), 2)  # the last face is never seen


def test_shape_and_colour_go_through_the_faces_together():
    with pytest.raises(SettingsError, match="need the same curve"):
        schedule(replace(LINEAR, shape_curve="smooth"), 2)
    assert len(schedule(replace(LINEAR, shape_curve="smooth", stop_at_faces=True), 2)) == 9
