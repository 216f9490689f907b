"""Three angles of a head, by signs and sizes that are stated."""

import math

import numpy as np
import pytest

from benchmarks.pose import yaws
from facekp.images import load_image
from facekp.keypoints import Keypoints
from facekp.pose import DISTANCE, Pose, head_pose, mean_shapes
from facekp.predict import KeypointPredictor
from facekp.schema import IBUG68, IMM58, NOSE, SCHEMAS
from tests.drawn import face_points
from training.data import read_imm

BOTH = (IBUG68.name, IMM58.name)


def seen(name, yaw=0.0, pitch=0.0, roll=0.0):
    """Points of a mean head, turned, as a camera sees them."""
    y, p, r = np.radians([-yaw, -pitch, roll])
    turn_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    turn_x = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    turn_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    turned = mean_shapes()[name] @ (turn_z @ turn_x @ turn_y).T + (0, 0, DISTANCE)
    return 300 + 900 * turned[:, :2] / turned[:, 2:]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("angles", [(0, 0, 0), (25, 0, 0), (-40, 10, 0), (10, -20, 35), (15, 5, -170)])
def test_a_turned_head_is_measured(name, angles):
    pose = head_pose(seen(name, *angles))
    np.testing.assert_allclose((pose.yaw, pose.pitch, pose.roll), angles, atol=1.5)


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, -20, 50), (-80, 5, 170), (10, 60, -90)])
def test_angles_there_and_back(angles):
    rotation = Pose(*angles).rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    back = Pose.from_rotation(rotation)
    np.testing.assert_allclose((back.yaw, back.pitch, back.roll), angles, atol=1e-9)


def test_signs_are_those_of_the_picture():
    points = seen("ibug68", yaw=20)
    assert points[30, 0] > points[[36, 45], 0].mean()  # looking to the own left, the nose goes right
    assert seen("ibug68", pitch=20)[30, 1] < seen("ibug68")[30, 1]
    tilted = seen("ibug68", roll=20)
    assert tilted[27, 0] > tilted[8, 0]  # the forehead goes right, clockwise


def test_place_and_size_do_not_count_and_mirroring_changes_signs():
    points = seen("ibug68", 20, 5, 10)
    pose = head_pose(points)
    moved = head_pose(3 * points - 1000)
    np.testing.assert_allclose((moved.yaw, moved.pitch, moved.roll), (pose.yaw, pose.pitch, pose.roll), atol=1e-6)
    mirrored = head_pose(IBUG68.mirror_points(points, 600))
    np.testing.assert_allclose((mirrored.yaw, mirrored.pitch, mirrored.roll), (-20, pose.pitch, -10), atol=1.5)


def test_turning_the_picture_turns_the_roll_only():
    points = seen("imm58", 18, -7, 0)
    around = (points - 300) @ np.array([[0, 1], [-1, 0]]) + 300  # a quarter turn, clockwise as seen
    before, after = head_pose(points), head_pose(around)
    np.testing.assert_allclose((after.yaw, after.pitch), (before.yaw, before.pitch), atol=0.5)
    assert after.roll - before.roll == pytest.approx(90, abs=0.5)


def test_what_is_no_head_has_no_pose():
    assert head_pose(np.zeros((12, 2))) is None
    assert head_pose(np.zeros((68, 2))) is None
    assert head_pose(np.full((68, 2), np.nan)) is None
    assert isinstance(head_pose(np.random.default_rng(0).normal(size=(68, 2))), Pose | None)


def test_a_drawn_face_looks_ahead():
    assert abs(head_pose(face_points()).yaw) < 2


@pytest.mark.parametrize("name", BOTH)
def test_mean_shapes_are_symmetric_heads(name):
    shape, schema = mean_shapes()[name], SCHEMAS[name]
    np.testing.assert_allclose(shape, shape[list(schema.mirror)] * (-1, 1, 1), atol=1e-3)
    np.testing.assert_allclose(shape.mean(axis=0), 0, atol=1e-3)
    right, left = schema.eye_corners
    assert np.linalg.norm(shape[left] - shape[right]) == pytest.approx(1, abs=1e-3)
    assert shape[left, 0] > 0
    nose = next(region for region in schema.regions if "nos" in region.name)
    assert shape[list(nose.indices), 2].min() < shape[:13, 2].mean()  # noses point to the camera


def test_turned_heads_of_imm_as_annotated(data):
    yaws = {view: [] for view in range(1, 7)}
    for face in read_imm(data):
        yaws[face.view].append(head_pose(face.points).yaw)
    assert max(yaws[3]) < 0 < min(yaws[4])
    assert 20 <= -np.mean(yaws[3]) <= 40
    assert 20 <= np.mean(yaws[4]) <= 40
    for frontal in (1, 2, 5):
        assert np.abs(yaws[frontal]).max() < 10


@pytest.mark.parametrize("model", ["face68", "face58"])
def test_turned_heads_of_imm_as_found(data, model):
    predictor = KeypointPredictor.from_checkpoint(model)
    for view, sign in ((3, -1), (4, 1)):
        found = yaws(predictor, [face for face in read_imm(data) if face.view == view])
        assert len(found) == 40
        assert (np.sign(found) == sign).all()
        assert 20 <= np.abs(found).mean() <= 40


def test_a_pose_belongs_to_the_keypoints_but_not_to_a_nose(portrait):
    face = KeypointPredictor.from_checkpoint("face68").predict_one(load_image(portrait))
    assert face.pose == head_pose(face.points)
    assert max(abs(face.pose.yaw), abs(face.pose.pitch), abs(face.pose.roll)) < 15  # a passport photograph
    assert Keypoints(np.zeros((1, 2), np.float32), face.box, 1.0, NOSE).pose is None
