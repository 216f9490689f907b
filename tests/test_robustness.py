"""Photographs are made harder as it is said, points follow, and the table has what was measured."""

import re

import cv2
import numpy as np
import pytest

from facekp import FaceBox, FacekpError
from facekp.checkpoint import load_checkpoint, save_checkpoint
from facekp.faces import BoxFit
from facekp.networks import build_network
from facekp.reliability import read_robustness
from tests.drawn import draw_face, face_points
from tests.drawn_sets import IBUG_CARD, write_small_300w
from training import robustness
from training.disturb import CONDITIONS, COVERED, cover
from training.robustness import System, dlib_system, errors, measure
from training.splits import read_split

POINTS = face_points((200, 180), 160, 200)


def dotted(points):
    """A black picture with a white dot of some size at each point, as uint8 (H, W, 3)."""
    picture = np.zeros((380, 420, 3), np.uint8)
    for x, y in np.rint(points).astype(int):
        cv2.circle(picture, (x, y), 3, (255, 255, 255), cv2.FILLED)
    return picture


def harder(name, photo, points=POINTS, seed=0):
    return CONDITIONS[name].change(photo, points, np.random.default_rng(seed), lambda: photo)


@pytest.mark.parametrize(
    "name", [name for name in CONDITIONS if name.startswith(("turned", "face_80", "normal", "box"))]
)
def test_points_go_where_the_picture_goes(name):
    picture, points = harder(name, dotted(POINTS))
    x, y = np.rint(points).astype(int).T
    assert (picture[y, x].min(axis=1) > 60).all()


def test_a_positive_turn_is_clockwise():
    _, points = harder("turned_+30", dotted(POINTS))
    across = points[45] - points[36]  # from the person's right eye, on the picture's left, to the other
    assert np.degrees(np.arctan2(across[1], across[0])) == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("pixels", [80, 40, 20])
def test_a_small_face_has_the_size_that_is_said(pixels):
    _, points = harder(f"face_{pixels}", dotted(POINTS))
    assert np.ptp(points, axis=0).max() == pytest.approx(pixels, rel=0.02)
    small, same = harder(f"face_{pixels}", dotted(POINTS), points / 10)
    assert small.shape == (380, 420, 3), "a smaller face is not enlarged"
    np.testing.assert_allclose(same, points / 10, atol=1e-4)


def test_light_blur_and_compression_leave_the_points_and_do_what_they_say():
    photo = draw_face(POINTS, (420, 380))
    for name in ("blurred", "dark", "jpeg"):
        there, points = harder(name, photo)
        assert points is POINTS
        assert there.shape == photo.shape
        assert (there != photo).mean() > 0.3
    assert harder("dark", photo)[0].mean() == pytest.approx(0.12 * photo.mean(), rel=0.1)
    assert np.abs(np.diff(harder("blurred", photo)[0].astype(int), axis=1)).max() < 60


def test_a_quarter_of_the_face_is_covered_by_the_other_photograph():
    photo, other = draw_face(POINTS, (420, 380)), np.full((90, 90, 3), (255, 0, 0), np.uint8)
    face = FaceBox.around(POINTS)
    for seed in range(20):
        there, box = cover(photo, POINTS, np.random.default_rng(seed), other)
        assert box.area == pytest.approx(COVERED * face.area, rel=0.03)
        assert (there == (255, 0, 0)).all(axis=2).sum() == pytest.approx(box.area, rel=0.01)
        assert face.overlap(box) == pytest.approx(COVERED, rel=0.05)


class Boxes:
    """A detector that says of each photograph, in turn, what it is told to say."""

    fit = BoxFit(right=0.0, down=0.0, side=1.0)

    def __init__(self, *boxes):
        self.boxes = list(boxes)

    def raw(self, photo):
        return [(box, 1.0) for box in self.boxes.pop(0)]


@pytest.fixture
def samples(tmp_path):
    write_small_300w(tmp_path)
    return read_split(tmp_path, IBUG_CARD, "common")


def of(sample):
    """The box round a sample's points."""
    box = FaceBox.around(sample.points)
    return box.x_min, box.y_min, box.x_max, box.y_max


def test_errors_are_relative_and_a_missed_face_counts_whole(samples):
    asked = []

    def locate(photos, boxes):
        asked.extend(boxes)
        return [samples[0].points + np.float32([3, 4])]

    found = errors(System(Boxes([of(samples[0]), (0, 0, 5, 5)], []), locate), CONDITIONS["normal"], samples)
    assert found == pytest.approx([0.05, 1], abs=1e-3), "5 pixels of 100 between the eye corners; missed"
    assert asked == [of(samples[0])]


def test_a_moved_box_is_that_of_the_detector(samples):
    asked = []

    def locate(photos, boxes):
        asked.extend(boxes)
        return [each.points for each in samples]

    boxes = [of(sample) for sample in samples]
    errors(System(Boxes(*([box] for box in boxes)), locate), CONDITIONS["box_up"], samples)
    for there, (x_min, y_min, x_max, y_max) in zip(asked, boxes, strict=True):
        step = 0.1 * (y_max - y_min)
        assert there == pytest.approx((x_min, y_min - step, x_max, y_max - step))


def test_what_is_done_is_not_measured_again(samples, monkeypatch):
    monkeypatch.setattr(robustness, "errors", lambda system, condition, samples: np.array([0.03, 1.0]))
    kept = []
    done = {"normal": {"title": "as it is", "missed": 0, "nme_percent": 3.0, "nme_found_percent": 3.0, "ratio": 1.0}}
    table = measure(System(Boxes(), None), samples, done, lambda table: kept.append(len(table)))
    assert list(table) == list(CONDITIONS)
    assert table["normal"] == done["normal"]
    assert table["dark"] == {
        "title": CONDITIONS["dark"].title,
        "missed": 1,
        "nme_percent": 51.5,
        "nme_found_percent": 3.0,
        "ratio": round(51.5 / 3, 3),
    }
    assert kept == list(range(2, len(CONDITIONS) + 1))


@pytest.fixture
def folder(tmp_path, random_checkpoint):
    """A random network of 68 points with the card of the drawn data."""
    checkpoint = load_checkpoint(random_checkpoint)
    save_checkpoint(tmp_path / "face", checkpoint.network, {**checkpoint.card, **IBUG_CARD})
    return tmp_path / "face"


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["robustness", *map(str, arguments)])
    robustness.main()


def test_a_run_writes_its_table_and_a_try_does_not(monkeypatch, capsys, folder, tmp_path, samples):
    monkeypatch.setattr(robustness, "face_detector", lambda name: Boxes(*[[]] * 100))
    run(monkeypatch, "--checkpoint", folder, "--data", tmp_path, "--limit", 1)
    assert read_robustness(folder) is None
    run(monkeypatch, "--checkpoint", folder, "--data", tmp_path)
    assert re.search(r"face +as it is +100.00 % +x 1.00 +missed 2", capsys.readouterr().out)
    results = read_robustness(folder)
    assert list(results.conditions) == list(CONDITIONS)
    assert (results.photographs, results.dlib, results.dlib_sha256) == (2, {}, "")
    assert results.weights_sha256 == load_checkpoint(folder).weights_sha256


def test_other_networks_are_refused(monkeypatch, tmp_path):
    spec = {"size": 224, "channels": 1, "mean": 128.0, "std": 64.0, "margin": 1.2, "looks": 1, "mirror": False}
    card = {"schema": "imm58", "network": "face-detection-cnn", "input": spec}
    save_checkpoint(tmp_path / "face58", build_network("face-detection-cnn", 58, 1), card)
    with pytest.raises(FacekpError, match="face58 does not find 68 points"):
        run(monkeypatch, "--checkpoint", tmp_path / "face58", "--data", tmp_path)


def test_dlibs_predictor_finds_what_it_learned(tmp_path):
    dlib = pytest.importorskip("dlib", reason="dlib is not installed")
    faces = [face_points((150 + 3 * i, 150), 110, 130) for i in range(6)]
    photos = [draw_face(points, (300, 300), seed=i) for i, points in enumerate(faces)]
    boxes = [(95 + 3 * i, 90, 205 + 3 * i, 215) for i in range(6)]
    labels = [
        [dlib.full_object_detection(dlib.rectangle(*box), [dlib.point(*map(round, map(float, p))) for p in points])]
        for box, points in zip(boxes, faces, strict=True)
    ]
    options = dlib.shape_predictor_training_options()
    options.cascade_depth, options.tree_depth, options.num_trees_per_cascade_level = 3, 2, 20
    options.oversampling_amount, options.num_threads = 5, 1
    dlib.train_shape_predictor(photos, labels, options).save(str(tmp_path / "drawn.dat"))
    found = dlib_system(tmp_path / "drawn.dat").locate(photos, boxes)
    assert np.abs(np.stack(found) - np.stack(faces)).mean() < 4
    (tmp_path / "broken.dat").write_bytes(b"no model")
    with pytest.raises(FacekpError, match=r"broken\.dat is no model that dlib can read"):
        dlib_system(tmp_path / "broken.dat")
