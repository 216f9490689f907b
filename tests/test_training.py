"""Training reads what it should and nothing else, moves points with pixels, and can go on where it stopped."""

import json
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
import torch

from facekp import FacekpError
from facekp.annotations import format_pts
from facekp.checkpoint import load_checkpoint
from facekp.crop import Crop, crop_round
from facekp.faces import FaceBox
from facekp.networks import cell_centres, soft_argmax
from facekp.predict import KeypointPredictor, Keypoints
from facekp.schema import IBUG68
from tests.drawn import draw_face, face_points
from training import evaluate, train_face68
from training.augment import augment, jitter, spoil
from training.config import TrainConfig
from training.data import IBUG_FOLDER, Face, FaceCrops, data_folder, read_300w, read_merl_rav, split_by_photograph
from training.engine import train_one_epoch
from training.losses import heatmap_loss, wing_loss


@dataclass(frozen=True)
class TinyConfig(TrainConfig):
    """A run of seconds."""

    sizes: tuple[int, ...] = (32, 48)
    stage_epochs: tuple[int, ...] = (1, 1)
    batch: int = 4
    epoch_samples: int = 8
    validation_share: float = 0.34


TINY = TinyConfig()
TINY_RECIPES = {
    "resnet18": TINY,
    "heatmap": replace(TINY, network="resnet18-heatmap", heatmap_weight=1.0, average_decay=0.5, sizes=(32, 64)),
}


@pytest.fixture
def drawn_data(tmp_path):
    """A data folder in the layout of the real one, of drawn faces."""
    rng = np.random.default_rng(0)
    ibug, merl = tmp_path / IBUG_FOLDER, tmp_path / "merl_rav"
    (ibug / "afw").mkdir(parents=True)
    (ibug / "splits").mkdir()
    merl.mkdir()
    names = [f"afw/{photo}_{face}" for photo in (11, 12, 13) for face in (1, 2)]
    for path in [ibug / name for name in names] + [merl / f"image{i}" for i in range(4)]:
        points = face_points(tuple(rng.uniform(95, 105, 2)), rng.uniform(90, 110), rng.uniform(100, 120))
        cv2.imwrite(str(path.with_suffix(".jpg")), draw_face(points)[:, :, ::-1])
        path.with_suffix(".pts").write_text(format_pts(points))
    (ibug / "splits" / "train.txt").write_text("\n".join(f"{name}.jpg" for name in names))
    (ibug / "scale.csv").write_text("file,scale\n" + "\n".join(f"{name}.jpg,0.5" for name in names))
    return tmp_path


def test_splits_of_the_real_data_share_no_photograph(data):
    training, validation = split_by_photograph(read_300w(data, "train"), 0.1, 0)
    assert len(training) + len(validation) == 1730
    tests = {face.photo for split in ("common", "dlib_test") for face in read_300w(data, split)}
    parts = [{face.photo for face in part} for part in (training, validation)] + [tests]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]


def test_faces_of_one_photograph_stay_together(drawn_data):
    training, validation = split_by_photograph(read_300w(drawn_data, "train"), 0.34, 0)
    assert len(validation) == 2
    assert len({face.photo.name[:2] for face in validation}) == 1
    assert not {face.photo.name[:2] for face in validation} & {face.photo.name[:2] for face in training}


def test_missing_data_is_told_with_its_source(tmp_path, monkeypatch):
    with pytest.raises(FacekpError, match=r"ibug_300W.* is missing; get the data set from http://dlib"):
        read_300w(tmp_path, "train")
    with pytest.raises(FacekpError, match=r"merl_rav is missing; get the data set from https://github"):
        read_merl_rav(tmp_path)
    monkeypatch.delenv("FACEKP_DATA", raising=False)
    with pytest.raises(FacekpError, match="give --data DIR, or set FACEKP_DATA"):
        data_folder(None)


def test_augmented_points_stay_on_their_pixels(monkeypatch):
    """A bright spot in the corner of an eye is where the augmented corner is: of the other eye, if mirrored."""
    monkeypatch.setattr("training.augment.spoil", lambda image, rng: image)
    points = face_points()
    ys, xs = np.mgrid[:220, :200]
    photo = (255 * np.exp(-((xs - points[36, 0]) ** 2 + (ys - points[36, 1]) ** 2) / 18)).astype(np.uint8)
    crop = Crop((100.0, 110.0), 150.0, 96)
    mirrored = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        image, target = augment(photo, points, crop, IBUG68, TrainConfig(), rng)
        weight = image.astype(float)
        found = [(weight * grid).sum() / weight.sum() for grid in np.mgrid[:96, :96][::-1]]
        distances = [float(np.linalg.norm(found - target[corner])) for corner in (36, 45)]
        assert min(distances) < 0.5
        mirrored.add(distances[1] < distances[0])
        # Mirrored or not, the person's right jaw is on the left of the picture.
        assert target[0, 0] < target[16, 0]
    assert mirrored == {True, False}


def test_jitter_is_bounded_and_spoiling_keeps_the_format():
    config, crop = TrainConfig(), Crop((100.0, 100.0), 80.0, 64)
    for seed in range(50):
        rng = np.random.default_rng(seed)
        moved = jitter(crop, config, rng)
        assert abs(moved.angle) <= np.radians(3 * config.rotation) + 1e-6
        assert 80 * np.exp(-3 * config.scale) - 1e-6 <= moved.side <= 80 * np.exp(3 * config.scale) + 1e-6
        spoiled = spoil(rng.integers(0, 256, (64, 64), dtype=np.uint8), rng)
        assert (spoiled.shape, spoiled.dtype) == ((64, 64), np.uint8)


def test_what_the_network_is_fed_depends_on_seed_epoch_and_index_only(drawn_data):
    faces = read_merl_rav(drawn_data)
    first, second = (FaceCrops(faces, TINY, augmented=True) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first[1], second[1], strict=True))
    second.set_epoch(1)
    assert second[1][0].shape == (1, 48, 48)
    assert not torch.equal(first[1][1], second[1][1])


def test_training_and_inference_cut_the_same_crop(drawn_data, random_checkpoint):
    """The network sees on a photo what it was trained on: same square, same grey, same scale."""
    predictor = KeypointPredictor.from_checkpoint(random_checkpoint)
    face = read_merl_rav(drawn_data)[0]
    pixels, target = FaceCrops([face], TINY, augmented=False)[0]
    crop = crop_round(FaceBox.around(face.points), predictor.checkpoint.input.size, predictor.checkpoint.input.margin)
    image = cv2.imread(str(face.photo))[:, :, ::-1]
    grey = cv2.cvtColor(crop.cut(np.ascontiguousarray(image)), cv2.COLOR_RGB2GRAY)
    assert np.abs((pixels[0].numpy() * 64 + 128) - grey).max() <= 1.5
    assert np.allclose((target.numpy() + 1) * 16 - 0.5, crop.to_network(face.points), atol=1e-3)


def test_wing_loss():
    zero = torch.zeros(1, 1, 2)
    assert wing_loss(zero, zero, 10, 2) == 0
    # Equation 5 by hand: 10 ln(1 + 1/2), and 20 - (10 - 10 ln 6).
    assert wing_loss(zero + 1, zero, 10, 2).item() == pytest.approx(10 * np.log(1.5))
    assert wing_loss(zero + 20, zero, 10, 2).item() == pytest.approx(10 + 10 * np.log(6), rel=1e-6)
    below, above = (wing_loss(zero + 10 + step, zero, 10, 2).item() for step in (-1e-4, 1e-4))
    assert above == pytest.approx(below, abs=1e-3)


def test_a_loss_that_is_not_finite_stops_the_run():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 4), torch.nn.Unflatten(1, (2, 2)))
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    schedule = torch.optim.lr_scheduler.ConstantLR(optimizer)
    batch = (torch.full((1, 1, 4, 4), float("nan")), torch.zeros(1, 2, 2))
    with pytest.raises(FloatingPointError, match="loss became nan"):
        train_one_epoch(network, [batch], optimizer, schedule, TINY, torch.device("cpu"), bfloat16=False)


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"share_300w": 1.5}, {"sizes": (64,)}, {"stage_epochs": (1, 0, 1)}, {"wing_width": -1.0}]
)
def test_hyper_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(TrainConfig(), **wrong)


def test_sizes_follow_the_epochs():
    assert [TINY.size_at(epoch) for epoch in range(TINY.epochs)] == [32, 48]


def train(monkeypatch, data, folder, *options, recipe="resnet18", stop_after=None):
    """Run the training script on drawn faces; gives its history."""
    monkeypatch.setitem(train_face68.RECIPES, recipe, TINY_RECIPES[recipe])
    monkeypatch.setattr(
        "sys.argv",
        [
            "train_face68",
            "--data",
            str(data),
            "--out",
            str(folder / "out"),
            "--run",
            str(folder / "run"),
            "--seed",
            "3",
            "--recipe",
            recipe,
            *options,
        ],
    )
    if stop_after is not None:
        kept = train_face68.keep

        def keep_then_stop(*arguments):
            kept(*arguments)
            if len(arguments[-1]) == stop_after:
                raise KeyboardInterrupt

        monkeypatch.setattr(train_face68, "keep", keep_then_stop)
        with pytest.raises(KeyboardInterrupt):
            train_face68.main()
        monkeypatch.setattr(train_face68, "keep", kept)
    train_face68.main()
    return json.loads((folder / "out" / "history.json").read_text())


def test_a_run_is_repeated_by_its_seed_and_goes_on_where_it_stopped(drawn_data, tmp_path, monkeypatch):
    whole = train(monkeypatch, drawn_data, tmp_path / "whole")
    halved = train(monkeypatch, drawn_data, tmp_path / "halved", stop_after=1)
    losses = [[record["training_loss"] for record in history] for history in (whole, halved)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert [record["size"] for record in whole] == [32, 48]

    checkpoint = load_checkpoint(tmp_path / "whole" / "out")
    best = min(whole, key=lambda record: record["validation_nme"])
    assert checkpoint.card["chosen"]["epoch"] == best["epoch"]
    assert checkpoint.input.size == best["size"]
    assert checkpoint.card["data"]["counts"] == {"300w_train": 4, "merl_rav": 4, "validation": 2}


def test_the_heatmap_network_goes_on_from_a_plain_one_and_keeps_its_average(drawn_data, tmp_path, monkeypatch):
    train(monkeypatch, drawn_data, tmp_path / "plain")
    start = ("--start", str(tmp_path / "plain" / "out"))
    whole = train(monkeypatch, drawn_data, tmp_path / "whole", *start, recipe="heatmap")
    halved = train(monkeypatch, drawn_data, tmp_path / "halved", *start, recipe="heatmap", stop_after=1)
    for number in ("training_loss", "validation_nme"):
        assert [r[number] for r in whole] == pytest.approx([r[number] for r in halved], rel=1e-4)
    assert load_checkpoint(tmp_path / "whole" / "out").card["network"] == "resnet18-heatmap"


def test_the_read_out_of_a_peak_is_its_place_and_its_loss_is_least_there():
    target = torch.tensor([[[0.25, -0.5]]])
    centres = cell_centres(16)
    away = ((centres[None, :] - 0.25) ** 2 + (centres[:, None] + 0.5) ** 2) * 64
    peak = -away[None, None] / (2 * 1.2**2)
    torch.testing.assert_close(soft_argmax(peak), target, atol=1e-3, rtol=0)
    at_truth = heatmap_loss(peak, target, 1.2)
    assert at_truth < heatmap_loss(peak.roll(2, dims=3), target, 1.2)
    assert at_truth < heatmap_loss(torch.zeros_like(peak), target, 1.2)
    assert heatmap_loss(peak, target + 2, 1.2) == 0, "a point outside the crop has no heatmap"


def test_a_missed_face_counts_as_an_error_of_all(drawn_data):
    class HalfBlind:
        """Finds the first face exactly, and nothing on the others."""

        schema = IBUG68

        def __init__(self, faces):
            self.answers = [[Keypoints(faces[0].points.copy(), FaceBox.around(faces[0].points), 1.0, IBUG68)], []]

        def predict(self, image):
            return self.answers.pop(0)

    faces = read_300w(drawn_data, "train")[:2]
    scales = evaluate.original_scales(drawn_data, faces)
    measured = evaluate.measure(HalfBlind(faces), faces, scales, "command")
    assert scales.tolist() == [0.5, 0.5]
    assert (measured.photographs, measured.missed) == (2, 1)
    assert measured.nme_percent == 50
    assert measured.failures_above_10_percent == 50
    assert measured.mae_original_pixels == 0


def test_an_error_in_original_pixels(drawn_data):
    faces = read_300w(drawn_data, "train")[:1]

    class OffByThree:
        schema = IBUG68

        def predict(self, image):
            return [Keypoints(faces[0].points + np.float32(3), FaceBox.around(faces[0].points), 1.0, IBUG68)]

    measured = evaluate.measure(OffByThree(), faces, evaluate.original_scales(drawn_data, faces), "command")
    assert measured.mae_original_pixels == pytest.approx(6, abs=1e-3)


def test_a_face_is_a_photograph_and_its_points(drawn_data):
    face = read_merl_rav(drawn_data)[0]
    assert isinstance(face, Face)
    assert face.photo.is_file()
    assert face.points.shape == (68, 2)
