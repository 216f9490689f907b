"""The reasons given for the worst pictures are measured: a face that is made hard in one way is said to be so."""

from pathlib import Path

import numpy as np
import pytest

from facekp import FacekpError
from facekp.align import Similarity
from facekp.schema import IBUG68, IMM58
from tests.drawn_sets import head
from training.extremes import OCCLUSION, PROPERTIES, effect, find_extremes, measure_all
from training.measure import Answer
from training.shapes import ShapeSpace, mouth_opening
from training.splits import Sample

SCHEMAS = pytest.mark.parametrize("schema", [IMM58, IBUG68], ids=lambda schema: schema.name)


def outlines(schema, count=60, spread=8.0):
    """Heads that are turned a little."""
    yaws = np.random.default_rng(0).normal(0, spread, count)
    return np.stack([head(schema.name, yaw, noise=0.7, seed=i) for i, yaw in enumerate(yaws)])


@pytest.fixture(scope="module")
def spaces():
    return {schema: ShapeSpace.fit(outlines(schema), schema) for schema in (IMM58, IBUG68)}


def answers(faces, errors, overlaps=None):
    """Faces with relative errors as told; None for a missed one."""
    overlaps = [0.9] * len(faces) if overlaps is None else overlaps
    return [
        Answer(
            Sample(Path(f"{i}.jpg"), f"{i}.jpg", face, face),
            None if error is None else face + np.float32([100 * error, 0]),
            overlap,
            100.0,
        )
        for i, (face, error, overlap) in enumerate(zip(faces, errors, overlaps, strict=True))
    ]


@SCHEMAS
def test_a_space_of_shapes_knows_neither_place_nor_size_nor_turn(spaces, schema):
    shapes = outlines(schema, 3)
    moved = np.stack([Similarity(0.7 + 1.9j, 30 - 200j)(shape.astype(float)) for shape in shapes])
    for here, there in zip(spaces[schema].measure(shapes), spaces[schema].measure(moved), strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-4)


@SCHEMAS
def test_the_training_shapes_have_a_distance_of_one_on_average(spaces, schema):
    space = spaces[schema]
    assert np.sqrt(np.mean(space.distances**2)) == pytest.approx(1)
    assert len(space.distances) == 2 * 60, "each shape, and its mirror image"
    distance, residual = space.measure(space.mean[None])
    assert (distance.item(), residual.item()) == pytest.approx((0, 0), abs=1e-6)


@SCHEMAS
def test_a_step_along_a_component_is_distance_and_one_across_all_is_residual(spaces, schema):
    space = spaces[schema]
    count = len(space.deviations)
    along = space.mean + (3 * space.deviations[0] * space.components[0]).reshape(-1, 2)
    distance, residual = space.measure(along[None])
    assert distance.item() == pytest.approx(3 / count**0.5)
    assert residual.item() == pytest.approx(0, abs=1e-6)
    moved = space.mean.copy()
    moved[0] += 0.2 * space.eye_distance
    assert space.measure(moved[None])[1].item() > space.residuals.max()


def test_a_turned_head_is_measured_turned_and_its_mirror_image_the_other_way(spaces):
    for schema in (IMM58, IBUG68):
        turned = head(schema.name, 35)
        faces = answers([turned, schema.mirror_points(turned, 640)], [0, 0])
        values = measure_all(faces, schema, spaces[schema])
        assert values["yaw_degrees"] == pytest.approx([35, -35], abs=3)
        assert values["shape_distance"][0] > 2
        assert values["shape_distance"][0] == pytest.approx(values["shape_distance"][1], rel=0.02)


@pytest.mark.parametrize(("yaw", "side"), [(40, "left"), (-40, "right")])
def test_a_picture_that_is_bad_for_its_turn_is_said_to_be_turned(spaces, yaw, side):
    faces = [*outlines(IMM58, 40), head("imm58", yaw), head("imm58", 30), head("imm58", -30), head("imm58", -28)]
    errors = [*np.linspace(0.02, 0.03, 40), 0.20, 0.09, 0.08, 0.08]
    effects, best, worst = find_extremes(answers(faces, errors), IMM58, spaces[IMM58])
    assert [each.picture.file for each in best] == ["0.jpg", "1.jpg"]
    assert [each.picture.file for each in worst] == ["40.jpg", "41.jpg"]
    assert worst[0].reason.startswith("The head is turned by ")
    assert f"to the person's {side} (98 %)" in worst[0].reason
    assert "the shape lies farther from the mean than 100.0 % of the training shapes" in worst[0].reason
    assert not any(word in worst[0].reason for word in ("box", "mouth", "tilted"))
    assert abs(worst[0].measures["yaw_degrees"].value) == pytest.approx(40, abs=3)
    assert effects["yaw_degrees"] > 2
    assert worst[0].measures["yaw_degrees"].percentile == pytest.approx(100 * 43.5 / 44, abs=0.1)
    assert worst[0].measures["shape_distance"].training_percentile == 100
    assert worst[0].measures["yaw_degrees"].training_percentile is None


def test_a_badly_fitting_box_is_named_and_only_where_such_boxes_do_harm(spaces):
    faces, overlaps = outlines(IBUG68, 40), [*np.linspace(0.8, 0.95, 36), 0.45, 0.5, 0.5, 0.5]
    harmful = [*np.full(36, 0.02), 0.2, 0.1, 0.1, 0.1]
    _, _, worst = find_extremes(answers(faces, harmful, overlaps), IBUG68, spaces[IBUG68])
    assert "the detected box overlaps the true one by 0.45 only (98 %)" in worst[0].reason.lower()
    alone = [*np.full(36, 0.02), 0.2, 0.02, 0.02, 0.02]
    _, _, worst = find_extremes(answers(faces, alone, overlaps), IBUG68, spaces[IBUG68])
    assert worst[0].picture.file == "36.jpg"
    assert "box" not in worst[0].reason or worst[0].reason.startswith("None of what was measured explains it")


def test_an_open_mouth_is_named(spaces):
    faces = list(outlines(IBUG68, 40))
    for face, gap in zip(faces[-4:], (60, 50, 50, 50), strict=True):
        face[[*range(54, 60), *range(64, 68)], 1] += gap
    assert mouth_opening(faces[-4], IBUG68) > 30 > 5 > mouth_opening(faces[0], IBUG68)
    _, _, worst = find_extremes(answers(faces, [*np.full(36, 0.02), 0.2, 0.1, 0.1, 0.1]), IBUG68, spaces[IBUG68])
    assert worst[0].reason.startswith("The mouth is open, the lips ")
    assert "tilted" not in worst[0].reason, "a tilt of less than a degree is none, however few have more"


def test_a_missed_face_is_said_to_be_missed(spaces):
    faces, overlaps = outlines(IMM58, 20), [0.0, *np.full(19, 0.9)]
    _, _, worst = find_extremes(answers(faces, [None, *np.full(19, 0.03)], overlaps), IMM58, spaces[IMM58])
    assert worst[0].picture.points is None
    assert worst[0].reason.startswith("No detected face overlaps the true one by more than 0.3")


def test_where_nothing_stands_out_that_is_said(spaces):
    """All faces alike but for the error: every property has the rank of a half."""
    faces = [head("imm58")] * 20
    _, best, worst = find_extremes(answers(faces, np.linspace(0.02, 0.1, 20)), IMM58, spaces[IMM58])
    assert best[0].reason == "None of what was measured makes it hard."
    assert worst[0].reason.startswith("None of what was measured explains it; most unusual: ")
    assert {measure.percentile for measure in worst[0].measures.values()} == {50}


def test_a_good_picture_may_be_hard(spaces):
    faces = [head("imm58", 40), *outlines(IMM58, 35), head("imm58", 33), *(head("imm58", -34 - i) for i in range(3))]
    errors = [0.01, *np.linspace(0.02, 0.03, 35), *np.full(4, 0.09)]
    _, best, _ = find_extremes(answers(faces, errors), IMM58, spaces[IMM58])
    assert best[0].picture.file == "0.jpg"
    assert best[0].reason.startswith("Found well, although the head is turned by ")


def test_the_effect_is_the_error_of_the_hardest_tenth_over_that_of_all():
    hardness = np.arange(20.0)
    errors = np.where(hardness >= 18, 4.0, 1.0)
    assert effect(hardness, errors) == pytest.approx(4 / 1.3)
    assert effect(-hardness, errors) == pytest.approx(1 / 1.3)


def test_each_property_says_what_it_is(spaces):
    values = measure_all(answers(outlines(IMM58, 4), [0, 0, 0, 0]), IMM58, spaces[IMM58])
    assert values.keys() == PROPERTIES.keys()
    assert "not labelled" in OCCLUSION


def test_points_that_are_no_head_are_told(spaces, monkeypatch):
    monkeypatch.setattr("training.extremes.head_pose", lambda points: None)
    with pytest.raises(FacekpError, match=r"the points of 0.jpg fit no head"):
        measure_all(answers(outlines(IMM58, 1), [0]), IMM58, spaces[IMM58])
