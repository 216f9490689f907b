"""What the pages have in common: style, errors, choosing a photograph and a face in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import services
import streamlit as st
from numpy.typing import NDArray
from photos import GalleryFace, Photo, PointsFile
from PIL import Image

from facekp.draw import BOX, draw_box
from facekp.errors import FacekpError
from facekp.faces import FaceBox
from facekp.images import Picture, encode_png

if TYPE_CHECKING:
    from facekp.predict import Keypoints

PRIVACY = "Photos stay in your own session and go when it ends."

SOURCES = {
    "Gallery": ":material/grid_view: Gallery",
    "Upload": ":material/upload: Upload",
    "Camera": ":material/photo_camera: Camera",
}
PICTURE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"]
POINT_TYPES = ["pts", "asf"]

SELECTED_BOX = (255, 214, 10)
NUMBER_ROOM = 24  # pixels of a view for the smallest number above a box

THUMBNAIL = "72px"

STYLE = f"""
.stMainBlockContainer {{ max-width: 76rem; padding-top: 4.5rem; padding-bottom: 3rem; }}
/* Streamlit's own are too faint to be read by all (contrast AA). */
[data-testid="stCaptionContainer"], [data-testid="stImageCaption"] {{
    color: light-dark(#56616c, #a9b4bf); opacity: 1;
}}
[data-testid="stVegaLiteChart"] svg text {{ fill: light-dark(#3d4752, #c5ced6); }}
button[kind^="primary"] p {{ color: light-dark(#ffffff, #12171d); }}
[class*="_face_"] button {{
    width: {THUMBNAIL}; height: {THUMBNAIL}; min-height: {THUMBNAIL}; padding: 0;
    background-size: 140%; background-position: 50% 65%; border: none;
}}
[class*="_face_"] button p {{ font-size: 0; }}
[class*="_face_"] button:hover {{ filter: brightness(1.08); }}
[class*="_face_"] button[kind="primary"] {{ outline: 3px solid light-dark(#2f5d8a, #7fb2e5); outline-offset: 2px; }}
.st-key-data_samples, .st-key-data_sources {{ display: grid; gap: 1rem; }}
.st-key-data_samples {{ grid-template-columns: repeat(auto-fill, minmax(min(44%, 220px), 1fr)); }}
.st-key-data_sources {{ grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); }}
.st-key-filters_grid {{ display: grid; gap: 6px; max-width: 32rem; }}
[class*="filters_cell_"] button {{
    aspect-ratio: 1; min-height: 0; padding: 0; border: none; border-radius: 2px;
    background-size: 100% 100%; image-rendering: pixelated;
}}
[class*="filters_cell_"] button p {{ font-size: 0; }}
[class*="filters_cell_"] button[kind="primary"] {{
    outline: 3px solid light-dark(#2f5d8a, #7fb2e5); outline-offset: 1px;
}}
"""


def page_style() -> None:
    """Keep lines short on wide screens, and turn the gallery's buttons into thumbnails."""
    thumbnails = "".join(
        f'[class*="_face_{index}x"] button {{ background-image: url(data:image/jpeg;base64,{_base64(face)}); }}\n'
        for index, face in enumerate(services.gallery())
    )
    st.html(f"<style>{STYLE}{thumbnails}</style>")


def _base64(face: GalleryFace) -> str:
    return base64.b64encode(face.thumbnail).decode("ascii")


def show_error(text: str) -> None:
    """Show an error's text as a sentence."""
    stop = "" if text.endswith((".", "?", "!")) else "."
    st.error(text[:1].upper() + text[1:] + stop, icon=":material/error:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show what went wrong within the block as one sentence, and go on after it."""
    try:
        yield
    except FacekpError as error:
        show_error(str(error))


# --- Choosing a photograph ------------------------------------------------------------------------
# Uploaders forget their file when the visitor turns to another page. So callbacks copy files to keys
# of the session: `SLOT_file`, `SLOT_camera` and `SLOT_points` are widgets, `SLOT_kept_…` their copies.


def photo_picker(slot: str, *, first: int = 0, with_truth: bool = False) -> Photo | None:
    """Let the visitor choose a photograph from the gallery, a file or the camera.

    Parameters
    ----------
    slot : str
        Name of the choice, unique in the app.
    first : int
        The gallery's face that is chosen to begin with.
    with_truth : bool
        Whether a file of true points may come with an uploaded photograph.

    Returns
    -------
    Photo or None
        None until there is one.
    """
    source = st.segmented_control(
        "Take the photo from",
        list(SOURCES),
        format_func=SOURCES.__getitem__,
        default="Gallery" if services.gallery() else "Upload",
        required=True,
        key=f"{slot}_source",
        persist_state="session",
        label_visibility="collapsed",
    )
    if source == "Gallery":
        return _from_gallery(slot, first)
    if source == "Camera":
        st.camera_input("Take a picture", key=f"{slot}_camera", on_change=_keep, args=(slot, "camera"), width=480)
        st.caption(PRIVACY)
        return _kept_photo(slot, "camera")
    return _from_upload(slot, with_truth)


def _from_gallery(slot: str, first: int) -> Photo | None:
    faces = services.gallery()
    if not faces:
        st.info("The gallery is empty: no faces came with this copy of the app. Upload a photo instead.")
        return None
    chosen: int = min(st.session_state.get(f"{slot}_kept_choice", first), len(faces) - 1)
    with st.container(horizontal=True, gap="small"):
        for index, face in enumerate(faces):
            st.button(
                face.title,
                key=f"{slot}_face_{index}x",
                type="primary" if index == chosen else "secondary",
                help=face.title,
                on_click=st.session_state.__setitem__,
                args=(f"{slot}_kept_choice", index),
            )
    return faces[chosen].photo


def _from_upload(slot: str, with_truth: bool) -> Photo | None:
    photo_side, truth_side = st.columns([3, 2]) if with_truth else (st.container(), None)
    with photo_side:
        st.file_uploader("A photo", type=PICTURE_TYPES, key=f"{slot}_file", on_change=_keep, args=(slot, "file"))
        st.caption(PRIVACY)
        photo = _kept_photo(slot, "file")
    if truth_side is None:
        return photo
    with truth_side:
        st.file_uploader(
            "Its true points, if you have them",
            type=POINT_TYPES,
            key=f"{slot}_points",
            on_change=_keep,
            args=(slot, "points"),
        )
        kept = _kept(slot, "points")
    return replace(photo, truth=PointsFile(*kept)) if photo and kept else photo


def chosen_photo(slot: str) -> Photo | None:
    """The photograph that was last chosen in a picker, for a page without one; else the gallery's first."""
    source = st.session_state.get(f"{slot}_source", "Gallery")
    kept = st.session_state.get(f"{slot}_kept_{'camera' if source == 'Camera' else 'file'}")
    if source != "Gallery" and kept:
        return Photo(*kept)
    faces = services.gallery()
    chosen = st.session_state.get(f"{slot}_kept_choice", 0)
    return faces[min(chosen, len(faces) - 1)].photo if faces else None


def _keep(slot: str, kind: str) -> None:
    file = st.session_state[f"{slot}_{kind}"]
    st.session_state[f"{slot}_kept_{kind}"] = file and (file.name, file.getvalue())


def _kept(slot: str, kind: str) -> tuple[str, bytes] | None:
    """Name and bytes of a file, also of one that its widget has forgotten."""
    kept: tuple[str, bytes] | None = st.session_state.get(f"{slot}_kept_{kind}")
    if kept and not st.session_state.get(f"{slot}_{kind}"):
        st.caption(f"Still here: {kept[0]}")
    return kept


def _kept_photo(slot: str, kind: str) -> Photo | None:
    kept = _kept(slot, kind)
    return Photo(*kept) if kept else None


# --- Faces in it ----------------------------------------------------------------------------------


def face_selector(slot: str, photo: Photo, count: int) -> int:
    """Let the visitor choose one of a photograph's faces, where there are several; 0 is the largest."""
    if count < 2:
        return 0
    return st.segmented_control(
        "Face",
        range(count),
        format_func=lambda index: str(index + 1),
        default=0,
        required=True,
        key=f"{slot}_selected_{photo.digest}",
        persist_state="session",
    )


def number_faces(picture: Picture, view: services.View, faces: Sequence[Keypoints], selected: int) -> Picture:
    """Boxes with the numbers of the faces over a view of their photograph."""
    for index, face in enumerate(faces):
        color = SELECTED_BOX if index == selected else BOX
        picture = draw_box(picture, _box_in_view(face.box, view), str(index + 1), color)
    return picture


def _box_in_view(box: FaceBox, view: services.View) -> FaceBox:
    """A face's box in pixels of the view, cut so that its number, above the left corner, is seen."""
    corners = np.array([[box.x_min, box.y_min], [box.x_max, box.y_max]], dtype=np.float32)
    (x_min, y_min), (x_max, y_max) = view.place(corners).tolist()
    height, width = view.picture.shape[:2]
    above = NUMBER_ROOM + 0.1 * (y_max - y_min)
    return FaceBox(
        max(x_min, 0), max(y_min, above), max(min(x_max, width - 1), 1), max(min(y_max, height - 1), above + 1)
    )


def show_picture(picture: Picture, caption: str | None = None, *, alt: str) -> None:
    """Show an RGB picture over the whole width of its column."""
    buffer = io.BytesIO()
    # At Pillow's own settings thin red lines would lose their colour.
    Image.fromarray(picture).save(buffer, format="JPEG", quality=92, subsampling=0)
    st.image(buffer.getvalue(), caption, width="stretch", alt=alt)


def show_grey(picture: NDArray[np.uint8], caption: str, *, alt: str) -> None:
    """Show a grey picture (H, W) over the whole width of its column, each of its pixels sharp."""
    st.image(encode_png(picture), caption, width="stretch", alt=alt)
