"""What a visitor of the app waits for, in Chromium, beside the limits; then ten visitors at once.

    python -m benchmarks.app

The app is served from a process of its own, as ``facekp app`` does it. Times are medians, but for the first page,
which comes once after the start.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from facekp.images import load_image

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "app" / "gallery"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
READY = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"

SIDE = 2000  # pixels of a photograph of 4 megapixels
ROUNDS = 5
VISITORS = 10
PATIENCE = 240_000
"""Milliseconds until something that should appear is missed."""

LIMITS = {
    "first page complete, after the server is up": 2.0,
    "upload of 4 megapixels to drawn points": 1.5,
    "switch of the overlay": 0.3,
    "preview under its slider": 0.4,
    "preview after a setting": 0.4,
    "film of 60 frames, its GIF saved": 2.0,
}
"""Seconds."""
MOST_TIMES_SINGLE, MOST_MEGABYTES = 12.0, 2000.0


@dataclass
class Server:
    """The app's server, and where it is."""

    process: subprocess.Popen[bytes]
    address: str
    seconds: float

    def peak_megabytes(self) -> float:
        """The most memory that it has had, where the system tells."""
        path = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", path.read_text()) if path.exists() else None
        return int(found[1]) / 1000 if found else float("nan")


@contextmanager
def served() -> Iterator[Server]:
    """A server that has just come up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "facekp", "app", "--port", str(port)]
    address = f"http://localhost:{port}"
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        tempfile.TemporaryDirectory() as folder,
        (Path(folder) / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            while not _answers(f"{address}/_stcore/health"):
                if process.poll() is not None:
                    raise SystemExit("the app's server did not start")
                time.sleep(0.02)
            yield Server(process, address, time.perf_counter() - began)
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url):
            return True
    except OSError:
        return False


def photograph(seed: int) -> bytes:
    """A JPEG of 4 megapixels with one face: a composite with some grain, so that no two are the same."""
    faces = sorted(GALLERY.glob("*.jpg"))
    large = cv2.resize(load_image(faces[seed % len(faces)]), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(seed).normal(0, 4, (SIDE, SIDE, 1))
    buffer = io.BytesIO()
    Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(buffer, format="JPEG", quality=90)
    return buffer.getvalue()


# --- What a visitor does --------------------------------------------------------------------------


@asynccontextmanager
async def visitor(browser: Browser) -> AsyncIterator[Page]:
    """A window of someone who was never here."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield await context.new_page()
    await context.close()


async def arrive(page: Page, address: str) -> None:
    await page.goto(address)
    await page.locator('img[alt*="with the points"]').wait_for()
    await page.wait_for_function(READY)


async def upload(page: Page, seed: int, data: bytes) -> float:
    """Seconds from the file's choice until its points are drawn."""
    await page.get_by_role("button", name="Upload", exact=True).first.click()
    chooser = page.locator("input[type=file]").first
    await chooser.wait_for(state="attached")
    began = time.perf_counter()
    name = f"photo{seed}.jpg"
    await chooser.set_input_files([{"name": name, "mimeType": "image/jpeg", "buffer": data}])
    await page.locator(f'img[alt^="{name} with the points of"]').wait_for()
    seconds = time.perf_counter() - began
    await page.wait_for_function(READY)
    await page.keyboard.press("Escape")
    return seconds


async def open_page(page: Page, title: str) -> None:
    await page.get_by_role("link", name=title, exact=True).click()
    await page.get_by_role("heading", name=title, level=1).wait_for()
    await page.wait_for_function(READY)


async def make_gif(page: Page) -> float:
    """Seconds from the order until the film is there and its GIF is saved."""
    began = time.perf_counter()
    await page.locator(".st-key-morph_make button").press("Enter")
    await page.locator(".st-key-morph_make button:disabled").wait_for()  # it is being made
    await page.locator(".st-key-morph_make button:enabled").wait_for()
    await page.wait_for_function(READY)  # the buttons are those of the new film
    async with page.expect_download() as download:
        await page.get_by_role("button", name="GIF").first.click()
    await (await download.value).path()
    return time.perf_counter() - began


async def switch_overlay(page: Page) -> float:
    """Seconds until the numbers appear that a switch asks for."""
    texts = page.locator(".st-key-keypoints_viewer svg text")
    before = await texts.count()
    began = time.perf_counter()
    await page.get_by_role("button", name="Numbers").click()
    while await texts.count() == before:
        await asyncio.sleep(0.005)
    return time.perf_counter() - began


async def scrub(page: Page) -> float:
    """Seconds until the preview shows another frame."""
    picture = page.locator(".st-key-morph_preview img")
    before = await picture.get_attribute("alt")
    began = time.perf_counter()
    await page.locator(".st-key-morph_preview input[type=range]").press("ArrowRight")
    while await picture.get_attribute("alt") == before:
        await asyncio.sleep(0.005)
    return time.perf_counter() - began


async def change_setting(page: Page) -> float:
    """Seconds until the preview is that of a longer film."""
    picture = page.locator(".st-key-morph_preview img")
    count = int(str(await picture.get_attribute("alt")).split()[-1])
    began = time.perf_counter()
    await page.locator(".st-key-morph_frames input").press("ArrowRight")
    await page.locator(f'.st-key-morph_preview img[alt$=" of {count + 1}"]').wait_for()
    return time.perf_counter() - began


async def whole_visit(browser: Browser, address: str, seed: int, data: bytes) -> float:
    """Seconds in which a visitor arrives, uploads a photograph and morphs it into a face of the gallery."""
    async with visitor(browser) as page:
        began = time.perf_counter()
        await arrive(page, address)
        await upload(page, seed, data)
        await open_page(page, "Morph")
        await page.locator(".st-key-morph_photos").get_by_role("button", name=f"photo{seed}.jpg", exact=True).click()
        await page.wait_for_function(READY)
        await make_gif(page)
        wrong = (
            await page.get_by_test_id("stException").count() + await page.get_by_test_id("stAlertContentError").count()
        )
        if wrong:
            raise SystemExit("a visitor met an error")
        return time.perf_counter() - began


# --- Tables ---------------------------------------------------------------------------------------


@dataclass
class Times:
    """Seconds by what was waited for."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    async def note(self, name: str, work: Callable[[], Awaitable[float]], rounds: int = ROUNDS) -> None:
        """Do it so often; the first time warms up and does not count, but for what is done once."""
        done = [await work() for _ in range(rounds + (rounds > 1))]
        self.seconds[name] = done[rounds > 1 :]

    def show(self) -> None:
        """Print them beside their limits."""
        print(f"{'seconds':50} {'median':>7} {'limit':>6}")
        for name, limit in LIMITS.items():
            median = statistics.median(self.seconds[name])
            print(f"{name:50} {median:7.2f} {limit:6.1f}{'' if median <= limit else '  above the limit'}")


async def one_visitor(browser: Browser, server: Server, times: Times) -> None:
    """Everything that has a limit of its own."""
    names = list(LIMITS)
    async with visitor(browser) as page:

        async def first_page() -> float:
            began = time.perf_counter()
            await arrive(page, server.address)
            return time.perf_counter() - began

        await times.note(names[0], first_page, rounds=1)
        seeds = iter(range(100, 200))

        async def one_upload() -> float:
            seed = next(seeds)
            return await upload(page, seed, photograph(seed))

        await times.note(names[1], one_upload)
        await times.note(names[2], lambda: switch_overlay_and_back(page))
        await open_page(page, "Morph")
        await times.note(names[3], lambda: scrub(page))
        await times.note(names[4], lambda: change_setting(page))
        await times.note(names[5], lambda: make_gif(page), rounds=3)


async def switch_overlay_and_back(page: Page) -> float:
    seconds = await switch_overlay(page)
    await page.get_by_role("button", name="Numbers").click()
    await page.wait_for_timeout(100)
    return seconds


async def many_visitors(browser: Browser, server: Server) -> None:
    """Visits one after another, and then all at once."""
    photographs = [photograph(seed) for seed in range(VISITORS + 2)]
    alone = [await whole_visit(browser, server.address, seed, photographs[seed]) for seed in (VISITORS, VISITORS + 1)]
    single = min(alone)
    together = await asyncio.gather(
        *(whole_visit(browser, server.address, seed, photographs[seed]) for seed in range(VISITORS))
    )
    ratio, memory = max(together) / single, server.peak_megabytes()
    print(f"\n{VISITORS} visitors, each arrives, uploads 4 megapixels and makes a film of 60 frames")
    print(f"one alone {single:.1f} s; all at once, the slowest {max(together):.1f} s")
    print(f"{'times a single visit':50} {ratio:7.1f} {MOST_TIMES_SINGLE:6.0f}")
    print(f"{'memory of the server at most, MB':50} {memory:7.0f} {MOST_MEGABYTES:6.0f}")


async def main() -> None:
    times = Times()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        async with visitor(browser) as page:
            await page.goto("about:blank")  # the browser itself is warm
        with served() as server:
            await one_visitor(browser, server, times)
            print(f"the server is up after {server.seconds:.1f} s\n")
            times.show()
            await many_visitors(browser, server)
        await browser.close()


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("this needs Chromium on the PATH")
    asyncio.run(main())
