"""A film holds every frame, at the right time, or is not there at all."""

import weakref

import av
import numpy as np
import pytest
from PIL import Image

from facekp.errors import OutputError, SettingsError
from facekp.morph import MorphSettings, morph_frames
from facekp.movie import encode_movie, write_movie
from tests.drawn import two_faces

SUFFIXES = [".gif", ".mp4"]
SIZE = (96, 80)


def film(count=7, size=SIZE):
    return morph_frames(*two_faces(), MorphSettings(count, size))


def read(path):
    """Frames, and the duration in seconds."""
    if path.suffix == ".gif":
        with Image.open(path) as image:
            frames, duration = [], 0
            for number in range(image.n_frames):
                image.seek(number)
                frames.append(np.array(image.convert("RGB")))
                duration += image.info["duration"]
            return frames, duration / 1000
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        duration = float(stream.duration * stream.time_base)
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)], duration


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fps", [1, 7, 12.5, 24, 29.97, 30, 40, 50])
def test_every_frame_at_its_time(tmp_path, suffix, fps):
    path = tmp_path / f"morph{suffix}"
    write_movie(film(7, (32, 32)), path, fps=fps)
    frames, duration = read(path)
    assert len(frames) == 7
    assert duration == pytest.approx(7 / fps, abs=0.006)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_look_like_what_was_given(tmp_path, suffix):
    path = tmp_path / f"morph{suffix}"
    original = list(film())
    write_movie(iter(original), path, fps=25)
    frames, _ = read(path)
    for frame, expected in zip(frames, original, strict=True):
        assert frame.shape == (80, 96, 3)
        difference = frame.astype(int) - expected
        assert np.abs(difference).mean() < 10  # 4:2:0 halves the colours of the wall's texture
        assert np.abs(difference.mean(axis=(0, 1))).max() < 2.5


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("count", [1, 5])
def test_equal_frames_are_not_merged(tmp_path, suffix, count):
    path = tmp_path / f"still{suffix}"
    write_movie([np.full((20, 30, 3), 99, dtype=np.uint8)] * count, path, fps=10)
    frames, duration = read(path)
    assert len(frames) == count
    assert duration == pytest.approx(count / 10)
    assert np.abs(frames[-1].astype(int) - 99).mean() < 5


def test_suffixes_may_be_in_capitals(tmp_path):
    write_movie(film(2, (16, 16)), tmp_path / "MORPH.GIF")
    assert (tmp_path / "MORPH.GIF").read_bytes().startswith(b"GIF89a")


def test_mp4_plays_in_browsers(tmp_path):
    path = tmp_path / "morph.mp4"
    write_movie(film(), path, fps=30)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 30
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays before it is loaded


def test_mp4_sides_become_even_by_repeating_the_edge(tmp_path):
    write_movie(film(3, (33, 47)), tmp_path / "odd.mp4")
    frames, _ = read(tmp_path / "odd.mp4")
    assert frames[0].shape == (48, 34, 3)
    write_movie(film(3, (33, 47)), tmp_path / "odd.gif")
    assert read(tmp_path / "odd.gif")[0][0].shape == (47, 33, 3)


def test_gif_plays_for_ever_and_does_not_flicker(tmp_path):
    path = tmp_path / "still.gif"
    picture = next(film(2, (64, 64)))
    write_movie([picture] * 4, path)
    with Image.open(path) as image:
        assert image.info["loop"] == 0
    frames, _ = read(path)
    assert all(np.array_equal(frame, frames[0]) for frame in frames)


def test_gif_has_no_bands(tmp_path):
    """Dither brings the tone of a gradient back, on the average over a few pixels."""
    ramp = np.linspace(60, 200, 256)
    picture = np.rint(np.stack([ramp, ramp * 0.8, ramp * 0.7], axis=1)).astype(np.uint8)
    write_movie([np.repeat(picture[None], 64, axis=0)], tmp_path / "ramp.gif")
    (frame,), _ = read(tmp_path / "ramp.gif")
    tone = frame[..., 0].reshape(8, 8, 32, 8).mean(axis=(0, 1, 3))
    assert np.abs(tone - ramp.reshape(32, 8).mean(axis=1)).max() < 3


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_are_taken_one_at_a_time(tmp_path, suffix):
    alive, most = [], 0

    def watched():
        nonlocal most
        for _ in range(40):
            frame = np.zeros((32, 32, 3), dtype=np.uint8)
            alive.append(weakref.ref(frame))
            most = max(most, sum(reference() is not None for reference in alive))
            yield frame

    write_movie(watched(), tmp_path / f"long{suffix}")
    assert most <= 4


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_films_in_memory_are_the_same_films(tmp_path, suffix):
    """Frame by frame; x264 does not always choose the same bytes for the same frames."""
    written, encoded = tmp_path / f"written{suffix}", tmp_path / f"encoded{suffix}"
    write_movie(film(), written, fps=20)
    encoded.write_bytes(encode_movie(film(), suffix, fps=20))
    (one, seconds), (other, other_seconds) = read(written), read(encoded)
    assert seconds == other_seconds
    for frame, expected in zip(one, other, strict=True):
        assert np.abs(frame.astype(int) - expected).mean() < 3


def test_suffixes_in_memory_are_checked():
    with pytest.raises(OutputError, match=r"use \.gif or \.mp4"):
        encode_movie(untouchable(), ".avi")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_half_way_leaves_everything_as_it_was(tmp_path, suffix):
    def broken():
        yield from film()
        raise RuntimeError("the light went out")

    fresh, old = tmp_path / f"fresh{suffix}", tmp_path / f"old{suffix}"
    old.write_bytes(b"precious")
    for path in (fresh, old):
        with pytest.raises(RuntimeError, match="light"):
            write_movie(broken(), path)
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == b"precious"


def untouchable():
    raise AssertionError("work was done before the output was checked")
    yield


@pytest.mark.parametrize("name", ["morph.avi", "morph", "no/such/folder/morph.gif"])
def test_where_to_is_checked_before_the_work(tmp_path, name):
    with pytest.raises(OutputError, match=r"use \.gif or \.mp4|does not exist"):
        write_movie(untouchable(), tmp_path / name)


@pytest.mark.parametrize("fps", [0, -1, 101, float("nan"), float("inf"), "30", None, True])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_fps_out_of_range(tmp_path, suffix, fps):
    with pytest.raises(SettingsError, match="give a number from 1 to"):
        write_movie(untouchable(), tmp_path / f"morph{suffix}", fps=fps)


def test_gifs_faster_than_browsers_show_are_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"from 1 to 50 for \.gif"):
        write_movie(untouchable(), tmp_path / "morph.gif", fps=60)
    write_movie(film(3), tmp_path / "morph.mp4", fps=60)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "no frames"),
        ([np.zeros((20, 20, 3), np.uint8), np.zeros((20, 22, 3), np.uint8)], "frame 1 is .*one size"),
        ([np.zeros((20, 20), np.uint8)], "frame 0 is uint8"),
        ([np.zeros((20, 20, 3))], "frame 0 is float64"),
    ],
)
def test_frames_that_make_no_film(tmp_path, suffix, frames, message):
    with pytest.raises(OutputError, match=message):
        write_movie(iter(frames), tmp_path / f"film{suffix}")
    assert not list(tmp_path.iterdir())
