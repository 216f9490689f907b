"""The networks, each loaded once and shared by all visitors."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from known_points import MODEL
from photos import Photo
from runs import Run

from facekp.images import load_image
from facekp.inventory import checkpoint_names

if TYPE_CHECKING:
    from facekp.checkpoint import Checkpoint
    from facekp.predict import KeypointPredictor

# torch's threads would spin while they wait for each other. With all cores busy that costs seconds: measured on two
# cores beside ten times their work, a photograph took 4.6 s to 6.1 s; with threads that sleep 0.2 s to 0.4 s, and
# with one thread 0.3 s to 0.6 s. The variable is read when torch is imported, which is later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

CHECKPOINT = MODEL
MODELS = ("face68", "face68-fast", "face58", "nose")
"""The networks that a visitor may choose from, as far as they are there."""

page_drawn = threading.Event()
"""Set once the first visitor's page is on its way to the browser."""
DRAWING = 1.0
"""Seconds in which the browser draws it, and fetches what it needs for that from this server; nobody has chosen a
photograph by then."""


@st.cache_resource(show_spinner="Loading the network …")
def predictor(model: str = CHECKPOINT) -> KeypointPredictor:
    """A trained network, one for all visitors.

    Raises
    ------
    CheckpointError
        If it is missing or broken.
    """
    return _loaded(model)


@st.cache_resource(show_spinner=False)
def _loaded(model: str) -> KeypointPredictor:
    """The same for the server's own thread, which has no page to show a spinner on, and would be warned of that."""
    from facekp.predict import KeypointPredictor

    return KeypointPredictor.from_checkpoint(model)


@st.cache_resource(show_spinner="Loading torch …")
def load_torch() -> None:
    """Load torch, for pages that look into a network; points may come from another engine, which needs none."""
    import torch  # noqa: F401

    keep_what_is_loaded()


def warm_up(photo: Photo, idle: float = 4.0) -> None:
    """Load the network before visitors need it: once their browser has the first page, or after so many seconds.

    It looks at a photograph once, which takes longer the first time.
    """
    if page_drawn.wait(idle):
        time.sleep(DRAWING)
    _loaded(CHECKPOINT).predict(load_image(photo.data))
    keep_what_is_loaded()


def keep_what_is_loaded() -> None:
    """Spare what is in memory now from the search for garbage: modules and networks stay for good.

    Streamlit searches after each run of a page, and nothing else runs meanwhile: with all of torch to look through, a
    film took ten times as long while the page looked five times a second how far it had come.
    """
    gc.collect()
    gc.freeze()


def models() -> list[str]:
    """Names of the networks that a visitor may choose from; the first is the most accurate."""
    return [name for name in MODELS if name in checkpoint_names()]


def network(run: Run) -> Checkpoint:
    """A run's network, one for all visitors.

    Raises
    ------
    CheckpointError
        If its weights are missing or broken.
    """
    weights = run.folder / "weights.safetensors"
    return _network(run.folder, weights.stat().st_mtime_ns if weights.is_file() else 0)


@st.cache_resource(max_entries=8, show_spinner="Loading the network …")
def _network(folder: Path, time: int) -> Checkpoint:
    from facekp.checkpoint import load_checkpoint

    load_torch()
    return load_checkpoint(folder)
