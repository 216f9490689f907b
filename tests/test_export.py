"""An exported model gives the library's points, and says how it is fed."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest

from facekp import FaceBox, FacekpError, KeypointPredictor, OutputError, load_image
from facekp.checkpoint import checkpoint_names, load_checkpoint
from facekp.cli import main
from facekp.crop import crop_round
from facekp.engines import make_engine
from facekp.export import export_onnx

SAME = 0.05
"""Photo pixels."""
PHOTOGRAPHS = 50


def test_the_commands_file_gives_the_librarys_points_and_tells_its_preprocessing(tmp_path, portrait, capsys):
    path = tmp_path / "face68.onnx"
    assert main(["export", "face68", str(path)]) == 0
    assert not capsys.readouterr().err
    checkpoint = load_checkpoint("face68")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    crop = crop_round(FaceBox(156, 190, 356, 390), checkpoint.input.size, checkpoint.input.margin)
    crops = crop.cut_grey(load_image(portrait))[None]
    found, *_ = session.run(["points"], {"crops": crops[:, None].astype(np.float32)})
    expected, _ = make_engine(checkpoint)(crops)
    assert np.abs(found - expected).max() < SAME
    told = session.get_modelmeta().custom_metadata_map
    assert told["facekp.sha256"] == checkpoint.sha256
    assert told["facekp.schema"] == "ibug68"
    assert "Convert the photo to grey" in told["facekp.preprocessing"]
    assert f"{checkpoint.input.margin:g} times the box's longer side" in told["facekp.preprocessing"]
    onnx.checker.check_model(path, full_check=True)


def test_the_same_points_on_photographs(data):
    from training.data import read_300w

    default, other = (KeypointPredictor.from_checkpoint("face68", engine=name) for name in ("torch", "onnxruntime"))
    step = len(faces := read_300w(data, "train")) // PHOTOGRAPHS
    found = 0
    for face in faces[: PHOTOGRAPHS * step : step]:
        image = load_image(face.photo)
        first = default.predict(image)
        for one, same in zip(first, other.predict(image, [each.box for each in first]), strict=True):
            assert np.abs(one.points - same.points).max() < SAME
            found += 1
    assert found >= PHOTOGRAPHS


@pytest.mark.parametrize("name", checkpoint_names())
def test_every_network_can_be_exported_and_takes_any_number_of_crops(name):
    checkpoint = load_checkpoint(name)
    torch, runtime = make_engine(checkpoint), make_engine(checkpoint, "onnxruntime")
    width, height = checkpoint.input.shape
    for count in (1, 3):
        crops = np.random.default_rng(0).integers(0, 256, (count, height, width), dtype=np.uint8)
        for one, other in zip(torch(crops), runtime(crops), strict=True):
            assert (one is None) == (other is None)
            assert one is None or np.abs(one - other).max() < SAME


def test_the_engine_behind_the_command(portrait, capsys):
    answers = []
    for engine in ("torch", "onnxruntime"):
        assert main(["detect", str(portrait), "--engine", engine, "--model", "face68-resnet18"]) == 0
        answers.append(np.array(json.loads(capsys.readouterr().out)[0]["faces"][0]["points"]))
    assert np.abs(answers[0] - answers[1]).max() < SAME


def test_wrong_names(random_checkpoint, tmp_path, capsys):
    with pytest.raises(FacekpError, match="no engine named 'abacus'; known are torch, onnxruntime"):
        make_engine(load_checkpoint(random_checkpoint), "abacus")
    with pytest.raises(OutputError, match="onnx"):
        export_onnx(load_checkpoint(random_checkpoint), tmp_path / "model.pt")
    assert main(["export", "none"]) == 2
    assert "there is no checkpoint 'none'" in capsys.readouterr().err


@pytest.mark.parametrize("package", ["onnxruntime", "onnx"])
def test_without_the_packages(random_checkpoint, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(FacekpError, match=r"install it with: pip install 'facekp\[onnx\]'"):
        make_engine(load_checkpoint(random_checkpoint), "onnxruntime")
