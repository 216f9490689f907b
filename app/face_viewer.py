"""The large picture of the Keypoints page: a component of our own that zooms, draws and corrects.

What it draws it draws in the browser, so that switches answer without Python. Python hears of a
face that was selected and of points that were corrected.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import services
import streamlit as st
import visit
from comparison import TrueFace
from photos import Photo, as_jpeg, browser_type
from streamlit.runtime import get_instance

from facekp.annotations import Points
from facekp.draw import ERROR, PREDICTED, TRUTH, Color, opacity
from facekp.keypoints import Keypoints
from facekp.mesh import triangulate
from facekp.pose import Pose, mean_shapes

DECIMALS = 3
"""Of coordinates, as in the files that are written."""
SCRIPTS = ("view.js", "drawing.js", "switches.js", "histories.js", "saving.js", "viewer.js")
"""One module to the browser, in this order."""
_FOLDER = Path(__file__).parent / "viewer"


def _text(*names: str) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


_viewer = st.components.v2.component(
    "facekp_viewer",
    html=_text("viewer.html"),
    css=_text("viewer.css"),
    js=_text(*SCRIPTS),
)


def face_viewer(
    photo: Photo,
    size: tuple[int, int],
    faces: Sequence[Keypoints],
    predicted: Sequence[Keypoints],
    truths: Sequence[TrueFace],
    *,
    page: str,
    model: str,
) -> None:
    """Show a photograph with its faces; selections and corrections go to the visit.

    Parameters
    ----------
    photo : Photo
    size : (int, int)
        Its width and height, pixels.
    faces, predicted : sequences of Keypoints
        As they are now, and as the network found them.
    truths : sequence of TrueFace
        True points, and the face that each belongs to.
    page : str
        The page on whose selected face the corrections are made; as `visit.selected` knows it.
    model : str
        The network's name.
    """
    schema = faces[0].schema if faces else None
    key = f"{page}_viewer"
    edit = f"{page}_viewer_edit"

    def changed() -> None:
        change = st.session_state[key]["changed"]
        st.session_state[edit] = change["edit"]
        take_over(page, change)

    _viewer(
        key=key,
        data={
            "photo": photo.digest,
            "model": model,
            "source": _source(photo),
            "alt": f"{photo.name} with the points of {len(faces)} {'face' if len(faces) == 1 else 'faces'}",
            "saved": f"{photo.stem}_view.png",
            "size": size,
            "colors": {"predicted": _css(PREDICTED), "truth": _css(TRUTH), "error": _css(ERROR)},
            "names": schema.names if schema else (),
            "edges": schema.edges if schema else (),
            "triangles": _triangles(schema.name) if schema else [],
            "faces": [face_data(now, found) for now, found in zip(faces, predicted, strict=True)],
            "truths": [truth_data(truth) for truth in truths],
            "selected": visit.selected(page, photo) if visit.selected(page, photo) < len(faces) else 0,
            "edit": st.session_state.get(edit, 0),
        },
        on_changed_change=changed,
    )


def take_over(page: str, change: dict[str, Any]) -> None:
    """Take over what the visitor selected and corrected.

    Parameters
    ----------
    page : str
        As in `face_viewer`.
    change : dict
        ``photo`` and ``model``, ``selected``, and in ``moved`` for each face that was changed its moved
        points by number, or None where it is as predicted again.
    """
    photo = visit.find(change["photo"])
    if photo is None:  # it was freed in the meantime
        return
    visit.select(page, photo, change["selected"])
    for index, moved in change["moved"].items():
        if moved is None:
            visit.reset(photo, int(index))
            continue
        points = services.find_faces(photo, change["model"]).faces[int(index)].points.copy()
        points[[int(number) for number in moved]] = list(moved.values())
        visit.correct(photo, int(index), points)


def face_data(now: Keypoints, found: Keypoints) -> dict[str, Any]:
    """A face, as it is now and as the network found it, as the plain values that the viewer draws.

    Returns
    -------
    dict
        ``points``, ``predicted`` (the points found, or None where none was corrected), ``box``, ``uncertainty`` (or
        None), ``opacity`` (of each point, as `facekp.draw` has it) and ``axes`` of the head (or None).
    """
    box, uncertainty = now.box, now.uncertainty
    return {
        "points": _rounded(now.points),
        "predicted": None if np.array_equal(now.points, found.points) else _rounded(found.points),
        "box": [round(edge, 1) for edge in (box.x_min, box.y_min, box.x_max, box.y_max)],
        "uncertainty": None if uncertainty is None else np.round(uncertainty.astype(float), 2).tolist(),
        "opacity": np.round(opacity(now.points, uncertainty).astype(float), 2).tolist(),
        "axes": head_axes(now.pose),
    }


def truth_data(truth: TrueFace) -> dict[str, Any]:
    """True points as the plain values that the viewer draws.

    Returns
    -------
    dict
        ``points``, ``edges``, ``face`` (the index of the one they lie on, or None) and ``counterparts`` (the true
        places of that face's points, to which errors are drawn, or None).
    """
    return {
        "points": _rounded(truth.points),
        "edges": truth.schema.edges,
        "face": truth.face,
        "counterparts": None if truth.counterparts is None else _rounded(truth.counterparts),
    }


def head_axes(pose: Pose | None) -> dict[str, list[float]] | None:
    """Where the axes of the head point in the picture: to its right, down, and out of the face."""
    if pose is None:
        return None
    turn = pose.rotation
    axes = {"right": turn[:2, 0], "down": turn[:2, 1], "ahead": -turn[:2, 2]}
    return {name: axis.round(4).tolist() for name, axis in axes.items()}


@functools.cache
def _triangles(schema: str) -> list[list[int]]:
    """The triangles between a schema's points, on the mean shape, so that they are the same for every face."""
    shape = mean_shapes().get(schema)
    return [] if shape is None else triangulate(shape[:, :2]).triangles.tolist()


def _rounded(points: Points) -> list[list[float]]:
    return np.round(points.astype(float), DECIMALS).tolist()


def _css(color: Color) -> str:
    return f"rgb{color}"


def _source(photo: Photo) -> str:
    """The address under which the browser gets the photograph, from this session's memory."""
    kind = browser_type(photo.data)
    data = photo.data if kind else _as_jpeg(photo.digest, photo)
    return get_instance().media_file_mgr.add(data, kind or "image/jpeg", f"viewer.{photo.digest}")


@st.cache_data(scope="session", max_entries=2, show_spinner=False)
def _as_jpeg(digest: str, _photo: Photo) -> bytes:
    return as_jpeg(_photo.data)
