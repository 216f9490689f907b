"""A run gives the same weights whenever it was stopped, refuses what is not its own, and stops on a broken loss."""

import json
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from facekp import FacekpError
from facekp.checkpoint import load_checkpoint
from facekp.filters import untrained_filters
from tests.drawn_sets import write_small_300w, write_small_imm
from training import __main__ as all_stages
from training import run, train_face58, train_face68, train_nose
from training.config import RECIPES, TrainConfig
from training.engine import TrainingError, chosen_precision
from training.parallel import Processes

TINY = replace(
    RECIPES["resnet18"], sizes=(32, 48), stage_epochs=(2, 1), batch=4, epoch_samples=8, validation_share=0.34,
    precision="float32", warm_up=0.1, average_decay=0.0, augmentation="strong",
)  # fmt: skip
TINY_RECIPES = {
    "resnet18": TINY,
    "heatmap": replace(
        TINY, network="resnet18-heatmap", heatmap_weight=1.0, average_decay=0.5, sizes=(32, 64), mean_start=False
    ),
    "nose": replace(RECIPES["nose"], stage_epochs=(2,), batch=3, precision="float32"),
    "nose-original": replace(RECIPES["nose-original"], stage_epochs=(2,), batch=3),
    "face58": replace(RECIPES["face58"], stage_epochs=(2,), batch=3, precision="float32"),
    "face58-original": replace(RECIPES["face58-original"], stage_epochs=(1,), batch=3),
}
HERE = Processes(0, 1, torch.device("cpu"))


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Recipes of seconds; one thread, since sums over several may differ in their last bit."""
    for name, config in TINY_RECIPES.items():
        monkeypatch.setitem(RECIPES, name, config)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with drawn faces in the layout of IMM and 300-W."""
    folder = tmp_path_factory.mktemp("data")
    write_small_imm(folder)
    write_small_300w(folder)
    return folder


def call(monkeypatch, script, data, folder, *options):
    """Run a training script with its checkpoints and runs in a folder."""
    places = ["--out", str(folder / "checkpoints"), "--runs", str(folder / "runs")]
    monkeypatch.setattr("sys.argv", [script.__name__, "--data", str(data), *places, *options])
    script.main()


def killed(monkeypatch, step, at):
    """Let a run be killed when it is about to take a step for the time number `at`."""
    real, count = getattr(run, step), iter(range(1, 100))

    def deadly(*arguments):
        if next(count) == at:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(run, step, deadly)
    return lambda: monkeypatch.setattr(run, step, real)


def break_weights(network):
    """Fill a network's first weights with what is not a number."""
    with torch.no_grad():
        next(network.parameters()).fill_(float("nan"))


def outcome(folder, name):
    """Checkpoint, state and losses of a run."""
    weights = load_file(folder / "checkpoints" / name / "weights.safetensors")
    state = torch.load(folder / "runs" / name / "state.pt", weights_only=True)
    history = json.loads((folder / "checkpoints" / name / "history.json").read_text())
    card = json.loads((folder / "checkpoints" / name / "card.json").read_text())
    told = [{key: value for key, value in record.items() if key != "seconds"} for record in history]
    return weights, state["learner"], told, {k: v for k, v in card["chosen"].items() if k != "seconds"}


def assert_same(a, b):
    """Equal to the last bit, whatever lies in what."""
    if isinstance(a, torch.Tensor):
        assert torch.equal(a, b)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, list | tuple):
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    else:
        assert a == b


@pytest.fixture(scope="module")
def whole(drawn, tmp_path_factory):
    """Runs that were never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("resnet18", "heatmap"):
            patch.setitem(RECIPES, name, TINY_RECIPES[name])
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        call(patch, train_face68, drawn, folder)
        start = ["--recipe", "heatmap", "--start", str(folder / "checkpoints" / "face68-resnet18")]
        call(patch, train_face68, drawn, folder, *start)
        torch.set_num_threads(threads)
    return folder


@pytest.mark.parametrize(
    ("recipe", "step", "at"),
    [
        ("resnet18", "keep", 2),
        ("resnet18", "publish", 1),
        ("resnet18", "write_history", 2),
        ("resnet18", "write_history", 3),
        ("heatmap", "keep", 3),
        ("heatmap", "write_history", 1),
    ],
)
def test_a_killed_run_ends_with_the_same_weights_bit_for_bit(recipe, step, at, drawn, whole, tmp_path, monkeypatch):
    name = {"resnet18": "face68-resnet18", "heatmap": "face68"}[recipe]
    options = ["--recipe", recipe]
    if recipe == "heatmap":
        options += ["--start", str(whole / "checkpoints" / "face68-resnet18")]
    mend = killed(monkeypatch, step, at)
    with pytest.raises(KeyboardInterrupt):
        call(monkeypatch, train_face68, drawn, tmp_path, *options)
    mend()
    call(monkeypatch, train_face68, drawn, tmp_path, *options)
    assert_same(outcome(tmp_path, name), outcome(whole, name))


def test_workers_that_cut_crops_change_nothing(drawn, whole, tmp_path, monkeypatch):
    call(monkeypatch, train_face68, drawn, tmp_path, "--workers", "1")
    assert_same(outcome(tmp_path, "face68-resnet18"), outcome(whole, "face68-resnet18"))


def test_the_best_epoch_becomes_the_checkpoint(whole):
    for name in ("face68-resnet18", "face68"):
        checkpoint = load_checkpoint(whole / "checkpoints" / name)
        history = json.loads((whole / "checkpoints" / name / "history.json").read_text())
        best = min(history, key=lambda record: record["validation_nme"])
        assert checkpoint.card["chosen"]["epoch"] == best["epoch"]
        assert checkpoint.input.size == best["size"]
        assert checkpoint.card["stage"] == 3
        assert checkpoint.card["data"]["counts"]["300w_train"] + checkpoint.card["data"]["counts"]["validation"] == 10


def test_another_recipe_seed_or_data_does_not_go_on_with_a_kept_run(drawn, whole, tmp_path, monkeypatch):
    places = ["--out", str(tmp_path), "--runs", str(whole / "runs")]
    monkeypatch.setattr("sys.argv", ["train_face68", "--data", str(drawn), *places, "--seed", "3"])
    with pytest.raises(TrainingError, match=r"keeps another run: .*seed 0 instead of 3.*remove it to start anew"):
        train_face68.main()
    assert not list(tmp_path.iterdir())


def test_a_kept_run_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "state.pt").write_bytes(b"nothing")
    with pytest.raises(TrainingError, match=r"state\.pt cannot be read; remove .* to start anew"):
        run.resume(tmp_path, {"recipe": {}})


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_what_was_reached(drawn, tmp_path, monkeypatch):
    real = run.train_one_epoch

    def breaks(learner, *arguments, **options):
        if len(json.loads((tmp_path / "checkpoints/face68-resnet18/history.json").read_text() or "[]")):
            break_weights(learner.network)
        return real(learner, *arguments, **options)

    (tmp_path / "checkpoints/face68-resnet18").mkdir(parents=True)
    (tmp_path / "checkpoints/face68-resnet18/history.json").write_text("[]")
    monkeypatch.setattr(run, "train_one_epoch", breaks)
    told = r"nan in step 1, in epoch 2; .* is kept in .*face68-resnet18\. Start again with another --seed, and other"
    with pytest.raises(TrainingError, match=told):
        call(monkeypatch, train_face68, drawn, tmp_path)
    weights = load_checkpoint(tmp_path / "checkpoints" / "face68-resnet18").network.state_dict()
    assert all(torch.isfinite(value).all() for value in weights.values())


@pytest.mark.parametrize(
    ("precision", "told"),
    [
        ("float32", r"in step 1, in epoch 1\. Start again with another --seed$"),
        ("bfloat16", r"in step 1, in epoch 1\. Start again with another --seed or --precision float32$"),
    ],
)
def test_a_loss_that_is_not_finite_in_the_first_epoch_leaves_nothing(precision, told, drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(train_face68, "start_at_mean_shape", lambda network, faces: break_weights(network))
    with pytest.raises(TrainingError, match=told):
        call(monkeypatch, train_face68, drawn, tmp_path, "--precision", precision)
    assert not list(tmp_path.iterdir())


def test_a_run_that_goes_on_keeps_the_filters_of_the_first(whole):
    first, then = (untrained_filters(whole / "checkpoints" / name) for name in ("face68-resnet18", "face68"))
    np.testing.assert_array_equal(first, then)


def test_the_nose_is_swept_and_the_best_run_is_the_checkpoint(drawn, tmp_path, monkeypatch):
    bars, real = [], run.tqdm
    monkeypatch.setattr(run, "tqdm", lambda **options: bars.append(options["desc"]) or real(**options))
    call(monkeypatch, train_nose, drawn, tmp_path)
    trials = ("lr0.001-k5", "lr0.001-k7", "lr0.002-k5", "lr0.002-k7")
    assert bars == [f"{variant} {trial}" for variant in ("nose-original", "nose") for trial in trials]
    for name in ("nose-original", "nose"):
        folder = tmp_path / "checkpoints" / name
        sweep = json.loads((folder / "sweep.json").read_text())
        assert [(r["learning_rate"], r["kernel_size"]) for r in sweep] == [(1e-3, 5), (1e-3, 7), (2e-3, 5), (2e-3, 7)]
        assert all(len(r["history"]) == 2 for r in sweep)
        best = min(sweep, key=lambda r: min(record["validation_error_px"] for record in r["history"]))
        assert json.loads((folder / "history.json").read_text()) == best["history"]
        checkpoint = load_checkpoint(folder)
        assert checkpoint.network.conv1.kernel_size[0] == best["kernel_size"]
        assert (
            load_file(folder / "conv1_untrained.safetensors")["weight"].shape == checkpoint.network.conv1.weight.shape
        )


def test_a_sweep_that_was_killed_has_the_history_so_far_and_goes_on(drawn, tmp_path, monkeypatch):
    folder = tmp_path / "checkpoints" / "nose"
    mend = killed(monkeypatch, "keep", 4)
    with pytest.raises(KeyboardInterrupt):
        call(monkeypatch, train_nose, drawn, tmp_path, "--variant", "nose")
    mend()
    sweep = json.loads((folder / "sweep.json").read_text())
    assert [len(trial["history"]) for trial in sweep] == [2, 1]
    assert json.loads((folder / "history.json").read_text()) in [trial["history"] for trial in sweep]
    call(monkeypatch, train_nose, drawn, tmp_path, "--variant", "nose")
    after = json.loads((folder / "sweep.json").read_text())
    assert [len(trial["history"]) for trial in after] == [2, 2, 2, 2]
    assert after[0] == sweep[0]


def test_the_58_points_are_trained_on_crops_and_on_whole_pictures(drawn, tmp_path, monkeypatch):
    call(monkeypatch, train_face58, drawn, tmp_path)
    for name, whole_picture in (("face58", False), ("face58-original", True)):
        checkpoint = load_checkpoint(tmp_path / "checkpoints" / name)
        assert checkpoint.schema.name == "imm58"
        assert (checkpoint.input.height is not None) == whole_picture
        assert checkpoint.card["data"]["counts"] == {"training": 6, "validation": 6}


def test_what_is_missing_is_told_in_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(FacekpError, match="imm_face_db is missing; get the data set from"):
        call(monkeypatch, train_nose, tmp_path, tmp_path)


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"share_300w": 1.5}, {"sizes": (64,)}, {"stage_epochs": (1, 0, 1)}, {"wing_width": -1.0}]
)
def test_hyper_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(TrainConfig(), **wrong)


def test_sizes_follow_the_epochs():
    assert [TINY.size_at(epoch) for epoch in range(TINY.epochs)] == [32, 32, 48]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize(("able", "faster"), [(True, "bfloat16"), (False, "float32")])
def test_precision_is_as_asked_or_what_the_processor_is_made_for(device, able, faster, monkeypatch):
    # AVX512-BF16 alone does not make it faster.
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True, "amx_bf16": able})
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    for precision, expected in (("auto", faster), ("float32", "float32"), ("bfloat16", "bfloat16")):
        assert chosen_precision(replace(TINY, precision=precision), torch.device(device)) == expected


def test_precision_of_a_processor_of_another_kind(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"architecture": "arm64", "bf16": True})
    assert chosen_precision(replace(TINY, precision="auto"), HERE.device) == "float32"


def test_mixed_precision_trains(drawn, tmp_path, monkeypatch):
    call(monkeypatch, train_face68, drawn, tmp_path, "--precision", "bfloat16")
    history = json.loads((tmp_path / "checkpoints/face68-resnet18/history.json").read_text())
    assert all(0 < record["training_loss"] < 1e3 for record in history)


def test_all_stages_whose_data_is_there_are_trained(tmp_path, monkeypatch, capsys):
    write_small_imm(tmp_path)
    called = []

    def record(command, **options):
        called.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", record)
    monkeypatch.setattr("sys.argv", ["training", "--data", str(tmp_path)])
    all_stages.main()
    assert [command[2] for command in called] == ["training.train_nose", "training.train_face58"]
    assert all("runs/checkpoints" in command for command in called), (
        "the checkpoints of the repository stay as they are"
    )
    assert "ibug_300W_large_face_landmark_dataset is missing, and its stages are left out" in capsys.readouterr().out


def test_without_any_data_no_stage_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["training", "--data", str(tmp_path)])
    with pytest.raises(FacekpError, match="holds no data set to train on"):
        all_stages.main()
