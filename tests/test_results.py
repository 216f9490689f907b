"""What was measured is read back as it was written; what is broken is told."""

import json

import numpy as np
import pytest

from facekp import CheckpointError
from facekp.results import (
    Extreme,
    Extremes,
    Measure,
    PictureResult,
    SplitResults,
    measured_splits,
    read_extremes,
    read_results,
    read_truth,
    write_extremes,
    write_results,
    write_truth,
)

FOUND = PictureResult("a/1.jpg", 3, 2.5, 1.25, np.array([[1.04, 2.06]], np.float32))
LOST = PictureResult("a/2.jpg", None, 100.0, None, None)
RESULTS = SplitResults(
    checkpoint="nose",
    split="validation",
    description="drawn faces",
    data_set="imm",
    date="2001-02-03",
    command="none",
    weights_sha256="0",
    detector="none",
    normaliser="n",
    missed_faces="m",
    pixels="p",
    measured={"photographs": 2, "comparison": {"sentence": "10.13"}},
    regions={"nose": {"points": 1, "nme_percent": 2.5}},
    views={"3": {"title": "turned", "photographs": 1}},
    curve={"thresholds_percent": [0.0, 8.0], "shares_percent": [0.0, 50.0]},
    pictures=(FOUND, LOST),
)
EXTREMES = Extremes(
    checkpoint="nose",
    split="validation",
    date="2001-02-03",
    weights_sha256="0",
    occlusion="not labelled",
    meanings={"yaw_degrees": "turn"},
    effects={"yaw_degrees": 1.4},
    best=(Extreme(FOUND, {"yaw_degrees": Measure(-3.0, 10.0)}, "Easy."),),
    worst=(Extreme(LOST, {"yaw_degrees": Measure(40.0, 99.0, 98.5)}, "Turned."),),
)


def same(a, b):
    """Whether two pictures say the same, points to a tenth of a pixel."""
    return (a.file, a.view, a.error_percent, a.error_pixels) == (b.file, b.view, b.error_percent, b.error_pixels) and (
        a.points is b.points is None or np.allclose(a.points, np.round(b.points, 1))
    )


def test_results_there_and_back(tmp_path):
    write_results(tmp_path, RESULTS)
    again = read_results(tmp_path, "validation")
    assert {**vars(again), "pictures": None} == {**vars(RESULTS), "pictures": None}
    assert all(same(a, b) for a, b in zip(again.pictures, RESULTS.pictures, strict=True))
    assert again.pictures[0].points.dtype == np.float32
    assert '"points": [[1.0, 2.1]]' in (tmp_path / "results" / "validation.json").read_text()


def test_extremes_there_and_back(tmp_path):
    write_extremes(tmp_path, EXTREMES)
    again = read_extremes(tmp_path)
    assert {**vars(again), "best": None, "worst": None} == {**vars(EXTREMES), "best": None, "worst": None}
    for a, b in zip((*again.best, *again.worst), (*EXTREMES.best, *EXTREMES.worst), strict=True):
        assert same(a.picture, b.picture)
        assert (a.measures, a.reason) == (b.measures, b.reason)


def test_the_truth_lies_apart_and_only_where_the_data_is(tmp_path):
    write_results(tmp_path, RESULTS)
    assert read_truth(tmp_path, "validation") == {}
    write_truth(tmp_path, "validation", {"a/1.jpg": np.array([[1.234, 5.678]], np.float32)})
    truth = read_truth(tmp_path, "validation")
    np.testing.assert_allclose(truth["a/1.jpg"], [[1.23, 5.68]], rtol=1e-6)
    assert truth["a/1.jpg"].dtype == np.float32


def test_the_splits_that_were_measured(tmp_path):
    assert measured_splits(tmp_path) == []
    write_results(tmp_path, RESULTS)
    write_extremes(tmp_path, EXTREMES)
    write_truth(tmp_path, "validation", {})
    assert measured_splits(tmp_path) == ["validation"]


def test_missing_and_broken_files_are_told(tmp_path):
    with pytest.raises(CheckpointError, match=r"common.json is missing; python -m training.evaluate writes it"):
        read_results(tmp_path, "common")
    write_results(tmp_path, RESULTS)
    path = tmp_path / "results" / "validation.json"
    whole = json.loads(path.read_text())
    for broken, message in (
        ("{", "cannot be read as JSON"),
        ("[]", "holds no JSON object"),
        (json.dumps({**whole, "more": 1}), "lacks, or does not understand, more"),
        (json.dumps({key: value for key, value in whole.items() if key != "curve"}), "does not understand, curve"),
        (json.dumps({**whole, "pictures": [{"file": "a"}]}), "does not understand, error_percent"),
    ):
        path.write_text(broken)
        with pytest.raises(CheckpointError, match=message):
            read_results(tmp_path, "validation")
