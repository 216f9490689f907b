"""Short runs that differ in one thing give a table that says which."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.drawn_sets import write_small_300w
from tests.test_training import TINY
from training import ablation
from training.ablation import Variant, read_ablation, table
from training.data import read_300w
from training.loaders import FaceCrops


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Two variants of a recipe that takes no time, on drawn photographs."""
    base = replace(TINY, network="small-heatmap", heatmap_weight=1.0, sizes=(32,), stage_epochs=(2,), mean_start=False)
    variants = (Variant("as it is"), Variant("faster", {"learning_rate": 5e-3}), Variant("untaught", teacher=False))
    monkeypatch.setattr(ablation, "BASE", base)
    monkeypatch.setattr(ablation, "VARIANTS", variants)
    monkeypatch.setattr(ablation, "checkpoints_folder", lambda: tmp_path / "checkpoints")
    (tmp_path / "checkpoints" / "face68-fast").mkdir(parents=True)
    write_small_300w(tmp_path)
    return tmp_path


def test_a_row_for_each_variant(monkeypatch, small, random_checkpoint, capsys):
    options = ["--data", str(small), "--teacher", str(random_checkpoint), "--runs", str(small / "runs")]
    monkeypatch.setattr("sys.argv", ["ablation", *options])
    ablation.main()
    record = read_ablation(small / "checkpoints" / "face68-fast")
    assert [each["title"] for each in record["variants"]] == ["as it is", "faster", "untaught"]
    assert len({each["nme_percent"] for each in record["variants"]}) == 3
    assert table(record) in capsys.readouterr().out
    kept = {each["title"]: json.loads((small / "runs" / f"{number}" / "checkpoint" / "history.json").read_text())
            for number, each in enumerate(record["variants"], 1)}  # fmt: skip
    for each in record["variants"]:
        assert each["nme_percent"] == 100 * kept[each["title"]][-1]["validation_nme"]
    ablation.main()  # of runs that are over nothing is run again
    assert read_ablation(small / "checkpoints" / "face68-fast")["variants"] == record["variants"]


def test_other_points_move_the_crops_with_them(small):
    faces = FaceCrops(read_300w(small, "train"), ablation.BASE, augmented=False)
    others = [replace(face, points=face.points + np.float32(5)) for face in faces.faces]
    moved = ablation.with_points(faces, others)
    for index in range(len(faces)):
        np.testing.assert_allclose(moved.upright(index)[1], faces.upright(index)[1], atol=1e-3)
        assert moved.kept[index].photo is faces.kept[index].photo
    assert moved.faces is others
