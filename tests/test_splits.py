"""A checkpoint is measured on the photographs of its own data set, with the points that it is to find."""

import json

import numpy as np
import pytest

from facekp import FacekpError
from tests.conftest import ROOT
from tests.drawn_sets import IBUG_CARD, IMM_CARD, NOSE_CARD, head, write_300w, write_small_300w, write_small_imm
from training.splits import data_set_of, read_split, training_outlines


@pytest.fixture
def drawn_imm(tmp_path):
    write_small_imm(tmp_path)
    return tmp_path


@pytest.fixture
def drawn_300w(tmp_path):
    write_small_300w(tmp_path)
    return tmp_path


def test_the_faces_of_imm(drawn_imm):
    samples = read_split(drawn_imm, NOSE_CARD, "validation")
    assert [sample.file for sample in samples] == [f"{p}-{v}f.jpg" for p in (33, 34) for v in (1, 3, 4)]
    assert [sample.view for sample in samples] == [1, 3, 4] * 2
    assert all(np.array_equal(sample.points, sample.outline[52:53]) for sample in samples)
    assert len(read_split(drawn_imm, IMM_CARD, "train")) == 6
    assert training_outlines(drawn_imm, NOSE_CARD).shape == (6, 58, 2)
    with pytest.raises(FacekpError, match=r"no split 'common' of imm.* give one of: validation, train"):
        read_split(drawn_imm, IMM_CARD, "common")


def test_the_faces_of_300w(drawn_300w):
    assert data_set_of(IBUG_CARD) == "300w"
    validation = read_split(drawn_300w, IBUG_CARD, "validation")
    assert len(validation) == 4, "the share of the recipe"
    assert len(training_outlines(drawn_300w, IBUG_CARD)) == 6
    other = read_split(drawn_300w, {**IBUG_CARD, "recipe": {"validation_share": 0.4, "seed": 2}}, "validation")
    assert {s.file for s in validation} != {s.file for s in other}, "the seed of the recipe"
    assert [(s.file, s.scale) for s in read_split(drawn_300w, IBUG_CARD, "common")] == [
        ("lfpw/common0.jpg", 0.5),
        ("lfpw/common1.jpg", 0.5),
    ]


def test_photographs_of_the_official_release_are_the_originals(tmp_path):
    write_300w(tmp_path, {"common": {"lfpw/a.jpg": head("ibug68")}}, scale=None)
    assert [sample.scale for sample in read_split(tmp_path, IBUG_CARD, "common")] == [1.0]


def test_the_validation_photographs_are_those_of_the_training(data):
    """The card's numbers stand on the photographs that training counted."""
    card = json.loads((ROOT / "checkpoints" / "face68" / "card.json").read_text())
    assert len(read_split(data, card, "validation")) == card["data"]["counts"]["validation"]
