"""What was measured of confidence and robustness is read back as it was written, and is no split."""

import json
from dataclasses import asdict

import pytest

from facekp import CheckpointError
from facekp.reliability import read_confidence, read_robustness, write_confidence, write_robustness
from facekp.results import measured_splits
from tests.drawn_runs import drawn_confidence, drawn_robustness


@pytest.mark.parametrize(
    ("drawn", "write", "read"),
    [(drawn_confidence, write_confidence, read_confidence), (drawn_robustness, write_robustness, read_robustness)],
    ids=["confidence", "robustness"],
)
def test_there_and_back(tmp_path, drawn, write, read):
    assert read(tmp_path) is None
    write(tmp_path, drawn("face68"))
    assert asdict(read(tmp_path)) == asdict(drawn("face68"))
    assert measured_splits(tmp_path) == []
    (path,) = (tmp_path / "results").iterdir()
    whole = json.loads(path.read_text())
    for broken, message in (
        ("{", f"cannot be read as JSON .* run python -m training.{path.stem} again"),
        (json.dumps({**whole, "more": 1}), "lacks, or does not understand, more"),
    ):
        path.write_text(broken)
        with pytest.raises(CheckpointError, match=message):
            read(tmp_path)
