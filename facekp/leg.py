"""What lies between two faces that are aligned in one frame."""

from __future__ import annotations

from math import isfinite
from numbers import Real

import numpy as np

from facekp.align import Points
from facekp.aligner import cuts_out
from facekp.blend import finished
from facekp.errors import SettingsError
from facekp.images import Picture
from facekp.layout import Layout
from facekp.mesh import Mesh
from facekp.mixture import Mixture
from facekp.render import PairWarp, between, blend
from facekp.settings import MorphSettings


class Leg:
    """Two faces that lie aligned in one frame, and what is between them.

    Parameters
    ----------
    aligned_a, aligned_b : uint8 arrays
        As `align_picture` renders them.
    shape_a, shape_b : float64 arrays (N, 2)
        The points of the mesh in either, ``(x, y)`` in pixels of the frame.
    mesh : Mesh
        The triangles over these points.
    layout : Layout
        The frame.
    settings : MorphSettings
        Curves, background, face_only and linear_light count.

    Attributes
    ----------
    size : (int, int)
        Width and height of the frames, pixels.
    shape_a, shape_b : float64 arrays (N, 2)
        The points of the mesh in either aligned photograph: first the K points of the face, then
        those of the rest of the head, of what stands still, and of the frame.
    mesh : Mesh
        The triangles over these points.
    """

    def __init__(
        self,
        aligned_a: Picture,
        aligned_b: Picture,
        shape_a: Points,
        shape_b: Points,
        mesh: Mesh,
        layout: Layout,
        settings: MorphSettings,
    ) -> None:
        self.size = layout.size
        self.settings = settings
        self.shape_a, self.shape_b = shape_a, shape_b
        self.mesh = mesh
        self._pair = PairWarp(aligned_a, aligned_b, shape_a, shape_b, mesh)
        self._layout = layout

    def frame(self, part: float, colour: float | None = None) -> Picture:
        """The picture between the two faces.

        Parameters
        ----------
        part : float
            Shape: 0 is the first face's, 1 the second's.
        colour : float, optional
            Colour, likewise; by default as the shape.

        Returns
        -------
        uint8 array (H, W, 3), or (H, W, 4) with a transparent background
            RGB or RGBA.

        Raises
        ------
        SettingsError
            If one of the parts is no finite number.
        """
        settings = self.settings
        for given in (part, colour):
            if given is not None and not (isinstance(given, Real) and isfinite(given)):
                raise SettingsError(f"the part {given!r} is no number; give 0 for the first face and 1 for the second")
        if settings.background == "dissolve" and settings.face_only == "off":
            return self._pair.frame(part, colour, linear_light=settings.linear_light)
        a, b = self._pair.warped(part)
        blended = self._blended(a, b, part if colour is None else colour)
        shape = between(self.shape_a, self.shape_b, part, self.size)
        return finished(settings, blended, a, b, shape, self._layout)

    def _blended(self, a: Picture, b: Picture, part: float) -> Picture:
        if not cuts_out(self.settings):
            return blend(a, b, part, linear_light=self.settings.linear_light)
        mixture = Mixture((1 - part, part), self.size, linear_light=self.settings.linear_light)
        mixture.add(a, 1 - part)
        mixture.add(b, part)
        return mixture.picture

    @property
    def ends(self) -> tuple[Picture, Picture]:
        """The aligned photographs, uint8 (H, W, 3) each, with their own backgrounds."""
        first, second = (np.ascontiguousarray(self._pair.frame(end)[..., :3]) for end in (0, 1))
        return first, second
