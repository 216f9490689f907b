"""Every cached call of the app but those for the networks themselves, see `networks`.

The gallery is loaded once and shared by all visitors. Whatever is made from a photograph is cached in its
visitor's own session, by the photograph's bytes.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from data_sets import data_folder, is_here
from known_points import Found, read_known
from networks import CHECKPOINT, keep_what_is_loaded, network, predictor
from numpy.typing import NDArray
from photos import Photo, read_gallery, read_truths
from runs import Run, fingerprint, read_runs
from samples import SPLITS, KnownFace, loaders_here, read_faces
from samples import true_points as points_of_data_set

from facekp.errors import NO_FACE, NoFaceError
from facekp.images import load_image
from facekp.inventory import checkpoints_folder
from facekp.parallel import CORES
from facekp.results import read_truth

if TYPE_CHECKING:
    from facekp.annotations import Points
    from facekp.checkpoint import Checkpoint
    from facekp.predict import KeypointPredictor

GALLERY = Path(__file__).parent / "gallery"

_turns = threading.BoundedSemaphore(CORES)
"""Visitors take turns: more networks at once than there are cores only slow each other down, and take memory."""


def load_first_page() -> None:
    """Load what the first page shows and draws with, and no network."""
    import facekp.draw  # noqa: F401 - with SciPy, 0.4 s in which a browser would wait for its first answer

    gallery()
    _known_faces()
    keep_what_is_loaded()


def checkpoints() -> Path:
    """Folder of the runs that are shown: ``FACEKP_CHECKPOINTS``, or that of the checkpoints that come with facekp."""
    given = os.environ.get("FACEKP_CHECKPOINTS")
    return Path(given) if given else checkpoints_folder()


def runs() -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """All runs, and a sentence for each that cannot be read; read anew when one of their files changes."""
    folder = checkpoints()
    return _runs(folder, fingerprint(folder))


@st.cache_resource(max_entries=2, show_spinner=False)
def _runs(folder: Path, files: tuple[tuple[str, int], ...]) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    return read_runs(folder)


@dataclass(frozen=True)
class Response:
    """What a network sees of a photograph, grey (H, W), and what its first filters answer, (C, h, w).

    `before` is what they answered before the training; None where these filters were not kept. `faces` is
    the number of faces found; 0 for a network that sees the whole picture.
    """

    seen: NDArray[np.uint8]
    answers: NDArray[np.float32]
    before: NDArray[np.float32] | None
    faces: int


def first_filters(run: Run) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """The filters (C, k, k) of a run's first layer after training, and before, where these were kept.

    Raises
    ------
    CheckpointError
        If a file of weights is missing or broken.
    """
    from facekp.filters import first_layer_filters

    untrained = _untrained(run.folder)
    return first_layer_filters(network(run))[:, 0], None if untrained is None else untrained[:, 0]


def _untrained(folder: Path) -> NDArray[np.float32] | None:
    """The filters (C, 1, k, k) of a run before its training, where they were kept."""
    from facekp.filters import UNTRAINED, untrained_filters

    return untrained_filters(folder) if (folder / UNTRAINED).is_file() else None


def response(run: Run, photo: Photo, index: int = 0) -> Response:
    """What a run's network sees of one face of a photograph, by default the largest, and what its filters answer.

    Raises
    ------
    CheckpointError
        If the network cannot be loaded.
    NoFaceError
        If it needs a face, and none was found.
    """
    checkpoint = network(run)
    return _response(photo.digest, index, checkpoint.sha256, photo, run.folder, checkpoint)


@st.cache_data(scope="session", max_entries=4, show_spinner=False)
def _response(digest: str, index: int, sha256: str, _photo: Photo, _folder: Path, _checkpoint: Checkpoint) -> Response:
    from facekp.filters import first_crop, first_layer_response

    image, box = load_image(_photo.data), None
    faces = () if _checkpoint.input.whole else find_faces(_photo).faces
    if faces:
        box = faces[min(index, len(faces) - 1)].box
    elif not _checkpoint.input.whole:
        raise NoFaceError(NO_FACE)
    untrained = _untrained(_folder)
    return Response(
        seen=first_crop(_checkpoint, image, box).cut_grey(image),
        answers=first_layer_response(_checkpoint, image, box),
        before=None if untrained is None else first_layer_response(_checkpoint, image, box, untrained),
        faces=len(faces),
    )


def faces_of(data_set: str, split: str | None = None) -> list[KnownFace]:
    """The faces of a split of a data set that is on this machine; without a split those that are trained on."""
    return _faces_of(data_set, split or SPLITS[data_set][0], str(data_folder()))


@st.cache_resource(max_entries=12, show_spinner="Reading the data set …")
def _faces_of(data_set: str, split: str, folder: str) -> list[KnownFace]:
    return read_faces(data_set, split)


def true_points(run: Run, split: str) -> dict[str, Points]:
    """The true points (K, 2), photo pixels, of each file of a split that a run was measured on.

    They lie beside the results where these were measured. Git leaves them out: in a clone the data set itself is
    asked, where it is on this machine and the loaders are; else there are none.

    Raises
    ------
    FacekpError
        If the file or the data set is broken.
    """
    beside = read_truth(run.folder, split)
    if beside or not (is_here(run.data_set) and loaders_here()):
        return beside
    return _true_points(run.card, split, str(data_folder()))


@st.cache_resource(max_entries=12, show_spinner="Reading the data set …")
def _true_points(card: dict[str, Any], split: str, folder: str) -> dict[str, Points]:
    return points_of_data_set(card, split)


@st.cache_resource(show_spinner=False)
def gallery() -> tuple[Photo, ...]:
    """The faces that come with the app."""
    return read_gallery(GALLERY)


@st.cache_resource(show_spinner="Looking for faces …")
def known_gallery() -> list[KnownFace]:
    """The gallery's faces with their true points, or else with those that the network finds."""
    faces = []
    for each in gallery():
        found = find_faces(each)
        if each.truth:
            points = read_truths(each.truth, *found.size)[0].points
        elif found.faces:
            points = found.faces[0].points
        else:
            raise NoFaceError(NO_FACE)
        faces.append(KnownFace(each.title, GALLERY / each.name, points, true=each.truth is not None))
    return faces


def find_faces(photo: Photo, model: str = CHECKPOINT) -> Found:
    """The faces of a photograph as a network finds them.

    Pages ask `visit.faces`, which knows of corrected points.

    Raises
    ------
    ImageError
        If it cannot be decoded.
    CheckpointError
        If the network cannot be loaded.
    """
    if model == CHECKPOINT and photo.digest in _known_faces():
        return _known_faces()[photo.digest]
    loaded = predictor(model)
    shared = any(photo.digest == each.digest for each in gallery())
    find = _find_in_gallery if shared else _find_in_session
    return find(photo.digest, loaded.fingerprint, photo, loaded)


@st.cache_resource(show_spinner=False)
def _known_faces() -> dict[str, Found]:
    return read_known(GALLERY)


@st.cache_resource(show_spinner="Looking for faces …")
def _find_in_gallery(digest: str, network: str, _photo: Photo, _predictor: KeypointPredictor) -> Found:
    return _find(_photo, _predictor)


@st.cache_data(scope="session", max_entries=64, show_spinner="Looking for faces …")
def _find_in_session(digest: str, network: str, _photo: Photo, _predictor: KeypointPredictor) -> Found:
    return _find(_photo, _predictor)


def _find(photo: Photo, predictor: KeypointPredictor) -> Found:
    with _turns:
        image = load_image(photo.data)
        return Found(tuple(predictor.predict(image)), (image.shape[1], image.shape[0]))
