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
PREVIEW, FILM = "Preview", "Film"
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
    if len(faces) >= 2:
        _studio(faces)
        return
    st.info("Add a face: a film needs two or more.", icon=":material/add:")
    film: Film | None = st.session_state.get("morph_film")
    if film is not None:
        _play(film)
        _files(film)


@st.fragment
def _studio(faces: Sequence[Face]) -> None:
    """A film as it will be or as it is, and what can be chosen; a change draws these anew, and nothing else."""
    stage, form = st.columns([3, 2], gap="large")
    settings: MorphSettings | None = None
    ready = False
    with form:
        st.subheader("Settings")
        film_form(len(faces))
        with widgets.errors_shown():
            settings = film_settings(choices())
            _summary(faces, settings)
            ready = True
    work: FilmWork | None = st.session_state.get("morph_work")
    making = work is not None and work.running
    if work is not None and not making:
        _finish(work)
    film: Film | None = st.session_state.get("morph_film")
    with stage:
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            view = _view(faces, film)
            st.button(
                "Make the film",
                type="primary",
                icon=":material/movie:",
                key="morph_make",
                disabled=making or not ready,
                on_click=_start,
                args=(faces,),
            )
        if work is not None and making:
            st.fragment(_progress, run_every=LOOK_AGAIN * max(1, films_in_work()))(work)
        elif trouble := st.session_state.get("morph_trouble"):
            widgets.show_error(trouble)
        if view == FILM and film is not None:
            _play(film)
        elif settings is not None:
            with widgets.errors_shown():
                _preview(faces, settings)
        if film is not None:
            _files(film)
        elif not making:
            st.caption("The film plays here, and can be saved as GIF, MP4, WebP and ZIP.")


def _view(faces: Sequence[Face], film: Film | None) -> str:
    """What the stage shows: the visitor's choice, or the preview again once the film would become another."""
    wanted = tuple(face.key for face in faces), tuple(choices().items())
    if st.session_state.get("morph_wanted") != wanted:
        st.session_state["morph_wanted"] = wanted
        st.session_state["morph_view"] = PREVIEW
        st.session_state["morph_trouble"] = ""
    if film is None:
        st.subheader(PREVIEW)
        return PREVIEW
    view: str = st.segmented_control(
        "What is shown",
        [PREVIEW, FILM],
        required=True,
        key="morph_view",
        label_visibility="collapsed",
        persist_state="session",
    )
    return view


def _preview(faces: Sequence[Face], settings: MorphSettings) -> None:
    mesh = st.session_state.get("morph_mesh", False)
    preview = studio.preview(faces, settings, mesh=mesh)
    count = ways(settings, len(faces)) * (settings.frames - 1) + 1
    players.show_preview(
        preview,
        "morph_preview",
        shown=frame_size(settings, studio.sketch(faces[0]).size)[0],
        count=count,
        seconds=count / settings.fps,
        back=settings.ping_pong and settings.loop,
    )
    st.toggle("Triangles", key="morph_mesh", persist_state="session")
    for sentence in preview.warnings:
        st.warning(sentence[:1].upper() + sentence[1:] + ".", icon=":material/warning:")


def _summary(faces: Sequence[Face], settings: MorphSettings) -> None:
    """What the film will be; a `FacekpError` tells why it will not be made."""
    width, height = frame_size(settings, studio.sketch(faces[0]).size)
    count = count_frames(settings, len(faces), (width, height))
    st.caption(f"{count} frames of {width} × {height} pixels, {seconds(settings, count):.1f} seconds")


def _start(faces: Sequence[Face]) -> None:
    """Begin to make a film as the settings are now."""
    st.session_state["morph_trouble"] = ""
    try:
        chosen = choices()
        st.session_state["morph_work"] = FilmWork(faces, film_settings(chosen), movie_choices(chosen))
    except FacekpError as error:
        st.session_state["morph_trouble"] = str(error)


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
        st.session_state["morph_view"] = FILM
    st.session_state["morph_trouble"] = work.error
    st.session_state["morph_work"] = None


def _play(film: Film) -> None:
    st.video(
        film.files[".mp4"],
        loop=film.recipe.settings.loop,
        autoplay=True,
        muted=True,
        width=film.size[0],
        alt=f"Film: {film.title}",
    )


def _files(film: Film) -> None:
    """The film's files, to be saved."""
    length = seconds(film.recipe.settings, film.frames)
    st.caption(f"Film: {film.title}: {film.frames} frames, {length:.1f} seconds")
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
