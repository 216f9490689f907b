"""Choosing, uploading and taking photographs on the Keypoints page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facekp.draw import TRUTH
from facekp.images import encode_png, load_image
from tests.browser import ARGUMENTS, BROWSER, READY, SCREENS, visiting
from tests.conftest import GALLERY
from tests.keypoints_visit import KeypointsVisit

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")


@pytest.fixture(params=SCREENS)
def visit(request: pytest.FixtureRequest, browser: sync_api.Browser, address: str) -> Iterator[KeypointsVisit]:
    """A visitor at a desk, then one with a phone."""
    with visiting(KeypointsVisit, browser, address, request.param) as visit:
        yield visit


IN_ROW = """button => {
    const [own, row] = [button, button.closest('[class*=_photos]')].map(each => each.getBoundingClientRect());
    return own.left >= row.left && own.right <= row.right - 30;
}"""
"""Whether a thumbnail is seen as a whole, left of the fading end of the row."""


def test_the_chosen_thumbnail_is_in_sight(visit: KeypointsVisit, tmp_path: Path) -> None:
    page = visit.page
    row = page.locator(".st-key-keypoints_photos")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    cut = row.get_by_role("button").evaluate_all(
        """buttons => buttons.filter(button => {
            const [own, row] = [button, button.closest('[class*=_photos]')].map(each => each.getBoundingClientRect());
            return own.left < row.right - 16 && own.right > row.right;
        }).length"""
    )
    assert cut == 1  # so that one sees that there are more
    visit.choose("Leo, mouth open, with true points")
    visit.open("About")
    visit.open("Keypoints")
    leo = row.get_by_role("button", name="Leo, mouth open, with true points")
    assert leo.evaluate(IN_ROW)
    assert leo.evaluate("button => getComputedStyle(button, '::after').backgroundColor") == f"rgb{TRUTH}"
    wide = tmp_path / "wide.png"
    wide.write_bytes(encode_png(np.hstack([load_image(GALLERY / "ada_neutral.jpg")] * 3)))
    visit.upload(wide)
    thumbnail = row.get_by_role("button", name="wide.png")
    page.wait_for_function(IN_ROW, arg=thumbnail.element_handle())
    for name, value in {"repeat": "no-repeat", "size": "cover"}.items():
        assert thumbnail.evaluate(f"button => getComputedStyle(button)['background-{name}']") == value


def test_why_a_file_is_refused_is_told(visit: KeypointsVisit) -> None:
    page = visit.page
    page.get_by_role("button", name="Upload", exact=True).first.click()
    chooser = page.locator("input[type=file]").first
    chooser.wait_for(state="attached")
    chooser.set_input_files([{"name": "a.heic", "mimeType": "image/heic", "buffer": b"no picture"}])
    told = page.get_by_test_id("stFileChip").get_by_role("alert")
    told.get_by_text("files are not allowed").wait_for()
    box = told.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) > 12
    what_to_do = told.evaluate("each => getComputedStyle(each, '::after').content")
    assert "Give photos as JPG, PNG, WebP, BMP or TIFF, up to 50 MB each." in what_to_do


@pytest.fixture(params=SCREENS)
def with_camera(request: pytest.FixtureRequest, browser: sync_api.Browser, address: str) -> Iterator[KeypointsVisit]:
    """A visitor whose browser shows a drawn film instead of a camera's picture."""
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    kind = browser.browser_type
    with (
        kind.launch(executable_path=BROWSER, args=[*ARGUMENTS, *flags]) as own,
        visiting(KeypointsVisit, own, address, request.param) as visit,
    ):
        yield visit


def test_the_camera_gives_all_its_pixels(with_camera: KeypointsVisit) -> None:
    page = with_camera.page
    page.get_by_role("button", name="Camera").click()
    page.get_by_text("1920 × 1080 pixels").wait_for()
    page.get_by_role("button", name="Take the picture").press("Enter")
    page.get_by_text("Camera 1 · 1920\u00a0×\u00a01080\u00a0pixels").wait_for()
    page.locator(".st-key-keypoints_photos").get_by_role("button", name="Camera 1", exact=True).wait_for()
    page.locator("video").wait_for(state="detached")  # the camera is off
    page.wait_for_function(READY)
    with_camera.check("keypoints-camera", errors=1)  # there is no face


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        ("Promise.reject(new DOMException('', 'NotAllowedError'))", "The camera was refused. Allow it"),
        ("Promise.reject(new DOMException('', 'NotFoundError'))", "There is no camera. Upload a photo instead."),
    ],
)
def test_without_a_camera_there_is_a_sentence(visit: KeypointsVisit, refuse: str, said: str) -> None:
    visit.page.evaluate(f"void (navigator.mediaDevices.getUserMedia = () => {refuse})")
    visit.page.get_by_role("button", name="Camera").click()
    visit.page.get_by_text(said).wait_for()
    assert visit.page.get_by_role("button", name="Try again").is_visible()
    assert not visit.page.get_by_role("button", name="Take the picture").is_visible()


def test_points_that_wait_for_a_photo_can_be_removed(visit: KeypointsVisit, tmp_path: Path) -> None:
    page = visit.page
    other = tmp_path / "other.pts"
    other.write_bytes((GALLERY / "leo.pts").read_bytes())
    page.get_by_role("button", name="Upload").click()
    page.locator("input[type=file]").first.set_input_files(other)
    told = page.get_by_text("“other.pts” waits for its photograph")
    told.wait_for()
    page.keyboard.press("Escape")
    visit.settle()
    visit.check("keypoints-waiting", errors=1)
    page.get_by_role("button", name="Remove", exact=True).click()
    told.wait_for(state="detached")


def test_the_uploader_names_all_kinds_of_files(visit: KeypointsVisit) -> None:
    visit.page.get_by_role("button", name="Upload").click()
    kinds = visit.page.get_by_test_id("stFileUploaderDropzoneInstructions").locator("span").last
    kinds.wait_for()
    assert kinds.evaluate("text => text.scrollWidth <= text.clientWidth")
