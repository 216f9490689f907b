"""``facekp detect`` with films."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

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
from facekp.errors import FacekpError, SettingsError
from facekp.files import check_folder, check_output, make_folder, written_aside

if TYPE_CHECKING:
    from facekp.footage import Footage
    from facekp.images import Picture
    from facekp.track import KeypointTracker
    from facekp.trackfile import Faces

FILM_SUFFIXES = (
    ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts",
    ".vob", ".webm", ".wmv",
)  # fmt: skip
"""Of files that are films rather than photographs."""

NEWCOMERS = 1.0
"""Seconds after which faces are looked for that have come into a film."""


def is_film(path: str) -> bool:
    """Whether a file is a film rather than a photograph, by its suffix; of GIF, WebP and PNG, by whether they move."""
    from facekp.animation import is_animation

    return Path(path).suffix.lower() in FILM_SUFFIXES or is_animation(path)


def detect_films(arguments: argparse.Namespace) -> int:
    """Find the keypoints in the frames of films, and write them as they are found."""
    from facekp.track import KeypointTracker

    targets = _targets(arguments)
    tracker = KeypointTracker(load_predictor(arguments), search_every=NEWCOMERS)
    failed = False
    for path, (table, overlay) in targets.items():
        try:
            failed |= not _detect_film(path, tracker, table, overlay, arguments.format or DEFAULT_FORMAT)
        except FacekpError as error:
            complain(error)
            failed = True
    return FAILED if failed else 0


def _targets(arguments: argparse.Namespace) -> dict[str, tuple[Path | None, Path | None]]:
    """For each film where its points and the film with them drawn in are to be written."""
    films, out = arguments.photos, arguments.out
    photo = next((path for path in films if not is_film(path)), None)
    if photo is not None:
        film = next(filter(is_film, films))
        raise SettingsError(f"{film} is a film and {photo} is not; give photographs and films in commands apart")
    if arguments.format == "pts":
        raise SettingsError("a .pts file holds one face; write the points of a film as csv or json")
    if out is None:
        if arguments.overlay:
            raise SettingsError("--overlay writes a film; give the file for its points with --out points.csv")
        if len(films) > 1:
            raise SettingsError("several films need a folder for their points; give it with --out DIR")
        return {films[0]: (None, None)}
    one = names_file(out)
    if one:
        _check_table(out, arguments)
    folder = out.parent if one else check_folder(out)
    refuse_same_names(films, "films")
    targets = {}
    for film in films:
        stem = Path(film).stem
        table = out if one else out / f"{stem}.{arguments.format or DEFAULT_FORMAT}"
        overlay = folder / f"{stem}_points.mp4" if arguments.overlay else None
        for named_by_us in (None if one else table, overlay):
            if named_by_us:
                refuse_existing(named_by_us, arguments)
        targets[film] = (table, overlay)
    if not one:
        make_folder(out)
    return targets


def _check_table(out: Path, arguments: argparse.Namespace) -> None:
    from facekp.trackfile import TRACK_WRITERS

    check_output(out, TRACK_WRITERS)
    refuse_other_format(out, arguments)
    if len(arguments.photos) > 1:
        raise SettingsError(f"{out} is one file, for {len(arguments.photos)} films; give a folder with --out DIR")


def _detect_film(
    path: str, tracker: KeypointTracker, table: Path | None, overlay: Path | None, stdout_format: str
) -> bool:
    """Write the points of a film; whether all of it could be read."""
    from facekp.footage import Footage
    from facekp.trackfile import TRACK_WRITERS

    footage = Footage(path)
    tracker.reset()
    seen = False
    with ExitStack() as files:
        file: TextIO = sys.stdout
        if table:
            file = files.enter_context(
                files.enter_context(written_aside(table)).open("w", newline="", encoding="utf-8")
            )
        writer = TRACK_WRITERS[table.suffix.lower() if table else f".{stdout_format}"](file, tracker.predictor.schema)
        film = files.enter_context(_Overlay(overlay, footage)) if overlay else None
        for number, time, picture in with_progress(iter(footage), footage.count):
            faces = tracker.update(picture, time)
            writer.write(number, time, faces)
            if film:
                film.write(picture, time, faces)
            seen |= bool(faces)
        writer.finish()
    if not seen:
        complain(f"{path}: no face was found")
    return not footage.trouble


class _Overlay(ExitStack):
    """A film with the points drawn in, and its sound; appears when it is complete."""

    def __init__(self, path: Path, footage: Footage) -> None:
        super().__init__()
        self._path, self._footage = path, footage
        self._write: Callable[[Picture, Fraction], None] | None = None

    def write(self, picture: Picture, time: Fraction, faces: Faces) -> None:
        """Draw the faces into a frame, and write it."""
        from facekp.draw import draw_face
        from facekp.video import film_writer

        if self._write is None:
            size = picture.shape[1], picture.shape[0]
            aside = self.enter_context(written_aside(self._path))
            sound = self._footage.sound
            self._write = self.enter_context(film_writer(aside, size, self._footage.rate, sound=sound))
        for key, face in faces.items():
            label = str(key) if len(faces) > 1 else ""
            picture = draw_face(picture, face.points, face.schema, uncertainty=face.uncertainty, label=label)
        self._write(picture, time)
