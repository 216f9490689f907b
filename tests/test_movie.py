"""A film holds every frame, at the right time, or is not there at all."""

import json
import threading
import weakref
import zipfile

import av
import numpy as np
import pytest
from PIL import Image

from facekp.errors import OutputError, SettingsError
from facekp.film import MovieOptions
from facekp.morph import morph_frames
from facekp.movie import SUFFIXES, encode_movie, write_movie
from facekp.settings import MorphSettings
from tests.drawn import two_faces
from tests.reading import read_film, times_played

SIZE = (96, 80)
ANIMATIONS = [".gif", ".webp", ".apng"]
FASTEST = {".gif": 50, ".webp": 90, ".apng": 90, ".mp4": 100, ".webm": 100, ".zip": 100}


def film(count=7, size=SIZE):
    return morph_frames(*two_faces(), MorphSettings(count, size))


def untouchable():
    raise AssertionError("work was done before the output was checked")
    yield


def test_the_formats():
    assert set(SUFFIXES) == {".gif", ".mp4", ".webm", ".webp", ".apng", ".zip"}


# --- Frames and times -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fps", [1, 7, 12.5, 24, 29.97, 30, 40, 50])
def test_every_frame_at_its_time(tmp_path, suffix, fps):
    path = tmp_path / f"morph{suffix}"
    write_movie(film(7, (32, 32)), path, fps=fps)
    read = read_film(path)
    assert len(read.frames) == 7
    assert read.duration == pytest.approx(7 / fps, abs=0.006)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fps", [10, 25])
def test_holds_lengthen_the_first_and_the_last_frame(tmp_path, suffix, fps):
    path = tmp_path / f"held{suffix}"
    original = list(film(4))
    write_movie(original, path, fps, MovieOptions(hold_first=0.6, hold_last=1.2))
    read = read_film(path)
    assert read.duration == pytest.approx(4 / fps + 1.8, abs=0.002)
    places = np.cumsum([0, *read.durations])
    # What is seen just before the end of each frame's time is that frame.
    for number, end in enumerate(0.6 + np.arange(1, 5) / fps):
        seen = read.frames[np.searchsorted(places, end - 0.01) - 1][..., :3].astype(int)
        assert np.argmin([np.abs(seen - frame).mean() for frame in original]) == number
    if suffix not in (".mp4", ".webm"):
        assert read.durations == pytest.approx([1 / fps + 0.6, 1 / fps, 1 / fps, 1 / fps + 1.2], abs=0.002)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_longest_holds(tmp_path, suffix):
    path = tmp_path / f"long{suffix}"
    write_movie(film(2, (16, 16)), path, 1, MovieOptions(hold_first=60, hold_last=60))
    assert read_film(path).duration == pytest.approx(122, abs=0.01)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_film_of_one_frame_holds_it_twice_as_long(tmp_path, suffix):
    path = tmp_path / f"one{suffix}"
    write_movie(list(film(2, (16, 16)))[:1], path, 1, MovieOptions(hold_first=60, hold_last=60))
    if suffix in ANIMATIONS:  # to OpenCV one frame is a still, without duration
        with Image.open(path) as image:
            image.load()
            assert image.info["duration"] == 121_000
    else:
        assert read_film(path).duration == pytest.approx(121, abs=0.01)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_hold_of_half_a_frame_drops_no_frame(tmp_path, suffix):
    path = tmp_path / f"half{suffix}"
    write_movie(film(5), path, 25, MovieOptions(hold_first=0.5))
    read = read_film(path)
    assert len(read.frames) == (5 + 13 if suffix in (".mp4", ".webm") else 5)
    assert read.duration == pytest.approx(0.7, abs=0.021)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (9, 17)])
def test_the_smallest_pictures(tmp_path, suffix, size):
    path = tmp_path / f"small{suffix}"
    write_movie([np.full((*size, 3), 40 * number, np.uint8) for number in range(3)], path)
    assert len(read_film(path).frames) == 3


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_look_like_what_was_given(tmp_path, suffix):
    path = tmp_path / f"morph{suffix}"
    original = list(film())
    write_movie(iter(original), path, fps=25)
    for frame, expected in zip(read_film(path).frames, original, strict=True):
        difference = frame[..., :3].astype(int) - expected
        assert np.abs(difference).mean() < 10  # 4:2:0 halves the colours of the wall's texture
        assert np.abs(difference.mean(axis=(0, 1))).max() < 2.5
        assert suffix not in (".apng", ".zip") or not difference.any()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("count", [2, 5])
def test_equal_frames_are_not_merged(tmp_path, suffix, count):
    path = tmp_path / f"still{suffix}"
    write_movie([np.full((20, 30, 3), 99, dtype=np.uint8)] * count, path, fps=10)
    read = read_film(path)
    assert len(read.frames) == count
    assert read.duration == pytest.approx(count / 10)
    assert np.abs(read.frames[-1][..., :3].astype(int) - 99).mean() < 5


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_slow_changes_are_not_left_out(tmp_path, suffix):
    """A brightness that rises by one level a frame."""
    path = tmp_path / f"slow{suffix}"
    write_movie([np.full((32, 32, 3), 100 + level, np.uint8) for level in range(24)], path)
    tones = [frame[..., :3].mean() for frame in read_film(path).frames]
    assert np.abs(np.array(tones) - np.arange(100, 124)).max() < 2.5


@pytest.mark.parametrize("suffix", ANIMATIONS)
@pytest.mark.parametrize("loop", [0, 1, 2, 5])
def test_an_animation_plays_as_often_as_asked(tmp_path, suffix, loop):
    path = tmp_path / f"loop{suffix}"
    write_movie(film(3, (16, 16)), path, options=MovieOptions(loop=loop))
    assert times_played(path) == loop


def test_suffixes_may_be_in_capitals(tmp_path):
    write_movie(film(2, (16, 16)), tmp_path / "MORPH.GIF")
    assert (tmp_path / "MORPH.GIF").read_bytes().startswith(b"GIF89a")


# --- One format each ------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".webm", "vp9")])
def test_videos_play_in_browsers(tmp_path, suffix, codec):
    path = tmp_path / f"morph{suffix}"
    write_movie(film(), path, fps=30)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == codec
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 30
    data = path.read_bytes()
    assert suffix == ".webm" or data.index(b"moov") < data.index(b"mdat")  # plays before it is loaded


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_only_videos_grow_to_even_sides_by_repeating_the_edge(tmp_path, suffix):
    path = tmp_path / f"odd{suffix}"
    write_movie(film(3, (33, 47)), path)
    assert read_film(path).frames[0].shape[:2] == ((48, 34) if suffix in (".mp4", ".webm") else (47, 33))


def test_a_zip_holds_pngs_their_times_and_the_recipe(tmp_path):
    path = tmp_path / "film.zip"
    write_movie(film(3), path, 10, MovieOptions(hold_last=0.5, recipe='{"a": 1}'))
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [f"frame_000{number}.png" for number in range(3)] + ["times.json", "recipe.json"]
        times = json.loads(archive.read("times.json"))
        assert archive.read("recipe.json") == b'{"a": 1}'
        assert archive.read("frame_0000.png").startswith(b"\x89PNG")
    assert times["fps"] == 10
    assert times["duration"] == pytest.approx(0.8)
    assert [frame["start"] for frame in times["frames"]] == pytest.approx([0, 0.1, 0.2])
    write_movie(film(3), path)
    with zipfile.ZipFile(path) as archive:
        assert "recipe.json" not in archive.namelist()


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".webp"])
def test_a_higher_quality_is_nearer_to_the_frames_and_larger(tmp_path, suffix):
    original = list(film(5))
    errors, sizes = [], []
    for quality in (0, 50, 100):
        path = tmp_path / f"{quality}{suffix}"
        write_movie(original, path, options=MovieOptions(quality=quality))
        frames = read_film(path).frames
        errors.append(
            np.mean([np.abs(one.astype(int) - other).mean() for one, other in zip(frames, original, strict=True)])
        )
        sizes.append(path.stat().st_size)
    assert errors == sorted(errors, reverse=True)
    assert sizes == sorted(sizes)
    assert errors[0] > 1.3 * errors[2]


# --- As a stream ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_are_taken_one_at_a_time_in_the_thread_of_the_caller(tmp_path, suffix):
    alive, most, threads = [], 0, set()

    def watched():
        nonlocal most
        for _ in range(40):
            frame = np.zeros((32, 32, 3), dtype=np.uint8)
            alive.append(weakref.ref(frame))
            most = max(most, sum(reference() is not None for reference in alive))
            threads.add(threading.current_thread())
            yield frame

    write_movie(watched(), tmp_path / f"long{suffix}")
    assert most <= 8
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_films_in_memory_are_the_same_films(tmp_path, suffix):
    path = tmp_path / f"written{suffix}"
    write_movie(film(), path, fps=20)
    assert encode_movie(film(), suffix, fps=20) == path.read_bytes()


@pytest.mark.parametrize("options", [None, MovieOptions(max_megabytes=5)])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_half_way_leaves_everything_as_it_was(tmp_path, suffix, options):
    def broken():
        yield from film()
        raise RuntimeError("the light went out")

    fresh, old = tmp_path / f"fresh{suffix}", tmp_path / f"old{suffix}"
    old.write_bytes(b"precious")
    for path in (fresh, old):
        with pytest.raises(RuntimeError, match="light"):
            write_movie(broken(), path, options=options)
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == b"precious"


# --- What is refused ------------------------------------------------------------------------------


def test_suffixes_in_memory_are_checked():
    with pytest.raises(OutputError, match=r"use \.apng or \.gif or \.mp4 or \.webm or \.webp or \.zip"):
        encode_movie(untouchable(), ".avi")


@pytest.mark.parametrize("name", ["morph.avi", "morph.png", "morph", "no/such/folder/morph.gif"])
def test_where_to_is_checked_before_the_work(tmp_path, name):
    with pytest.raises(OutputError, match=r"use \.apng or \.gif|does not exist"):
        write_movie(untouchable(), tmp_path / name)


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(OutputError, match="may not be written to"):
        write_movie(untouchable(), tmp_path / "morph.webm")


@pytest.mark.parametrize("fps", [0, -1, 101, float("nan"), float("inf"), "30", None, True])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_fps_out_of_range(tmp_path, suffix, fps):
    with pytest.raises(SettingsError, match="give a number from 1 to"):
        write_movie(untouchable(), tmp_path / f"morph{suffix}", fps=fps)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_films_faster_than_browsers_show_are_refused(tmp_path, suffix):
    fastest = FASTEST[suffix]
    with pytest.raises(SettingsError, match=rf"from 1 to {fastest} for \{suffix}"):
        write_movie(untouchable(), tmp_path / f"morph{suffix}", fps=fastest + 1)
    write_movie(film(3), tmp_path / f"morph{suffix}", fps=fastest)
    assert len(read_film(tmp_path / f"morph{suffix}").frames) == 3


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "no frames"),
        ([np.zeros((20, 20, 3), np.uint8), np.zeros((20, 22, 3), np.uint8)], "frame 1 is .*one size"),
        ([np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 4), np.uint8)], "frame 1 is .*either RGB frames or RGBA"),
        ([np.zeros((20, 20), np.uint8)], "frame 0 is uint8"),
        ([np.zeros((20, 20, 3))], "frame 0 is float64"),
        ([np.zeros((20, 20, 2), np.uint8)], r"frame 0 is uint8 \(20, 20, 2\); give RGB or RGBA"),
        ([np.zeros((1, 16384, 3), np.uint8)], "a side may have 16383 pixels"),
    ],
)
def test_frames_that_make_no_film(tmp_path, suffix, frames, message):
    with pytest.raises(OutputError, match=message):
        write_movie(iter(frames), tmp_path / f"film{suffix}")
    assert not list(tmp_path.iterdir())
