"""Films of which every frame is a picture by itself: APNG, animated WebP, ZIP of PNG.

The two animations are put together here: Pillow takes all frames of a film at once, and libwebp's own
animation encoder leaves out changes of a few grey levels, so that a slow morph stands still.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO

from PIL import Image

from facekp.film import MovieOptions, Shot
from facekp.images import Picture
from facekp.parallel import THREADS, in_background

MAX_STILLS_FPS = 90
"""Browsers play frames of 10 ms or less at 100 ms each."""

_TICKS = 1000
"""Times are stored in milliseconds."""


def _png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    # A third of the time of zlib's own level, a tenth more bytes; measured on morphs.
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()


def _png_shot(shot: Shot) -> tuple[Shot, bytes]:
    return shot, _png(shot.picture)


# --- ZIP ------------------------------------------------------------------------------------------


def write_zip(shots: Iterable[Shot], path: Path, rate: Fraction, options: MovieOptions) -> None:
    """PNG frames ``frame_0000.png`` and so on, their times as ``times.json``, the recipe if there is one."""
    frames = []
    with zipfile.ZipFile(path, "w") as archive:
        for number, (shot, png) in enumerate(in_background(_png_shot, shots, THREADS)):
            name = f"frame_{number:04d}.png"
            _add(archive, name, png)
            frames.append({"file": name, "start": float(shot.start), "duration": float(shot.end - shot.start)})
        times = {"fps": float(rate), "duration": float(shot.end), "frames": frames}
        _add(archive, "times.json", json.dumps(times, indent=1).encode())
        if options.recipe is not None:
            _add(archive, "recipe.json", options.recipe.encode())


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a file that bears no date, so that equal films make equal archives."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


# --- APNG -----------------------------------------------------------------------------------------
# https://www.w3.org/TR/png-3/: the first frame is a PNG's picture, the others are fdAT chunks.

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_apng(shots: Iterable[Shot], path: Path, rate: Fraction, options: MovieOptions) -> None:
    """Write an animated PNG. Each frame replaces the one before, so that nothing shines through."""
    with path.open("wb") as file:
        sequence = count = 0
        for shot, png in in_background(_png_shot, shots, THREADS):
            chunks = list(_png_chunks(png))
            if not count:
                file.write(_SIGNATURE)
                _write_png_chunk(file, *chunks[0])  # IHDR
                control = file.tell()
                _write_png_chunk(file, b"acTL", bytes(8))
            height, width = shot.picture.shape[:2]
            delay = struct.pack(">HH", *_delay(shot))
            _write_png_chunk(file, b"fcTL", struct.pack(">IIIII", sequence, width, height, 0, 0) + delay + bytes(2))
            sequence += 1
            for name, data in chunks:
                if name != b"IDAT":
                    continue
                if count:
                    name, data = b"fdAT", struct.pack(">I", sequence) + data
                    sequence += 1
                _write_png_chunk(file, name, data)
            count += 1
        _write_png_chunk(file, b"IEND", b"")
        file.seek(control)
        _write_png_chunk(file, b"acTL", struct.pack(">II", count, options.loop))


def _delay(shot: Shot) -> tuple[int, int]:
    """How long a shot lasts, as a fraction of two 16-bit numbers, seconds."""
    start, end = shot.ticks(_TICKS)
    return (end - start, _TICKS) if end - start < 2**16 else (round((end - start) / 10), _TICKS // 10)


def _png_chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(png):
        length, name = struct.unpack_from(">I4s", png, place)
        yield name, png[place + 8 : place + 8 + length]
        place += length + 12


def _write_png_chunk(file: IO[bytes], name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))


# --- WebP -----------------------------------------------------------------------------------------
# https://developers.google.com/speed/webp/docs/riff_container

_ANIMATED, _ALPHA = 0x02, 0x10
_REPLACE = 0x02
"""An animation's frame overwrites the canvas, also where it is transparent."""
_PICTURE_CHUNKS = (b"ALPH", b"VP8 ", b"VP8L")


def write_webp(shots: Iterable[Shot], path: Path, rate: Fraction, options: MovieOptions) -> None:
    """Write an animated WebP. Each frame replaces the one before, so that nothing shines through."""

    def encoded(shot: Shot) -> tuple[Shot, bytes]:
        buffer = io.BytesIO()
        # Method 2: a third of the time of 4, a tenth more bytes at the same quality; measured on morphs.
        Image.fromarray(shot.picture).save(buffer, format="WEBP", quality=options.quality, method=2)
        return shot, buffer.getvalue()

    with path.open("wb") as file:
        for shot, webp in in_background(encoded, shots, THREADS):
            height, width, channels = shot.picture.shape
            extent = _uint24(width - 1) + _uint24(height - 1)
            if not file.tell():
                file.write(bytes(12))
                flags = _ANIMATED | (_ALPHA if channels == 4 else 0)
                _write_webp_chunk(file, b"VP8X", struct.pack("<I", flags) + extent)
                _write_webp_chunk(file, b"ANIM", struct.pack("<IH", 0, options.loop))
            start, end = shot.ticks(_TICKS)
            frame = io.BytesIO()
            frame.write(bytes(6) + extent + _uint24(end - start) + bytes([_REPLACE]))
            for name, data in _webp_chunks(webp):
                if name in _PICTURE_CHUNKS:
                    _write_webp_chunk(frame, name, data)
            _write_webp_chunk(file, b"ANMF", frame.getvalue())
        length = file.tell()
        file.seek(0)
        file.write(struct.pack("<4sI4s", b"RIFF", length - 8, b"WEBP"))


def _uint24(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _webp_chunks(webp: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place < len(webp):
        name, length = struct.unpack_from("<4sI", webp, place)
        yield name, webp[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _write_webp_chunk(file: IO[bytes], name: bytes, data: bytes) -> None:
    file.write(struct.pack("<4sI", name, len(data)) + data + bytes(len(data) % 2))
