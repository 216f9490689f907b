"""The pages Morph and Mid-way in a real browser."""

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
    """A visitor who makes films and faces."""

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
    page.locator("video").wait_for()
    page.get_by_text("10 frames of 512 × 512 pixels").wait_for()


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


def test_midway_and_mean(visit: MorphVisit) -> None:
    visit.open("Mid-way and mean")
    visit.check("midway")
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
    visit.check("caricature")
    with zipfile.ZipFile(io.BytesIO(visit.saved("Recipe"))) as archive:
        assert archive.namelist() == ["recipe.json", "mean.png"]

    page.get_by_role("tab", name="Symmetry").click()
    page.get_by_text("0: the face, 1: symmetric").wait_for()
    visit.settle()
    visit.check("symmetry")
    picture = load_image(visit.saved("PNG")).astype(int)
    photo = load_image(GALLERY / "ada_neutral.jpg").astype(int)
    assert picture.shape == photo.shape
    assert np.abs(picture - photo).mean() > 0.5
