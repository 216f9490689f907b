"""Readers of the face data sets, as their owners publish them, and their splits."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from facekp.annotations import parse_asf, parse_dlib_xml, parse_pts, points_of_parts
from facekp.errors import AnnotationError, FacekpError
from facekp.images import load_image
from facekp.schema import IBUG68, IMM58, NOSE, NOSE_PLACES, Schema, schema_of
from training.tally import Tally

IMM_FOLDER = "imm_face_db"
IMM_SOURCE = "http://www2.imm.dtu.dk/~aam/datasets/imm_face_db.zip"
IBUG_FOLDER = "ibug_300W_large_face_landmark_dataset"
IBUG_SOURCE = "http://dlib.net/files/data/ibug_300W_large_face_landmark_dataset.tar.gz"
MERL_FOLDER = "merl_rav"
MERL_SOURCE = "https://github.com/abhi1kumar/MERL-RAV_dataset"
SOURCES = {IMM_FOLDER: IMM_SOURCE, IBUG_FOLDER: IBUG_SOURCE, MERL_FOLDER: MERL_SOURCE}
"""For the folder of each data set that networks are trained on where to get it."""

IMM_PERSONS = {"train": range(1, 33), "validation": range(33, 41), "all": range(1, 41)}
"""Persons of each part of IMM."""
MIRROR = "_mirror"
"""What dlib's release adds to the name of a mirrored copy."""

Item = TypeVar("Item")
XmlEntry = tuple[Path, list[list[str]]]
"""A face as dlib's XML files list it: the photograph, and the parts' coordinates as written."""


class MissingDataError(FacekpError):
    """A data set that is not there."""


@dataclass(frozen=True, eq=False)
class Face:
    """An annotated face.

    Attributes
    ----------
    photo : Path
        The photograph.
    points : float32 array (K, 2)
        ``(x, y)``, photo pixels.
    person, view : int, optional
        Of IMM: who it is, 1 to 40, and how the face is seen, 1 to 6.
    tally : Tally
        Of the data set that it is from.
    """

    photo: Path
    points: NDArray[np.float32]
    person: int | None = None
    view: int | None = None
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        if np.linalg.matrix_rank(self.points - self.points.mean(axis=0)) < 2:
            raise AnnotationError(f"the annotated points of {self.photo} lie on one line, where no face is")

    @property
    def schema(self) -> Schema:
        """The meaning of the points; their number tells it."""
        schema = schema_of(len(self.points))
        if schema is None:
            raise AnnotationError(f"{self.photo} has {len(self.points)} points, which no schema has")
        return schema

    def points_of(self, schema: Schema) -> NDArray[np.float32]:
        """The face's points in a schema: its own, or of its nose tip alone.

        Raises
        ------
        AnnotationError
            If the face does not have them.
        """
        if schema is self.schema:
            return self.points
        if schema is NOSE and self.schema.name in NOSE_PLACES:
            tip = NOSE_PLACES[self.schema.name]
            return self.points[tip : tip + 1]
        raise AnnotationError(f"{self.photo} has the points of {self.schema.name}, not of {schema.name}")


def data_folder(given: str | None) -> Path:
    """The folder of the data sets: as given, or from the environment's FACEKP_DATA."""
    folder = given or os.environ.get("FACEKP_DATA")
    if not folder:
        raise MissingDataError(
            f"no data folder: give --data DIR, or set FACEKP_DATA, to the folder of the data sets: {origins(SOURCES)}"
        )
    return Path(folder)


def origins(folders: Iterable[str]) -> str:
    """The folders of data sets, each with where to get it, for a sentence."""
    return ", ".join(f"{folder} from {SOURCES[folder]}" for folder in folders)


def require(folder: Path, source: str) -> Path:
    """The folder of a data set.

    Raises
    ------
    MissingDataError
        If it is not there.
    """
    if not folder.is_dir():
        raise MissingDataError(f"{folder} is missing; get the data set from {source} and unpack it there")
    return folder


def read_imm(data: Path, part: str = "all") -> list[Face]:
    """Faces of IMM, by file name: ``train`` (persons 1 to 32), ``validation`` (33 to 40) or ``all``."""
    folder = require(data / IMM_FOLDER, IMM_SOURCE)
    paths = [path for path in sorted(folder.rglob("??-??.asf")) if path.stem[:2].isdigit() and path.stem[3].isdigit()]
    return part_of_imm(_read_faces(paths, _read_imm_face, folder), part)


def part_of_imm(faces: Sequence[Face], part: str) -> list[Face]:
    """Of faces of IMM those of a part's persons.

    Raises
    ------
    FacekpError
        If there are none.
    """
    chosen = [face for face in faces if face.person in IMM_PERSONS[part]]
    if not chosen:
        persons = IMM_PERSONS[part]
        raise FacekpError(
            f"{IMM_FOLDER} has no faces of persons {persons[0]} to {persons[-1]}; get the data set again, "
            f"from {IMM_SOURCE}"
        )
    return chosen


def read_300w(data: Path, split: str) -> list[Face]:
    """Faces of 300-W in a split (``train``, ``common``, ``dlib_test``), in the order of its list.

    Where the folder has no lists of its own (``splits/SPLIT.txt``), as in dlib's release, they follow from
    dlib's XML files: ``common`` is what lies in a testset folder, ``dlib_test`` what the test file lists,
    ``train`` the rest of the training file but for photographs whose mirrored copy is in the test file.
    Mirrored copies are left out, since the loader mirrors.
    """
    folder = require(data / IBUG_FOLDER, IBUG_SOURCE)
    if not (folder / "splits").is_dir():
        return _split_of_the_release(folder, split)
    path = folder / "splits" / f"{split}.txt"
    try:
        names = path.read_text().split()
    except OSError as error:
        raise MissingDataError(
            f"{path} cannot be read ({error.strerror}); put the list there, or remove {path.parent} to split "
            f"by the XML files that come from {IBUG_SOURCE}"
        ) from None
    return _read_faces([folder / name for name in names], _read_pts_face, path)


def read_dlib_xml(path: Path) -> list[Face]:
    """Faces that one of dlib's XML files lists, in its order.

    A mirrored copy (``*_mirror.jpg``) is a face of its own where the picture is there, and no face
    where it is not.
    """
    return _read_faces(_xml_entries(path), _read_xml_face, path)


def read_merl_rav(data: Path) -> list[Face]:
    """Faces of MERL-RAV, by file name."""
    folder = require(data / MERL_FOLDER, MERL_SOURCE)
    return _read_faces([path.with_suffix(".jpg") for path in sorted(folder.glob("*.pts"))], _read_pts_face, folder)


def split_by_photograph(faces: list[Face], share: float, seed: int) -> tuple[list[Face], list[Face]]:
    """Set a share of the photographs aside for validation.

    Several faces of one photograph (``name_1.jpg``, ``name_2.jpg``) stay together.

    Returns
    -------
    (list of Face, list of Face)
        Training part, validation part.
    """
    groups = [re.sub(r"_\d$", "", str(face.photo.with_suffix(""))) for face in faces]
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    aside = {names[i] for i in order[: round(share * len(names))]}
    return (
        [face for face, group in zip(faces, groups, strict=True) if group not in aside],
        [face for face, group in zip(faces, groups, strict=True) if group in aside],
    )


def _read_faces(items: Sequence[Item], read: Callable[[Item], Face], source: Path) -> list[Face]:
    """The faces of a data set, with one tally; broken ones are named, counted and left out.

    Raises
    ------
    FacekpError
        If there are none, or too many are broken.
    """
    if not items:
        raise FacekpError(f"{source} holds no faces of the kind that is asked for; get the data set again")
    tally, faces = Tally(str(source), len(items)), []
    for item in items:
        try:
            faces.append(replace(read(item), tally=tally))
        except (FacekpError, OSError, UnicodeDecodeError) as error:
            tally.skip(error)
    tally.check()
    return faces


def _read_imm_face(path: Path) -> Face:
    photo = path.with_suffix(".jpg")
    height, width = load_image(photo).shape[:2]
    text = path.read_text(encoding="latin-1")  # comments of 2001, in no encoding that the files name
    points = parse_asf(text, width, height, name=str(path), count=len(IMM58))
    return Face(photo, points, person=int(path.stem[:2]), view=int(path.stem[3]))


def _read_pts_face(photo: Path) -> Face:
    path = photo.with_suffix(".pts")
    return Face(photo, parse_pts(path.read_text(), name=str(path), count=len(IBUG68)))


def _xml_entries(path: Path) -> list[XmlEntry]:
    """What one of dlib's XML files lists; mirrored copies only where their picture is there."""
    try:
        listed = parse_dlib_xml(path.read_bytes(), name=str(path))
    except OSError as error:
        raise FacekpError(f"{path} cannot be read ({error.strerror}); get the data set from {IBUG_SOURCE}") from None
    return [
        (path.parent / file, parts)
        for file, parts in listed
        if not Path(file).stem.endswith(MIRROR) or (path.parent / file).is_file()
    ]


def _read_xml_face(entry: XmlEntry) -> Face:
    photo, parts = entry
    if not photo.is_file():
        raise AnnotationError(f"{photo} is listed, but not there")
    return Face(photo, points_of_parts(parts, name=str(photo), count=len(IBUG68)))


def _read_release_face(entry: XmlEntry) -> Face:
    """The XML is rounded to whole pixels; the .pts file beside the picture is not."""
    face = _read_xml_face(entry)
    return _read_pts_face(face.photo) if face.photo.with_suffix(".pts").is_file() else face


def _split_of_the_release(folder: Path, split: str) -> list[Face]:
    training, test = (_xml_entries(folder / f"labels_ibug_300W_{part}.xml") for part in ("train", "test"))
    tested = {_unmirrored(photo) for photo, _ in test}
    chosen = {
        "train": [entry for entry in training if not _of_a_testset(entry) and _unmirrored(entry[0]) not in tested],
        "common": [entry for entry in training + test if _of_a_testset(entry)],
        "dlib_test": test,
    }[split]
    originals = [entry for entry in chosen if entry[0] == _unmirrored(entry[0])]
    print(f"{folder} has no splits folder; {split} has {len(originals)} faces by dlib's XML files", file=sys.stderr)
    return _read_faces(originals, _read_release_face, folder)


def _of_a_testset(entry: XmlEntry) -> bool:
    return entry[0].parent.name == "testset"


def _unmirrored(photo: Path) -> Path:
    return photo.with_name(photo.name.replace(f"{MIRROR}.", "."))
