"""What the README tells a reader to type works, and its numbers are those of the checkpoints."""

import re
import runpy
import shutil
import subprocess

import pytest

from facekp import cli, load_image
from tests.conftest import GALLERY, ROOT
from tests.drawn_films import write_film
from training.report import numbers, read_reports, with_numbers

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def two_photographs(tmp_path, monkeypatch):
    """An empty folder with the photographs that the README names."""
    for name in ("ada", "carl"):
        shutil.copy(GALLERY / f"{name}_neutral.jpg", tmp_path / f"{name}.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_library_example(two_photographs):
    (example,) = blocks("python")
    (two_photographs / "example.py").write_text(example, encoding="utf-8")
    runpy.run_path("example.py")
    assert (two_photographs / "morph.gif").stat().st_size > 10_000


def test_command_line_examples(two_photographs):
    examples = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("facekp ")]
    assert len(examples) >= 8
    for line in examples:
        assert cli.main(line.split()[1:]) == 0
        if "--out" in line:
            assert (two_photographs / line.split()[line.split().index("--out") + 1]).is_file()
    assert (two_photographs / "again.webp").read_bytes() == (two_photographs / "morph.webp").read_bytes()


def test_film_example(tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "films.md").read_text(encoding="utf-8"), re.DOTALL)
    image = load_image(GALLERY / "ada_neutral.jpg")
    write_film(tmp_path / "film.mp4", [image] * 3)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("example.py")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("[")[0].split() for line in lines] == [["0", "0.0", "0"], ["1", "0.04", "0"], ["2", "0.08", "0"]]


def test_make_targets_exist():
    for target in ("app", "test", "train"):
        assert f"make {target}" in README
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)


def test_training_commands_exist():
    modules = re.findall(r"python -m ((?:training|benchmarks)[.\w]*)", "".join(blocks("sh")))
    assert len(modules) >= 5
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_numbers_are_those_of_the_checkpoints():
    reports = read_reports(ROOT / "checkpoints")
    assert numbers(reports) in README
    assert with_numbers(README, reports) == README


def test_links_and_pictures_are_there():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
