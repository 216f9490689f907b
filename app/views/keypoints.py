"""Page: the keypoints of every face in a photograph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import services
import streamlit as st
import visit
import widgets
from photos import Photo, Truth, read_truths

from facekp.annotations import format_csv, format_json, format_pts
from facekp.draw import PREDICTED, TRUTH, draw_face
from facekp.errors import NO_FACE
from facekp.faces import FaceBox
from facekp.images import encode_png, load_image
from facekp.metrics import inter_ocular, normalised_mean_error, point_errors

if TYPE_CHECKING:
    from facekp.keypoints import Keypoints

# Comments, since Streamlit may print a page's lone strings.
ZOOM = 1.7  # side of the zoomed region over the side of the face's box
SAME_FACE = 0.2  # true points belong to a face when their boxes share more than this part of their union


def main() -> None:
    """Show the page."""
    st.title("Keypoints")
    st.markdown("68 points on every face of a photo. Take a face from the gallery, or bring your own photo.")
    photo = widgets.photo_picker("keypoints")
    if photo is not None:
        with widgets.errors_shown():
            found = services.find_faces(photo)
            _show(photo, services.Found(visit.faces(photo), found.size))


def _show(photo: Photo, found: services.Found) -> None:
    """The picture on one side, everything else beside it."""
    faces = found.faces
    truth = _truth(photo, found)
    picture_side, panel = st.columns([3, 2], gap="large")
    with panel:
        if not faces:
            widgets.show_error(NO_FACE)
        selected = widgets.face_selector("keypoints", photo, len(faces))
        edges, numbers, zoomed = _switches(bool(faces))
    with picture_side:
        region = _round(faces[selected].box, found.size) if zoomed else None
        _picture(photo, faces, truth, selected, edges=edges, numbers=numbers, region=region)
    with panel:
        if truth and faces:
            _error(faces, truth)
        if faces:
            _table(faces[selected])
            _downloads(photo, found, truth, selected, edges=edges, numbers=numbers)


def _truth(photo: Photo, found: services.Found) -> Truth | None:
    """The true points that came with a photograph; with bad ones, the page goes on without."""
    with widgets.errors_shown():
        return read_truths(photo.truth, *found.size)[0] if photo.truth else None
    return None


def _switches(any_face: bool) -> tuple[bool, bool, bool]:
    """Whether to draw edges, to write numbers, and to zoom to the selected face."""
    with st.container(horizontal=True, gap="medium"):
        edges = st.toggle("Edges", value=True, key="keypoints_edges", persist_state="session")
        numbers = st.toggle("Numbers", key="keypoints_numbers", persist_state="session")
        zoomed = st.toggle("Zoom to the face", key="keypoints_zoom", persist_state="session", disabled=not any_face)
    return edges, numbers, zoomed and any_face


def _round(box: FaceBox, size: tuple[int, int]) -> services.Region:
    """The square region round a face, as far as it lies in the photograph."""
    half = ZOOM * max(box.width, box.height) / 2
    (x, y), (width, height) = box.centre, size
    left, top = max(0, math.floor(x - half)), max(0, math.floor(y - half))
    return left, top, min(width, math.ceil(x + half)), min(height, math.ceil(y + half))


def _picture(
    photo: Photo,
    faces: tuple[Keypoints, ...],
    truth: Truth | None,
    selected: int,
    *,
    edges: bool,
    numbers: bool,
    region: services.Region | None,
) -> None:
    view = services.view(photo.data, region)
    picture = view.picture
    if truth:
        picture = draw_face(picture, view.place(truth.points), truth.schema, TRUTH, edges=edges)
    for face in faces:
        picture = draw_face(picture, view.place(face.points), face.schema, PREDICTED, edges=edges, numbers=numbers)
    if len(faces) > 1 and region is None:
        picture = widgets.number_faces(picture, view, faces, selected)
    widgets.show_picture(picture, photo.caption or None, alt=f"{photo.name} with the points of {len(faces)} faces")


def _true_face(faces: tuple[Keypoints, ...], truth: Truth) -> int | None:
    """The predicted face that true points belong to, if any."""
    overlaps = [FaceBox.around(face.points).overlap(truth.box) for face in faces]
    best = max(range(len(faces)), key=overlaps.__getitem__, default=None)
    return best if best is not None and overlaps[best] > SAME_FACE else None


def _error(faces: tuple[Keypoints, ...], truth: Truth) -> None:
    """How far the prediction is from the truth, or why that is not said."""
    st.markdown(":red[●] predicted \u2003 :green[●] true")
    index = _true_face(faces, truth)
    if index is None:
        st.info("No error is given: none of the faces that were found lies on the true points.")
        return
    face = faces[index]
    if face.schema != truth.schema:
        st.info(
            f"No error is given: {len(truth.schema)} true points ({truth.schema.name}) and {len(face.schema)} "
            f"predicted ones ({face.schema.name}) mark different places of a face."
        )
        return
    pixels, share = st.columns(2)
    which = "" if len(faces) == 1 else f", face {index + 1}"
    pixels.metric(f"Mean error{which}", f"{point_errors(face.points, truth.points).mean():.2f} px")
    if inter_ocular(truth.points, truth.schema) > 0:
        share.metric("Of the eye distance", f"{normalised_mean_error(face.points, truth.points, truth.schema):.2%}")


def _table(face: Keypoints) -> None:
    table = pd.DataFrame({"name": face.schema.names, "x": face.points[:, 0], "y": face.points[:, 1]})
    st.dataframe(
        table.rename_axis("point"),
        height=330,
        column_config={
            "point": st.column_config.NumberColumn("Point", width=50),
            "name": st.column_config.TextColumn("Name", width=105),
            "x": st.column_config.NumberColumn("x, px", format="%.1f", width=65),
            "y": st.column_config.NumberColumn("y, px", format="%.1f", width=65),
        },
        alt="The points of the selected face",
    )


def _downloads(
    photo: Photo, found: services.Found, truth: Truth | None, selected: int, *, edges: bool, numbers: bool
) -> None:
    """Buttons for the files: JSON and CSV hold all faces, .pts the selected one."""
    from facekp.keypoints import photo_record  # it brings torch

    faces = found.faces
    width, height = found.size
    record = photo_record(photo.name, np.broadcast_to(np.uint8(0), (height, width, 3)), faces)

    def overlay() -> bytes:  # at the photograph's own size, so it is made when asked for
        picture = load_image(photo.data)
        if truth:
            picture = draw_face(picture, truth.points, truth.schema, TRUTH, edges=edges)
        for face in faces:
            picture = draw_face(picture, face.points, face.schema, PREDICTED, edges=edges, numbers=numbers)
        return encode_png(picture)

    files: dict[str, tuple[str | Callable[[], bytes], str, str]] = {
        "JSON": (format_json([record]), "json", "application/json"),
        "CSV": (format_csv([record], faces[0].schema.names), "csv", "text/csv"),
        ".pts": (format_pts(faces[selected].points), "pts", "text/plain"),
        "Picture": (overlay, "overlay.png", "image/png"),
    }
    st.caption("Download" if len(faces) == 1 else f"Download all {len(faces)} faces (.pts: face {selected + 1})")
    with st.container(horizontal=True, gap="small"):
        for label, (data, suffix, mime) in files.items():
            st.download_button(
                label,
                data,
                f"{photo.stem}.{suffix}",
                mime,
                key=f"keypoints_download_{suffix}",
                on_click="ignore",
                icon=":material/download:",
            )


main()
