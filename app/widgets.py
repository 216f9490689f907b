"""What the pages have in common: style, errors, choosing a photograph and a face in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import visit
from numpy.typing import NDArray
from photos import Photo
from PIL import Image

from facekp.annotations import POINT_SUFFIXES
from facekp.errors import FacekpError
from facekp.images import Picture, encode_png

if TYPE_CHECKING:
    pass

Take = Callable[[list[Photo]], None]

PRIVACY = "Photos stay in your own session and go when it ends."

PICTURE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"]
POINT_TYPES = [suffix.removeprefix(".") for suffix in POINT_SUFFIXES]

THUMBNAIL = "72px"

STYLE = f"""
.stMainBlockContainer {{ max-width: 80rem; padding: 4.5rem clamp(1rem, 4vw, 4rem) 3rem; }}
/* Streamlit's own are too faint to be read by all (contrast AA). */
[data-testid="stCaptionContainer"], [data-testid="stImageCaption"] {{
    color: light-dark(#56616c, #a9b4bf); opacity: 1;
}}
[data-testid="stVegaLiteChart"] svg text {{ fill: light-dark(#3d4752, #c5ced6); }}
button[kind^="primary"] p {{ color: light-dark(#ffffff, #12171d); }}
/* One row of thumbnails that scrolls sideways, with room for the outline of the chosen one. */
[class$="_photos"], [class*="_photos "] {{ flex-wrap: nowrap; overflow-x: auto; padding: 6px; }}
div:has(> [class$="_photos"]), div:has(> [class*="_photos "]) {{ flex: 1 1 16rem; min-width: 0; }}
[class*="_photo_"] button {{
    width: {THUMBNAIL}; height: {THUMBNAIL}; min-height: {THUMBNAIL}; padding: 0;
    background-size: 140%; background-position: 50% 65%; border: none;
}}
[class*="_photo_"] button p {{ font-size: 0; }}
[class*="_photo_"] button:hover {{ filter: brightness(1.08); }}
[class*="_photo_"] button[kind="primary"] {{ outline: 3px solid light-dark(#2f5d8a, #7fb2e5); outline-offset: 2px; }}
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
    """Keep lines short on wide screens, and turn the buttons of photographs into thumbnails."""
    thumbnails = "".join(
        f'[class*="_photo_{photo.digest}"] button {{ background-image: {_css_url(photo)}; }}\n'
        for photo in visit.all_photos()
    )
    st.html(f"<style>{STYLE}{thumbnails}</style>")


def _css_url(photo: Photo) -> str:
    return f"url(data:image/jpeg;base64,{base64.b64encode(photo.thumbnail).decode('ascii')})"


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


def photo_picker(page: str, *, first: int = 0) -> Photo | None:
    """Let the visitor choose one of their photographs or a face of the gallery, and add photographs.

    Parameters
    ----------
    page : str
        The page, or the place on it, that has a choice of its own; as `visit.chosen` knows it.
    first : int
        The gallery's face that is chosen to begin with.

    Returns
    -------
    Photo or None
        None until there is one.
    """
    photo = visit.chosen(page, first)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        add_photos(page)
        with st.container(horizontal=True, gap="small", key=f"{page}_photos"):
            for each in visit.all_photos():
                st.button(
                    each.label,
                    key=f"{page}_photo_{each.digest}",
                    type="primary" if photo and each.digest == photo.digest else "secondary",
                    help=each.label,
                    on_click=_choose,
                    args=(page, each),
                )
    for problem in visit.problems():
        show_error(problem)
    if photo is None:
        st.info("The gallery is empty: no faces came with this copy of the app. Upload a photo instead.")
    return photo


def add_photos(page: str, take: Take | None = None) -> None:
    """Buttons behind which files are uploaded and pictures taken.

    Parameters
    ----------
    page : str
        Of which the buttons are.
    take : callable, optional
        Told the photographs that came; by default the first of them is chosen on the page.
    """
    # A widget under a new key starts anew: so the files lie in the visit only, not in the uploader as well, and
    # what was opened closes.
    turn: int = st.session_state.setdefault(f"{page}_added", 0)
    with st.popover("Upload", icon=":material/upload:", key=f"{page}_upload_{turn}"):
        key = f"{page}_files_{turn}"
        st.file_uploader(
            "Photos, and their true points if you have them",
            type=[*PICTURE_TYPES, *POINT_TYPES],
            accept_multiple_files=True,
            key=key,
            on_change=_add,
            args=(page, key, take),
        )
        st.caption(f"Points belong to the photo of the same name: face.pts to face.jpg. {PRIVACY}")
    with st.popover("Camera", icon=":material/photo_camera:", key=f"{page}_camera_{turn}"):
        key = f"{page}_shot_{turn}"
        st.camera_input("Take a picture", key=key, on_change=_add, args=(page, key, take), width=480)
        st.caption(PRIVACY)


def _choose(page: str, photo: Photo) -> None:
    visit.forget_problems()
    visit.choose(page, photo)


def _add(page: str, key: str, take: Take | None) -> None:
    given = st.session_state[key]
    if not given:
        return
    added = visit.add(given if isinstance(given, list) else [given])
    st.session_state[f"{page}_added"] += 1
    if take:
        take(added)
    elif added:
        visit.choose(page, added[0])


def show_picture(picture: Picture, caption: str | None = None, *, alt: str) -> None:
    """Show an RGB picture over the whole width of its column."""
    buffer = io.BytesIO()
    # At Pillow's own settings thin red lines would lose their colour.
    Image.fromarray(picture).save(buffer, format="JPEG", quality=92, subsampling=0)
    st.image(buffer.getvalue(), caption, width="stretch", alt=alt)


def show_grey(picture: NDArray[np.uint8], caption: str, *, alt: str) -> None:
    """Show a grey picture (H, W) over the whole width of its column, each of its pixels sharp."""
    st.image(encode_png(picture), caption, width="stretch", alt=alt)
