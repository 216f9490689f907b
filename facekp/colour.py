"""Colours of photographs: brought close to each other, and mixed as amounts of light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.images import Picture

_LEAST_SPREAD = 0.5
"""Colours closer together than this (standard deviation in Lab) are one colour, and have no spread to enlarge."""

_MOST_GAIN = 2.0
"""A spread is enlarged so many times at most: with more, noise and the blocks of a JPEG are seen. It may become
nothing: a grey face makes a grey face."""


@dataclass(frozen=True)
class Tone:
    """The colours of a face in two numbers a channel.

    Attributes
    ----------
    mean, spread : tuple of three floats
        Mean and standard deviation of L (0 to 100), a and b of CIE Lab under D65.
    """

    mean: tuple[float, float, float]
    spread: tuple[float, float, float]


def tone_of(picture: Picture, mask: NDArray[np.uint8]) -> Tone:
    """The tone of a picture, uint8 (H, W, 3), where a mask (H, W) is not 0; of all of it where the mask is empty."""
    mean, spread = cv2.meanStdDev(_lab(picture), mask=mask if mask.any() else None)
    return Tone(_triple(mean), _triple(spread))


def with_tone(picture: Picture, own: Tone, wanted: Tone) -> Picture:
    """A picture whose colours have another mean and spread.

    Parameters
    ----------
    picture : uint8 array (H, W, 3)
    own, wanted : Tone
        Of its face now, and afterwards.

    Returns
    -------
    uint8 array (H, W, 3)

    Notes
    -----
    Reinhard, Ashikhmin, Gooch and Shirley, Color transfer between images, 2001, with CIE Lab in the
    place of their own opponent space.
    """
    if own == wanted:
        return picture
    spread, aim = np.array(own.spread), np.array(wanted.spread)
    enlarged = np.minimum(aim / np.maximum(spread, _LEAST_SPREAD), _MOST_GAIN)
    gain = np.where(spread < _LEAST_SPREAD, 1.0, enlarged)
    shift = np.array(wanted.mean) - gain * np.array(own.mean)
    moved = _lab(picture) * gain.astype(np.float32) + shift.astype(np.float32)
    back = np.asarray(cv2.cvtColor(moved, cv2.COLOR_Lab2RGB))
    return np.asarray(cv2.convertScaleAbs(back.clip(0, 1), alpha=255), dtype=np.uint8)


def _lab(picture: Picture) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab), dtype=np.float32)


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = np.asarray(values, dtype=np.float64).ravel().tolist()
    return first, second, third


def _linear_of(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of sRGB numbers, 0 to 1 (IEC 61966-2-1)."""
    return np.asarray(np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4))


_LIGHT = (255 * _linear_of(np.arange(256) / 255)).astype(np.float32)


def to_light(picture: Picture) -> NDArray[np.float32]:
    """Each sRGB number of a uint8 picture as an amount of light, float32 from 0 to 255."""
    return np.asarray(_LIGHT[picture], dtype=np.float32)


def from_light(light: NDArray[np.float32]) -> Picture:
    """The uint8 picture of amounts of light, float32; what lies outside 0 to 255 is cut off there."""
    part = np.clip(light, 0, 255) / np.float32(255)
    encoded = np.where(part <= 0.0031308, 12.92 * part, 1.055 * part ** np.float32(1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * encoded), dtype=np.uint8)


def colour_of(background: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a background ``"#rrggbb"``."""
    red, green, blue = bytes.fromhex(background[1:])
    return red, green, blue
