"""The engine is chosen by itself, and a network that was exported once starts without torch."""

import json
import os
import pickle
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from shutil import copytree
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from facekp import CheckpointError, FacekpError, KeypointPredictor, KeypointTracker, load_image
from facekp.checkpoint import load_checkpoint, open_checkpoint, save_checkpoint
from facekp.engine_onnxruntime import OnnxEngine
from facekp.engine_torch import TorchEngine
from facekp.engines import make_engine
from facekp.exported import MOST, kept_model
from facekp.inventory import CARD, WEIGHTS
from facekp.many import on_all_cores
from facekp.parallel import THREADS, network_threads
from tests.conftest import ROOT, save_random

FIND = """
import sys
from facekp import KeypointPredictor, load_image
found = KeypointPredictor.from_checkpoint(sys.argv[1]).predict_one(load_image(sys.argv[2]))
print(*found.points.ravel())
sys.exit(3 * ("torch" in sys.modules))
"""
WITHOUT, WITH = 0, 3
"""Exit statuses: whether torch was loaded."""


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty folder for exported networks."""
    monkeypatch.setenv("FACEKP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def runtime() -> None:
    """For tests of ONNX Runtime."""
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def find(checkpoint: object, portrait: Path) -> tuple[np.ndarray, int]:
    """The points that a new process finds, and its exit status."""
    done = subprocess.run(
        [sys.executable, "-c", FIND, str(checkpoint), portrait], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode in (WITHOUT, WITH), done.stderr
    return np.array(done.stdout.split(), dtype=float), done.returncode


def outputs(engine: TorchEngine | OnnxEngine) -> np.ndarray:
    """What an engine of a random network answers to noise."""
    return engine(np.random.default_rng(0).integers(0, 256, (2, 32, 32), dtype=np.uint8))[0]


def test_the_second_start_needs_no_torch_and_finds_the_same_points(cache, runtime, scouted, portrait):
    first, second = find(scouted, portrait), find(scouted, portrait)
    assert (first[1], second[1]) == (WITH, WITHOUT)
    assert len(list(cache.glob("*.onnx"))) == 2  # its own and its scout's
    np.testing.assert_array_equal(first[0], second[0])
    expected = KeypointPredictor.from_checkpoint(scouted, engine="torch").predict_one(load_image(portrait)).points
    assert np.abs(first[0] - expected.ravel()).max() < 0.05


def test_onnx_runtime_writes_nothing_and_has_nobody_to_tell(runtime, random_checkpoint, portrait, tmp_path):
    """Its own habit is to tell its maker of each process, and to keep an identifier of the machine for that."""
    for name in ("home", "temporary", "cache"):
        (tmp_path / name).mkdir()
    places = {"HOME": tmp_path / "home", "TMPDIR": tmp_path / "temporary", "FACEKP_CACHE": tmp_path / "cache"}
    # Nothing else: continuous integration and some other variables silence it as well.
    environment = {name: str(place) for name, place in places.items()} | {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", FIND + "\n", str(random_checkpoint), portrait]
    for status in (WITH, WITHOUT):
        assert subprocess.run(command, capture_output=True, cwd=ROOT, env=environment).returncode == status
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent.name for path in written] == ["cache"]


def test_the_fastest_engine_that_is_installed_is_chosen(cache, runtime, random_checkpoint):
    assert isinstance(KeypointPredictor.from_checkpoint(random_checkpoint).locator.engine, OnnxEngine)
    assert isinstance(KeypointTracker.from_checkpoint(random_checkpoint).predictor.locator.engine, OnnxEngine)
    # A network that is in memory is torch's already, and would have to be exported first.
    assert isinstance(KeypointPredictor(load_checkpoint(random_checkpoint)).locator.engine, TorchEngine)


def broken_import(*_: object) -> None:
    raise OSError("libonnxruntime.so: cannot open shared object file")


@pytest.mark.parametrize(
    "broken",
    [
        {"onnx": None},
        {"onnxruntime": None},
        {"onnx": ModuleType("onnx")},  # a folder of that name, say
        {"onnxruntime": ModuleType("onnxruntime")},
        {"onnxruntime": SimpleNamespace(disable_telemetry_events=broken_import)},
    ],
)
def test_where_onnx_runtime_is_missing_or_broken_torch_computes(cache, random_checkpoint, monkeypatch, broken):
    for name, module in broken.items():
        monkeypatch.setitem(sys.modules, name, module)
    checkpoint = open_checkpoint(random_checkpoint)
    assert isinstance(make_engine(checkpoint, "auto"), TorchEngine)
    with pytest.raises(FacekpError, match=r"install it with: pip install 'facekp\[onnx\]'"):
        make_engine(checkpoint, "onnxruntime")
    assert not cache.exists()


def test_a_file_that_is_not_what_was_written_is_exported_anew(cache, runtime, random_checkpoint):
    checkpoint = open_checkpoint(random_checkpoint)
    before = outputs(OnnxEngine(checkpoint))
    (kept,) = cache.glob("*.onnx")
    whole = kept.read_bytes()
    zeros = whole[:100_000] + bytes(64_000) + whole[164_000:]  # among the weights, where no reader would notice
    for broken in (b"", b"no network", whole[: len(whole) // 2], zeros):
        kept.write_bytes(broken)
        assert kept_model(checkpoint) is None
        np.testing.assert_array_equal(outputs(OnnxEngine(checkpoint)), before)
        assert (kept.read_bytes(), os.listdir(cache)) == (whole, [kept.name])


def test_another_network_s_file_is_not_taken(cache, runtime, random_checkpoint, tmp_path):
    other = save_random(tmp_path / "other", seed=7, size=64)
    checkpoints = open_checkpoint(random_checkpoint), open_checkpoint(other)
    for checkpoint in checkpoints:
        OnnxEngine(checkpoint)
    one, two = (kept_model(checkpoint) for checkpoint in checkpoints)
    one.rename(tmp_path / "aside")
    two.rename(one)
    (tmp_path / "aside").rename(two)
    for checkpoint in checkpoints:
        assert kept_model(checkpoint) is None


def test_what_cannot_be_kept_is_no_error(runtime, random_checkpoint, tmp_path, monkeypatch):
    checkpoint = open_checkpoint(random_checkpoint)
    (tmp_path / "file").write_text("mine")
    for place in ("", tmp_path / "file", tmp_path / "file" / "cache", Path("/proc/cache")):
        monkeypatch.setenv("FACEKP_CACHE", str(place))
        assert outputs(OnnxEngine(checkpoint)).shape == (2, 68, 2)
        assert kept_model(checkpoint) is None
    assert (tmp_path / "file").read_text() == "mine"
    assert os.listdir(tmp_path) == ["file"]


def test_other_weights_and_other_code_are_other_networks(cache, runtime, random_checkpoint, tmp_path, monkeypatch):
    OnnxEngine(open_checkpoint(random_checkpoint))
    assert kept_model(open_checkpoint(random_checkpoint)) is not None
    other = save_random(tmp_path / "other", seed=5)
    assert kept_model(open_checkpoint(other)) is None
    card = load_checkpoint(random_checkpoint).card
    wider = {**card, "input": {**card["input"], "std": 32.0}}
    save_checkpoint(tmp_path / "wider", load_checkpoint(random_checkpoint).network, wider)
    assert kept_model(open_checkpoint(tmp_path / "wider")) is None
    # Its name is no part of it.
    copytree(random_checkpoint, tmp_path / "copy")
    assert kept_model(open_checkpoint(tmp_path / "copy")) is not None
    monkeypatch.setattr("facekp.exported._CODE", ("resnet",))
    assert kept_model(open_checkpoint(random_checkpoint)) is None


def test_networks_that_were_not_used_for_long_go(cache, runtime, random_checkpoint, tmp_path):
    cache.mkdir()
    names = [f"{index:064}-{index:08}.onnx" for index in range(MOST - 1)] + [f".{7:016}.onnx"]
    mine = ["mine.onnx", "mine.txt", *(f"face{index}.onnx" for index in range(MOST))]
    for age, name in enumerate([*mine, *names]):
        (cache / name).write_bytes(b"")
        os.utime(cache / name, (age, age))
    OnnxEngine(open_checkpoint(random_checkpoint))
    kept = {path.name for path in cache.iterdir()}
    assert kept >= {*mine, *names[1:]}
    assert names[0] not in kept
    assert len(kept) == len(mine) + MOST


def test_a_network_in_use_is_not_the_oldest(cache, runtime, random_checkpoint):
    OnnxEngine(open_checkpoint(random_checkpoint))
    (kept,) = cache.glob("*.onnx")
    os.utime(kept, (0, 0))
    OnnxEngine(open_checkpoint(random_checkpoint))
    assert kept.stat().st_mtime > 0


def test_weights_that_change_after_opening_are_told(tmp_path):
    checkpoint = open_checkpoint(save_random(tmp_path / "one", seed=1))
    save_random(tmp_path / "one", seed=2)
    with pytest.raises(CheckpointError, match="has changed since the checkpoint was opened; open it again"):
        checkpoint.network  # noqa: B018


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_broken_weights_are_found_by_every_engine(cache, tmp_path, engine):
    folder = save_random(tmp_path / "broken", seed=1)
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="is cut short"):
        KeypointPredictor.from_checkpoint(folder, engine=engine)
    assert not cache.exists()


@pytest.mark.parametrize("engine", ["auto", "torch"])
@pytest.mark.parametrize("change", [{"network": None}, {"network": "abacus"}, {"network_options": {"beads": 7}}])
def test_a_card_without_a_network_is_told_by_every_engine(cache, tmp_path, engine, change):
    folder = save_random(tmp_path / "odd", seed=1)
    card = json.loads((folder / CARD).read_text()) | change
    (folder / CARD).write_text(json.dumps({name: value for name, value in card.items() if value is not None}))
    with pytest.raises(CheckpointError, match=r"'network'|'abacus'|'beads'"):
        KeypointPredictor.from_checkpoint(folder, engine=engine)


def test_the_network_is_made_once_and_travels_with_its_checkpoint(random_checkpoint):
    checkpoint = open_checkpoint(random_checkpoint)
    unpickled = pickle.loads(pickle.dumps(checkpoint))
    assert checkpoint.network is checkpoint.network
    assert unpickled.network is not checkpoint.network
    for copy in (unpickled, pickle.loads(pickle.dumps(checkpoint)), deepcopy(checkpoint)):
        np.testing.assert_array_equal(outputs(TorchEngine(copy)), outputs(TorchEngine(checkpoint)))
        assert copy.network is not checkpoint.network


def test_a_home_in_the_variable_is_the_user_s(tmp_path, runtime, random_checkpoint, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FACEKP_CACHE", "~/networks")
    OnnxEngine(open_checkpoint(random_checkpoint))
    assert len(list((tmp_path / "networks").glob("*.onnx"))) == 1


def test_without_torch_many_items_are_worked_on_as_well(monkeypatch):
    monkeypatch.setattr("facekp.many.loaded_torch", lambda: None)
    assert list(on_all_cores(lambda number: number**2, range(20))) == [number**2 for number in range(20)]


@pytest.mark.parametrize(
    ("told", "threads"),
    [("1", 1), ("1,2", 1), ("64", THREADS), ("", THREADS), ("many", THREADS), ("9" * 5000, THREADS)],
)
def test_threads_where_torch_is_not_loaded(monkeypatch, told, threads):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert network_threads() == threads


def test_threads_are_those_that_a_program_gave_torch():
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        assert network_threads() == 1
    finally:
        torch.set_num_threads(before)
