"""Writing files so that nothing is lost: aside first, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from facekp.errors import OutputError


def check_output(path: str | os.PathLike[str], suffixes: Collection[str] = ()) -> Path:
    """Check that a file can be written at a path, before the work for it is done.

    Parameters
    ----------
    path : path
        The file to be.
    suffixes : collection of str
        Those that are understood, in lower case with their dot; empty for any.

    Raises
    ------
    OutputError
        If the folder does not exist or may not be written to, the path is a folder, or the
        suffix is unknown.
    """
    target = Path(path)
    if suffixes and target.suffix.lower() not in suffixes:
        given = f"the suffix {target.suffix!r}" if target.suffix else "a name without suffix"
        raise OutputError(f"{target}: cannot write {given}; use {' or '.join(sorted(suffixes))}")
    if not target.parent.is_dir():
        raise OutputError(f"{target}: the folder {target.parent} does not exist; make it first")
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give the name of a file")
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target}: the folder {target.parent} may not be written to")
    return target


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends well, removed when it does not.

    Raises
    ------
    OutputError
        If the file system refuses to write.
    """
    target = check_output(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        mask = os.umask(0)
        os.umask(mask)
        aside.chmod(0o666 & ~mask)  # mkstemp makes files that only their owner can read
        aside.replace(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a whole file, or leave what was there."""
    with written_aside(path) as aside:
        aside.write_bytes(data)
