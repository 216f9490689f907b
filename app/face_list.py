"""The faces that a page works with, in order: chosen from all photographs of the visit, moved, taken out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import NamedTuple

import services
import streamlit as st
import studio
import visit
import widgets
from morph_faces import Face
from photos import Photo

from facekp.errors import NO_FACE, FacekpError, NoFaceError

MOST_FACES = 12

# The keys of containers and buttons by which they are found here.
STYLE = """
[class*="_chosen_faces"] { gap: 0.75rem 1rem; }
[class*="_card_"] { gap: 0.25rem; width: 6rem; }
[class*="_card_"] [data-testid="stCaptionContainer"] { margin: 0; }
[class*="_card_"] img { border-radius: 0.5rem; }
[class*="_card_"] [data-testid="stCaptionContainer"] p {
    overflow: hidden; white-space: nowrap; text-overflow: ellipsis; text-align: center; margin: 0;
}
[class*="_card_"] [data-testid="stHorizontalBlock"] { gap: 0.25rem; flex-wrap: nowrap; }
[class*="_move_"] button { width: 1.83rem; height: 1.83rem; min-height: 0; padding: 0; }
[class*="_move_"] button span { margin: 0; gap: 0; }
/* Told to those who hear the page; the others see the arrow. */
[class*="_move_"] button [data-testid="stMarkdownContainer"] {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
"""


class Place(NamedTuple):
    """Which face of which photograph."""

    digest: str
    index: int


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
        At most `MOST_FACES`; with the points as the visitor corrected them.
    """
    st.html(f"<style>{STYLE}</style>")
    found = {photo.digest: _faces_of(photo) for photo in visit.all_photos()}
    if _key(page) not in st.session_state:
        own = services.gallery()
        st.session_state[_key(page)] = [Place(own[index].digest, 0) for index in first if index < len(own)]
    # What was freed, or has no face after all, leaves the list.
    places = [place for place in st.session_state[_key(page)] if place.index < len(found.get(place.digest, ()))]
    st.session_state[_key(page)] = places
    faces = [found[place.digest][place.index] for place in places]
    if faces:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{page}_chosen_faces"):
            for number, face in enumerate(faces):
                _card(page, number, face, len(faces))
            if len(faces) > 1:
                label = "Swap" if len(faces) == 2 else "Turn round"
                st.button(label, icon=":material/swap_horiz:", key=f"{page}_reverse", on_click=_reverse, args=(page,))
    _adder(page, [face for several in found.values() for face in several], len(faces))
    for problem in visit.problems():
        widgets.show_error(problem)
    return faces


def _key(page: str) -> str:
    return f"{page}_places"


def _faces_of(photo: Photo) -> list[Face]:
    """A photograph's faces; a sentence where there are none, and the page goes on."""
    try:
        found = visit.faces(photo)
        if not found:
            raise NoFaceError(NO_FACE)
    except FacekpError as error:
        widgets.show_error(f"“{photo.label}”: {error}")
        return []
    return [Face(photo, index, len(found), each.points) for index, each in enumerate(found)]


def _card(page: str, number: int, face: Face, count: int) -> None:
    """A chosen face, with its buttons."""
    with st.container(key=f"{page}_card_{number}", width=96):
        st.image(studio.face_thumbnail(face), width="stretch", alt=f"{number + 1}: {face.title}")
        st.caption(face.title)
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


def _choose(page: str, place: Place) -> None:
    visit.forget_problems()
    _add(page, place)


def _add(page: str, place: Place) -> None:
    places = st.session_state[_key(page)]
    if len(places) < MOST_FACES:
        places.append(place)


def _adder(page: str, offered: Sequence[Face], count: int) -> None:
    """Buttons that bring photographs, and one for each face that can be added."""

    def take(added: list[Photo]) -> None:
        for photo in added:
            _add(page, Place(photo.digest, 0))

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
                    args=(page, Place(face.photo.digest, face.index)),
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
