"""The readers take the data sets as they are published, tell what is missing or broken, and keep tests apart."""

import cv2
import numpy as np
import pytest

from facekp import FacekpError
from facekp.annotations import format_pts
from facekp.schema import IBUG68, IMM58, NOSE
from tests.drawn_sets import head, write_300w, write_imm, write_small_300w, write_small_imm
from training.data import (
    IBUG_FOLDER,
    IMM_FOLDER,
    MERL_FOLDER,
    SOURCES,
    Face,
    MissingDataError,
    data_folder,
    read_300w,
    read_dlib_xml,
    read_imm,
    read_merl_rav,
    split_by_photograph,
)


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((480, 640, 3), 128, np.uint8))


def write_release(folder, listed):
    """dlib's release: pictures, and an XML file for each part with the faces it lists."""
    for part, names in listed.items():
        images = []
        for name in names:
            picture(folder / name)
            parts = "".join(f"<part name='{i:02}' x='{x:.0f}' y='{y:.0f}'/>" for i, (x, y) in enumerate(head("ibug68")))
            box = f"<box top='100' left='100' width='200' height='200'>{parts}</box>"
            images.append(f"<image file='{name}' width='640' height='480'>{box}</image>")
        xml = f"<?xml version='1.0'?><dataset><images>{''.join(images)}</images></dataset>"
        (folder / f"labels_ibug_300W_{part}.xml").write_text(xml)


def test_splits_of_the_real_data_share_no_photograph(data):
    training, validation = split_by_photograph(read_300w(data, "train"), 0.1, 0)
    assert len(training) + len(validation) == 1730
    tests = {face.photo for split in ("common", "dlib_test") for face in read_300w(data, split)}
    parts = [{face.photo for face in part} for part in (training, validation)] + [tests]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]


def test_faces_of_one_photograph_stay_together(tmp_path):
    write_300w(tmp_path, {"train": {f"afw/{p}_{f}.jpg": head("ibug68") for p in (11, 12, 13) for f in (1, 2)}})
    training, validation = split_by_photograph(read_300w(tmp_path, "train"), 0.34, 0)
    assert len(validation) == 2
    assert len({face.photo.name[:2] for face in validation}) == 1
    assert not {face.photo.name[:2] for face in validation} & {face.photo.name[:2] for face in training}


def test_missing_data_is_told_with_its_source_and_the_expected_folder(tmp_path, monkeypatch):
    for read, words in (
        (lambda: read_300w(tmp_path, "train"), r"ibug_300W.* is missing; get the data set from http://dlib"),
        (lambda: read_merl_rav(tmp_path), r"merl_rav is missing; get the data set from https://github"),
        (lambda: read_imm(tmp_path), r"imm_face_db is missing; get the data set from http://www2\.imm"),
    ):
        with pytest.raises(MissingDataError, match=words):
            read()
    monkeypatch.delenv("FACEKP_DATA", raising=False)
    with pytest.raises(MissingDataError, match="give --data DIR, or set FACEKP_DATA") as told:
        data_folder(None)
    for folder, source in SOURCES.items():
        assert f"{folder} from {source}" in str(told.value)


def test_a_missing_list_is_told(tmp_path):
    write_small_300w(tmp_path)
    (tmp_path / IBUG_FOLDER / "splits" / "train.txt").unlink()
    with pytest.raises(MissingDataError, match=r"splits/train\.txt cannot be read .*; put the list there, or remove"):
        read_300w(tmp_path, "train")


def test_a_part_of_imm_without_faces_is_told(tmp_path):
    write_imm(tmp_path, {"01-1m": head("imm58")})
    with pytest.raises(FacekpError, match="imm_face_db has no faces of persons 33 to 40; get the data set again"):
        read_imm(tmp_path, "validation")


def test_imm_is_split_by_person(tmp_path):
    write_small_imm(tmp_path)
    parts = {part: {face.person for face in read_imm(tmp_path, part)} for part in ("train", "validation", "all")}
    assert parts == {"train": {1, 2}, "validation": {33, 34}, "all": {1, 2, 33, 34}}
    assert {face.view for face in read_imm(tmp_path)} == {1, 3, 4}


def test_both_revisions_of_imm_are_read(tmp_path):
    points = head("imm58")
    write_imm(tmp_path, {"01-1m": points, "02-1m": points})
    rows = [f"0 4 {x / 640:.8f} {y / 480:.8f} {i} 0 0 0 0 0" for i, (x, y) in enumerate(points)]
    later = ["#AAM Shape file", "58", *rows, "02-1m.jpg"]
    (tmp_path / IMM_FOLDER / "02-1m.asf").write_text("\n".join(later))
    for face in read_imm(tmp_path):
        np.testing.assert_allclose(face.points, points, atol=1e-3)


def test_all_of_imm_is_read(data):
    faces = read_imm(data)
    assert len(faces) == 240
    assert len(read_imm(data, "train")) == 192
    assert all(np.isfinite(face.points).all() and face.points.min() >= 0 for face in faces)


def test_a_face_gives_its_nose_tip_and_nothing_that_it_does_not_have(tmp_path):
    write_small_imm(tmp_path)
    face = read_imm(tmp_path)[0]
    np.testing.assert_array_equal(face.points_of(NOSE), face.points[52:53])
    assert face.points_of(IMM58) is face.points
    with pytest.raises(FacekpError, match="has the points of imm58, not of ibug68"):
        face.points_of(IBUG68)


def test_a_mirrored_copy_of_dlibs_list_is_a_face_where_its_picture_is_there(tmp_path):
    write_release(tmp_path, {"train": ["afw/a.jpg", "afw/a_mirror.jpg", "afw/b_mirror.jpg"]})
    (tmp_path / "afw/b_mirror.jpg").unlink()
    faces = read_dlib_xml(tmp_path / "labels_ibug_300W_train.xml")
    assert [face.photo.name for face in faces] == ["a.jpg", "a_mirror.jpg"]
    np.testing.assert_array_equal(faces[0].points, np.round(head("ibug68")))


def test_from_the_official_release_no_test_photograph_is_trained_on(tmp_path, capsys):
    folder = tmp_path / IBUG_FOLDER
    listed = {
        "train": ["afw/a.jpg", "afw/a_mirror.jpg", "afw/b.jpg", "lfpw/trainset/c.jpg", "helen/testset/d.jpg"],
        "test": ["afw/b_mirror.jpg", "lfpw/testset/e.jpg", "lfpw/testset/e_mirror.jpg"],
    }
    write_release(folder, listed)
    exact = head("ibug68") + np.float32(0.25)
    (folder / "afw/a.pts").write_text(format_pts(exact))
    names = {s: [face.photo.name for face in read_300w(tmp_path, s)] for s in ("train", "common", "dlib_test")}
    assert names == {"train": ["a.jpg", "c.jpg"], "common": ["d.jpg", "e.jpg"], "dlib_test": ["e.jpg"]}
    assert "has no splits folder; train has 2 faces by dlib's XML files" in capsys.readouterr().err
    np.testing.assert_allclose(read_300w(tmp_path, "train")[0].points, exact, atol=1e-3)


def test_a_broken_file_beside_the_official_release_is_skipped(tmp_path, capsys):
    folder = tmp_path / IBUG_FOLDER
    write_release(folder, {"train": [f"afw/{i}.jpg" for i in range(100)], "test": ["lfpw/testset/e.jpg"]})
    (folder / "afw/7.pts").write_text("nothing")
    assert len(read_300w(tmp_path, "train")) == 99
    told = capsys.readouterr().err
    assert "1 of 100 faces of" in told
    assert "7.pts" in told


def write_merl(data, count):
    for i in range(count):
        picture(data / MERL_FOLDER / f"image{i:03}.jpg")
        (data / MERL_FOLDER / f"image{i:03}.pts").write_text(format_pts(head("ibug68")))


def test_a_broken_annotation_is_named_counted_and_skipped(tmp_path, capsys):
    write_merl(tmp_path, 101)
    (tmp_path / MERL_FOLDER / "image007.pts").write_text("version: 1\nn_points: 68\n{\n1 2\n}")
    assert len(read_merl_rav(tmp_path)) == 100
    told = capsys.readouterr().err
    assert "image007" in told
    assert "1 of 101 faces of" in told


def test_a_data_set_with_many_broken_annotations_is_refused(tmp_path):
    write_merl(tmp_path, 50)
    (tmp_path / MERL_FOLDER / "image007.pts").write_text("nothing")
    with pytest.raises(FacekpError, match=r"1 of 50 faces of .*merl_rav are broken, more than 1%; .*image007"):
        read_merl_rav(tmp_path)


def test_points_in_which_no_face_can_be_are_a_broken_annotation(tmp_path, capsys):
    write_merl(tmp_path, 102)
    for name, points in (("image007", np.full((68, 2), 4.0)), ("image008", np.arange(136).reshape(68, 2))):
        (tmp_path / MERL_FOLDER / f"{name}.pts").write_text(format_pts(points))
        with pytest.raises(FacekpError, match=rf"the annotated points of .*{name}\.jpg lie on one line"):
            Face(tmp_path / f"{name}.jpg", points.astype(np.float32))
    (tmp_path / MERL_FOLDER / "image008.pts").write_text(format_pts(head("ibug68")))
    assert len(read_merl_rav(tmp_path)) == 101
    assert "image007.jpg lie on one line" in capsys.readouterr().err
