"""The server that ``facekp app`` starts: it makes ready what the first visitor would have to wait for.

streamlit run app/server.py
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st


@asynccontextmanager
async def _ready(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """The pages' modules before the first visit, the network beside it."""
    import pandas  # noqa: F401 - a good part of a second
    import services
    import visit  # noqa: F401 - with all of facekp that needs no torch

    services.gallery()
    services.keep_what_is_loaded()
    # torch takes seconds. The start page needs none of it, so nobody waits for it.
    threading.Thread(target=services.warm_up, daemon=True).start()
    yield {}


def _tell(error: Exception) -> bool:
    """A mistake of ours: the log gets all of it, the visitor a sentence."""
    logging.getLogger(__name__).error("a page failed", exc_info=error)
    st.error(
        "This page failed, and the mistake is ours. What you uploaded is still there: reload the page, "
        "or go on with another photo.",
        icon=":material/error:",
    )
    return True


app = st.App("streamlit_app.py", lifespan=_ready, on_script_error=_tell)
