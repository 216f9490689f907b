"""The ``facekp`` command.

torch and the rest are imported by the commands that need them, so that ``facekp --help`` starts at once.
"""

from __future__ import annotations

import argparse
import os
import shlex
import socket
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from facekp import __version__
from facekp.cli_film import detect_films, is_film
from facekp.cli_morph import add_morph_commands
from facekp.cli_photo import detect_photos
from facekp.console import FAILED, MISUSED, add_shared_options, complain, heed_sigterm, refuse_existing
from facekp.errors import CheckpointError, FacekpError, FacekpWarning, OutputError, SettingsError
from facekp.files import reason

if TYPE_CHECKING:
    from facekp.checkpoint import Checkpoint


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
    except BrokenPipeError:  # `console` knows what to do
        raise
    except OSError as error:  # a file system can refuse anything, at any time
        complain(_sentence(error))
        return FAILED
    except KeyboardInterrupt:
        complain("interrupted")
        return FAILED
    return status


def _sentence(error: OSError) -> str:
    """What a refusal says, and of which file."""
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{where}{reason(error)}; choose another place, or make room"


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
        epilog="A GIF, WebP or PNG that moves is a film. The table of photographs has a row for each point of each "
        "face; that of a film a row for each face in each frame; .json and .jsonl have an object for each photograph, "
        "or frame. Faces in films have ids, which they keep. docs/points.md tells of columns and fields.",
    )
    detect.add_argument("photos", metavar="PHOTO", nargs="+", help="a photograph or a film")
    detect.add_argument(
        "--format",
        choices=("json", "csv", "pts"),
        help="default: that of --out's suffix, or json; .pts holds nothing but the points of one face",
    )
    detect.add_argument(
        "--out",
        metavar="PLACE",
        type=Path,
        help="a folder, for a file for each photograph or film; or one file: points.csv or .json, of one film .jsonl "
        "too; without it, the points are printed",
    )
    detect.add_argument("--overlay", action="store_true", help="also write it with its points (with --out)")
    detect.set_defaults(run=_detect)

    add_shared_options(detect)
    add_morph_commands(commands)

    export = commands.add_parser(
        "export",
        help="write a network as an ONNX model",
        epilog="Where a network has a scout, which looks first, as face68 has face68-fast, the scout is a second "
        "model: export it too. The model's metadata (facekp.preprocessing) tell how either is used.",
    )
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
    return detect_films(arguments) if any(map(is_film, arguments.photos)) else detect_photos(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from facekp.checkpoint import load_checkpoint
    from facekp.export import export_onnx

    checkpoint = load_checkpoint(arguments.model)
    target = arguments.file or Path(f"{checkpoint.name}.onnx")
    if arguments.file is None:
        refuse_existing(target, arguments, f"give another name, as in: facekp export {arguments.model} NAME.onnx")
    export_onnx(checkpoint, target)
    if checkpoint.scout:
        complain(_scout_too(arguments.model, target, checkpoint.scout))
    return 0


def _scout_too(model: str, target: Path, scout: Checkpoint) -> str:
    """That a model alone is not all of a network, and what writes the rest."""
    from facekp.checkpoint import checkpoint_folder
    from facekp.inventory import checkpoints_folder, scout_folder

    folder = scout_folder(checkpoint_folder(model), scout.name) or Path(scout.name)
    name = scout.name if folder.parent == checkpoints_folder() else str(folder)
    command = shlex.join(["facekp", "export", name, str(target.with_name(f"{scout.name}.onnx"))])
    return f"{target} gives the library's points only behind its scout, which looks first; write it with: {command}"


def _app(arguments: argparse.Namespace) -> int:
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        raise SettingsError("the app needs Streamlit; install it with: pip install 'facekp[app]'")
    _check_address(arguments.host, arguments.port)
    here = Path(__file__).parent
    folder = next(place for place in (here / "app", here.parent / "app") if place.is_dir())
    where = ["--server.address", arguments.host, "--server.port", str(arguments.port)]
    script = [str(folder / "server.py"), *where]
    # Streamlit takes over this process, so that Ctrl-C reaches it and nothing is left behind.
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", *script])


def _check_address(host: str, port: int) -> None:
    """Refuse an address at which nothing can be served; Streamlit would end in a stack trace."""
    if not 1 <= port <= 65535:
        raise SettingsError(f"the port is {port}; give one from 1 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: not for a port in use
            listener.bind(address)
    except (OSError, ValueError) as error:  # ValueError: a host whose name is too long
        raise SettingsError(
            f"the app cannot be served at {host}, port {port}: {reason(error)}; give another --host or --port"
        ) from None


def console() -> None:
    """Entry point of the installed command."""
    heed_sigterm()
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has had enough, as `head` does. Python would complain once more when it
        # closes standard output, so that leads nowhere from here on (docs.python.org/3/library/signal.html).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    except OSError as error:  # what is buffered cannot be written: a full disk, say
        complain(_sentence(error))
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    sys.exit(status)
