"""What the K points of a face mean: names, left-right pairs, regions and edges.

``left`` and ``right`` are the person's own: the right eye is on the left of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpError


@dataclass(frozen=True)
class Region:
    """A run of consecutive points that are drawn as one line.

    Attributes
    ----------
    name : str
        For example ``"jaw"``.
    start, stop : int
        The points ``start .. stop - 1``.
    closed : bool
        Whether the last point is joined to the first.
    """

    name: str
    start: int
    stop: int
    closed: bool = False

    @property
    def indices(self) -> range:
        """Indices of the region's points, in drawing order."""
        return range(self.start, self.stop)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Pairs of point indices to be joined."""
        run = tuple(zip(self.indices, self.indices[1:], strict=False))
        return (*run, (self.stop - 1, self.start)) if self.closed else run


@dataclass(frozen=True)
class Schema:
    """The meaning of a set of K points.

    Attributes
    ----------
    name : str
        Name by which checkpoints and files refer to the schema.
    regions : tuple of Region
        Covering the points 0 .. K-1 in order.
    mirror : tuple of int
        ``mirror[i]`` is the point that point i becomes when the face is mirrored.
    eye_corners : tuple of int, or None
        Outer corners of the right and the left eye; their distance normalises errors.
    eyes : tuple of two tuples of int, or None
        Points whose means are the centres of the right and the left eye.
    brows : tuple of int
        Points of both brows, from the person's right to the left.
    """

    name: str
    regions: tuple[Region, ...]
    mirror: tuple[int, ...]
    eye_corners: tuple[int, int] | None = None
    eyes: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    brows: tuple[int, ...] = ()
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = tuple(
            region.name if len(region.indices) == 1 else f"{region.name} {i - region.start + 1}"
            for region in self.regions
            for i in region.indices
        )
        if len(self.mirror) != len(names) or any(self.mirror[j] != i for i, j in enumerate(self.mirror)):
            raise FacekpError(f"schema {self.name}: the mirror table is no exchange of pairs")
        object.__setattr__(self, "names", names)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Pairs of point indices that are joined when the face is drawn."""
        return tuple(edge for region in self.regions for edge in region.edges)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs (i, j), i < j, of points that change places when the face is mirrored."""
        return tuple((i, j) for i, j in enumerate(self.mirror) if i < j)

    def check(self, points: object) -> None:
        """Refuse what is no array (..., K, 2) of points in this schema.

        Raises
        ------
        FacekpError
            If it has another shape, or is no array.
        """
        if not isinstance(points, np.ndarray) or points.shape[-2:] != (len(self), 2):
            given = points.shape if isinstance(points, np.ndarray) else type(points).__name__
            raise FacekpError(f"{self.name} has points of shape {(len(self), 2)}, not {given}; give an array")

    def mirror_points(self, points: NDArray[np.float32], width: float) -> NDArray[np.float32]:
        """Points of the mirrored picture.

        Parameters
        ----------
        points : float32 array (..., K, 2)
            ``(x, y)`` in pixels.
        width : float
            Width of the picture, pixels; column x becomes column ``width - 1 - x``.

        Returns
        -------
        float32 array (..., K, 2)
            Left and right exchanged, so that point i keeps its meaning.
        """
        self.check(points)
        mirrored = np.array(points[..., self.mirror, :], dtype=np.float32)
        mirrored[..., 0] = width - 1 - mirrored[..., 0]
        return mirrored


def _mirror_table(count: int, *exchanges: tuple[range, range]) -> tuple[int, ...]:
    """Identity on ``count`` points but for the given ranges, which change places one by one."""
    table = list(range(count))
    for first, second in exchanges:
        for i, j in zip(first, second, strict=True):
            table[i], table[j] = j, i
    return tuple(table)


NOSE = Schema(name="nose", regions=(Region("nose tip", 0, 1),), mirror=(0,))

# Order of the iBUG 300-W annotation: https://ibug.doc.ic.ac.uk/resources/facial-point-annotations/
IBUG68 = Schema(
    name="ibug68",
    regions=(
        Region("jaw", 0, 17),
        Region("right brow", 17, 22),
        Region("left brow", 22, 27),
        Region("nose bridge", 27, 31),
        Region("nostrils", 31, 36),
        Region("right eye", 36, 42, closed=True),
        Region("left eye", 42, 48, closed=True),
        Region("outer lips", 48, 60, closed=True),
        Region("inner lips", 60, 68, closed=True),
    ),
    mirror=_mirror_table(
        68,
        (range(0, 8), range(16, 8, -1)),
        (range(17, 22), range(26, 21, -1)),
        (range(31, 33), range(35, 33, -1)),
        (range(36, 40), range(45, 41, -1)),
        (range(40, 42), range(47, 45, -1)),
        (range(48, 51), range(54, 51, -1)),
        (range(58, 60), range(56, 54, -1)),
        (range(60, 62), range(64, 62, -1)),
        (range(67, 68), range(65, 66)),
    ),
    eye_corners=(36, 45),
    eyes=(tuple(range(36, 42)), tuple(range(42, 48))),
    brows=tuple(range(17, 27)),
)

# Order of the IMM Face Database: Nordstrøm et al., The IMM Face Database, 2004.
IMM58 = Schema(
    name="imm58",
    regions=(
        Region("jaw", 0, 13),
        Region("left eye", 13, 21, closed=True),
        Region("right eye", 21, 29, closed=True),
        Region("left brow", 29, 34),
        Region("right brow", 34, 39),
        Region("lips", 39, 47, closed=True),
        Region("nose", 47, 58),
    ),
    mirror=_mirror_table(
        58,
        (range(0, 6), range(12, 6, -1)),
        (range(13, 21), range(21, 29)),
        (range(29, 34), range(34, 39)),
        (range(39, 41), range(43, 41, -1)),
        (range(44, 45), range(46, 47)),
        (range(47, 52), range(57, 52, -1)),
    ),
    eye_corners=(21, 13),
    eyes=(tuple(range(21, 29)), tuple(range(13, 21))),
    brows=(38, 37, 36, 35, 34, 29, 30, 31, 32, 33),
)

NOSE_PLACES = {IMM58.name: 52, IBUG68.name: 33}
"""Index of the point that the nose networks find among the points of a whole face: they learnt IMM's point 52, which
lies at the lower end of the nose. On the twelve faces of the gallery what they find was 1 to 4 px from face68's point
33, and 16 to 24 px from its point 30."""

SCHEMAS: dict[str, Schema] = {schema.name: schema for schema in (NOSE, IMM58, IBUG68)}


def schema_of(count: int) -> Schema | None:
    """The schema that has `count` points, if any."""
    return next((schema for schema in SCHEMAS.values() if len(schema) == count), None)
