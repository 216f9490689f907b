"""The table of what each look brings."""

import json
from dataclasses import replace

import numpy as np
import pytest

from facekp import FacekpError
from facekp.checkpoint import load_checkpoint
from tests.drawn_sets import IBUG_CARD, head, write_300w
from training import looks
from training.measure import Answer
from training.report import Report, with_stage_numbers


def test_every_way_is_measured_with_and_without_the_mirror_image(random_checkpoint):
    checkpoint = load_checkpoint(random_checkpoint)
    scout = replace(checkpoint, name="small")
    found = looks.ways(checkpoint, scout)
    assert [(way.title, way.passes) for way, _ in found] == [
        ("one look", 1),
        ("one look, mirror image too", 2),
        ("two looks", 2),
        ("two looks, mirror image too", 3),
        ("one look after small", 1),
        ("one look after small, mirror image too", 2),
    ]
    assert [changed.scout is scout for _, changed in found] == [False] * 4 + [True] * 2
    assert len(looks.ways(checkpoint, None)) == 4


def test_the_table_is_kept_and_shown(monkeypatch, random_checkpoint, tmp_path, capsys):
    write_300w(tmp_path, {"train": {f"afw/{i}_1.jpg": head("ibug68", seed=i) for i in range(5)}})
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for file in random_checkpoint.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, **IBUG_CARD}))
    outlook = {1: 0.05, 2: 0.04}

    def asked(predictor, samples, outline):
        off = outlook[predictor.checkpoint.input.looks] * 200 - predictor.checkpoint.input.mirror
        return [Answer(sample, sample.points + np.float32([off, 0]), 1.0, 200.0) for sample in samples]

    monkeypatch.setattr(looks, "ask", asked)
    command = ["looks", "--checkpoint", str(folder), "--data", str(tmp_path)]
    monkeypatch.setattr("sys.argv", [*command, "--choose", "three looks"])
    with pytest.raises(FacekpError, match="no way 'three looks'; give one of: one look, "):
        looks.main()
    monkeypatch.setattr("sys.argv", [*command, "--choose", "one look, mirror image too"])
    looks.main()
    chosen = load_checkpoint(folder).input
    assert (chosen.looks, chosen.mirror, chosen.scout) == (1, True, None)
    record = looks.read_looks(folder)
    assert [way["nme_percent"] for way in record["ways"]] == pytest.approx([5.0, 4.5, 4.0, 3.5])
    assert record["weights_sha256"] == load_checkpoint(folder).weights_sha256
    assert "| two looks, mirror image too | 3 | 3.50 % |" in capsys.readouterr().out
    report = Report("x", {"stage": 3}, {}, 0, 1, 0.0, looks.table(record))
    text = with_stage_numbers("a\n<!-- numbers:looks -->\nold\n<!-- end -->\nb\n", [report])
    assert "| two looks | 2 | 4.00 % |" in text
    assert "old" not in text
