"""Photographs and true points as visitors and the gallery bring them; nothing here knows Streamlit."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from facekp.annotations import Points, parse_asf, parse_pts
from facekp.errors import AnnotationError
from facekp.faces import FaceBox
from facekp.schema import SCHEMAS, Schema, schema_of

THUMBNAIL_SIDE = 144
"""Pixels: twice the size at which thumbnails are shown, for screens with fine pixels."""


@dataclass(frozen=True)
class PointsFile:
    """A file of true points, not read yet."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Photo:
    """An encoded photograph, not decoded yet, with its true points where there are any."""

    name: str
    data: bytes
    truth: PointsFile | None = None
    caption: str = ""

    @cached_property
    def digest(self) -> str:
        """Short fingerprint of the photograph's bytes."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return Path(self.name).stem


@dataclass(frozen=True)
class GalleryFace:
    """A face that comes with the app."""

    title: str
    photo: Photo
    thumbnail: bytes


@dataclass(frozen=True)
class Truth:
    """True points of one face."""

    points: Points
    schema: Schema

    @property
    def box(self) -> FaceBox:
        """The smallest box that holds them."""
        return FaceBox.around(self.points)


def read_gallery(folder: Path) -> tuple[GalleryFace, ...]:
    """The faces that ``gallery.json`` in a folder lists; none where there is no such file."""
    index = folder / "gallery.json"
    if not index.is_file():
        return ()
    return tuple(_gallery_face(folder, entry) for entry in json.loads(index.read_text(encoding="utf-8")))


def _gallery_face(folder: Path, entry: dict[str, str | int | None]) -> GalleryFace:
    title, name, points = str(entry["title"]), str(entry["file"]), entry.get("points")
    data = (folder / name).read_bytes()
    truth = PointsFile(str(points), (folder / str(points)).read_bytes()) if points else None
    caption = f"{title}: the average of {entry['people']} people. {entry['credit']}"
    return GalleryFace(title, Photo(name, data, truth, caption), _thumbnail(data))


def _thumbnail(data: bytes) -> bytes:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def read_truth(file: PointsFile, width: int, height: int) -> Truth:
    """Read true points, and tell by their number what they mean.

    Parameters
    ----------
    file : PointsFile
        ``.asf``, or else ``.pts``.
    width, height : int
        Of the photograph, pixels.

    Raises
    ------
    AnnotationError
        If the file cannot be read, no schema has so many points, or none lies in the photograph.
    """
    text = file.data.decode("utf-8", errors="replace")
    name = f"“{file.name}”"
    if Path(file.name).suffix.lower() == ".asf":
        points = parse_asf(text, width, height, name=name)
    else:
        points = parse_pts(text, name=name)
    schema = schema_of(len(points))
    if schema is None or len(schema) == 1:  # a box round one point has no size
        known = " or ".join(str(len(known)) for known in SCHEMAS.values() if len(known) > 1)
        raise AnnotationError(f"{name} has {len(points)} points; give a file of {known} points")
    if not ((points >= 0) & (points < (width, height))).all(axis=1).any() or not np.ptp(points, axis=0).all():
        raise AnnotationError(f"{name} has no point in this photograph; give the file that belongs to it")
    return Truth(points, schema)
