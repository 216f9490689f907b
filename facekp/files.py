"""Writing files so that nothing is lost: aside first, then renamed."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from facekp.errors import OutputError

_LONGEST_SUFFIX = 16
"""Characters of a suffix that a temporary name takes over; file systems allow names of 255 bytes."""


def reason(error: OSError | ValueError) -> str:
    """Why the file system refuses, in its own words."""
    return getattr(error, "strerror", None) or str(error)


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
        If the folder does not exist or may not be written to, the path is a folder, or no file can
        have such a name, or the suffix is unknown.
    """
    target = Path(path)
    if suffixes and target.suffix.lower() not in suffixes:
        given = f"the suffix {target.suffix!r}" if target.suffix else "a name without suffix"
        raise OutputError(f"{target}: cannot write {given}; use {' or '.join(sorted(suffixes))}")
    _check_parent(target)
    if is_folder(target):
        raise OutputError(f"{target} is a folder; give the name of a file")
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target}: the folder {target.parent} may not be written to; choose another place")
    return target


def check_folder(path: str | os.PathLike[str]) -> Path:
    """Check that files can be written into a folder, or that it can be made, before the work for it is done.

    Raises
    ------
    OutputError
        If it is a file, may not be written to, or can have no such name, or the folder that it is to
        be made in does not exist or may not be written to.
    """
    folder = Path(path)
    _check_parent(folder)
    there = is_folder(folder)
    if not there and os.path.lexists(folder):
        raise OutputError(f"{folder} is a file; give a folder")
    asked = folder if there else folder.parent
    if not os.access(asked, os.W_OK):
        raise OutputError(f"{folder}: the folder {asked} may not be written to; choose another place")
    return folder


def make_folder(path: str | os.PathLike[str], *, parents: bool = False) -> Path:
    """Make a folder, unless it is there; with `parents` also those that it lies in.

    Raises
    ------
    OutputError
        As `check_folder`, or if the file system refuses.
    """
    folder = Path(path) if parents else check_folder(path)
    try:
        folder.mkdir(parents=parents, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {folder} cannot be made: {reason(error)}; choose another place") from None
    return folder


def is_folder(path: Path) -> bool:
    """Whether there is a folder of this name.

    Raises
    ------
    OutputError
        If there can be none, since the name is too long, say, or one may not look there.
    """
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise OutputError(f"{path} cannot be written: {reason(error)}; choose another name or place") from None


def _check_parent(path: Path) -> None:
    if not is_folder(path.parent):
        raise OutputError(f"{path}: the folder {path.parent} does not exist; make it first")


def is_same(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether two paths lead to one file, or would if it were there."""
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - also of names that differ in case, where that is one
    except (OSError, ValueError):  # one of them is not there, or its name can be no file's
        return os.path.abspath(one) == os.path.abspath(other)  # noqa: PTH100 - follows no links


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends well, removed when it does not.

    Raises
    ------
    OutputError
        If the file system refuses to write.
    """
    target = check_output(path)
    # A short name: one made of the target's would be too long where that is nearly so.
    suffix = target.suffix if len(target.suffix) <= _LONGEST_SUFFIX else ""
    aside = target.with_name(f".{token_hex(8)}{suffix}")  # known before the file is there, should that be interrupted
    try:
        aside.touch(exist_ok=False)
        yield aside
        aside.replace(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {reason(error)}; choose another place") from error
    finally:
        aside.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a whole file, or leave what was there."""
    with written_aside(path) as aside:
        aside.write_bytes(data)
