"""The points mean what their names say, in a mirror too."""

import numpy as np
import pytest

from facekp.errors import FacekpError
from facekp.schema import IBUG68, IMM58, NOSE, SCHEMAS, Region, Schema


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=lambda schema: schema.name)
def test_mirroring_twice_is_identity(schema):
    points = np.random.default_rng(0).uniform(0, 100, (len(schema), 2)).astype(np.float32)
    twice = schema.mirror_points(schema.mirror_points(points, 101), 101)
    assert np.allclose(twice, points, atol=1e-4)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=lambda schema: schema.name)
def test_a_mirrored_point_changes_its_side_by_name(schema):
    for i, j in enumerate(schema.mirror):
        here, there = schema.names[i].rsplit(" ", 1)[0], schema.names[j].rsplit(" ", 1)[0]
        assert there == here.replace("left", "@").replace("right", "left").replace("@", "right")


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=lambda schema: schema.name)
def test_edges_join_points_of_one_region(schema):
    for start, end in schema.edges:
        assert any(start in region.indices and end in region.indices for region in schema.regions)


def test_edges_are_mirrored_onto_edges():
    for schema in (IBUG68, IMM58):
        edges = {frozenset(edge) for edge in schema.edges}
        assert {frozenset(schema.mirror[i] for i in edge) for edge in edges} == edges


def test_numbers_of_points():
    assert (len(NOSE), len(IMM58), len(IBUG68)) == (1, 58, 68)
    assert len(IBUG68.pairs) == 29
    assert IMM58.names[52] == "nose 6"


def test_mirror_table_must_be_pairs():
    with pytest.raises(FacekpError, match="no exchange of pairs"):
        Schema("bad", (Region("a", 0, 3),), (1, 2, 0))


@pytest.mark.parametrize(("schema", "split"), [(IBUG68, "300w"), (IMM58, "imm")])
def test_real_faces_look_like_their_mirror_images(data, schema, split):
    """Mirrored and re-indexed, the mean face lies on itself; a wrong table would move points far."""
    from facekp.annotations import parse_asf, parse_pts

    if split == "imm":
        paths = sorted((data / "imm_face_db").glob("*-1?.asf"))
        shapes = [parse_asf(path.read_text(), 640, 480) for path in paths]
    else:
        folder = data / "ibug_300W_large_face_landmark_dataset" / "lfpw" / "testset"
        shapes = [parse_pts(path.read_text()) for path in sorted(folder.glob("*.pts"))]
    centred = [(shape - shape.mean(axis=0)) / np.ptp(shape, axis=0).max() for shape in shapes]
    mean = np.mean(centred, axis=0).astype(np.float32)
    assert np.abs(schema.mirror_points(mean, 1) - mean).max() < 0.05
