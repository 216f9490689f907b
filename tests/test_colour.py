"""One face in the colours of another: face, hair, ears and neck change, and what is behind them stays."""

import numpy as np
import pytest

from facekp.colour import Tone, tone_of, with_tone
from facekp.mask import face_mask, head_mask, toned_mask
from facekp.morph import Morph
from facekp.settings import MorphSettings
from tests.drawn import draw_face, draw_head, face_points

SIZE, LARGE = (200, 220), (300, 320)
NONE = np.empty((0, 2))
SETS = {"68": range(68), "58": range(58), "hand-made": (36, 45, 30, 48, 54, 8)}
FEW = 4
"""Grey levels."""


def last(a, b, points_a, points_b, match):
    """Photograph B in the frame of A."""
    settings = MorphSettings(size="a", reference="a", colour_match=match)
    return Morph(a, b, points_a, points_b, settings=settings).frame(1).astype(int)


@pytest.mark.parametrize("name", SETS)
def test_the_wall_stays(name):
    points = face_points((150, 170))
    pale, inside = draw_head(points, LARGE)
    dark = np.where(inside[..., None], pale // 2, pale)
    chosen = as_imm58(points) if name == "58" else points[list(SETS[name])]
    plain, matched = (last(pale, dark, chosen, chosen, match) for match in ("none", "lab"))
    beyond = head_mask(points.astype(float), NONE, LARGE, 1.35) < 0.01
    beyond[int(points[:, 1].max()) :] = False  # the neck goes along
    assert beyond.mean() > 0.3
    assert np.abs(matched - plain)[beyond].max() <= FEW
    face = face_mask(points.astype(float), LARGE) > 0.9
    assert np.abs(matched - plain)[face].mean() > 10 * FEW


def as_imm58(points):
    """The points of a 68-point face that IMM's 58 have too, the brows and the jaw among them, in IMM's order."""
    jaw = points[np.rint(np.linspace(0, 16, 13)).astype(int)]
    eyes = [points[[*start, *start[:2]]] for start in ([42, 43, 44, 45, 46, 47], [36, 37, 38, 39, 40, 41])]
    brows = [points[22:27], points[17:22]]
    return np.concatenate([jaw, *eyes, *brows, points[48:60][:8], points[27:36], points[30:32]])


@pytest.mark.parametrize("cut", [0, 40])
def test_a_grey_photograph_makes_a_grey_head(cut):
    """Also where it is cut by its picture's edge."""
    points = face_points()
    coloured, inside = draw_head(points, hair=(120, 60, 30), wall=(90, 140, 220))
    grey = np.repeat(coloured.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    b, points_b = np.ascontiguousarray(coloured[:, cut:]), points - np.float32([cut, 0])
    matched = last(grey, b, points, points_b, "lab")
    head = inside & (head_mask(points.astype(float), NONE, SIZE) > 0.9)
    head[:, :cut] = False
    assert np.ptp(coloured[head].astype(int), axis=1).mean() > 60
    assert np.ptp(matched[head], axis=1).mean() < 2 * FEW
    wall = np.ptp(matched[:, -20:], axis=2)
    assert np.abs(wall - np.ptp(coloured[:, -20:].astype(int), axis=2)).max() <= FEW


def test_the_mask_has_no_hard_edge_on_a_plain_picture():
    points = face_points((150, 170)).astype(float)
    mask = toned_mask(np.full((*LARGE[::-1], 3), 120, np.uint8), points)
    assert (mask.shape, mask.dtype) == (LARGE[::-1], np.float32)
    assert 0 <= mask.min() <= mask.max() <= 1
    assert max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1)) < 0.15
    assert not mask[:5].any()


def noise(spread):
    return (
        (120 + np.random.default_rng(0).normal(0, spread, (64, 64, 1))).clip(0, 255).astype(np.uint8).repeat(3, axis=2)
    )


ALL = np.ones((64, 64), dtype=np.uint8)


def test_a_small_spread_is_not_enlarged_without_limit():
    flat = noise(3)
    own = tone_of(flat, ALL)
    moved = tone_of(with_tone(flat, own, Tone(own.mean, (30.0, own.spread[1], own.spread[2]))), ALL)
    assert moved.spread[0] < 2.2 * own.spread[0]


def test_a_spread_becomes_nothing_where_it_is_to_be_nothing():
    picture = draw_face(face_points())
    own = tone_of(picture, np.ones(picture.shape[:2], np.uint8))
    moved = with_tone(picture, own, Tone((own.mean[0], 0.0, 0.0), (own.spread[0], 0.0, 0.0)))
    assert np.ptp(moved.astype(int), axis=2).max() <= 2


def test_one_colour_has_no_spread_to_enlarge():
    flat = np.full((64, 64, 3), 120, np.uint8)
    moved = with_tone(flat, tone_of(flat, ALL), Tone((70.0, 10.0, 10.0), (20.0, 9.0, 9.0)))
    assert np.ptp(moved.reshape(-1, 3), axis=0).max() == 0
    assert tone_of(moved, ALL).mean == pytest.approx((70, 10, 10), abs=0.5)
