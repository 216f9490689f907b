"""The triangles fill the frame, for every face and every shape between two."""

import numpy as np
import pytest

from facekp.align import check_points, common_frame
from facekp.mesh import control_points, signed_areas, triangulate
from tests.drawn import face_points

SIZE = (200, 160)


def controls(*shapes):
    shapes = check_points(shapes)
    transforms = common_frame(shapes, SIZE, np.full(len(shapes), 1 / len(shapes)))
    return [control_points(t(shape), SIZE) for t, shape in zip(transforms, shapes, strict=True)]


def test_triangles_fill_the_frame_between_any_two_shapes():
    a, b = controls(face_points(), face_points((50, 60), 130, 90, mouth=0.08))
    mesh = triangulate((a + b) / 2)
    assert (signed_areas((a + b) / 2, mesh.triangles) > 0).all()
    for t in np.linspace(0, 1, 7):
        areas = signed_areas(a + t * (b - a), mesh.triangles)
        assert areas.sum() == pytest.approx(SIZE[0] * SIZE[1])
        assert np.abs(areas).sum() == pytest.approx(SIZE[0] * SIZE[1])


@pytest.mark.parametrize("scale", [1, 2.5])
def test_points_outside_the_frame_and_coincident_ones(scale):
    closed = np.array(face_points(mouth=0))
    closed[36:42, 1] = closed[36, 1]  # an eye that is shut
    closed[:5] = closed[0]  # a cheek clipped at the picture's edge
    a, b = controls(closed, face_points())
    a = control_points((a[:68] - 100) * scale + 100, SIZE)
    mesh = triangulate((a + b) / 2)
    for t in (0, 0.3, 1):
        assert signed_areas(a + t * (b - a), mesh.triangles).sum() == pytest.approx(SIZE[0] * SIZE[1])


def test_each_edge_is_there_once_and_joins_points_of_a_triangle():
    (a,) = controls(face_points())
    mesh = triangulate(a)
    assert len(np.unique(mesh.edges, axis=0)) == len(mesh.edges)
    assert (mesh.edges[:, 0] < mesh.edges[:, 1]).all()
    assert len(a) - len(mesh.edges) + len(mesh.triangles) == 1  # Euler


def test_brows_bring_points_above_them():
    (a,) = controls(face_points())
    forehead = a[68:-16]
    assert len(forehead) == 15
    assert forehead[:, 1].max() < a[17:27, 1].min()


def test_other_schemas_have_no_forehead_but_a_frame():
    (a,) = controls(np.array([[0, 0], [40, 10], [10, 50]], dtype=np.float32))
    assert len(a) == 3 + 16
