"""What is drawn is seen on a thumbnail and on 12 megapixels, and the photo is not touched."""

import numpy as np
import pytest

from facekp import FaceBox
from facekp.draw import ERROR, FAINTEST, PREDICTED, TRUTH, draw_box, draw_errors, draw_face, draw_mesh, opacity
from facekp.mesh import Mesh
from facekp.schema import IBUG68, Region, Schema
from tests.drawn import face_points

POINTS = face_points((256, 280), 250, 280)


def changed(image, drawn):
    return (image != drawn).any(axis=2)


@pytest.mark.parametrize("scale", [0.25, 1, 8])
def test_marks_grow_with_the_face(scale):
    size = int(512 * scale)
    image = np.full((size, size, 3), 90, np.uint8)
    drawn = draw_face(image, (POINTS * scale).astype(np.float32), IBUG68)
    assert (image == 90).all()
    assert 0.005 < changed(image, drawn).mean() < 0.2


def test_points_have_their_colour_at_their_place():
    image = np.zeros((512, 512, 3), np.uint8)
    points = np.rint(POINTS).astype(np.float32)
    for color in (PREDICTED, TRUTH):
        drawn = draw_face(image, points, IBUG68, color, edges=False)
        x, y = points.astype(int).T
        assert (drawn[y, x] == color).all()


def test_a_true_point_and_a_predicted_one_at_its_place_are_both_seen():
    image = np.zeros((512, 512, 3), np.uint8)
    points = np.float32([[100, 100], [400, 100], [250, 400]])
    schema = Schema("three", (Region("corners", 0, 3),), (1, 0, 2))
    ringed = draw_face(image, points, schema, TRUTH, edges=False, rings=True)
    both = draw_face(ringed, points, schema, PREDICTED, edges=False)
    for x, y in points.astype(int):
        around = both[y - 12 : y + 13, x - 12 : x + 13]
        assert (ringed[y, x] == 0).all()
        assert (both[y, x] == PREDICTED).all()
        assert ((around[..., 1] > 150) & (around[..., [0, 2]] < 80).all(axis=2)).sum() > 10


def test_errors_are_lines_from_the_predicted_points_to_the_true_ones():
    image = np.zeros((512, 512, 3), np.uint8)
    truth = np.float32([[100, 100], [400, 100], [250, 400]])
    drawn = draw_errors(image, truth + np.float32([20, 0]), truth)
    assert not image.any()
    for x, y in truth.astype(int):
        assert drawn[y, x + 3 : x + 18] == pytest.approx(np.tile(ERROR, (15, 1)), abs=25)
        assert not drawn[y + 5].any()


def test_edges_and_numbers_can_be_left_out():
    image = np.zeros((512, 512, 3), np.uint8)
    areas = [
        changed(image, draw_face(image, POINTS, IBUG68, edges=edges, numbers=numbers)).sum()
        for edges, numbers in ((False, False), (True, False), (True, True))
    ]
    assert areas == sorted(set(areas))


def test_uncertain_points_are_faint_and_so_are_the_lines_to_them():
    image = np.full((512, 512, 3), 100, np.uint8)
    points = np.rint(POINTS).astype(np.float32)
    x, y = points.astype(int).T
    face = np.ptp(points, axis=0).max()
    doubt = np.full(68, 0.01 * face, np.float32)
    doubt[8] = 0.04 * face
    doubt[9] = face
    drawn = draw_face(image, points, IBUG68, uncertainty=doubt)
    change = np.abs(drawn[y, x].astype(int) - 100).sum(axis=1)
    full = np.abs(np.array(PREDICTED) - 100).sum()
    assert change[:8] == pytest.approx(full)
    assert full > change[8] > change[9] == pytest.approx(FAINTEST * full, abs=2)
    between = np.rint((points[8] + points[9]) / 2).astype(int)
    assert 0 < np.abs(drawn[between[1], between[0]].astype(int) - 100).sum() <= change[9] + 2
    assert (draw_face(image, points, IBUG68, uncertainty=doubt * 0) == draw_face(image, points, IBUG68)).all()


def test_points_of_which_no_error_is_known_have_their_full_colour():
    assert (opacity(POINTS, None) == 1).all()


def test_points_outside_the_picture_are_no_obstacle():
    image = np.zeros((50, 50, 3), np.uint8)
    far = POINTS * np.float32(1e7)
    assert draw_face(image, far, IBUG68, numbers=True).shape == image.shape


def test_a_box_with_its_label():
    image = np.zeros((200, 200, 3), np.uint8)
    drawn = draw_box(image, FaceBox(50, 60, 150, 160), "1")
    assert (drawn[60, 60:140] > 0).all()
    assert (drawn[100, 100] == 0).all()
    assert changed(image, drawn)[40:59].any()


def test_a_label_stands_above_the_face():
    image = np.full((512, 512, 3), 90, np.uint8)
    plain, labelled = draw_face(image, POINTS, IBUG68), draw_face(image, POINTS, IBUG68, label="7")
    rows, columns = np.nonzero(changed(plain, labelled))
    assert len(rows) > 20
    assert rows.max() < POINTS[:, 1].min()
    assert POINTS[:, 0].min() - 10 < columns.min()


def test_a_mesh_lets_the_picture_shine_through():
    image = np.full((60, 60, 3), 100, np.uint8)
    corners = np.array([[10.0, 10], [50, 10], [10, 50]])
    mesh = Mesh(np.array([[0, 1, 2]]), np.array([[0, 1], [0, 2], [1, 2]]))
    drawn = draw_mesh(image, corners, mesh)
    assert (image == 100).all()
    assert (drawn[20, 20] == 100).all()
    for x, y in ((30, 10), (10, 30), (30, 30)):  # mid-way along each edge
        assert drawn[y, x] == pytest.approx(np.array([112, 181, 193]), abs=40)
        assert drawn[y, x, 2] > 140
