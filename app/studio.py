"""Cached calls of the pages that make pictures of faces; each visitor's are kept in their own session."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from blends import MeanFace, average_sketch, mean_face, symmetric_sketch
from morph_faces import Face, Sketch, thumbnail
from previews import Preview, make_preview

from facekp.images import Picture
from facekp.settings import MorphSettings


def sketch(face: Face) -> Sketch:
    """A face's photograph as previews take it.

    Raises
    ------
    ImageError
        If it cannot be decoded.
    """
    return _sketch(face.key, face)


@st.cache_resource(scope="session", max_entries=14, show_spinner=False)
def _sketch(key: tuple[str, int, str], _face: Face) -> Sketch:
    return _face.sketch()


def face_thumbnail(face: Face) -> bytes:
    """A small square JPEG of a face."""
    return _thumbnail(face.key, face)


@st.cache_data(scope="session", max_entries=200, show_spinner=False)
def _thumbnail(key: tuple[str, int, str], _face: Face) -> bytes:
    small = sketch(_face)
    return thumbnail(small.picture, small.points)


def preview(faces: Sequence[Face], settings: MorphSettings, *, mesh: bool) -> Preview:
    """Some frames of a film, small.

    Raises
    ------
    FacekpError
        As for `make_preview`.
    """
    return _preview(tuple(face.key for face in faces), settings, mesh, faces)


@st.cache_data(scope="session", max_entries=12, show_spinner=False)
def _preview(
    keys: tuple[tuple[str, int, str], ...], settings: MorphSettings, mesh: bool, _faces: Sequence[Face]
) -> Preview:
    return make_preview([sketch(face) for face in _faces], settings, mesh=mesh)


def alone(face: Face) -> Picture:
    """A face in the frame of a mean, RGB uint8 (H, W, 3).

    Raises
    ------
    FacekpError
        As for `average_sketch`.
    """
    return _alone(face.key, face)


@st.cache_data(scope="session", max_entries=12, show_spinner=False)
def _alone(key: tuple[str, int, str], _face: Face) -> Picture:
    return average_sketch([sketch(_face)], [1]).picture


def in_place(face: Face) -> Picture:
    """A face's photograph as a caricature or a symmetric face replaces it, RGB uint8 (H, W, 3).

    Raises
    ------
    FacekpError
        As for `symmetric_sketch`.
    """
    return _in_place(face.key, face)


@st.cache_data(scope="session", max_entries=12, show_spinner=False)
def _in_place(key: tuple[str, int, str], _face: Face) -> Picture:
    return symmetric_sketch(sketch(_face), 0, shape=True, colour=True).picture


def mean_of(faces: Sequence[Face], title: str) -> MeanFace:
    """The mean of faces, as a file.

    Raises
    ------
    FacekpError
        As for `blend_faces`.
    """
    return _mean_of(tuple(face.key for face in faces), title, faces)


@st.cache_data(scope="session", max_entries=4, show_spinner="Making the mean face …")
def _mean_of(keys: tuple[tuple[str, int, str], ...], title: str, _faces: Sequence[Face]) -> MeanFace:
    return mean_face(_faces, title)
