"""Pictures of a drawn face stay as they are; `python -m tests.golden` writes them anew."""

import warnings

import numpy as np
import pytest
from PIL import Image

from facekp.errors import FacekpWarning
from tests.golden import FOLDER, pictures

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FacekpWarning)  # some of these heads have a soft outline
    PICTURES = dict(pictures())


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_picture_is_as_it_was(name):
    with Image.open(FOLDER / f"{name}.png") as stored:
        wanted = np.array(stored).astype(int)
    assert PICTURES[name].shape == wanted.shape
    difference = np.abs(PICTURES[name] - wanted)
    assert difference.mean() < 0.5  # other builds of OpenCV round otherwise
    assert (difference > 8).mean() < 0.002


def test_there_is_a_picture_for_each_file():
    assert {path.stem for path in FOLDER.glob("*")} == set(PICTURES)
