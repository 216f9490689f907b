"""Folding batch normalisations changes no answer, and leaves none behind."""

import copy

import pytest
import torch
from torch import nn

from facekp.checkpoint import InputSpec
from facekp.networks import build_network
from facekp.readout import LARGE, PackedConvolution, Readout, fold, pack


@pytest.mark.parametrize("name", ["resnet18", "resnet18-heatmap", "small-heatmap"])
def test_a_folded_network_answers_the_same(name):
    torch.manual_seed(0)
    network = build_network(name, 68, 1)
    network(4 * torch.rand(4, 1, 64, 64))  # in training mode, so that means and variances are no longer 0 and 1
    network.eval()
    folded = copy.deepcopy(network)
    fold(folded, torch.zeros(1, 1, 64, 64))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    crops = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(folded(crops), network(crops), atol=1e-4, rtol=1e-4)


def test_a_normalisation_before_a_convolution_stays():
    network = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 2, 3)).eval()
    fold(network, torch.zeros(1, 1, 8, 8))
    assert isinstance(network[0], nn.BatchNorm2d)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN")
@pytest.mark.parametrize("name", ["resnet18", "resnet18-heatmap", "face-detection-cnn"])
def test_a_packed_network_answers_the_same(name):
    torch.manual_seed(0)
    network = build_network(name, 68, 1).eval()
    packed = copy.deepcopy(network)
    pack(packed)
    assert all(module.weight.numel() < LARGE for module in packed.modules() if isinstance(module, nn.Conv2d))
    assert any(isinstance(module, PackedConvolution) for module in packed.modules())
    size = (224, 224) if name == "face-detection-cnn" else (64, 64)
    for count in (1, 3):
        crops = torch.rand(count, 1, *size).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            torch.testing.assert_close(packed(crops), network(crops), atol=1e-5, rtol=1e-5)


def test_grey_values_in_and_network_pixels_out():
    class Brightness(nn.Module):
        def forward(self, crops):
            return crops.mean(dim=(1, 2, 3))[:, None, None].expand(-1, 1, 2)

    spec = InputSpec(64, 1, mean=100.0, std=50.0, margin=1.0, looks=1, mirror=False, height=32)
    (points,) = Readout(Brightness(), spec)(torch.tensor([100.0, 150.0])[:, None, None, None].expand(-1, 1, 32, 64))
    torch.testing.assert_close(points[:, 0], torch.tensor([[31.5, 15.5], [63.5, 31.5]]))
