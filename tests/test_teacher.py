"""What a small network is taught: a teacher's points, and faces borrowed from a data set with other points."""

from dataclasses import replace

import numpy as np
import pytest

from facekp.checkpoint import load_checkpoint
from facekp.crop import level_crop
from facekp.predict import KeypointPredictor
from facekp.schema import IBUG68
from tests.drawn_sets import head, write_300w, write_small_300w, write_small_imm
from tests.test_training import TINY, TINY_RECIPES, call
from training import borrow, train_face58, train_face58_borrowed, train_face68
from training.borrow import Converter, borrowed
from training.config import RECIPES
from training.data import read_300w, read_imm
from training.loaders import FaceCrops
from training.teacher import answers, kept_answers, taught


class Asked(KeypointPredictor):
    """A predictor that counts the photographs that it was shown."""

    photographs = 0

    def predict_batch(self, images, boxes=None):
        self.photographs += len(images)
        return super().predict_batch(images, boxes)


@pytest.fixture
def teacher(random_checkpoint):
    return Asked(load_checkpoint(random_checkpoint))


@pytest.fixture
def faces(tmp_path):
    write_small_300w(tmp_path)
    return read_300w(tmp_path, "train")


def test_a_face_is_taught_the_mean_of_the_true_points_and_the_teachers(teacher, faces, tmp_path):
    own = answers(faces, teacher)
    assert own.shape == (10, 68, 2)
    for face, before, points in zip(taught(faces, [teacher], tmp_path), faces, own, strict=True):
        assert face.photo == before.photo
        assert np.allclose(face.points, (before.points + points) / 2)


def test_the_teacher_is_asked_once(teacher, faces, tmp_path):
    kept = tmp_path / "run" / "kept.npz"
    first = kept_answers(faces, teacher, kept)
    assert teacher.photographs == 10
    assert np.array_equal(kept_answers(faces, teacher, kept), first)
    assert teacher.photographs == 10
    moved = [replace(face, points=face.points + 1) for face in faces]
    assert not np.array_equal(kept_answers(moved, teacher, kept), first), "other faces are asked about anew"


def test_a_broken_photograph_does_not_stop_the_teacher(teacher, faces):
    faces[3].photo.write_bytes(b"broken")
    own = answers(faces, teacher)
    assert not own[3].any()
    assert own[2].any()
    assert own[4].any()


def test_the_conversion_finds_a_linear_rule_in_any_frame():
    rng = np.random.default_rng(0)
    faces = np.stack([head("ibug68", seed=i, noise=3) for i in range(400)])
    pick = rng.permutation(68)[:58]
    convert = Converter.fit(faces, faces[:, pick])
    turned = level_crop(faces[0], IBUG68.eyes, 500, 1.3)
    unseen = replace(turned, angle=0.7, side=900.0, centre=(10.0, 20.0)).to_network(head("ibug68", seed=1000, noise=1))
    error = np.abs(convert(unseen) - unseen[pick])
    assert error.max() < 1, "pixels of a face that is 55 wide from eye to eye: a penalised fit is near, not exact"


def test_borrowed_faces_have_the_points_of_the_others(teacher, faces, tmp_path):
    write_small_imm(tmp_path)
    lent = borrowed(faces, read_imm(tmp_path, "train"), teacher, tmp_path / "kept.npz")
    assert [face.photo for face in lent] == [face.photo for face in faces]
    assert {face.points.shape for face in lent} == {(58, 2)}


def test_levelled_crops_have_level_eyes(tmp_path):
    points = head("ibug68")
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    write_300w(tmp_path, {"train": {"afw/1_1.jpg": ((points - (320, 240)) @ turn + (320, 240)).astype(np.float32)}})
    config = replace(TINY, level=True)
    _, levelled = FaceCrops(read_300w(tmp_path, "train"), config, augmented=False).upright(0)
    right, left = (levelled[list(eye)].mean(axis=0) for eye in IBUG68.eyes)
    assert right[1] == pytest.approx(left[1], abs=1e-3)
    assert np.ptp(levelled, axis=0).max() == pytest.approx(config.sizes[0] / config.margin, rel=1e-3)


def test_the_small_network_is_trained_with_its_teacher(monkeypatch, random_checkpoint, faces, tmp_path):
    small = replace(TINY, network="small-heatmap", heatmap_weight=1.0, sizes=(32, 64), mean_start=False, looks=1)
    monkeypatch.setitem(RECIPES, "fast", small)
    call(monkeypatch, train_face68, tmp_path, tmp_path, "--recipe", "fast", "--teacher", str(random_checkpoint))
    trained = load_checkpoint(tmp_path / "checkpoints" / "face68-fast")
    assert trained.card["taught_by"] == [load_checkpoint(random_checkpoint).sha256]
    assert trained.card["network"] == "small-heatmap"


def test_the_58_points_go_on_with_borrowed_faces(monkeypatch, random_checkpoint, faces, tmp_path):
    write_small_imm(tmp_path)
    monkeypatch.setitem(RECIPES, "face58", TINY_RECIPES["face58"])
    borrowing = replace(TINY_RECIPES["face58"], stage_epochs=(1,), epoch_samples=6, validation_share=0.34)
    monkeypatch.setitem(RECIPES, "face58-borrowed", borrowing)
    call(monkeypatch, train_face58, tmp_path, tmp_path, "--variant", "face58")
    start = str(tmp_path / "checkpoints" / "face58")
    call(monkeypatch, train_face58_borrowed, tmp_path, tmp_path, "--start", start, "--teacher", str(random_checkpoint))
    card = load_checkpoint(tmp_path / "checkpoints" / "face58-borrowed").card
    assert card["data"]["counts"] == {"training": 6, "validation": 6, "borrowed": 7}
    assert card["started_from"] == load_checkpoint(start).sha256
    assert "turned into 58" in card["data"]["training"]


def test_the_conversion_is_measured_on_the_persons_set_aside(teacher, tmp_path):
    write_small_imm(tmp_path)
    record = borrow.measured(tmp_path, teacher)
    assert record["photographs"] == 6
    assert set(record["regions"]) == {"jaw", "brows", "nose", "eyes", "mouth"}
    assert f"{record['nme_percent']:.2f} % off on the 6 validation photographs (jaw " in borrow.sentence(record)
