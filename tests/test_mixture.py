"""Pictures are averaged, heads that were cut out without what is behind them."""

import numpy as np
import pytest

from facekp.mixture import Mixture

WALL = (225, 230, 228)


def plane(colour, matte=None):
    return np.full((4, 5, 3 if matte is None else 4), (*colour, matte)[: 3 if matte is None else 4], dtype=np.uint8)


def mixed(*pictures, weights, linear_light=False):
    mixture = Mixture(weights, (5, 4), linear_light=linear_light)
    for picture, weight in zip(pictures, weights, strict=True):
        mixture.add(picture, weight)
    return mixture.picture


def test_photographs_are_averaged():
    mean = mixed(plane((0, 100, 250)), plane((100, 100, 50)), weights=(0.25, 0.75))
    np.testing.assert_array_equal(mean, plane((75, 100, 100)))


def test_hair_over_wall_has_the_colour_of_hair_and_is_seen_through():
    mean = mixed(plane((60, 40, 20), 255), plane(WALL, 0), weights=(0.5, 0.5))
    assert np.abs(mean[..., :3].astype(int) - (60, 40, 20)).max() <= 1
    assert np.isin(mean[..., 3], (127, 128)).all()


def test_two_heads_are_dissolved_as_photographs_are():
    a, b = (10, 200, 30), (200, 20, 90)
    for linear_light in (False, True):
        heads = mixed(plane(a, 255), plane(b, 255), weights=(0.4, 0.6), linear_light=linear_light)
        photographs = mixed(plane(a), plane(b), weights=(0.4, 0.6), linear_light=linear_light)
        np.testing.assert_array_equal(heads[..., :3], photographs)
        assert (heads[..., 3] == 255).all()


@pytest.mark.parametrize("matte", [0, 9, 255])
def test_one_head_alone_stays_as_it_is(matte):
    head = plane((13, 250, 77), matte)
    np.testing.assert_array_equal(mixed(head, weights=(1.0,)), head)


def test_weights_below_zero_subtract_photographs():
    mean = mixed(plane((100, 100, 100), 255), plane((60, 100, 200), 0), weights=(1.5, -0.5))
    np.testing.assert_array_equal(mean, plane((120, 100, 50), 255))
