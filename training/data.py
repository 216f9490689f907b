"""Readers of the face data sets, as their owners publish them, and their splits."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from facekp.annotations import parse_asf, parse_dlib_xml, parse_pts, points_of_parts
from facekp.errors import AnnotationError, FacekpError
from facekp.images import load_image
from facekp.schema import IBUG68, IMM58, NOSE, Schema, schema_of

IMM_FOLDER = "imm_face_db"
IMM_SOURCE = "http://www2.imm.dtu.dk/~aam/datasets/imm_face_db.zip"
IBUG_FOLDER = "ibug_300W_large_face_landmark_dataset"
IBUG_SOURCE = "http://dlib.net/files/data/ibug_300W_large_face_landmark_dataset.tar.gz"
MERL_FOLDER = "merl_rav"
MERL_SOURCE = "https://github.com/abhi1kumar/MERL-RAV_dataset"

IMM_PERSONS = {"train": range(1, 33), "validation": range(33, 41), "all": range(1, 41)}
"""Persons of each part of IMM."""
NOSE_TIPS = {IMM58.name: 52, IBUG68.name: 30}
"""Index of the nose tip among the points of a whole face."""
MOST_BROKEN = 0.01
"""Share of a data set's faces that may be broken; with more of them it is refused."""
MIRROR = "_mirror"
"""What dlib's release adds to the name of a mirrored copy."""

Item = TypeVar("Item")
Result = TypeVar("Result")


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
    """

    photo: Path
    points: NDArray[np.float32]
    person: int | None = None
    view: int | None = None

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
        if schema is NOSE and self.schema.name in NOSE_TIPS:
            tip = NOSE_TIPS[self.schema.name]
            return self.points[tip : tip + 1]
        raise AnnotationError(f"{self.photo} has the points of {self.schema.name}, not of {schema.name}")


def data_folder(given: str | None) -> Path:
    """The folder of the data sets: as given, or from the environment's FACEKP_DATA."""
    folder = given or os.environ.get("FACEKP_DATA")
    if not folder:
        raise MissingDataError("no data folder: give --data DIR, or set FACEKP_DATA")
    return Path(folder)


def read_imm(data: Path, part: str = "all") -> list[Face]:
    """Faces of IMM, by file name: ``train`` (persons 1 to 32), ``validation`` (33 to 40) or ``all``."""
    folder = _require(data / IMM_FOLDER, IMM_SOURCE)
    persons = IMM_PERSONS[part]
    paths = [path for path in sorted(folder.rglob("??-??.asf")) if path.stem[:2].isdigit() and path.stem[3].isdigit()]
    return skip_broken([path for path in paths if int(path.stem[:2]) in persons], _read_imm_face, folder)


def read_300w(data: Path, split: str) -> list[Face]:
    """Faces of 300-W in a split (``train``, ``common``, ``dlib_test``), in the order of its list.

    Where the folder has no lists of its own (``splits/SPLIT.txt``), as in dlib's release, they follow from
    dlib's XML files: ``common`` is what lies in a testset folder, ``dlib_test`` what the test file lists,
    ``train`` the rest of the training file but for photographs whose mirrored copy is in the test file.
    Mirrored copies are left out, since the loader mirrors.
    """
    folder = _require(data / IBUG_FOLDER, IBUG_SOURCE)
    if not (folder / "splits").is_dir():
        return _split_of_the_release(folder, split)
    names = (folder / "splits" / f"{split}.txt").read_text().split()
    return skip_broken([folder / name for name in names], _read_pts_face, folder)


def read_dlib_xml(path: Path) -> list[Face]:
    """Faces that one of dlib's XML files lists, in its order.

    A mirrored copy (``*_mirror.jpg``) is a face of its own where the picture is there, and no face
    where it is not.
    """
    try:
        listed = parse_dlib_xml(path.read_bytes(), name=str(path))
    except OSError as error:
        raise FacekpError(f"{path} cannot be read ({error.strerror}); get the data set from {IBUG_SOURCE}") from None
    here = [
        (path.parent / file, parts)
        for file, parts in listed
        if not Path(file).stem.endswith(MIRROR) or (path.parent / file).is_file()
    ]
    return skip_broken(here, _read_xml_face, path)


def read_merl_rav(data: Path) -> list[Face]:
    """Faces of MERL-RAV, by file name."""
    folder = _require(data / MERL_FOLDER, MERL_SOURCE)
    return skip_broken([path.with_suffix(".jpg") for path in sorted(folder.glob("*.pts"))], _read_pts_face, folder)


def skip_broken(items: Sequence[Item], read: Callable[[Item], Result], source: object) -> list[Result]:
    """Read each item; those that cannot be read are named on the error stream, and left out.

    Raises
    ------
    FacekpError
        If there are none, or more than `MOST_BROKEN` of them are broken.
    """
    if not items:
        raise FacekpError(f"{source} holds no faces of the kind that is asked for; get the data set again")
    kept, broken = [], []
    for item in items:
        try:
            kept.append(read(item))
        except (FacekpError, OSError, UnicodeDecodeError) as error:
            broken.append(str(error))
            print(f"skipped: {error}", file=sys.stderr)
    if broken:
        told = f"{len(broken)} of {len(items)} faces of {source} are broken"
        if len(broken) > MOST_BROKEN * len(items):
            raise FacekpError(f"{told}, more than {MOST_BROKEN:.0%}; get the data set again. The first: {broken[0]}")
        print(f"{told} and left out", file=sys.stderr)
    return kept


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


def _require(folder: Path, source: str) -> Path:
    if not folder.is_dir():
        raise MissingDataError(f"{folder} is missing; get the data set from {source} and unpack it there")
    return folder


def _read_imm_face(path: Path) -> Face:
    photo = path.with_suffix(".jpg")
    height, width = load_image(photo).shape[:2]
    text = path.read_text(encoding="latin-1")  # comments of 2001, in no encoding that the files name
    points = parse_asf(text, width, height, name=str(path), count=len(IMM58))
    return Face(photo, points, person=int(path.stem[:2]), view=int(path.stem[3]))


def _read_pts_face(photo: Path) -> Face:
    path = photo.with_suffix(".pts")
    return Face(photo, parse_pts(path.read_text(), name=str(path), count=len(IBUG68)))


def _read_xml_face(listed: tuple[Path, list[list[str]]]) -> Face:
    photo, parts = listed
    if not photo.is_file():
        raise AnnotationError(f"{photo} is listed, but not there")
    return Face(photo, points_of_parts(parts, name=str(photo), count=len(IBUG68)))


def _split_of_the_release(folder: Path, split: str) -> list[Face]:
    training, test = (read_dlib_xml(folder / f"labels_ibug_300W_{part}.xml") for part in ("train", "test"))
    tested = {_unmirrored(face.photo) for face in test}
    chosen = {
        "train": [face for face in training if not _of_a_testset(face) and _unmirrored(face.photo) not in tested],
        "common": [face for face in training + test if _of_a_testset(face)],
        "dlib_test": test,
    }[split]
    originals = [face for face in chosen if face.photo == _unmirrored(face.photo)]
    print(f"{folder} has no splits folder; {split} has {len(originals)} faces by dlib's XML files", file=sys.stderr)
    # The XML is rounded to whole pixels; the .pts files beside the pictures are not.
    return [_read_pts_face(face.photo) if face.photo.with_suffix(".pts").is_file() else face for face in originals]


def _of_a_testset(face: Face) -> bool:
    return face.photo.parent.name == "testset"


def _unmirrored(photo: Path) -> Path:
    return photo.with_name(photo.name.replace(f"{MIRROR}.", "."))
