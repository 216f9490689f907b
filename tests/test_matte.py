"""Heads are told from what is behind them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from facekp.align import Similarity
from facekp.blend import blend_faces
from facekp.errors import FacekpWarning
from facekp.mask import head_mask
from facekp.matte import head_matte
from facekp.morph import Morph
from facekp.prototype import symmetrise
from facekp.schema import IBUG68
from facekp.sequence import MorphSequence
from facekp.settings import MorphSettings
from facekp.warp import OVERSAMPLING
from tests.drawn import draw_head, eroded, face_points

NONE = np.empty((0, 2))
SAME = Similarity(1, 0)
SIZE = (200, 220)
WALL = (225, 230, 228)
CLOSE = 40
"""Grey levels within which a colour is the wall's."""


def matte_of(picture, points, size=SIZE, transform=SAME, extra=NONE):
    """At the resolution of the frame."""
    fine, _ = head_matte(picture, points.astype(np.float64), extra, transform, size)
    assert fine.shape == (OVERSAMPLING * size[1], OVERSAMPLING * size[0])
    return fine[::OVERSAMPLING, ::OVERSAMPLING]


def test_the_head_stays_and_the_wall_goes():
    points = face_points()
    picture, inside = draw_head(points)
    matte = matte_of(picture, points)
    assert (matte.shape, matte.dtype) == (inside.shape, np.uint8)
    room = head_mask(points.astype(np.float64), NONE, SIZE) > 0.5
    above_chin = np.arange(SIZE[1])[:, None] < points[:, 1].max() - 15  # below it lies the neck, which always stays
    assert (matte[eroded(inside, 5) & room] > 200).all()
    wall = room & eroded(~inside, 4) & above_chin
    assert wall.sum() > 300
    assert (matte[wall] < 50).all()


@pytest.mark.parametrize("turned", [0, 90, 180])
def test_it_works_in_any_direction(turned):
    points = face_points()
    picture, _ = draw_head(points)
    steps, (width, height) = turned // 90, SIZE
    turns = {
        0: points,
        90: np.stack([points[:, 1], width - 1 - points[:, 0]], 1),
        180: (width - 1, height - 1) - points,
    }
    seen = np.ascontiguousarray(np.rot90(picture, steps))
    matte = np.rot90(matte_of(seen, turns[turned], (seen.shape[1], seen.shape[0])), -steps)
    assert np.abs(matte.astype(int) - matte_of(picture, points)).mean() < 3


@pytest.mark.parametrize("scale", [0.4, 2.5])
def test_a_preview_and_a_film_are_cut_alike(scale):
    points = face_points()
    picture, _ = draw_head(points)
    size = round(SIZE[0] * scale), round(SIZE[1] * scale)
    scaled = Similarity(complex(scale), complex(scale / 2 - 0.5, scale / 2 - 0.5))
    matte = cv2.resize(matte_of(picture, points, size, scaled), SIZE, interpolation=cv2.INTER_AREA)
    assert np.abs(matte.astype(int) - matte_of(picture, points)).mean() < 3


def test_a_mirrored_head_has_the_mirrored_matte():
    points = face_points()
    picture, _ = draw_head(points)
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    matte = matte_of(mirrored, IBUG68.mirror_points(points, SIZE[0]))
    assert np.abs(matte[:, ::-1].astype(int) - matte_of(picture, points)).max() <= 2


def cut_at(picture, points, left=0, top=0, bottom=SIZE[1]):
    """A part of a picture, its points, and where it lies in the whole one."""
    part = np.ascontiguousarray(picture[top:bottom, left:])
    return part, points - np.float32([left, top]), Similarity(1, complex(left, top))


@pytest.mark.parametrize(("left", "top", "bottom"), [(75, 0, 220), (100, 0, 220), (0, 0, 155), (0, 30, 220)])
def test_a_head_that_its_photograph_cuts_has_no_hard_edge_there(left, top, bottom):
    """By the left edge through a cheek and through the nose, below the mouth, and through the hair."""
    points = face_points()
    part, moved, transform = cut_at(draw_head(points)[0], points, left, top, bottom)
    matte = matte_of(part, moved, SIZE, transform).astype(int)
    if left:
        across = np.diff(matte[100:130, left - 12 : left + 12], axis=1)
    else:
        edge = top or bottom
        across = np.diff(matte[edge - 12 : edge + 12, 95:106], axis=0)
    assert np.abs(across).max() < 40
    assert matte[120, 120] == 255


def test_far_beyond_its_photograph_there_is_no_head():
    points = face_points()
    part, moved, transform = cut_at(draw_head(points)[0], points, left=140)
    assert not matte_of(part, moved, SIZE, transform)[:, :60].any()


def test_hair_that_the_photograph_cuts_is_told_from_the_wall():
    points = face_points()
    part, moved, transform = cut_at(draw_head(points)[0], points, top=35)
    assert head_matte(part, moved.astype(float), NONE, transform, SIZE)[1]


def test_a_highlight_at_the_crown_is_no_notch():
    points = face_points()
    picture, inside = draw_head(points)
    top = int(np.argmax(inside[:, 100]))
    picture[top : top + 14, 92:108] = WALL
    assert (matte_of(picture, points)[top + 8 : top + 16, 100] > 200).all()


def test_hair_like_the_wall_leaves_the_soft_outline():
    points = face_points()
    picture, _ = draw_head(points, hair=(20, 22, 24), wall=(18, 20, 22))
    outline = 255 * head_mask(points.astype(np.float64), NONE, SIZE)
    assert np.abs(matte_of(picture, points) - outline).max() <= 3


def hair_like_the_wall(points):
    return draw_head(points, hair=(20, 22, 24), wall=(18, 20, 22))[0]


CUT_OUT = MorphSettings(frames=2, size=(64, 64), background="transparent")


@pytest.mark.filterwarnings("ignore:the colours of face")
def test_a_soft_outline_is_told():
    points = face_points()
    pictures, both = [draw_head(points)[0], hair_like_the_wall(points)], [points, points]
    told = ("the colours of face 2 are too like those behind it to cut its head out; it has a soft outline",)
    assert Morph(*pictures, *both, settings=CUT_OUT).warnings == told
    assert blend_faces(pictures, both, settings=CUT_OUT).warnings == told
    film = MorphSequence(pictures, both, CUT_OUT)
    assert film.warnings == ()  # its photographs are read when they are needed
    list(film.film())
    assert film.warnings == told


def test_a_soft_outline_is_a_warning_of_python():
    points = face_points()
    with pytest.warns(FacekpWarning, match="too like those behind it"):
        Morph(draw_head(points)[0], hair_like_the_wall(points), points, points, settings=CUT_OUT)


@pytest.mark.filterwarnings("ignore:more than a third of the points of face 2:facekp.FacekpWarning")
def test_what_is_cut_out_and_what_has_nothing_behind_it_needs_no_warning():
    points, large = face_points(), face_points((100, 110), 400, 440)
    pictures = [draw_head(points)[0], draw_head(large)[0]]
    told = Morph(*pictures, points, large, settings=CUT_OUT).warnings
    assert not any("too like those behind it" in sentence for sentence in told)


@pytest.mark.parametrize(
    "settings", [CUT_OUT, replace(CUT_OUT, background="dissolve", reference="a", face_only="feather")]
)
def test_a_face_that_its_photograph_cuts_is_told(settings):
    points = face_points()
    picture, _ = draw_head(points)
    part, moved, _ = cut_at(picture, points, left=60)
    words = r"4 of 68 points of face 2 lie outside its photograph; what it does not show is made up"
    with pytest.warns(FacekpWarning, match=words):
        told = Morph(picture, part, points, moved, settings=settings).warnings
    assert len(told) == 1
    assert Morph(picture, part, points, moved, settings=MorphSettings(size=SIZE)).warnings == ()


def test_a_face_that_fills_the_picture_stays():
    points = face_points((100, 110), 400, 440)
    picture, _ = draw_head(points)
    assert (matte_of(picture, points)[20:-20, 20:-20] == 255).all()


def test_a_tiny_face_with_points_far_from_it():
    points = face_points((500, 500), 10, 11)
    picture, _ = draw_head(points, (1000, 1000))
    far = np.array([[20.0, 20.0], [980.0, 20.0], [980.0, 980.0], [20.0, 980.0]])
    assert matte_of(picture, points, (1000, 1000), extra=far)[500, 500] == 255


BY_HAND = {
    "eyes, nose, mouth and chin": (36, 45, 30, 48, 54, 8),
    "without a chin": (36, 45, 30, 48, 54),
    "outline and brows": (*range(0, 17, 2), 17, 19, 24, 26),
}


@pytest.mark.parametrize("which", BY_HAND.values(), ids=BY_HAND)
def test_points_of_no_schema_have_a_whole_head(which):
    points = face_points((150, 170))
    picture, inside = draw_head(points, (300, 320))
    matte = matte_of(picture, points[list(which)], (300, 320))
    assert (matte[eroded(inside, 8)] > 200).mean() > 0.97
    assert (matte[eroded(~inside, 8)] > 50).mean() < 0.01


@pytest.mark.parametrize("background", ["transparent", "#204060", "a"])
def test_an_outline_that_is_a_guess_is_told(background):
    points = face_points()[list(BY_HAND["eyes, nose, mouth and chin"])]
    picture, _ = draw_head(face_points())
    words = "6 points do not say where the hair is: the outline of the heads is a guess"
    with pytest.warns(FacekpWarning, match=words):
        told = Morph(picture, picture, points, points, settings=replace(CUT_OUT, background=background)).warnings
    assert len(told) == 1


def test_the_same_picture_gives_the_same_matte():
    points = face_points()
    picture, _ = draw_head(points)
    first = matte_of(picture, points)
    np.random.default_rng().random(7)
    matte_of(draw_head(points, hair=(150, 60, 20))[0], points)
    np.testing.assert_array_equal(matte_of(picture, points), first)


# --- In morphs ------------------------------------------------------------------------------------


def heads():
    """Two heads, the second of which has its hair where the first has wall."""
    a, b = face_points(), face_points(width=118)
    return draw_head(a)[0], draw_head(b, hair=(120, 60, 30))[0], a, b


@pytest.mark.parametrize("part", [0, 0.3, 0.5, 1])
def test_no_rim_of_wall_round_a_head(part):
    a, b, points_a, points_b = heads()
    settings = MorphSettings(size=SIZE, background="transparent")
    frame = Morph(a, b, points_a, points_b, settings=settings).frame(part)
    rim = (frame[..., 3] > 60) & (np.arange(SIZE[1]) < 90)[:, None]  # above the white of the eyes
    like_wall = np.abs(frame[..., :3].astype(int) - WALL).max(axis=2) < CLOSE
    assert (rim & like_wall).sum() <= 0.01 * rim.sum()


def test_a_still_is_the_film_s_frame():
    a, b, points_a, points_b = heads()
    for background in ("transparent", "#2040a0"):
        settings = MorphSettings(size=SIZE, background=background)
        frame = Morph(a, b, points_a, points_b, settings=settings).frame(0.5)
        still = blend_faces([a, b], [points_a, points_b], settings=settings).picture
        assert np.abs(frame.astype(int) - still).mean() < 0.2


def test_a_symmetric_head_is_cut_out_symmetrically():
    points = face_points((104, 112))
    picture, _ = draw_head(points)
    settings = MorphSettings(size=SIZE, background="transparent")
    alpha = symmetrise(picture, points, settings=settings).picture[..., 3].astype(int)
    assert np.abs(alpha - alpha[:, ::-1]).mean() < 1


def test_the_ends_are_whole_photographs():
    a, b, points_a, points_b = heads()
    plain = Morph(a, b, points_a, points_b, settings=MorphSettings(size=SIZE))
    cut = Morph(a, b, points_a, points_b, settings=replace(plain.settings, background="transparent"))
    for own, whole in zip(cut.ends, plain.ends, strict=True):
        np.testing.assert_array_equal(own, whole)
