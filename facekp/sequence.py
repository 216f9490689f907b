"""From face to face through several photographs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, check_points
from facekp.aligner import Aligner
from facekp.blend import fold_warnings, mesh_over, shapes_of
from facekp.errors import MeshError
from facekp.images import ImageSource, Picture, load_photograph, size_of
from facekp.layout import lay_out, warn
from facekp.leg import Leg
from facekp.mesh import Mesh
from facekp.render import between
from facekp.schedule import schedule
from facekp.settings import MorphSettings


class MorphSequence:
    """The way through several photographed faces, all in one frame.

    Parameters
    ----------
    images : sequence of N paths, bytes, PIL images or arrays
        Photographs, as `load_image` takes them, N at least 2; paths are read when they are needed.
    points : sequence of N arrays (K, 2)
        ``(x, y)`` in pixels of each photograph; the same K points of all faces.
    settings : MorphSettings, optional
        ``frames`` are those of the way from a face to the next.
    extra : sequence of N arrays (E, 2), optional
        More points of each face, see `Morph`.

    Raises
    ------
    MeshError
        If there are too few photographs, or the points cannot be aligned; see `check_points`.
    ImageError
        If the first photograph cannot be read.
    SettingsError
        If the settings can only be had with two faces; see `MorphSettings.check_faces`.

    Attributes
    ----------
    size : (int, int)
        Width and height of the frames, pixels.
    """

    def __init__(
        self,
        images: Sequence[ImageSource],
        points: Sequence[NDArray[np.floating]],
        settings: MorphSettings | None = None,
        *,
        extra: Sequence[NDArray[np.floating]] | None = None,
    ) -> None:
        self.settings = settings or MorphSettings()
        checked = check_points(points)
        if len(images) != len(checked) or len(images) < 2:
            raise MeshError(
                f"there are {len(images)} pictures and {len(checked)} sets of points; give two pictures or more, "
                "and one set for each"
            )
        self._images = images
        pairs = [(index, (index + 1) % len(images)) for index in range(len(images) - (not self.settings.closed))]
        self._moments = schedule(self.settings, len(pairs))
        first = load_photograph(images[0])
        self._layout = lay_out(checked, self.settings, size_of(first), np.full(len(images), 1 / len(images)), extra)
        self.size = self._layout.size
        self._aligner = Aligner(self._layout, self.settings, first)
        self._aligned = {0: self._aligner(first, 0)}
        self._shapes = shapes_of(self._layout, self.settings)
        made = [mesh_over(self._layout, [self._shapes[a], self._shapes[b]]) for a, b in pairs]
        self._meshes = [safe.mesh for safe in made]
        self._warnings = self._layout.warnings + fold_warnings(self._layout, made)
        warn(self.warnings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What may not look as wished, of the photographs that were needed so far; each is also a `FacekpWarning`."""
        return self._warnings + self._aligner.warnings

    def __len__(self) -> int:
        """Number of frames of the film."""
        return len(self._moments)

    def film(self) -> Iterator[Picture]:
        """The film's frames, uint8 (H, W, 3 or 4), made when asked for; two photographs lie in memory at a time."""
        leg, number = None, -1
        for moment in self._moments:
            if leg is None or moment.leg != number:
                leg, number = self._leg(moment.leg), moment.leg
            yield leg.frame(moment.shape, moment.colour)

    def meshes(self) -> Iterator[tuple[Points, Mesh]]:
        """For each of the film's frames the points of its mesh, float64 (N, 2), pixels, and the triangles over them."""
        for moment in self._moments:
            a, b = self._shapes[moment.leg], self._shapes[(moment.leg + 1) % len(self._shapes)]
            yield between(a, b, moment.shape, self.size), self._meshes[moment.leg]

    def _leg(self, number: int) -> Leg:
        pair = number, (number + 1) % len(self._images)
        before = self._aligner.warnings
        self._aligned = {
            index: self._aligned[index] if index in self._aligned else self._aligner(load_photograph(image), index)
            for index, image in ((index, self._images[index]) for index in pair)
        }
        warn([sentence for sentence in self._aligner.warnings if sentence not in before])
        a, b = pair
        return Leg(
            self._aligned[a],
            self._aligned[b],
            self._shapes[a],
            self._shapes[b],
            self._meshes[number],
            self._layout,
            self.settings,
        )


def sequence_frames(
    images: Sequence[ImageSource], points: Sequence[NDArray[np.floating]], settings: MorphSettings | None = None
) -> Iterator[Picture]:
    """The frames of a morph through several faces; see `MorphSequence`."""
    return MorphSequence(images, points, settings).film()
