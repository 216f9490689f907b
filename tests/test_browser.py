"""A visit to the app in a real browser."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from facekp.images import load_image
from facekp.morph import aligned_pair
from facekp.predict import KeypointPredictor

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "app" / "gallery"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSER_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

PATIENCE = 40
"""Seconds until something that should appear is missed."""
GIF_ERROR = 8
"""Grey levels by which 256 colours with dither may differ from a picture, on average."""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app that was started from another folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("elsewhere")
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "app" / "streamlit_app.py"),
        f"--server.port={port}",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # facekp need not be installed
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
    assert "Traceback" not in (folder / "log").read_text()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the app's server did not start")


@pytest.fixture
def page() -> Iterator[sync_api.Page]:
    """An empty page; requests to any other machine fail the test."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=BROWSER_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        asked = []
        page.on("request", lambda request: asked.append(urlsplit(request.url)))
        yield page
        browser.close()
    assert {url.hostname for url in asked if url.scheme in ("http", "https", "ws", "wss")} == {"127.0.0.1"}


def settled(page: sync_api.Page) -> None:
    """Wait until the page is complete, and check that nothing went wrong on it."""
    page.wait_for_function("document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'")
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0
    assert "Traceback" not in page.inner_text("body")


def shown(page: sync_api.Page, alt: str) -> np.ndarray:
    """The picture on the page whose description begins so."""
    image = page.locator(f'img[alt^="{alt}"]')
    image.wait_for()
    return load_image(page.request.get(image.evaluate("element => element.src")).body())


def test_a_visit(address: str, page: sync_api.Page, tmp_path: Path) -> None:
    page.goto(address)
    page.locator('img[alt*="with the points"]').wait_for()
    settled(page)

    # A photo of one's own, and its points.
    own = sorted(GALLERY.glob("*.jpg"))[-1]
    page.get_by_role("button", name="Upload").click()
    page.locator("input[type=file]").first.set_input_files(own)
    page.locator(f'.viewer img[alt^="{own.name}"]').wait_for()
    assert page.locator(".viewer .point").count() == 68
    settled(page)

    # Two faces of the gallery, and the film from one to the other.
    page.get_by_role("link", name="Morph").click()
    page.get_by_role("heading", name="Mid-way face").wait_for()
    settled(page)
    for slot, name in zip(("morph_a", "morph_b"), gallery_names(2, 0), strict=True):
        face = f".st-key-{slot}_photo_{digest(GALLERY / name)}"
        page.locator(face).get_by_role("button").click()
        page.locator(f'{face} button[kind="primary"]').first.wait_for()  # it is chosen, and outlined
        settled(page)
    for slider in ("morph_frames", "morph_side"):  # to their least: 10 frames of 256 × 256
        page.locator(f".st-key-{slider} input").press("Home")
    page.get_by_role("button", name="Make the film").click()
    page.locator("video").wait_for()
    settled(page)
    page.wait_for_function("document.querySelector('video').readyState >= 2")  # the browser can play it
    with page.expect_download() as download:
        page.get_by_role("button", name="GIF").click()
    film = tmp_path / download.value.suggested_filename
    download.value.save_as(film)
    assert film.name == "morph.gif"
    frames = decoded(film.read_bytes())
    check_frames(frames)

    # The slider goes through the same frames.
    page.locator(".st-key-morph_frame input").press("End")
    assert np.abs(frames[-1] - shown(page, "Frame 10 of 10")).mean() < GIF_ERROR
    page.locator(".st-key-morph_frame input").press("ArrowLeft")
    middle = shown(page, "Frame 9 of 10")
    differences = [np.abs(frame - middle).mean() for frame in frames]
    assert int(np.argmin(differences)) == 8
    assert differences[8] < GIF_ERROR


def decoded(film: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(film)) as gif:
        frames = []
        for index in range(gif.n_frames):
            gif.seek(index)
            frames.append(np.asarray(gif.convert("RGB"), dtype=float))
    return frames


def check_frames(frames: list[np.ndarray]) -> None:
    """The film has all its frames, and begins and ends with the aligned photographs."""
    assert [frame.shape for frame in frames] == [(256, 256, 3)] * 10
    photos = [load_image(GALLERY / name) for name in gallery_names(2, 0)]
    predictor = KeypointPredictor.from_checkpoint("face68")
    first, last = aligned_pair(*photos, *(predictor.predict_one(photo).points for photo in photos), size=(256, 256))
    assert np.abs(frames[0] - first).mean() < GIF_ERROR
    assert np.abs(frames[-1] - last).mean() < GIF_ERROR
    steps = [np.abs(after - before).mean() for before, after in itertools.pairwise(frames)]
    assert min(steps) > 0.1  # it moves all the way


def digest(photo: Path) -> str:
    """As the app tells photographs apart."""
    return hashlib.sha256(photo.read_bytes()).hexdigest()[:16]


def gallery_names(*indices: int) -> list[str]:
    entries = json.loads((GALLERY / "gallery.json").read_text())
    return [entries[index]["file"] for index in indices]
