"""The Keypoints page in a real browser: wide and light, narrow and dark, with mouse, fingers and keys."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from face_viewer import face_data
from PIL import Image

from facekp.annotations import parse_pts
from facekp.draw import FAINTEST
from facekp.faces import FaceBox
from facekp.images import encode_png, load_image
from facekp.keypoints import Keypoints
from facekp.schema import IBUG68
from tests.browser import BROWSER, READY, SCREENS, Visit, visiting
from tests.conftest import GALLERY, ROOT
from tests.drawn import face_points

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")

VIEWER = ROOT / "app" / "viewer"
PAIR = "ada_neutral.jpg", "ebo_neutral.jpg"


class KeypointsVisit(Visit):
    """A visitor of the Keypoints page."""

    def settle(self) -> None:
        """Wait until the page is at rest, and the points are drawn."""
        super().settle()
        if self.page.get_by_role("heading", name="Keypoints", level=1).count():
            self.page.locator(".viewer .point").first.wait_for()

    def press(self, name: str) -> None:
        """A button of the viewer."""
        self.page.locator(".viewer").get_by_role("button", name=name, exact=True).click()

    def upload(self, *files: Path) -> None:
        self.page.get_by_role("button", name="Upload").click()
        self.page.locator("input[type=file]").first.set_input_files(files)
        self.page.locator(f'.viewer img[alt^="{files[0].name}"]').wait_for()
        self.page.keyboard.press("Escape")
        self.settle()

    def points(self) -> np.ndarray:
        """The points in the .pts file (K, 2)."""
        self.page.wait_for_timeout(300)  # until what was done is on its way
        self.page.wait_for_function(READY)
        return parse_pts(self.saved(".pts").decode())

    def centre(self, index: int) -> tuple[float, float]:
        """Of a point of the picture, window pixels."""
        point = self.page.locator(f'.viewer [data-point="{index}"]')
        point.scroll_into_view_if_needed()
        box = point.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, index: int, dx: float, dy: float) -> float:
        """Drag a point by so many window pixels; the photo pixels in one of them."""
        x, y = self.centre(index)
        scale = self.page.locator(".stage > svg").evaluate("svg => Number(svg.style.getPropertyValue('--px'))")
        if self.screen == "narrow":
            fingers = self.page.context.new_cdp_session(self.page)

            def send(kind: str, *places: tuple[float, float]) -> None:
                touches = [{"x": left, "y": top} for left, top in places]
                fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

            send("touchStart", (x, y))
            send("touchMove", (x + dx / 2, y + dy / 2))
            send("touchMove", (x + dx, y + dy))
            send("touchEnd")
        else:
            self.page.mouse.move(x, y)
            self.page.mouse.down()
            self.page.mouse.move(x + dx / 2, y + dy / 2)
            self.page.mouse.move(x + dx, y + dy)
            self.page.mouse.up()
        return float(scale)


@pytest.fixture(params=SCREENS)
def visit(request: pytest.FixtureRequest, browser: sync_api.Browser, address: str) -> Iterator[KeypointsVisit]:
    """A visitor at a desk, then one with a phone."""
    with visiting(KeypointsVisit, browser, address, request.param) as visit:
        yield visit


def test_switches_answer_in_the_browser_and_outlive_a_change_of_page(visit: KeypointsVisit) -> None:
    page = visit.page
    assert page.locator(".viewer .point").count() == 68
    visit.check("keypoints")
    for name, drawn in {"Mesh": "path.mesh", "Numbers": "text", "Box": "rect.box", "Pose": ".axes line"}.items():
        assert page.locator(f".drawing {drawn}").count() == 0
        visit.press(name)
        assert page.locator(f".drawing {drawn}").count() > 0
    visit.press("Points")
    assert page.locator(".viewer .point").count() == 0
    visit.press("Points")
    visit.press("Numbers")
    visit.open("About")
    visit.open("Keypoints")
    assert page.locator(".drawing path.mesh").count() == 1
    assert page.locator(".drawing text").count() == 0
    visit.check("keypoints-switched")


SHOW = """async ([markup, script, data]) => {
    const root = document.body.appendChild(document.createElement('div'));
    root.id = 'drawn';
    root.innerHTML = markup;
    const viewer = await import(URL.createObjectURL(new Blob([script], {type: 'text/javascript'})));
    viewer.default({data, parentElement: root, setTriggerValue: () => null});
}"""
"""Shows the viewer once more, with faces of our own: no network without training is uncertain of single points."""


def test_uncertain_points_and_edges_are_faint_whatever_is_switched_on(visit: KeypointsVisit) -> None:
    faces = []
    for centre, unsure in (((120, 110), 3), ((320, 110), 40)):
        points = face_points(centre)
        doubt = np.zeros(68, np.float32)
        doubt[unsure] = np.ptp(points, axis=0).max()
        face = Keypoints(points, FaceBox.around(points), 1.0, IBUG68, doubt)
        faces.append(face_data(face, face))
    data = {
        "photo": "drawn", "model": "drawn", "alt": "Two drawn faces", "saved": "drawn.png", "source": "data:,",
        "size": [440, 220], "names": IBUG68.names, "edges": IBUG68.edges, "triangles": [], "faces": faces,
        "truths": [], "selected": 0, "edit": 0, "colors": {"predicted": "rgb(255, 40, 40)", "truth": "rgb(0, 0, 0)"},
    }  # fmt: skip
    script = "\n".join((VIEWER / name).read_text() for name in ("view.js", "drawing.js", "viewer.js"))
    visit.page.evaluate(SHOW, [(VIEWER / "viewer.html").read_text(), script, data])
    viewer = visit.page.locator("#drawn")

    def opacities(drawn: str, attribute: str) -> list[float]:
        return viewer.locator(drawn).evaluate_all(f"all => all.map(each => Number(each.getAttribute('{attribute}')))")

    def check() -> None:
        assert opacities(".selected .point", "opacity") == faces[0]["opacity"]
        assert faces[0]["opacity"][3] == FAINTEST
        for drawn in (".selected .edges", ".face:not(.selected) .edges", ".face:not(.selected) .dots"):
            assert set(opacities(drawn, "stroke-opacity")) == {1, FAINTEST}
        faint = viewer.locator(f'.selected .edges[stroke-opacity="{FAINTEST}"]').get_attribute("d")
        assert faint.count("M") == 2  # from its neighbours along the jaw to the point

    check()
    assert viewer.locator(".expected").count() == 0
    viewer.get_by_role("button", name="Uncertainty").dispatch_event("click")  # Streamlit's page lies over it
    check()
    assert viewer.locator(".expected").count() == 68


def test_the_picture_zooms_and_pans(visit: KeypointsVisit) -> None:
    stage = visit.page.locator(".stage")
    seen = visit.page.locator(".stage > svg")

    def region() -> list[float]:
        return [float(value) for value in seen.get_attribute("viewBox").split()]

    whole = region()
    visit.press("Larger")
    assert region()[2] == pytest.approx(whole[2] / 1.3, rel=1e-3)
    stage.focus()
    stage.press("+")
    assert region()[2] == pytest.approx(whole[2] / 1.69, rel=1e-3)
    before = region()
    stage.press("ArrowRight")
    assert region()[0] > before[0]
    stage.press("0")
    assert region() == whole
    stage.press("1")  # to the face
    left, top, width, height = region()
    x, y = visit.page.locator('.viewer [data-point="30"]').evaluate(
        "point => [point.cx, point.cy].map(c => c.baseVal.value)"
    )
    assert width < whole[2]
    assert left < x < left + width
    assert top < y < top + height


def test_a_corrected_point_is_saved_and_used_on_other_pages(visit: KeypointsVisit) -> None:
    page = visit.page
    told = page.get_by_text("1 point corrected by hand")
    before = visit.points()
    visit.press("Correct by hand")
    scale = visit.drag(30, 24, 10)
    told.wait_for()
    page.wait_for_function(READY)
    after = visit.points()
    expected = before.copy()
    expected[30] += np.float32([24, 10]) * scale
    np.testing.assert_allclose(after, expected, atol=0.02 + 0.5 * scale)
    np.testing.assert_allclose(np.delete(after, 30, axis=0), np.delete(before, 30, axis=0), atol=2e-3)
    visit.check("keypoints-corrected")

    visit.press("Undo")
    told.wait_for(state="detached")
    visit.press("Redo")
    told.wait_for()
    np.testing.assert_allclose(visit.points(), after, atol=2e-3)

    visit.open("Morph")
    visit.open("Keypoints")
    told.wait_for()
    np.testing.assert_allclose(visit.points(), after, atol=2e-3)
    visit.press("Reset")
    told.wait_for(state="detached")
    np.testing.assert_allclose(visit.points(), before, atol=2e-3)


def test_a_point_is_moved_by_keys(visit: KeypointsVisit) -> None:
    page = visit.page
    before = visit.points()
    visit.press("Correct by hand")
    page.locator('.viewer [data-point="0"]').focus()
    page.keyboard.press("n")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    assert page.locator(".viewer .status").inner_text().startswith("Point 1 · jaw 2")
    page.get_by_text("1 point corrected by hand").wait_for()
    page.wait_for_function(READY)
    moved = visit.points() - before
    assert moved[1, 1] > 3
    assert np.abs(np.delete(moved, 1, axis=0)).max() < 2e-3


def test_true_points_and_a_group_beside_a_file_that_is_no_picture(visit: KeypointsVisit, tmp_path: Path) -> None:
    page = visit.page
    group = tmp_path / "group.png"
    group.write_bytes(encode_png(np.hstack([load_image(GALLERY / name) for name in PAIR])))
    bad = tmp_path / "diary.jpg"
    bad.write_text("Dear diary")
    leo = [GALLERY / "leo.jpg", GALLERY / "leo.pts"]
    visit.upload(*leo, group, bad)
    page.get_by_text("“diary.jpg” is not a picture").wait_for()
    page.get_by_text("Of the eye distance").wait_for()
    assert page.locator(".viewer .truth").count() == 2  # lines and points
    assert page.locator(".viewer .errors").count() == 1
    visit.check("keypoints-truth", errors=1)

    page.get_by_role("button", name="group.png").first.click()
    page.locator(f'.viewer img[alt^="{group.name} with the points of 2 faces"]').wait_for()
    page.get_by_text("Face 1 of 2").first.wait_for()
    second = page.locator('.viewer [data-face="1"]')
    second.focus()
    second.press("Enter")
    page.get_by_text("Face 2 of 2").nth(1).wait_for()  # in the picture at once, and beside it
    box = page.locator('.viewer [data-face="0"] .box').bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text("Face 1 of 2").nth(1).wait_for()


def test_the_picture_is_saved_with_what_is_drawn(visit: KeypointsVisit) -> None:
    with Image.open(io.BytesIO(visit.saved("Save as PNG"))) as saved:
        picture = np.asarray(saved.convert("RGB")).astype(int)
    photo = load_image(GALLERY / PAIR[0]).astype(int)
    assert picture.shape == photo.shape

    def red(values: np.ndarray) -> int:
        return int(((values[..., 0] > 200) & (values[..., 1:] < 90).all(axis=-1)).sum())

    assert red(picture) > 200 + red(photo)
