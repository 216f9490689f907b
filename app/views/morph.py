"""Page: one face into another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import services
import streamlit as st
import visit
import widgets
from films import Film, FilmSettings, make_film
from photos import Photo

from facekp.errors import NO_FACE
from facekp.images import encode_png
from facekp.morph import Morph

if TYPE_CHECKING:
    from facekp.keypoints import Keypoints

SIZES = [256, 384, 512, 768, 1024]
FEWEST_FRAMES, MOST_FRAMES = 10, 120
SLOWEST, FASTEST = 5, 50  # frames per second; a GIF cannot be faster
MAKING = "Making the film …"


@dataclass(frozen=True)
class Face:
    """A chosen face of a chosen photograph."""

    photo: Photo
    index: int
    keypoints: Keypoints


def main() -> None:
    """Show the page."""
    st.title("Morph")
    st.markdown("One face turns into another, without clicking any points. Choose two faces.")
    columns = st.columns(2, gap="large")
    with columns[0]:
        first = _choose("morph_a", "First face", 0)
    with columns[1]:
        second = _choose("morph_b", "Second face", 2)
    settings, asked = _settings()
    if first is None or second is None:
        return
    with widgets.errors_shown():
        morph = services.prepare_morph(
            first.photo.data, second.photo.data, first.keypoints.points, second.keypoints.points, settings.side
        )
        film_side, slider_side, middle_side = st.columns(3, gap="medium")
        with slider_side:
            _frame_by_frame(morph, settings.frames)
        with middle_side:
            _middle(morph)
        with film_side:
            made_of = (first.photo.data, first.index, second.photo.data, second.index, settings)
            _film(morph, settings, made_of, asked)


def _choose(slot: str, heading: str, gallery_index: int) -> Face | None:
    """Let the visitor choose a photograph, and a face in it where there are several."""
    st.subheader(heading)
    photo = widgets.photo_picker(slot, first=gallery_index)
    if photo is None:
        return None
    with widgets.errors_shown():
        faces = visit.faces(photo)
        if not faces:
            widgets.show_error(NO_FACE)
            return None
        index = widgets.face_selector(slot, photo, len(faces))
        if len(faces) > 1:
            view = services.view(photo.data)
            numbered = widgets.number_faces(view.picture, view, faces, index)
            widgets.show_picture(numbered, alt=f"{photo.name} with {len(faces)} numbered faces")
        return Face(photo, index, faces[index])
    return None


def _settings() -> tuple[FilmSettings, bool]:
    """The film's settings, and whether it was asked for just now."""
    with st.form("morph_settings"):
        frames, speed, size, button = st.columns([3, 3, 3, 2], gap="medium", vertical_alignment="center")
        settings = FilmSettings(
            frames=frames.slider(
                "Frames", FEWEST_FRAMES, MOST_FRAMES, 60, step=5, key="morph_frames", persist_state="session"
            ),
            speed=speed.slider(
                "Frames per second", SLOWEST, FASTEST, 30, step=5, key="morph_speed", persist_state="session"
            ),
            side=size.select_slider("Width and height, pixels", SIZES, 512, key="morph_side", persist_state="session"),
        )
        asked = button.form_submit_button("Make the film", type="primary", width="stretch")
    return settings, asked


@st.fragment
def _frame_by_frame(morph: Morph, count: int) -> None:
    """A slider through the film's frames; moving it renders that one frame."""
    st.subheader("Frame by frame")
    place = st.empty()
    number = st.slider("Frame", 1, count, (count + 1) // 3, key="morph_frame", persist_state="session")
    with place:
        widgets.show_picture(morph.frame_at(number - 1, count), alt=f"Frame {number} of {count}")


def _middle(morph: Morph) -> None:
    """The mid-way face, and its download."""
    st.subheader("Mid-way face")
    picture = morph.frame(0.5)
    widgets.show_picture(picture, alt="The face mid-way between the two")
    st.download_button(
        "PNG",
        encode_png(picture),
        "mid-way.png",
        "image/png",
        key="morph_download_png",
        on_click="ignore",
        icon=":material/download:",
    )


def _film(morph: Morph, settings: FilmSettings, made_of: tuple[object, ...], asked: bool) -> None:
    """The moving result and its downloads; it is made when asked for, and kept until the faces change."""
    st.subheader("Film")
    place = st.empty()  # filled once a rerun, so that nothing of the last one stays beside the progress bar
    film: Film | None = st.session_state.get("morph_film")
    if asked and (film is None or film.made_of != made_of):
        bar = place.progress(0.0, MAKING)
        film = make_film(morph, settings, made_of, lambda done: bar.progress(done, MAKING))
        st.session_state["morph_film"] = film
    with place.container():
        if film is not None and film.made_of == made_of:
            _play(film)
        else:
            widgets.show_picture(morph.frame(0.0), alt="The first face, where the film begins")
            st.markdown("Press **Make the film** to see it turn into the second face.")


def _play(film: Film) -> None:
    st.video(film.mp4, loop=True, autoplay=True, muted=True, alt="The first face turns into the second")
    with st.container(horizontal=True, gap="small"):
        for label, data, mime in (("GIF", film.gif, "image/gif"), ("MP4", film.mp4, "video/mp4")):
            suffix = label.lower()
            st.download_button(
                f"{label}, {len(data) / 1e6:.1f} MB",
                data,
                f"morph.{suffix}",
                mime,
                key=f"morph_download_{suffix}",
                on_click="ignore",
                icon=":material/download:",
            )


main()
