"""Page: the face between faces, away from them, and its own mirror image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import blends
import players
import services
import streamlit as st
import studio
import visit
import widgets
from face_list import MOST_FACES, face_list
from morph_faces import Face

from facekp.blend import Blend, shares
from facekp.recipe import Recipe, to_json

FIRST_FACES = (0, 2)
FIRST_WEIGHT = 50
SIZES = (256, 512, 768, 1024)
CHANGES = {"both": "Both", "shape": "Shape", "colour": "Colour"}
OTHERS, GALLERY = "The other faces", "The gallery"


def main() -> None:
    """Show the page."""
    st.title("Mid-way and mean")
    st.markdown("The face between faces; one face pushed away from a mean; one made symmetric.")
    faces = face_list("midway", FIRST_FACES)
    mean, caricature, symmetry = st.tabs(
        ["Mean", "Caricature", "Symmetry"], key="midway_tab", on_change="rerun", default="Mean"
    )
    for tab, show, least in ((mean, _mean, 2), (caricature, _caricature, 1), (symmetry, _symmetry, 1)):
        if not tab.open:
            continue
        with tab:
            if len(faces) < least:
                st.info(f"Add a face: this needs {least} to {MOST_FACES}.", icon=":material/add:")
            else:
                show(faces)


# --- Mean -----------------------------------------------------------------------------------------


@st.fragment
def _mean(faces: Sequence[Face]) -> None:
    """Faces by their weights."""
    picture_side, panel = st.columns(2, gap="large")
    with panel, widgets.errors_shown():
        weights = _weights(faces)
        shown = st.toggle("Draw the mean shape", key="midway_shape", persist_state="session")
        against = _pick(faces, "Compare with", "midway_against")
        blend = blends.average_sketch([studio.sketch(face) for face in faces], weights)
        alone = blends.average_sketch([studio.sketch(faces[against])], [1])
        with picture_side:
            picture = blends.with_shape(blend) if shown else blend.picture
            title = "Mid-way face" if len(faces) == 2 and weights[0] == weights[1] else "Mean face"
            players.compare((faces[against].title, alone.picture), (title, picture), "midway_mean")
            _warn(blend)
        side = st.select_slider(
            "Width and height of the picture, pixels", SIZES, 512, key="midway_side", persist_state="session"
        )
        _save(blends.average_recipe(faces, weights, side), [face.photo.data for face in faces], "mean")


def _weights(faces: Sequence[Face]) -> list[float]:
    """How much each face counts, and its share of the whole, which the engine makes sum to one."""
    keys = [f"midway_weight_{number}_{face.photo.digest}_{face.index}" for number, face in enumerate(faces)]
    weights = [st.session_state.get(key, FIRST_WEIGHT) for key in keys]
    parts = shares(weights, len(weights)) if any(weights) else weights
    with st.container(key="midway_weights", gap="small"):
        for face, key, part in zip(faces, keys, parts, strict=True):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.image(studio.face_thumbnail(face), width=44, alt=face.title)
                st.slider(face.title, 0, 100, FIRST_WEIGHT, key=key, persist_state="session")
                st.markdown(f"{part:.0%}", width=44)
    st.button("All alike", icon=":material/balance:", on_click=_all_alike, args=(keys,), key="midway_alike")
    return [float(weight) for weight in weights]


def _all_alike(keys: Sequence[str]) -> None:
    for key in keys:
        st.session_state[key] = FIRST_WEIGHT


# --- Caricature and symmetry ----------------------------------------------------------------------


@st.fragment
def _caricature(faces: Sequence[Face]) -> None:
    """A face away from a mean, or towards it."""
    picture_side, panel = st.columns(2, gap="large")
    with panel, widgets.errors_shown():
        face = faces[_pick(faces, "Whose", "midway_caricature_face")]
        means = [OTHERS, GALLERY] if len(faces) > 1 else [GALLERY]
        chosen = st.segmented_control(
            "Against the mean of", means, default=means[-1], required=True, key=f"midway_against_mean_{len(means)}"
        )
        factor = st.slider(
            "−1: the mean, 0: the face, 2: three times as different",
            -1.0,
            2.0,
            0.5,
            step=0.05,
            key="midway_factor",
            persist_state="session",
        )
        shape, colour = _change("midway_caricature_change")
        rest = [other for other in faces if other is not face] if chosen == OTHERS else _gallery_faces(face)
        mean = studio.mean_of(rest, chosen)
        sketch = studio.sketch(face)
        blend = blends.caricature_sketch(sketch, mean, factor, shape=shape, colour=colour)
        with picture_side:
            before = blends.symmetric_sketch(sketch, 0, shape=True, colour=True)
            players.compare((face.title, before.picture), ("Caricature", blend.picture), "midway_caricature")
            _warn(blend)
        recipe = blends.caricature_recipe(face, mean, factor, sketch.size, shape=shape, colour=colour)
        _save(recipe, [face.photo.data, mean.png], "caricature", lambda: blends.packed_recipe(recipe, mean))
        st.caption(f"The mean is of {len(rest)} face{'s' * (len(rest) > 1)}.")


def _gallery_faces(but: Face) -> list[Face]:
    """The gallery's faces, without one."""
    photos = [photo for photo in services.gallery() if photo.digest != but.photo.digest]
    found = [(photo, visit.faces(photo)) for photo in photos]
    return [Face(photo, 0, len(faces), faces[0].points) for photo, faces in found if faces]


@st.fragment
def _symmetry(faces: Sequence[Face]) -> None:
    """A face with its own mirror image."""
    picture_side, panel = st.columns(2, gap="large")
    with panel, widgets.errors_shown():
        face = faces[_pick(faces, "Whose", "midway_symmetry_face")]
        amount = st.slider(
            "0: the face, 1: symmetric", 0.0, 1.0, 1.0, step=0.05, key="midway_amount", persist_state="session"
        )
        shape, colour = _change("midway_symmetry_change")
        sketch = studio.sketch(face)
        blend = blends.symmetric_sketch(sketch, amount, shape=shape, colour=colour)
        with picture_side:
            before = blends.symmetric_sketch(sketch, 0, shape=True, colour=True)
            players.compare((face.title, before.picture), ("Symmetric", blend.picture), "midway_symmetry")
            _warn(blend)
        recipe = blends.symmetrise_recipe(face, amount, sketch.size, shape=shape, colour=colour)
        _save(recipe, [face.photo.data], "symmetric")


# --- What they share ------------------------------------------------------------------------------


def _pick(faces: Sequence[Face], label: str, key: str) -> int:
    """Let the visitor choose one of the faces."""
    if st.session_state.get(key, 0) >= len(faces):
        st.session_state[key] = 0
    return st.selectbox(
        label, range(len(faces)), format_func=lambda index: faces[index].title, key=key, persist_state="session"
    )


def _change(key: str) -> tuple[bool, bool]:
    """Whether shape, and whether colour is to change."""
    change = st.segmented_control(
        "What changes",
        list(CHANGES),
        format_func=CHANGES.__getitem__,
        default="both",
        required=True,
        key=key,
        persist_state="session",
    )
    return change != "colour", change != "shape"


def _warn(blend: Blend) -> None:
    for sentence in blend.warnings:
        st.warning(sentence[:1].upper() + sentence[1:] + ".", icon=":material/warning:")


def _save(recipe: Recipe, files: Sequence[bytes], name: str, packed: Callable[[], bytes] | None = None) -> None:
    """Buttons for the picture, which is made when asked for, and for its recipe."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "PNG",
            lambda: blends.picture_of(recipe, files),
            f"{name}.png",
            "image/png",
            key=f"midway_download_{name}",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Recipe",
            packed or to_json(recipe),
            f"{name}.{'zip' if packed else 'json'}",
            "application/zip" if packed else "application/json",
            key=f"midway_recipe_{name}",
            on_click="ignore",
            icon=":material/download:",
        )


main()
