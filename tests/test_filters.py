"""The filters of a network, and what they answer to, are those of the network itself."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from facekp import CheckpointError, FacekpError, NoFaceError, first_layer_filters, first_layer_response, load_image
from facekp.checkpoint import Checkpoint, InputSpec, load_checkpoint
from facekp.crop import crop_round
from facekp.faces import FaceBox, face_detector
from facekp.filters import UNTRAINED, first_crop, untrained_filters
from facekp.networks import build_network
from facekp.predict import KeypointPredictor
from facekp.schema import IBUG68, NOSE


def made_by_hand(network: torch.nn.Module, size: int = 32, height: int | None = None) -> Checkpoint:
    """A checkpoint round a network, with grey values as they are."""
    spec = InputSpec(size, 1, mean=0.0, std=1.0, margin=1.0, looks=1, mirror=False, height=height)
    return Checkpoint("by hand", lambda: network, NOSE, spec, {}, "0")


@pytest.fixture
def edges() -> torch.nn.Module:
    """One filter that answers to what is brighter on the right than on the left, plus 5."""
    convolution = torch.nn.Conv2d(1, 1, 3)
    with torch.no_grad():
        convolution.weight[:] = torch.tensor([[[[0.0, 0, 0], [-1, 0, 1], [0, 0, 0]]]])
        convolution.bias[:] = 5
    return torch.nn.Sequential(convolution, torch.nn.ReLU())


@pytest.fixture
def step() -> np.ndarray:
    """Black up to column 15, then white."""
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:, 16:] = 255
    return picture


def test_an_edge_filter_answers_at_the_edge_only(edges, step):
    response = first_layer_response(made_by_hand(edges), step, FaceBox(-0.5, -0.5, 31.5, 31.5))
    assert (response.shape, response.dtype) == ((1, 30, 30), np.float32)
    # Without padding, column j of the answer is column j + 1 of the crop.
    assert np.flatnonzero(response[0, 10] != 5).tolist() == [14, 15]
    assert response[0, :, 14:16] == pytest.approx(260)
    assert (
        first_layer_response(made_by_hand(edges), step[:, ::-1].copy(), FaceBox(-0.5, -0.5, 31.5, 31.5)).min() == -250
    )


def test_a_network_of_whole_pictures_answers_on_the_whole_picture(edges, step):
    wide = np.concatenate([step, step[:, ::-1]], axis=1)
    response = first_layer_response(made_by_hand(edges, 64, height=32), wide)
    assert response.shape == (1, 30, 62)
    assert (response[0, 3, 14], response[0, 3, 46]) == (260, -250)
    with pytest.raises(FacekpError, match="takes no box"):
        first_layer_response(made_by_hand(edges, 64, height=32), wide, FaceBox(0, 0, 9, 9))


def test_filters_lie_as_they_lie_over_the_picture(edges):
    filters = first_layer_filters(made_by_hand(edges))
    assert (filters.shape, filters.dtype) == ((1, 1, 3, 3), np.float32)
    assert filters[0, 0, 1].tolist() == [-1, 0, 1]
    filters[:] = 9
    assert first_layer_filters(made_by_hand(edges))[0, 0, 1, 0] == -1, "the network's own weights must stay"


@pytest.mark.parametrize(
    ("name", "size", "options", "shape"),
    [
        ("resnet18", 64, {}, (64, 1, 7, 7)),
        ("resnet18-heatmap", 64, {}, (64, 1, 7, 7)),
        ("nose-cnn", 32, {"width": 32, "height": 32, "kernel_size": 7}, (12, 1, 7, 7)),
        ("face-detection-cnn", 224, {}, (6, 1, 5, 5)),
    ],
)
def test_the_response_is_what_the_network_computes_first(portrait, name, size, options, shape):
    checkpoint = made_by_hand(build_network(name, 1, 1, **options).eval(), size)
    assert first_layer_filters(checkpoint).shape == shape
    image = load_image(portrait)
    seen = []
    first = next(module for module in checkpoint.network.modules() if isinstance(module, torch.nn.Conv2d))
    first.register_forward_hook(lambda module, fed, answer: seen.append(answer[0].detach().numpy()))
    box = face_detector().detect(image)[0].box
    crop = crop_round(box, size, 1.0).cut_grey(image)
    checkpoint.network(torch.from_numpy(crop).float()[None, None])
    np.testing.assert_allclose(first_layer_response(checkpoint, image), seen[0], rtol=1e-5, atol=1e-3)


def test_behind_a_scout_the_network_sees_a_crop_with_level_eyes(portrait):
    image = load_image(portrait)
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 1.0)
    leaning = np.asarray(cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
    checkpoint = load_checkpoint("face68")
    predictor = KeypointPredictor(checkpoint)
    box = predictor.detector.detect(leaning)[0].box
    seen, engine = [], predictor.locator.engine
    predictor.locator.engine = lambda crops: seen.append(crops) or engine(crops)
    predictor.predict(leaning, [box])
    np.testing.assert_array_equal(first_crop(checkpoint, leaning, box).cut_grey(leaning), seen[0][0])


def test_grey_values_enter_as_the_card_says(edges, step):
    box = FaceBox(-0.5, -0.5, 31.5, 31.5)
    plain = made_by_hand(edges)
    halved = replace(plain, input=replace(plain.input, mean=100.0, std=2.0))
    assert first_layer_response(halved, step, box)[0, 3, 14] == pytest.approx(5 + 255 / 2)


def test_other_filters_answer_in_the_place_of_the_networks_own(edges, step, random_checkpoint, portrait):
    box, own = FaceBox(-0.5, -0.5, 31.5, 31.5), made_by_hand(edges)
    twice = first_layer_response(own, step, box, 2 * first_layer_filters(own))
    np.testing.assert_allclose(twice, 2 * (first_layer_response(own, step, box) - 5), atol=1e-3)  # 5: its bias
    strided, image = load_checkpoint(random_checkpoint), load_image(portrait)
    same = first_layer_response(strided, image, filters=first_layer_filters(strided))
    np.testing.assert_allclose(same, first_layer_response(strided, image), atol=1e-4)


def test_without_a_face_there_is_nothing_to_answer_to(random_checkpoint, noise):
    with pytest.raises(NoFaceError, match="no face was found"):
        first_layer_response(load_checkpoint(random_checkpoint), noise)


def test_a_network_without_convolution_has_no_filters():
    with pytest.raises(CheckpointError, match="by hand has no convolution"):
        first_layer_filters(made_by_hand(torch.nn.Linear(2, 2)))


def test_the_filters_before_the_training(tmp_path):
    with pytest.raises(CheckpointError, match=r"conv1_untrained.safetensors is missing: .* were not kept"):
        untrained_filters(tmp_path)
    filters = torch.randn(6, 1, 5, 5)
    save_file({"conv1": filters.half()}, tmp_path / UNTRAINED)
    assert untrained_filters(tmp_path).dtype == np.float32
    np.testing.assert_allclose(untrained_filters(tmp_path), filters.numpy(), atol=2e-3)
    for wrong in ({"conv1": filters, "conv2": filters.clone()}, {"conv1": filters[0].clone()}):
        save_file(wrong, tmp_path / UNTRAINED)
        with pytest.raises(CheckpointError, match=r"holds \['conv1'.*\] instead of one tensor of filters"):
            untrained_filters(tmp_path)
    (tmp_path / UNTRAINED).write_bytes(b"short")
    with pytest.raises(CheckpointError, match="cut short"):
        untrained_filters(tmp_path)


def test_filters_of_a_stored_checkpoint_are_its_weights(random_checkpoint):
    checkpoint = load_checkpoint(random_checkpoint)
    assert checkpoint.schema is IBUG68
    np.testing.assert_array_equal(first_layer_filters(checkpoint), checkpoint.network.net.conv1.weight.numpy())
