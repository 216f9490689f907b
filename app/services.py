"""Every cached call of the app.

The network and the gallery are loaded once and shared by all visitors. Whatever is made from a
photograph is cached in its visitor's own session, by the photograph's bytes.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import streamlit as st
from photos import GalleryFace, read_gallery

from facekp.annotations import Points
from facekp.images import Picture, load_image
from facekp.morph import Morph

if TYPE_CHECKING:
    from facekp.predict import KeypointPredictor, Keypoints

CHECKPOINT = "face68"
GALLERY = Path(__file__).parent / "gallery"

VIEW_SIDE = 1200
"""Longer side of pictures on a page, pixels: sharp lines on any screen, and quickly sent."""

Region = tuple[int, int, int, int]
"""Left, upper, right and lower edge in photo pixels, right and lower edge excluded."""

_turn = threading.Lock()  # visitors take turns: two networks at once only slow each other down


@dataclass(frozen=True)
class Found:
    """The faces of a photograph, largest first, and the same as plain values for a JSON file."""

    faces: tuple[Keypoints, ...]
    record: dict[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the photograph, pixels."""
        return self.record["width"], self.record["height"]


@dataclass(frozen=True)
class View:
    """A photograph, or a part of it, at the size for a page."""

    picture: Picture
    corner: tuple[int, int]
    scale: float

    def place(self, points: Points) -> Points:
        """Photo pixels (K, 2) in pixels of the view."""
        # An integer is a pixel's centre, so the picture's corner is at -0.5.
        return np.asarray((points + 0.5 - np.array(self.corner)) * self.scale - 0.5, dtype=np.float32)


@st.cache_resource(show_spinner="Loading the network …")
def predictor() -> KeypointPredictor:
    """The trained network, one for all visitors."""
    from facekp.predict import KeypointPredictor  # torch takes seconds: a page shows before it is there

    return KeypointPredictor.from_checkpoint(CHECKPOINT)


@st.cache_resource(show_spinner=False)
def gallery() -> tuple[GalleryFace, ...]:
    """The faces that come with the app."""
    return read_gallery(GALLERY)


def find_faces(data: bytes) -> Found:
    """The faces of an encoded photograph.

    Raises
    ------
    ImageError
        If it cannot be decoded.
    """
    loaded = predictor()
    return _find_faces(data, loaded.checkpoint.sha256, loaded)


@st.cache_data(scope="session", max_entries=16, show_spinner="Looking for faces …")
def _find_faces(data: bytes, sha256: str, _predictor: KeypointPredictor) -> Found:
    from facekp.predict import photo_record

    image = load_image(data)
    with _turn:
        faces = _predictor.predict(image)
    return Found(tuple(faces), photo_record("", image, faces))


@st.cache_data(scope="session", max_entries=6, show_spinner=False)
def view(data: bytes, region: Region | None = None) -> View:
    """A photograph, or a region of it, with a longer side of `VIEW_SIDE` pixels."""
    image = load_image(data)
    left, top, right, bottom = region or (0, 0, image.shape[1], image.shape[0])
    part = image[top:bottom, left:right]
    scale = VIEW_SIDE / max(part.shape[:2])
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return View(np.asarray(cv2.resize(part, size, interpolation=method), dtype=np.uint8), (left, top), scale)


@st.cache_resource(scope="session", max_entries=1, show_spinner="Bringing the faces together …")
def prepare_morph(data_a: bytes, data_b: bytes, points_a: Points, points_b: Points, side: int) -> Morph:
    """Two faces in one frame of so many pixels a side, ready for any number of pictures between them."""
    return Morph(data_a, data_b, points_a, points_b, (side, side))
