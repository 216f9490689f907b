"""A running app and a browser, for tests of what a visitor sees."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

PATIENCE = 40
"""Seconds until something that should appear is missed."""

ARTEFACTS = ROOT / "tests" / "artefacts"
"""Where pictures of the pages are kept, to be looked at; git ignores it."""

READY = """document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stMain] [data-testid=stSkeleton]')"""
"""Whether Streamlit has drawn the page, what it loads late (charts) too."""

TOO_WIDE = "() => document.scrollingElement.scrollWidth - window.innerWidth"
"""Pixels by which the page is wider than the window."""

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
    assert written == set()


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
