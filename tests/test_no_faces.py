"""Points that are nobody's face, or another photograph's, are refused or told wherever faces enter."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from facekp.annotations import format_pts
from facekp.blend import blend_faces
from facekp.errors import FacekpWarning, MeshError
from facekp.images import encode_png
from facekp.morph import Morph
from facekp.prototype import symmetrise
from facekp.sequence import MorphSequence
from facekp.settings import MorphSettings
from tests.drawn import two_faces
from tests.test_cli import run, sentences

SMALL = MorphSettings(frames=2, size=(96, 80))
OUTSIDE = r"more than a third of the points of face 2 lie outside its photograph; are they this one's\?"


def ways_in(points_b):
    """Every way in which two faces come together, with these points of the second."""
    a, b, points_a, _ = two_faces()
    yield lambda: Morph(a, b, points_a, points_b, settings=SMALL).warnings
    yield lambda: blend_faces([a, b], [points_a, points_b], settings=SMALL).warnings
    many = [a, b, *[a] * 8], [points_a, points_b, *[points_a] * 8]
    yield lambda: blend_faces(*many, settings=SMALL).warnings  # many are drawn in another way

    def film():
        sequence = MorphSequence([a, b, a], [points_a, points_b, points_a], SMALL)
        list(sequence.film())
        return sequence.warnings

    yield film


def line(degrees):
    """68 points on a line, but for a tenth of a pixel."""
    along = np.linspace(0, 100, 68)[:, None] * [np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]
    return along + 50 + np.random.default_rng(0).normal(0, 0.1, (68, 2))


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (line(0) * (1, 0), "all points of face 2 lie on one line; give the points of a face"),
        (line(0), "lie on one line"),
        (line(33), "lie on one line"),
        (line(90), "lie on one line"),
        (np.full((68, 2), 40.0), "all points of face 2 are in one place"),
    ],
)
def test_points_on_a_line_or_in_one_place_are_refused(points, words):
    for enter in ways_in(points):
        with pytest.raises(MeshError, match=words):
            enter()
    with pytest.raises(MeshError, match=words.replace("2", "1")):
        symmetrise(two_faces()[1], points)


def test_points_of_another_picture_are_told():
    _, _, _, points_b = two_faces()
    for enter in ways_in(points_b * 3):
        with pytest.warns(FacekpWarning, match=OUTSIDE):
            told = enter()
        assert any("face 2 lie outside" in sentence for sentence in told)


def test_a_face_that_the_picture_cuts_off_is_none_of_them():
    """A third of the points and no more may lie outside, and the edge of the outermost pixels is inside."""
    a, b, points_a, points_b = two_faces()
    cut = points_b - (points_b[:, 0].min() + 0.5, 0)
    assert Morph(a, b, points_a, cut, settings=SMALL).warnings == ()
    for left in np.unique(points_b[:, 0]):
        moved = points_b - (left + 0.6, 0)  # this point and those to its left are outside
        told = (moved[:, 0] < -0.5).sum() > 68 / 3
        with pytest.warns(FacekpWarning, match=OUTSIDE) if told else nullcontext():
            Morph(a, b, points_a, moved, settings=SMALL)
        if told:
            break


def test_the_command_says_it_in_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    a, b, points_a, points_b = two_faces()
    for name, picture, points in (("a", a, points_a), ("b", b, points_b * 3), ("c", b, line(20))):
        Path(f"{name}.png").write_bytes(encode_png(picture))
        Path(f"{name}.pts").write_text(format_pts(points))
    given = ["--points-a", "a.pts", "--frame", 0.5, "--size", "96x80"]
    assert run("morph", "a.png", "b.png", *given, "--points-b", "b.pts", "--out", "x.png") == 0
    (told,) = sentences(capsys)
    assert told.startswith("facekp: more than a third of the points of face 2 lie outside")
    assert run("morph", "a.png", "c.png", *given, "--points-b", "c.pts", "--out", "y.png") == 1
    assert sentences(capsys) == ["facekp: all points of face 2 lie on one line; give the points of a face"]
