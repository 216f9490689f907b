"""The form of a film's settings: first what most want, the rest folded away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from film_choices import AS_SHAPE, COLOUR, FIRST_CHOICES, OWN

from facekp.film import LONGEST_HOLD
from facekp.gif import MAX_GIF_FPS
from facekp.settings import AS_A, MAX_SIDE, MIN_SIDE

MOST_FRAMES = 240

SIZES = {str(side): f"{side} × {side}" for side in (256, 384, 512, 768, 1024)}
SIZES |= {AS_A: "As the first photograph", OWN: "Other …"}
REFERENCES = {"common": "A portrait, eyes level", "a": "The first photograph, as it is", "eyes": "Both eyes pinned"}
CURVES = {"linear": "Even", "smooth": "Slow, fast, slow", "ease-in": "Slow, then fast", "ease-out": "Fast, then slow"}
CURVES |= {OWN: "Numbers of your own"}
BACKGROUNDS = {"dissolve": "One turns into the other", "a": "The first photograph's", "b": "The second photograph's"}
BACKGROUNDS |= {"transparent": "Transparent", COLOUR: "A colour"}
FACE_ONLY = {"off": "The whole picture", "feather": "Only the face, soft edge"}
FACE_ONLY |= {"seamless": "Only the face, in the first one's light"}
FILM_PALETTES = {"film": "One for the film", "frame": "One for each frame"}
FILM_DITHERS = {"ordered": "Fixed pattern", "none": "None", "diffusion": "Diffusion"}


def choices() -> dict[str, Any]:
    """What the visitor chose, named as in `FIRST_CHOICES`; for callbacks, which run before the form is drawn."""
    return {name: st.session_state.get(f"morph_{name}", first) for name, first in FIRST_CHOICES.items()}


def film_form(faces: int) -> dict[str, Any]:
    """Draw the form for a film through so many faces; the choices, named as in `FIRST_CHOICES`."""
    st.slider("Frames from face to face", 2, MOST_FRAMES, **_widget("frames"))
    st.slider("Frames per second", 1, MAX_GIF_FPS, **_widget("fps"))
    _select("Width and height, pixels", "size", SIZES)
    if _now("size") == OWN:
        with st.container(horizontal=True):
            st.number_input("Width", MIN_SIDE, MAX_SIDE, step=1, **_widget("width"))
            st.number_input("Height", MIN_SIDE, MAX_SIDE, step=1, **_widget("height"))
    st.toggle("There and back", **_widget("ping_pong"))
    with st.expander("More settings", icon=":material/tune:"):
        time, place, look, files = st.tabs(["Time", "Place", "Look", "Files"])
        with time:
            _time(faces)
        with place:
            _select("Reference", "reference", REFERENCES)
            _select("What changes", "face_only", FACE_ONLY)
        with look:
            _look()
        with files:
            _files()
    return choices()


def _time(faces: int) -> None:
    with st.container(horizontal=True):
        st.number_input("First face stands still, s", 0.0, float(LONGEST_HOLD), step=0.5, **_widget("hold_first"))
        st.number_input("Last face stands still, s", 0.0, float(LONGEST_HOLD), step=0.5, **_widget("hold_last"))
    st.toggle("Play for ever", **_widget("loop"))
    st.toggle("On to the first face again", **_widget("closed"))
    if faces > 2:
        st.toggle("Rest at every face", **_widget("stop_at_faces"))
    for what, more in (("shape", {}), ("colour", {AS_SHAPE: "As the shape"})):
        _select(f"How {what} moves", f"{what}_curve", {**more, **CURVES})
        if _now(f"{what}_curve") == OWN:
            st.text_input("From 0, the face before, to 1, the next", **_widget(f"{what}_numbers"))


def _look() -> None:
    _select("Background", "background", BACKGROUNDS)
    if _now("background") == COLOUR:
        st.color_picker("Colour behind the heads", **_widget("background_colour"))
    if _now("background") == "transparent":
        st.color_picker("Colour in an MP4, which has no transparency", **_widget("behind"))
    st.toggle("All faces in the first one's colours", **_widget("colour_match"))
    st.toggle("Mix colours as light", **_widget("linear_light"))


def _files() -> None:
    st.slider("Quality of MP4 and WebP", 0, 100, **_widget("quality"))
    _select("Palette of the GIF", "palette", FILM_PALETTES)
    st.slider("Colours of the GIF", 2, 256, **_widget("colours"))
    _select("Dither of the GIF", "dither", FILM_DITHERS)
    st.toggle("Keep each file under a size", **_widget("limited"))
    if _now("limited"):
        st.number_input("Megabytes", 0.1, 100.0, step=0.5, **_widget("max_megabytes"))


def _now(name: str) -> Any:
    return st.session_state.get(f"morph_{name}", FIRST_CHOICES[name])


def _widget(name: str) -> dict[str, Any]:
    """A widget's first value and where its value is kept, also over a change of page."""
    return {"value": FIRST_CHOICES[name], "key": f"morph_{name}", "persist_state": "session"}


def _select(label: str, name: str, titles: Mapping[str, str]) -> None:
    options: Sequence[str] = list(titles)
    st.selectbox(
        label,
        options,
        options.index(FIRST_CHOICES[name]),
        format_func=titles.__getitem__,
        key=f"morph_{name}",
        persist_state="session",
    )
