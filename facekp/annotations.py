"""Files of points: .pts, .asf, JSON, CSV and dlib's XML are read; .pts, CSV and JSON are written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from facekp.errors import AnnotationError
from facekp.values import is_finite

Points = NDArray[np.float32]

POINT_SUFFIXES = (".pts", ".asf", ".json", ".csv")
"""Endings of the files that `parse_faces` reads."""

ASF_COLUMNS = (7, 10)
"""Columns of a point's line in the two revisions of the format that the IMM faces come in."""

_CSV_COLUMNS = (
    "file", "face", "point", "name", "x", "y", "uncertainty", "score", "yaw", "pitch", "roll",
    "detection", "x_min", "y_min", "x_max", "y_max",
)  # fmt: skip


def parse_pts(text: str, *, name: str = "the .pts file", count: int | None = None) -> Points:
    """Read the .pts format of iBUG 300-W.

    Parameters
    ----------
    text : str
        The file's text. It counts pixels from 1.
    name : str
        How to call the file in an error.
    count : int, optional
        The number of points that there must be.

    Returns
    -------
    float32 array (K, 2)
        ``(x, y)`` in pixels counted from 0.

    Raises
    ------
    AnnotationError
        If the text is no .pts file, or has too few points, or something that is no number.
    """
    head, opened, rest = text.partition("{")
    body, closed, _ = rest.partition("}")
    if not (opened and closed):
        raise AnnotationError(f"{name} has no list of points in braces; is it a .pts file?")
    rows = [line.split() for line in body.splitlines() if line.strip()]
    announced = [line.split(":")[1].strip() for line in head.splitlines() if line.strip().startswith("n_points:")]
    if announced and announced[0] != str(len(rows)):
        raise AnnotationError(f"{name} announces {announced[0]} points and lists {len(rows)}")
    return _checked(rows, (0, 1), name, count) - np.float32(1)


def parse_asf(text: str, width: int, height: int, *, name: str = "the .asf file", count: int | None = None) -> Points:
    """Read the .asf format of the IMM Face Database, in both its revisions.

    Parameters
    ----------
    text : str
        The file's text. Coordinates are relative to the picture's width and height.
    width, height : int
        Of the picture, pixels.
    name, count
        As in `parse_pts`.

    Returns
    -------
    float32 array (K, 2)
        ``(x, y)`` in pixels.

    Raises
    ------
    AnnotationError
        If the text is no .asf file, or has too few points, or something that is no number.
    """
    lines = [line.split("#")[0].split() for line in text.splitlines()]
    rows = [line for line in lines if len(line) in ASF_COLUMNS]
    announced = [line[0] for line in lines if len(line) == 1 and line[0].isdecimal()]
    if not announced:
        raise AnnotationError(f"{name} does not say how many points it has; is it an .asf file?")
    if announced[0] != str(len(rows)):
        raise AnnotationError(f"{name} announces {announced[0]} points and lists {len(rows)}")
    return _checked(rows, (2, 3), name, count) * np.array([width, height], dtype=np.float32)


def parse_dlib_xml(text: str | bytes, *, name: str = "the XML file") -> list[tuple[str, list[list[str]]]]:
    """Read the XML of dlib's imglab, the format of its release of 300-W.

    Parameters
    ----------
    text : str or bytes
        The file's content; bytes are decoded as the file says.
    name : str
        How to call the file in an error.

    Returns
    -------
    list of (str, list of [str, str])
        For each box of each image: the image's file, relative to the XML file's folder, and ``x`` and ``y``
        of its parts in the order of their names, as written. `points_of_parts` makes numbers of them.

    Raises
    ------
    AnnotationError
        If the text is no XML, or holds no images.
    """
    try:
        images = ElementTree.fromstring(text).findall("images/image")
    except ElementTree.ParseError as error:
        raise AnnotationError(f"{name} cannot be read as XML ({error}); fetch it again") from None
    if not images:
        raise AnnotationError(f"{name} lists no images; is it a file of dlib's imglab?")
    return [
        (image.get("file", ""), [[part.get("x", ""), part.get("y", "")] for part in _in_order(box)])
        for image in images
        for box in image.findall("box")
    ]


def points_of_parts(parts: list[list[str]], *, name: str = "the face", count: int | None = None) -> Points:
    """Points (K, 2), pixels counted from 0, of a box's parts as `parse_dlib_xml` gives them; float32.

    Raises
    ------
    AnnotationError
        If there are not `count` of them, or one is no pair of numbers.
    """
    return _checked(parts, (0, 1), name, count)


def _in_order(box: ElementTree.Element) -> list[ElementTree.Element]:
    """The parts of a box by their names, which are numbers: 00, 01, ..."""
    return sorted(box.findall("part"), key=lambda part: part.get("name", "").zfill(4))


def parse_faces(data: bytes, suffix: str, size: tuple[int, int], *, name: str) -> list[NDArray[np.float64]]:
    """The faces in a file of points of any kind.

    Parameters
    ----------
    data : bytes
        The file's content.
    suffix : str
        Its kind, one of `POINT_SUFFIXES`: ``.pts`` (iBUG) or ``.asf`` (IMM) with one face, ``.json`` or
        ``.csv`` as `facekp detect` writes them; a JSON list of pairs [x, y] will do as well.
    size : (int, int)
        Width and height of the photograph, pixels; .asf counts in parts of them.
    name : str
        How to call the file in an error.

    Returns
    -------
    list of float64 arrays (K, 2)
        In the file's order, ``(x, y)`` in pixels counted from 0.

    Raises
    ------
    AnnotationError
        If the content is of another kind.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise AnnotationError(f"{name} is no text") from None
    if suffix == ".json":
        return [as_pairs(face, name) for face in _json_faces(text, name)]
    if suffix == ".csv":
        return [as_pairs(face, name) for face in _csv_faces(text, name)]
    points = parse_asf(text, *size, name=name) if suffix == ".asf" else parse_pts(text, name=name)
    return [points.astype(np.float64)]


def as_pairs(values: Any, name: str) -> NDArray[np.float64]:
    """A list of pairs of finite numbers as an array (K, 2).

    Raises
    ------
    AnnotationError
        If it is something else.
    """
    pairs = values if isinstance(values, list) else []
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 and all(map(is_finite, pair)) for pair in pairs):
        raise AnnotationError(f"{name} holds points that are no pairs of finite numbers")
    return np.array(pairs, dtype=np.float64)


def _json_faces(text: str, name: str) -> list[Any]:
    try:
        stored = json.loads(text)
        if stored and isinstance(stored[0], list):
            return [stored]
        return [face["points"] for record in stored for face in record["faces"]]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise AnnotationError(f"{name} is no JSON file of points as facekp detect writes it") from None


def _csv_faces(text: str, name: str) -> list[Any]:
    faces: dict[tuple[str, str], list[list[float]]] = {}
    try:
        for row in csv.DictReader(io.StringIO(text)):
            faces.setdefault((row["file"], row["face"]), []).append([float(row["x"]), float(row["y"])])
    except (KeyError, TypeError, ValueError, csv.Error):
        raise AnnotationError(f"{name} is no CSV file of points as facekp detect writes it") from None
    return list(faces.values())


def format_pts(points: NDArray[Any]) -> str:
    """Write points (K, 2), pixels counted from 0, in the .pts format, which counts from 1."""
    rows = "\n".join(f"{x + 1:.3f} {y + 1:.3f}" for x, y in points)
    return f"version: 1\nn_points: {len(points)}\n{{\n{rows}\n}}\n"


def format_csv(records: Iterable[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Write the points of all faces as one CSV table, a row for each point.

    Its columns are file, face, point, name, x, y, uncertainty (pixels), score, yaw, pitch, roll (degrees), detection,
    x_min, y_min, x_max and y_max (its box); those from score on, which are the face's, stand in each of its rows.
    What is not known is left empty.

    Parameters
    ----------
    records : iterable of mappings
        As `facekp.keypoints.photo_record` gives them, one for each photograph.
    names : sequence of str
        The names of the K points.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    for record in records:
        for number, face in enumerate(record["faces"]):
            pose = face.get("pose") or {}
            angles = [pose.get(angle, "") for angle in ("yaw", "pitch", "roll")]
            box = face.get("box") or [""] * 4
            whole = [face.get("score", ""), *angles, face.get("detection", ""), *box]
            doubts = face.get("uncertainty") or [""] * len(names)
            for index, (name, (x, y), doubt) in enumerate(zip(names, face["points"], doubts, strict=True)):
                writer.writerow([record["file"], number, index, name, f"{x:.3f}", f"{y:.3f}", doubt, *whole])
    return buffer.getvalue()


def format_json(records: Iterable[Mapping[str, Any]]) -> str:
    """Write records of plain Python values as JSON, one record a line."""
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def _checked(rows: list[list[str]], columns: tuple[int, int], name: str, count: int | None) -> Points:
    if not rows or (count is not None and len(rows) != count):
        wanted = "at least one" if count is None else str(count)
        raise AnnotationError(f"{name} has {len(rows)} points; {wanted} needed")
    points = np.empty((len(rows), 2), dtype=np.float64)
    for index, row in enumerate(rows):
        try:
            points[index] = [float(row[column]) for column in columns]
        except (ValueError, IndexError):
            raise AnnotationError(f"{name}, point {index}: {' '.join(row)!r} is not a pair of numbers") from None
    if not np.isfinite(points).all():
        raise AnnotationError(f"{name} holds a coordinate that is not finite")
    return points.astype(np.float32)
