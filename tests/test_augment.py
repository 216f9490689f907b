"""Augmentation moves points with pixels, exchanges left and right, and depends on the seed alone."""

import importlib
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from facekp.crop import Crop, crop_round, mirror_crop
from facekp.faces import FaceBox
from facekp.heatmaps import cell_centres, moments, soft_argmax
from facekp.inventory import checkpoints_folder
from facekp.predict import KeypointPredictor
from facekp.schema import IBUG68, IMM58, NOSE, SCHEMAS
from tests.drawn import draw_face, face_points
from tests.drawn_sets import write_small_300w, write_small_imm
from training.augment import augment, jitter, spoil
from training.config import RECIPES, TrainConfig
from training.data import read_300w, read_imm
from training.loaders import FaceCrops, ShardedBatches, draw
from training.losses import heatmap_loss, mse_loss, wing_loss
from training.show_samples import STAGES, samples, sheet

TINY = TrainConfig(sizes=(32, 48), stage_epochs=(1, 1), batch=4, epoch_samples=8)


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


@pytest.mark.parametrize(
    ("schema", "right", "left"),
    [
        (NOSE, "nose tip", "nose tip"),
        (IMM58, "right brow 1", "left brow 1"),
        (IMM58, "right eye 1", "left eye 1"),
        (IMM58, "jaw 1", "jaw 13"),
        (IBUG68, "right brow 1", "left brow 5"),
        (IBUG68, "right eye 1", "left eye 4"),
        (IBUG68, "jaw 1", "jaw 17"),
        (IBUG68, "outer lips 1", "outer lips 7"),
        (IBUG68, "nose bridge 1", "nose bridge 1"),
    ],
)
def test_a_mirrored_face_has_its_left_and_right_exchanged_by_name(schema, right, left):
    """What is drawn at one point is found, in the mirrored crop, at its partner's."""
    i, j = schema.names.index(right), schema.names.index(left)
    points = np.random.default_rng(0).uniform(8, 56, (len(schema), 2)).round().astype(np.float32)
    image = np.zeros((64, 64), np.uint8)
    image[int(points[i, 1]), int(points[i, 0])] = 255
    mirrored, moved = mirror_crop(image), schema.mirror_points(points, 64)
    assert mirrored[int(moved[j, 1]), int(moved[j, 0])] == 255
    np.testing.assert_array_equal(schema.mirror_points(moved, 64), points)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=lambda schema: schema.name)
def test_no_name_on_the_right_stays_there_in_a_mirror(schema):
    for i, name in enumerate(schema.names):
        partner = schema.names[schema.mirror[i]]
        if name.startswith(("right", "left")):
            assert partner.split()[1] == name.split()[1]
            assert partner.split()[0] != name.split()[0]


def test_points_move_as_torchvision_moves_them():
    """An independent witness: the same turn and scale by torchvision's transforms on its own key points."""
    importlib.import_module("facekp._torchvision")
    from torchvision import tv_tensors
    from torchvision.transforms.v2 import functional

    size, degrees, zoom = 96, 25.0, 1.3
    points = np.random.default_rng(1).uniform(10, 86, (68, 2)).astype(np.float32)
    crop = Crop(((size - 1) / 2, (size - 1) / 2), size / zoom, size, np.radians(degrees))
    # torchvision counts from a pixel's corner: its coordinate is ours and a half.
    theirs = functional.affine(
        tv_tensors.KeyPoints(points + 0.5, canvas_size=(size, size)),
        angle=-degrees, translate=[0, 0], scale=zoom, shear=[0, 0],
    )  # fmt: skip
    np.testing.assert_allclose(crop.to_network(points), theirs.numpy() - 0.5, atol=0.02)


def test_jitter_is_bounded_and_spoiling_keeps_the_format():
    config, crop = TrainConfig(), Crop((100.0, 100.0), 80.0, 64)
    for seed in range(50):
        rng = np.random.default_rng(seed)
        moved = jitter(crop, config, rng)
        assert abs(moved.angle) <= np.radians(3 * config.rotation) + 1e-6
        assert 80 * np.exp(-3 * config.scale) - 1e-6 <= moved.side <= 80 * np.exp(3 * config.scale) + 1e-6
        spoiled = spoil(rng.integers(0, 256, (64, 64), dtype=np.uint8), rng)
        assert (spoiled.shape, spoiled.dtype) == ((64, 64), np.uint8)


def test_what_the_network_is_fed_depends_on_seed_epoch_and_index_only(tmp_path):
    write_small_300w(tmp_path)
    faces = read_300w(tmp_path, "train")[:3]
    first, second = (FaceCrops(faces, TINY, augmented=True) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first[1], second[1], strict=True))
    second.set_epoch(1)
    assert second[1][0].shape == (1, 48, 48)
    assert not torch.equal(first[1][1], second[1][1])


def test_training_and_inference_cut_the_same_crop(tmp_path, random_checkpoint):
    """The network sees on a photo what it was trained on: same square, same grey, same scale."""
    write_small_300w(tmp_path)
    predictor = KeypointPredictor.from_checkpoint(random_checkpoint)
    face = read_300w(tmp_path, "train")[0]
    points = face_points()
    cv2.imwrite(str(face.photo), draw_face(points)[:, :, ::-1])
    face = replace(face, points=points)
    pixels, target = FaceCrops([face], TINY, augmented=False)[0]
    crop = crop_round(FaceBox.around(points), predictor.checkpoint.input.size, predictor.checkpoint.input.margin)
    image = cv2.imread(str(face.photo))[:, :, ::-1]
    grey = cv2.cvtColor(crop.cut(np.ascontiguousarray(image)), cv2.COLOR_RGB2GRAY)
    assert np.abs((pixels[0].numpy() * 64 + 128) - grey).max() <= 1.5
    assert np.allclose((target.numpy() + 1) * 16 - 0.5, crop.to_network(points), atol=1e-3)


def test_an_epoch_is_drawn_by_its_seed_and_shared_by_processes():
    config = replace(TINY, epoch_samples=50)
    order = draw(10, config, 3, [0.0] * 5 + [1.0] * 5)
    assert order == draw(10, config, 3, [0.0] * 5 + [1.0] * 5)
    assert order != draw(10, config, 4, [0.0] * 5 + [1.0] * 5)
    assert set(order) == {5, 6, 7, 8, 9}
    assert sorted(draw(10, config, 0)) == list(range(10))
    whole = list(ShardedBatches(order, 4))
    halves = [list(ShardedBatches(order, 4, rank, 2)) for rank in (0, 1)]
    assert whole == [a + b for a, b in zip(*halves, strict=True)]
    assert len(whole) == 12
    with pytest.raises(ValueError, match="a batch of 5 cannot be shared by 2"):
        ShardedBatches(order, 5, 0, 2)


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_shown_of_a_network_is_what_it_was_fed(stage):
    recipe = json.loads((checkpoints_folder() / stage / "card.json").read_text())["recipe"]
    config = RECIPES[STAGES[stage]]
    assert tuple(recipe["sizes"]) == config.sizes
    for name in ("network", "height", "margin", "augmentation", "rotation", "scale", "shift"):
        assert recipe[name] == getattr(config, name)
    assert recipe.get("level", False) == config.level


@pytest.mark.parametrize("stage", STAGES)
def test_a_sheet_shows_what_a_stage_is_fed(stage, tmp_path):
    if stage.startswith("face68"):
        write_small_300w(tmp_path)
        faces = read_300w(tmp_path, "train")
    else:
        write_small_imm(tmp_path)
        faces = read_imm(tmp_path, "train")
    config = RECIPES[STAGES[stage]]
    rows = [samples(stage, faces, count=2, seed=1, augmented=augmented) for augmented in (False, True)]
    again = samples(stage, faces, count=2, seed=1, augmented=True)
    for image, points in rows[0] + rows[1]:
        assert image.shape == (config.height or config.sizes[-1], config.sizes[-1], 3)
        assert points.shape == (len(config.points), 2)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(rows[1], again, strict=True))
    picture = sheet(rows, config.points)
    assert (picture.dtype, picture.shape[0]) == (np.uint8, 448)
    green = (picture[..., 1] > 150) & (picture[..., 0] < 100) & (picture[..., 2] < 110)
    assert green.any(), "true points are drawn in green"


def test_wing_loss():
    zero = torch.zeros(1, 1, 2)
    assert wing_loss(zero, zero, 10, 2) == 0
    # Equation 5 by hand: 10 ln(1 + 1/2), and 20 - (10 - 10 ln 6).
    assert wing_loss(zero + 1, zero, 10, 2).item() == pytest.approx(10 * np.log(1.5))
    assert wing_loss(zero + 20, zero, 10, 2).item() == pytest.approx(10 + 10 * np.log(6), rel=1e-6)
    below, above = (wing_loss(zero + 10 + step, zero, 10, 2).item() for step in (-1e-4, 1e-4))
    assert above == pytest.approx(below, abs=1e-3)


def test_mean_squared_error():
    target = torch.tensor([[[0.5, -0.5]]])
    # Relative coordinates span two units, a picture's own one: 0.05 and 0.15 of the picture.
    expected = (0.05**2 + 0.15**2) / 2
    assert mse_loss(target + torch.tensor([0.1, 0.3]), target).item() == pytest.approx(expected, rel=1e-5)


def test_heatmaps_are_read_alike_however_they_lie_in_memory():
    logits = 5 * torch.randn(2, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    other = logits.contiguous(memory_format=torch.channels_last)
    assert not other.is_contiguous()
    for one, same in zip(moments(logits), moments(other), strict=True):
        torch.testing.assert_close(one, same)
    weights = logits.flatten(2).softmax(dim=2)
    y, x = torch.meshgrid(cell_centres(4), cell_centres(6), indexing="ij")
    means = torch.stack([(weights * each.flatten()).sum(dim=2) for each in (x, y)], dim=2)
    torch.testing.assert_close(moments(logits)[0], means)


def test_the_spread_of_a_heatmap_is_its_standard_deviation():
    x, y = torch.meshgrid(cell_centres(64), cell_centres(64), indexing="xy")
    logits = -((x - 0.1) ** 2 / (2 * 0.06**2) + (y + 0.2) ** 2 / (2 * 0.08**2))
    place, spread = moments(logits.repeat(2, 3, 1, 1))
    torch.testing.assert_close(place, torch.tensor([0.1, -0.2]).expand(2, 3, 2), atol=1e-3, rtol=0)
    torch.testing.assert_close(spread, torch.full((2, 3), 0.1), atol=1e-3, rtol=0)


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
