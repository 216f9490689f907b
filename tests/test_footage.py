"""Films are read upright and with their own times; what is damaged is told in a sentence, and the rest is read."""

from fractions import Fraction

import av
import numpy as np
import pytest

from facekp.errors import FacekpWarning, ImageError
from facekp.footage import Footage
from facekp.video import film_writer
from tests.drawn_films import wall, write_film


def noisy(count, seed=0):
    """Frames that do not compress, so that every part of the file matters."""
    return list(np.random.default_rng(seed).integers(0, 256, (count, 96, 128, 3), dtype=np.uint8))


def test_frames_come_in_order_with_their_times(tmp_path):
    film = Footage(write_film(tmp_path / "a.mp4", [wall(("red", 3 * i, 20)) for i in range(20)]))
    frames = list(film)
    assert (film.count, film.rate, film.trouble) == (20, 25, "")
    assert [frame.number for frame in frames] == list(range(20))
    np.testing.assert_allclose([float(frame.time) for frame in frames], np.arange(20) / 25)
    assert frames[19].picture.shape == (120, 160, 3)
    np.testing.assert_allclose(frames[19].picture[40, 70], (230, 20, 20), atol=12)
    assert len(list(film)) == 20  # again from the start


def test_uneven_times_are_kept(tmp_path):
    times = [0, 33, 103, 123, 223, 256]
    frames = Footage(write_film(tmp_path / "a.mp4", [wall()] * 6, times=times))
    assert [round(1000 * float(frame.time)) for frame in frames] == times


@pytest.mark.parametrize(("rotation", "at"), [(0, (10, 10)), (-90, (10, 149)), (90, (109, 10)), (180, (109, 149))])
def test_phones_films_are_turned_upright(tmp_path, rotation, at):
    """-90 is what a phone notes that is held upright: to be turned clockwise."""
    picture = wall(("red", 0, 0))
    (frame,) = Footage(write_film(tmp_path / "a.mp4", [picture], rotation=rotation))
    turned = np.rot90(picture, rotation // 90)
    assert frame.picture.shape == turned.shape
    assert np.abs(frame.picture.astype(int) - turned).mean() < 6
    assert frame.picture.flags.c_contiguous


def test_a_film_cut_short_gives_what_is_there(tmp_path):
    whole = write_film(tmp_path / "a.mp4", noisy(50)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    film = Footage(tmp_path / "cut.mp4")
    with pytest.warns(FacekpWarning, match=r"cut\.mp4 breaks off after [01]\.\d of 2\.0 seconds; its \d+ frames"):
        frames = list(film)
    assert 15 < len(frames) < 30
    assert film.trouble.startswith(str(tmp_path))


def test_a_damaged_film_gives_what_can_be_decoded(tmp_path):
    data = bytearray(write_film(tmp_path / "a.mp4", noisy(50)).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes([0x55]) * 4000
    (tmp_path / "hurt.mp4").write_bytes(data)
    film = Footage(tmp_path / "hurt.mp4")
    with pytest.warns(FacekpWarning, match=r"hurt\.mp4 is damaged in \d places?; the \d+ frames"):
        frames = list(film)
    assert len(frames) > 40


def test_what_is_no_film(tmp_path):
    (tmp_path / "text.mp4").write_text("no film")
    for path, words in (
        (tmp_path / "text.mp4", "cannot be read as a film"),
        (tmp_path / "none.mp4", "does not exist"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(ImageError, match=words):
            Footage(path)
    with av.open(str(tmp_path / "sound.mp4"), "w") as film:
        film.add_stream("aac", rate=44100)
        film.start_encoding()
    with pytest.raises(ImageError, match=r"no moving picture|cannot be read as a film"):
        Footage(tmp_path / "sound.mp4")


def test_a_film_is_written_with_its_times_and_sound(tmp_path):
    times = [0, 40, 130, 150, 250, 300, 340, 500]
    pictures = [wall(("green", 5 * i, 40), size=(161, 120)) for i in range(8)]  # an odd width grows by one
    source = write_film(tmp_path / "a.mp4", [wall()] * 8, times=times, sound=True)
    with film_writer(tmp_path / "b.mp4", (161, 120), Fraction(16), sound=source) as write:
        for picture, time in zip(pictures, times, strict=True):
            write(picture, Fraction(time, 1000))
    frames = list(Footage(tmp_path / "b.mp4"))
    assert [round(1000 * float(frame.time)) for frame in frames] == times
    assert frames[0].picture.shape == (120, 162, 3)
    with av.open(str(source)) as before, av.open(str(tmp_path / "b.mp4")) as after:
        packets = [[bytes(packet) for packet in film.demux(audio=0) if packet.size] for film in (before, after)]
    assert packets[0] == packets[1] != []


def test_sound_that_mp4_cannot_hold_is_left_out(tmp_path):
    with av.open(str(tmp_path / "a.avi"), "w") as film:
        video, sound = film.add_stream("mpeg4", rate=25), film.add_stream("pcm_s16le", rate=8000)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        film.mux(video.encode(av.VideoFrame.from_ndarray(wall(), format="rgb24")))
        film.mux(video.encode())
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), format="s16", layout="stereo")
        frame.sample_rate = 8000
        film.mux(sound.encode(frame))
        film.mux(sound.encode())
    with (
        pytest.warns(FacekpWarning, match="MP4 cannot hold sound in pcm_s16le"),
        film_writer(tmp_path / "b.mp4", (160, 120), Fraction(25), sound=tmp_path / "a.avi") as write,
    ):
        write(wall(), Fraction(0))
    assert len(list(Footage(tmp_path / "b.mp4"))) == 1
