"""Points of one face over time, without the trembling of frame-by-frame prediction."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from facekp.errors import SettingsError

Points = NDArray[np.float32]

NEAR = 0.15
"""Sizes of the face: over such distances parts of it move together, while the trembling of points is their own."""
STEADY = 0.002
"""Sizes of the face: no point is taken for steadier than that."""
UNREST_CUTOFF = 1.0
"""Hertz: how fast the steadiness of points is learned."""
OFF_CUTOFF = 5.0
"""Hertz: how fast it is noticed that a part of the face moves."""


@dataclass(frozen=True)
class Smoothing:
    """How much a face's points are smoothed.

    Distances are told in sizes of the face (the root mean square distance of its points from their centre)
    and times in seconds, so that neither the resolution of the frames nor their rate counts.

    Attributes
    ----------
    motion_cutoff : float
        Hertz; slower changes of the face's place, size and turn than this pass the filter while it keeps its course.
    motion_haste : float
        How much the cutoff rises when it leaves it: hertz for each hundredth of the face's size that it is off.
    shape_cutoff : float
        Hertz; the same for the points within the face, which are thought to rest there.
    shape_haste : float
        How much that rises where a part of the face moves: hertz for each hundredth of the face's size that
        neighbouring points are off together, squared.

    Raises
    ------
    SettingsError
        If a value is negative, or no number.
    """

    motion_cutoff: float = 2.0
    motion_haste: float = 10.0
    shape_cutoff: float = 0.5
    shape_haste: float = 3.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
                raise SettingsError(f"{field.name} is {value!r}; give a number from 0")


class FaceFilter:
    """Smooths the points of one face, frame by frame.

    The face's place, size and turn are told apart from its shape. A point trembles by itself, but a head
    moves as a whole: place, size and turn follow all points together, the steadier of them more, with the
    speed that they have (a g-h filter, so that a steady motion is not followed with delay), and only the
    shape that is left is smoothed point by point. Both filters let more pass the further the measurements
    stay off on one side, as the One Euro filter does (Casiez, Roussel and Vogel, 1€ filter: a simple
    speed-based low-pass filter for noisy input in interactive systems, 2012): still points are held still,
    quick ones are not late.

    Parameters
    ----------
    smoothing : Smoothing
    size : float
        Root mean square distance of the points from their centre, pixels, where they cannot tell it: of a
        single point.
    """

    def __init__(self, smoothing: Smoothing, size: float = 1.0) -> None:
        self.smoothing, self._size = smoothing, size
        self._time: float | None = None

    def __call__(self, points: NDArray[np.floating], time: float) -> Points:
        """The points as they most probably are.

        Parameters
        ----------
        points : array (K, 2)
            As measured; ``(x, y)``, pixels.
        time : float
            Seconds, later than that of the call before.

        Returns
        -------
        float32 array (K, 2)
        """
        measured = np.ascontiguousarray(points, dtype=np.float64).view(np.complex128)[:, 0]
        if self._time is None:
            self._start(measured)
        else:
            self._step(measured, time - self._time)
        self._time = time
        return self._placed(self._motion)

    def expected(self, time: float) -> Points:
        """Where the points will be at a later time, if the head keeps its motion; float32 (K, 2)."""
        return self._placed(self._motion + self._speed * (time - (self._time or 0.0)))

    def _placed(self, motion: NDArray[np.complex128]) -> Points:
        """The shape in the picture."""
        points = motion[0] + cmath.exp(motion[1]) * self._shape
        return np.ascontiguousarray(points)[:, None].view(np.float64).astype(np.float32)

    def _start(self, measured: NDArray[np.complex128]) -> None:
        place = measured.mean()
        size = math.sqrt(float(np.mean(np.abs(measured - place) ** 2))) or self._size
        self._shape = (measured - place) / size
        # Where the centre is, and as one number the logarithm of the size and, imaginary, the turn.
        self._motion: NDArray[np.complex128] = np.array([place, math.log(size)], complex)
        self._speed: NDArray[np.complex128] = np.zeros(2, complex)
        self._off = np.zeros(2, complex)
        self._shape_off = np.zeros_like(self._shape)
        self._unrest = np.zeros(len(self._shape))
        distance = np.abs(self._shape[:, None] - self._shape)
        near = np.exp(-0.5 * (distance / NEAR) ** 2)
        self._near = near / near.sum(axis=1, keepdims=True)

    def _step(self, measured: NDArray[np.complex128], dt: float) -> None:
        """Split what was measured into motion and shape, by weighted least squares, and filter both."""
        weight = 1 / (self._unrest + STEADY**2)
        weight /= weight.sum()
        middle, place = weight @ self._shape, weight @ measured
        arms = self._shape - middle
        spread = float(weight @ np.abs(arms) ** 2)
        turn = (weight * arms.conj()) @ (measured - place) / spread if spread else cmath.exp(self._motion[1])
        place -= turn * middle
        self._follow_shape((measured - place) / turn, dt)
        self._follow_motion(complex(place), cmath.log(complex(turn)), dt)

    def _follow_motion(self, place: complex, turn: complex, dt: float) -> None:
        """A g-h filter, critically damped; `turn` is told as in `_motion`."""
        expected = self._motion + self._speed * dt
        size = math.exp(self._motion[1].real)
        off = np.array([place, turn]) - expected
        off[1] = complex(off[1].real, math.remainder(off[1].imag, math.tau))
        off[0] /= size
        s = self.smoothing
        self._off += _share(s.motion_cutoff, dt) * (off - self._off)
        rate = s.motion_cutoff + s.motion_haste * 100 * np.abs(self._off).max()
        keep = 1 - _share(rate, dt)
        off[0] *= size
        self._motion = expected + (1 - keep**2) * off
        self._speed = self._speed + (1 - keep) ** 2 / dt * off

    def _follow_shape(self, shape: NDArray[np.complex128], dt: float) -> None:
        """A low-pass filter for each point."""
        s = self.smoothing
        off = shape - self._shape
        self._unrest += _share(UNREST_CUTOFF, dt) * (np.abs(off) ** 2 - self._unrest)
        self._shape_off += _share(OFF_CUTOFF, dt) * (self._mean_near(off) - self._shape_off)
        rate = s.shape_cutoff + s.shape_haste * (100 * np.abs(self._shape_off)) ** 2
        self._shape = self._shape + _share(rate, dt) * off

    def _mean_near(self, off: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """The mean about each point, its neighbours counting by nearness.

        As a product of real matrices: for a complex vector BLAS starts all its threads, and while these wait for more
        to do, they keep the cores from the network, which then takes five times as long.
        """
        pairs = off.view(np.float64).reshape(-1, 2)
        return np.ascontiguousarray(self._near @ pairs).view(np.complex128)[:, 0]


def _share(cutoff: NDArray[np.float64] | float, dt: float) -> NDArray[np.float64] | float:
    """The part of a difference that a low-pass filter of this cutoff, hertz, makes up for in `dt` seconds."""
    return 1 - np.exp(-math.tau * cutoff * dt)
