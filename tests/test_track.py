"""Faces are followed from frame to frame: the detector rests, ids stay, and the points tremble less than they would."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from facekp import KeypointPredictor, KeypointTracker, load_image
from facekp.errors import FacekpError, SettingsError
from facekp.faces import FaceBox
from tests.drawn_films import SquareFinder, wall


@pytest.fixture
def finder():
    return SquareFinder()


@pytest.fixture
def tracker(finder):
    return KeypointTracker(finder, search_every=1)


def test_the_detector_runs_only_while_a_face_is_lost(finder):
    shown = [True] * 70 + [False] * 3 + [True] * 70
    frames = [wall(*[("red", 40, 40)] * there) for there in shown]
    found = list(KeypointTracker(finder).track(frames, fps=30))
    assert [sorted(faces) for faces in found] == [[0] * there for there in shown]
    assert finder.searches == 1 + 3 + 1


def test_the_detector_is_asked_at_the_start_and_every_so_often(finder, tracker):
    for faces in tracker.track([wall(("red", 10 + i, 40)) for i in range(75)], fps=30):
        assert list(faces) == [0]
    assert finder.searches == 3  # at 0, 1 and 2 seconds
    assert finder.looks == 75
    assert faces[0].box.centre == pytest.approx((10 + 74 + 19.5, 59.5), abs=2)
    assert faces[0].uncertainty is not None
    assert (faces[0].score, faces[0].detection) == (1.0, 0.9)  # the network's now, and the detector's when last asked


def test_faces_keep_their_ids_and_a_new_one_gets_its_own(tracker):
    ids = []
    for i in range(80):
        squares = [("red", 5 + i, 10), ("green", 110 - i, 70)]
        squares += [("blue", 60, 5)] if i == 79 else []
        ids.append(tracker.update(wall(*squares[:2] if i < 10 or i > 40 else squares[:1]), i / 30))
    assert [sorted(faces) for faces in ids[:10]] == [[0, 1]] * 10
    assert [sorted(faces) for faces in ids[10:41]] == [[0]] * 31  # one is away for a second
    assert sorted(ids[-1]) == [0, 2]
    assert ids[-1][0].box.centre[1] < 60 < ids[-1][2].box.centre[1]


def test_a_face_that_is_hidden_for_a_moment_keeps_its_id(finder, tracker):
    shown = [True] * 10 + [False] * 10 + [True] * 10
    found = [tracker.update(wall(*[("red", 40, 40)] * there), i / 30) for i, there in enumerate(shown)]
    assert [sorted(faces) for faces in found] == [[0] * there for there in shown]
    assert finder.searches == 1 + 10 + 1  # and at every frame while the face is lost


def test_after_a_cut_there_are_other_faces(tracker):
    for i in range(5):
        before = tracker.update(wall(("red", 5, 5)), i / 30)
    after = tracker.update(wall(("green", 110, 70)), 5 / 30)
    assert (list(before), list(after)) == ([0], [1])


def test_quick_faces_are_followed_by_their_speed(finder, tracker):
    """20 pixels a frame, half of the face: it is looked for where it must be by now."""
    for i, x in enumerate([0, 2, 8, 18, 32, 50, 70, 90, 110]):
        assert list(tracker.update(wall(("red", x, 40)), i / 30)) == [0]
    assert finder.searches == 1


@pytest.mark.parametrize("pause", [1.5, 1e3, 1e9, 1e300])
def test_after_a_long_break_faces_are_looked_for_anew(finder, tracker, pause):
    """Where a moving face would be by then is not reckoned."""
    for i in range(6):
        tracker.update(wall(("red", 5 * i, 40)), i / 30)
    (face,) = tracker.update(wall(("red", 80, 40)), pause).values()
    assert finder.searches == 2
    assert face.box.centre == pytest.approx((99.5, 59.5), abs=2)


def test_without_a_judgement_of_the_network_the_detector_decides(finder, tracker, monkeypatch):
    follow, seen = finder.follow, wall(("red", 40, 40))

    def blind(image, points):
        return [replace(face, uncertainty=None, score=1.0) for face in follow(seen, points)]

    monkeypatch.setattr(finder, "follow", blind)
    found = [tracker.update(seen if i < 10 else wall(), i / 10) for i in range(40)]
    assert [len(faces) for faces in found[:20]] == [1] * 20
    assert found[15][0].score == 0.9
    assert not found[-1]  # missed twice


def test_without_smoothing_points_are_as_found(finder):
    plain = KeypointTracker(finder, smoothing=None)
    for i in range(10):
        frame = wall(("red", 10 + 3 * (i % 2), 40))
        (face,) = plain.update(frame, i / 30).values()
        np.testing.assert_allclose(face.points, finder.predict(frame)[0].points, atol=1e-3)


def test_frames_come_in_order(tracker):
    tracker.update(wall(), 1.0)
    with pytest.raises(FacekpError, match=r"a frame at 1 s cannot follow one at 1 s; give frames in order"):
        tracker.update(wall(), 1.0)
    tracker.reset()
    assert tracker.update(wall(("red", 10, 10)), 0.5).keys() == {0}


def test_settings_are_checked(finder, tracker):
    with pytest.raises(SettingsError, match="search_every is -1; give seconds from 0"):
        KeypointTracker(finder, search_every=-1)
    with pytest.raises(SettingsError, match="fps is 0; give a number above 0"):
        next(tracker.track([wall()], fps=0))


@pytest.mark.parametrize("name", ["nose", "nose-original", "face58-original"])
def test_networks_that_cannot_follow_are_asked_for_every_frame(name, portrait):
    image = load_image(portrait)
    tracker = KeypointTracker.from_checkpoint(name)
    for faces in tracker.track([np.roll(image, i, axis=1) for i in range(4)]):
        assert list(faces) == [0]
    plain = tracker.predictor.predict_one(np.roll(image, 3, axis=1))
    assert np.abs(faces[0].points - plain.points).max() < 20


def moving(image, points, count, seed=0):
    """Frames and true points of a photograph that drifts, turns and grows, with noise and light compression."""
    rng = np.random.default_rng(seed)
    centre = points.mean(axis=0)
    for i in range(count):
        turn = 0.5 * np.exp(0.1 * np.sin(i / 13)) * cv2.getRotationMatrix2D((0, 0), 8 * np.sin(i / 17), 1)[:, :2]
        shift = np.array([160 + 30 * np.sin(i / 15), 130 + 15 * np.sin(i / 11)]) - turn @ centre
        frame = cv2.warpAffine(image, np.column_stack([turn, shift]), (320, 240), borderMode=cv2.BORDER_REPLICATE)
        noisy = np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(noisy).save(file, "JPEG", quality=75)
        yield np.asarray(Image.open(file)), points @ turn.T + shift


def test_jitter_is_halved_and_the_error_does_not_grow(portrait):
    """Of a composite that moves smoothly, against frame-by-frame prediction; benchmarks.tracking measures more."""
    predictor = KeypointPredictor.from_checkpoint("face68")
    image = load_image(portrait)
    still = predictor.predict_one(image).points.astype(float)
    frames, truth = zip(*moving(image, still, 45), strict=True)
    alone = np.array([predictor.predict_one(frame).points for frame in frames]) - np.array(truth)
    tracked = KeypointTracker(predictor).track(frames)
    followed = np.array([faces[0].points for faces in tracked]) - np.array(truth)

    def jitter(errors):
        return np.sqrt(np.mean(np.sum(np.diff(errors, 2, axis=0) ** 2, axis=2)))

    assert jitter(followed) < 0.5 * jitter(alone)
    assert np.linalg.norm(followed, axis=2).mean() <= np.linalg.norm(alone, axis=2).mean()


def test_a_group_is_tracked(portrait):
    image = cv2.resize(load_image(portrait), (256, 256), interpolation=cv2.INTER_AREA)
    group = np.concatenate([image, np.ascontiguousarray(image[:, ::-1])], axis=1)
    tracker = KeypointTracker.from_checkpoint("face68")
    for i in range(3):
        faces = tracker.update(np.roll(group, 2 * i, axis=0), i / 30)
        assert list(faces) == [0, 1]
    assert FaceBox.around(faces[0].points).overlap(FaceBox.around(faces[1].points)) == 0
