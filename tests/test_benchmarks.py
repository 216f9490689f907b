"""Benchmarks are told as they were measured: one statistic for all, beside its limit, and each has its section."""

import subprocess
import sys
from collections import Counter
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import __main__ as run_benchmarks
from benchmarks import commands, keypoints, steps, tracking
from benchmarks.__main__ import HEAD, RESULTS, SECTIONS, sections
from facekp.engines import ENGINES
from facekp.schema import IBUG68, IMM58
from tests.conftest import GALLERY, ROOT


def test_results_have_a_section_for_every_benchmark():
    """But for those that need what does not come with the repository."""
    there = sections(RESULTS.read_text(encoding="utf-8"))
    assert [name for name, needs in SECTIONS.items() if needs is None and name not in there] == []
    assert [name for name in there if name not in SECTIONS] == []
    assert all((ROOT / "benchmarks" / f"{name}.py").is_file() for name in SECTIONS)


@pytest.fixture
def ordered(tmp_path, monkeypatch):
    """Types a command line; the commands that it gave, of benchmarks that print 'new', and RESULTS.md after it."""
    results = tmp_path / "RESULTS.md"
    results.write_text("".join(f"\n{HEAD.format(name)}\nold {name}\n" for name in SECTIONS), encoding="utf-8")
    monkeypatch.setattr(run_benchmarks, "RESULTS", results)
    given, broken = [], "pose"

    def printed(command, **options):
        given.append(command[2:])
        return SimpleNamespace(stdout="new\n", returncode=int(command[2] == f"benchmarks.{broken}"))

    monkeypatch.setattr(subprocess, "run", printed)

    def order(*arguments):
        monkeypatch.setattr(sys, "argv", ["benchmarks", "--data", str(tmp_path), *arguments])
        run_benchmarks.main()
        return given, sections(results.read_text(encoding="utf-8"))

    return order


def test_dlib_s_model_is_for_the_keypoints_alone(ordered, tmp_path):
    model = tmp_path / "dlib.dat"
    model.touch()
    given, _ = ordered("keypoints", "camera", "--dlib-model", str(model))
    assert given == [["benchmarks.keypoints", "--dlib-model", str(model)], ["benchmarks.camera"]]


def test_a_model_of_dlib_that_is_not_there_is_told_at_once(ordered, capsys):
    with pytest.raises(SystemExit):
        ordered("keypoints", "--dlib-model", "nowhere.dat")
    assert "there is no file nowhere.dat" in capsys.readouterr().err


@pytest.mark.parametrize("name", SECTIONS)
def test_every_benchmark_can_be_started(name):
    for package in {"quantisation": ["onnxruntime"], "app": ["playwright"]}.get(name, []):
        pytest.importorskip(package, reason=f"{package} is not installed")
    module = import_module(f"benchmarks.{name}")
    assert callable(module.main)
    assert f"python -m benchmarks.{name}" in module.__doc__


def test_sections_that_are_not_asked_for_stay(ordered, monkeypatch):
    """That of the app too, where there is no Chromium."""
    monkeypatch.setattr(run_benchmarks, "NAMES", ("camera", "tracking"))
    _, after = ordered("tracking")
    assert after == {name: f"old {name}" for name in SECTIONS} | {"tracking": "```\nnew\n```"}


def test_what_others_found_is_kept_when_one_fails(ordered, tmp_path):
    with pytest.raises(SystemExit, match="failed, with their sections left as they were: pose"):
        ordered("camera", "pose", "tracking")
    after = sections((tmp_path / "RESULTS.md").read_text(encoding="utf-8"))
    assert [name for name, body in after.items() if "new" in body] == ["camera", "tracking"]
    assert after["pose"] == "old pose"


class Worker(steps.Contestant):
    """Takes as long as the picture says, for a face a tenth of that, and in its third round longer for all."""

    name = model = "worker"

    def __init__(self):
        self.clock, self.searches = 0.0, 0

    def detect(self, picture):
        self.searches += 1
        # four pictures: once to know the faces, once to warm up, and then the rounds
        self.clock += picture * (100 if self.searches > 16 else 1)
        return [picture]

    def points(self, pictures, faces):
        self.clock += 0.1 * sum(faces)
        return 0.06 * sum(faces)


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_times_are_means_of_the_photographs_whatever_the_batch(batch, monkeypatch):
    """And slow rounds do not count, if they are few."""
    worker = Worker()
    monkeypatch.setattr(steps.time, "perf_counter", lambda: worker.clock)
    (times,) = steps.measure([worker], [0.001, 0.002, 0.003, 0.010], batch, rounds=3).values()
    assert times == pytest.approx({"detector": 4.0, "crop": 0.16, "network": 0.24, "both": 0.4, "whole": 4.4})


@pytest.fixture
def steps_printed(monkeypatch, capsys):
    """Lines of the table of steps, by what each is of, where crop and network take so many milliseconds together."""

    def lines(milliseconds):
        names = {f"{model} ({engine})": model for model in ("face68", "face68-fast") for engine in ENGINES} | {
            "dlib": "dlib"
        }
        rivals = [SimpleNamespace(name=name, model=model) for name, model in names.items()]
        times = dict.fromkeys(steps.STEPS, 30.0) | {"both": milliseconds}
        monkeypatch.setattr(keypoints, "measure", lambda *_: dict.fromkeys(names, times))
        keypoints.steps_table([GALLERY / "ada_neutral.jpg"], lambda: rivals)
        return dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines() if "thread" in line)

    return lines


@pytest.mark.parametrize("how", ["single", "by 16"])
def test_keypoints_are_told_beside_their_limits(how, steps_printed):
    slow, quick = steps_printed(20.1), steps_printed(2.0)
    assert len(slow) == 20  # five, with one thread and with two, single and by 16
    for engine in ENGINES:
        for name, limit in ((f"face68 ({engine}), 2 threads", 20.0), (f"face68-fast ({engine}), 1 thread", 2.0)):
            assert slow[f"{name}, {how}"].endswith(f" {limit}  above the limit")
            assert quick[f"{name}, {how}"].endswith(f" {limit}")
    for name in ("face68 (torch), 1 thread", "face68-fast (torch), 2 threads", "dlib, 2 threads"):
        assert slow[f"{name}, {how}"].endswith(" 30.0")  # the last column is that of the whole


@pytest.mark.parametrize(("seconds", "end"), [(40.0, " 25.0   22.0"), (50.0, " 20.0   22.0  below the limit")])
def test_a_folder_is_told_beside_its_limit(seconds, end, monkeypatch, capsys):
    monkeypatch.setattr(commands, "run", lambda *_: (seconds, 500.0))
    commands.commands_table([GALLERY / "ada_neutral.jpg"], ["face68", "face68-fast"], ["torch"], 1000)
    (line,) = [
        line
        for line in capsys.readouterr().out.splitlines()
        if "face68 (torch), 1000 photographs (1, repeated)" in line
    ]
    assert line.endswith(end)


def test_every_start_is_told_of_each_model_and_engine_and_of_dlib(monkeypatch, capsys):
    ran = []

    def run(command, photos, cache):
        ran.append((cache, len(photos)))
        return 2.0, 500.0

    monkeypatch.setattr(commands, "run", run)
    commands.commands_table([GALLERY / "ada_neutral.jpg"], ["nose", "face58"], ["onnxruntime", "torch"], 3)
    names = [f"{model} ({engine})" for model in ("nose", "face58") for engine in ("onnxruntime", "torch")]
    starts = [line[:72].strip() for line in capsys.readouterr().out.splitlines() if "one photograph" in line]
    first = [f"{name}, one photograph, its very first start" for name in names if "onnxruntime" in name]
    assert [start for start in starts if "first" in start] == first
    assert [start for start in starts if "first" not in start] == [
        f"{name}, one photograph" for name in [*names, "dlib's detector"]
    ]
    # Each very first start has a folder of its own, and of all others the networks are there already.
    caches = Counter(cache for cache, _ in ran)
    assert sorted(caches.values()) == [1, 1, commands.STARTS * 5 + len(first) + 2]
    assert [count for _, count in ran[-2:]] == [3, 3]


def test_a_start_is_that_of_a_command_that_ends_well(tmp_path):
    seconds, megabytes = commands.run(
        [sys.executable, "-c", "import sys; assert sys.argv[1:] == ['a']"], ["a"], str(tmp_path)
    )
    assert 0 < seconds < 60
    assert 1 < megabytes < 1000
    with pytest.raises(SystemExit, match="status 1"):
        commands.run([sys.executable, "-c", "raise SystemExit(1)"], ["a"], str(tmp_path))


@pytest.mark.parametrize(("schema", "known"), [(IBUG68, ["helen", "leo"]), (IMM58, ["imme"])])
def test_faces_that_move_are_those_with_true_points_first(schema, known):
    faces = tracking.gallery_faces(schema.name, 5)
    assert len(faces) == len({photo for photo, _ in faces}) == 5
    assert [photo.stem for photo, truth in faces if truth] == [photo.stem for photo, _ in faces[: len(known)]] == known


def test_one_euro_holds_still_what_rests_and_follows_what_moves():
    still = np.random.default_rng(0).normal(0, 1, (90, 4, 2))
    assert tracking.one_euro(still, 0.5, 0.0)[30:].std() < 0.4
    moving = np.linspace(0, 900, 90)[:, None, None] + np.zeros((1, 4, 2))
    assert np.abs(tracking.one_euro(moving, 0.5, 0.5) - moving)[30:].max() < 1
    kept = tracking.best_one_euro(still, lambda points: (float(points.std()), float(np.abs(points).max())))
    assert kept.std() < still.std() / 2


def test_errors_of_a_sequence_are_from_true_points(monkeypatch):
    """Points that stay aside of them do not tremble; without true points there is no error."""
    ((photo, truth),) = tracking.gallery_faces(IBUG68.name, 1)
    true = tracking.read_points(truth, (512, 512))
    aside = true + np.array([0.1 * np.linalg.norm(true[45] - true[36]), 0])
    predictor = SimpleNamespace(schema=IBUG68, predict_one=lambda _: SimpleNamespace(points=aside))
    monkeypatch.setattr(tracking, "moving", lambda image, points, count, seed: [(image, np.eye(2, 3))] * count)
    found = dict.fromkeys(tracking.WAYS, (np.array([aside] * 4), 5.0))
    monkeypatch.setattr(tracking, "found_points", lambda predictor, frames: dict(found))
    known, unknown = (tracking.sequence(predictor, photo, file, 4, seed=0)["tracked"] for file in (truth, None))
    assert known == pytest.approx((0, 0, 10, 5))
    assert unknown == pytest.approx((0, 0, np.nan, 5), nan_ok=True)
