"""Many photographs give what each alone gives, in order; a broken one harms no other."""

import shutil

import numpy as np
import pytest

from facekp import ImageError, KeypointPredictor, load_image
from facekp.folder import predict_files
from tests.conftest import GALLERY


@pytest.fixture(scope="module")
def predictor():
    return KeypointPredictor.from_checkpoint("face68-resnet18")


@pytest.mark.parametrize("threads", [None, 1, 3])
def test_a_folder_gives_what_single_photographs_give(predictor, threads):
    photos = [str(path) for path in sorted(GALLERY.glob("*.jpg"))[:3]] * 3
    found = list(predict_files(predictor, photos, threads))
    assert [photo for photo, _ in found] == photos
    for photo, future in found:
        image, faces = future.result()
        assert np.array_equal(image, load_image(photo))
        for one, other in zip(faces, predictor.predict(image), strict=True):
            assert np.abs(one.points - other.points).max() < 0.05


def test_a_broken_photograph_is_told_and_the_others_are_found(predictor, tmp_path, portrait):
    shutil.copy(portrait, tmp_path / "good.jpg")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    photos = [str(tmp_path / name) for name in ("good.jpg", "bad.jpg", "good.jpg", "missing.jpg")]
    first, second, third, fourth = (future for _, future in predict_files(predictor, photos))
    assert len(first.result()[1]) == len(third.result()[1]) == 1
    for broken in (second, fourth):
        with pytest.raises(ImageError):
            broken.result()


def test_whoever_stops_early_is_not_kept_waiting(predictor, portrait):
    loaded = []

    class Detector:
        def detect(self, image):
            loaded.append(image)
            return []

    found = predict_files(KeypointPredictor(predictor.checkpoint, Detector()), [str(portrait)] * 100, 2)
    next(found)
    found.close()
    assert len(loaded) < 10


def test_no_photographs(predictor):
    assert list(predict_files(predictor, [])) == []
