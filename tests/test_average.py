"""The mean of many faces: what it must be, and what of it is in memory."""

import weakref
from collections.abc import Sequence

import numpy as np
import pytest

from facekp import aligner
from facekp.blend import blend_faces
from facekp.morph import average_face
from facekp.settings import MorphSettings
from tests.drawn import draw_face, face_points

SMALL = MorphSettings(size=(96, 80))
COUNT = 12


def drawn_faces(count=COUNT):
    shapes = [
        face_points((100 + number % 3, 110 - number % 4), 96 + number % 5, 108 + number % 3) for number in range(count)
    ]
    return [draw_face(shape, seed=number) for number, shape in enumerate(shapes)], shapes


def test_of_many_faces_few_pictures_are_in_memory():
    pictures, shapes = drawn_faces(40)
    alive, most = set(), 0

    class OnDemand(Sequence):
        def __len__(self):
            return len(pictures)

        def __getitem__(self, index):
            nonlocal most
            picture = pictures[index].copy()
            alive.add(id(picture))
            weakref.finalize(picture, alive.discard, id(picture))
            most = max(most, len(alive))
            return picture

    average = average_face(OnDemand(), shapes, settings=SMALL)
    assert most <= 8
    np.testing.assert_array_equal(average, average_face(pictures, shapes, settings=SMALL))


def test_one_step_and_two_make_the_same_mean(monkeypatch):
    pictures, shapes = drawn_faces()
    settings = MorphSettings(size=(160, 160))
    at_once = blend_faces(pictures, shapes, settings=settings)
    monkeypatch.setattr(aligner, "_FEW", COUNT)
    as_in_a_film = blend_faces(pictures, shapes, settings=settings)
    np.testing.assert_array_equal(at_once.points, as_in_a_film.points)
    # Beyond the photographs' edges what is made up may differ; the head lies inside.
    head = np.s_[30:150, 30:130]
    assert np.abs(at_once.picture[head].astype(int) - as_in_a_film.picture[head]).mean() < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_any_weights_keep_many_constant_pictures_constant(seed):
    rng = np.random.default_rng(seed)
    _, shapes = drawn_faces()
    weights = rng.uniform(-0.3, 1, COUNT)
    grey = np.full((220, 200, 3), (200, 120, 40), dtype=np.uint8)
    picture = average_face([grey] * COUNT, shapes, weights, settings=SMALL)
    assert np.abs(picture.astype(int) - (200, 120, 40)).max() <= 1


def test_many_times_the_same_face_is_that_face():
    face, shape = draw_face(face_points()), face_points()
    settings = MorphSettings(size="a", reference="a")
    np.testing.assert_array_equal(average_face([face] * COUNT, [shape] * COUNT, settings=settings), face)
