"""What visitors do and what they must not meet: bad files, each other, places that the keyboard does not reach."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facekp.annotations import format_pts
from tests.browser import BROWSER, EMPTY_CHARTS, NOTE_FOCUS, PATIENCE, READY, UNREACHED
from tests.conftest import GALLERY

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")

BAD_POINTS = (
    (format_pts(np.full((67, 2), 9.0) + np.arange(67)[:, None]), "67 points"),
    (format_pts(np.ones((68, 2))).replace("2.000 2.000\n}", "2.000 two\n}"), "not a pair of numbers"),
    ("", "no list of points"),
)
"""Files of points that cannot be used, and what must be said of each."""
MOST_STEPS = 400
"""Presses of the tabulator key after which a page must have been gone through."""
STEPS = 20
"""Presses between two looks at what was reached."""

File = dict[str, str | bytes]


def visitor(browser: sync_api.Browser, address: str) -> sync_api.Page:
    """Someone who shares nothing with the other visitors, before the first page."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(address)
    page.locator('img[alt*="with the points"]').wait_for()
    page.wait_for_function(READY)
    return page


def upload(page: sync_api.Page, files: list[File]) -> None:
    page.get_by_role("button", name="Upload", exact=True).first.click()
    page.locator("input[type=file]").first.set_input_files(files)


def choose(page: sync_api.Page, name: str) -> None:
    """Press the thumbnail of a photograph with a face; its name also tells of true points."""
    page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}(, with true points)?$")).click()
    page.locator(f'img[alt^="{name} with the points of 1 face"]').wait_for()
    page.wait_for_function(READY)


def file(name: str, data: bytes) -> File:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def portrait() -> Image.Image:
    return Image.open(GALLERY / "helen.jpg").convert("RGB")


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Every kind of file that cannot be used: its content, and what must be said of it."""
    whole = (GALLERY / "helen.jpg").read_bytes()
    points = (GALLERY / "helen.pts").read_text()
    return {
        "empty.jpg": (b"", "is empty"),
        "diary.jpg": (b"Dear diary", "not a picture"),
        "half.jpg": (whole[: len(whole) // 2], "damaged or incomplete"),
        "huge.png": (encoded(Image.new("1", (8000, 6300)), "PNG"), "50.4 million"),
        "alone.pts": (points.encode(), "waits for its photograph"),
    }


def good_files() -> dict[str, bytes]:
    """Unusual pictures that are none the less pictures."""
    face = portrait()
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side
    return {
        "grey.png": encoded(face.convert("L"), "PNG"),
        "palette.png": encoded(face.quantize(64), "PNG"),
        "cmyk.tif": encoded(face.convert("CMYK"), "TIFF"),
        "alpha.webp": encoded(face.convert("RGBA"), "WEBP"),
        "turned.jpg": encoded(face.rotate(90, expand=True), "JPEG", exif=exif),
    }


def healthy(page: sync_api.Page) -> bool:
    """No exception, no stack trace, nothing that Streamlit says of itself."""
    return page.get_by_test_id("stException").count() == 0 and "Traceback" not in page.inner_text("body")


def test_bad_files_are_told_in_sentences_and_leave_the_others(browser: sync_api.Browser, address: str) -> None:
    page = visitor(browser, address)
    bad, good = bad_files(), good_files()
    upload(page, [file(name, data) for name, (data, _) in bad.items()] + [file(*each) for each in good.items()])
    page.locator(f'img[alt^="{next(iter(good))} with the points of 1 face"]').wait_for()
    page.wait_for_function(READY)
    told = page.get_by_test_id("stAlertContentError").all_inner_texts()
    for name, (_, words) in bad.items():
        (sentence,) = [each for each in told if name in each]
        assert words in sentence
        assert sentence.strip().endswith((".", "?"))
    assert len(told) == len(bad)
    assert healthy(page)
    for name in list(good)[1:]:
        choose(page, name)
    assert healthy(page)
    page.context.close()


def test_bad_points_and_odd_photographs(browser: sync_api.Browser, address: str) -> None:
    """Points that cannot be used leave their photograph; without a face there is a sentence; small ones are fine."""
    page = visitor(browser, address)
    face = portrait()
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8))
    files = [file("noise.png", encoded(noise, "PNG")), file("small.png", encoded(face.resize((40, 40)), "PNG"))]
    for number, (text, _) in enumerate(BAD_POINTS):
        face.putpixel((0, 0), (number, 0, 0))  # so that no two are the same
        files += [file(f"face{number}.png", encoded(face, "PNG")), file(f"face{number}.pts", text.encode())]
    upload(page, files)
    alert = page.get_by_test_id("stAlertContentError")
    alert.filter(has_text="No face was found").wait_for()
    for number, (_, words) in enumerate(BAD_POINTS):
        choose(page, f"face{number}.png")
        alert.filter(has_text=words).wait_for()
        assert alert.count() == 1
        assert healthy(page)
    choose(page, "small.png")
    assert alert.count() == 0
    assert healthy(page)
    page.context.close()


def test_two_visitors_never_see_each_others(browser: sync_api.Browser, address: str) -> None:
    one, other = visitor(browser, address), visitor(browser, address)
    upload(one, [file("mine.png", encoded(portrait(), "PNG"))])
    one.locator('img[alt^="mine.png with the points"]').wait_for()
    other.reload()
    other.locator('img[alt*="with the points"]').wait_for()
    for page in ("Morph", "Keypoints"):
        for each in (one, other):
            each.get_by_role("link", name=page, exact=True).click()
            each.get_by_role("heading", name=page, level=1).wait_for()
            each.wait_for_function(READY)
        assert one.get_by_role("button", name="mine.png", exact=True).count() >= 1  # kept over a change of page
        assert "mine.png" not in other.content()
    one.context.close()
    other.context.close()


def test_the_keyboard_reaches_everything(browser: sync_api.Browser, address: str) -> None:
    page = visitor(browser, address)
    for name in page.get_by_test_id("stSidebarNavLink").all_inner_texts():
        title = name.strip().splitlines()[-1]
        page.get_by_test_id("stSidebarNavLink").filter(has_text=title).first.click()
        page.get_by_role("heading", level=1).filter(has_text=title).wait_for()
        page.wait_for_function(READY)
        page.wait_for_load_state("networkidle")
        page.wait_for_function(f"!({EMPTY_CHARTS})()")
        page.evaluate(NOTE_FOCUS)
        for _ in range(0, MOST_STEPS, STEPS):
            for _ in range(STEPS):
                page.keyboard.press("Tab")
            unreached = page.evaluate(UNREACHED)
            if not unreached:
                break
        assert unreached == [], title
    page.context.close()


def test_uploads_are_bounded(browser: sync_api.Browser, address: str, tmp_path: Path) -> None:
    """More photographs than are kept: the oldest go, a sentence says so, and nothing fails."""
    page = visitor(browser, address)
    face = portrait().resize((128, 128))
    files = []
    for number in range(27):
        face.putpixel((0, 0), (number, 0, 0))  # so that no two are the same
        files.append(file(f"photo{number}.png", encoded(face, "PNG")))
    upload(page, files)
    page.get_by_text("24 photographs and 100 MB are kept").first.wait_for()
    page.wait_for_function(READY)
    assert page.get_by_role("button", name="photo26.png", exact=True).count() == 1
    assert page.get_by_role("button", name="photo0.png", exact=True).count() == 0
    assert healthy(page)
    page.context.close()
