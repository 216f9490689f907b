"""What is seen round a face: backgrounds, soft masks, colours, and what stands still."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from facekp.blend import blend_faces
from facekp.colour import from_light, to_light
from facekp.errors import FacekpWarning, MeshError, SettingsError
from facekp.mask import face_mask, head_mask
from facekp.morph import Morph
from facekp.settings import MorphSettings
from tests.drawn import draw_face, face_points, two_faces
from tests.test_pose import seen

SIZE = (96, 80)
IN_A = MorphSettings(size="a", reference="a")


def difference(one, other):
    return np.abs(one.astype(int) - other)


def morph(**settings):
    return Morph(*two_faces(), settings=MorphSettings(**{"size": SIZE} | settings))


def test_in_its_own_frame_photograph_a_is_the_first_frame_to_the_bit():
    a, b, points_a, points_b = two_faces()
    own = Morph(a, b, points_a, points_b, settings=IN_A)
    assert own.size == (200, 220)
    np.testing.assert_array_equal(own.frame(0), a)
    np.testing.assert_allclose(own.shape_a[:68], points_a)
    assert own.frame(1).shape == a.shape


def test_another_size_shows_the_whole_of_photograph_a():
    a, b, points_a, points_b = two_faces()
    wide = Morph(a, b, points_a, points_b, settings=replace(IN_A, size=(400, 220)))
    np.testing.assert_array_equal(wide.frame(0)[:, 100:300], a)
    half = Morph(a, b, points_a, points_b, settings=replace(IN_A, size=(100, 110)))
    np.testing.assert_allclose(half.shape_a[:68], (points_a + 0.5) / 2 - 0.5)


def test_eyes_are_pinned():
    pinned = morph(reference="eyes")
    for eye in (slice(36, 42), slice(42, 48)):
        np.testing.assert_allclose(pinned.shape_a[eye].mean(axis=0), pinned.shape_b[eye].mean(axis=0), atol=1e-9)
    loose = morph()
    assert np.abs(loose.shape_a[36:42].mean(axis=0) - loose.shape_b[36:42].mean(axis=0)).max() > 0.2


def test_eyes_can_be_pinned_only_where_they_are_known():
    a, b, points_a, points_b = two_faces()
    with pytest.raises(MeshError, match="60 points do not say where the eyes are"):
        Morph(a, b, points_a[:60], points_b[:60], settings=MorphSettings(reference="eyes"))
    points_b[36:48] = points_b[36]
    with pytest.raises(MeshError, match="both eyes of face 2 are in one place"):
        Morph(a, b, points_a, points_b, settings=MorphSettings(reference="eyes"))


def test_shape_and_colour_part():
    first, last = morph().ends
    swapped = morph().frame(0, 1)
    assert difference(swapped, last).mean() < difference(swapped, first).mean()
    film = morph(frames=3, shape_curve=(0, 0, 0), colour_curve="linear").film()
    pictures = list(film)
    np.testing.assert_array_equal(pictures[0], first)
    np.testing.assert_array_equal(pictures[2], swapped)


@pytest.mark.parametrize("letter", ["a", "b"])
def test_a_kept_background_stays_still(letter):
    """Far from the head every frame is the photograph as it stands in the frame."""
    kept = morph(background=letter, size=(192, 160))
    own = kept.ends["ab".index(letter)]
    ring = kept.shape_a[83:-16]
    np.testing.assert_array_equal(ring, kept.shape_b[83:-16])
    inside = cv2.fillConvexPoly(np.zeros((160, 192), np.uint8), np.rint(ring).astype(np.int32), 1)
    outside = cv2.erode(1 - inside, np.ones((5, 5))) > 0
    assert outside.mean() > 0.1
    for part in (0, 0.4, 1):
        assert difference(kept.frame(part), own)[outside].max() <= 1


def test_a_kept_background_changes_the_face_all_the_same():
    kept, plain = morph(background="a"), morph()
    x, y = np.rint(kept.shape_b[30]).astype(int)
    assert difference(kept.frame(1), plain.frame(1))[y - 5 : y + 5, x - 5 : x + 5].max() <= 12


@pytest.mark.filterwarnings("ignore:the colours of face")  # drawn faces have no hair to be told by
def test_transparent_frames_have_a_soft_mask():
    cut = morph(background="transparent", size=(192, 160))
    for part in (0, 0.5, 1):
        frame = cut.frame(part)
        assert (frame.shape, frame.dtype) == ((160, 192, 4), np.uint8)
        alpha = frame[..., 3]
        # What is head in both is mixed as in a dissolve; elsewhere backgrounds do not count.
        seen = alpha == 255 if 0 < part < 1 else np.full_like(alpha, True, dtype=bool)
        assert difference(frame[..., :3], morph(size=(192, 160)).frame(part))[seen].max() <= 1
        face = np.rint(cut.shape_a[27:68] + part * (cut.shape_b - cut.shape_a)[27:68]).astype(int)
        assert (alpha[face[:, 1], face[:, 0]] == 255).all()
        assert max(alpha[0, 0], alpha[0, -1], alpha[-1, 0], alpha[-1, -1]) == 0
        assert difference(alpha[:, 1:], alpha[:, :-1]).max() < 60  # no hard edge


@pytest.mark.filterwarnings("ignore:the colours of face")  # drawn faces have no hair to be told by
def test_a_colour_fills_the_background():
    frame = morph(background="#ff8000").frame(0.5)
    np.testing.assert_array_equal(frame[0, 0], (255, 128, 0))
    transparent = morph(background="transparent").frame(0.5)
    part = transparent[..., 3:] / 255
    laid = transparent[..., :3] * part + np.array([255, 128, 0]) * (1 - part)
    assert difference(frame, laid).max() <= 2


def face_in_place(how, part):
    """A small face in a large photograph A, and the frame with only the face replaced."""
    points = face_points((200, 240), 70, 80)
    a = draw_face(points, (400, 400))
    _, b, _, points_b = two_faces()
    return a, Morph(a, b, points, points_b, settings=replace(IN_A, face_only=how)).frame(part)


@pytest.mark.parametrize("how", ["feather", "seamless"])
def test_the_face_alone_goes_back_into_photograph_a(how):
    a, first = face_in_place(how, 0)
    np.testing.assert_array_equal(first, a)
    a, last = face_in_place(how, 1)
    for edge in (np.s_[:60], np.s_[-60:], np.s_[:, :100], np.s_[:, -100:]):
        np.testing.assert_array_equal(last[edge], a[edge])
    assert difference(last, a)[220:265, 180:220].mean() > 8


def test_a_feathered_face_has_the_colours_of_b_and_a_seamless_one_those_of_a():
    cheek = np.s_[243:247, 178:182]  # plain skin in both
    mine, other = np.array([220, 170, 140]), np.array([150, 100, 80])
    assert difference(face_in_place("feather", 1)[1][cheek].mean(axis=(0, 1)), other).max() < 8
    assert difference(face_in_place("seamless", 1)[1][cheek].mean(axis=(0, 1)), mine).max() < 25


@pytest.mark.parametrize("how", ["feather", "seamless"])
@pytest.mark.filterwarnings("ignore:the faces fold:facekp.FacekpWarning")
@pytest.mark.filterwarnings("ignore:more than a third of the points of face 1 lie outside:facekp.FacekpWarning")
def test_faces_at_the_edge_are_pasted_too(how):
    points = face_points((30, 200), 100, 110)  # half of it outside
    a = draw_face(points)
    _, b, _, points_b = two_faces()
    cut = Morph(a, b, points, points_b, settings=replace(IN_A, face_only=how))
    np.testing.assert_array_equal(cut.frame(0), a)
    assert cut.frame(1).shape == a.shape
    assert difference(cut.frame(1), a).max() > 20


def test_colours_are_matched_in_mean_and_spread():
    matched, plain = morph(colour_match="lab"), morph()
    np.testing.assert_array_equal(matched.frame(0), plain.frame(0))
    mask = face_mask(matched.shape_a[:68], SIZE) > 0.5
    wanted = plain.frame(0)[mask].mean(axis=0)
    mask = face_mask(matched.shape_b[:68], SIZE) > 0.5
    before, after = plain.frame(1)[mask].mean(axis=0), matched.frame(1)[mask].mean(axis=0)
    assert np.abs(before - wanted).min() > 30
    assert np.abs(after - wanted).max() < 6


def test_matching_a_face_with_itself_changes_nothing():
    a, _, points, _ = two_faces()
    settings = MorphSettings(size=SIZE, colour_match="lab")
    same = Morph(a, a, points, points, settings=settings)
    np.testing.assert_array_equal(same.frame(1), Morph(a, a, points, points, SIZE).frame(0))


def test_a_face_of_one_colour_can_be_matched():
    a, b, points_a, points_b = two_faces()
    flat = np.full_like(b, 120)
    morph = Morph(a, flat, points_a, points_b, settings=MorphSettings(size=SIZE, colour_match="lab"))
    face = morph.frame(1)[face_mask(morph.shape_b[:68], SIZE) > 0.99]
    assert np.ptp(face, axis=0).max() <= 1
    assert difference(face.mean(axis=0), (120, 120, 120)).max() > 30


def test_light_is_mixed_as_light():
    black, white = np.zeros((90, 90, 3), np.uint8), np.full((90, 90, 3), 255, np.uint8)
    points = face_points((45, 45), 40, 40)
    middle = Morph(black, white, points, points, settings=MorphSettings(size=(32, 32), linear_light=True)).frame(0.5)
    assert np.unique(middle).tolist() == [188]
    average = blend_faces([black, white], [points] * 2, settings=MorphSettings(size=(32, 32), linear_light=True))
    assert np.unique(average.picture).tolist() == [188]
    everything = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(from_light(to_light(everything)), everything)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.filterwarnings("ignore:.*fold over each other:facekp.FacekpWarning")
def test_weights_that_sum_to_one_keep_a_constant_picture_constant(seed):
    """Whatever the meshes, also beyond 0 and 1."""
    rng = np.random.default_rng(seed)
    pictures = [np.full((100, 120, 3), (90, 140, 210), np.uint8)] * 3
    shapes = [face_points((60, 50), 50, 50) + rng.normal(0, 0.4, (68, 2)) for _ in pictures]
    weights = rng.uniform(-1, 2, 3)
    weights[0] += 1 - weights.sum()
    for settings in (MorphSettings(size=SIZE), MorphSettings(size=SIZE, background="a")):
        with np.errstate(all="raise"):
            picture = blend_faces(pictures, shapes, weights, settings=settings).picture
        assert difference(picture, (90, 140, 210)).max() <= 1


def test_a_given_hairline_takes_the_place_of_the_extrapolated_one():
    a, b, points_a, points_b = two_faces()
    hair = [np.array([[points[27, 0], points[:, 1].min() - 40]]) for points in (points_a, points_b)]
    more = Morph(a, b, points_a, points_b, SIZE, extra_a=hair[0], extra_b=hair[1])
    assert len(more.shape_a) == 68 + 1 + 16


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ((np.ones((2, 2)), None), "extra points of one face only"),
        ((np.ones((2, 2)), np.ones((3, 2))), r"different numbers of extra points \(2, 3\)"),
        ((np.ones((2, 2)), np.ones((2, 3))), "extra points of face 2 are no finite numbers"),
        ((np.full((1, 2), np.nan), np.ones((1, 2))), "extra points of face 1 are no finite"),
    ],
)
def test_unusable_extra_points(extra, words):
    with pytest.raises(MeshError, match=words):
        Morph(*two_faces(), SIZE, extra_a=extra[0], extra_b=extra[1])


def test_heads_turned_apart_are_warned_of():
    a, b, *_ = two_faces()
    with pytest.warns(FacekpWarning, match=r"heads of faces 1 and 2 are turned 4\d° apart"):
        apart = Morph(a, b, seen("ibug68", 20) / 3, seen("ibug68", -22) / 3, SIZE)
    assert "turned" in apart.warnings[0]
    assert Morph(a, b, seen("ibug68", 12) / 3, seen("ibug68", -8) / 3, SIZE).warnings == ()


def test_a_photograph_that_is_no_frame_is_refused():
    tiny, huge = np.zeros((10, 40, 3), np.uint8), np.zeros((20, 4100, 3), np.uint8)
    _, b, _, points_b = two_faces()
    for picture in (tiny, huge):
        with pytest.raises(SettingsError, match=rf"{picture.shape[1]} × {picture.shape[0]} pixels, and frames"):
            Morph(picture, b, face_points((10, 5), 9, 9), points_b, size="a")


def test_background_b_needs_a_second_photograph():
    a, _, points, _ = two_faces()
    with pytest.raises(MeshError, match="there is one photograph"):
        blend_faces([a], [points], settings=MorphSettings(background="b"))


def test_masks_are_inside_and_soft():
    points = face_points().astype(float)
    head, face = head_mask(points, np.empty((0, 2)), (200, 220)), face_mask(points, (200, 220))
    for mask in (head, face):
        assert mask.shape == (220, 200)
        assert 0 <= mask.min() <= mask.max() <= 1
    assert (face <= head + 1e-6).all()
    x, y = np.rint(points[17:68]).astype(int).T
    assert (face[y, x] > 0.5).all()
    assert np.abs(np.diff(head, axis=0)).max() < 0.2
