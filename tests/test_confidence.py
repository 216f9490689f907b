"""A wide heatmap means a doubtful point, and wide heatmaps all over mean no face."""

import numpy as np
import pytest

from facekp.confidence import Confidence
from facekp.errors import CheckpointError

VALUES = {"levels": [0.0, np.log(2.0)], "slope": 0.5, "offset": -4.0, "weight": -2.0}


def test_expected_errors_are_the_formulas():
    confidence = Confidence.from_card({"confidence": VALUES}, 2)
    errors = confidence.errors(np.array([[0.04, 0.04], [0.16, 0.25]], np.float32))
    assert errors.dtype == np.float32
    np.testing.assert_allclose(errors, [[0.2, 0.4], [0.4, 1.0]], rtol=1e-5)


def test_the_score_falls_as_the_spread_grows():
    confidence = Confidence.from_card({"confidence": VALUES}, 2)
    scores = [confidence.score(np.full(2, spread, np.float32)) for spread in (0.001, 0.05, np.exp(-2), 0.5, 1.0)]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] == pytest.approx(0.5, abs=1e-5)
    assert 0 <= scores[-1] < 0.1 < 0.9 < scores[0] <= 1


def test_a_heatmap_of_one_cell_is_no_obstacle():
    confidence = Confidence.from_card({"confidence": VALUES}, 2)
    assert np.isfinite(confidence.errors(np.zeros(2, np.float32))).all()
    assert confidence.score(np.zeros(2, np.float32)) <= 1


def test_a_card_without_confidence_has_none():
    assert Confidence.from_card({"schema": "ibug68"}, 68) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({key: value for key, value in VALUES.items() if key != "slope"}, "lacks, or does not understand, 'slope'"),
        ({**VALUES, "weight": "much"}, "does not understand"),
        ([1.0], "does not understand"),
        ({**VALUES, "levels": [0.0]}, "not made of finite numbers for 2 points"),
        ({**VALUES, "offset": float("nan")}, "not made of finite numbers"),
    ],
)
def test_broken_calibrations_are_told(values, words):
    with pytest.raises(CheckpointError, match=words):
        Confidence.from_card({"confidence": values}, 2)
