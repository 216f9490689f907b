"""Photographs with their points, as files: what a morph is made of."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facekp.annotations import POINT_SUFFIXES, parse_faces
from facekp.errors import NO_FACE, AnnotationError, ImageError, NoFaceError
from facekp.images import Picture, load_photograph, over_white, read_file

if TYPE_CHECKING:
    from facekp.predict import KeypointPredictor

_SURE = 0.5
"""Score of a face from which on its photograph is not looked at upside down."""


def _no_points() -> NDArray[np.float64]:
    return np.empty((0, 2))


@dataclass(frozen=True, eq=False)
class Photograph:
    """A face in a file.

    Attributes
    ----------
    file : str
        Its path.
    sha256 : str
        Of the file's bytes, hexadecimal.
    points : float64 array (K, 2)
        ``(x, y)`` in pixels of the photograph, upright.
    extra : float64 array (E, 2)
        More points, on hairline, ears or neck, say.
    """

    file: str
    sha256: str
    points: NDArray[np.float64]
    extra: NDArray[np.float64] = field(default_factory=_no_points)


def decoded(data: bytes, name: str) -> Picture:
    """The picture in a file's bytes, as `load_photograph` gives it; an error names the file."""
    try:
        return load_photograph(data)
    except ImageError as error:
        raise ImageError(str(error).replace("the uploaded file", name).replace("the picture", name)) from None


def fingerprint(data: bytes) -> str:
    """SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def open_photograph(
    path: str,
    predictor: KeypointPredictor | None = None,
    *,
    face: int = 1,
    points: str | os.PathLike[str] | None = None,
    extra: str | os.PathLike[str] | None = None,
) -> tuple[Photograph, Picture]:
    """A photograph and its points, from a file of points or as the predictor finds them.

    Parameters
    ----------
    path : str
        The photograph.
    predictor : KeypointPredictor, optional
        Needed where `points` is not given.
    face : int
        Which face, 1 for the first: of those found, largest first, or of those in the file of points.
    points, extra : path, optional
        Files of points, see `read_points`.

    Raises
    ------
    ImageError, AnnotationError
        If a file cannot be read.
    NoFaceError
        If there is no face, or there are not so many.
    """
    data = read_file(path)
    picture = decoded(data, path)
    size = picture.shape[1], picture.shape[0]
    if points is not None:
        found = read_points(points, size, face)
    elif predictor is not None:
        faces = _found(over_white(picture), predictor)
        if not faces:
            raise NoFaceError(f"{path}: {NO_FACE}")
        if not 1 <= face <= len(faces):
            raise NoFaceError(f"{path} has {len(faces)} face{'s' * (len(faces) > 1)}; there is no face {face}")
        found = faces[face - 1]
    else:
        raise AnnotationError(f"there are no points for {path}; give a file of points or a predictor")
    more = _no_points() if extra is None else read_points(extra, size)
    return Photograph(path, fingerprint(data), found, more), picture


def _found(picture: Picture, predictor: KeypointPredictor) -> list[NDArray[np.float64]]:
    """The points of each face in a photograph, also where it is turned upside down; largest face first.

    Networks are trained on upright faces. Where one is not sure of a photograph, it sees it the other way round
    too, and the way that it is surer of counts.
    """
    faces = predictor.predict(picture)
    best = max((face.score for face in faces), default=0.0)
    if best < _SURE:
        turned = predictor.predict(np.ascontiguousarray(picture[::-1, ::-1]))
        if max((face.score for face in turned), default=0.0) > best:
            corner = np.array([picture.shape[1] - 1, picture.shape[0] - 1])
            return [corner - face.points.astype(np.float64) for face in turned]
    return [face.points.astype(np.float64) for face in faces]


def read_points(path: str | os.PathLike[str], size: tuple[int, int], face: int = 1) -> NDArray[np.float64]:
    """The points of one face in a file.

    Parameters
    ----------
    path : path
        ``.pts`` (iBUG), ``.asf`` (IMM), or ``.json`` or ``.csv`` as `facekp detect` writes them; a
        JSON list of pairs [x, y] will do as well.
    size : (int, int)
        Width and height of the photograph, pixels; .asf counts in parts of them.
    face : int
        Which face of a .json or .csv, 1 for the first.

    Returns
    -------
    float64 array (K, 2)

    Raises
    ------
    AnnotationError
        If the file cannot be read, is of no such kind, or has no such face.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in POINT_SUFFIXES:
        raise AnnotationError(f"{file} is no file of points; give one that ends in {', '.join(POINT_SUFFIXES)}")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise AnnotationError(f"{file} cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise AnnotationError(f"{str(file)!r} is no name of a file: it holds a zero byte") from None
    faces = parse_faces(data, suffix, size, name=str(file))
    if not 1 <= face <= len(faces):
        raise AnnotationError(
            f"{file} has the points of {len(faces)} face{'s' * (len(faces) != 1)}; there is no face {face}"
        )
    return faces[face - 1]
