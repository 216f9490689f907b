"""``facekp detect`` with photographs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facekp.console import (
    DEFAULT_FORMAT,
    FAILED,
    complain,
    load_predictor,
    names_file,
    refuse_existing,
    refuse_other_format,
    refuse_same_names,
    with_progress,
)
from facekp.errors import FacekpError, OutputError, SettingsError
from facekp.files import check_folder, check_output, make_folder, write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facekp.images import Picture
    from facekp.keypoints import Keypoints

_TABLES = (".csv", ".json")
"""Suffixes of files that hold the points of all photographs."""


def detect_photos(arguments: argparse.Namespace) -> int:
    """Find the keypoints in photographs, and write them to one file, to a file for each, or to standard output."""
    from facekp.keypoints import photo_record
    from facekp.many import predict_files

    table = _check(arguments)
    predictor = load_predictor(arguments)
    folder = _folder(arguments, table)
    records, failed = [], False
    for photo, found in with_progress(predict_files(predictor, arguments.photos), len(arguments.photos)):
        try:
            if isinstance(found, FacekpError):
                raise found
            image, faces = found
            if not faces:
                complain(f"{photo}: no face was found")
            if folder is not None:
                _write_faces(arguments, folder, photo, image, faces)
        except FacekpError as error:
            complain(error)
            failed = True
            continue
        records.append(photo_record(photo, image, faces))
    form = table.suffix.lower().lstrip(".") if table else arguments.format or DEFAULT_FORMAT
    if table:
        write_bytes(table, _listed(form, records, predictor.schema.names).encode())
    elif arguments.out is None:
        sys.stdout.write(_listed(form, records, predictor.schema.names))
    return FAILED if failed else 0


def _check(arguments: argparse.Namespace) -> Path | None:
    """Refuse what can be refused before any work is done; the file for all points, if --out names one."""
    out = arguments.out
    if out is None:
        if arguments.overlay or arguments.format == "pts":
            asked = "--overlay" if arguments.overlay else "--format pts"
            raise SettingsError(f"{asked} writes files; give the folder for them with --out DIR")
        return None
    table = out if names_file(out) else None
    if table is None:
        check_folder(out)
    elif out.suffix.lower() in _TABLES:
        refuse_other_format(out, arguments)
        check_output(out)
    else:
        raise OutputError(
            f"{out}: the points of photographs go into one file that ends in .csv or .json, or into a folder with a "
            "file for each; a new folder's name has no dot"
        )
    if table is None or arguments.overlay:
        refuse_same_names(arguments.photos, "photographs")
    return table


def _folder(arguments: argparse.Namespace, table: Path | None) -> Path | None:
    """Where a file for each photograph is written, made if need be; beside one table, pictures alone."""
    if table:
        return table.parent if arguments.overlay else None
    return None if arguments.out is None else make_folder(arguments.out)


def _listed(form: str, records: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    from facekp.annotations import format_csv, format_json

    return format_json(records) if form == "json" else format_csv(records, names)


def _write_faces(
    arguments: argparse.Namespace, folder: Path, photo: str, image: Picture, faces: list[Keypoints]
) -> None:
    """Write the files of one photograph: its points, unless they go into a table, and the picture with them."""
    from facekp.draw import draw_face
    from facekp.images import encode_png

    outputs: dict[str, bytes] = {}
    if folder == arguments.out:
        documents = _documents(arguments.format or DEFAULT_FORMAT, photo, image, faces)
        outputs = {name: text.encode() for name, text in documents.items()}
    if arguments.overlay:
        overlay = image
        for face in faces:
            overlay = draw_face(overlay, face.points, face.schema, uncertainty=face.uncertainty)
        outputs[f"{Path(photo).stem}_points.png"] = encode_png(overlay)
    for name in outputs:
        refuse_existing(folder / name, arguments)
    for name, data in outputs.items():
        write_bytes(folder / name, data)


def _documents(form: str, photo: str, image: Picture, faces: list[Keypoints]) -> dict[str, str]:
    """Names and texts of the files for one photo; .pts holds one face, so there is one for each."""
    from facekp.annotations import format_pts
    from facekp.keypoints import photo_record

    stem = Path(photo).stem
    if form != "pts":
        names = faces[0].schema.names if faces else ()
        return {f"{stem}.{form}": _listed(form, [photo_record(photo, image, faces)], names)}
    return {f"{stem}{f'_{i + 1}' if i else ''}.pts": format_pts(face.points) for i, face in enumerate(faces)}
