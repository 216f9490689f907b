"""What is fitted is what was there, and what is told of it is what was measured."""

import json

import numpy as np
import pytest
import torch

from facekp import FaceBox, FacekpError, KeypointPredictor
from facekp.checkpoint import load_checkpoint, save_checkpoint
from facekp.faces import BoxFit, Detection
from facekp.images import load_image
from facekp.networks import build_network
from facekp.reliability import read_confidence
from tests.conftest import ROOT
from tests.drawn_sets import IBUG_CARD, write_small_300w
from training import calibrate, confidence
from training.calibrate import fit_errors, fit_score
from training.confidence import area_under_curve, calibration_bins
from training.splits import read_split
from training.spreads import background_boxes, scene


def test_levels_and_slope_are_found_again():
    rng = np.random.default_rng(0)
    levels = rng.normal(-2, 0.4, 5)
    logs = rng.normal(-2.5, 0.5, (4000, 5))
    errors = np.exp(levels + 0.6 * logs) * rng.exponential(size=logs.shape)
    found, slope = fit_errors(logs, errors)
    assert slope == pytest.approx(0.6, abs=0.03)
    np.testing.assert_allclose(found, levels, atol=0.1)


def test_scores_tell_faces_from_the_rest_without_being_a_step():
    faces, others = np.linspace(-2.6, -2.0, 200), np.linspace(-1.6, -0.6, 150)
    offset, weight = fit_score(faces, others)
    scores = [1 / (1 + np.exp(-(offset + weight * value))) for value in (-2.6, -2.0, -1.8, -1.6, -0.6)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.99 > scores[1] > 0.9 > scores[2] > 0.2 > scores[3] > scores[4]


def test_bins_hold_as_many_points_each_and_their_means():
    predicted = np.random.default_rng(0).permutation(np.arange(1.0, 101.0))
    bins = calibration_bins(predicted, 2 * predicted)
    assert bins["predicted_pixels"] == pytest.approx(np.arange(5.5, 100, 10))
    assert bins["measured_pixels"] == pytest.approx(np.arange(11, 200, 20))
    assert bins["factors"] == [2] * 10
    assert calibration_bins(2 * predicted, predicted)["factors"] == [2] * 10


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order():
    assert area_under_curve(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1
    assert area_under_curve(np.array([1.0, 4.0]), np.array([2.0, 3.0])) == 0.5
    assert area_under_curve(np.array([1.0, 1.0]), np.array([1.0])) == 0.5


def test_backgrounds_lie_in_the_picture_and_away_from_faces():
    photo, rng = np.zeros((300, 400, 3), np.uint8), np.random.default_rng(0)
    face = FaceBox(150, 100, 250, 200)
    boxes = [box for _ in range(50) for box in background_boxes(photo, [face], 1.5, rng)]
    assert len(boxes) > 25
    for box in boxes:
        rim = 0.25 * box.width
        assert box.width >= 24
        assert 0 <= box.x_min < box.x_max <= 400
        assert 0 <= box.y_min < box.y_max <= 300
        assert FaceBox(box.x_min - rim, box.y_min - rim, box.x_max + rim, box.y_max + rim).overlap(face) == 0
    assert background_boxes(photo[:30], [face], 1.5, rng) == [], "no room"


class Truth:
    """A detector that always finds the drawn heads where they are drawn: in the middle."""

    fit = BoxFit(right=0.0, down=0.0, side=1.0)

    def detect(self, image):
        return [Detection(FaceBox(250, 180, 390, 320), 1.0)]


def test_what_is_shown_of_a_photograph(tmp_path):
    write_small_300w(tmp_path)
    samples = read_split(tmp_path, IBUG_CARD, "common")
    shown = scene(samples, 0, Truth(), 1.2)
    plain, covered = shown.faces
    assert plain.hidden is None
    assert plain.points is covered.points is samples[0].points
    assert 3 < covered.hidden.sum() < 60
    assert all(each.points is None for each in shown.backgrounds)
    again = scene(samples, 0, Truth(), 1.2)
    assert (again.faces[1].hidden == covered.hidden).all(), "the same every time"
    Truth.detect = lambda self, image: []
    assert scene(samples, 0, Truth(), 1.2).faces == ()


@pytest.fixture
def heatmaps(tmp_path, monkeypatch):
    """A folder of drawn data, and a random network with heatmaps in it."""
    write_small_300w(tmp_path)
    monkeypatch.setattr(Truth, "detect", lambda self, image: [Detection(FaceBox(250, 180, 390, 320), 1.0)])
    for module in (calibrate, confidence):
        monkeypatch.setattr(module, "face_detector", lambda name: Truth())
    torch.manual_seed(0)
    spec = {"size": 64, "channels": 1, "mean": 128.0, "std": 64.0, "margin": 1.2, "looks": 1, "mirror": True}
    card = {"schema": "ibug68", "network": "small-heatmap", "input": spec, **IBUG_CARD}
    save_checkpoint(tmp_path / "random", build_network("small-heatmap", 68, 1), card)
    return tmp_path


def run(monkeypatch, module, *arguments):
    monkeypatch.setattr("sys.argv", [module.__name__, *map(str, arguments)])
    module.main()


def test_from_a_network_to_its_confidence_and_what_it_is_worth(monkeypatch, capsys, heatmaps):
    folder, data = heatmaps / "random", ["--data", heatmaps]
    with pytest.raises(FacekpError, match=r"random has no confidence; fit one with: python -m training\.calibrate"):
        run(monkeypatch, confidence, "--checkpoint", folder, *data)
    run(monkeypatch, calibrate, "--checkpoint", folder, *data)
    checkpoint = load_checkpoint(folder)
    entry = checkpoint.card["confidence"]
    assert entry["weights_sha256"] == checkpoint.weights_sha256
    assert entry["fitted_on"]["number"] == 2 * 4, "four validation faces, plain and covered"
    assert checkpoint.confidence.levels.shape == (68,)

    run(monkeypatch, confidence, "--checkpoint", folder, *data, "--limit", 1)
    assert read_confidence(folder) is None
    run(monkeypatch, confidence, "--checkpoint", folder, *data)
    results = read_confidence(folder)
    assert (results.photographs, results.missed, len(results.bins["factors"])) == (2, 0, 10)
    assert results.covered["hidden"]["points"] + results.covered["seen"]["points"] == 2 * 68
    assert 0 <= results.background["auc"] <= 1
    assert f"area under the curve {results.background['auc']:.4f}" in capsys.readouterr().out


def test_uncertainties_are_photo_pixels_and_given_boxes_are_scored(monkeypatch, heatmaps, portrait):
    folder, image = heatmaps / "random", load_image(portrait)
    box = FaceBox(156, 190, 356, 390)
    (before,) = KeypointPredictor.from_checkpoint(folder).predict(image, boxes=[box])
    assert (before.uncertainty, before.score, before.detection) == (None, 1, 1)
    run(monkeypatch, calibrate, "--checkpoint", folder, "--data", heatmaps)
    predictor = KeypointPredictor.from_checkpoint(folder)
    (face,) = predictor.predict(image, boxes=[box])
    assert np.array_equal(face.points, before.points)
    assert face.uncertainty.shape == (68,)
    assert face.uncertainty.dtype == np.float32
    assert (face.uncertainty > 0).all()
    assert face.detection == 1 > face.score > 0
    large = np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)
    (there,) = predictor.predict(large, boxes=[FaceBox(312.5, 380.5, 712.5, 780.5)])
    np.testing.assert_allclose(there.uncertainty, 2 * face.uncertainty, rtol=0.02)
    with pytest.raises(ValueError, match="read-only"):
        face.uncertainty[0] = 0


def test_networks_without_heatmaps_are_refused(monkeypatch, random_checkpoint):
    with pytest.raises(FacekpError, match="has no heatmaps to tell its confidence from"):
        run(monkeypatch, calibrate, "--checkpoint", random_checkpoint, "--data", "nowhere")


@pytest.mark.parametrize("path", sorted((ROOT / "checkpoints").glob("*/card.json")), ids=lambda path: path.parent.name)
def test_the_calibration_of_a_card_is_that_of_its_weights(path):
    card, sha256 = json.loads(path.read_text()), load_checkpoint(path.parent).weights_sha256
    if "heatmap" in card["network"]:
        assert card["confidence"]["weights_sha256"] == sha256, "run python -m training.calibrate"
    else:
        assert "confidence" not in card
