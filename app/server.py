"""The server that ``facekp app`` starts: it makes ready what the first visitor would have to wait for.

streamlit run app/server.py
"""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit import runtime

LOOK = 30.0
"""Seconds."""


@asynccontextmanager
async def _ready(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """The pages' modules before the first visit, the network beside it."""
    import networks
    import pandas  # noqa: F401 - a good part of a second
    import services
    import visit  # noqa: F401 - with all of facekp that needs no torch

    services.load_first_page()
    # A network takes a second, with torch two or three. The start page needs none, so nobody waits for it.
    threading.Thread(target=networks.warm_up, args=services.gallery()[:1], daemon=True).start()
    caretaker = asyncio.create_task(_free_visits())
    yield {}
    caretaker.cancel()


async def _free_visits() -> None:
    """Free what visitors had who closed their window.

    Streamlit keeps it for two minutes, in case they come back, and after that until the next visitor leaves: on a
    quiet day for hours.
    """
    import networks

    while True:
        await asyncio.sleep(LOOK)
        if runtime.exists() and runtime.get_instance()._session_mgr._session_storage._cache.expire():
            # Sessions are circles of references, and who came early is among what was kept from the search for garbage.
            gc.unfreeze()
            networks.keep_what_is_loaded()


def _tell(error: Exception) -> bool:
    """A mistake of ours: the log gets all of it, the visitor a sentence."""
    logging.getLogger(__name__).error("a page failed", exc_info=error)
    st.error(
        "This page failed, and the mistake is ours. What you uploaded is still there: go on with another page "
        "or another photo. Reloading the browser's page would begin a new visit, without your photos.",
        icon=":material/error:",
    )
    return True


app = st.App("streamlit_app.py", lifespan=_ready, on_script_error=_tell)
