"""What the tests share: where real data is, a random checkpoint, a gallery face."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.data import IBUG_FOLDER, IMM_FOLDER, MERL_FOLDER

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "app" / "gallery"


def pytest_configure() -> None:
    """Nothing of the user's is touched, and no test that imports ONNX Runtime itself lets it tell anybody.

    Exported networks are kept where all of a run's processes find them.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ.setdefault("FACEKP_CACHE", tempfile.mkdtemp(prefix="facekp-tests-"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the face data sets."""
    folder = Path(os.environ.get("FACEKP_DATA") or ROOT.parent / "shared" / "data")
    missing = [name for name in (IMM_FOLDER, IBUG_FOLDER, MERL_FOLDER) if not (folder / name).is_dir()]
    if missing:
        pytest.skip(f"the face data {', '.join(missing)} is not in {folder}; set FACEKP_DATA")
    return folder


def save_random(folder: Path, seed: int, **options: object) -> Path:
    """A ResNet18 with random weights, for the 68 points; the options go into the card's input."""
    import torch

    from facekp.checkpoint import save_checkpoint
    from facekp.networks import build_network

    torch.manual_seed(seed)
    spec = {"size": 32, "channels": 1, "mean": 128.0, "std": 64.0, "margin": 1.2, "looks": 2, "mirror": True}
    card = {"schema": "ibug68", "network": "resnet18", "input": spec | options}
    network = build_network("resnet18", points=68, channels=1)
    # Points within the crop, as those of a trained network, so that a second look is possible.
    torch.nn.init.uniform_(network.net.fc.bias, -0.7, 0.7)
    save_checkpoint(folder, network, card)
    return folder


@pytest.fixture(scope="session")
def random_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights, where accuracy is not the point."""
    return save_random(tmp_path_factory.mktemp("checkpoints") / "random68", seed=0)


@pytest.fixture(scope="session")
def scouted(random_checkpoint: Path) -> Path:
    """Another one, beside it, which has it for its scout."""
    return save_random(random_checkpoint.parent / "scouted68", seed=1, looks=1, scout=random_checkpoint.name)


@pytest.fixture(scope="session")
def portrait() -> Path:
    """A composite of the gallery: a picture with one face."""
    return sorted(GALLERY.glob("*.jpg"))[0]


@pytest.fixture
def noise() -> np.ndarray:
    """A picture without a face, uint8 (240, 320, 3)."""
    return np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)


# --- The app in a browser -------------------------------------------------------------------------
# One server and one browser for all tests: each visitor has a window, and so a session, of their own.


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app that shows drawn runs, on a machine without data sets."""
    from tests.browser import served
    from tests.drawn_runs import write_runs, write_weights

    folder = tmp_path_factory.mktemp("app")
    runs = write_runs(folder / "checkpoints")
    for name in ("face68", "nose"):
        write_weights(runs / name)
    with served(folder, {"FACEKP_CHECKPOINTS": str(runs), "FACEKP_DATA": ""}) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    from tests.browser import ARGUMENTS, BROWSER

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No data sets and no checkpoints but those that a test sets."""
    monkeypatch.delenv("FACEKP_DATA", raising=False)
    monkeypatch.delenv("FACEKP_CHECKPOINTS", raising=False)
    return monkeypatch


@pytest.fixture
def opened(environment: pytest.MonkeyPatch) -> Any:
    """Opens a page of the app, see `tests.pages.opener`."""
    from tests.pages import opener  # Streamlit takes a second, and most tests need none

    return opener(environment)
