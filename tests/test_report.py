"""The numbers in the READMEs are those of the checkpoints' folders."""

import hashlib
import json
from dataclasses import replace

import pytest

from facekp import FacekpError
from facekp.reliability import write_confidence, write_robustness
from facekp.results import write_extremes, write_results
from tests.drawn_runs import drawn_confidence, drawn_robustness
from tests.test_results import EXTREMES, RESULTS
from training import report
from training.report import (
    BEGIN,
    END,
    duration,
    introduction,
    numbers,
    read_reports,
    table,
    with_numbers,
    with_stage_numbers,
)
from training.tables import cycles_table

NUMBERS = {
    "photographs": 48,
    "missed": 1,
    "nme_percent": 3.456,
    "median_percent": 2.5,
    "failures_above_8_percent": 4.1667,
    "failures_above_10_percent": 2.083,
    "auc_to_8_percent": 51.25,
    "mean_pixels": 4.321,
}


def write_checkpoint(root, name, **changes):
    """A folder without a network."""
    folder = root / "checkpoints" / name
    folder.mkdir(parents=True)
    card = {
        "schema": "nose",
        "network": "nose-cnn",
        "input": {"size": 80, "height": 60},
        "data": {"counts": {"training": 192, "validation": 48}},
        "chosen": {"epoch": 7},
        "measured": {"validation": NUMBERS},
        **changes,
    }
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "history.json").write_text(json.dumps([{"seconds": 61.0}, {"seconds": 60.0}]))
    (folder / "weights.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def root(tmp_path):
    """A nose tip and a network of 68 points."""
    write_checkpoint(tmp_path, "nose-original", machine="a drawn CPU", stage=1, data_set="imm")
    measured = {**NUMBERS, "photographs": 358, "mae_original_pixels": 5.566}
    counts = {"300w_train": 1554, "merl_rav": 4381, "validation": 176}
    write_checkpoint(
        tmp_path,
        "face68",
        schema="ibug68",
        network="resnet18",
        input={"size": 112},
        data={"counts": counts},
        measured={"validation": NUMBERS, "dlib_test": measured},
    )
    return tmp_path


def test_a_row_for_each_checkpoint_and_split(root):
    lines = table(read_reports(root / "checkpoints")).splitlines()
    assert lines[0].startswith("| network | photographs | number | missed | mean error | median | above 8 % |")
    shared = "1 | 3.46 % | 2.50 % | 4.2 % | 2.1 % | 51.2 % | 4.32"
    assert lines[2:5] == [
        f"| `face68` | dlib's test list (test) | 358 | {shared} | 5.57 |",
        f"| `face68` | 300-W validation (chosen on) | 48 | {shared} | – |",
        f"| `nose-original` | IMM validation (chosen on) | 48 | {shared} | – |",
    ]
    assert lines[1].count("---") == lines[0].count("|") - 1


def test_other_scores_are_told_beside_dlibs_list_and_only_there(root):
    face68, nose = read_reports(root / "checkpoints")
    assert "10.13" in table([face68])
    assert "5.88" in table([face68])
    assert "of which 358 originals are here" in table([face68])
    assert "10.13" not in table([nose])


def test_what_a_checkpoint_is(root):
    reports = read_reports(root / "checkpoints")
    face68, nose = map(introduction, reports)
    assert "ResNet18 on grey crops of 112 × 112 pixels, trained on 1554 faces of 300-W" in face68
    started = introduction(replace(reports[1], card={**reports[1].card, "started_from": "0"}))
    assert "trained from an earlier network of ours on 192" in started
    assert "on grey pictures, whole, of 80 × 60 pixels, trained on 192 faces of IMM; " in nose


def test_results_go_before_the_card_and_must_be_of_these_weights(root):
    folder = root / "checkpoints" / "nose-original"
    sha = hashlib.sha256(b"weights").hexdigest()
    write_results(folder, replace(RESULTS, weights_sha256=sha, measured={**NUMBERS, "nme_percent": 1.0}))
    assert "| 1.00 % |" in numbers(read_reports(root / "checkpoints"))
    (folder / "weights.safetensors").write_bytes(b"others")
    with pytest.raises(FacekpError, match="nose-original: the results on validation are those of other weights"):
        read_reports(root / "checkpoints")


def test_the_readme_is_renewed_between_its_marks(root, monkeypatch):
    (root / "README.md").write_text(f"before\n{BEGIN}old\n{END}after\n")
    (root / "training").mkdir()
    stages = "".join(f"# {name}\n<!-- numbers:{name} -->\nold\n<!-- end -->\n" for name in ("nose", "face58", "face68"))
    (root / "training" / "README.md").write_text(stages)
    monkeypatch.setattr(report, "ROOT", root)
    report.main()
    text = (root / "README.md").read_text()
    assert text.startswith(f"before\n{BEGIN}`face68`: ")
    assert text.endswith(f"{END}after\n")
    assert with_numbers(text, read_reports(root / "checkpoints")) == text

    text = (root / "training" / "README.md").read_text()
    assert "old" not in text
    nose, face58, face68 = text.split("# ")[1:]
    assert "`nose-original`: 2 min on a drawn CPU, 2 epochs; number 7 was chosen" in nose
    assert "`face68`" not in nose
    assert "Nothing has been trained yet." in face58
    assert "10.13" in face68
    report.main()
    assert (root / "training" / "README.md").read_text() == text, "twice is once"


def test_confidence_and_robustness_are_told_at_their_marks(root):
    folder, sha = root / "checkpoints" / "face68", hashlib.sha256(b"weights").hexdigest()
    marks = "".join(f"<!-- numbers:{name} -->\n<!-- end -->\n" for name in ("confidence", "robustness"))
    assert with_stage_numbers(marks, read_reports(root / "checkpoints")).count("Nothing has been measured yet.") == 2
    write_confidence(folder, replace(drawn_confidence("face68"), weights_sha256=sha))
    write_robustness(folder, replace(drawn_robustness("face68"), weights_sha256=sha))
    text = with_stage_numbers(marks, read_reports(root / "checkpoints"))
    assert "| `face68` | 12 | 1.20 | 0.9950 (20 boxes) | 4.0 px | 5.0 px | 2.0 px |" in text
    predicted, measured = (
        [float(cell) for cell in line.split("|")[2:-1]] for line in text.splitlines() if line.startswith("| `face68`, ")
    )
    assert len(predicted) == len(measured) == 10
    assert (predicted[0], measured[0], predicted[-1], measured[-1]) == (1.0, 1.2, 5.5, 6.6)
    assert "| photographs | `face68` | dlib |" in text
    assert "| turned by +30° | 3.60 % (× 1.20, 1 missed) | 12.00 % (× 2.00, 1 missed) |" in text
    write_confidence(folder, drawn_confidence("face68"))
    with pytest.raises(FacekpError, match="face68: results are those of other weights"):
        read_reports(root / "checkpoints")


def test_the_trainings_that_a_network_went_through_are_told_in_order():
    def cycle(size, epoch, error, **recipe):
        chosen = {"epoch": epoch, "validation_nme": error}
        return {"recipe": {"sizes": size, "learning_rate": 0.001, **recipe}, "chosen": chosen}

    card = {"first_cycle": cycle([128, 192], 3, 0.04), "second_cycle": cycle([192], 5, 0.035), "note": "two"}
    rows = cycles_table({**card, **cycle([160], 9, 0.03, level=True)}).splitlines()[2:]
    assert [row.split(" | ")[1] for row in rows] == ["128 and 192 px", "192 px", "160 px"]
    assert [row.split(" | ")[3] for row in rows] == ["upright", "upright", "level eyes"]
    assert [row.split(" | ")[-1] for row in rows] == ["4.00 % |", "3.50 % |", "3.00 % |"]


def test_a_mark_without_a_stage_is_told():
    with pytest.raises(FacekpError, match="numbers:ears names no stage; known are nose, face58, face68"):
        with_stage_numbers("<!-- numbers:ears -->\n<!-- end -->\n", [])


def test_a_sweep_takes_the_time_of_all_its_runs(root):
    folder = root / "checkpoints" / "nose-original"
    trial = {"learning_rate": 1e-3, "kernel_size": 5, "history": [{"seconds": 400.0}, {"seconds": 200.0}]}
    (folder / "sweep.json").write_text(json.dumps([trial, trial]))
    (nose,) = [each for each in read_reports(root / "checkpoints") if each.stage == 1]
    told = duration(nose)
    assert (
        told == "`nose-original`: 20 min on a drawn CPU for 2 runs, the best of them with 2 epochs; number 7 was chosen"
    )


def test_the_worst_pictures_are_told_with_their_reasons(root):
    folder, sha = root / "checkpoints" / "face68", hashlib.sha256(b"weights").hexdigest()
    mark = "<!-- numbers:face68 -->\n<!-- end -->\n"
    assert "worst" not in with_stage_numbers(mark, read_reports(root / "checkpoints"))
    write_extremes(folder, replace(EXTREMES, weights_sha256=sha))
    text = with_stage_numbers(mark, read_reports(root / "checkpoints"))
    assert "The worst validation pictures. In brackets, how many of the pictures are less so." in text
    for worst in EXTREMES.worst:
        assert f"`{worst.picture.file}`, {worst.picture.error_percent:.1f} %. {worst.reason}" in text
    write_extremes(folder, EXTREMES)
    with pytest.raises(FacekpError, match="the extremes are of other weights"):
        read_reports(root / "checkpoints")


def test_what_each_part_brings_is_told_at_its_mark(root):
    folder = root / "checkpoints" / "face68"
    record = {"variants": [{"title": "as it is", "nme_percent": 4.321}], "footing": "Eight epochs each."}
    (folder / "ablation.json").write_text(json.dumps(record))
    text = with_stage_numbers("<!-- numbers:ablation -->\nold\n<!-- end -->\n", read_reports(root / "checkpoints"))
    assert "| as it is | 4.32 % |\n\nEight epochs each.\n" in text


@pytest.mark.parametrize(("seconds", "told"), [(7320.0, "2 h 2 min"), (90.1, "2 min"), (12.0, "12 s")])
def test_how_long_a_training_took(root, seconds, told):
    (nose,) = [each for each in read_reports(root / "checkpoints") if each.stage == 1]
    assert duration(replace(nose, seconds=seconds)).startswith(f"`nose-original`: {told} on a drawn CPU")
