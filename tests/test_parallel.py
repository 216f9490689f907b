"""Several processes train as one does with the whole batch."""

import os
import socket
from dataclasses import replace

import pytest
import torch
from torch import multiprocessing, nn

from facekp import FacekpError
from facekp.networks import build_network
from tests.test_training import HERE, TINY
from training.config import RECIPES
from training.engine import Learner, train_one_epoch
from training.loaders import ShardedBatches
from training.parallel import processes

PARALLEL = {
    "nose": replace(RECIPES["nose"], batch=4),
    "resnet18": replace(TINY, sizes=(64,), stage_epochs=(1,), average_decay=0.9),
    "fast": replace(RECIPES["fast"], network_options={"widths": [4, 8, 8, 8]}, batch=4, sizes=(64, 64)),
}
"""Networks without batch normalisation, with it, and with heatmaps beside it."""


def step_of(recipe, here, part):
    """A step on a part of a batch of four: the learner after it, and its loss."""
    config = PARALLEL[recipe]
    torch.manual_seed(0)
    network = build_network(config.network, len(config.points), 1, **config.network_options)
    learner = Learner.of(network, config, 100, here)
    crops = 2 * torch.randn(4, 1, config.sizes[0], config.sizes[0]) + torch.arange(4)[:, None, None, None]
    target = torch.rand(4, len(config.points), 2) - 0.5
    return learner, train_one_epoch(learner, [(crops[part], target[part])], here.device, bfloat16=False)


def buffers_of(learner):
    """Running statistics of a network and of its moving average; both must be ordinary networks."""
    networks = {"network": learner.network, "average": learner.kept}
    kinds = {type(module) for network in networks.values() for module in network.modules()}
    assert not [kind for kind in kinds if issubclass(kind, nn.BatchNorm2d) and kind is not nn.BatchNorm2d]
    return {f"{part} {name}": buffer for part in networks for name, buffer in networks[part].named_buffers()}


def one_of_two(rank, port, folder):
    """A process that is fed its half of the batch, for each network."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ |= {"GLOO_SOCKET_IFNAME": "lo"}
    torch.set_num_threads(1)
    with processes() as here:
        assert here.agreed(f"of {rank}") == "of 0"
        for recipe in PARALLEL:
            learner, loss = step_of(recipe, here, slice(2 * rank, 2 * rank + 2))
            gradients = {name: parameter.grad for name, parameter in learner.network.named_parameters()}
            found = {"loss": here.mean(loss), "gradients": gradients, "buffers": buffers_of(learner)}
            torch.save(found, folder / f"{recipe}-{rank}.pt")


def test_two_processes_reach_the_gradients_of_one_with_the_whole_batch(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    multiprocessing.spawn(one_of_two, (port, tmp_path), nprocs=2)
    for recipe in PARALLEL:
        learner, loss = step_of(recipe, HERE, slice(4))
        for rank in (0, 1):
            found = torch.load(tmp_path / f"{recipe}-{rank}.pt", weights_only=True)
            assert found["loss"] == pytest.approx(loss, rel=1e-5)
            for name, parameter in learner.network.named_parameters():
                # As a whole: where a value is all but zero, a ReLU may pass it here and not there.
                error = (found["gradients"][name] - parameter.grad).norm()
                assert error <= 0.01 * parameter.grad.norm() + 1e-5, f"{recipe}, {name}"
            for name, buffer in buffers_of(learner).items():
                torch.testing.assert_close(found["buffers"][name], buffer, rtol=1e-4, atol=1e-6)


def test_processes_that_cannot_share_a_batch_are_told():
    with pytest.raises(FacekpError, match="a batch of 4 cannot be shared by 3 processes evenly; give torchrun"):
        ShardedBatches(range(8), 4, 0, 3)
