"""The Keypoints page in a real browser: wide and light, narrow and dark, with mouse, fingers and keys."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from comparison import TrueFace
from face_viewer import SCRIPTS, face_data, truth_data
from photos import Truth
from PIL import Image

from facekp.draw import ERROR, FAINTEST, PREDICTED, TRUTH
from facekp.faces import FaceBox
from facekp.images import encode_png, load_image
from facekp.keypoints import Keypoints
from facekp.schema import IBUG68
from tests.browser import BROWSER, READY, SCREENS, visiting
from tests.conftest import GALLERY, ROOT
from tests.drawn import face_points
from tests.keypoints_visit import KeypointsVisit

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")

VIEWER = ROOT / "app" / "viewer"
PAIR = "ada_neutral.jpg", "ebo_neutral.jpg"


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


def show(visit: KeypointsVisit, faces: list[dict], truths: list[dict] | None = None) -> None:
    """Show them in a viewer of the id ``drawn``."""
    colors = {"predicted": PREDICTED, "truth": TRUTH, "error": ERROR}
    data = {
        "photo": "drawn", "model": "drawn", "alt": "Drawn faces", "saved": "drawn.png", "source": "data:,",
        "size": [440, 220], "names": IBUG68.names, "edges": IBUG68.edges, "triangles": [], "faces": faces,
        "truths": truths or [], "selected": 0, "edit": 0,
        "colors": {name: f"rgb{color}" for name, color in colors.items()},
    }  # fmt: skip
    script = "\n".join((VIEWER / name).read_text() for name in SCRIPTS)
    visit.page.evaluate(SHOW, [(VIEWER / "viewer.html").read_text(), script, data])


def test_uncertain_points_and_edges_are_faint_whatever_is_switched_on(visit: KeypointsVisit) -> None:
    faces = []
    for centre, unsure in (((120, 110), 3), ((320, 110), 40)):
        points = face_points(centre)
        doubt = np.zeros(68, np.float32)
        doubt[unsure] = np.ptp(points, axis=0).max()
        face = Keypoints(points, FaceBox.around(points), 1.0, IBUG68, doubt)
        faces.append(face_data(face, face))
    show(visit, faces)
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


def test_true_points_are_green_rings_and_errors_lie_over_all(visit: KeypointsVisit) -> None:
    points = face_points((120, 110))
    face = Keypoints(points, FaceBox.around(points), 1.0, IBUG68)
    shifted = points + np.float32([8, 0])
    show(visit, [face_data(face, face)], [truth_data(TrueFace(Truth(shifted, IBUG68), 0, shifted))])
    viewer = visit.page.locator("#drawn")
    strokes = viewer.locator(".ring").evaluate_all("all => all.map(ring => getComputedStyle(ring).stroke)")
    assert strokes == [f"rgb{TRUTH}"] * 68
    errors = viewer.locator(".drawing > :last-child")
    assert errors.get_attribute("class") == "errors"
    assert errors.get_attribute("d").startswith(f"M{points[0, 0]:g} {points[0, 1]:g}L{shifted[0, 0]:g} ")
    assert errors.evaluate("path => getComputedStyle(path).stroke") == f"rgb{ERROR}"
    # One that cannot be pressed says why.
    switch = viewer.get_by_role("button", name="Uncertainty", disabled=True)
    assert "does not tell how sure it is" in switch.get_attribute("title")
    assert viewer.get_by_role("button", name="Mesh").count() == 0


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


def test_what_was_done_is_undone_after_a_look_at_another_photo(visit: KeypointsVisit) -> None:
    told = visit.page.get_by_text("1 point corrected by hand")
    before = visit.points()
    visit.press("Correct by hand")
    visit.drag(30, 24, 10)
    told.wait_for()
    undo = visit.page.locator(".viewer").get_by_role("button", name="Undo", exact=True)
    visit.choose("Ada, smiling")
    assert undo.is_disabled()
    visit.choose("Ada, neutral")
    told.wait_for()
    assert undo.is_enabled()
    undo.click()
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


def red(values: np.ndarray) -> int:
    return int(((values[..., 0] > 200) & (values[..., 1:] < 90).all(axis=-1)).sum())


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_picture_is_saved_with_what_is_drawn(visit: KeypointsVisit) -> None:
    photo = load_image(GALLERY / PAIR[0]).astype(int)
    whole = opened(visit.saved("PNG"))
    assert whole.shape == photo.shape
    assert red(whole) > 200 + red(photo)

    seen = opened(visit.saved("Save view"))
    assert seen.shape[0] == seen.shape[1] >= photo.shape[0]  # the whole photo, at its own size at least
    assert red(seen) > 200
    visit.press("Points")
    visit.press("Edges")
    visit.press("Zoom to the face")
    with visit.page.expect_download() as download:
        visit.press("Save view")
    nearer = opened(download.value.path().read_bytes())
    assert red(nearer) < 50
    left, top, width, height = (
        float(value) for value in visit.page.locator(".stage > svg").get_attribute("viewBox").split()
    )
    middle = load_image(GALLERY / PAIR[0])[round(top + height / 2), round(left + width / 2)]
    np.testing.assert_allclose(nearer[nearer.shape[0] // 2, nearer.shape[1] // 2], middle, atol=12)
