"""The app's pages about the networks in a real browser: wide and light, narrow and dark."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.browser import (
    ARTEFACTS,
    BROWSER,
    EMPTY_CHARTS,
    EMPTY_PICTURES,
    FAINT_TEXTS,
    OVERLAPS,
    PATIENCE,
    READY,
    TOO_WIDE,
)

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")

PHONE = "Mozilla/5.0 (Linux; Android 15; Mobile) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
SCREENS = {
    "wide": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "user_agent": PHONE},
}
"""Windows of visitors; on a phone the side bar closes by itself."""
IN_THEME = """scheme => {
    const ground = getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor;
    return (ground.match(/\\d+/)[0] > 127) === (scheme === 'light');
}"""
SETTLING = 400
"""Milliseconds in which colours change."""
LEAST_CONTRAST = 4.5
"""Of text, by the Web Content Accessibility Guidelines 2.2, level AA."""


@dataclass(frozen=True)
class Visit:
    """A visitor with the app before them, on a screen."""

    page: sync_api.Page
    screen: str

    def open(self, title: str, *, chart: bool = False) -> None:
        """Go to a page by the side bar, as a visitor does."""
        page = self.page
        if self.screen == "narrow":
            page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_role("link", name=title).click()
        page.get_by_role("heading", name=title, level=1).wait_for()
        self.settle()
        if chart:
            page.wait_for_function(f"!({EMPTY_CHARTS})()")

    def settle(self) -> None:
        """Wait until the page is complete and at rest, its pictures too."""
        self.page.wait_for_function(READY)
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function(f"!({EMPTY_PICTURES})().length")
        self.page.wait_for_function(f"!({OVERLAPS})().length")  # what opens slides over the rest

    def check(self, name: str) -> None:
        """Nothing is empty, overlaps, sticks out or is too faint in either theme; a picture of it is kept."""
        page = self.page
        assert page.get_by_test_id("stException").count() == 0
        assert page.get_by_test_id("stAlertContentError").count() == 0
        assert page.evaluate(EMPTY_CHARTS) == 0
        assert page.evaluate(TOO_WIDE) <= 0
        schemes = ["light", "dark"] if self.screen == "narrow" else ["dark", "light"]
        for scheme in schemes:  # the screen's own comes last
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(IN_THEME, arg=scheme)
            page.wait_for_timeout(SETTLING)
            assert page.evaluate(FAINT_TEXTS, LEAST_CONTRAST) == [], scheme
        ARTEFACTS.mkdir(exist_ok=True)
        artefact = ARTEFACTS / f"{name}-{self.screen}.png"
        page.screenshot(path=artefact)
        with Image.open(artefact) as picture:
            assert np.asarray(picture.convert("L")).std() > 5

    def descriptions(self) -> list[str]:
        """Of all pictures of the page, in order."""
        return self.page.locator("[data-testid=stMain] img").evaluate_all("all => all.map(image => image.alt)")

    def sources(self) -> list[str]:
        """Addresses of all pictures of the page, in order; another one means another picture."""
        return self.page.locator("[data-testid=stMain] img").evaluate_all("all => all.map(image => image.src)")


@pytest.fixture(params=SCREENS)
def visit(request: pytest.FixtureRequest, browser: sync_api.Browser, address: str) -> Iterator[Visit]:
    """A visitor's own window; no other machine may be asked for anything, and the console stays empty."""
    context = browser.new_context(**SCREENS[request.param])
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    asked, told = [], []
    page.on("request", lambda sent: asked.append(urlsplit(sent.url)))

    def note(message: sync_api.ConsoleMessage) -> None:
        # Streamlit drops the pictures of a page that is left while they load; those that a page misses while
        # it is looked at are found by the check for empty pictures.
        left = "404" in message.text and "/media/" in str(message.location)
        if message.type == "error" and not left:
            told.append(f"{message.text} {message.location}")

    page.on("console", note)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(address)
    page.get_by_role("heading", name="Keypoints", level=1).wait_for()
    visit = Visit(page, request.param)
    visit.settle()  # a picture that is asked for when its page is gone already is missed
    yield visit
    context.close()
    assert told == []
    assert {url.hostname for url in asked if url.scheme in ("http", "https", "ws", "wss")} == {"127.0.0.1"}


def saved(visit: Visit, name: str) -> bytes:
    """The file that the first button of a name gives."""
    visit.settle()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name=name, exact=True).first.click()
    return download.value.path().read_bytes()


def test_filters(visit: Visit) -> None:
    visit.open("Filters")
    visit.check("filters")
    before = visit.sources()
    button = visit.page.get_by_role("button", name="Filter 5", exact=True)
    button.focus()
    button.press("Enter")  # the keyboard reaches what the mouse does
    visit.page.locator('img[alt="Filter 5"]').wait_for()
    visit.settle()
    after = visit.sources()
    assert after[0] != before[0]
    assert after[1] != before[1]
    with Image.open(io.BytesIO(saved(visit, "Response"))) as response:
        assert np.asarray(response).std() > 0
    visit.page.get_by_role("radio", name="Before training").click()
    visit.page.get_by_text("Responses are those of the trained filters").wait_for()
    visit.settle()
    visit.check("filters-before")


def test_results(visit: Visit) -> None:
    visit.open("Results", chart=True)
    visit.check("results")
    visit.page.get_by_role("radio", name="Nose tip").click()
    visit.page.get_by_role("heading", name="Sweep").wait_for()
    visit.settle()
    visit.page.get_by_role("radio", name="Logarithmic").click()
    visit.settle()
    visit.page.wait_for_function(f"!({EMPTY_CHARTS})()")
    visit.check("results-nose")
    table = pd.read_csv(io.BytesIO(saved(visit, "CSV")))
    assert set(table["run"]) == {"nose", "nose-original"}
    with Image.open(io.BytesIO(saved(visit, "PNG"))) as chart:
        assert chart.format == "PNG"
    assert ElementTree.fromstring(saved(visit, "SVG")).tag.endswith("svg")


def test_data(visit: Visit) -> None:
    visit.open("Data")
    visit.check("data")
    before = visit.sources()
    visit.page.get_by_role("button", name="Draw again").click()
    visit.page.wait_for_function(
        "first => document.querySelector('[data-testid=stMain] img').src !== first", arg=before[0]
    )
    visit.settle()
    assert len(visit.sources()) == len(before)
    assert visit.sources() != before
    assert all(visit.descriptions())


def test_about(visit: Visit) -> None:
    visit.open("About")
    visit.check("about")
    model = visit.page.locator("summary").filter(has_text="nose-original")
    model.focus()
    model.press("Enter")
    visit.page.get_by_text("the face in grey, 80 × 80 pixels").filter(visible=True).wait_for()
    visit.settle()
    visit.check("about-model")
