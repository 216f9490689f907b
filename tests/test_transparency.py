"""Frames that are transparent in part: in a film nothing of the frame before shines through."""

import av
import numpy as np
import pytest

from facekp.film import MovieOptions
from facekp.movie import write_movie
from tests.reading import read_film

TRANSPARENT = [".gif", ".webp", ".apng", ".zip"]


def disc(number, size=(48, 64)):
    """RGBA: a disc that moves to the right, hard-edged, over nothing."""
    y, x = np.mgrid[: size[0], : size[1]]
    seen = np.hypot(x - 14 - 8 * number, y - 24) < 12
    return np.stack([x * 3, y * 4, np.full_like(x, 120), seen * 255], axis=2).astype(np.uint8)


@pytest.mark.parametrize("suffix", TRANSPARENT)
def test_transparency_survives_and_nothing_shines_through(tmp_path, suffix):
    path = tmp_path / f"disc{suffix}"
    original = [disc(number) for number in (0, 1, 2, 3, 0)]
    write_movie(original, path)
    for frame, expected in zip(read_film(path).frames, original, strict=True):
        seen = expected[..., 3] == 255
        assert np.array_equal(frame[..., 3] == 255, seen)
        assert not frame[~seen, 3].any()
        assert np.abs(frame[seen].astype(int) - expected[seen]).mean() < 4


@pytest.mark.parametrize("suffix", [".webp", ".apng", ".zip"])
def test_half_transparent_stays_half_transparent(tmp_path, suffix):
    path = tmp_path / f"half{suffix}"
    original = [np.full((32, 32, 4), alpha, np.uint8) for alpha in (30, 128, 220)]
    write_movie(original, path)
    for frame, expected in zip(read_film(path).frames, original, strict=True):
        assert np.array_equal(frame[..., 3], expected[..., 3])


def test_webm_has_transparency(tmp_path):
    """FFmpeg's own decoder, OpenCV's and browsers' other ones, ignores it: libvpx shows it."""
    path = tmp_path / "disc.webm"
    original = [disc(number) for number in range(4)]
    write_movie(original, path)
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(path)) as container:
        assert container.streams.video[0].metadata["alpha_mode"] == "1"
        frames = [frame for packet in container.demux(video=0) if packet.size for frame in decoder.decode(packet)]
    for frame, expected in zip(frames, original, strict=True):
        assert np.abs(frame.to_ndarray(format="rgba")[..., 3].astype(int) - expected[..., 3]).mean() < 2


def test_mp4_lays_transparency_over_a_colour(tmp_path):
    path = tmp_path / "disc.mp4"
    write_movie([disc(0)] * 3, path, options=MovieOptions(background="#204060"))
    corner = read_film(path).frames[1][-8:, -8:].reshape(-1, 3).mean(axis=0)
    assert np.abs(corner - (0x20, 0x40, 0x60)).max() < 3
    write_movie([disc(0)] * 3, path)
    assert read_film(path).frames[1][-8:, -8:].mean() > 252
