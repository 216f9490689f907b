"""The house: who imports whom, what starts without torch, and what a wheel holds."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.installation import install

ORDER = [
    "errors", "values", "parallel", "schema", "files", "inventory", "images", "pose", "annotations",
    "_libfacedetection", "faces", "keypoints", "crop", "confidence", "_torchvision", "resnet", "heatmaps", "networks",
    "weights", "checkpoint", "readout", "export", "exported", "engine_torch", "engine_onnxruntime", "engines",
    "locate", "filters", "predict", "many", "smooth", "track", "metrics", "records", "results", "reliability",
    "align", "axis", "mesh", "folds", "field", "warp", "texture", "render", "settings", "schedule", "layout",
    "colour", "mask", "matte", "aligner", "mixture", "blend", "leg", "morph", "sequence", "prototype", "film", "gif",
    "stills", "video", "animation", "footage", "trackfile", "movie", "sheet", "options", "sources", "recipe", "make",
    "pairs", "processes", "batch", "draw", "console", "cli_faces", "cli_output", "cli_recipe", "cli_film",
    "cli_photo", "cli_morph", "cli", "__main__",
]  # fmt: skip
MAY_IMPORT_TORCH = {
    "_torchvision", "resnet", "heatmaps", "networks", "weights", "checkpoint", "filters", "readout", "export",
    "engine_torch",
}  # fmt: skip


def imports_of(module: str) -> set[str]:
    """Absolute names of all that a module of facekp imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / "facekp" / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_every_module_has_its_place():
    assert {path.stem for path in (ROOT / "facekp").glob("*.py")} == {*ORDER, "__init__"}


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_only_from_its_left(module):
    left = {f"facekp.{name}" for name in ORDER[: ORDER.index(module)]} | {"facekp"}
    inner = {name for name in imports_of(module) if name.split(".")[0] == "facekp"}
    assert inner <= left
    assert not {name for name in imports_of(module) if name.split(".")[0] in ("app", "training", "tests")}


@pytest.mark.parametrize("module", sorted(set(ORDER) - MAY_IMPORT_TORCH))
def test_torch_is_imported_only_where_networks_are(module):
    assert not {name for name in imports_of(module) if name.split(".")[0] in ("torch", "torchvision", "safetensors")}


@pytest.mark.parametrize(
    "statement",
    [
        "import facekp",
        "import facekp.cli; facekp.cli._parser().format_help()",
        "from facekp import KeypointPredictor, KeypointTracker; from facekp.checkpoint import open_checkpoint; "
        "open_checkpoint('face68')",
        "from facekp import load_image, morph_frames, average_face, write_movie, FaceBox, MorphSettings",
    ],
)
def test_starts_without_torch(statement):
    code = f"import sys; {statement}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)


def test_all_public_names_are_there():
    import facekp

    assert all(getattr(facekp, name) is not None for name in facekp.__all__)
    assert set(facekp.__all__) <= set(dir(facekp))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        facekp.nothing  # noqa: B018


def test_pins_satisfy_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"app", "onnx", "train", "dev"} <= project["optional-dependencies"].keys()
    pinned = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line}
    needed = [*project["dependencies"], *project["optional-dependencies"]["app"]]
    assert {name.split(";")[0].split(">")[0].split("=")[0] for name in needed} <= pinned


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Path:
    """Scripts folder of an environment into which the wheel was installed."""
    return install(ROOT, tmp_path_factory.mktemp("wheel"))


def run_installed(installed: Path, *arguments: object) -> str:
    """Run the installed command away from the repository."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    shown = subprocess.run(
        [installed / "facekp", *map(str, arguments)], capture_output=True, text=True, cwd=installed, env=environment
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def test_the_wheel_detects_a_face_away_from_the_repository(installed, portrait):
    import json

    (record,) = json.loads(run_installed(installed, "detect", portrait))
    assert len(record["faces"][0]["points"]) == 68


def test_the_wheel_is_typed_and_holds_the_app(installed):
    code = (
        "import facekp, pathlib; here = pathlib.Path(facekp.__file__).parent; print(here); "
        "assert (here / 'py.typed').is_file(); assert (here / 'app' / 'streamlit_app.py').is_file(); "
        "assert (here / 'app' / 'gallery' / 'gallery.json').is_file(); "
        "assert (here / 'checkpoints' / 'face68' / 'card.json').is_file()"
    )
    shown = subprocess.run([installed / "python", "-c", code], capture_output=True, text=True, cwd=installed)
    assert shown.returncode == 0, shown.stderr
    assert str(installed.parent) in shown.stdout


def test_torchvision_beside_a_torch_without_cuda():
    """The shim makes the import work in a fresh process, and does nothing where operators are there."""
    code = (
        "from facekp._torchvision import declare_missing_operators, import_torchvision; import torch, torchvision; "
        "assert hasattr(torch.ops.torchvision, 'nms'); declare_missing_operators(); import_torchvision(); "
        "from torchvision.models import resnet18; resnet18()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
