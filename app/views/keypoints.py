"""Page: the keypoints of every face in a photograph, beside the true ones, and corrected by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import comparison
import networks
import numpy as np
import pandas as pd
import services
import streamlit as st
import visit
import widgets
from accuracy import show_accuracy
from face_viewer import face_viewer
from overlays import overlay_png
from photos import Photo, Truth, read_truths
from plain_table import plain_table

from facekp.annotations import Points, format_csv, format_json, format_pts
from facekp.errors import NO_FACE
from facekp.keypoints import Keypoints, photo_record
from facekp.pose import Pose
from facekp.schema import IBUG68

PAGE = "keypoints"

LEAST_ANGLE = 3.0  # degrees from which a turn of the head is told

MODELS = {
    "face68": "68 points of each face, the most accurate network.",
    "face68-fast": "68 points of each face, a small and quick network.",
    "face58": "58 points of each face, in the order of the IMM Face Database.",
    "nose": "The tip of the nose, in a photo of one face.",
}


@dataclass(frozen=True)
class _Shown:
    """A photograph with its faces, as they were found and as they are after corrections, and the selected one."""

    photo: Photo
    found: services.Found
    faces: Sequence[Keypoints]
    truths: Sequence[comparison.TrueFace]
    selected: int

    @property
    def face(self) -> Keypoints:
        return self.faces[self.selected]


def main() -> None:
    """Show the page."""
    st.title("Keypoints")
    photo = widgets.photo_picker(PAGE)
    if photo is not None:
        _show(photo)


@st.fragment
def _show(photo: Photo) -> None:
    """The picture on one side, everything else beside it."""
    picture_side, panel = st.columns([3, 2], gap="medium")
    with panel:
        model = _model()
    with widgets.errors_shown():
        found = services.find_faces(photo, model)
        faces = visit.faces(photo, model)
        truths = comparison.match(_truths(photo, found.size), faces)
        with picture_side:
            face_viewer(photo, found.size, faces, found.faces, truths, page=PAGE, model=model)
            _about(photo, found.size)
        with panel:
            if faces:
                _panel(_Shown(photo, found, faces, truths, min(visit.selected(PAGE, photo), len(faces) - 1)))
            else:
                widgets.show_error(NO_FACE)


def _model() -> str:
    """Let the visitor choose the network."""
    key = f"{PAGE}_model"
    names = networks.models()
    name = st.segmented_control(
        "Network",
        names,
        default=names[0],
        required=True,
        key=key,
        persist_state="session",
        on_change=lambda: visit.choose_model(st.session_state[key]),
    )
    st.caption(MODELS[name])
    return name


def _truths(photo: Photo, size: tuple[int, int]) -> tuple[Truth, ...]:
    """The true points that came with a photograph; with bad ones, the page goes on without."""
    with widgets.errors_shown():
        return read_truths(photo.truth, *size) if photo.truth else ()
    return ()


def _about(photo: Photo, size: tuple[int, int]) -> None:
    """What is known of the photograph; the visitor's own can be removed."""
    width, height = size
    st.caption(f"{photo.caption or photo.label} · {width}\u00a0×\u00a0{height}\u00a0pixels")
    with st.container(horizontal=True):
        if photo in visit.photos() and _remove("Remove this photo", "remove"):
            visit.remove(photo)
            st.rerun()  # not this fragment alone: another photo is chosen now
        if photo.truth and visit.has_points(photo) and _remove(f"Remove {photo.truth.name}", "remove_points"):
            visit.remove_points(photo.truth)
            st.rerun()


def _remove(label: str, name: str) -> bool:
    return st.button(label, type="tertiary", icon=":material/delete:", key=f"{PAGE}_{name}")


def _panel(shown: _Shown) -> None:
    """Facts, errors, points and files of the selected face."""
    face = shown.face
    st.markdown(_facts(face, shown.selected, len(shown.faces)))
    _tell_corrections(face.points - shown.found.faces[shown.selected].points, _use(face))
    if shown.truths:
        show_accuracy(face, next((each for each in shown.truths if each.face == shown.selected), None))
    with st.expander(
        f"The {len(face.points)} points" if len(face.points) > 1 else "The point", expanded=not shown.truths
    ):
        _table(face)
    _downloads(shown)


def _facts(face: Keypoints, index: int, count: int) -> str:
    """How sure the face is, and how the head is turned."""
    facts = [f"**Face {index + 1} of {count}**" if count > 1 else "**One face**", f"certainty {face.score:.2f}"]
    if face.pose is not None:
        facts += _in_words(face.pose)
    if face.uncertainty is not None:
        facts.append(f"expected error {face.uncertainty.mean():.1f}\u00a0px")
    return " · ".join(facts)


def _in_words(pose: Pose) -> list[str]:
    """How a head is turned, as far as it can be seen."""
    angles = {
        "turned": (pose.yaw, "to their left", "to their right"),
        "looking": (pose.pitch, "up", "down"),
        "leaning": (pose.roll, "to their left", "to their right"),
    }
    seen = [
        f"{verb} {abs(degrees):.0f}° {one if degrees > 0 else other}"
        for verb, (degrees, one, other) in angles.items()
        if abs(degrees) >= LEAST_ANGLE
    ]
    return seen or ["looking straight at the camera"]


def _use(face: Keypoints) -> str:
    """Where corrected points of a face are used."""
    if face.schema == IBUG68:
        return "All pages use the corrected points."
    return f"They are kept for {visit.model()}; the other pages use the points of {networks.CHECKPOINT}."


def _tell_corrections(moved: Points, use: str) -> None:
    """How many points were corrected by hand, how far (K, 2), and where they are used."""
    far = np.linalg.norm(moved, axis=1)
    count = int((far > 0).sum())
    if count:
        st.info(
            f"{count} {'point' if count == 1 else 'points'} corrected by hand, by up to {far.max():.1f}\u00a0px. {use}",
            icon=":material/draw:",
        )


def _table(face: Keypoints) -> None:
    names = [f"{place} · {name}" for place, name in enumerate(face.schema.names)]
    table = pd.DataFrame({"Point": names, "x": face.points[:, 0], "y": face.points[:, 1]})
    if face.uncertainty is not None:
        table["±"] = face.uncertainty
    plain_table(table, alt="The points of the selected face", height=345)
    expected = "" if face.uncertainty is None else "; ± is the expected error"
    st.caption(f"Pixels from the left and from the top of the photo{expected}.")


def _downloads(shown: _Shown) -> None:
    """Buttons for the files: .pts holds the selected face, the others hold all."""
    width, height = shown.found.size
    record = photo_record(shown.photo.name, np.broadcast_to(np.uint8(0), (height, width, 3)), shown.faces)
    files: dict[str, tuple[bytes | str | Callable[[], bytes], str, str]] = {
        "JSON": (format_json([record]), ".json", "application/json"),
        "CSV": (format_csv([record], shown.face.schema.names), ".csv", "text/csv"),
        ".pts": (format_pts(shown.face.points), ".pts", "text/plain"),
        "PNG": (lambda: overlay_png(shown.photo, shown.faces, shown.truths), "_points.png", "image/png"),
    }
    count = len(shown.faces)
    st.caption("Download" if count == 1 else f"Download all {count} faces (.pts: face {shown.selected + 1})")
    with st.container(horizontal=True, gap="small"):
        for label, (data, ending, mime) in files.items():
            st.download_button(
                label,
                data,
                f"{shown.photo.stem}{ending}",
                mime,
                key=f"{PAGE}_download_{label.lower().removeprefix('.')}",
                on_click="ignore",
                icon=":material/download:",
            )


main()
