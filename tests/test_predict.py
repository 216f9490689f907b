"""Keypoints come out where the face is, whatever the photo's size, and the same way alone or in a batch."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from facekp import FaceBox, KeypointPredictor, NoFaceError, load_image
from facekp.checkpoint import load_checkpoint
from facekp.errors import FacekpError
from facekp.keypoints import Keypoints, photo_record
from facekp.schema import IBUG68, NOSE
from tests.drawn import face_points


@pytest.fixture(scope="module")
def predictor():
    return KeypointPredictor.from_checkpoint("face68")


@pytest.fixture(scope="module")
def random_predictor(random_checkpoint):
    return KeypointPredictor.from_checkpoint(random_checkpoint)


def relative_difference(points, others):
    """Mean distance over the distance of the outer eye corners."""
    return np.linalg.norm(points - others, axis=1).mean() / np.linalg.norm(others[45] - others[36])


def test_points_of_a_portrait(predictor, portrait):
    image = load_image(portrait)
    face = predictor.predict_one(image)
    assert face.points.shape == (68, 2)
    assert face.points.dtype == np.float32
    assert face.schema is IBUG68
    assert 0 < face.score <= 1
    assert FaceBox.around(face.points).overlap(face.box) > 0.6
    # The person's right eye is on the left of the picture; brows above eyes above mouth above chin.
    assert face.points[36, 0] < face.points[45, 0]
    heights = [face.points[part, 1].mean() for part in (range(17, 27), range(36, 48), range(48, 68), [8])]
    assert heights == sorted(heights)


def test_a_composites_true_points_are_met(predictor):
    from facekp.annotations import parse_pts
    from facekp.metrics import normalised_mean_error
    from tests.conftest import GALLERY

    known = [path for path in sorted(GALLERY.glob("*.pts")) if path.stem != "imme"]
    assert known
    for path in known:
        face = predictor.predict_one(load_image(path.with_suffix(".jpg")))
        assert normalised_mean_error(face.points, parse_pts(path.read_text()), IBUG68) < 0.05


def test_no_face(predictor, noise):
    assert predictor.predict(noise) == []
    with pytest.raises(NoFaceError, match="no face was found; give a picture"):
        predictor.predict_one(noise)


@pytest.mark.parametrize("size", [40, 300, 2000])
def test_size_of_the_photo_does_not_matter(predictor, portrait, size):
    image = load_image(portrait)
    resized = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    points = (predictor.predict_one(resized).points + 0.5) * (512 / size) - 0.5
    assert relative_difference(points, predictor.predict_one(image).points) < (0.15 if size == 40 else 0.02)


def test_all_faces_of_a_group_largest_first(predictor, portrait):
    image = load_image(portrait)
    group = np.full((512, 1000, 3), 200, dtype=np.uint8)
    group[100:356, :256] = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
    group[:, 400:912] = image
    first, second = predictor.predict(group)
    alone = predictor.predict_one(image).points
    assert relative_difference(first.points - [400, 0], alone) < 0.02
    assert relative_difference((second.points - [0, 100] + 0.5) * 2 - 0.5, alone) < 0.03


def test_own_boxes_are_used_in_their_order_and_nothing_is_detected(random_checkpoint, portrait):
    class NoDetector:
        def detect(self, image):
            raise AssertionError("the detector was asked")

    predictor = KeypointPredictor.from_checkpoint(random_checkpoint, NoDetector())
    boxes = [FaceBox(100, 100, 200, 200), FaceBox(0, 0, 400, 500), FaceBox(-50, -50, 60, 60)]
    faces = predictor.predict(load_image(portrait), boxes=boxes)
    assert [face.box for face in faces] == boxes
    assert [face.score for face in faces] == [1, 1, 1]


def test_a_batch_gives_what_single_photos_give(portrait, noise):
    # A trained network: one of random weights turns the last bit of a crop into a tenth of a pixel.
    predictor = KeypointPredictor.from_checkpoint("face68")
    image = load_image(portrait)
    images = [image, noise, image[:, ::-1].copy()] * 12
    batch = predictor.predict_batch(images)
    assert [len(faces) for faces in batch] == [1, 0, 1] * 12
    for photo, faces in list(zip(images, batch, strict=True))[-3:]:
        for one, other in zip(predictor.predict(photo), faces, strict=True):
            assert np.allclose(one.points, other.points, atol=0.05)
    assert predictor.predict_batch([]) == []


def test_a_mirrored_photo_gives_mirrored_points(predictor, portrait):
    """Exactly so, but for the detector's box: the last look is averaged with its mirror image."""
    image = load_image(portrait)
    box = FaceBox(156, 190, 356, 390)
    there = FaceBox(511 - box.x_max, box.y_min, 511 - box.x_min, box.y_max)
    (face,) = predictor.predict(image, boxes=[box])
    (mirrored,) = predictor.predict(np.ascontiguousarray(image[:, ::-1]), boxes=[there])
    assert relative_difference(IBUG68.mirror_points(mirrored.points, 512), face.points) < 0.02


def test_turned_faces(predictor, portrait):
    image = load_image(portrait)
    truth = predictor.predict_one(image).points
    for degrees in (-25, 25):
        turn = cv2.getRotationMatrix2D((256.0, 280.0), degrees, 1)
        turned = cv2.warpAffine(image, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
        expected = truth @ turn[:, :2].T + turn[:, 2]
        assert relative_difference(predictor.predict_one(turned).points, expected) < 0.04


def test_results_cannot_be_changed_by_accident(random_predictor, portrait):
    face = random_predictor.predict_one(load_image(portrait))
    with pytest.raises(ValueError, match="read-only"):
        face.points[0] = 0
    with pytest.raises(AttributeError):
        face.score = 0


def test_pictures_that_were_not_loaded(random_predictor):
    for wrong in (np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3)), "photo.jpg"):
        with pytest.raises(FacekpError, match="load_image makes one"):
            random_predictor.predict(wrong)


def test_lists_of_boxes_must_match_the_photos(random_predictor, noise):
    with pytest.raises(FacekpError, match="1 photos need as many lists of boxes, not 2"):
        random_predictor.predict_batch([noise], boxes=[[], []])


def test_record_is_plain_values():
    points = np.rint(face_points())
    face = Keypoints(points, FaceBox(0, 0, 1, 2), 0.5, IBUG68, np.full(68, 1.5, np.float32), 0.25)
    record = photo_record("a.jpg", np.zeros((4, 6, 3), np.uint8), [face])
    assert record["width"] == 6
    assert record["height"] == 4
    (known,) = record["faces"]
    assert (known["box"], known["score"], known["points"]) == ([0, 0, 1, 2], 0.5, points.tolist())
    assert (known["detection"], known["uncertainty"]) == (0.25, [1.5] * 68)
    assert known["pose"]["yaw"] == round(face.pose.yaw, 2)
    nose = Keypoints(np.zeros((1, 2), np.float32), FaceBox(0, 0, 1, 2), 0.5, NOSE)
    assert photo_record("a.jpg", np.zeros((4, 6, 3), np.uint8), [nose])["faces"][0]["pose"] is None


def test_points_of_another_number_are_no_keypoints():
    with pytest.raises(FacekpError, match=r"ibug68 has points of shape \(68, 2\), not \(58, 2\)"):
        Keypoints(np.zeros((58, 2), np.float32), FaceBox(0, 0, 1, 2), 0.5, IBUG68)
    with pytest.raises(FacekpError, match=r"68 points have as many uncertainties, not \(67,\)"):
        Keypoints(np.zeros((68, 2), np.float32), FaceBox(0, 0, 1, 2), 0.5, IBUG68, np.zeros(67, np.float32))


def test_a_scout_looks_first_and_the_network_where_it_points(scouted, random_checkpoint, portrait):
    image, box = load_image(portrait), FaceBox(156, 190, 356, 390)
    predictor = KeypointPredictor.from_checkpoint(scouted)
    scout = KeypointPredictor.from_checkpoint(random_checkpoint)
    (first,) = scout.predict(image, boxes=[box])
    (face,) = predictor.predict(image, boxes=[box])
    (expected,) = predictor.locator.refine([image], [first.points])
    assert np.array_equal(face.points, expected.points)
    assert not np.allclose(face.points, first.points, atol=1)


def test_caches_notice_another_scout_and_another_way_of_looking(scouted, random_checkpoint):
    checkpoint = load_checkpoint(scouted)
    fingerprints = {
        KeypointPredictor(each).fingerprint
        for each in (
            checkpoint,
            replace(checkpoint, scout=None),
            replace(checkpoint, scout=replace(checkpoint.scout, sha256="another")),
            replace(checkpoint, input=replace(checkpoint.input, mirror=False)),
            load_checkpoint(random_checkpoint),
        )
    }
    assert len(fingerprints) == 5
    assert KeypointPredictor.from_checkpoint(scouted).fingerprint in fingerprints


def test_looks_at_upright_crops_find_a_turned_face(predictor, portrait):
    """`refine` forgives points that are a little off."""
    image = load_image(portrait)
    face = predictor.predict_one(image)
    off = face.points + np.float32(0.03) * (face.box.width * np.random.default_rng(0).standard_normal((68, 2)))
    (refined,) = predictor.locator.refine([image], [off.astype(np.float32)])
    assert relative_difference(refined.points, face.points) < 0.02
