"""Morphs whose answers are known: moved and enlarged faces, a triangle, a point of one's own, and time reversed."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from facekp.film import timed
from facekp.make import movie_options
from facekp.mesh import OUTLINE_POINTS
from facekp.morph import Morph, aligned_pair
from facekp.movie import check_fps
from facekp.recipe import Output, Recipe
from facekp.settings import MorphSettings
from facekp.sources import Photograph
from tests.drawn import draw_face, face_points, two_faces

SIZE = (96, 80)
EXACT = 0.1
"""Grey levels, mean: for the true answer 0.0002 at most, for one that is a tenth of a pixel off 0.3 and more."""


def difference(one, other):
    return np.abs(one.astype(int) - other)


def texture():
    """A picture of soft colours, which differs wherever it is moved: uint8 (220, 200, 3)."""
    soft = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(220, 200, 3)), (0, 0), 6)
    return np.rint(255 * (soft - soft.min()) / np.ptp(soft)).astype(np.uint8)


@pytest.mark.parametrize("a", [draw_face(face_points()), texture()], ids=["drawn", "soft"])
def test_a_shifted_face_is_the_same_face(a):
    """Both photographs align to one picture, in a frame that is as fine as they are."""
    size, covered, points = (300, 280), np.s_[105:230, 87:210], face_points()
    shifted = np.pad(a, ((30, 0), (17, 0), (0, 0)), mode="edge")
    first, last = aligned_pair(a, shifted, points, points + np.array([17, 30]), size=size)
    assert difference(first, last)[covered].mean() < EXACT
    first, last = aligned_pair(a, shifted, points, points + np.array([17.1, 30]), size=size)
    assert difference(first, last)[covered].mean() > 3 * EXACT  # so it is little


@pytest.mark.parametrize("a", [draw_face(face_points()), texture()], ids=["drawn", "soft"])
def test_an_enlarged_face_is_the_same_face(a):
    covered, points = np.s_[30:66, 28:68], face_points()
    twice = np.repeat(np.repeat(a, 2, axis=0), 2, axis=1)
    first, last = aligned_pair(a, twice, points, 2 * points + 0.5, size=SIZE)
    assert difference(first, last)[covered].mean() < EXACT
    first, last = aligned_pair(a, twice, points, 2 * points + 0.25, size=SIZE)  # an integer is a pixel's centre
    assert difference(first, last)[covered].mean() > 3 * EXACT


def test_one_triangle_by_hand():
    """Three points and a picture that counts its columns: half-way, each pixel is where algebra says."""
    columns = np.broadcast_to(np.arange(64, dtype=np.uint8)[None, :, None] * 3, (64, 64, 3)).copy()
    a, b = np.array([[20, 20], [20, 40], [40, 30.0]]), np.array([[20, 20], [20, 40], [44, 30.0]])
    settings = MorphSettings(size="a", reference="a")
    pair = Morph(columns, columns, a, b, settings=settings)
    # B is brought to A's face by a similarity s z + t; its apex then lies at s 44 + t on the axis y = 30.
    apex = pair.shape_b[2, 0]
    left = pair.shape_b[0, 0]
    for part in (0.25, 0.5):
        base, tip = 20 + part * (left - 20), 40 + part * (apex - 40)
        x = np.arange(26, 37)
        along = (x - base) / (tip - base)  # of the way from the base to the tip, along y = 30
        from_a = 20 + along * 20
        scale = (apex - left) / 24
        from_b = (left + along * (apex - left) - left) / scale + 20
        wanted = 3 * ((1 - part) * from_a + part * from_b)
        np.testing.assert_allclose(pair.frame(part)[30, 26:37, 0], wanted, atol=1.5)


def test_an_extra_point_lands_in_its_place():
    """Photographs of nothing but a spot: in each frame the spots of both lie, to a pixel, between the two places."""
    _, _, points_a, points_b = two_faces()
    extra_a, extra_b = np.array([[36, 140.0]]), np.array([[66, 105.0]])

    def spot(size, place):
        x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        near = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * 4**2))
        return np.rint(200 * near).astype(np.uint8)[..., None].repeat(3, axis=2)

    def centre(frame):
        y, x = np.nonzero(frame[..., 0] > 0.97 * frame[..., 0].max())  # the top alone: round it the mesh stretches
        return np.array([x.mean(), y.mean()])

    a, b = spot((200, 220), extra_a[0]), spot((300, 200), extra_b[0])
    plain = Morph(a, b, points_a, points_b, (200, 160))
    more = Morph(a, b, points_a, points_b, (200, 160), extra_a=extra_a, extra_b=extra_b)
    assert len(more.shape_a) == len(plain.shape_a) + 1
    from_a, from_b = (shape[-OUTLINE_POINTS - 1] for shape in (more.shape_a, more.shape_b))
    assert np.linalg.norm(from_a - from_b) > 8
    for part in (0, 0.3, 0.5, 1):
        wanted = from_a + part * (from_b - from_a)
        for colour in (0, 1):
            assert np.linalg.norm(centre(more.frame(part, colour)) - wanted) < 1
    np.testing.assert_array_equal(more.frame(0), plain.frame(0))
    assert np.linalg.norm(centre(plain.frame(0.5, 0)) - centre(plain.frame(0.5, 1))) > 2  # apart without it


@pytest.mark.filterwarnings("ignore:the colours of face")  # drawn faces have no hair to be told by
def test_swapping_the_faces_and_reversing_time_gives_the_same_film():
    a, b, points_a, points_b = two_faces()
    for background, other in (
        ("dissolve", "dissolve"),
        ("a", "b"),
        ("transparent", "transparent"),
        ("#102030", "#102030"),
    ):
        there = Morph(a, b, points_a, points_b, settings=MorphSettings(size=SIZE, background=background))
        back = Morph(b, a, points_b, points_a, settings=MorphSettings(size=SIZE, background=other))
        for part in (0, 0.3, 1):
            assert difference(there.frame(part), back.frame(1 - part)).mean() < 0.5


CURVES = {"linear": "linear", "smooth": "smooth", "ease-in": "ease-out", (0, 0.2, 1.1): (-0.1, 0.8, 1)}
"""Ways to go, and the same ones seen backwards."""


def shots(faces, settings):
    """A film as it is written: each frame, and how long it is seen, in seconds."""
    a, b, points_a, points_b = faces
    photographs = (Photograph("a", "", points_a), Photograph("b", "", points_b))
    options = movie_options(Recipe("morph", photographs, settings, Output(".gif")))
    film = Morph(a, b, points_a, points_b, settings=settings).film()
    return [
        (shot.picture, float(shot.end - shot.start)) for shot in timed(film, check_fps(settings.fps, ".gif"), options)
    ]


def assert_same(there, back):
    assert [seconds for _, seconds in there] == pytest.approx([seconds for _, seconds in back])
    for (one, _), (other, _) in zip(there, back, strict=True):
        assert difference(one, other).mean() < 0.5


@pytest.mark.parametrize(("curve", "backwards"), CURVES.items())
def test_whole_films_are_the_same_backwards(curve, backwards):
    a, b, points_a, points_b = two_faces()
    there = MorphSettings(frames=5, size=SIZE, fps=10, shape_curve=curve, hold_first=0.5, hold_last=0.2)
    back = replace(there, shape_curve=backwards, hold_first=0.2, hold_last=0.5)
    film, other = shots((a, b, points_a, points_b), there), shots((b, a, points_b, points_a), back)
    assert len(film) == 5
    assert_same(film, other[::-1])


@pytest.mark.parametrize(("curve", "backwards"), CURVES.items())
def test_films_there_and_back_are_the_same_from_the_other_face_on(curve, backwards):
    a, b, points_a, points_b = two_faces()
    there = MorphSettings(frames=5, size=SIZE, fps=10, shape_curve=curve, colour_curve="linear", ping_pong=True)
    back = replace(there, shape_curve=backwards)
    film, other = shots((a, b, points_a, points_b), there), shots((b, a, points_b, points_a), back)
    assert len(film) == 8
    assert_same([*film[4:], *film[:4]], other)
    held = shots((a, b, points_a, points_b), replace(there, loop=False, hold_last=0.3))
    assert len(held) == 5 + 3 + 4
    assert_same(held, held[::-1])
    assert_same(film[:5], held[:5])
