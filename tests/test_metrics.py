"""Errors are what the literature calls them, on answers known beforehand."""

import numpy as np
import pytest

from facekp.errors import FacekpError
from facekp.metrics import (
    area_under_curve,
    cumulative_curve,
    failure_rate,
    inter_ocular,
    normalised_mean_error,
    point_errors,
    region_groups,
)
from facekp.schema import IBUG68, NOSE, SCHEMAS


@pytest.fixture
def truth():
    points = np.random.default_rng(0).uniform(0, 100, (68, 2)).astype(np.float32)
    points[36], points[45] = (10, 50), (110, 50)
    return points


def test_a_shift_of_five_pixels_at_hundred_between_the_eyes_is_five_percent(truth):
    assert inter_ocular(truth, IBUG68) == pytest.approx(100)
    assert point_errors(truth + np.array([3, 4]), truth) == pytest.approx(np.full(68, 5), rel=1e-5)
    assert normalised_mean_error(truth + np.array([3, 4]), truth, IBUG68) == pytest.approx(0.05, rel=1e-5)


def test_curve_failures_and_area():
    errors = np.array([0.02, 0.04, 0.06, 0.5])
    assert cumulative_curve(errors, np.array([0.0, 0.04, 1.0])).tolist() == [0, 0.5, 1]
    assert failure_rate(errors, 0.10) == 0.25
    steps = np.linspace(0, 0.08, 80001)
    assert area_under_curve(errors, 0.08) == pytest.approx(cumulative_curve(errors, steps).mean(), abs=1e-4)


def test_the_nose_alone_has_no_eyes_to_measure_by():
    with pytest.raises(FacekpError, match="no eye corners"):
        inter_ocular(np.zeros((1, 2), np.float32), NOSE)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=lambda schema: schema.name)
def test_each_point_belongs_to_one_part_of_the_face(schema):
    parts = region_groups(schema)
    assert sorted(i for indices in parts.values() for i in indices) == list(range(len(schema)))
    assert all(schema.mirror[i] in indices for indices in parts.values() for i in indices)


def test_the_parts_of_the_face_by_their_points():
    assert {part: len(indices) for part, indices in region_groups(IBUG68).items()} == {
        "jaw": 17,
        "brows": 10,
        "nose": 9,
        "eyes": 12,
        "mouth": 20,
    }
    assert region_groups(NOSE) == {"nose": (0,)}
