"""What is told of a checkpoint is what was measured: known errors give known numbers."""

import json
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facekp import FacekpError
from facekp.checkpoint import load_checkpoint, save_checkpoint
from facekp.faces import FaceBox
from facekp.inventory import checkpoint_names, checkpoints_folder
from facekp.keypoints import Keypoints
from facekp.networks import build_network
from facekp.results import measured_splits, read_extremes, read_results, read_truth, write_truth
from facekp.schema import IBUG68, IMM58, NOSE
from tests.conftest import ROOT
from tests.drawn_sets import IBUG_CARD, IMM_CARD, NOSE_CARD, head, write_300w, write_small_300w, write_small_imm
from training import evaluate, measure
from training.evaluate import repeatable
from training.measure import Answer, ask, by_region, by_view, curve, measured
from training.splits import Sample, read_split


@pytest.fixture
def drawn_imm(tmp_path):
    write_small_imm(tmp_path)
    return tmp_path


@pytest.fixture
def drawn_300w(tmp_path):
    write_small_300w(tmp_path)
    return tmp_path


def answers(schema, shifts, **changes):
    """Faces with the eye corners 100 pixels apart, each point found as far off as told; None for a missed one."""
    full = head("imm58" if schema is NOSE else schema.name)
    points = full[52:53] if schema is NOSE else full
    sample = Sample(Path("a.jpg"), "a.jpg", points, full, **changes)
    return [
        Answer(sample, None if shift is None else points + np.asarray(shift, np.float32), 0.9, 100.0)
        for shift in shifts
    ]


class Stub:
    """Says of one photograph after the other what it is told to say."""

    def __init__(self, *faces):
        self.faces = list(faces)

    def predict(self, image):
        return self.faces.pop(0)


def found(points, schema, box=None):
    return Keypoints(np.array(points, np.float32), box or FaceBox.around(points), 1.0, schema)


def test_known_shifts_give_known_numbers():
    numbers = measured(answers(IBUG68, [(3, 4), (6, 8), (0, 0), None], scale=0.5), "common", IBUG68)
    assert numbers == {
        "photographs": 4,
        "missed": 1,
        "nme_percent": 28.75,  # (5 + 10 + 0 + 100) / 4
        "nme_inner51_percent": 28.75,
        "median_percent": 7.5,
        "failures_above_8_percent": 50,
        "failures_above_10_percent": 25,  # 10 % is not above 10 %
        "auc_to_8_percent": 34.375,  # (3/8 + 0 + 8/8 + 0) / 4
        "mean_pixels": 5,
        "median_pixels": 5,
        "mae_original_pixels": 7,  # (3.5 + 7 + 0) / 3 in the stored picture, twice that in the original
    }


def test_the_inner_points_are_those_off_the_jaw():
    (answer,) = answers(IBUG68, [(0, 0)])
    answer.points[:17] += np.float32(30)
    assert measured([answer], "common", IBUG68)["nme_inner51_percent"] == 0
    assert measured([answer], "common", IBUG68)["nme_percent"] > 1


def test_the_nose_is_measured_in_pixels_and_by_the_eyes_of_the_whole_face():
    numbers = measured(answers(NOSE, [(3, 4), (0, 1)]), "validation", NOSE)
    assert (numbers["mean_pixels"], numbers["nme_percent"]) == (3, 3)
    assert "mae_original_pixels" not in numbers


def test_where_all_faces_are_missed_there_are_no_pixels():
    numbers = measured(answers(IMM58, [None, None]), "validation", IMM58)
    assert (numbers["missed"], numbers["nme_percent"], numbers["auc_to_8_percent"]) == (2, 100, 0)
    assert "mean_pixels" not in numbers


def test_the_score_on_dlibs_list_stands_beside_the_others():
    sentence = measured(answers(IBUG68, [(1, 1)] * 3), "dlib_test", IBUG68)["comparison"]["sentence"]
    assert all(part in sentence for part in ("10.13", "5.88", "full list of 1,008", "of which 3 originals are here"))
    assert "comparison" not in measured(answers(IBUG68, [(1, 1)]), "common", IBUG68)


def test_the_curve_rises_to_what_does_not_fail():
    shifts = [(x, 0) for x in np.linspace(0.15, 12.15, 25)] + [None]
    faces = answers(IBUG68, shifts)
    drawn = curve(faces)
    assert drawn["thresholds_percent"] == pytest.approx(np.arange(81) / 10)
    assert drawn["shares_percent"][0] == 0
    assert np.all(np.diff(drawn["shares_percent"]) >= 0)
    failed = measured(faces, "common", IBUG68)["failures_above_8_percent"]
    assert drawn["shares_percent"][-1] == pytest.approx(100 - failed, abs=1e-2)
    assert drawn["shares_percent"][20] == pytest.approx(100 * 4 / 26, abs=1e-2), "0.15, 0.65, 1.15 and 1.65 %"


def test_errors_of_the_regions_make_up_the_whole():
    faces = answers(IBUG68, [(2, 1), (5, 0)])
    faces[0].points[48:] += np.float32(7)
    regions = by_region(faces, IBUG68)
    assert list(regions) == ["jaw", "brows", "nose", "eyes", "mouth"]
    assert sum(region["points"] for region in regions.values()) == 68
    total = measured(faces, "common", IBUG68)
    for number, whole in (("nme_percent", total["nme_percent"]), ("mean_pixels", total["mean_pixels"])):
        assert sum(r["points"] * r[number] for r in regions.values()) / 68 == pytest.approx(whole, abs=2e-3)
    assert regions["jaw"]["nme_percent"] == pytest.approx((5**0.5 + 5) / 2, abs=1e-3)
    assert regions["mouth"]["nme_percent"] > regions["eyes"]["nme_percent"]
    assert list(by_region(answers(NOSE, [(0, 2)]), NOSE)) == ["nose"]


def test_errors_of_the_views():
    faces = answers(IMM58, [(3, 4)] * 2, view=1) + answers(IMM58, [(6, 8), None], view=4)
    views = by_view(faces)
    assert list(views) == ["1", "4"]
    assert (views["1"]["photographs"], views["1"]["missed"], views["1"]["nme_percent"]) == (2, 0, 5)
    assert views["4"] == {
        "title": "turned about 30° to the person's left",
        "photographs": 2,
        "missed": 1,
        "nme_percent": 55,
        "mean_pixels": 10,
    }
    assert by_view(answers(IBUG68, [(1, 1)])) == {}


def test_of_several_faces_the_one_over_the_annotated_face_is_measured(drawn_imm):
    samples = read_split(drawn_imm, IMM_CARD, "validation")[:3]
    near, far = samples[0].outline + np.float32(2), samples[0].outline + np.float32(300)
    stub = Stub(
        [found(far, IMM58), found(near, IMM58)],
        [found(samples[1].outline, IMM58, FaceBox.around(far))],
        [],
    )
    first, second, third = ask(stub, samples, IMM58)
    assert first.pixels == pytest.approx(np.full(58, 8**0.5), rel=1e-3)
    assert first.overlap > 0.8
    assert (second.points, third.points) == (None, None)
    assert (second.overlap, third.overlap) == (0, 0)
    assert first.normaliser == pytest.approx(np.linalg.norm(samples[0].outline[13] - samples[0].outline[21]))


def test_the_box_is_measured_by_the_square_round_the_points(drawn_imm):
    samples = read_split(drawn_imm, IMM_CARD, "validation")[:1]
    truth = FaceBox.around(samples[0].outline)
    (x, y), half = truth.centre, max(truth.width, truth.height) / 2
    boxes = [FaceBox(x - half, y - half, x + half, y + half), FaceBox(x - half, y - half, x + half, y)]
    overlaps = [ask(Stub([found(samples[0].points, IMM58, box)]), samples, IMM58)[0].overlap for box in boxes]
    assert overlaps == pytest.approx([1, 0.5])


def run(monkeypatch, capsys, checkpoint, data, split, *options, stub=None):
    """Run the command; what it prints."""
    if stub is not None:
        monkeypatch.setattr(evaluate, "KeypointPredictor", lambda checkpoint, detector: stub)
    arguments = ["--checkpoint", str(checkpoint), "--split", split, "--data", str(data), *options]
    monkeypatch.setattr("sys.argv", ["evaluate", *arguments])
    evaluate.main()
    return capsys.readouterr().out


@pytest.fixture
def folder(random_checkpoint, tmp_path):
    """A checkpoint with random weights that a test may write into."""
    folder = shutil.copytree(random_checkpoint, tmp_path / "face")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, **IBUG_CARD, "measured": {"common": {"command": "before"}}}))
    return folder


def test_the_command_writes_results_truth_and_card(monkeypatch, capsys, folder, drawn_300w):
    samples = read_split(drawn_300w, IBUG_CARD, "dlib_test")
    stub = Stub([found(samples[0].points + np.float32((3, 4)), IBUG68)], [])
    printed = run(monkeypatch, capsys, folder, drawn_300w, "dlib_test", stub=stub)
    assert "10.13" in printed
    assert "mae_original_pixels          7.0" in printed

    results = read_results(folder, "dlib_test")
    assert results.command == "python -m training.evaluate --checkpoint ./face --split dlib_test"
    assert results.weights_sha256 == load_checkpoint(folder).weights_sha256
    assert (results.detector, results.data_set) == ("libfacedetection", "300w")
    assert results.normaliser == "distance of the true outer eye corners"
    assert results.measured["missed"] == 1
    first, second = results.pictures
    assert (first.file, first.error_pixels) == ("lfpw/dlib_test0.jpg", 5)
    np.testing.assert_allclose(first.points, samples[0].points + np.float32((3, 4)), atol=0.051)
    assert (second.error_percent, second.error_pixels, second.points) == (100, None, None)

    text = (folder / "results" / "dlib_test.json").read_text()
    assert str(drawn_300w) not in text
    assert str(folder) not in text
    assert "truth" not in json.loads(text)
    truth = read_truth(folder, "dlib_test")
    np.testing.assert_allclose(truth[second.file], samples[1].points, atol=0.006)

    card = json.loads((folder / "card.json").read_text())
    assert card["measured"]["common"] == {"command": "before"}
    assert card["measured"]["dlib_test"] == {**results.measured, "date": results.date, "command": results.command}
    assert measured_splits(folder) == ["dlib_test"], "extremes are those of the validation photographs"


def test_a_broken_picture_is_named_counted_and_left_out(tmp_path, capsys):
    write_300w(tmp_path, {"common": {f"lfpw/{i}.jpg": head("ibug68", seed=i) for i in range(100)}})
    samples = read_split(tmp_path, IBUG_CARD, "common")
    samples[7].photo.write_bytes(b"no picture")
    stub = Stub(*([found(sample.points, IBUG68)] for sample in samples if sample is not samples[7]))
    assert [answer.sample for answer in ask(stub, samples, IBUG68)] == samples[:7] + samples[8:]
    told = capsys.readouterr().err
    assert "1 of 100 faces of" in told
    assert "lfpw/7.jpg" in told
    samples[8].photo.write_bytes(b"no picture")
    with pytest.raises(FacekpError, match=r"2 of 100 faces of .*common\.txt are broken, more than 1%"):
        ask(Stub(*([] for _ in samples)), samples, IBUG68)


def test_the_command_that_is_told_measures_the_same_checkpoint(monkeypatch, tmp_path):
    shipped = checkpoint_names()[0]
    assert repeatable(shipped) == repeatable(f"{checkpoints_folder()}/{shipped}") == shipped
    monkeypatch.chdir(tmp_path)
    assert repeatable(f"runs/checkpoints/{shipped}") == f"runs/checkpoints/{shipped}"
    assert repeatable(f"{tmp_path}/{shipped}") == f"./{shipped}", "a folder, and nothing of where it lies"


def test_the_validation_photographs_give_the_best_and_the_worst(monkeypatch, capsys, folder, drawn_300w):
    samples = read_split(drawn_300w, IBUG_CARD, "validation")
    stub = Stub(
        *(
            [found(sample.points + np.float32(shift), IBUG68)]
            for sample, shift in zip(samples, (3, 1, 0, 2), strict=True)
        )
    )
    printed = run(monkeypatch, capsys, folder, drawn_300w, "validation", stub=stub)
    extremes = read_extremes(folder)
    assert [each.picture.file for each in extremes.best] == [samples[2].file, samples[1].file]
    assert [each.picture.file for each in extremes.worst] == [samples[0].file, samples[3].file]
    assert f"worst: {samples[0].file}" in printed
    assert measured_splits(folder) == ["validation"]


@pytest.mark.parametrize("options", [("--looks", "1"), ("--no-mirror",), ("--detector", "dlib")])
def test_other_settings_than_the_cards_are_only_printed(monkeypatch, capsys, folder, drawn_300w, options):
    before = (folder / "card.json").read_text()
    printed = run(monkeypatch, capsys, folder, drawn_300w, "common", *options, stub=Stub([], []))
    assert "missed                       2" in printed
    assert (folder / "card.json").read_text() == before
    assert not (folder / "results").exists()


def test_a_network_of_whole_pictures_misses_nothing_and_has_no_box(monkeypatch, capsys, tmp_path, drawn_imm):
    """From the file to the numbers, with the predictor itself."""
    torch.manual_seed(0)
    spec = {
        "size": 80,
        "channels": 1,
        "mean": 127.5,
        "std": 255.0,
        "margin": 1.0,
        "looks": 1,
        "mirror": False,
        "height": 60,
    }
    network = build_network("nose-cnn", 1, 1, width=80, height=60, kernel_size=5)
    options = {"width": 80, "height": 60, "kernel_size": 5}
    save_checkpoint(
        tmp_path / "nose", network, {**NOSE_CARD, "network": "nose-cnn", "network_options": options, "input": spec}
    )
    run(monkeypatch, capsys, tmp_path / "nose", drawn_imm, "validation")
    results = read_results(tmp_path / "nose", "validation")
    assert (results.measured["missed"], len(results.pictures), list(results.views)) == (0, 6, ["1", "3", "4"])
    assert results.detector == "none: the network sees the whole picture"
    off = [np.linalg.norm(p.points - read_truth(tmp_path / "nose", "validation")[p.file]) for p in results.pictures]
    assert results.measured["mean_pixels"] == pytest.approx(np.mean(off), abs=0.1)
    assert "box_overlap" not in read_extremes(tmp_path / "nose").effects


def test_an_unknown_checkpoint_is_told(monkeypatch, capsys, drawn_300w):
    with pytest.raises(FacekpError, match="there is no checkpoint 'nobody'"):
        run(monkeypatch, capsys, "nobody", drawn_300w, "common")


def test_the_true_points_are_never_passed_on(tmp_path):
    """Neither by git nor in a wheel."""
    assert "checkpoints/*/results/*.truth.json" in (ROOT / ".gitignore").read_text().splitlines()
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "force-include" not in wheel, "what is forced in cannot be left out"
    write_truth(tmp_path, "common", {})
    (written,) = (tmp_path / "results").iterdir()
    assert any(written.match(pattern) for pattern in wheel["exclude"])


def test_the_least_overlap_is_that_of_the_sentence(drawn_imm):
    """A box that overlaps by a little less than the least is a missed face; by a little more, a found one."""
    samples = read_split(drawn_imm, IMM_CARD, "validation")[:1]
    truth = FaceBox.around(samples[0].outline)
    for step, missed in ((0.01, False), (-0.01, True)):
        box = replace(truth, y_max=truth.y_min + truth.height * (measure.OVERLAP + step))
        (answer,) = ask(Stub([found(samples[0].points, IMM58, box)]), samples, IMM58)
        assert (answer.points is None) == missed
