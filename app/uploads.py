"""What a visitor gives: files of photographs and of true points, and pictures of the camera's, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Protocol

from photos import Photo, PointsFile, read_photo

from facekp.annotations import POINT_SUFFIXES
from facekp.errors import AnnotationError, ImageError

MAX_FILE_MEGABYTES = 50
"""Of one photograph. How many pixels it may have, `facekp.images` says."""
MAX_POINTS_MEGABYTES = 2
"""Of one file of points."""
MEGA = 1_000_000


class File(Protocol):
    """A file as Streamlit's uploader gives it."""

    @property
    def name(self) -> str:
        """What it was called."""
        ...

    def getvalue(self) -> bytes:
        """Its content."""
        ...


@dataclass(frozen=True)
class Shot:
    """A picture that the visitor's camera took."""

    title: str
    data: bytes

    @property
    def name(self) -> str:
        """As a file."""
        return f"{self.title}.jpg"

    def getvalue(self) -> bytes:
        """Its content."""
        return self.data


def read_upload(file: File) -> Photo | PointsFile:
    """The photograph, or the points not read yet, in a file.

    Raises
    ------
    ImageError
        If the photograph is too large, or cannot be decoded.
    AnnotationError
        If the file of points is too large.
    """
    data = file.getvalue()
    if PurePath(file.name).suffix.lower() in POINT_SUFFIXES:
        if len(data) > MAX_POINTS_MEGABYTES * MEGA:
            raise AnnotationError(
                f"“{file.name}” has more than {MAX_POINTS_MEGABYTES} MB; give the points of one photograph"
            )
        return PointsFile(file.name, data)
    if len(data) > MAX_FILE_MEGABYTES * MEGA:
        raise ImageError(
            f"“{file.name}” has {len(data) / MEGA:.0f} MB, more than the limit of {MAX_FILE_MEGABYTES} MB; "
            "reduce it first"
        )
    photo = read_photo(file.name, data)
    return replace(photo, title=file.title) if isinstance(file, Shot) else photo
