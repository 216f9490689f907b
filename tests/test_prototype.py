"""Caricature, transform, symmetry, swap: what 0 and 1 mean, and what is refused."""

import numpy as np
import pytest

from facekp.errors import MeshError, SettingsError
from facekp.morph import Morph, average_face
from facekp.prototype import caricature, swap, symmetrise, transform
from facekp.settings import MorphSettings
from tests.drawn import draw_face, face_points, two_faces

WHOLE = MorphSettings(size="a", reference="a")
SMALL = MorphSettings(size=(96, 80))


def difference(one, other):
    return np.abs(one.astype(int) - other)


def faces():
    a, b, points_a, points_b = two_faces()
    return a, points_a, b, points_b


def test_a_caricature_of_0_is_the_face_itself():
    a, points_a, b, points_b = faces()
    for blend in (caricature(a, points_a, b, points_b, 0), caricature(a, points_a, b, points_b, 0, settings=WHOLE)):
        np.testing.assert_array_equal(blend.picture, a)
        np.testing.assert_allclose(blend.points, points_a, atol=1e-3)


def test_a_caricature_of_minus_1_is_the_mean():
    a, points_a, b, points_b = faces()
    blend = caricature(a, points_a, b, points_b, -1, settings=WHOLE)
    np.testing.assert_array_equal(blend.picture, Morph(a, b, points_a, points_b, settings=WHOLE).frame(1))


def test_a_caricature_of_1_doubles_the_difference():
    a, points_a, b, points_b = faces()
    pair = Morph(a, b, points_a, points_b, settings=WHOLE)
    blend = caricature(a, points_a, b, points_b, 1, settings=WHOLE)
    np.testing.assert_allclose(blend.points, 2 * pair.shape_a[:68] - pair.shape_b[:68], atol=1e-3)
    skin = np.s_[112:118, 66:72]
    wanted = 2 * np.array([220, 170, 140]) - (150, 100, 80)
    assert difference(blend.picture[skin].mean(axis=(0, 1)), wanted.clip(0, 255)).max() < 8


def test_half_way_to_the_mean_is_the_average():
    a, points_a, b, points_b = faces()
    half = caricature(a, points_a, b, points_b, -0.5, settings=SMALL)
    weighed = average_face([a, b], [points_a, points_b], [0.5, 0.5], settings=SMALL)
    assert difference(half.picture, weighed).mean() < 4  # the frame of one is made for the other weights


def test_shape_or_colour_alone():
    a, points_a, b, points_b = faces()
    shape = caricature(a, points_a, b, points_b, -1, colour=False, settings=WHOLE)
    colour = caricature(a, points_a, b, points_b, -1, shape=False, settings=WHOLE)
    pair = Morph(a, b, points_a, points_b, settings=WHOLE)
    np.testing.assert_allclose(colour.points, points_a, atol=1e-3)
    assert difference(shape.picture, pair.frame(1, 0)).mean() < 1
    assert difference(colour.picture, pair.frame(0, 1)).mean() < 1


def test_a_transform_lays_a_difference_on_a_third_face():
    a, points_a, b, points_b = faces()
    opened = face_points(mouth=0.06)
    closed = face_points(mouth=0.04)
    moved = transform(a, points_a, draw_face(closed), closed, draw_face(opened), opened, settings=WHOLE)
    gape = np.ptp(moved.points[60:68, 1]) - np.ptp(points_a[60:68, 1])
    assert gape == pytest.approx(np.ptp(opened[60:68, 1]) - np.ptp(closed[60:68, 1]), abs=0.3)
    none = transform(a, points_a, draw_face(closed), closed, draw_face(opened), opened, 0)
    np.testing.assert_array_equal(none.picture, a)
    same = transform(a, points_a, b, points_b, b, points_b, 1.5, settings=WHOLE)
    assert difference(same.picture, a).max() <= 1


def lopsided():
    points = face_points((100, 110))
    points[48:68] += (6, 2)
    points[17:22] -= (0, 5)
    return draw_face(points), points


def test_full_symmetry_is_symmetric():
    picture, points = lopsided()
    blend = symmetrise(picture, points, settings=SMALL)
    assert difference(blend.picture, blend.picture[:, ::-1]).mean() < 2
    assert difference(picture, picture[:, ::-1]).mean() > 10
    middle = blend.points[27:31, 0].mean()
    pairs = blend.points[[36, 48]] + blend.points[[45, 54]] * (1, -1)
    np.testing.assert_allclose(pairs, [[2 * middle, 0]] * 2, atol=0.05)


def test_symmetry_of_0_is_the_face_itself_and_of_shape_alone_leaves_the_colours():
    picture, points = lopsided()
    np.testing.assert_array_equal(symmetrise(picture, points, 0).picture, picture)
    shape = symmetrise(picture, points, colour=False, settings=SMALL)
    np.testing.assert_allclose(shape.points, symmetrise(picture, points, settings=SMALL).points, atol=1e-4)
    left, right = shape.picture[:, :48].astype(int), shape.picture[:, :47:-1].astype(int)
    assert np.abs(left - right).mean() > 5  # the wall is not symmetric


def test_symmetry_needs_pairs():
    picture, points = lopsided()
    with pytest.raises(MeshError, match="which of these 30 points are pairs; give 68 or 58"):
        symmetrise(picture, points[:30])


def test_a_swap_has_the_shape_of_one_and_the_colours_of_the_other():
    a, points_a, b, points_b = faces()
    blend = swap(a, points_a, b, points_b, settings=WHOLE)
    np.testing.assert_allclose(blend.points, points_a, atol=1e-3)
    assert difference(blend.picture, Morph(a, b, points_a, points_b, settings=WHOLE).frame(0, 1)).mean() < 1
    assert swap(a, points_a, b, points_b).picture.shape == (512, 512, 3)


@pytest.mark.parametrize("factor", [11, -11, np.nan, np.inf, "1", None, True])
def test_factors_out_of_range(factor):
    a, points_a, b, points_b = faces()
    with pytest.raises(SettingsError, match=r"the factor is .*; give a number from -10 to 10"):
        caricature(a, points_a, b, points_b, factor)
    with pytest.raises(SettingsError, match="the amount is"):
        symmetrise(a, points_a, factor)


def test_something_must_change():
    a, points_a, b, points_b = faces()
    with pytest.raises(SettingsError, match="neither shape nor colour"):
        caricature(a, points_a, b, points_b, 1, shape=False, colour=False)


@pytest.mark.filterwarnings("ignore:the colours of face")  # drawn faces have no hair to be told by
def test_results_can_be_transparent():
    a, points_a, b, points_b = faces()
    cut = MorphSettings(size="a", reference="a", background="transparent")
    for blend in (caricature(a, points_a, b, points_b, 0.5, settings=cut), symmetrise(a, points_a, settings=cut)):
        assert blend.picture.shape == (220, 200, 4)
