"""A mesh for several shapes turns over in none of them, and gives up as few points as it can for that."""

import numpy as np
import pytest

from facekp.align import check_points, common_frame
from facekp.folds import feature_points, folded, safe_mesh
from facekp.mesh import OUTLINE_POINTS, control_points, signed_areas, triangulate
from tests.drawn import face_points

SIZE = (200, 160)
FRAME = SIZE[0] * SIZE[1]


def in_frame(*faces):
    faces = check_points(faces)
    transforms = common_frame(faces, SIZE, np.full(len(faces), 1 / len(faces)))
    return [control_points(t(face), SIZE) for t, face in zip(transforms, faces, strict=True)]


def turned(by):
    """A face turned to the side: what is nearer to the viewer moves farther, the nose most and the ears back."""
    points = face_points().astype(np.float64)
    across = (points[:, 0] - 100) / 50
    depth = np.sqrt(np.clip(1.2 - across**2, 0, None))
    depth[27:36] += 0.5
    return points + np.stack([by * depth, np.zeros(68)], axis=1)


def four_corners(inner):
    """Inner points in a frame of 100²."""
    return control_points(np.array(inner, dtype=np.float64), (100, 100))


def test_a_mesh_without_folds_is_left_alone():
    a, b = in_frame(face_points(), face_points((50, 60), 130, 90, mouth=0.08))
    safe = safe_mesh([a, b])
    np.testing.assert_array_equal(safe.mesh.triangles, triangulate((a + b) / 2).triangles)
    assert (safe.dropped, safe.flipped, safe.folds) == ((), 0, 0)


def test_a_triangle_turned_over_is_found():
    a = four_corners([[30, 50], [50, 30], [70, 50]])
    mesh = triangulate(a)
    assert len(folded(mesh, a)) == 0
    b = a.copy()
    b[1] = (50, 70)  # the tip of the triangle goes through its base
    (number,) = (n for n in folded(mesh, b) if set(mesh.triangles[n]) == {0, 1, 2})
    assert signed_areas(b, mesh.triangles)[number] == pytest.approx(-400)


def test_a_flat_triangle_is_no_fold():
    closed = face_points(mouth=0).astype(np.float64)
    closed[36:42, 1] = closed[36, 1]
    closed[61:64, 1] += 0.1  # lips that touch overlap a little
    a, b = in_frame(closed, face_points())
    safe = safe_mesh([a, b])
    assert safe.dropped == ()
    assert len(folded(safe.mesh, a)) == 0


@pytest.mark.parametrize("by", [25, 40, -40, 60])
def test_a_turned_head_has_no_folds(by):
    a, b = in_frame(turned(by), turned(-by / 2))
    plain = triangulate((a + b) / 2)
    safe = safe_mesh([a, b])
    if abs(by) > 25:
        assert len(folded(plain, a)) + len(folded(plain, b)) > 0
    for shape in (a, b):
        assert len(folded(safe.mesh, shape)) == 0
        assert signed_areas(shape, safe.mesh.triangles).sum() == pytest.approx(FRAME)
    assert (signed_areas((a + b) / 2, safe.mesh.triangles) > 0).all()
    assert safe.folds == 0
    lost = set(safe.dropped) & set(feature_points(len(a)))
    assert lost <= {27, 28, 29, 30}  # of the features only the nose, where it passes before the cheek
    assert len(safe.dropped) <= 10
    assert not set(safe.dropped) & set(np.unique(safe.mesh.triangles))
    assert set(safe.dropped) | set(np.unique(safe.mesh.triangles)) == set(range(len(a)))


def test_edges_are_exchanged_before_points_are_dropped():
    """A quadrilateral whose shorter diagonal folds in one shape, and whose other does not."""
    a = four_corners([[20, 50], [50, 44], [80, 50], [50, 56]])
    b = a.copy()
    b[0] = (60, 50)  # to the right of the diagonal from 1 to 3
    b[2] = (95, 50)
    safe = safe_mesh([a, b], mean=a)
    assert len(folded(triangulate(a), b)) > 0
    assert safe.dropped == ()
    assert safe.flipped > 0
    assert len(folded(safe.mesh, a)) == len(folded(safe.mesh, b)) == 0


def test_points_that_change_places_are_dropped_but_features_last():
    a = four_corners([[40, 50], [60, 50], [50, 20], [50, 80]])
    b = a.copy()
    b[[0, 1]] = a[[1, 0]]
    for features, gone in (([0], (1,)), ([1], (0,))):
        safe = safe_mesh([a, b], mean=a, features=features)
        assert safe.dropped == gone
        assert safe.folds == 0


def test_the_order_of_shapes_does_not_matter():
    shapes = in_frame(turned(40), turned(-30), face_points(), turned(30))
    mean = np.mean(shapes, axis=0)
    first, other = safe_mesh(shapes, mean), safe_mesh(shapes[::-1], mean)
    np.testing.assert_array_equal(first.mesh.triangles, other.mesh.triangles)
    assert first.dropped == other.dropped
    a, b = shapes[:2]
    np.testing.assert_array_equal(safe_mesh([a, b]).mesh.edges, safe_mesh([b, a]).mesh.edges)


def test_faces_at_the_edge_and_beyond_it():
    """Points outside the frame are brought to its side, where they meet others."""
    a, b = in_frame(face_points(), turned(30))
    for shift in ((-90, 0), (0, 70), (80, -60)):
        shifted = control_points(a[:68] + shift, SIZE)
        safe = safe_mesh([shifted, b])
        assert safe.folds == 0
        assert signed_areas(shifted, safe.mesh.triangles).sum() == pytest.approx(FRAME)


def test_points_that_are_no_face_come_out_with_a_count_of_folds():
    rng = np.random.default_rng(0)
    a = control_points(rng.uniform(0, 160, (30, 2)), SIZE)
    b = control_points(rng.uniform(0, 160, (30, 2)), SIZE)
    safe = safe_mesh([a, b])
    assert safe.folds == np.count_nonzero(
        np.isin(np.arange(len(safe.mesh.triangles)), np.concatenate([folded(safe.mesh, shape) for shape in (a, b)]))
    )
    assert signed_areas(a, safe.mesh.triangles).sum() == pytest.approx(FRAME)


def test_features_are_known_for_schemas_only():
    assert set(feature_points(68 + 15 + OUTLINE_POINTS)) == set(range(27, 68))
    assert feature_points(3 + OUTLINE_POINTS) == ()
