"""The app's pages about the networks in a real browser: wide and light, narrow and dark."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.browser import BROWSER, EMPTY_CHARTS, SCREENS, TOO_WIDE, Visit, visiting

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")

IN_THEME = """scheme => {
    const ground = getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor;
    return (ground.match(/\\d+/)[0] > 127) === (scheme === 'light');
}"""
SETTLING = 400
"""Milliseconds in which colours change."""


class PageVisit(Visit):
    """A visitor of pages with charts and pictures."""

    def charts_drawn(self) -> None:
        """Wait for the charts, which come later than what is around them."""
        self.page.get_by_test_id("stVegaLiteChart").first.wait_for()
        self.page.wait_for_function(f"!({EMPTY_CHARTS})()")

    def check(self, name: str, *, errors: int = 0) -> None:
        """As any visitor, and: no chart stays empty, and no text is too faint in the other theme."""
        self.page.wait_for_function(f"!({EMPTY_CHARTS})()")
        own = SCREENS[self.screen]["color_scheme"]
        for scheme in ("light" if own == "dark" else "dark", own):
            self.page.emulate_media(color_scheme=scheme)
            self.page.wait_for_function(IN_THEME, arg=scheme)
            self.page.wait_for_timeout(SETTLING)
            self.check_contrast()
        super().check(name, errors=errors)

    def descriptions(self) -> list[str]:
        """Of all pictures of the page, in order."""
        return self.page.locator("[data-testid=stMain] img").evaluate_all("all => all.map(image => image.alt)")

    def sources(self) -> list[str]:
        """Addresses of all pictures of the page, in order; another one means another picture."""
        return self.page.locator("[data-testid=stMain] img").evaluate_all("all => all.map(image => image.src)")


@pytest.fixture(params=SCREENS)
def visit(request: pytest.FixtureRequest, browser: sync_api.Browser, address: str) -> Iterator[PageVisit]:
    """A visitor at a desk, then one with a phone."""
    with visiting(PageVisit, browser, address, request.param) as visit:
        yield visit


def test_filters(visit: PageVisit) -> None:
    visit.open("Filters")
    visit.check("filters")
    before = visit.sources()
    button = visit.page.get_by_role("button", name="Filter 5", exact=True)
    button.focus()
    button.press("Enter")  # the keyboard reaches what the mouse does
    visit.page.locator('img[alt="Filter 5 after training"]').wait_for()
    visit.settle()
    after = visit.sources()
    assert len(after) == len(before) == 5
    assert not set(after[1:]) & set(before[1:])  # the first is what the network sees
    with Image.open(io.BytesIO(visit.saved("Response"))) as response:
        assert np.asarray(response).std() > 0
    visit.page.get_by_role("radio", name="Before training").click()
    visit.settle()
    visit.check("filters-before")


def test_results(visit: PageVisit) -> None:
    visit.open("Results")
    visit.check("results")
    for part in ("Errors", "Pictures", "Training"):
        visit.page.get_by_role("radio", name=part).click()
        if part == "Pictures":
            visit.page.get_by_role("heading", name="Best and worst pictures").wait_for()
        else:
            visit.charts_drawn()
        visit.settle()
        visit.check(f"results-{part.lower()}")
    visit.page.get_by_role("radio", name="Nose tip").click()
    visit.page.get_by_role("heading", name="Sweep").wait_for()
    visit.settle()
    visit.page.get_by_role("radio", name="Linear").click()
    visit.charts_drawn()
    visit.settle()
    visit.check("results-nose")
    table = pd.read_csv(io.BytesIO(visit.saved("CSV")))
    assert set(table["run"]) == {"nose", "nose-original"}
    with Image.open(io.BytesIO(visit.saved("PNG"))) as chart:
        assert chart.format == "PNG"
    assert ElementTree.fromstring(visit.saved("SVG")).tag.endswith("svg")


def test_data(visit: PageVisit) -> None:
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


def test_about(visit: PageVisit) -> None:
    visit.open("About")
    visit.check("about")
    model = visit.page.locator("summary").filter(has_text="nose-original")
    model.focus()
    model.press("Enter")
    visit.page.get_by_text("the face in grey, 80 × 80 pixels").filter(visible=True).wait_for()
    visit.settle()
    visit.check("about-model")


def test_each_page_has_a_title_of_its_own(visit: PageVisit) -> None:
    for title in ("Morph", "Mid-way and mean", "Filters", "Results", "Data", "About", "Keypoints"):
        visit.open(title)
        assert visit.page.title() == f"{title} · facekp"


def test_what_sticks_out_is_found(visit: PageVisit) -> None:
    """The checks of this file are not blind."""
    visit.open("About")
    assert visit.page.evaluate(TOO_WIDE) == []
    plant = "html => document.querySelector('[data-testid=stMain] h1').insertAdjacentHTML('afterend', html)"
    visit.page.evaluate(
        plant, '<div style="width: 60px; overflow: hidden; white-space: nowrap">cut in the middle</div>'
    )
    assert visit.page.evaluate(TOO_WIDE) == ["cut in the middle"]
    visit.page.evaluate(plant, '<div style="width: 1500px">too wide</div>')
    assert visit.page.evaluate(TOO_WIDE)[0].startswith("the page, by ")


def test_the_focus_and_a_toggle_that_is_off_are_seen(visit: PageVisit) -> None:
    visit.open("Data")
    visit.page.get_by_text("Augmented, as in training").click()
    visit.settle()
    track = visit.page.locator("[data-testid=stCheckbox] label > span + div")
    assert "inset" in track.evaluate("element => getComputedStyle(element).boxShadow")
    visit.page.keyboard.press("Tab")
    ring = visit.page.evaluate("getComputedStyle(document.activeElement).outline")
    assert ring.endswith("solid 2px")
    assert "rgba" not in ring  # in full colour, whose contrast the tests of charts and colours know
