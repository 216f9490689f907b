"""The app starts quickly: the first page needs no network, and its points are those that the network finds."""

import gc
import subprocess
import sys

import networks
import numpy as np
from known_points import MODEL, network_digest, read_known
from photos import read_gallery

from facekp.images import load_image
from facekp.predict import KeypointPredictor
from tests.conftest import GALLERY, ROOT


def test_the_gallerys_points_are_known() -> None:
    known = read_known()
    assert set(known) == {photo.digest for photo in read_gallery(GALLERY)}, (
        "run: PYTHONPATH=. python app/known_points.py"
    )


def test_known_points_are_those_that_the_network_finds() -> None:
    predictor, known = KeypointPredictor.from_checkpoint(MODEL), read_known()
    for photo in read_gallery(GALLERY)[::5]:
        image = load_image(photo.data)
        found, before = predictor.predict(image), known[photo.digest]
        assert before.size == (image.shape[1], image.shape[0])
        assert len(before.faces) == len(found)
        for face, other in zip(found, before.faces, strict=True):
            assert np.abs(face.points - other.points).max() < 0.1
            assert face.schema is other.schema
            assert face.box.overlap(other.box) > 0.99


def test_points_of_another_network_do_not_count(monkeypatch) -> None:
    monkeypatch.setattr("known_points.network_digest", lambda model: "another")
    assert read_known() == {}
    assert network_digest("no such network") == ""


def test_what_is_loaded_is_not_looked_through_for_garbage_again() -> None:
    """Streamlit collects after each run of a page, and films wait as long as that takes."""
    networks.warm_up(read_gallery(GALLERY)[0], idle=0)
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


def first_page(before: str) -> subprocess.CompletedProcess[str]:
    """A process that has shown the start page, and ends with 0 where it did without torch."""
    code = (
        "import sys, types; sys.path.insert(0, 'app')\n"
        f"{before}\n"
        "torch = sys.modules.get('torch')\n"
        "from streamlit.testing.v1 import AppTest\n"
        "page = AppTest.from_file(sys.argv[1], default_timeout=60).run()\n"
        "assert not page.exception and not page.error and page.title[0].value == 'Keypoints'\n"
        "sys.exit(sys.modules.get('torch') is not torch)"
    )
    script = str(ROOT / "app" / "streamlit_app.py")
    return subprocess.run([sys.executable, "-c", code, script], cwd=ROOT, capture_output=True, text=True)


def test_the_first_page_imports_no_torch() -> None:
    shown = first_page("")
    assert shown.returncode == 0, shown.stderr


def test_the_first_page_does_not_fail_while_torch_is_imported() -> None:
    """The network is loaded beside the first visit, and a module is there before what it holds."""
    shown = first_page("sys.modules['torch'] = types.ModuleType('torch')")
    assert shown.returncode == 0, shown.stderr
