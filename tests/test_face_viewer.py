"""What the browser tells the viewer's Python, and what it is given."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import services
import streamlit as st
import visit
from comparison import errors, match
from face_viewer import face_data, head_axes, take_over
from photos import Truth, as_jpeg, browser_type
from PIL import Image

from facekp.draw import FAINTEST, SURE
from facekp.faces import FaceBox
from facekp.images import load_image
from facekp.keypoints import Keypoints
from facekp.pose import Pose
from facekp.schema import IBUG68, IMM58, NOSE, Schema
from tests.drawn import draw_face, face_points


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """A session that is not Streamlit's."""
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def test_changes_in_the_browser_are_taken_over() -> None:
    photo = services.gallery()[0]
    before = visit.points(photo)
    change = {"photo": photo.digest, "model": "face68", "selected": 0, "moved": {"0": {"30": [5, 6], "8": [1.5, 2]}}}
    take_over("keypoints", change)
    assert visit.is_corrected(photo, 0)
    after = visit.points(photo)
    assert after[[8, 30]].tolist() == [[1.5, 2], [5, 6]]
    np.testing.assert_array_equal(np.delete(after, [8, 30], axis=0), np.delete(before, [8, 30], axis=0))
    take_over("keypoints", {**change, "selected": 1, "moved": {"0": None}})
    assert visit.selected("keypoints", photo) == 1
    assert not visit.is_corrected(photo, 0)
    take_over("keypoints", {**change, "photo": "gone"})
    assert not visit.is_corrected(photo, 0)


@pytest.mark.parametrize(
    ("turned", "name", "expected"),
    [
        (Pose(0, 0, 0), "ahead", (0, 0)),
        (Pose(90, 0, 0), "ahead", (1, 0)),  # to their own left, the right of the picture
        (Pose(0, 90, 0), "ahead", (0, -1)),  # up
        (Pose(0, 0, 90), "down", (-1, 0)),  # leaning clockwise
        (Pose(0, 0, 0), "right", (1, 0)),
    ],
)
def test_axes_of_the_head(turned: Pose, name: str, expected: tuple[float, float]) -> None:
    axes = head_axes(turned)
    assert axes is not None
    np.testing.assert_allclose(axes[name], expected, atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "mode", "as_it_is"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("PNG", "RGBA", "image/png"),
        ("WEBP", "RGB", "image/webp"),
        ("JPEG", "CMYK", None),
        ("PNG", "I;16", None),
        ("TIFF", "RGB", None),
    ],
)
def test_browsers_get_what_facekp_sees(kind: str, mode: str, as_it_is: str | None) -> None:
    buffer = io.BytesIO()
    Image.fromarray(draw_face(face_points())).convert("L" if mode == "I;16" else mode).convert(mode).save(buffer, kind)
    assert browser_type(buffer.getvalue()) == as_it_is
    seen = load_image(buffer.getvalue()).astype(float)
    assert np.abs(load_image(as_jpeg(buffer.getvalue())) - seen).mean() < 2


def test_a_photo_that_lies_on_its_side_is_turned_upright() -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(draw_face(face_points())).save(buffer, "TIFF", exif=exif)
    assert load_image(as_jpeg(buffer.getvalue())).shape == load_image(buffer.getvalue()).shape == (200, 220, 3)


def found(points: np.ndarray, schema: Schema = IBUG68) -> Keypoints:
    return Keypoints(points.astype(np.float32), FaceBox.around(points), 1.0, schema)


def test_points_are_as_faint_as_in_a_saved_overlay() -> None:
    points = face_points()
    side = np.ptp(points, axis=0).max()
    doubt = np.zeros(68, np.float32)
    doubt[[1, 2, 3]] = side * np.float32([SURE[0], np.mean(SURE), 2 * SURE[1]])
    face = replace(found(points), uncertainty=doubt)
    assert face_data(face, face)["opacity"] == pytest.approx([1, 1, (1 + FAINTEST) / 2, FAINTEST] + [1] * 64, abs=0.01)
    unknown = found(points)
    assert face_data(unknown, unknown)["opacity"] == [1] * 68


def test_true_points_belong_to_the_face_below_them() -> None:
    one, other = face_points(), face_points((400, 110))
    truths = [Truth(other + 2, IBUG68), Truth(one + 1, IBUG68), Truth(one + 900, IBUG68)]
    matched = match(truths, [found(one), found(other)])
    assert [each.face for each in matched] == [1, 0, None]
    assert [each.counterparts is not None for each in matched] == [True, True, False]
    np.testing.assert_array_equal(matched[0].counterparts, other + 2)
    (different,) = match(truths[:1], [found(other[:58], IMM58)])
    assert (different.face, different.counterparts) == (0, None)
    assert match([Truth(one, IBUG68), Truth(one, IBUG68)], [found(one)])[1].face is None  # it is taken


@pytest.mark.parametrize(("schema", "index"), [(IBUG68, 33), (IMM58, 52)])
def test_a_nose_belongs_to_the_face_around_it(schema: Schema, index: int) -> None:
    points = face_points()[: len(schema)]
    nose = Keypoints(points[[index]] + np.float32([3, 4]), FaceBox.around(points), 1.0, NOSE)
    (truth,) = match([Truth(points, schema)], [nose])
    assert truth.face == 0
    assert truth.counterparts is not None
    measured = errors(nose.points, truth.counterparts, NOSE, truth.truth.scale)
    assert measured.mean == pytest.approx(5, rel=1e-4)
    assert measured.normalised == pytest.approx(5 / truth.truth.scale, rel=1e-4)
    (other,) = match([Truth(points + 900, schema)], [nose])
    assert (other.face, other.counterparts) == (None, None)


def test_errors_by_region_and_the_worst_points() -> None:
    true = face_points()
    predicted = true.copy()
    predicted[17:27] += np.float32([0, 5])  # the brows
    predicted[33] += np.float32([8, 6])
    measured = errors(predicted, true, IBUG68, Truth(true, IBUG68).scale)
    eyes = float(np.linalg.norm(true[45] - true[36]))
    assert measured.mean == pytest.approx((50 + 10) / 68, rel=1e-4)
    assert measured.normalised == pytest.approx((50 + 10) / 68 / eyes, rel=1e-4)
    regions = measured.by_region().set_index("name")
    assert regions["pixels"]["brows"] == pytest.approx(5, rel=1e-4)
    assert regions["percent"]["brows"] == pytest.approx(500 / eyes, rel=1e-4)
    assert regions["pixels"]["jaw"] == 0
    worst = measured.worst()
    assert len(worst) == 5
    assert worst["name"][0] == "33 · nostrils 3"
