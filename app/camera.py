"""The visitor's camera, at its full size: Streamlit's own takes pictures as small as it is shown."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent / "components"
_HTML, _CSS, _JS = ((_FOLDER / f"camera.{suffix}").read_text(encoding="utf-8") for suffix in ("html", "css", "js"))
_camera = st.components.v2.component("facekp_camera", html=_HTML, css=_CSS, js=_JS)


def camera(key: str, take: Callable[[bytes], None]) -> None:
    """Show what the camera sees, with a button that takes it.

    Parameters
    ----------
    key : str
        Of the component; under a new one it starts anew.
    take : callable
        A callback, told the picture as a JPEG.
    """
    _camera(key=key, on_picture_change=lambda: take(base64.b64decode(st.session_state[key]["picture"])))
