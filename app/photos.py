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

from facekp.annotations import Points, parse_faces
from facekp.errors import AnnotationError
from facekp.faces import FaceBox
from facekp.images import Picture, load_image, over_white
from facekp.metrics import inter_ocular
from facekp.schema import SCHEMAS, Schema, schema_of
from facekp.sources import decoded

THUMBNAIL_SIDE = 144
"""Pixels: twice the size at which thumbnails are shown, for screens with fine pixels."""


SHOWN_AS_THEY_ARE = {"JPEG": ("RGB", "L"), "PNG": ("RGB", "L", "P", "RGBA", "LA", "1"), "WEBP": ("RGB", "RGBA")}
"""Kinds of pictures, and their modes, that browsers decode and turn upright as `load_image` does."""


@dataclass(frozen=True)
class PointsFile:
    """A file of true points, not read yet."""

    name: str
    data: bytes

    @property
    def stem(self) -> str:
        """The name without its suffix, by which it finds its photograph."""
        return Path(self.name).stem


@dataclass(frozen=True)
class Photo:
    """An encoded photograph, with its true points where there are any.

    Attributes
    ----------
    name : str
        The file's name.
    data : bytes
        The file's content.
    thumbnail : bytes
        A small JPEG of it.
    title : str
        What the visitor reads; empty for the name.
    caption : str
        Who made it, where that must be told.
    truth : PointsFile or None
    """

    name: str
    data: bytes
    thumbnail: bytes = b""
    title: str = ""
    caption: str = ""
    truth: PointsFile | None = None

    @cached_property
    def digest(self) -> str:
        """Short fingerprint of the photograph's bytes."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return Path(self.name).stem

    @property
    def label(self) -> str:
        """What the photograph is called on a page."""
        return self.title or self.name


@dataclass(frozen=True)
class Truth:
    """True points of one face."""

    points: Points
    schema: Schema

    @property
    def box(self) -> FaceBox:
        """The smallest box that holds them."""
        return FaceBox.around(self.points)

    @property
    def scale(self) -> float:
        """Distance of the outer eye corners, pixels; 0 where they are not known."""
        return inter_ocular(self.points, self.schema) if self.schema.eye_corners else 0.0


def read_photo(name: str, data: bytes) -> Photo:
    """A photograph of a visitor's.

    Raises
    ------
    ImageError
        If it cannot be decoded, or has too many pixels.
    """
    return Photo(name, data, _thumbnail(over_white(decoded(data, f"“{name}”"))))


def browser_type(data: bytes) -> str | None:
    """The media type of a photograph's file where browsers show it as `load_image` decodes it, or else None."""
    with Image.open(io.BytesIO(data)) as image:
        kind = str(image.format)
        as_it_is = image.mode in SHOWN_AS_THEY_ARE.get(kind, ()) and getattr(image, "n_frames", 1) == 1
    return f"image/{kind.lower()}" if as_it_is else None


def as_jpeg(data: bytes) -> bytes:
    """A photograph of any kind as a JPEG that shows it as `load_image` decodes it."""
    buffer = io.BytesIO()
    Image.fromarray(load_image(data)).save(buffer, format="JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def read_gallery(folder: Path) -> tuple[Photo, ...]:
    """The faces that ``gallery.json`` in a folder lists; none where there is no such file."""
    index = folder / "gallery.json"
    if not index.is_file():
        return ()
    return tuple(_gallery_face(folder, entry) for entry in json.loads(index.read_text(encoding="utf-8")))


def _gallery_face(folder: Path, entry: dict[str, str | int | None]) -> Photo:
    title, name, points = str(entry["title"]), str(entry["file"]), entry.get("points")
    data = (folder / name).read_bytes()
    truth = PointsFile(str(points), (folder / str(points)).read_bytes()) if points else None
    caption = f"{title}: the average of {entry['people']} people. {entry['credit']}"
    return Photo(name, data, _thumbnail(load_image(data)), title, caption, truth)


def _thumbnail(picture: Picture) -> bytes:
    image = Image.fromarray(picture)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def read_truths(file: PointsFile, width: int, height: int) -> tuple[Truth, ...]:
    """Read the true points of a photograph's faces, and tell by their number what they mean.

    Parameters
    ----------
    file : PointsFile
        Of a kind that `facekp.annotations.parse_faces` reads.
    width, height : int
        Of the photograph, pixels.

    Raises
    ------
    AnnotationError
        If the file cannot be read, no schema has so many points, or none lies in the photograph.
    """
    name = f"“{file.name}”"
    faces = parse_faces(file.data, Path(file.name).suffix.lower(), (width, height), name=name)
    if not faces:
        raise AnnotationError(f"{name} lists no faces; give a file with the points of one")
    return tuple(_truth(face.astype(np.float32), (width, height), name) for face in faces)


def _truth(points: Points, size: tuple[int, int], name: str) -> Truth:
    schema = schema_of(len(points))
    if schema is None or len(schema) == 1:  # a box round one point has no size
        known = " or ".join(str(len(known)) for known in SCHEMAS.values() if len(known) > 1)
        raise AnnotationError(f"{name} has {len(points)} points; give a file of {known} points")
    if not ((points >= 0) & (points < size)).all(axis=1).any() or not np.ptp(points, axis=0).all():
        raise AnnotationError(f"{name} has no point in this photograph; give the file that belongs to it")
    return Truth(points, schema)
