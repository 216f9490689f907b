"""A morph begins and ends with the photographs; an average is fair; settings are checked at birth."""

import itertools
import weakref

import numpy as np
import pytest
from PIL import Image

from facekp.errors import FacekpWarning, ImageError, MeshError, SettingsError
from facekp.morph import Morph, MorphSettings, aligned_pair, average_face, average_with_points, morph_frames
from tests.drawn import draw_face, face_points, two_faces

SMALL = (96, 80)


def test_the_ends_are_the_aligned_photographs_exactly():
    faces = two_faces()
    frames = list(morph_frames(*faces, MorphSettings(frames=5, size=SMALL)))
    first, last = aligned_pair(*faces, size=SMALL)
    assert len(frames) == 5
    assert all(frame.shape == (80, 96, 3) and frame.dtype == np.uint8 for frame in frames)
    np.testing.assert_array_equal(frames[0], first)
    np.testing.assert_array_equal(frames[-1], last)
    assert not np.array_equal(first, last)


def test_default_settings():
    assert MorphSettings() == MorphSettings(frames=60, size=(512, 512))
    assert next(morph_frames(*two_faces())).shape == (512, 512, 3)


def test_the_way_back_is_the_way_there():
    a, b, points_a, points_b = two_faces()
    there = list(morph_frames(a, b, points_a, points_b, MorphSettings(7, SMALL)))
    back = list(morph_frames(b, a, points_b, points_a, MorphSettings(7, SMALL)))
    for one, other in zip(there, reversed(back), strict=True):
        assert np.abs(one.astype(int) - other).mean() < 0.5


def test_a_face_into_itself_stands_still():
    a, _, points, _ = two_faces()
    frames = list(morph_frames(a, a, points, points, MorphSettings(4, SMALL)))
    assert all(np.abs(frame.astype(int) - frames[0]).max() <= 1 for frame in frames)


def test_frames_start_and_stop_softly():
    frames = [frame.astype(int) for frame in morph_frames(*two_faces(), MorphSettings(11, SMALL))]
    steps = [np.abs(after - before).mean() for before, after in itertools.pairwise(frames)]
    assert steps[0] < steps[4] / 2
    assert steps[-1] < steps[5] / 2


def test_frames_are_made_one_at_a_time():
    frames = morph_frames(*two_faces(), MorphSettings(10_000, SMALL))
    alive = [weakref.ref(next(frames)) for _ in range(4)]
    assert sum(reference() is not None for reference in alive) <= 1


@pytest.mark.filterwarnings("ignore:more than a third of the points of face 2 lie outside:facekp.FacekpWarning")
def test_no_black_corners_though_the_photographs_cover_little():
    points = face_points((20, 22), 36, 40)
    photograph = np.full((44, 40, 3), 200, dtype=np.uint8)
    corner = points + 15  # clipped at the edge and beyond
    for frame in morph_frames(photograph, photograph, points, corner, MorphSettings(5, (128, 100))):
        assert frame.min() >= 198


def test_different_sizes_turns_and_an_upside_down_face():
    a, _, points, _ = two_faces()
    turned, flipped = np.ascontiguousarray(a[::-1, ::-1]), np.array([199, 219]) - points
    first, last = aligned_pair(a, turned, points, flipped, size=SMALL)
    assert np.abs(first.astype(int) - last).mean() < 1.5


@pytest.mark.parametrize("background", ["dissolve", "a"])
def test_a_curve_may_overshoot_with_a_face_at_the_edge(background):
    a, b, points_a, points_b = two_faces()
    cut = 60
    settings = MorphSettings(7, "a", reference="a", background=background, shape_curve=(0, 2, -1, 1))
    morph = Morph(np.ascontiguousarray(a[:, cut:]), b, points_a - (cut, 0), points_b, settings=settings)
    frames = list(morph.film())
    assert (2 * morph.shape_b - morph.shape_a)[:, 0].min() < -0.5  # the curve goes as far as that
    assert {frame.shape for frame in frames} == {(*a[:, cut:].shape,)}
    np.testing.assert_array_equal(frames[0], a[:, cut:])


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (90, 33)])
def test_any_size(size):
    frames = list(morph_frames(*two_faces(), MorphSettings(3, size)))
    assert {frame.shape for frame in frames} == {(size[1], size[0], 3)}


def test_hopeless_shapes_are_drawn_all_the_same():
    a, b, points_a, points_b = two_faces()
    points_b = points_b.copy()
    points_b[48:68] = points_b[48:68][::-1]
    points_b[36:48, 1] = points_b[36, 1]
    points_b[:6] = (0, 0)
    with (
        np.errstate(all="raise"),
        pytest.warns(
            FacekpWarning, match=r"fold over each other at .*; the morph does|still turns over in \d+ triangles"
        ),
    ):
        frames = list(morph_frames(a, b, points_a, points_b, MorphSettings(4, SMALL)))
    assert len(frames) == 4


def test_photographs_may_be_files(tmp_path):
    a, b, points_a, points_b = two_faces()
    Image.fromarray(a).save(tmp_path / "a.png")
    first, _ = aligned_pair(tmp_path / "a.png", Image.fromarray(b), points_a, points_b, size=SMALL)
    np.testing.assert_array_equal(first, aligned_pair(a, b, points_a, points_b, size=SMALL)[0])


def test_mistakes_are_told_before_the_first_frame():
    a, b, points_a, points_b = two_faces()
    with pytest.raises(MeshError, match="different numbers of points"):
        morph_frames(a, b, points_a, points_b[:58])
    with pytest.raises(ImageError, match="does not exist"):
        morph_frames("nowhere.png", b, points_a, points_b)


@pytest.mark.parametrize("frames", [1, 0, -3, 2.5, True, "60", None])
def test_too_few_frames(frames):
    with pytest.raises(SettingsError, match="2 frames or more"):
        MorphSettings(frames=frames)


@pytest.mark.parametrize("size", [(512,), (8, 512), (512, 5000), (512.0, 512), (512, True), 512, "ab", None, (1, 2, 3)])
def test_sizes_out_of_range(size):
    with pytest.raises(SettingsError, match="two whole numbers from 16 to 4096"):
        MorphSettings(size=size)
    if size is not None:  # None is the settings' own size
        with pytest.raises(SettingsError, match="two whole numbers"):
            average_face([two_faces()[0]], [face_points()], size=size)


def test_settings_are_fixed_and_take_lists():
    settings = MorphSettings(frames=np.int64(3), size=[64, 32])
    assert settings == MorphSettings(3, (64, 32))
    with pytest.raises(AttributeError):
        settings.frames = 4


def test_the_average_of_two_is_the_middle_of_their_morph():
    a, b, points_a, points_b = two_faces()
    middle = Morph(a, b, points_a, points_b, SMALL).frame(0.5)
    average = average_face([a, b], [points_a, points_b], size=SMALL)
    assert np.abs(middle.astype(int) - average).max() <= 1


def test_the_average_of_one_is_itself_and_of_equals_too():
    a, _, points, _ = two_faces()
    one = average_face([a], [points])
    assert one.shape == (512, 512, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, average_face([a] * 3, [points] * 3, weights=[1, 5, 2]))


def test_weights_count_in_proportion_and_zero_not_at_all():
    a, b, points_a, points_b = two_faces()

    def average(weights):
        return average_face([a, b], [points_a, points_b], weights, size=SMALL)

    np.testing.assert_array_equal(average([1, 3]), average([0.25, 0.75]))
    np.testing.assert_array_equal(average([2, 2]), average(None))
    np.testing.assert_array_equal(average([0, 7]), average_face([b], [points_b], size=SMALL))
    assert not np.array_equal(average([1, 3]), average([3, 1]))


def test_points_of_an_average_lie_where_it_was_warped_to():
    shapes = [face_points((100, 110), 100, 110), face_points((90, 100), 120, 100), face_points((105, 105), 90, 115)]
    pictures = [draw_face(shape) for shape in shapes]
    picture, points = average_with_points(pictures, shapes, size=(200, 220))
    assert points.shape == (68, 2)
    assert points.dtype == np.float32
    redrawn = draw_face(points, (200, 220))
    x, y = np.rint(points[[0, 16, 8]].T).astype(int)
    inner = np.s_[y[0] : y[2] - 5, x[0] + 5 : x[1] - 5]
    assert np.abs(redrawn[inner].astype(int) - picture[inner]).mean() < 12
    shifted = draw_face(points + 6, (200, 220))
    assert np.abs(shifted[inner].astype(int) - picture[inner]).mean() > 12


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1], "1 weights for 2 faces"),
        ([1, 2, 3], "3 weights for 2 faces"),
        ([0, 0], "their sum must not be 0"),
        ([1, -1], "their sum must not be 0"),
        ([1, -0.99], "sum to 0.01 times the largest"),
        ([1, np.nan], "finite"),
        ([1, np.inf], "finite"),
        (["a", 1], "no numbers"),
        ([[1, 2]], "one number for each face"),
    ],
)
def test_unusable_weights(weights, message):
    a, b, points_a, points_b = two_faces()
    with pytest.raises(MeshError, match=message):
        average_face([a, b], [points_a, points_b], weights, size=SMALL)


def test_pictures_and_points_must_belong_together():
    a, b, points_a, _ = two_faces()
    with pytest.raises(MeshError, match="2 pictures and 1 sets of points"):
        average_face([a, b], [points_a])
    with pytest.raises(MeshError, match="no points"):
        average_face([], [])
