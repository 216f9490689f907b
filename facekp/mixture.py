"""Any number of pictures mixed into one, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.colour import from_light, to_light
from facekp.images import Picture


class Mixture:
    """A weighted sum of pictures.

    Of heads that were cut out only what is head counts: where one has hair and another its background, the
    mixture has the hair's colour, and is seen through in part. Were backgrounds to count, each head would
    carry a rim of the other's. Weights below 0 subtract whole pictures, backgrounds included.

    Parameters
    ----------
    weights : sequence of float
        Of all pictures that will be added; they sum to one.
    size : (int, int)
        Width and height, pixels.
    linear_light : bool
        Weigh amounts of light, not sRGB numbers.
    """

    def __init__(self, weights: Sequence[float], size: tuple[int, int], *, linear_light: bool = False) -> None:
        self._linear_light = linear_light
        self._only_heads = min(weights) >= 0
        self._colours = np.zeros((size[1], size[0], 3), dtype=np.float32)
        self._counted: NDArray[np.float32] | None = None
        self._matte: NDArray[np.float32] | None = None

    def add(self, picture: Picture, weight: float) -> None:
        """Add a picture: uint8 (H, W, 3), or (H, W, 4) with its matte; all of one kind."""
        part = np.float32(weight)
        colours = to_light(picture[..., :3]) if self._linear_light else picture[..., :3]
        if picture.shape[2] == 3:
            # In one pass, without a picture of products.
            cv2.addWeighted(colours, weight, self._colours, 1.0, 0.0, dst=self._colours, dtype=cv2.CV_32F)
            return
        matte = picture[..., 3:].astype(np.float32)
        # A little of each background counts too, so that there is a colour where there is no head at all.
        count = part * (matte + 1 if self._only_heads else np.ones_like(matte))
        self._colours += count * colours
        self._counted = count if self._counted is None else self._counted + count
        self._matte = part * matte if self._matte is None else self._matte + part * matte

    @property
    def picture(self) -> Picture:
        """The sum, uint8 (H, W, 3 or 4)."""
        mean = self._colours if self._counted is None else self._colours / self._counted
        mixed = from_light(mean) if self._linear_light else _rounded(mean)
        return mixed if self._matte is None else np.dstack([mixed, _rounded(self._matte)])


def _rounded(values: NDArray[np.float32]) -> Picture:
    return np.rint(values).clip(0, 255).astype(np.uint8)
