"""Arrays, boxes and numbers that cannot be used are refused in a sentence, wherever they are given."""

import numpy as np
import pytest

from facekp import (
    SCHEMAS,
    CheckpointError,
    FaceBox,
    FacekpError,
    ImageError,
    KeypointPredictor,
    Keypoints,
    KeypointTracker,
    MeshError,
    Morph,
    SettingsError,
    average_face,
    face_detector,
    first_layer_filters,
    first_layer_response,
    head_pose,
)
from tests.drawn import face_points, two_faces

BOX = FaceBox(10, 10, 100, 100)
PHOTO = np.zeros((120, 160, 3), np.uint8)
NO_PHOTOS = {
    "no pixels": np.zeros((0, 0, 3), np.uint8),
    "no rows": np.zeros((0, 5, 3), np.uint8),
    "no columns": np.zeros((5, 0, 3), np.uint8),
    "grey": np.zeros((5, 5), np.uint8),
    "with alpha": np.zeros((5, 5, 4), np.uint8),
    "floats": np.zeros((5, 5, 3)),
    "a list": [[[0, 0, 0]]],
    "a path": "ada.jpg",
    "nothing": None,
}
NO_BOXES = {
    "larger than any photo": ([FaceBox(0, 0, 1e30, 1e30)], "is no part of a photo of 160 × 120"),
    "much larger than the photo": ([FaceBox(0, 0, 5, 1e5)], "give boxes in pixels of the photo"),
    "four numbers": ([(10, 10, 100, 100)], r"\(10, 10, 100, 100\) is no box of a face; give FaceBox\(x_min, y_min"),
    "an array": (np.array([[10.0, 10, 100, 100]]), "is no box of a face; give FaceBox"),
    "no box": ([None], "None is no box of a face"),
    "one box": (BOX, r"boxes is a single FaceBox; give a list of them, \[box\]"),
    "a number": (5, "boxes is a int; give a list of FaceBox"),
}


@pytest.fixture(scope="module")
def predictor(random_checkpoint):
    return KeypointPredictor.from_checkpoint(random_checkpoint)


@pytest.mark.parametrize("photo", NO_PHOTOS.values(), ids=NO_PHOTOS)
def test_what_is_no_photo(predictor, photo):
    for look in (
        predictor.predict,
        lambda photo: predictor.predict(photo, [BOX]),
        lambda photo: predictor.predict_batch([PHOTO, photo]),
        lambda photo: predictor.follow(photo, [face_points()]),
        lambda photo: KeypointTracker(predictor).update(photo, 0),
        lambda photo: first_layer_response(predictor.checkpoint, photo),
        lambda photo: first_layer_response(predictor.checkpoint, photo, BOX),
        face_detector("libfacedetection").detect,
        face_detector("dlib").detect,
    ):
        with pytest.raises(ImageError, match=r"a photo must be an RGB uint8 array .* load_image makes one"):
            look(photo)


def test_a_photo_of_one_pixel_is_one(predictor):
    assert predictor.predict(PHOTO[:1, :1]) == []
    (face,) = predictor.predict(PHOTO[:1, :1], [FaceBox(0, 0, 1, 1)])
    assert np.isfinite(face.points).all()


@pytest.mark.parametrize(("boxes", "words"), NO_BOXES.values(), ids=NO_BOXES)
def test_what_are_no_boxes(predictor, boxes, words):
    with pytest.raises(FacekpError, match=words):
        predictor.predict(PHOTO, boxes)
    with pytest.raises(FacekpError, match=words):
        predictor.predict_batch([PHOTO, PHOTO], [[BOX], boxes])


def test_boxes_of_several_photos_are_lists(predictor):
    with pytest.raises(FacekpError, match="boxes is a FaceBox; give a list with the boxes of each photo"):
        predictor.predict_batch([PHOTO], BOX)
    assert [len(faces) for faces in predictor.predict_batch([PHOTO, PHOTO], [(BOX, BOX), iter([])])] == [2, 0]


def test_boxes_may_reach_beyond_the_photo(predictor):
    assert len(predictor.predict(PHOTO, [FaceBox(-300, -200, 500, 400), FaceBox(1e6, 1e6, 1e6 + 50, 1e6 + 50)])) == 2


@pytest.mark.parametrize("edges", [("0", 0, 1, 1), (None, 0, 1, 1), (0, 0, float("nan"), 1), (0, 0, 0, 1)])
def test_edges_that_make_no_box(edges):
    with pytest.raises(FacekpError, match="is no box; give x_min < x_max"):
        FaceBox(*edges)


@pytest.mark.parametrize("points", [None, "abc", np.zeros((0, 2)), np.zeros(4), np.zeros((2, 3)), face_points()[None]])
def test_points_round_which_there_is_no_box(points):
    with pytest.raises(FacekpError, match=r"have no box; give an array \(K, 2\)"):
        FaceBox.around(points)


@pytest.mark.parametrize("points", [None, "abc", [[0, 0]] * 68, np.zeros((0, 2)), np.zeros((67, 2)), np.zeros(136)])
def test_points_of_no_face(predictor, points):
    schema = SCHEMAS["ibug68"]
    for use in (
        lambda points: predictor.follow(PHOTO, [points]),
        lambda points: Keypoints(points, BOX, 1.0, schema),
        lambda points: schema.mirror_points(points, 160),
    ):
        with pytest.raises(FacekpError, match=r"ibug68 has points of shape \(68, 2\), not .*; give an array"):
            use(points)
    assert head_pose(points) is None or np.shape(points) == (68, 2)


@pytest.mark.parametrize("factor", [0, np.nan, np.inf, 1e30])
def test_points_that_cannot_be_followed(predictor, factor):
    with pytest.raises(FacekpError, match=r"is no box|is no part of a photo"), np.errstate(invalid="ignore"):
        predictor.follow(PHOTO, [face_points() * np.float32(factor)])


@pytest.mark.parametrize("uncertainty", [[0.5] * 68, "abc", np.zeros(67), 5])
def test_uncertainties_of_no_face(uncertainty):
    with pytest.raises(FacekpError, match="68 points have as many uncertainties, not"):
        Keypoints(face_points(), BOX, 1.0, SCHEMAS["ibug68"], uncertainty)


@pytest.mark.parametrize("value", [None, "1", [1]])
def test_times_and_rates_that_are_no_numbers(predictor, value):
    tracker = KeypointTracker(predictor)
    with pytest.raises(FacekpError, match=r"the time of a frame is .*; give seconds"):
        tracker.update(PHOTO, value)
    with pytest.raises(FacekpError, match=r"fps is .*; give a number above 0"):
        next(tracker.track([PHOTO], value))
    with pytest.raises(FacekpError, match=r"search_every is .*; give seconds from 0"):
        KeypointTracker(predictor, search_every=value)


def test_filters_of_another_network(predictor):
    filters = first_layer_filters(predictor.checkpoint)
    assert first_layer_response(predictor.checkpoint, PHOTO, BOX, filters).shape[0] == len(filters)
    for other in (filters[0], filters.astype(np.float64), np.repeat(filters, 3, axis=1), filters.tolist()):
        with pytest.raises(FacekpError, match=r"filters are a float32 array \(C_out, 1, k, k\)"):
            first_layer_response(predictor.checkpoint, PHOTO, BOX, other)


@pytest.fixture(scope="module")
def morph():
    return Morph(*two_faces(), size=(32, 32))


@pytest.mark.parametrize("part", [float("nan"), float("inf"), "half", [0.5]])
def test_parts_of_no_frame(morph, part):
    for parts in ((part,), (0.5, part)):
        with pytest.raises(SettingsError, match=r"is no number; give 0 for the first face and 1 for the second"):
            morph.frame(*parts)


@pytest.mark.parametrize("count", [1, 0, -1, 2.5, "3", None])
def test_counts_of_no_film(morph, count):
    for ask in (morph.frames, lambda count: morph.frame_at(0, count)):
        with pytest.raises(SettingsError, match=r"a morph of .* frames cannot be; give 2 or more"):
            ask(count)


def test_points_of_morphs_that_are_no_points():
    image, other, points, _ = two_faces()
    for wrong in (None, 5, iter([points, points])):
        with pytest.raises(MeshError, match=r"the points are a .*; give a list with those of each face"):
            average_face([image, other], wrong)
    with pytest.raises(MeshError, match="extra points are no numbers; give an array"):
        Morph(image, other, points, points, extra_a="abc", extra_b="abc")


def test_what_is_no_name_of_a_checkpoint():
    with pytest.raises(CheckpointError, match="a checkpoint has a name or a folder, not None"):
        KeypointPredictor.from_checkpoint(None)
