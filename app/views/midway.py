"""Page: the face between faces, away from them, and its own mirror image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

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
from facekp.images import Picture
from facekp.recipe import to_json

# Smiles: closed lips would fold in a caricature, and a visit would begin with a warning.
FIRST_FACES = (7, 8)
FIRST_WEIGHT = 50
FIRST_TAB = "Mean"
SIZES = (256, 512, 768, 1024)
CHANGES = {"both": "Both", "shape": "Shape", "colour": "Colour"}
OTHERS, GALLERY = "The other faces", "The gallery"

FILES = {
    ".png": ("PNG", "image/png"),
    ".pts": ("Points", "text/plain"),
    ".json": ("Recipe", "application/json"),
    ".zip": ("Recipe", "application/zip"),
}
Content = str | bytes | Callable[[], str | bytes]

# Columns stand side by side on screens that are wide enough; there the picture stays beside what changes it.
STYLE = """
@media (min-width: 640px) {
    [data-testid="stColumn"]:has([class*="midway_picture"]) { position: sticky; top: 4rem; align-self: flex-start; }
}
.st-key-midway_weights [data-testid="stElementToolbar"],
.st-key-midway_weights [data-testid="stSliderThumbValue"],
.st-key-midway_weights [data-testid="stSliderTickBar"] { display: none; }
/* So that twelve rows fit on a screen. */
.st-key-midway_weights [data-testid="stWidgetLabel"] { margin: 0; }
.st-key-midway_weights [role="group"] > [data-orientation] { padding-block: 10px; }
"""


def main() -> None:
    """Show the page."""
    st.title("Mid-way and mean")
    st.markdown("The face between faces; one face pushed away from a mean; one made symmetric.")
    st.html(f"<style>{STYLE}</style>")
    faces = face_list("midway", FIRST_FACES)
    # Tabs forget on a change of page which of them was open.
    st.session_state.setdefault("midway_tab", st.session_state.get("midway_open", FIRST_TAB))
    mean, caricature, symmetry = st.tabs([FIRST_TAB, "Caricature", "Symmetry"], key="midway_tab", on_change="rerun")
    st.session_state["midway_open"] = st.session_state["midway_tab"]
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
        before, after = studio.alone(against), blend.picture
        if shown:
            before, after = (blends.with_shape(picture, blend.points) for picture in (before, after))
        title = "Mid-way face" if len(faces) == 2 and weights[0] == weights[1] else "Mean face"
        with picture_side:
            _compare((against.title, before), (title, after), blend, "mean")
        side = st.select_slider(
            "Width and height of the picture, pixels", SIZES, 512, key="midway_side", persist_state="session"
        )
        recipe = blends.average_recipe(faces, weights, side)
        plain = partial(blends.picture_of, recipe, [face.photo.data for face in faces])
        shaped = partial(blends.shaped_average, faces, weights, side)
        points = partial(blends.average_points, faces, weights, side)
        _save("mean", {".png": shaped if shown else plain, ".pts": points, ".json": to_json(recipe)})


def _weights(faces: Sequence[Face]) -> list[float]:
    """How much each face counts, and its share of the whole, which the engine makes sum to one."""
    keys = [f"midway_weight_{'_'.join(map(str, face.place))}" for face in faces]
    given = [float(st.session_state.get(key, FIRST_WEIGHT)) for key in keys]
    weights = given if any(given) else [1.0] * len(faces)
    with st.container(key="midway_weights", gap="xsmall"):
        parts = shares(weights, len(weights))
        for number, (face, key, part) in enumerate(zip(faces, keys, parts, strict=True), 1):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.image(studio.face_thumbnail(face), width=44, alt=face.title)
                st.slider(f"{number}: {face.title}", 0, 100, FIRST_WEIGHT, key=key, persist_state="session")
                st.markdown(f"{part:.0%}", width=44)
    if not any(given):
        st.info("Give at least one face some weight. Until then all count alike.", icon=":material/balance:")
    st.button("All alike", icon=":material/balance:", on_click=_all_alike, args=(keys,), key="midway_alike")
    return weights


def _all_alike(keys: Sequence[str]) -> None:
    for key in keys:
        st.session_state[key] = FIRST_WEIGHT


# --- Caricature and symmetry ----------------------------------------------------------------------


@st.fragment
def _caricature(faces: Sequence[Face]) -> None:
    """A face away from a mean, or towards it."""
    picture_side, panel = st.columns(2, gap="large")
    with panel, widgets.errors_shown():
        face = _pick(faces, "Whose", "midway_caricature_face")
        means = [OTHERS, GALLERY] if len(faces) > 1 else [GALLERY]
        chosen = st.segmented_control(
            "Against the mean of",
            means,
            default=GALLERY,
            required=True,
            key=f"midway_against_mean_{len(means)}",
            persist_state="session",
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
            _compare((face.title, studio.in_place(face)), ("Caricature", blend.picture), blend, "caricature")
        recipe = blends.caricature_recipe(face, mean, factor, sketch.size, shape=shape, colour=colour)
        picture = partial(blends.picture_of, recipe, [face.photo.data, mean.png])
        _save("caricature", {".png": picture, ".zip": partial(blends.packed_recipe, recipe, mean)})
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
        face = _pick(faces, "Whose", "midway_symmetry_face")
        amount = st.slider(
            "0: the face, 1: symmetric", 0.0, 1.0, 1.0, step=0.05, key="midway_amount", persist_state="session"
        )
        shape, colour = _change("midway_symmetry_change")
        sketch = studio.sketch(face)
        blend = blends.symmetric_sketch(sketch, amount, shape=shape, colour=colour)
        with picture_side:
            _compare((face.title, studio.in_place(face)), ("Symmetric", blend.picture), blend, "symmetry")
        recipe = blends.symmetrise_recipe(face, amount, sketch.size, shape=shape, colour=colour)
        picture = partial(blends.picture_of, recipe, [face.photo.data])
        _save("symmetric", {".png": picture, ".json": to_json(recipe)})


# --- What they share ------------------------------------------------------------------------------


def _pick(faces: Sequence[Face], label: str, key: str) -> Face:
    """Let the visitor choose one of the faces; the choice stays with the face when the list changes."""
    numbered = {face.place: f"{number}: {face.title}" for number, face in enumerate(faces, 1)}
    places = list(numbered)
    kept = st.session_state.get(key)
    # Set anew each time: the browser knows a face by its text, which another list gives to another face or to none.
    st.session_state[key] = kept if kept in places else places[0]
    chosen = st.selectbox(label, places, format_func=lambda place: numbered[place], key=key, persist_state="session")
    return faces[places.index(chosen)]


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


def _compare(before: tuple[str, Picture], after: tuple[str, Picture], blend: Blend, name: str) -> None:
    """The face and what was made of it, and what may not look as wished."""
    with st.container(key=f"midway_picture_{name}"):
        players.compare(before, after, f"midway_{name}")
        for sentence in blend.warnings:
            st.warning(sentence[:1].upper() + sentence[1:] + ".", icon=":material/warning:")


def _save(name: str, files: Mapping[str, Content]) -> None:
    """Buttons for files by their suffixes; what is callable makes its file when it is asked for."""
    with st.container(horizontal=True, gap="small"):
        for suffix, content in files.items():
            label, mime = FILES[suffix]
            st.download_button(
                label,
                content,
                f"{name}{suffix}",
                mime,
                key=f"midway_download_{name}{suffix}",
                on_click="ignore",
                icon=":material/download:",
            )


main()
