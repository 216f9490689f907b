"""Any picture → RGB uint8 ``(H, W, 3)``."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facekp.errors import ImageError

Picture = NDArray[np.uint8]
ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | NDArray[Any]

ORIENTATION = 0x0112
"""EXIF's tag."""

MAX_PIXELS = 50_000_000
"""Pictures with more pixels than this are refused before they are decoded."""


def open_quietly(source: str | os.PathLike[str] | io.BytesIO) -> Image.Image:
    """Pillow's `Image.open`, which decodes no pixel, without its warning of many: the limit that counts is ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(source)


def load_image(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Load a picture from a path, from encoded bytes, or from a PIL image or array.

    EXIF orientation is applied, transparency is laid over white, and grey, palette,
    CMYK and 16-bit pictures become 8-bit RGB. Of an animation the first frame is taken.

    Parameters
    ----------
    source : path, bytes, PIL.Image.Image or array
        Arrays are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): uint8; uint16, full scale
        65535; float, full scale 1; or bool.
    max_pixels : int
        Limit on width × height, checked before decoding.

    Returns
    -------
    uint8 array (H, W, 3)
        RGB.

    Raises
    ------
    ImageError
        If the picture cannot be read, or is larger than `max_pixels`.
    """
    return over_white(load_photograph(source, max_pixels=max_pixels))


def load_photograph(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Load a picture as `load_image` does, and keep how transparent it is.

    Returns
    -------
    uint8 array (H, W, 3), or (H, W, 4) where it is transparent in part
        RGB, or RGB and alpha, the colours not multiplied by it.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels)
    if isinstance(source, Image.Image):
        return _from_pil(source, "the picture", max_pixels)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_bytes(bytes(source), "the uploaded file", max_pixels)
    if isinstance(source, str | os.PathLike):
        return _from_bytes(read_file(source), str(source), max_pixels)
    raise ImageError(f"cannot make a picture of {type(source).__name__}; give a path, bytes, PIL image or array")


def over_white(picture: Picture) -> Picture:
    """A picture (H, W, 3 or 4) as RGB (H, W, 3), what is transparent laid over white."""
    if picture.shape[2] == 3:
        return picture
    layered = Image.fromarray(picture)
    return np.array(Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB"))


def check_picture(picture: object) -> None:
    """Whether an array is a picture as `load_image` makes them: RGB uint8 (H, W, 3), of one pixel at least.

    Raises
    ------
    ImageError
        If not.
    """
    wrong = not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 3
    if wrong or picture.shape[2] != 3 or 0 in picture.shape:  # type: ignore[attr-defined]
        given = f"{picture.dtype} {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
        raise ImageError(
            f"a photo must be an RGB uint8 array (height, width, 3), its sides 1 or more, not {given}; "
            "load_image makes one"
        )


def encode_png(image: Picture) -> bytes:
    """Encode an RGB or RGBA uint8 picture (H, W, 3 or 4) as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a picture's file.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    with _opened(path) as file:
        return file.read()


def check_file(path: str | os.PathLike[str]) -> None:
    """Whether a picture's file is there and may be read, before any work is done.

    Raises
    ------
    ImageError
        If not.
    """
    with _opened(path):
        pass


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    try:
        with Path(path).open("rb") as file:
            yield file
    except IsADirectoryError:
        raise ImageError(f"{path} is a folder; give a picture file") from None
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist") from None
    except ValueError:
        raise ImageError(f"{os.fspath(path)!r} is no name of a file: it holds a zero byte") from None
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror or error}") from None


def _from_bytes(data: bytes, name: str, max_pixels: int) -> Picture:
    if not data:
        raise ImageError(f"{name} is empty; give a picture file")
    try:
        image = open_quietly(io.BytesIO(data))
    except Image.DecompressionBombError:
        raise ImageError(
            f"{name} has more pixels than the limit of {max_pixels / 1e6:g} million; reduce it first"
        ) from None
    except Exception:  # Pillow's readers raise many kinds of error on bytes that are no picture
        raise ImageError(f"{name} is not a picture that can be read; give a JPEG, PNG, WebP, BMP or TIFF") from None
    return _from_pil(image, name, max_pixels)


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageError(
            f"{name} has {width} × {height} pixels ({width * height / 1e6:.1f} million), more than the limit of "
            f"{max_pixels / 1e6:g} million; reduce it first"
        )


def _from_pil(image: Image.Image, name: str, max_pixels: int) -> Picture:
    _check_size(image.width, image.height, name, max_pixels)
    try:
        image.load()
        # Asked first, since both lines would copy a picture that needs no change.
        upright = ImageOps.exif_transpose(image) if image.getexif().get(ORIENTATION, 1) != 1 else image
        if upright.mode.startswith("I") or upright.mode == "F":
            return _from_array(_deep_grey(upright), max_pixels)
        return _eight_bit(upright)
    except ImageError:
        raise
    except Exception as error:  # truncated and damaged files raise OSError, SyntaxError, ValueError, …
        raise ImageError(f"{name} is damaged or incomplete and cannot be decoded ({error}); save it anew") from None


def _eight_bit(image: Image.Image) -> Picture:
    """RGB, or RGBA where it is transparent in part."""
    if image.has_transparency_data:
        layered = np.array(image.convert("RGBA"), dtype=np.uint8)
        return layered if layered[..., 3].min() < 255 else np.ascontiguousarray(layered[..., :3])
    return np.array(image if image.mode == "RGB" else image.convert("RGB"), dtype=np.uint8)


def _deep_grey(image: Image.Image) -> NDArray[Any]:
    """Grey pictures of 16 or 32 bits, as uint16 or as float with full scale 1."""
    values = np.array(image)
    if image.mode == "F":
        peak = float(np.nanmax(values, initial=0.0))
        # TIFF floats have no agreed full scale: 1, 255 and 65535 are all seen.
        full_scale = next((limit for limit in (1.0, 255.0, 65535.0) if peak <= limit), peak)
        return np.asarray(values / full_scale)
    deep: NDArray[np.uint16] = np.clip(values, 0, 65535).astype(np.uint16)
    return deep


def _from_array(array: NDArray[Any], max_pixels: int) -> Picture:
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        raise ImageError(
            f"an array of shape {array.shape} is no picture; give (height, width), or (height, width, 1, 3 or 4)"
        )
    _check_size(array.shape[1], array.shape[0], "the array", max_pixels)
    values = _to_uint8(array)
    if values.shape[2] == 4:
        return _from_pil(Image.fromarray(values), "the array", max_pixels)
    return np.array(np.broadcast_to(values, (*values.shape[:2], 3)))


def _to_uint8(array: NDArray[Any]) -> Picture:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return np.rint(array / 257.0).astype(np.uint8)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise ImageError("an array of floats must hold numbers from 0 to 1; divide it by its full scale first")
        return np.rint(array * 255.0).astype(np.uint8)
    raise ImageError(f"an array of {array.dtype} is no picture; give uint8, uint16, bool, or float from 0 to 1")


def size_of(image: Picture) -> tuple[int, int]:
    """Width and height, pixels."""
    return image.shape[1], image.shape[0]
