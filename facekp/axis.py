"""The axis of a face: from its brows down to its chin, square to the line through its eyes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekp.align import Points, as_complex
from facekp.schema import schema_of


@dataclass(frozen=True)
class FaceAxis:
    """Where a face begins and ends, and which way is down in it; places are ``x + iy``, pixels.

    Attributes
    ----------
    down : complex
        The direction from the brows to the chin, of length 1.
    brows, chin : complex
        The middle of the brows, and the lowest point.
    length : float
        How far the chin lies below the brows, pixels; above 0.
    eyes : float
        The distance between the middles of the eyes, pixels; above 0.
    """

    down: complex
    brows: complex
    chin: complex
    length: float
    eyes: float

    def below(self, places: NDArray[np.complex128], of: complex) -> NDArray[np.float64]:
        """How far places lie below another, pixels; negative above it."""
        return np.asarray(np.real((places - of) * np.conj(self.down)))

    def aside(self, places: NDArray[np.complex128], of: complex) -> NDArray[np.float64]:
        """How far places lie from the line along the axis through another, pixels; 0 or more."""
        return np.asarray(np.abs(np.imag((places - of) * np.conj(self.down))))


def face_axis(points: Points) -> FaceAxis | None:
    """The axis of a face; None for points of which it is not known where eyes and brows are.

    Parameters
    ----------
    points : float64 array (K, 2)
        ``(x, y)``, pixels.
    """
    schema = schema_of(len(points))
    if schema is None or schema.eyes is None or not schema.brows:
        return None
    shape = as_complex(points)
    right, left = (shape[list(eye)].mean() for eye in schema.eyes)
    eyes = max(abs(left - right), 1e-9)
    down = 1j * (left - right) / eyes
    brows = shape[list(schema.brows)].mean()
    lengths = np.real((shape - brows) * np.conj(down))
    chin = shape[np.argmax(lengths)]
    return FaceAxis(complex(down), complex(brows), complex(chin), max(float(lengths.max()), 1e-9), float(eyes))
