"""Broken faces of a data set: each is named, counted and left out, and a data set with many of them is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from tqdm import tqdm

from facekp.errors import FacekpError, ImageError
from facekp.images import Picture, load_image

MOST_BROKEN = 0.01
"""Share of a data set's faces that may be broken; with more of them it is refused."""


@dataclass(eq=False)
class Tally:
    """The count of the broken faces of a data set. All its faces share it, so a split of them changes no share.

    Attributes
    ----------
    source : str
        The data set.
    listed : int
        How many faces it has; a face that is given by itself is one of one.
    broken : list of str
        What is wrong with those whose annotation or picture cannot be read.
    """

    source: str = "those given"
    listed: int = 1
    broken: list[str] = field(default_factory=list)

    def skip(self, error: Exception) -> None:
        """Count a face that cannot be read, once however often it is tried, and name it on the error stream."""
        if str(error) not in self.broken:
            self.broken.append(str(error))
            print(f"skipped, {self}: {error}", file=sys.stderr)

    def check(self) -> None:
        """Refuse a data set of which more than `MOST_BROKEN` is broken.

        Raises
        ------
        FacekpError
            If this is one.
        """
        if len(self.broken) > MOST_BROKEN * self.listed:
            raise FacekpError(
                f"{self}, more than {MOST_BROKEN:.0%}; get the data set again. The first: {self.broken[0]}"
            )

    def __str__(self) -> str:
        return f"{len(self.broken)} of {self.listed} faces of {self.source} are broken"


class Pictured(Protocol):
    """What has a photograph, and is of a data set: a `Face`, or a sample of one."""

    @property
    def photo(self) -> Path:
        """The photograph."""
        ...

    @property
    def tally(self) -> Tally:
        """Of the data set."""
        ...


Each = TypeVar("Each", bound=Pictured)


def pictures(faces: Sequence[Each], title: str) -> Iterator[tuple[Each, Picture]]:
    """Each face with its photograph, decoded when its turn comes; broken pictures are named, counted and left out.

    Parameters
    ----------
    faces : sequence of Face, or of samples of them
    title : str
        Of the bar that shows how far it is.

    Raises
    ------
    FacekpError
        After the last one, if a data set is broken, pictures and annotations counted together.
    """
    for face in tqdm(faces, desc=title, disable=None, leave=False):
        try:
            picture = load_image(face.photo)
        except ImageError as error:
            face.tally.skip(error)
        else:
            yield face, picture
    for tally in dict.fromkeys(face.tally for face in faces):
        tally.check()
