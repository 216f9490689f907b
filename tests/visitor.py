"""What a visitor does in the app, for Streamlit's own tester."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

PATIENCE = 120
"""Seconds until a page that should be drawn is missed."""


def open_page(name: str) -> AppTest:
    """A page as a visitor first sees it; the start page is not drawn before."""
    app = AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=PATIENCE)
    return app.switch_page(f"views/{name}.py").run()


def digest(photo: Path) -> str:
    """As the app tells photographs apart."""
    return hashlib.sha256(photo.read_bytes()).hexdigest()[:16]


def encoded(picture: np.ndarray, kind: str = "PNG") -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format=kind)
    return buffer.getvalue()


def upload(app: AppTest, place: str, name: str, data: bytes) -> AppTest:
    """Add a file; the uploader is another one after each."""
    uploader = next(each for each in app.file_uploader if each.key.startswith(f"{place}_files_"))
    return uploader.upload(name, data).run()


def choose(app: AppTest, place: str, photo: Path) -> AppTest:
    """Press the thumbnail of a photograph."""
    return app.button(key=f"{place}_photo_{digest(photo)}").click().run()


def labels(app: AppTest) -> list[str]:
    """Of all buttons that download something."""
    return [button.label for button in app.download_button]


def healthy(app: AppTest) -> bool:
    """Nothing went wrong."""
    return not app.exception and not app.error


def one_sentence(app: AppTest) -> str:
    """The only error on the page."""
    assert not app.exception
    (error,) = app.error
    assert error.value.endswith((".", "?"))
    assert "Traceback" not in error.value
    return str(error.value)


def viewed(app: AppTest) -> dict[str, Any]:
    """What the viewer of the Keypoints page was given to draw."""
    (viewer,) = (each for each in app.get("bidi_component") if each.proto.component_name == "facekp_viewer")
    return dict(json.loads(viewer.proto.json))


def captions(app: AppTest) -> str:
    """All captions of the page."""
    return "\n".join(caption.value for caption in app.caption)


# --- Lists of faces -------------------------------------------------------------------------------


def cards(app: AppTest) -> list[str]:
    """Titles of the faces in a page's list, in order."""
    earlier = [button for button in app.button if button.key and "_move_earlier_" in button.key]
    return [button.label.removesuffix(": earlier") for button in earlier]


def press(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    return app.button(key=key).click().run()


def offered(app: AppTest, title: str) -> str:
    """The key of the button that adds a face."""
    return next(button.key for button in app.button if "_photo_" in (button.key or "") and button.label == title)
