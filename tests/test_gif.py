"""A GIF's few colours are well chosen, and stand still where the film does."""

import numpy as np
import pytest

from facekp.film import MovieOptions
from facekp.images import load_image
from facekp.morph import morph_frames
from facekp.movie import write_movie
from facekp.settings import MorphSettings
from tests.conftest import GALLERY
from tests.drawn import two_faces
from tests.reading import read_film


def still():
    return next(iter(morph_frames(*two_faces(), MorphSettings(2, (64, 64)))))


def ramp():
    """A soft gradient, uint8 (64, 256, 3), and its red tones."""
    tones = np.linspace(60, 200, 256)
    row = np.rint(np.stack([tones, tones * 0.8, tones * 0.7], axis=1)).astype(np.uint8)
    return np.repeat(row[None], 64, axis=0), tones


def frames_of(tmp_path, frames, **options):
    path = tmp_path / "film.gif"
    write_movie(frames, path, options=MovieOptions(**options))
    return [frame[..., :3] for frame in read_film(path).frames]


def colours_in(frame):
    return len(np.unique(frame.reshape(-1, 3), axis=0))


@pytest.mark.parametrize("dither", ["ordered", "none", "diffusion"])
@pytest.mark.parametrize("palette", ["film", "frame"])
def test_what_stands_still_does_not_flicker(tmp_path, palette, dither):
    frames = frames_of(tmp_path, [still()] * 4, palette=palette, dither=dither)
    assert all(np.array_equal(frame, frames[0]) for frame in frames)


def test_a_background_stands_still_beside_what_moves(tmp_path):
    picture = still()
    moving = [picture.copy() for _ in range(6)]
    for number, frame in enumerate(moving):
        frame[20:40, 8 * number : 8 * number + 12] = (250, 20, 20)
    frames = frames_of(tmp_path, moving)
    assert all(np.array_equal(frame[44:], frames[0][44:]) for frame in frames)
    assert np.abs(frames[3][20:40, 24:36].astype(int) - (250, 20, 20)).mean() < 12


def bands(tmp_path, **options):
    """The largest error of a gradient's tone, on the average over 64 pixels; without the gradient's ends."""
    picture, tones = ramp()
    (frame,) = frames_of(tmp_path, [picture], **options)
    tone = frame[..., 0].reshape(8, 8, 32, 8).mean(axis=(0, 1, 3))
    return np.abs(tone - tones.reshape(32, 8).mean(axis=1))[4:-4].max()


def test_dither_leaves_no_bands(tmp_path):
    assert bands(tmp_path, dither="ordered") < 2
    assert bands(tmp_path, dither="diffusion", colours=12) < 2.5
    assert bands(tmp_path, dither="none", colours=12) > 3.5


@pytest.mark.parametrize("dither", ["ordered", "none", "diffusion"])
@pytest.mark.parametrize("palette", ["film", "frame"])
def test_few_colours_make_a_picture_no_darker(tmp_path, palette, dither):
    picture = load_image(GALLERY / "ada_neutral.jpg")
    (frame,) = frames_of(tmp_path, [picture], palette=palette, dither=dither)
    assert np.abs((frame.astype(float) - picture).mean(axis=(0, 1))).max() < 0.8


def test_without_dither_equal_pixels_stay_equal(tmp_path):
    picture, _ = ramp()
    (frame,) = frames_of(tmp_path, [picture], colours=24, dither="none")
    assert np.array_equal(frame, np.repeat(frame[:1], 64, axis=0))
    assert 12 <= colours_in(frame) <= 24


@pytest.mark.parametrize("palette", ["film", "frame"])
@pytest.mark.parametrize("dither", ["ordered", "none", "diffusion"])
@pytest.mark.parametrize("colours", [2, 3, 40, 256])
def test_no_more_colours_than_asked_for(tmp_path, colours, dither, palette):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    frames = frames_of(tmp_path, [noise, noise[::-1]], colours=colours, dither=dither, palette=palette)
    assert all(2 <= colours_in(frame) <= colours for frame in frames)
    assert colours < 40 or colours_in(frames[0]) >= 0.8 * colours


def test_a_palette_for_each_frame_has_truer_colours(tmp_path):
    """Eight frames of eight hues."""
    rng = np.random.default_rng(0)
    shades = rng.integers(0, 256, (64, 64, 1), dtype=np.uint8)
    hues = rng.random((8, 3))
    original = [np.rint(shades * hue).astype(np.uint8) for hue in hues]

    def error(palette):
        frames = frames_of(tmp_path, original, palette=palette, colours=64, dither="none")
        return np.mean([np.abs(one.astype(int) - other).mean() for one, other in zip(frames, original, strict=True)])

    assert error("frame") < 0.6 * error("film")


def test_rare_colours_are_not_lost(tmp_path):
    """An iris: 16 blue pixels on skin of many tones."""
    rng = np.random.default_rng(0)
    picture = (np.array([180, 130, 100]) + rng.normal(0, 20, (128, 128, 1)) + rng.normal(0, 6, (128, 128, 3))).clip(
        0, 255
    )
    picture = picture.astype(np.uint8)
    picture[60:64, 60:64] = (70, 110, 190)
    (frame,) = frames_of(tmp_path, [picture])
    assert np.abs(frame[60:64, 60:64].reshape(-1, 3).mean(axis=0) - (70, 110, 190)).max() < 12


@pytest.mark.parametrize("palette", ["film", "frame"])
@pytest.mark.parametrize("dither", ["ordered", "none", "diffusion"])
def test_transparency_in_every_palette_and_dither(tmp_path, palette, dither):
    path = tmp_path / "film.gif"
    alpha = np.random.default_rng(0).integers(0, 2, (5, 32, 32, 1), dtype=np.uint8) * 255
    original = [np.dstack([np.full((32, 32, 3), 40 * number, np.uint8), one]) for number, one in enumerate(alpha)]
    write_movie(original, path, options=MovieOptions(palette=palette, dither=dither))
    for frame, expected in zip(read_film(path).frames, original, strict=True):
        assert np.array_equal(frame[..., 3], expected[..., 3])
        assert np.abs(frame[..., :3].astype(int) - expected[..., :3])[expected[..., 3] == 255].mean() < 8


def test_from_half_on_a_pixel_is_seen(tmp_path):
    path = tmp_path / "film.gif"
    picture = np.full((16, 16, 4), 90, dtype=np.uint8)
    picture[:, :8, 3], picture[:, 8:, 3] = 127, 128
    write_movie([picture, picture], path)
    assert [frame[0, ::15, 3].tolist() for frame in read_film(path).frames] == [[0, 255]] * 2


def test_a_film_of_nothing_at_all(tmp_path):
    path = tmp_path / "film.gif"
    write_movie([np.zeros((16, 16, 4), np.uint8)] * 3, path)
    assert not any(frame[..., 3].any() for frame in read_film(path).frames)
