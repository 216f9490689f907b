"""What this visitor has: photographs, choices, and points that were corrected by hand. All pages share it.

Everything lies in ``st.session_state`` under a key that belongs to no widget: so each visitor has their
own, it outlives reruns and changes of page, goes with the session, and never reaches a disk. Callbacks of
widgets call `add`, `choose`, `correct` and the like; pages read `photos`, `chosen` and `faces`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import networks
import numpy as np
import services
import streamlit as st
from numpy.typing import ArrayLike
from photos import Photo, PointsFile
from uploads import MEGA, File, Shot, read_upload

from facekp.annotations import Points
from facekp.errors import AnnotationError, FacekpError

if TYPE_CHECKING:
    from facekp.keypoints import Keypoints

MAX_PHOTOS = 24
"""Photographs that are kept for a visitor; then the oldest make room."""
MAX_MEGABYTES = 100
"""Of all a visitor's photographs together, as they were uploaded."""
MOST_NAMES = 3
"""Of photographs that one sentence tells of."""

_KEY = "visit"
_Given = TypeVar("_Given")


@dataclass
class _Visit:
    """One visitor's things; `photos` by digest and `points` by the stem of their names, oldest first."""

    photos: dict[str, Photo] = field(default_factory=dict)
    points: dict[str, PointsFile] = field(default_factory=dict)
    corrected: dict[tuple[str, int, int], Points] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    selected: dict[tuple[str, str], int] = field(default_factory=dict)
    model: str = networks.CHECKPOINT
    problems: list[str] = field(default_factory=list)
    shots: int = 0


def _visit() -> _Visit:
    return st.session_state.setdefault(_KEY, _Visit())


# --- Photographs ----------------------------------------------------------------------------------


def photos() -> list[Photo]:
    """The visitor's own photographs, oldest first, with their true points where files of these came too."""
    return list(_visit().photos.values())


def all_photos() -> list[Photo]:
    """The visitor's own photographs, newest first, and then the gallery's; each picture once."""
    own = _visit().photos
    return [*reversed(own.values()), *(face for face in _gallery() if face.digest not in own)]


def _gallery() -> list[Photo]:
    """The gallery's faces, with the visitor's true points where a file of these has a face's name."""
    points = _visit().points
    return [replace(face, truth=points[face.stem]) if face.stem in points else face for face in services.gallery()]


def find(digest: str) -> Photo | None:
    """The photograph, own or the gallery's, with a fingerprint; None where it has been freed."""
    return next((photo for photo in all_photos() if photo.digest == digest), None)


def add(files: Iterable[File]) -> list[Photo]:
    """Keep photographs, and files of true points, which belong to the photographs with the same stem.

    A file that cannot be used leaves the others: `problems` has a sentence for each. Where there is
    more than the visit may hold, the oldest photographs are freed.

    Returns
    -------
    list of Photo
        The photographs that were added, in the files' order.
    """
    visit = _visit()
    visit.problems = []
    waited = waiting()
    added: list[str] = []
    for file in files:
        try:
            given = read_upload(file)
        except FacekpError as error:
            visit.problems.append(str(error))
            continue
        if isinstance(given, Photo):
            _put_last(visit.photos, given.digest, given)
            added.append(given.digest)
        else:
            _put_last(visit.points, given.stem, given)
    _free_oldest(visit)
    _share_points(visit)
    visit.problems += [sentence for sentence, file in waiting().items() if waited.get(sentence) is not file]
    return [visit.photos[digest] for digest in added if digest in visit.photos]


def add_shot(data: bytes) -> list[Photo]:
    """Keep a picture that the visitor's camera took, as `add` keeps files; they are numbered."""
    visit = _visit()
    visit.shots += 1
    return add([Shot(f"Camera {visit.shots}", data)])


def problems() -> list[str]:
    """A sentence for each thing that went wrong when files were last added."""
    return list(_visit().problems)


def waiting() -> dict[str, PointsFile]:
    """The files of points that have no photograph, by the sentence that tells so."""
    stems = {photo.stem for photo in all_photos()}
    return {
        f"“{file.name}” waits for its photograph: add one that is called {stem} too": file
        for stem, file in _visit().points.items()
        if stem not in stems
    }


def forget_problems() -> None:
    """The visitor has read them, and went on."""
    _visit().problems = []


def remove(photo: Photo) -> None:
    """Free one of the visitor's own photographs, its true points and what was corrected on it."""
    forget_problems()
    _free(_visit(), photo)


def has_points(photo: Photo) -> bool:
    """Whether a photograph's true points are from a file of the visitor's."""
    return photo.truth is not None and photo.truth is _visit().points.get(photo.stem)


def remove_points(file: PointsFile) -> None:
    """Free a file of points; the photographs of its name stay."""
    forget_problems()
    visit = _visit()
    visit.points.pop(file.stem, None)
    _share_points(visit)


def _put_last(kept: dict[str, _Given], key: str, given: _Given) -> None:
    kept.pop(key, None)  # what comes again counts as new
    kept[key] = given


def _share_points(visit: _Visit) -> None:
    for digest, photo in visit.photos.items():
        visit.photos[digest] = replace(photo, truth=visit.points.get(photo.stem))


def _free_oldest(visit: _Visit) -> None:
    freed: list[str] = []
    while (
        len(visit.photos) > MAX_PHOTOS or sum(len(each.data) for each in visit.photos.values()) > MAX_MEGABYTES * MEGA
    ):
        oldest = next(iter(visit.photos.values()))
        _free(visit, oldest)
        freed.append(f"“{oldest.name}”")
    if freed:
        more = f" and {len(freed) - MOST_NAMES} more" if len(freed) > MOST_NAMES else ""
        visit.problems.append(
            f"{', '.join(freed[:MOST_NAMES])}{more} {'was' if len(freed) == 1 else 'were'} let go: "
            f"{MAX_PHOTOS} photographs and {MAX_MEGABYTES} MB are kept, the newest ones"
        )
    while len(visit.points) > MAX_PHOTOS:
        visit.points.pop(next(iter(visit.points)))


def _free(visit: _Visit, photo: Photo) -> None:
    visit.photos.pop(photo.digest, None)
    if all(photo.stem != other.stem for other in visit.photos.values()):
        visit.points.pop(photo.stem, None)
    for key in [key for key in visit.corrected if key[0] == photo.digest]:
        del visit.corrected[key]
    for key in [key for key in visit.selected if key[1] == photo.digest]:
        del visit.selected[key]
    visit.chosen = {page: digest for page, digest in visit.chosen.items() if digest != photo.digest}


# --- Choices --------------------------------------------------------------------------------------


def chosen(page: str, first: int = 0) -> Photo | None:
    """The photograph that is chosen on a page.

    Parameters
    ----------
    page : str
        The page, or the place on it, that has a choice of its own.
    first : int
        The gallery's face that is chosen to begin with.

    Returns
    -------
    Photo or None
        None where nothing was chosen and there is no gallery.
    """
    faces = _gallery()
    found = find(_visit().chosen.get(page, ""))
    return found or (faces[min(first, len(faces) - 1)] if faces else None)


def choose(page: str, digest: str) -> None:
    """Choose the photograph with a fingerprint on a page."""
    _visit().chosen[page] = digest


def selected(page: str, photo: Photo) -> int:
    """The face of a photograph that is selected on a page; 0, the largest, to begin with."""
    return _visit().selected.get((page, photo.digest), 0)


def select(page: str, photo: Photo, index: int) -> None:
    """Select a face of a photograph on a page."""
    _visit().selected[page, photo.digest] = index


def model() -> str:
    """The name of the chosen network."""
    names = networks.models()
    return _visit().model if _visit().model in names or not names else names[0]


def choose_model(name: str) -> None:
    """Choose the network, one of `networks.models`."""
    _visit().model = name


# --- Points ---------------------------------------------------------------------------------------
# Corrected points count for all networks with so many points, since they say where the face is.


def faces(photo: Photo, model: str = networks.CHECKPOINT) -> tuple[Keypoints, ...]:
    """The faces of a photograph, largest first; corrected points stand in place of the predicted ones.

    Raises
    ------
    ImageError
        If the photograph cannot be decoded.
    CheckpointError
        If the network cannot be loaded.
    """
    corrected = _visit().corrected
    found = services.find_faces(photo, model).faces
    return tuple(
        _corrected(face, corrected.get((photo.digest, len(face.points), index))) for index, face in enumerate(found)
    )


def _corrected(face: Keypoints, points: Points | None) -> Keypoints:
    """A face with corrected points; of those that were moved no error is expected."""
    if points is None:
        return face
    doubt = face.uncertainty
    if doubt is not None:
        doubt = np.where((points != face.points).any(axis=1), np.float32(0), doubt)
    return replace(face, points=points, uncertainty=doubt)


def points(photo: Photo, index: int = 0, model: str = networks.CHECKPOINT) -> Points:
    """The points (K, 2) of one face, photo pixels, corrected where the visitor did so."""
    return faces(photo, model)[index].points


def correct(photo: Photo, index: int, points: ArrayLike) -> None:
    """Keep corrected points (K, 2), photo pixels, of one face.

    Raises
    ------
    AnnotationError
        If they are no pairs of finite numbers.
    """
    array = np.array(points, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise AnnotationError("the corrected points are no pairs of numbers; reset them")
    _visit().corrected[photo.digest, len(array), index] = array


def is_corrected(photo: Photo, index: int, count: int = 68) -> bool:
    """Whether the visitor corrected any of so many points of a face."""
    return (photo.digest, count, index) in _visit().corrected


def reset(photo: Photo, index: int | None = None) -> None:
    """Go back to the predicted points of one face, or of all faces of a photograph."""
    corrected = _visit().corrected
    for key in list(corrected):
        if key[0] == photo.digest and index in (None, key[2]):
            del corrected[key]
