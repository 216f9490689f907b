"""Make the pictures of the app's pages, and docs/app.md with them.

    python -m docs.make_screenshots

The app is served on a machine without data sets as far as it knows, so that nobody but the gallery's composites is
to be seen. It needs Chromium.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.app import ARGUMENTS, CHROMIUM, READY, served
from docs.make_morphs import credits
from facekp.files import write_bytes

HERE = Path(__file__).parent
FOLDER = HERE / "app"
WIDTH, HEIGHT = 1280, 960
QUALITY = 80
ANIMATION = 1500
"""Milliseconds in which charts and pictures come to rest."""

TEXTS = {
    "Keypoints": "The points of every face in a photo: beside true ones, and corrected by hand.",
    "Morph": "Two or more faces in order, a preview that follows the settings, and the film.",
    "Mid-way and mean": "The face between faces by their weights; caricatures and symmetric faces.",
    "Filters": "The first layer of each network, before and after training, and what it answers to.",
    "Results": "How the networks were trained, and how far off they are, by photograph, region and turn of the head.",
    "Data": "What the networks are fed with, augmented or not, and where the data comes from.",
    "About": "What runs where, the models and their cards, licences and versions.",
}


def slug(title: str) -> str:
    """A page's title as the name of a file."""
    return title.lower().replace(" ", "-")


def titles(page: Page) -> list[str]:
    """The pages in the side bar, in order."""
    links = page.get_by_test_id("stSidebarNavLink")
    links.first.wait_for()
    return [text.strip().splitlines()[-1] for text in links.all_inner_texts()]


def picture(page: Page, title: str) -> bytes:
    """A page as it is first seen, as WebP."""
    page.get_by_test_id("stSidebarNavLink").filter(has_text=title).first.click()
    page.get_by_role("heading", level=1).filter(has_text=title).wait_for()
    page.wait_for_function(READY)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
    page.wait_for_timeout(ANIMATION)
    buffer = io.BytesIO()
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(buffer, format="WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()


def main() -> None:
    """Make all of them."""
    os.environ["FACEKP_DATA"] = ""
    text = (
        "# The app\n\nWritten by `python -m docs.make_screenshots`. All faces are composites of six or more "
        f"people, from the app's gallery. Sources: {credits()}.\n"
    )
    FOLDER.mkdir(exist_ok=True)
    with served() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_default_timeout(120_000)
        page.goto(server.address)
        for title in titles(page):
            data = picture(page, title)
            write_bytes(FOLDER / f"{slug(title)}.webp", data)
            print(f"{title}: {len(data) / 1000:.0f} kB")
            text += f"\n## {title}\n\n![The page {title}](app/{slug(title)}.webp)\n\n{TEXTS.get(title, '')}\n"
        browser.close()
    write_bytes(HERE / "app.md", text.encode())


if __name__ == "__main__":
    main()
