"""Two views of pictures that follow the hand at once, since the browser has all it needs: components of our own."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import streamlit as st
from previews import Preview, encode_jpeg

from facekp.images import Picture

_FOLDER = Path(__file__).parent / "components"


def _component(name: str) -> Any:
    html, css, js = ((_FOLDER / f"{name}.{suffix}").read_text(encoding="utf-8") for suffix in ("html", "css", "js"))
    return st.components.v2.component(f"facekp_{name}", html=html, css=css, js=js)


_scrubber = _component("scrubber")
_compare = _component("compare")


def show_preview(preview: Preview, name: str, *, shown: int, count: int, seconds: float, back: bool) -> None:
    """Frames of a film under a slider, with a button that plays them.

    Parameters
    ----------
    preview : Preview
    name : str
        Unique in the app; the browser remembers the slider's place by it.
    shown : int
        The width at which it is shown at most, pixels: the film's own.
    count : int
        Frames of the whole way.
    seconds : float
        How long the way lasts.
    back : bool
        Whether it is played there and back.
    """
    data = {
        "name": name,
        "frames": [_text(frame) for frame in preview.frames],
        "numbers": preview.numbers,
        "count": count,
        "width": preview.size[0],
        "height": preview.size[1],
        "shown": shown,
        "seconds": seconds,
        "back": back,
    }
    _scrubber(key=name, data=data)


def compare(before: tuple[str, Picture], after: tuple[str, Picture], name: str) -> None:
    """Two pictures of one size, RGB uint8 (H, W, 3), each with its title, one over the other with a slider."""
    height, width = after[1].shape[:2]
    data: dict[str, Any] = {"name": name, "width": width, "height": height}
    for side, (title, picture) in (("before", before), ("after", after)):
        source = f"data:image/jpeg;base64,{_text(encode_jpeg(picture))}"
        data[side] = {"source": source, "title": title, "alt": f"{title}, {side} the change"}
    _compare(key=name, data=data)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
