"""A film stays under the size that it is given, and gives up as little as it can."""

import numpy as np
import pytest

from facekp.errors import OutputError
from facekp.film import MovieOptions
from facekp.movie import SUFFIXES, encode_movie, write_movie
from tests.reading import read_film


def noise(count, size=(120, 160)):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for _ in range(count)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_film_stays_under_its_limit_and_keeps_its_duration_and_proportions(tmp_path, suffix):
    free, bound = tmp_path / f"free{suffix}", tmp_path / f"bound{suffix}"
    write_movie(noise(20), free, 20)
    limit = free.stat().st_size / 6 / 1e6
    write_movie(noise(20), bound, 20, MovieOptions(max_megabytes=limit, hold_last=0.5))
    assert bound.stat().st_size <= limit * 1e6
    read = read_film(bound)
    assert read.duration == pytest.approx(1.5, abs=0.011)
    height, width = read.frames[0].shape[:2]
    assert height < 120
    assert width / height == pytest.approx(160 / 120, rel=0.05)


def test_a_limit_that_is_wide_enough_changes_nothing():
    for suffix in SUFFIXES:
        assert encode_movie(noise(4), suffix) == encode_movie(noise(4), suffix, options=MovieOptions(max_megabytes=9))


def test_a_gif_gives_up_colours_before_frames_and_frames_before_pixels(tmp_path):
    path = tmp_path / "film.gif"
    write_movie(noise(20), path)
    full = path.stat().st_size / 1e6
    seen = []
    for part in (0.95, 0.6, 0.2):
        write_movie(noise(20), path, options=MovieOptions(max_megabytes=part * full))
        frames = read_film(path).frames
        seen.append(
            (len(np.unique(frames[0].reshape(-1, frames[0].shape[2]), axis=0)), len(frames), frames[0].shape[0])
        )
    (colours, *rest), (_, half, whole), (*_, smaller) = seen
    assert colours <= 128
    assert rest == [20, 120]
    assert (half, whole) == (10, 120)
    assert smaller < 120


def test_frames_that_are_left_out_leave_both_ends(tmp_path):
    path = tmp_path / "film.apng"
    original = noise(20)
    write_movie(original, path)
    write_movie(original, path, 20, MovieOptions(max_megabytes=0.55 * path.stat().st_size / 1e6))
    read = read_film(path)
    assert len(read.frames) == 10
    assert read.duration == pytest.approx(1)
    assert np.array_equal(read.frames[0], original[0])
    assert np.array_equal(read.frames[-1], original[-1])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_limit_out_of_reach_says_what_could_be_reached(tmp_path, suffix):
    with pytest.raises(OutputError, match=r"has 0\.\d+ MB even as \d+ frames of \d+ × 64 pixels, and may have 0\.001"):
        write_movie(noise(20), tmp_path / f"film{suffix}", options=MovieOptions(max_megabytes=0.001))
    assert not list(tmp_path.iterdir())
