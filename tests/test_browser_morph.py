"""The pages Morph and Mid-way in a real browser."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from facekp.images import load_image
from facekp.morph import aligned_pair
from facekp.predict import KeypointPredictor
from tests.browser import BROWSER, EMPTY_PICTURES, FAINT_TEXTS, OVERLAPS, PATIENCE, READY, TOO_WIDE
from tests.conftest import GALLERY

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")

PHONE = "Mozilla/5.0 (Linux; Android 15; Mobile) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
SCREENS = {
    "wide": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "user_agent": PHONE},
}
LEAST_CONTRAST = 4.5
GIF_ERROR = 8
"""Grey levels by which 256 colours with dither may differ from a picture, on average."""


@dataclass(frozen=True)
class Visit:
    """A visitor with the app before them."""

    page: sync_api.Page
    screen: str

    def open(self, title: str) -> None:
        """Go to a page by the side bar."""
        if self.screen == "narrow":
            self.page.get_by_test_id("stExpandSidebarButton").click()
        self.page.get_by_role("link", name=title, exact=True).click()
        self.page.get_by_role("heading", name=title, level=1).wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the page is complete and at rest, its pictures too."""
        self.page.wait_for_function(READY)
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function(f"!({EMPTY_PICTURES})().length")
        self.page.wait_for_function(f"!({OVERLAPS})().length")

    def check(self, artefact: Path) -> None:
        """Nothing is wrong, sticks out or is too faint; the page is kept as a picture."""
        page = self.page
        assert page.get_by_test_id("stException").count() == 0
        assert page.get_by_test_id("stAlertContentError").count() == 0
        assert page.evaluate(TOO_WIDE) <= 0
        # The value of a slider stands above its knob, in the knob's colour, and within it for the browser.
        faint = [text for text in page.evaluate(FAINT_TEXTS, LEAST_CONTRAST) if not re.fullmatch(r"[\d.]+: 1.00", text)]
        assert faint == []
        page.screenshot(path=artefact)
        with Image.open(artefact) as picture:
            assert np.asarray(picture.convert("L")).std() > 5

    def changes(self, image: sync_api.Locator, before: str) -> str:
        """The address of a picture, once it is another than before."""
        image.wait_for()
        self.page.wait_for_function("([image, before]) => image.src !== before", arg=[image.element_handle(), before])
        return str(image.evaluate("image => image.src"))

    def make_film(self) -> None:
        """A film of ten frames, by the keyboard."""
        frames = self.page.locator(".st-key-morph_frames").get_by_role("slider")
        frames.press("Home")
        for _ in range(8):
            frames.press("ArrowRight")
        self.page.get_by_text("10 frames of 512 × 512 pixels, 0.3 seconds").wait_for()
        self.page.get_by_role("button", name="Make the film").press("Enter")
        self.page.locator("video").wait_for()
        self.settle()

    def saved(self, name: str) -> bytes:
        """The file that a button gives, once the page is at rest: what is drawn anew makes its files anew."""
        self.settle()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=name).first.click()
        return download.value.path().read_bytes()


@contextmanager
def visitor(browser: sync_api.Browser, address: str, screen: str) -> Iterator[Visit]:
    """A visitor's own window; no other machine may be asked for anything, and the console stays empty."""
    context = browser.new_context(**SCREENS[screen])
    context.set_default_timeout(3 * PATIENCE * 1000)  # films take long on a busy machine
    page = context.new_page()
    asked, told = [], []
    page.on("request", lambda sent: asked.append(urlsplit(sent.url)))

    def note(message: sync_api.ConsoleMessage) -> None:
        left = "404" in message.text and "/media/" in str(message.location)  # pictures of a page that was left
        if message.type == "error" and not left:
            told.append(f"{message.text} {message.location}")

    page.on("console", note)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(address)
    page.get_by_role("heading", name="Keypoints", level=1).wait_for()
    visit = Visit(page, screen)
    visit.settle()
    yield visit
    context.close()
    assert told == []
    assert {url.hostname for url in asked if url.scheme in ("http", "https", "ws", "wss")} == {"127.0.0.1"}


@pytest.fixture
def visit(browser: sync_api.Browser, address: str) -> Iterator[Visit]:
    """A visitor at a desk."""
    with visitor(browser, address, "wide") as visit:
        yield visit


@pytest.fixture
def phone(browser: sync_api.Browser, address: str) -> Iterator[Visit]:
    """A visitor with a phone."""
    with visitor(browser, address, "narrow") as visit:
        yield visit


def test_morph(visit: Visit, tmp_path: Path) -> None:
    visit.open("Morph")
    visit.check(tmp_path / "morph.png")
    page = visit.page

    # The preview follows its slider, and shows triangles.
    image, slider = page.locator('img[alt^="Frame "]'), page.get_by_role("slider", name="Place in the film")
    before = str(image.evaluate("image => image.src"))
    slider.press("End")
    assert image.get_attribute("alt") == "Frame 60 of 60"
    before = visit.changes(image, before)
    page.get_by_text("Triangles", exact=True).click()
    visit.changes(image, before)
    assert image.get_attribute("alt") == "Frame 60 of 60"  # the slider stays where it was

    visit.make_film()
    page.wait_for_function("document.querySelector('video').readyState >= 2")  # the browser can play it
    visit.check(tmp_path / "morph-film.png")
    check_gif(visit.saved("GIF"))
    with zipfile.ZipFile(io.BytesIO(visit.saved("ZIP"))) as archive:
        assert {"frame_0009.png", "recipe.json"} < set(archive.namelist())

    # Another order, which outlives a change of page, as the film does.
    page.get_by_role("button", name="Ada, neutral: later").press("Enter")
    page.get_by_role("button", name="Carl, neutral: earlier").and_(page.locator(":disabled")).wait_for()
    visit.open("About")
    visit.open("Morph")
    page.get_by_role("button", name="Carl, neutral: earlier").and_(page.locator(":disabled")).wait_for()
    page.locator("video").wait_for()
    page.get_by_text("10 frames of 512 × 512 pixels").wait_for()


def test_a_film_on_a_phone_is_that_visitors_own(phone: Visit, visit: Visit, tmp_path: Path) -> None:
    phone.open("Morph")
    phone.check(tmp_path / "morph-narrow.png")
    phone.make_film()
    phone.check(tmp_path / "morph-film-narrow.png")
    phone.open("Mid-way and mean")
    phone.check(tmp_path / "midway-narrow.png")
    visit.open("Morph")
    assert visit.page.locator("video").count() == 0
    visit.page.get_by_text("60 frames of 512 × 512 pixels, 2.0 seconds").wait_for()


def test_a_film_is_cancelled(visit: Visit) -> None:
    visit.open("Morph")
    page = visit.page
    page.locator(".st-key-morph_frames").get_by_role("slider").press("End")
    page.get_by_text("240 frames of 512 × 512 pixels").wait_for()
    make = page.get_by_role("button", name="Make the film")
    make.press("Enter")
    page.get_by_role("button", name="Cancel").press("Enter")
    make.and_(page.locator(":enabled")).wait_for()
    visit.settle()
    assert page.locator("video").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0


def check_gif(film: bytes) -> None:
    """The film has all its frames, begins and ends with the aligned photographs, and moves all the way."""
    with Image.open(io.BytesIO(film)) as gif:
        assert (gif.n_frames, gif.size) == (10, (512, 512))
        frames = []
        for index in range(gif.n_frames):
            gif.seek(index)
            frames.append(np.asarray(gif.convert("RGB"), dtype=float))
    photos = [load_image(GALLERY / name) for name in ("ada_neutral.jpg", "carl_neutral.jpg")]
    predictor = KeypointPredictor.from_checkpoint("face68")
    first, last = aligned_pair(*photos, *(predictor.predict_one(photo).points for photo in photos))
    assert np.abs(frames[0] - first).mean() < GIF_ERROR
    assert np.abs(frames[-1] - last).mean() < GIF_ERROR
    assert min(np.abs(after - before).mean() for before, after in itertools.pairwise(frames)) > 0.1


def test_midway_and_mean(visit: Visit, tmp_path: Path) -> None:
    visit.open("Mid-way and mean")
    visit.check(tmp_path / "midway.png")
    page = visit.page

    # The result follows the weights, and can be laid over a face.
    after = page.locator("img.after")
    before = str(after.evaluate("image => image.src"))
    compare = page.get_by_role("slider", name="Ada, neutral or Mid-way face")
    compare.press("Home")
    assert after.evaluate("image => getComputedStyle(image).clipPath") == "inset(0px 0px 0px 0%)"
    page.locator(".st-key-midway_weights").get_by_role("slider").first.press("End")
    page.get_by_text("67%", exact=True).wait_for()
    before = visit.changes(after, before)
    page.get_by_text("Draw the mean shape").click()
    visit.changes(after, before)
    assert load_image(visit.saved("PNG")).shape == (512, 512, 3)

    page.get_by_role("tab", name="Caricature").click()
    page.get_by_text("The mean is of 11 faces.").wait_for()
    visit.settle()
    visit.check(tmp_path / "caricature.png")
    with zipfile.ZipFile(io.BytesIO(visit.saved("Recipe"))) as archive:
        assert archive.namelist() == ["recipe.json", "mean.png"]

    page.get_by_role("tab", name="Symmetry").click()
    page.get_by_text("0: the face, 1: symmetric").wait_for()
    visit.settle()
    visit.check(tmp_path / "symmetry.png")
    picture = load_image(visit.saved("PNG")).astype(int)
    photo = load_image(GALLERY / "ada_neutral.jpg").astype(int)
    assert picture.shape == photo.shape
    assert np.abs(picture - photo).mean() > 0.5
