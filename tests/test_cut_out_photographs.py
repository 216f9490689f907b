"""Photographs that were cut out already keep their transparency where heads are cut out."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from facekp.blend import blend_faces
from facekp.images import load_image
from facekp.make import make
from facekp.morph import Morph
from facekp.recipe import Output, Recipe
from facekp.settings import MorphSettings
from facekp.sources import open_photograph
from tests.drawn import draw_head, eroded, face_points

SIZE = (200, 220)


def transparent_head():
    """A head whose ears and hair were cut narrower by somebody, with red under what is not seen."""
    points = face_points()
    picture, inside = draw_head(points)
    seen = eroded(inside, 6)
    alpha = cv2.GaussianBlur(np.where(seen, 255, 0).astype(np.uint8), (0, 0), 1)
    return np.dstack([np.where(alpha[..., None] > 0, picture, (255, 0, 0)).astype(np.uint8), alpha]), points


@pytest.mark.parametrize("part", [0, 0.5, 1])
def test_the_transparency_of_a_photograph_is_kept(part):
    head, points = transparent_head()
    settings = MorphSettings(size="a", reference="a", background="transparent")
    frame = Morph(head, head, points, points, settings=settings).frame(part)
    assert not frame[head[..., 3] == 0, 3].any()
    middle = eroded(head[..., 3] == 255, 4) & (np.arange(SIZE[1])[:, None] < points[8, 1] - 10)
    assert (frame[middle, 3] > 250).all()
    red = (frame[..., 3] > 20) & (frame[..., 0] > 230) & (frame[..., 1:3] < 60).all(axis=2)
    assert not red.any()


def test_a_transparent_file_is_cut_out_through_the_command_s_way(tmp_path):
    head, points = transparent_head()
    files = [tmp_path / name for name in ("a.png", "p.json")]
    Image.fromarray(head).save(files[0])
    files[1].write_text(json.dumps(points.tolist()))
    photograph, picture = open_photograph(str(files[0]), points=files[1])
    settings = MorphSettings(size="a", reference="a", background="transparent")
    recipe = Recipe("morph", (photograph, photograph), settings, Output(".png"), frame=(0.0, 0.0))
    make(recipe, tmp_path / "given.png", pictures=[picture, picture])
    make(recipe, tmp_path / "read.png", folder=tmp_path)
    for name in ("given.png", "read.png"):
        with Image.open(tmp_path / name) as made:
            assert not np.array(made)[head[..., 3] == 0, 3].any()


def test_elsewhere_transparency_is_laid_over_white():
    head, points = transparent_head()
    flat = load_image(head)
    for settings in (
        MorphSettings(size=SIZE),
        MorphSettings(size=SIZE, background="a"),
        MorphSettings(size=SIZE, reference="a", face_only="feather", colour_match="lab"),
    ):
        frames = [Morph(one, one, points, points, settings=settings).frame(0.5) for one in (head, flat)]
        np.testing.assert_array_equal(*frames)
    many = [blend_faces([one] * 9, [points] * 9, settings=MorphSettings(size=SIZE)).picture for one in (head, flat)]
    np.testing.assert_array_equal(*many)
