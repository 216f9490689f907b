"""What the pages have in common: style, errors, choosing a photograph and a face in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import visit
from camera import camera
from numpy.typing import NDArray
from photos import Photo
from PIL import Image
from streamlit.runtime.scriptrunner import get_script_run_ctx
from uploads import MAX_FILE_MEGABYTES

from facekp.annotations import POINT_SUFFIXES
from facekp.errors import FacekpError
from facekp.images import Picture, encode_png

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

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
/* What opens above the page does not know which theme it is in. */
[data-testid="stPopoverBody"] [data-testid="stCaptionContainer"] {{ color: inherit; opacity: 0.8; }}
[data-testid="stVegaLiteChart"] svg text {{ fill: light-dark(#3d4752, #c5ced6); }}
button[kind^="primary"]:not(:disabled) p {{ color: light-dark(#ffffff, #12171d); }}
/* What waits does not flicker, and costs nothing: drawing these anew sixty times a second took as much of a busy
machine as the films did. */
[data-testid="stSkeleton"], [data-testid="stAppSkeleton"] * {{ animation: none; }}
[data-testid="stElementContainer"], [data-testid="stStatusWidget"], [data-testid="stProgressBarTrack"] {{
    transition: none;
}}
/* One row of thumbnails that scrolls sideways, with room for the outline of the chosen one. */
[class$="_photos"], [class*="_photos "] {{
    flex-wrap: nowrap; overflow-x: auto; gap: 0.5rem; padding: 6px 2rem 6px 6px; scroll-padding: 0 2rem 0 6px;
    scrollbar-width: thin; mask-image: linear-gradient(to left, transparent, #000000 2rem);
}}
[class*="_photos"] > :has(> .stBidiComponent) {{ position: absolute; }}
div:has(> [class$="_photos"]), div:has(> [class*="_photos "]) {{ flex: 1 1 16rem; min-width: 0; }}
[class*="_photo_"] button {{
    width: {THUMBNAIL}; height: {THUMBNAIL}; min-height: {THUMBNAIL}; padding: 0;
    background: 50% 35% / cover no-repeat; border: none; position: relative;
}}
[class*="_photo_"] button p {{ font-size: 0; }}
[class*="_photo_"] button:hover {{ filter: brightness(1.08); }}
[class*="_photo_"] button[kind="primary"] {{ outline: 3px solid light-dark(#2f5d8a, #7fb2e5); outline-offset: 2px; }}
[data-testid="stFileUploaderDropzoneInstructions"] span {{ white-space: normal; }}
.st-key-data_samples, .st-key-data_sources {{ display: grid; gap: 1rem; }}
.st-key-data_samples {{ grid-template-columns: repeat(auto-fill, minmax(min(44%, 220px), 1fr)); }}
.st-key-data_sources {{ grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); }}
.st-key-filters_times {{ display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; }}
.st-key-filters_grid {{ display: grid; gap: 6px; max-width: 32rem; }}
[class*="filters_cell_"] button {{
    aspect-ratio: 1; min-height: 0; padding: 0; border: none; border-radius: 2px;
    background-size: 100% 100%; image-rendering: pixelated;
}}
[class*="filters_cell_"] button p {{ font-size: 0; }}
[class*="filters_cell_"] button[kind="primary"] {{
    outline: 3px solid light-dark(#2f5d8a, #7fb2e5); outline-offset: 1px;
}}
/* Streamlit's own ring and the track of a toggle that is off are too faint (contrast of graphics, AA). */
.stApp :is(a, button, summary, canvas, [role="radio"], [role="slider"]):focus-visible,
.stApp label:has(input:is([type="checkbox"], [type="radio"]):focus-visible) {{
    outline: 2px solid light-dark(#2f5d8a, #7fb2e5); outline-offset: 2px;
}}
label:has([role="switch"]:not(:checked)) > span + div {{ box-shadow: inset 0 0 0 1.5px light-dark(#6b7682, #8b96a1); }}
/* Streamlit tells only screen readers why a file is refused, and nobody what to do. */
[data-testid="stFileChips"]:has([role="alert"]) {{ max-height: 16rem !important; }}
[data-testid="stFileChip"]:has([role="alert"]) {{ flex-wrap: wrap; height: auto; max-width: 100%; }}
[data-testid="stFileChip"] [role="alert"] {{
    position: static; flex-basis: 100%; width: auto; height: auto; margin: 0; clip: auto; clip-path: none;
    white-space: normal; font-size: 0.875rem;
}}
[data-testid="stFileChip"] [role="alert"]::after {{
    content: " Give photos as JPG, PNG, WebP, BMP or TIFF, up to {MAX_FILE_MEGABYTES} MB each.";
}}
/* Where nothing hovers, the tools of a table are always there, above it. */
@media (hover: none) {{ [data-testid="stDataFrame"] {{ margin-top: 1.75rem; }} }}
/* A table's texts would be broken at 400 pixels, however wide the table is. */
[data-testid="stTable"] [data-testid="stMarkdownContainer"] {{ max-width: none; }}
"""

# The mark of true points on a thumbnail, in their green.
DOT = """{
    content: ""; position: absolute; right: 4px; bottom: 4px; width: 10px; height: 10px; border-radius: 50%;
    background: #14dc3c; box-shadow: 0 0 0 1.5px #12171d;
}"""
_in_sight = st.components.v2.component(
    "facekp_in_sight",
    js=(Path(__file__).parent / "components" / "in_sight.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


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
            _thumbnails(page, photo)
    show_problems(page)
    if photo is None:
        st.info("The gallery is empty: no faces came with this copy of the app. Upload a photo instead.")
    return photo


def _thumbnails(page: str, chosen: Photo | None) -> None:
    """A button for each photograph; those with true points have a green dot."""
    photos = visit.all_photos()
    for place, photo in enumerate(photos):
        own = chosen is not None and photo.digest == chosen.digest
        label = f"{photo.label}, with true points" if photo.truth else photo.label
        key = f"{page}_photo_{photo.digest}"
        st.button(
            label,
            key=key,
            type="primary" if own else "secondary",
            help=label,
            on_click=_choose,
            args=(page, photo.digest),  # Streamlit keeps the arguments of buttons that are no longer there
        )
        if own:
            _in_sight(key=f"{page}_in_sight", data={"key": key, "place": place})
    dotted = ", ".join(f".st-key-{page}_photo_{photo.digest} button::after" for photo in photos if photo.truth)
    if dotted:
        st.html(f"<style>{dotted} {DOT}</style>")


def show_problems(page: str) -> None:
    """Tell what went wrong when files were last added; a file that waits can be removed."""
    waiting = visit.waiting()
    for number, problem in enumerate(visit.problems()):
        file = waiting.get(problem)
        if file is None:
            show_error(problem)
        elif error_with_remove(problem, f"{page}_waiting_{number}"):
            visit.remove_points(file)
            st.rerun()


def error_with_remove(text: str, key: str) -> bool:
    """Show an error's text as a sentence beside a button that removes what it is about: whether it was pressed."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        show_error(text)
        return st.button("Remove", icon=":material/delete:", key=key)


def add_photos(page: str, take: Take | None = None) -> None:
    """Buttons behind which files are uploaded and pictures taken.

    Parameters
    ----------
    page : str
        Of which the buttons are.
    take : callable, optional
        Told the photographs that came; by default the first of them is chosen on the page.
    """
    # A widget under a new key starts anew: what was opened closes, and no file is given twice.
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
        camera(f"{page}_shot_{turn}", lambda picture: _added(page, visit.add_shot(picture), take))
        st.caption(PRIVACY)


def _choose(page: str, digest: str) -> None:
    visit.forget_problems()
    visit.choose(page, digest)


def _add(page: str, key: str, take: Take | None) -> None:
    given = st.session_state[key]
    if not given:
        return
    added = visit.add(given)
    _release(given)
    _added(page, added, take)


def _added(page: str, added: list[Photo], take: Take | None) -> None:
    st.session_state[f"{page}_added"] += 1
    if take:
        take(added)
    elif added:
        visit.choose(page, added[0].digest)


def _release(files: Sequence[UploadedFile]) -> None:
    """Free what the visit has read: Streamlit would keep each upload beside it for as long as the visitor stays."""
    context = get_script_run_ctx()
    if context is not None:
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def show_picture(picture: Picture, caption: str | None = None, *, alt: str) -> None:
    """Show an RGB picture over the whole width of its column."""
    buffer = io.BytesIO()
    # At Pillow's own settings thin red lines would lose their colour.
    Image.fromarray(picture).save(buffer, format="JPEG", quality=92, subsampling=0)
    st.image(buffer.getvalue(), caption, width="stretch", alt=alt)


def show_grey(picture: NDArray[np.uint8], caption: str, *, alt: str) -> None:
    """Show a grey picture (H, W) over the whole width of its column, each of its pixels sharp."""
    st.image(encode_png(picture), caption, width="stretch", alt=alt)
