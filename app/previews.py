"""A film before it is made: some of its frames, small; nothing here knows Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from film_choices import ways
from morph_faces import Sketch

from facekp.draw import draw_mesh
from facekp.images import Picture
from facekp.sequence import MorphSequence
from facekp.settings import MIN_SIDE, MorphSettings

SIDE = 448
"""Longer side of a preview, pixels."""

PLACES, SLOW_PLACES = 25, 13
"""Frames of a preview at most, and where each takes long."""

_QUALITY = 88
_SQUARE, _GREYS = 10, (212, 244)


@dataclass(frozen=True)
class Preview:
    """Some frames of a film.

    Attributes
    ----------
    frames : tuple of bytes
        JPEG; what is transparent is a chequered ground.
    numbers : tuple of int
        Which frames of the film they are, from 1.
    size : (int, int)
        Width and height, pixels.
    warnings : tuple of str
        What may not look as wished.
    """

    frames: tuple[bytes, ...]
    numbers: tuple[int, ...]
    size: tuple[int, int]
    warnings: tuple[str, ...]


def frame_size(settings: MorphSettings, photograph: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a film's frames where photograph A has this width and height, pixels."""
    return photograph if isinstance(settings.size, str) else settings.size


def small_size(size: tuple[int, int], side: int = SIDE) -> tuple[int, int]:
    """Width and height with the same proportions and a longer side of so many pixels, or as they are if smaller."""
    scale = min(1.0, side / max(size))
    return max(MIN_SIDE, round(size[0] * scale)), max(MIN_SIDE, round(size[1] * scale))


def make_preview(faces: Sequence[Sketch], settings: MorphSettings, *, mesh: bool = False) -> Preview:
    """Some frames of a film, evenly spread over its way there; the way back and the holds are left out.

    Parameters
    ----------
    faces : sequence of Sketch
        Two or more.
    settings : MorphSettings
        As the film's.
    mesh : bool
        Whether the triangles are drawn over the frames.

    Raises
    ------
    FacekpError
        As for `MorphSequence`.
    """
    legs = ways(settings, len(faces))
    places = SLOW_PLACES if settings.face_only == "seamless" else PLACES
    steps = min(settings.frames - 1, max(4, (places - 1) // legs))
    size = small_size(frame_size(settings, faces[0].size))
    small = replace(settings, frames=steps + 1, size=size, ping_pong=False, loop=False)
    film = MorphSequence([face.picture for face in faces], [face.points for face in faces], small)
    frames: list[Picture] = list(film.film())
    if settings.alpha:
        ground = _chequers(size)
        frames = [_over(frame, ground) for frame in frames]
    if mesh:
        frames = [draw_mesh(frame, *drawn) for frame, drawn in zip(frames, film.meshes(), strict=True)]
    whole = legs * (settings.frames - 1)
    numbers = [1 + round(whole * index / (len(frames) - 1)) for index in range(len(frames))]
    return Preview(tuple(encode_jpeg(frame) for frame in frames), tuple(numbers), size, film.warnings)


def encode_jpeg(picture: Picture) -> bytes:
    """An RGB picture (H, W, 3) as JPEG."""
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return np.asarray(cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)[1]).tobytes()


def _chequers(size: tuple[int, int]) -> Picture:
    """What stands for transparency: squares in two greys, uint8 (H, W, 3)."""
    x, y = np.arange(size[0]) // _SQUARE, np.arange(size[1]) // _SQUARE
    grey = np.where((x + y[:, None]) % 2 == 0, *_GREYS).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _over(picture: Picture, ground: Picture) -> Picture:
    """A picture (H, W, 4) over another (H, W, 3)."""
    parts = np.repeat(picture[..., 3:].astype(np.float32) / 255, 3, axis=2)
    seen = cv2.multiply(picture[..., :3].astype(np.float32), parts) + cv2.multiply(ground.astype(np.float32), 1 - parts)
    return np.rint(seen).astype(np.uint8)
