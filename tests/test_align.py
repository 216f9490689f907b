"""Faces come into one frame whatever their place, size and turn; nonsense is refused in one sentence."""

import numpy as np
import pytest

from facekp.align import Similarity, check_points, common_frame, mean_shape, similarity
from facekp.errors import MeshError
from tests.drawn import face_points

FACE = face_points().astype(np.float64)
HALVES = np.array([0.5, 0.5])


def turned(points, degrees, scale=1.0, shift=0 + 0j):
    return Similarity(scale * np.exp(1j * np.radians(degrees)), shift)(points)


def test_there_and_back_again():
    move = Similarity(0.4 - 1.3j, 20 + 7j)
    np.testing.assert_allclose(move.inverse()(move(FACE)), FACE, atol=1e-9)
    np.testing.assert_allclose(FACE @ move.matrix[:, :2].T + move.matrix[:, 2], move(FACE), atol=1e-9)


def test_least_squares_finds_the_transform():
    move = Similarity(0.4 - 1.3j, 20 + 7j)
    found = similarity(FACE, move(FACE))
    assert found.turn == pytest.approx(move.turn)
    assert found.shift == pytest.approx(move.shift)


def test_a_mirrored_face_is_not_mirrored_back():
    found = similarity(FACE, FACE * (-1, 1))
    assert np.linalg.det(found.matrix[:, :2]) > 0


def test_mean_shape_forgets_place_size_and_turn():
    shapes = [FACE, turned(FACE, 140, 3, 500j), turned(FACE, -60, 0.2)]
    mean = mean_shape(shapes, np.full(3, 1 / 3))
    assert np.allclose(mean.mean(axis=0), 0)
    assert np.sqrt((mean**2).sum(axis=1).mean()) == pytest.approx(1)
    np.testing.assert_allclose(similarity(FACE, mean)(FACE), mean, atol=1e-9)


@pytest.mark.parametrize("degrees", [0, 35, 90, 180, -120])
def test_eyes_become_level_and_upright(degrees):
    """Upside-down faces too."""
    shapes = [turned(FACE, degrees), turned(FACE, -degrees / 2, 2)]
    for shape, transform in zip(shapes, common_frame(shapes, (300, 400), HALVES), strict=True):
        aligned = transform(shape)
        right, left = aligned[36:42].mean(axis=0), aligned[42:48].mean(axis=0)
        assert right[1] == pytest.approx(left[1], abs=0.01)
        assert right[0] < left[0]
        assert aligned[8, 1] > right[1]


@pytest.mark.parametrize("size", [(512, 512), (300, 600), (900, 200), (16, 16)])
def test_portrait_leaves_room_for_hair_and_chin(size):
    (transform,) = common_frame([FACE], size, np.ones(1))
    low, high = transform(FACE).min(axis=0), transform(FACE).max(axis=0)
    assert low[1] >= 0.35 * size[1]
    assert high[1] <= 0.9 * size[1]
    assert low[0] >= 0.15 * size[0]
    assert high[0] <= 0.85 * size[0]


def test_unknown_schemas_keep_their_turn_and_are_centred():
    triangle = np.array([[0, 0], [40, 10], [10, 50]], dtype=np.float64)
    (transform,) = common_frame([triangle], (100, 100), np.ones(1))
    assert transform.turn.imag == pytest.approx(0, abs=1e-9)
    aligned = transform(triangle)
    np.testing.assert_allclose((aligned.min(axis=0) + aligned.max(axis=0)) / 2, 49.5)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ([], "no points"),
        ([FACE, FACE[:58]], r"different numbers of points \(68, 58\).*one schema"),
        ([FACE, np.zeros((68, 3))], r"face 2 have the shape \(68, 3\)"),
        ([FACE[:2]], "K at least 3"),
        ([np.zeros((0, 2))], "K at least 3"),
        ([FACE, np.where(np.arange(68)[:, None] == 5, np.nan, FACE)], r"point 5 of face 2 is at \(nan, nan\)"),
        ([np.where(np.arange(68)[:, None] == 5, np.inf, FACE)], r"point 5 of face 1"),
        ([FACE, np.full((68, 2), 7.0)], "face 2 are in one place"),
        ([[["a", "b"]] * 3], "no numbers"),
    ],
)
def test_unusable_points_are_refused(sets, message):
    with pytest.raises(MeshError, match=message):
        check_points(sets)


def test_points_in_another_order_are_refused():
    z = np.exp(2j * np.pi * np.arange(6) / 6)
    ring = np.stack([z.real, z.imag], axis=1) * 50
    with pytest.raises(MeshError, match="do not match"):
        common_frame([ring, ring[::-1]], (100, 100), np.array([0.9, 0.1]))
