"""A checkpoint is loaded strictly, or refused in one sentence; no code in it is run."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from facekp import CheckpointError
from facekp.checkpoint import load_checkpoint, save_checkpoint
from facekp.inventory import CARD, WEIGHTS, checkpoint_names, checkpoints_folder, weights_sha256
from facekp.networks import ResNet18, build_network
from facekp.resnet import Trunk


@pytest.fixture
def folder(random_checkpoint, tmp_path):
    """A copy that a test may break."""
    return shutil.copytree(random_checkpoint, tmp_path / "broken")


def change_card(folder, **changes):
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, **changes}))


def change_input(folder, **changes):
    change_card(folder, input=json.loads((folder / CARD).read_text())["input"] | changes)


def test_there_and_back_gives_the_same_answers(tmp_path, random_checkpoint):
    first = load_checkpoint(random_checkpoint)
    save_checkpoint(tmp_path / "again", first.network, first.card)
    second = load_checkpoint(tmp_path / "again")
    crops = torch.rand(2, 1, 32, 32)
    assert torch.equal(first.network(crops), second.network(crops))
    assert first.sha256 == second.sha256
    assert not second.network.training
    assert not any(parameter.requires_grad for parameter in second.network.parameters())


def test_the_network_is_torchvisions_resnet18_but_for_its_ends():
    network = ResNet18(68).net
    assert network.conv1.in_channels == 1
    assert network.fc.out_features == 136
    assert type(network).__module__.startswith("torchvision")
    assert network(torch.rand(1, 1, 64, 64)).shape == (1, 136)


def test_the_trunk_is_torchvisions_resnet18_without_its_end():
    torch.manual_seed(0)
    whole = ResNet18(68).net.eval()
    trunk = Trunk(1).eval()
    state = {key: value for key, value in whole.state_dict().items() if not key.startswith("fc.")}
    trunk.load_state_dict(state)
    crops = torch.rand(2, 1, 64, 64)
    mean = trunk(crops)[-1].mean(dim=(2, 3))
    torch.testing.assert_close(whole.fc(mean), whole(crops))
    assert [each.shape[1:] for each in trunk(crops)] == [(64, 16, 16), (128, 8, 8), (256, 4, 4), (512, 2, 2)]


def test_no_such_checkpoint():
    with pytest.raises(CheckpointError, match=r"there is no checkpoint 'none'; give a folder, or one of: .*face68"):
        load_checkpoint("none")
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        load_checkpoint("n" * 300)


def test_folder_without_card_or_weights(folder):
    (folder / WEIGHTS).rename(folder / "aside")
    with pytest.raises(CheckpointError, match=f"has no {WEIGHTS}"):
        load_checkpoint(folder)
    (folder / CARD).unlink()
    with pytest.raises(CheckpointError, match=f"has no {CARD}"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", [WEIGHTS, CARD])
def test_a_file_that_cannot_be_read(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(CheckpointError, match=f"{name} cannot be read: Is a directory"):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", ["", "no json", "[1]"])
def test_card_that_is_no_card(folder, text):
    (folder / CARD).write_text(text)
    with pytest.raises(CheckpointError, match=r"card\.json"):
        load_checkpoint(folder)


INPUT = {"size": 32, "channels": 1, "mean": 0.0, "std": 1.0, "margin": 1.0, "looks": 1, "mirror": False}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": "vgg"}, "no network named 'vgg'"),
        ({"schema": "ears"}, "ears"),
        ({"input": {"size": 32}}, "missing"),
        ({"input": INPUT | {"size": 0}}, "makes no sense"),
        ({"input": INPUT | {"size": 128.5}}, "makes no sense"),
        ({"input": INPUT | {"scout": 5}}, "makes no sense"),
        ({"input": INPUT | {"std": "wide"}}, "does not understand"),
        ({"schema": "imm58"}, r"fc\..* has shape"),
    ],
)
def test_card_that_does_not_fit(folder, changes, words):
    change_card(folder, **changes)
    with pytest.raises(CheckpointError, match=words):
        load_checkpoint(folder)


def test_weights_cut_short(folder):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError, match="cut short"):
        load_checkpoint(folder)


def test_weights_with_a_tensor_missing_or_too_many(folder):
    tensors = load_file(folder / WEIGHTS)
    save_file({key: value for key, value in tensors.items() if key != "net.fc.bias"}, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match=r"1 tensors missing \['net.fc.bias'\]"):
        load_checkpoint(folder)
    save_file({**tensors, "extra": torch.zeros(1)}, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match=r"1 unknown \['extra'\]"):
        load_checkpoint(folder)


def test_a_scout_is_loaded_from_beside(scouted, random_checkpoint):
    checkpoint = load_checkpoint(scouted)
    assert checkpoint.scout.sha256 == load_checkpoint(random_checkpoint).sha256
    assert not checkpoint.scout.network.training


def test_a_scout_comes_with_facekp(scouted, tmp_path):
    alone = shutil.copytree(scouted, tmp_path / "alone")
    change_input(alone, scout="face68-resnet18")
    assert load_checkpoint(alone).scout.name == "face68-resnet18"


def test_the_weights_of_a_checkpoint_are_those_of_its_scout_too(scouted, random_checkpoint):
    own, alone = load_checkpoint(scouted), load_checkpoint(random_checkpoint)
    assert own.weights_sha256 == weights_sha256(scouted) not in (own.sha256, alone.sha256)
    assert alone.weights_sha256 == weights_sha256(random_checkpoint) == alone.sha256
    assert weights_sha256(scouted.parent / "none") == ""


def test_a_missing_scout(scouted, tmp_path):
    alone = shutil.copytree(scouted, tmp_path / "alone")
    with pytest.raises(CheckpointError, match=r"names the scout 'random68', which is neither .*; put its folder at"):
        load_checkpoint(alone)


@pytest.mark.parametrize("name", ["face58", "nose-original", "scouted68"])
def test_networks_that_cannot_be_scouts(scouted, random_checkpoint, tmp_path, name):
    for each in (scouted, random_checkpoint):
        shutil.copytree(each, tmp_path / each.name)
    change_input(tmp_path / scouted.name, scout=name)
    with pytest.raises(CheckpointError, match=f"'{name}' cannot be the scout of 'scouted68'; name a network that"):
        load_checkpoint(tmp_path / scouted.name)


def test_unknown_network():
    with pytest.raises(CheckpointError, match=r"known are nose-cnn, .*resnet18"):
        build_network("vgg", 68, 1)


@pytest.mark.parametrize("name", checkpoint_names())
def test_the_checkpoints_of_the_repository(name):
    """Small enough, float16, and with the facts that a card owes its readers."""
    weights = checkpoints_folder() / name / WEIGHTS
    assert weights.stat().st_size <= 25_000_000
    assert {value.dtype for value in load_file(weights).values()} <= {torch.float16, torch.int64}
    checkpoint = load_checkpoint(name)
    assert {"schema", "network", "input", "data", "recipe", "commit", "chosen", "measured"} <= checkpoint.card.keys()
    assert all(
        split["command"].startswith("python -m training.evaluate") for split in checkpoint.card["measured"].values()
    )
    history = json.loads((checkpoints_folder() / name / "history.json").read_text())
    assert {"epoch", "training_loss", "validation_loss", "learning_rate", "seconds"} <= history[0].keys()
    assert np.isfinite([record["validation_loss"] for record in history]).all()
