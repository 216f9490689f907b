"""The page Morph in a real browser."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from facekp.images import load_image
from facekp.morph import aligned_pair
from facekp.predict import KeypointPredictor
from tests.browser import BROWSER, PATIENCE, Visit, visiting
from tests.conftest import GALLERY

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")

PATIENT = 3 * PATIENCE
"""Films take long on a busy machine."""
GIF_ERROR = 8
"""Grey levels by which 256 colours with dither may differ from a picture, on average."""


class MorphVisit(Visit):
    """A visitor who makes films."""

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


@pytest.fixture
def visit(browser: sync_api.Browser, address: str) -> Iterator[MorphVisit]:
    """A visitor at a desk."""
    with visiting(MorphVisit, browser, address, "wide", PATIENT) as visit:
        yield visit


@pytest.fixture
def phone(browser: sync_api.Browser, address: str) -> Iterator[MorphVisit]:
    """A visitor with a phone."""
    with visiting(MorphVisit, browser, address, "narrow", PATIENT) as visit:
        yield visit


def test_morph(visit: MorphVisit) -> None:
    visit.open("Morph")
    visit.check("morph")
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
    visit.check("morph-film")
    check_gif(visit.saved("GIF"))
    with zipfile.ZipFile(io.BytesIO(visit.saved("ZIP"))) as archive:
        assert {"frame_0009.png", "recipe.json"} < set(archive.namelist())

    # Another order, which outlives a change of page, as the film does.
    page.get_by_role("button", name="Ada, neutral: later").press("Enter")
    page.get_by_role("button", name="Carl, neutral: earlier").and_(page.locator(":disabled")).wait_for()
    visit.open("About")
    visit.open("Morph")
    page.get_by_role("button", name="Carl, neutral: earlier").and_(page.locator(":disabled")).wait_for()
    page.get_by_text("10 frames of 512 × 512 pixels").wait_for()
    page.locator('img[alt^="Frame "]').wait_for()  # the film that was made would become another
    page.get_by_role("radio", name="Film").press("Space")
    page.locator("video").wait_for()


def test_a_film_on_a_phone_is_that_visitors_own(phone: MorphVisit, visit: MorphVisit) -> None:
    phone.open("Morph")
    phone.check("morph")
    phone.make_film()
    phone.check("morph-film")
    phone.open("Mid-way and mean")
    phone.check("midway")
    visit.open("Morph")
    assert visit.page.locator("video").count() == 0
    visit.page.get_by_text("60 frames of 512 × 512 pixels, 2.0 seconds").wait_for()


def test_a_film_is_cancelled(visit: MorphVisit) -> None:
    visit.open("Morph")
    page = visit.page
    page.locator(".st-key-morph_frames").get_by_role("slider").press("End")
    page.get_by_text("240 frames of 512 × 512 pixels").wait_for()
    make = page.get_by_role("button", name="Make the film")
    make.press("Enter")
    make.and_(page.locator(":disabled")).wait_for()
    label, ground = make.locator("p"), page.get_by_test_id("stApp")  # it can be read while it cannot be pressed
    colours = (
        label.evaluate("p => getComputedStyle(p).color"),
        ground.evaluate("app => getComputedStyle(app).backgroundColor"),
    )
    assert colours[0] != colours[1]
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
