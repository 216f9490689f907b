"""Many photographs give what each alone gives, in order; a broken one harms no other; torch gets its threads back."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from facekp import ImageError, KeypointPredictor, load_image, many
from facekp.errors import NoFaceError
from facekp.many import on_all_cores, predict_files
from tests.conftest import GALLERY


@pytest.fixture(scope="module")
def predictor():
    return KeypointPredictor.from_checkpoint("face68-resnet18")


def test_results_come_in_order_from_one_torch_thread_each():
    before = torch.get_num_threads()
    results = list(on_all_cores(lambda number: (number, torch.get_num_threads()), range(20)))
    assert results == [(number, 1) for number in range(20)]
    assert torch.get_num_threads() == before


def test_an_error_is_handed_on_and_the_threads_come_back():
    def work(number):
        if number == 3:
            raise NoFaceError("no face was found")
        return number

    before = torch.get_num_threads()
    with pytest.raises(NoFaceError, match="no face was found"):
        list(on_all_cores(work, range(10)))
    assert torch.get_num_threads() == before


def test_a_single_item_gets_all_cores():
    assert list(on_all_cores(lambda _: torch.get_num_threads(), ["alone"])) == [torch.get_num_threads()]
    assert list(on_all_cores(str, [])) == []


def test_whoever_stops_early_is_not_kept_waiting():
    done = []
    before = torch.get_num_threads()
    found = on_all_cores(done.append, range(1000))
    next(found)
    found.close()
    assert len(done) < 500
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("count", [1, 9])
def test_a_folder_gives_what_single_photographs_give(predictor, count):
    photos = ([str(path) for path in sorted(GALLERY.glob("*.jpg"))[:3]] * 3)[:count]
    found = list(predict_files(predictor, photos))
    assert [photo for photo, _ in found] == photos
    for photo, (image, faces) in found:
        assert np.array_equal(image, load_image(photo))
        for one, other in zip(faces, predictor.predict(image), strict=True):
            assert np.abs(one.points - other.points).max() < 0.05


def test_small_photographs_are_looked_at_together_and_large_ones_alone(predictor, tmp_path, monkeypatch):
    small, large, broken = (str(tmp_path / name) for name in ("small.png", "large.png", "broken.png"))
    picture = Image.open(GALLERY / "ada_neutral.jpg")
    picture.save(small)
    picture.resize((1100, 1100)).save(large)
    Path(broken).write_bytes(b"no picture")
    photos = [small] * 6 + [large] * 2 + [small, broken] * 8
    looked = []
    batch = predictor.predict_batch
    monkeypatch.setattr(predictor, "predict_batch", lambda images: looked.append(len(images)) or batch(images))
    monkeypatch.setattr(many, "CORES", 2)
    found = list(predict_files(predictor, photos))
    assert [photo for photo, _ in found] == photos
    assert [isinstance(each, ImageError) for _, each in found] == [photo == broken for photo in photos]
    assert sorted(looked) == sorted([4, 2, 1, 1, *[1] * 8])


def test_few_photographs_are_shared_by_the_cores(predictor, monkeypatch):
    looked = []
    batch = predictor.predict_batch
    monkeypatch.setattr(predictor, "predict_batch", lambda images: looked.append(len(images)) or batch(images))
    monkeypatch.setattr(many, "CORES", 2)
    list(predict_files(predictor, [str(GALLERY / "ada_neutral.jpg")] * 4))
    assert looked == [2, 2]


def test_a_broken_photograph_is_told_and_the_others_are_found(predictor, tmp_path, portrait):
    shutil.copy(portrait, tmp_path / "good.jpg")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    photos = [str(tmp_path / name) for name in ("good.jpg", "bad.jpg", "good.jpg", "missing.jpg")]
    first, second, third, fourth = (found for _, found in predict_files(predictor, photos))
    assert len(first[1]) == len(third[1]) == 1
    assert isinstance(second, ImageError)
    assert isinstance(fourth, ImageError)
    assert list(predict_files(predictor, [])) == []
