"""Frames get their times, are kept and read again, and options are checked."""

import itertools
import threading
from fractions import Fraction

import numpy as np
import pytest

from facekp.errors import SettingsError
from facekp.film import MovieOptions, flattened, kept, reduced, timed
from facekp.parallel import in_background


def grey(count, size=(6, 8), channels=3):
    return [np.full((*size, channels), 10 * number % 256, dtype=np.uint8) for number in range(count)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"quality": 101}, "quality is 101; give a whole number from 0 to 100"),
        ({"quality": 80.5}, "quality is 80.5"),
        ({"quality": True}, "quality is True"),
        ({"loop": -1}, "loop is -1; give a whole number from 0 to 65535"),
        ({"colours": 1}, "colours is 1; give a whole number from 2 to 256"),
        ({"colours": 257}, "colours is 257"),
        ({"hold_first": -0.1}, "hold_first is -0.1; give a number from 0 to 60, seconds"),
        ({"hold_last": 61}, "hold_last is 61"),
        ({"hold_last": float("nan")}, "hold_last is nan"),
        ({"hold_last": "1"}, "hold_last is '1'"),
        ({"background": "white"}, "background is 'white'; give a colour as '#rrggbb'"),
        ({"background": (0, 0, 0)}, "background is"),
        ({"palette": "scene"}, "palette is 'scene'; give one of 'film', 'frame'"),
        ({"dither": None}, "dither is None; give one of 'ordered', 'none', 'diffusion'"),
        ({"max_megabytes": 0}, "max_megabytes is 0; give a number above 0 and up to 1000000"),
        ({"max_megabytes": 10**400}, "and up to 1000000"),
        ({"max_megabytes": float("inf")}, "max_megabytes is inf"),
        ({"max_megabytes": "8"}, "max_megabytes is '8'"),
        ({"recipe": {}}, "the recipe is dict; give JSON text"),
    ],
)
def test_options_out_of_range(wrong, message):
    with pytest.raises(SettingsError, match=message):
        MovieOptions(**wrong)


def test_times_follow_one_another_without_rounding():
    shots = list(timed(grey(4), Fraction(30), MovieOptions(hold_first=0.5, hold_last=2)))
    assert shots[0].start == 0
    assert all(one.end == following.start for one, following in itertools.pairwise(shots))
    assert [shot.end - shot.start for shot in shots] == [
        Fraction(1, 30) + Fraction(1, 2), Fraction(1, 30), Fraction(1, 30), Fraction(1, 30) + 2,
    ]  # fmt: skip
    assert [shot.picture[0, 0, 0] for shot in shots] == [0, 10, 20, 30]


def test_rounded_times_do_not_drift():
    *_, last = timed((np.zeros((1, 1, 3), np.uint8) for _ in range(301)), Fraction(30), MovieOptions())
    assert last.ticks(100) == (1000, 1003)


def test_no_frame_loses_its_tick_to_rounding():
    """Half a frame's hold puts every frame half-way between two ticks."""
    shots = timed(grey(6), Fraction(25), MovieOptions(hold_first=0.5))
    assert [shot.ticks(25) for shot in shots] == [(0, 14), (14, 15), (15, 16), (16, 17), (17, 18), (18, 19)]


@pytest.mark.parametrize("channels", [3, 4])
def test_kept_frames_are_read_again_and_in_part(channels):
    original = grey(20, channels=channels)
    with kept(timed(original, Fraction(10), MovieOptions(hold_last=1))) as film:
        assert len(film) == 20
        for _ in range(2):
            assert all(np.array_equal(shot.picture, one) for shot, one in zip(film, original, strict=True))
        thinned = list(film.thinned(5))
        assert [shot.picture[0, 0, 0] // 10 for shot in thinned] == [0, 5, 10, 14, 19]
        assert [shot.start for shot in thinned] == [Fraction(k, 10) for k in (0, 5, 10, 14, 19)]
        assert thinned[-1].end == 3
        assert len(film.thinned(1)) == 1
        assert len(film.thinned(30)) == 20
        assert [shot.picture.shape for shot in film.resized(0.5).thinned(2)] == [(3, 4, channels)] * 2


def test_a_film_larger_than_memory_allows_is_kept_on_disk(monkeypatch):
    monkeypatch.setattr("facekp.film._SPOOL_BYTES", 1000)
    original = grey(40)
    with kept(timed(original, Fraction(10), MovieOptions())) as film:
        assert all(np.array_equal(shot.picture, one) for shot, one in zip(film, original, strict=True))


def test_a_picture_over_a_colour():
    picture = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], dtype=np.uint8)
    over = flattened(picture, np.array([100, 200, 50], dtype=np.uint8))
    assert over.tolist() == [[[200, 100, 0], [100, 200, 50], [120, 180, 40]]]


def test_reducing_does_not_mix_in_colours_that_are_not_seen():
    picture = np.zeros((4, 4, 4), dtype=np.uint8)
    picture[:, :1] = (200, 100, 40, 255)
    picture[:, 1:] = (0, 255, 0, 0)
    small = reduced(picture, (2, 2))
    assert small[0].tolist() == [[200, 100, 40, 128], [0, 0, 0, 0]]
    assert reduced(picture[..., :3], (2, 2))[0, 0].tolist() == [100, 178, 20]
    assert reduced(picture, (4, 4)) is picture


@pytest.mark.parametrize("threads", [1, 3])
def test_work_in_the_background_keeps_order_and_waits(threads):
    taken, elsewhere = [], set()

    def items():
        for number in range(20):
            taken.append(number)
            yield number

    def work(number):
        elsewhere.add(threading.current_thread())
        return number * number

    for number, result in enumerate(in_background(work, items(), threads)):
        assert result == number * number
        assert len(taken) <= number + threads + 1
    assert threading.current_thread() not in elsewhere
    assert not any(thread.is_alive() for thread in elsewhere)


def test_a_failure_in_the_background_reaches_the_caller():
    def work(number):
        raise ZeroDivisionError(f"frame {number}")

    with pytest.raises(ZeroDivisionError, match="frame 0"):
        list(in_background(work, range(5)))
