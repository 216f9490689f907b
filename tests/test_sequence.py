"""From face to face: each is met exactly, the way is smooth, and memory stays flat."""

import weakref

import numpy as np
import pytest

from facekp.errors import FacekpWarning, MeshError, SettingsError
from facekp.morph import morph_frames
from facekp.sequence import MorphSequence, sequence_frames
from facekp.settings import MorphSettings
from tests.drawn import draw_face, face_points, two_faces

SIZE = (96, 80)
LINEAR = {"size": SIZE, "shape_curve": "linear", "colour_curve": "linear"}


def three_faces():
    shapes = [face_points(), face_points((90, 100), 120, 100), face_points((105, 105), 90, 115, mouth=0.08)]
    skins = [(220, 170, 140), (150, 100, 80), (190, 150, 120)]
    return [
        draw_face(shape, skin=skin, seed=i) for i, (shape, skin) in enumerate(zip(shapes, skins, strict=True))
    ], shapes


def test_two_faces_are_a_morph():
    a, b, points_a, points_b = two_faces()
    settings = MorphSettings(frames=5, size=SIZE, ping_pong=True)
    one, other = (
        sequence_frames([a, b], [points_a, points_b], settings),
        morph_frames(a, b, points_a, points_b, settings),
    )
    for frame, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(frame, same)


def test_every_face_is_met_exactly():
    images, shapes = three_faces()
    sequence = MorphSequence(images, shapes, MorphSettings(frames=4, **LINEAR))
    frames = list(sequence.film())
    assert len(frames) == len(sequence) == 7
    back = list(MorphSequence(images[::-1], shapes[::-1], MorphSettings(frames=4, **LINEAR)).film())
    for frame, same in zip(frames, back[::-1], strict=True):
        assert np.abs(frame.astype(int) - same).mean() < 0.5
    closed = MorphSequence(images, shapes, MorphSettings(frames=4, closed=True, **LINEAR))
    film = list(closed.film())
    assert len(film) == len(closed) == 9
    for index in range(7):
        np.testing.assert_array_equal(film[index], frames[index])
    steps = [
        np.abs(after.astype(int) - before).mean() for before, after in zip(film, [*film[1:], film[0]], strict=True)
    ]
    assert max(steps) < 4 * min(steps)  # from the last frame to the first it is one step more


def test_a_closed_film_holds_the_last_photograph():
    images, shapes = three_faces()
    settings = MorphSettings(frames=3, closed=True, hold_last=0.1, **LINEAR)
    held = list(sequence_frames(images, shapes, settings))
    last = list(sequence_frames(images, shapes, MorphSettings(frames=3, **LINEAR)))[-1]
    assert [index for index, frame in enumerate(held) if np.array_equal(frame, last)] == [4, 5, 6, 7]
    assert len(held) == 6 + 3


def test_a_closed_morph_of_two_comes_back():
    a, b, points_a, points_b = two_faces()
    film = list(morph_frames(a, b, points_a, points_b, MorphSettings(frames=4, closed=True, **LINEAR)))
    assert len(film) == 6
    for index in (1, 2):
        assert np.abs(film[index].astype(int) - film[-index]).max() <= 1


def test_frames_are_made_one_at_a_time_from_files_read_when_needed(tmp_path):
    images, shapes = three_faces()
    sequence = MorphSequence(
        [images[0], images[1], tmp_path / "missing.png"], shapes, MorphSettings(frames=5, **LINEAR)
    )
    film = sequence.film()
    alive = [weakref.ref(next(film)) for _ in range(4)]
    assert sum(reference() is not None for reference in alive) <= 1


@pytest.mark.filterwarnings("ignore:the colours of face")  # drawn faces have no hair to be told by
def test_transparent_frames_through_three_faces():
    images, shapes = three_faces()
    frames = list(sequence_frames(images, shapes, MorphSettings(frames=2, size=SIZE, background="transparent")))
    assert {frame.shape for frame in frames} == {(80, 96, 4)}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"background": "a"}, "through 3 faces cannot keep one photograph's background"),
        ({"background": "b"}, "cannot keep"),
        ({"reference": "a", "face_only": "feather"}, "no face_only"),
        ({"shape_curve": "linear"}, "need the same curve"),
    ],
)
def test_settings_for_two_faces_only(settings, words):
    with pytest.raises(SettingsError, match=words):
        MorphSequence(*three_faces(), MorphSettings(**settings))


def test_pictures_and_points_must_belong_together():
    images, shapes = three_faces()
    with pytest.raises(MeshError, match="1 pictures and 1 sets of points; give two pictures or more"):
        MorphSequence(images[:1], shapes[:1])
    with pytest.raises(MeshError, match="3 pictures and 2 sets"):
        MorphSequence(images, shapes[:2])
    with pytest.raises(MeshError, match="different numbers of points"):
        MorphSequence(images, [shapes[0], shapes[1], shapes[2][:58]])


def test_folds_are_told_once():
    images, shapes = three_faces()
    shapes[1] = shapes[1].copy()
    shapes[1][48:68] = shapes[1][48:68][::-1]
    with pytest.warns(FacekpWarning):
        sequence = MorphSequence(images, shapes, MorphSettings(frames=2, size=SIZE))
    assert any("lips" in sentence for sentence in sequence.warnings)
    assert len(set(sequence.warnings)) == len(sequence.warnings)


def test_meshes_go_with_the_frames():
    picture_a, picture_b, a, b = two_faces()
    settings = MorphSettings(
        frames=3, size=(96, 96), shape_curve="linear", colour_curve="linear", closed=True, loop=False
    )
    film = MorphSequence([picture_a, picture_b], [a, b], settings)
    drawn = list(film.meshes())
    assert len(drawn) == len(film) == 5
    shapes = [shape for shape, _ in drawn]
    assert shapes[1] == pytest.approx((shapes[0] + shapes[2]) / 2)
    assert shapes[4] == pytest.approx(shapes[0])  # and back again
    assert np.abs(shapes[2] - shapes[0]).max() > 1
    assert all(mesh.triangles.max() < len(shape) for shape, mesh in drawn)
