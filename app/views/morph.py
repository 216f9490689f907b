"""Page: one face into another, and on through more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import players
import streamlit as st
import studio
import widgets
from face_list import face_list
from film_choices import count_frames, film_settings, movie_choices, seconds, ways
from film_form import choices, film_form
from films import Film, FilmWork, films_in_work
from morph_faces import Face
from previews import frame_size

from facekp.errors import FacekpError
from facekp.recipe import to_json
from facekp.settings import MorphSettings

FIRST_FACES = (0, 2)
LOOK_AGAIN = 0.2
"""Seconds until the page looks how far the film has come, for each film in work: looking is work as well, most of all
for the visitor's browser, and where many wait each film takes longer."""

FILES = {
    ".gif": ("GIF", "image/gif"),
    ".mp4": ("MP4", "video/mp4"),
    ".webp": ("WebP", "image/webp"),
    ".zip": ("ZIP", "application/zip"),
}


def main() -> None:
    """Show the page."""
    st.title("Morph")
    st.markdown("One face turns into the next, without clicking any points.")
    faces = face_list("morph", FIRST_FACES)
    if len(faces) < 2:
        st.info("Add a face: a film needs two or more.", icon=":material/add:")
        return
    settings_side, film_side = st.columns([2, 1], gap="large")
    with settings_side:
        _settings(faces)
    with film_side:
        _film(faces)


@st.fragment
def _settings(faces: Sequence[Face]) -> None:
    """The preview, and what can be chosen; a change draws these anew, and nothing else of the page."""
    preview_side, form_side = st.columns(2, gap="large")
    with form_side:
        st.subheader("Settings")
        film_form(len(faces))
    with preview_side:
        st.subheader("Preview")
        with widgets.errors_shown():
            settings = film_settings(choices())
            _preview(faces, settings)
            with form_side:
                _summary(faces, settings)


def _preview(faces: Sequence[Face], settings: MorphSettings) -> None:
    mesh = st.session_state.get("morph_mesh", False)
    preview = studio.preview(faces, settings, mesh=mesh)
    count = ways(settings, len(faces)) * (settings.frames - 1) + 1
    players.show_preview(
        preview, "morph_preview", count=count, seconds=count / settings.fps, back=settings.ping_pong and settings.loop
    )
    st.toggle("Triangles", key="morph_mesh", persist_state="session")
    for sentence in preview.warnings:
        st.warning(sentence[:1].upper() + sentence[1:] + ".", icon=":material/warning:")


def _summary(faces: Sequence[Face], settings: MorphSettings) -> None:
    """What the film will be, or why it will not be made."""
    width, height = frame_size(settings, studio.sketch(faces[0]).size)
    count = count_frames(settings, len(faces), (width, height))
    st.caption(f"{count} frames of {width} × {height} pixels, {seconds(settings, count):.1f} seconds")


def _film(faces: Sequence[Face]) -> None:
    """The film, and the work on the next one."""
    st.subheader("Film")
    work: FilmWork | None = st.session_state.get("morph_work")
    making = work is not None and work.running
    st.button(
        "Make the film",
        type="primary",
        width="stretch",
        icon=":material/movie:",
        key="morph_make",
        disabled=making,
        on_click=_start,
        args=(faces,),
    )
    if work is not None and making:
        st.fragment(_progress, run_every=LOOK_AGAIN * max(1, films_in_work()))(work)
    elif work is not None:
        _finish(work)
    if problem := st.session_state.get("morph_problem"):
        widgets.show_error(problem)
    film: Film | None = st.session_state.get("morph_film")
    if film is not None:
        _play(film)
    elif not making:
        st.caption("It plays here, and can be saved as GIF, MP4, WebP and ZIP.")


def _start(faces: Sequence[Face]) -> None:
    """Begin to make a film as the settings are now."""
    st.session_state["morph_problem"] = ""
    try:
        chosen = choices()
        settings = film_settings(chosen)
        count_frames(settings, len(faces), frame_size(settings, studio.sketch(faces[0]).size))
        st.session_state["morph_work"] = FilmWork(faces, settings, movie_choices(chosen))
    except FacekpError as error:
        st.session_state["morph_problem"] = str(error)


def _progress(work: FilmWork) -> None:
    """How far it has come; when it is made the whole page is drawn, with the film."""
    if not work.running:
        st.rerun()
    st.progress(work.done, work.sentence)
    st.button("Cancel", key="morph_cancel", icon=":material/close:", width="stretch", on_click=work.cancel)


def _finish(work: FilmWork) -> None:
    """Take over what became of a film."""
    if work.film is not None:
        st.session_state["morph_film"] = work.film
    st.session_state["morph_problem"] = work.error
    st.session_state["morph_work"] = None


def _play(film: Film) -> None:
    settings = film.recipe.settings
    st.video(film.files[".mp4"], loop=settings.loop, autoplay=True, muted=True, alt=f"Film: {film.title}")
    st.caption(f"{film.title}: {film.frames} frames, {seconds(settings, film.frames):.1f} seconds")
    with st.container(horizontal=True, gap="small"):
        for suffix, (label, mime) in FILES.items():
            made = film.files.get(suffix)
            size = f", {len(made) / 1e6:.1f} MB" if made else ""
            _download(f"{label}{size}", made or _later(film, suffix), f"morph{suffix}", mime)
        _download("Recipe", to_json(film.recipe), "morph.json", "application/json")


def _later(film: Film, suffix: str) -> Callable[[], bytes]:
    return lambda: film.encode(suffix)


def _download(label: str, data: str | bytes | Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        label,
        data,
        name,
        mime,
        key=f"morph_download_{name}",
        on_click="ignore",
        icon=":material/download:",
    )


main()
