"""The page Mid-way and mean in a real browser."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest

from facekp.annotations import parse_pts
from facekp.images import load_image
from tests.browser import BROWSER, Visit, visiting
from tests.conftest import GALLERY

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")


class MidwayVisit(Visit):
    """A visitor who makes faces of faces."""

    def show(self, tab: str) -> None:
        """Open a tab."""
        self.page.get_by_role("tab", name=tab).click()
        self.settle()

    def add(self, face: str) -> None:
        """Add a face of the gallery to the list."""
        self.page.locator(".st-key-midway_photos").get_by_role("button", name=face).press("Enter")
        self.page.get_by_role("button", name=f"{face}: out").wait_for()
        self.settle()

    def press(self, button: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=button).press("Enter")
        self.settle()

    def choose(self, label: str, face: str) -> None:
        """Choose a face in a box."""
        self.page.get_by_role("combobox", name=label).click()
        self.page.get_by_role("option", name=face).click()
        self.settle()


@pytest.fixture
def visit(browser: sync_api.Browser, address: str) -> Iterator[MidwayVisit]:
    """A visitor at a desk."""
    with visiting(MidwayVisit, browser, address, "wide") as visit:
        visit.open("Mid-way and mean")
        yield visit


def test_the_result_follows_and_is_saved(visit: MidwayVisit) -> None:
    visit.check("midway")
    page = visit.page

    # The result follows the weights, and can be laid over a face.
    after = page.locator("img.after")
    before = str(after.evaluate("image => image.src"))
    compare = page.get_by_role("slider", name="Ada, smiling or Mid-way face")
    compare.press("Home")
    assert after.evaluate("image => getComputedStyle(image).clipPath") == "inset(0px 0px 0px 0%)"
    page.locator(".st-key-midway_weights").get_by_role("slider").first.press("End")
    page.get_by_text("67%", exact=True).wait_for()
    before = visit.changes(after, before)
    plain = load_image(visit.saved("PNG")).astype(int)
    assert plain.shape == (512, 512, 3)

    # The mean shape is drawn over both, and in the file.
    alone = page.locator("img.before")
    undrawn = str(alone.evaluate("image => image.src"))
    page.get_by_text("Draw the mean shape").click()
    visit.changes(after, before)
    visit.changes(alone, undrawn)
    changed = np.abs(load_image(visit.saved("PNG")) - plain).max(axis=2) > 0
    x, y = np.rint(parse_pts(visit.saved("Points").decode())).astype(int).T
    assert changed[y, x].all()
    assert changed.mean() < 0.1

    visit.show("Caricature")
    page.get_by_text("The mean is of 11 faces.").wait_for()
    visit.check("caricature")
    with zipfile.ZipFile(io.BytesIO(visit.saved("Recipe"))) as archive:
        assert archive.namelist() == ["recipe.json", "mean.png"]

    visit.show("Symmetry")
    page.get_by_text("0: the face, 1: symmetric").wait_for()
    visit.check("symmetry")
    picture = load_image(visit.saved("PNG")).astype(int)
    photo = load_image(GALLERY / "ada_smiling.jpg").astype(int)
    assert picture.shape == photo.shape
    assert np.abs(picture - photo).mean() > 0.5


@pytest.mark.parametrize(("tab", "label"), [("Mean", "Compare with"), ("Caricature", "Whose"), ("Symmetry", "Whose")])
def test_the_chosen_face_may_go(visit: MidwayVisit, tab: str, label: str) -> None:
    visit.show(tab)
    box = visit.page.get_by_role("combobox", name=label)
    visit.add("Ebo, neutral")
    visit.choose(label, "3: Ebo, neutral")
    visit.press("Turn round")
    sync_api.expect(box).to_have_value("1: Ebo, neutral")

    # Another page, and the tab and the choice are there still.
    visit.open("About")
    visit.open("Mid-way and mean")
    sync_api.expect(box).to_have_value("1: Ebo, neutral")

    visit.press("Ebo, neutral: out")
    visit.page.get_by_role("tabpanel").locator(".stSlider").get_by_role("slider").first.press("End")
    visit.settle()
    sync_api.expect(box).to_have_value("1: Dario, smiling")
    assert visit.page.get_by_test_id("stAlertContentError").count() == 0


def test_the_picture_stays_beside_many_weights(visit: MidwayVisit) -> None:
    for face in ("Ada, neutral", "Bela, neutral", "Carl, neutral", "Dario, neutral", "Ebo, neutral", "Fei, neutral"):
        visit.add(face)
    visit.add("Gina, neutral")
    visit.page.get_by_role("button", name="Recipe").scroll_into_view_if_needed()
    seen = visit.page.locator("img.after").bounding_box()
    assert seen is not None
    assert seen["y"] >= 0
    visit.check("midway-many")
