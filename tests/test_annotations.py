"""Files of points are read as their authors meant them, and written so that others can read them."""

import csv
import json

import numpy as np
import pytest

from facekp import AnnotationError
from facekp.annotations import format_csv, format_json, format_pts, parse_asf, parse_faces, parse_pts
from facekp.faces import FaceBox
from facekp.keypoints import Keypoints, photo_record
from facekp.schema import IBUG68, NOSE
from tests.drawn import face_points

PHOTO = np.zeros((4, 6, 3), np.uint8)
PTS = "version: 1\nn_points:  2\n{\n1.0 1.0\n11.5 21.0\n}\n"
ROWS_7 = "0 \t4 \t0.25 \t0.5 \t0 \t0 \t1\n1 \t0 \t0.5 \t1.0 \t1 \t0 \t0\n"
ROWS_10 = "0 4 0.25 0.5 0 0 1 9 9 9\n1 0 0.5 1.0 1 0 0 9 9 9\n"


def asf(rows: str, count: int = 2) -> str:
    return f"######\n#\n# number of model points\n#\n{count}\n\n# <path#> ...\n{rows}\n#\n# host image\n#\n01-1m.jpg\n"


def test_pts_counts_from_one():
    assert parse_pts(PTS).tolist() == [[0, 0], [10.5, 20]]
    assert parse_pts(PTS).dtype == np.float32


def test_pts_there_and_back():
    points = np.random.default_rng(0).uniform(0, 4000, (68, 2)).astype(np.float32)
    assert np.abs(parse_pts(format_pts(points), count=68) - points).max() < 1e-3


@pytest.mark.parametrize("rows", [ROWS_7, ROWS_10])
def test_asf_in_both_revisions(rows):
    assert parse_asf(asf(rows), width=640, height=480).tolist() == [[160, 240], [320, 480]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no list of points"),
        ("hello", "no list of points"),
        ("{\n}", "has 0 points"),
        ("n_points: 3\n{\n1 1\n2 2\n}", "announces 3 points and lists 2"),
        ("{\n1 one\n}", "point 0: '1 one' is not a pair"),
        ("{\n1\n}", "is not a pair"),
        ("{\n1 nan\n}", "not finite"),
    ],
)
def test_broken_pts(text, words):
    with pytest.raises(AnnotationError, match=words):
        parse_pts(text, name="face.pts")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not say how many"),
        (asf(ROWS_7, count=58), "announces 58 points and lists 2"),
        (asf(ROWS_7.replace("0.25", "left")), "is not a pair"),
    ],
)
def test_broken_asf(text, words):
    with pytest.raises(AnnotationError, match=words):
        parse_asf(text, 640, 480, name="face.asf")


def test_wrong_number_of_points_is_told():
    with pytest.raises(AnnotationError, match=r"face\.pts has 2 points; 68 needed"):
        parse_pts(PTS, name="face.pts", count=68)


def csv_rows(*faces):
    """The rows of the CSV file of one photograph."""
    return list(csv.DictReader(format_csv([photo_record("a.jpg", PHOTO, faces)], faces[0].schema.names).splitlines()))


def test_csv_has_a_row_for_each_point():
    points, doubt = np.rint(face_points()), np.arange(68, dtype=np.float32) / 4
    face = Keypoints(points, FaceBox(1, 2.5, 300, 400), 0.75, IBUG68, doubt, 0.5)
    rows = csv_rows(face, face)
    assert len(rows) == 2 * 68
    x, y = points[1]
    known = {"file": "a.jpg", "face": "0", "point": "1", "name": "jaw 2", "x": f"{x:.3f}", "y": f"{y:.3f}"}
    assert rows[1].items() >= {**known, "uncertainty": "0.25", "score": "0.75"}.items()
    whole = {"detection": "0.5", "x_min": "1", "y_min": "2.5", "x_max": "300", "y_max": "400"}
    assert all(row.items() >= whole.items() for row in rows)
    assert [float(rows[1][angle]) for angle in ("yaw", "pitch", "roll")] == [
        round(angle, 2) for angle in (face.pose.yaw, face.pose.pitch, face.pose.roll)
    ]


def test_csv_of_a_nose_has_neither_pose_nor_uncertainty():
    (row,) = csv_rows(Keypoints(np.zeros((1, 2), np.float32), FaceBox(0, 0, 1, 2), 1.0, NOSE))
    assert (row["x"], row["uncertainty"], row["yaw"], row["pitch"], row["roll"]) == ("0.000", "", "", "", "")


def test_json_is_json_also_when_empty():
    assert json.loads(format_json([])) == []
    assert json.loads(format_json([{"file": "ä"}, {"b": 1}])) == [{"file": "ä"}, {"b": 1}]


def test_real_annotations(data):
    path = data / "imm_face_db" / "01-1m.asf"
    points = parse_asf(path.read_text(), 640, 480, count=58)
    assert ((points > 0) & (points < [640, 480])).all()


@pytest.mark.parametrize("suffix", [".pts", ".json", ".csv"])
def test_faces_in_a_file_of_any_kind(suffix):
    points = np.arange(136, dtype=np.float32).reshape(68, 2) / 8
    face = Keypoints(points, FaceBox.around(points), 0.5, IBUG68, np.ones(68, np.float32))
    record = photo_record("a.jpg", PHOTO, [face])
    texts = {
        ".pts": format_pts(points),
        ".json": format_json([record]),
        ".csv": format_csv([record], IBUG68.names),
    }
    (again,) = parse_faces(texts[suffix].encode(), suffix, (10, 10), name="the file")
    np.testing.assert_allclose(again, points, atol=1e-3)
    with pytest.raises(AnnotationError, match="the file is no text"):
        parse_faces(b"\xff\xfe", suffix, (10, 10), name="the file")
