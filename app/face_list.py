"""The faces that a page works with, in order: chosen from all photographs of the visit, moved, taken out."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import services
import streamlit as st
import studio
import visit
import widgets
from morph_faces import Face, Place
from photos import Photo

from facekp.errors import NO_FACE, FacekpError, NoFaceError

MOST_FACES = 12

# The keys of containers and buttons by which they are found here.
STYLE = """
[class*="_chosen_faces"] { gap: 0.75rem 1rem; }
[class*="_card_"] { gap: 0.25rem; width: 6rem; }
[class*="_reverse"] { margin-top: 1.75rem; }
[class*="_card_"] [data-testid="stCaptionContainer"] { margin: 0; }
[class*="_card_"] img { border-radius: 0.5rem; }
[class*="_card_"] [data-testid="stCaptionContainer"] p {
    display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden;
    overflow-wrap: anywhere; line-height: 1.25; text-align: center; margin: 0;
}
/* Streamlit's button for the full screen would cover half of so small a picture. */
[class*="_card_"] [data-testid="stElementToolbar"] { display: none; }
[class*="_photo_"] button:disabled { opacity: 0.35; filter: grayscale(1); }
[class*="_card_"] [data-testid="stHorizontalBlock"] { gap: 0.25rem; flex-wrap: nowrap; }
[class*="_move_"] button { width: 1.83rem; height: 1.83rem; min-height: 0; padding: 0; }
[class*="_move_"] button span { margin: 0; gap: 0; }
/* Told to those who hear the page; the others see the arrow. */
[class*="_move_"] button [data-testid="stMarkdownContainer"] {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
"""


def face_list(page: str, first: Sequence[int]) -> list[Face]:
    """Let the visitor choose faces and their order.

    Parameters
    ----------
    page : str
        The page's list has its name.
    first : sequence of int
        The gallery's faces that are chosen to begin with.

    Returns
    -------
    list of Face
        At most `MOST_FACES`, each with another `Face.place`; with the points as the visitor corrected them.
    """
    st.html(f"<style>{STYLE}</style>")
    found = {photo.digest: _faces_of(page, photo) for photo in visit.all_photos()}
    if _key(page) not in st.session_state:
        own = services.gallery()
        st.session_state[_key(page)] = [Place(own[index].digest, 0) for index in first if index < len(own)]
    # What was freed, or has no face after all, leaves the list.
    places = [place for place in st.session_state[_key(page)] if place.index < len(found.get(place.digest, ()))]
    st.session_state[_key(page)] = places
    faces = [replace(found[place.digest][place.index], copy=place.copy) for place in places]
    if faces:
        with st.container(horizontal=True, key=f"{page}_chosen_faces"):
            for number, face in enumerate(faces):
                _card(page, number, face, len(faces))
            if len(faces) > 1:
                label = "Swap" if len(faces) == 2 else "Turn round"
                st.button(label, icon=":material/swap_horiz:", key=f"{page}_reverse", on_click=_reverse, args=(page,))
    _adder(page, [face for several in found.values() for face in several], len(faces))
    widgets.show_problems(page)
    return faces


def _key(page: str) -> str:
    return f"{page}_places"


def _faces_of(page: str, photo: Photo) -> list[Face]:
    """A photograph's faces; a sentence where there are none, and a button that removes it, and the page goes on."""
    try:
        found = visit.faces(photo)
        if not found:
            raise NoFaceError(NO_FACE)
    except FacekpError as error:
        if widgets.error_with_remove(f"“{photo.label}”: {error}", f"{page}_remove_{photo.digest}"):
            visit.remove(photo)
            st.rerun()
        return []
    return [Face(photo, index, len(found), each.points) for index, each in enumerate(found)]


def _card(page: str, number: int, face: Face, count: int) -> None:
    """A chosen face, with its buttons."""
    with st.container(key=f"{page}_card_{number}", width=96):
        st.image(studio.face_thumbnail(face), width="stretch", alt=f"{number + 1}: {face.title}")
        st.caption(f"{number + 1}: {face.title}")
        with st.container(horizontal=True):
            buttons: list[tuple[str, str, bool, Callable[..., None], tuple[int, ...]]] = [
                ("earlier", "arrow_back", number == 0, _move, (number, number - 1)),
                ("later", "arrow_forward", number == count - 1, _move, (number, number + 1)),
                ("out", "close", False, _remove, (number,)),
            ]
            for name, icon, disabled, act, places in buttons:
                st.button(
                    f"{face.title}: {name}",
                    icon=f":material/{icon}:",
                    key=f"{page}_move_{name}_{number}",
                    disabled=disabled,
                    on_click=act,
                    args=(page, *places),
                )


def _move(page: str, start: int, to: int) -> None:
    places = st.session_state[_key(page)]
    places.insert(to, places.pop(start))


def _remove(page: str, number: int) -> None:
    st.session_state[_key(page)].pop(number)


def _reverse(page: str) -> None:
    st.session_state[_key(page)].reverse()


def _choose(page: str, digest: str, index: int) -> None:
    visit.forget_problems()
    _add(page, digest, index)


def _add(page: str, digest: str, index: int) -> None:
    places = st.session_state[_key(page)]
    if len(places) < MOST_FACES:
        copies = (Place(digest, index, copy) for copy in itertools.count())
        places.append(next(place for place in copies if place not in places))


def _adder(page: str, offered: Sequence[Face], count: int) -> None:
    """Buttons that bring photographs, and one for each face that can be added."""

    def take(added: list[Photo]) -> None:
        for photo in added:
            # A photograph that came before and comes again is no wish for a second copy.
            if all(place.digest != photo.digest for place in st.session_state[_key(page)]):
                _add(page, photo.digest, 0)

    full = count >= MOST_FACES
    st.caption(f"{MOST_FACES} faces are the most: take one out to add another." if full else "Add a face")
    st.html(f"<style>{''.join(_thumbnail_rule(face) for face in offered if face.of > 1)}</style>")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        widgets.add_photos(page, take)
        with st.container(horizontal=True, gap="small", key=f"{page}_photos"):
            for face in offered:
                st.button(
                    face.title,
                    key=_button(page, face),
                    help=face.title,
                    disabled=full,
                    on_click=_choose,
                    args=(page, face.photo.digest, face.index),
                )


def _button(page: str, face: Face) -> str:
    """The key of the button that adds a face: the page's style draws the photograph on it, by the digest."""
    several = f"_face_{face.index}x" if face.of > 1 else ""
    return f"{page}_photo_{face.photo.digest}{several}"


def _thumbnail_rule(face: Face) -> str:
    """The style of the button of one face of several: itself, not the whole photograph."""
    source = base64.b64encode(studio.face_thumbnail(face)).decode("ascii")
    return (
        f'.stApp [class*="{_button("", face)}"] button {{ background: url(data:image/jpeg;base64,{source}) 0 / 100%; }}'
    )
