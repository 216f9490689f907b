"""The ``facekp`` command.

torch and the rest are imported by the commands that need them, so that ``facekp --help`` starts at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from facekp import __version__
from facekp.cli_film import detect_films, is_film
from facekp.cli_morph import add_morph_commands
from facekp.console import (
    FAILED,
    MISUSED,
    add_shared_options,
    complain,
    load_predictor,
    refuse_existing,
    with_progress,
)
from facekp.errors import CheckpointError, FacekpError, FacekpWarning, OutputError, SettingsError

if TYPE_CHECKING:
    from facekp.images import Picture
    from facekp.keypoints import Keypoints


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default: those of the process.

    Returns
    -------
    int
        0 when all went well, 1 when a photograph failed, 2 for wrong usage.
    """
    arguments = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", FacekpWarning)
            warnings.showwarning = _show_warning
            status: int = arguments.run(arguments)
    except (CheckpointError, OutputError, SettingsError) as error:
        complain(error)
        return MISUSED
    except FacekpError as error:
        complain(error)
        return FAILED
    except KeyboardInterrupt:
        complain("interrupted")
        return FAILED
    return status


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show facekp's own warnings as one line, others by their name too."""
    complain(message if issubclass(category, FacekpWarning) else f"{category.__name__}: {message}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="facekp", description="Facial keypoints, and morphs made from them.")
    parser.add_argument("--version", action="version", version=f"facekp {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    detect = commands.add_parser(
        "detect",
        help="find the keypoints in photographs or films",
        epilog="Of a film (.mp4, .mov, .webm, ...) --out may also name the file: points.csv, with a row for each face "
        "in each frame, or points.json or .jsonl, with an object for each frame. Faces have ids, which they keep.",
    )
    detect.add_argument("photos", metavar="PHOTO", nargs="+", help="a photograph or a film")
    detect.add_argument("--format", choices=("json", "csv", "pts"), default="json")
    detect.add_argument("--out", metavar="DIR", type=Path, help="write a file for each into this folder")
    detect.add_argument("--overlay", action="store_true", help="also write it with its points (with --out)")
    detect.set_defaults(run=_detect)

    add_shared_options(detect)
    add_morph_commands(commands)

    export = commands.add_parser("export", help="write a network as an ONNX model")
    export.add_argument("model", metavar="MODEL", help="a checkpoint's name or folder")
    export.add_argument("file", metavar="FILE", type=Path, nargs="?", help="default: the model's name with .onnx")
    export.add_argument("--overwrite", action="store_true", help="replace a file that facekp named itself")
    export.set_defaults(run=_export)

    app = commands.add_parser("app", help="serve the web app on this computer")
    app.add_argument("--host", default="localhost", help="address to listen on; 0.0.0.0 for all (default: localhost)")
    app.add_argument("--port", type=int, default=8501)
    app.set_defaults(run=_app)
    return parser


def _detect(arguments: argparse.Namespace) -> int:
    from facekp.annotations import format_csv, format_json
    from facekp.keypoints import photo_record
    from facekp.many import predict_files

    if any(map(is_film, arguments.photos)):
        return detect_films(arguments)
    _check_detect(arguments)
    predictor = load_predictor(arguments)
    records, failed = [], False
    for photo, found in with_progress(predict_files(predictor, arguments.photos), len(arguments.photos)):
        try:
            if isinstance(found, FacekpError):
                raise found
            image, faces = found
            if not faces:
                complain(f"{photo}: no face was found")
            if arguments.out:
                _write_faces(arguments, photo, image, faces)
        except FacekpError as error:
            complain(error)
            failed = True
            continue
        records.append(photo_record(photo, image, faces))
    if not arguments.out:
        names = predictor.schema.names
        sys.stdout.write(format_json(records) if arguments.format == "json" else format_csv(records, names))
    return FAILED if failed else 0


def _check_detect(arguments: argparse.Namespace) -> None:
    """What can be refused before any work is done."""
    if arguments.out is None:
        if arguments.overlay or arguments.format == "pts":
            asked = "--overlay" if arguments.overlay else "--format pts"
            raise SettingsError(f"{asked} writes files; give the folder for them with --out DIR")
        return
    if not arguments.out.parent.is_dir():
        raise OutputError(f"{arguments.out}: the folder {arguments.out.parent} does not exist; make it first")
    if arguments.out.exists() and not arguments.out.is_dir():
        raise OutputError(f"{arguments.out} is a file; give a folder")
    twice = [stem for stem, count in Counter(Path(photo).stem for photo in arguments.photos).items() if count > 1]
    if twice:
        raise OutputError(f"several photographs are called {twice[0]!r} and would overwrite each other; run them apart")


def _write_faces(arguments: argparse.Namespace, photo: str, image: Picture, faces: list[Keypoints]) -> None:
    from facekp.draw import draw_face
    from facekp.files import write_bytes
    from facekp.images import encode_png

    outputs = {name: text.encode() for name, text in _documents(arguments.format, photo, image, faces).items()}
    if arguments.overlay:
        overlay = image
        for face in faces:
            overlay = draw_face(overlay, face.points, face.schema, uncertainty=face.uncertainty)
        outputs[f"{Path(photo).stem}_points.png"] = encode_png(overlay)
    arguments.out.mkdir(exist_ok=True)
    for name in outputs:
        refuse_existing(arguments.out / name, arguments)
    for name, data in outputs.items():
        write_bytes(arguments.out / name, data)


def _documents(form: str, photo: str, image: Picture, faces: list[Keypoints]) -> dict[str, str]:
    """Names and texts of the files for one photo; .pts holds one face, so there is one for each."""
    from facekp.annotations import format_csv, format_json, format_pts
    from facekp.keypoints import photo_record

    stem = Path(photo).stem
    if form == "json":
        return {f"{stem}.json": format_json([photo_record(photo, image, faces)])}
    if form == "csv":
        names = faces[0].schema.names if faces else ()
        return {f"{stem}.csv": format_csv([photo_record(photo, image, faces)], names)}
    return {f"{stem}{f'_{i + 1}' if i else ''}.pts": format_pts(face.points) for i, face in enumerate(faces)}


def _export(arguments: argparse.Namespace) -> int:
    from facekp.checkpoint import load_checkpoint
    from facekp.export import export_onnx

    checkpoint = load_checkpoint(arguments.model)
    target = arguments.file or Path(f"{checkpoint.name}.onnx")
    if arguments.file is None:
        refuse_existing(target, arguments)
    export_onnx(checkpoint, target)
    return 0


def _app(arguments: argparse.Namespace) -> int:
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        raise SettingsError("the app needs Streamlit; install it with: pip install 'facekp[app]'")
    here = Path(__file__).parent
    folder = next(place for place in (here / "app", here.parent / "app") if place.is_dir())
    where = ["--server.address", arguments.host, "--server.port", str(arguments.port)]
    script = [str(folder / "server.py"), *where]
    # Streamlit takes over this process, so that Ctrl-C reaches it and nothing is left behind.
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", *script])


def console() -> None:
    """Entry point of the installed command."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has had enough, as `head` does. Python would complain once more when it
        # closes standard output, so that leads nowhere from here on (docs.python.org/3/library/signal.html).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    sys.exit(status)
