"""Broken faces are counted by data set, annotations and pictures together, whatever is done with its parts."""

import pytest

from facekp import FacekpError
from facekp.annotations import format_pts
from tests.drawn_sets import head, write_300w, write_imm, write_small_300w
from training.config import RECIPES
from training.data import IMM_FOLDER, MERL_FOLDER, read_300w, read_imm, read_merl_rav, split_by_photograph
from training.loaders import FaceCrops

CONFIG = RECIPES["resnet18"]


def write_train(data, count):
    write_300w(data, {"train": {f"afw/{i}.jpg": head("ibug68", seed=i) for i in range(count)}})


def crops(faces):
    return FaceCrops(faces, CONFIG, augmented=False)


def test_many_broken_pictures_are_refused(tmp_path):
    write_small_300w(tmp_path)
    faces = read_300w(tmp_path, "train")
    faces[3].photo.write_bytes(b"no picture")
    with pytest.raises(FacekpError, match=rf"1 of 10 faces of .*train\.txt are broken.*{faces[3].photo.name}"):
        crops(faces)


def test_a_small_part_is_not_refused_for_what_is_little_of_the_whole(tmp_path, capsys):
    write_train(tmp_path, 100)
    _, validation = split_by_photograph(read_300w(tmp_path, "train"), 0.1, 0)
    validation[0].photo.write_bytes(b"no picture")
    for _ in range(2):
        assert crops(validation).faces == validation[1:]
    told = capsys.readouterr().err
    assert told.count("1 of 100 faces of") == 1, "however often it is read"
    assert validation[0].photo.name in told


def test_so_it_is_with_the_persons_of_imm(tmp_path, capsys):
    write_imm(tmp_path, {f"{person:02}-{view}m": head("imm58") for person in range(1, 41) for view in (1, 2, 3)})
    (tmp_path / IMM_FOLDER / "33-1m.jpg").write_bytes(b"no picture")
    assert len(read_imm(tmp_path, "validation")) == 23
    told = capsys.readouterr().err
    assert "1 of 120 faces of" in told
    assert "33-1m.jpg" in told


def test_broken_annotations_and_broken_pictures_of_all_parts_count_together(tmp_path):
    write_train(tmp_path, 250)
    whole = read_300w(tmp_path, "train")
    whole[0].photo.with_suffix(".pts").write_text("nothing")
    training, validation = split_by_photograph(read_300w(tmp_path, "train"), 0.1, 0)
    assert len(training) + len(validation) == 249
    training[0].photo.write_bytes(b"no picture")
    validation[0].photo.write_bytes(b"no picture")
    assert len(crops(training)) == len(training) - 1
    with pytest.raises(FacekpError, match=r"3 of 250 faces of .* are broken, more than 1%; get the data set again"):
        crops(validation)


def test_one_data_set_does_not_hide_the_broken_faces_of_another(tmp_path):
    write_train(tmp_path, 50)
    (tmp_path / MERL_FOLDER).mkdir()
    for i in range(60):
        (tmp_path / MERL_FOLDER / f"{i}.pts").write_text(format_pts(head("ibug68")))
        picture = (tmp_path / "ibug_300W_large_face_landmark_dataset/afw/1.jpg").read_bytes()
        (tmp_path / MERL_FOLDER / f"{i}.jpg").write_bytes(picture)
    ibug, merl = read_300w(tmp_path, "train"), read_merl_rav(tmp_path)
    ibug[0].photo.write_bytes(b"no picture")
    with pytest.raises(FacekpError, match=r"1 of 50 faces of .*train\.txt are broken"):
        crops(ibug + merl)


def test_no_faces_at_all_are_told():
    with pytest.raises(FacekpError, match="no faces are left"):
        crops([])
