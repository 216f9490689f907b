"""A running app, a browser and visitors, for tests of what they see."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

PATIENCE = 40
"""Seconds until something that should appear is missed."""

PHONE = "Mozilla/5.0 (Linux; Android 15; Mobile) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
SCREENS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "narrow": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "dark",
        "user_agent": PHONE,
        "has_touch": True,
    },
}
"""Windows of visitors; on a phone the side bar closes by itself."""

LEAST_CONTRAST = 4.5
"""Of text, by the Web Content Accessibility Guidelines 2.2, level AA."""

ARTEFACTS = ROOT / "tests" / "artefacts"
"""Where pictures of the pages are kept, to be looked at; git ignores it."""

READY = """document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stMain] [data-testid=stSkeleton]')"""
"""Whether Streamlit has drawn the page, what it loads late (charts) too."""

TOO_WIDE = """() => {
    const main = document.querySelector('[data-testid=stMain]');  // it scrolls, not the document
    const hidden = [...main.querySelectorAll('*')].filter(element => {
        const style = getComputedStyle(element);
        return element.innerText?.trim() && element.clientWidth > 2 && element.scrollWidth > element.clientWidth + 1
            && ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis'
            && parseFloat(style.fontSize) > 0 && element.checkVisibility();
    });
    const over = Math.max(main.scrollWidth - main.clientWidth, document.scrollingElement.scrollWidth - innerWidth);
    return [...(over > 0 ? [`the page, by ${over} pixels`] : []), ...hidden.map(each => each.innerText.slice(0, 60))];
}"""
"""What is wider than the page, and texts whose ends are cut off."""

EMPTY_PICTURES = """() => [...document.querySelectorAll('[data-testid=stMain] img')]
    .filter(image => !image.complete || !image.naturalWidth || !image.alt).map(image => image.src)"""
"""Pictures without content or without a description."""

EMPTY_CHARTS = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]
    .filter(chart => !chart.querySelector('.role-mark path, .role-mark rect')).length"""
"""Number of charts in which nothing is drawn."""

OVERLAPS = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    const seen = [...main.querySelectorAll('[data-testid=stElementContainer]')]
        .map(element => ({element, box: element.getBoundingClientRect()}))
        .filter(({element, box}) => element.checkVisibility() && box.width > 2 && box.height > 2);
    const found = [];
    seen.forEach((a, i) => seen.slice(i + 1).forEach(b => {
        if (a.element.contains(b.element) || b.element.contains(a.element)) return;
        const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (width > 2 && height > 2) found.push([a.element.innerText.slice(0, 40), b.element.innerText.slice(0, 40)]);
    }));
    return found;
}"""
"""Pairs of elements that lie over each other."""

FAINT_TEXTS = """least => {
    const parse = color => {
        const parts = color.match(/[\\d.]+/g).map(Number);
        const scale = color.startsWith('color(') ? 255 : 1;
        return [...parts.slice(0, 3).map(value => value * scale), parts[3] ?? 1];
    };
    const over = (top, ground) => top.slice(0, 3).map((value, i) => value * top[3] + ground[i] * (1 - top[3]));
    const luminance = color => {
        const [r, g, b] = color.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    const walker = document.createTreeWalker(document.querySelector('[data-testid=stApp]'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        if (!walker.currentNode.textContent.trim() || box.width < 2 || box.height < 2) continue;
        if (!element.checkVisibility()) continue;  // what is folded away keeps its old colours
        if (style.visibility === 'hidden' || parseFloat(style.fontSize) === 0) continue;
        if (element.closest('[disabled], canvas, style, script, [aria-hidden=true]')) continue;
        // It stands above its knob, in the knob's colour, and within it for the browser.
        if (element.closest('[data-testid=stSliderThumbValue]')) continue;
        const above = [];
        let opacity = 1;
        for (let each = element; each; each = each.parentElement) {
            above.push(each);
            opacity *= parseFloat(getComputedStyle(each).opacity);
        }
        if (opacity === 0) continue;
        const ground = above.reverse()
            .reduce((below, each) => over(parse(getComputedStyle(each).backgroundColor), below), [255, 255, 255]);
        const color = parse(element.closest('svg') ? style.fill : style.color);
        if (color[3] === 0) continue;
        color[3] *= opacity;
        const [dark, light] = [luminance(over(color, ground)), luminance(ground)].sort((a, b) => a - b);
        const contrast = (light + 0.05) / (dark + 0.05);
        if (contrast < least) found.push(`${walker.currentNode.textContent.slice(0, 30)}: ${contrast.toFixed(2)}`);
    }
    return found;
}"""
"""Texts whose contrast to what lies behind them is below the least."""


UNREACHED = """() => {
    const places = 'a[href], button, input, textarea, select, summary, video, [tabindex]';
    const group = element => element.name && element.type === 'radio' ? element.name
        : element.closest('[role=radiogroup], [role=toolbar], [role=tablist]');
    const focusable = [...document.querySelectorAll(`[data-testid=stMain] :is(${places})`)].filter(element =>
        !element.disabled && element.tabIndex >= 0 && element.checkVisibility({visibilityProperty: true}));
    const groups = new Set([...window.focused].map(group));
    return focusable
        .filter(element => !window.focused.has(element) && !(group(element) && groups.has(group(element))))
        .map(element => element.outerHTML.slice(0, 200));
}"""
"""What a visitor can use, but had not before them in `window.focused`; of radio buttons arrows reach the others."""

NOTE_FOCUS = """() => {
    window.focused = new Set([document.activeElement]);
    document.addEventListener('focusin', event => window.focused.add(event.target), true);
}"""


@dataclass(frozen=True)
class Visit:
    """A visitor with the app before them, on a screen."""

    page: Page
    screen: str

    def open(self, title: str) -> None:
        """Go to a page by the side bar, as a visitor does."""
        if self.screen == "narrow":
            self.page.get_by_test_id("stExpandSidebarButton").click()
        self.page.get_by_role("link", name=title, exact=True).click()
        self.page.get_by_role("heading", name=title, level=1).wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the page is complete and at rest, its pictures too."""
        self.page.wait_for_function(READY)
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function(f"!({EMPTY_PICTURES})().length")
        self.page.wait_for_function(f"!({OVERLAPS})().length")  # what opens slides over the rest

    def changes(self, image: Locator, before: str) -> str:
        """The address of a picture, once it is another than before."""
        image.wait_for()
        self.page.wait_for_function("([image, before]) => image.src !== before", arg=[image.element_handle(), before])
        return str(image.evaluate("image => image.src"))

    def saved(self, name: str) -> bytes:
        """The file that the first button of a name gives; a size may follow the name.

        The page is at rest by then: one that is drawn anew makes its files anew.
        """
        self.settle()
        button = self.page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}(,|$)"))
        with self.page.expect_download() as download:
            button.first.click()
        return download.value.path().read_bytes()

    def check_contrast(self) -> None:
        """No text is too faint, once a change of colours is over."""
        deadline = time.monotonic() + PATIENCE / 4
        while (faint := self.page.evaluate(FAINT_TEXTS, LEAST_CONTRAST)) and time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
        assert faint == []

    def check(self, name: str, *, errors: int = 0) -> None:
        """There are only so many sentences about errors, and nothing sticks out or is too faint; a picture is kept."""
        assert self.page.get_by_test_id("stException").count() == 0
        assert self.page.get_by_test_id("stAlertContentError").count() == errors
        assert self.page.evaluate(TOO_WIDE) == []
        self.check_contrast()
        ARTEFACTS.mkdir(exist_ok=True)
        artefact = ARTEFACTS / f"{name}-{self.screen}.png"
        self.page.screenshot(path=artefact)
        main = self.page.get_by_test_id("stMain").screenshot()  # without the side bar, which is never empty
        with Image.open(io.BytesIO(main)) as picture:
            assert np.asarray(picture.convert("L")).std() > 5


AnyVisit = TypeVar("AnyVisit", bound=Visit)


@contextmanager
def visiting(
    kind: type[AnyVisit], browser: Browser, address: str, screen: str, patience: float = PATIENCE
) -> Iterator[AnyVisit]:
    """A visitor's own window; no other machine may be asked for anything, and the console stays empty."""
    context = browser.new_context(**SCREENS[screen])
    context.set_default_timeout(patience * 1000)
    page = context.new_page()
    asked, told = [], []
    page.on("request", lambda sent: asked.append(urlsplit(sent.url)))

    def note(message: ConsoleMessage) -> None:
        # Streamlit drops the pictures of a page that is left while they load; those that a page misses while
        # it is looked at are found by the check for empty pictures.
        left = "404" in message.text and "/media/" in str(message.location)
        if message.type == "error" and not left:
            told.append(f"{message.text} {message.location}")

    page.on("console", note)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(address)
    page.get_by_role("heading", name="Keypoints", level=1).wait_for()
    visit = kind(page, screen)
    visit.settle()  # a picture that is asked for when its page is gone already is missed
    yield visit
    context.close()
    assert told == []
    assert {url.hostname for url in asked if url.scheme in ("http", "https", "ws", "wss")} == {"127.0.0.1"}


@contextmanager
def served(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The address of an app that was started in a folder, with more in its environment.

    Its log must stay clean, and it may write to no file: neither in the folder nor in its home, and what it puts
    into the temporary folder must be gone.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = str(ROOT / "app" / "server.py")
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}"]
    for name in ("home", "temporary"):
        (folder / name).mkdir()
    places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "temporary")}
    own = {**os.environ, "PYTHONPATH": str(ROOT), **places, **environment}  # facekp need not be installed
    before = files_in(folder)
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=own, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
            written = files_in(folder) - before - {folder / "log"}
        finally:
            server.terminate()
    assert "Traceback" not in (folder / "log").read_text()
    assert written == set(), written


def files_in(folder: Path) -> set[Path]:
    """All files in a folder and its folders."""
    return {path for path in folder.rglob("*") if path.is_file()}


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the app's server did not start")
