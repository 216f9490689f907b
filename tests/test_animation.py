"""Animated pictures are films: their frames, their own times, and what is left of damaged ones."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from facekp import FacekpWarning, Footage, ImageError, MovieOptions, write_movie
from facekp.animation import is_animation
from facekp.annotations import format_pts
from tests.drawn import two_faces
from tests.drawn_films import wall
from tests.test_cli import run, sentences

SUFFIXES = (".apng", ".gif", ".png", ".webp")


def film(path, count=5, **options):
    """A drawn film; a .png is an .apng by another name."""
    there = path.with_suffix(".apng") if path.suffix == ".png" else path
    write_movie([wall(("red", 10 + 5 * i, 10)) for i in range(count)], there, 10, MovieOptions(**options))
    return there.rename(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_come_with_their_own_times(tmp_path, suffix):
    footage = Footage(film(tmp_path / f"a{suffix}", hold_first=0.5))
    assert (footage.count, footage.rate, footage.sound) == (5, 10, None)
    frames = list(footage)
    assert [frame.number for frame in frames] == list(range(5))
    assert [float(frame.time) for frame in frames] == pytest.approx([0, 0.6, 0.7, 0.8, 0.9])
    for number, frame in enumerate(frames):
        assert np.abs(frame.picture.astype(int) - wall(("red", 10 + 5 * number, 10))).mean() < 4
    assert footage.trouble == ""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_that_stands_still_is_no_film(tmp_path, suffix):
    Image.fromarray(wall()).save(tmp_path / f"a{suffix}", format="PNG" if "png" in suffix else None)
    assert not is_animation(tmp_path / f"a{suffix}")


def test_other_files_are_no_animations(tmp_path):
    Image.fromarray(wall()).save(tmp_path / "a.tiff", save_all=True, append_images=[Image.fromarray(wall())])
    (tmp_path / "pages.gif").write_bytes((tmp_path / "a.tiff").read_bytes())
    (tmp_path / "text.gif").write_text("no picture")
    for name in ("a.tiff", "pages.gif", "text.gif", "none.gif", "g" * 300 + ".gif", "zero\0byte.gif"):
        assert not is_animation(tmp_path / name)


def test_frames_are_shown_as_long_as_browsers_show_them(tmp_path):
    frames = [Image.fromarray(wall(("red", 10 * i, 10))) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[0, 10, 70])
    assert [frame.time for frame in Footage(tmp_path / "a.gif")] == [0, Fraction(1, 10), Fraction(2, 10)]


def test_transparency_is_laid_over_white(tmp_path):
    clear = np.dstack([wall(), np.zeros((120, 160), np.uint8)])
    clear[:60, :, 3] = 255
    write_movie([clear, clear[::-1]], tmp_path / "a.webp", 10)
    first, second = (frame.picture for frame in Footage(tmp_path / "a.webp"))
    assert first[90, 80].tolist() == second[30, 80].tolist() == [255, 255, 255]
    assert max(first[30, 80]) < 40


def test_a_still_picture_before_an_animation_is_no_frame_of_it(tmp_path):
    frames = [Image.fromarray(wall(("red", 10 * i, 10))) for i in range(3)]
    cover = Image.fromarray(wall(("blue", 10, 10)))
    cover.save(tmp_path / "a.png", save_all=True, default_image=True, append_images=frames, duration=100)
    footage = Footage(tmp_path / "a.png")
    pictures = [frame.picture for frame in footage]
    assert footage.count == len(pictures) == 3
    assert np.array_equal(pictures[0], wall(("red", 0, 10)))


@pytest.mark.parametrize("suffix", [".apng", ".gif"])
def test_what_can_be_read_of_a_damaged_one_is_kept(tmp_path, suffix):
    data = film(tmp_path / f"a{suffix}", 8).read_bytes()
    (tmp_path / f"cut{suffix}").write_bytes(data[: len(data) * 8 // 10])
    footage = Footage(tmp_path / f"cut{suffix}")
    with pytest.warns(FacekpWarning, match="is damaged in 1 place; the [456] frames that can be decoded were read"):
        assert len(list(footage)) >= 4
    assert footage.trouble.startswith(str(tmp_path))


def test_frames_of_too_many_pixels_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("facekp.animation.MAX_PIXELS", 160 * 120 - 1)
    with pytest.raises(ImageError, match=r"a\.gif has 160 × 120 pixels, more than the limit"):
        Footage(film(tmp_path / "a.gif"))


def test_where_a_photograph_is_wanted_the_first_frame_is_taken_and_told(tmp_path, capsys):
    image, _, points, _ = two_faces()
    write_movie([image, image, image[:, ::-1]], tmp_path / "a.webp", 10)
    (tmp_path / "a.pts").write_text(format_pts(points))
    asked = ["average", tmp_path / "a.webp", "--points-a", tmp_path / "a.pts", "--out", tmp_path / "m.png"]
    assert run(*asked, "--size", 32) == 0
    assert sentences(capsys) == [f"facekp: {tmp_path / 'a.webp'} is a film; the first of its 3 frames is taken"]


def test_one_of_which_nothing_is_left(tmp_path):
    data = film(tmp_path / "a.apng").read_bytes()
    (tmp_path / "cut.apng").write_bytes(data[:120])
    assert is_animation(tmp_path / "cut.apng")
    with pytest.raises(ImageError, match=r"cut\.apng holds no frame that can be read"):
        list(Footage(tmp_path / "cut.apng"))
