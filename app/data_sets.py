"""The face data sets: where they come from, and whether they are here; nothing here knows Streamlit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataSet:
    """A collection of annotated faces that is not ours to ship.

    Attributes
    ----------
    name : str
        As results name it.
    title, about, licence, source : str
        What it is called, what it is, on what terms, and its official source.
    folder : str
        Its folder in the folder that ``FACEKP_DATA`` names.
    """

    name: str
    title: str
    about: str
    licence: str
    source: str
    folder: str

    @property
    def here(self) -> bool:
        """Whether its folder is on this machine."""
        data = data_folder()
        return data is not None and (data / self.folder).is_dir()

    def photo(self, file: str) -> Path | None:
        """A photograph by its path in the data set's folder, if it is on this machine."""
        data = data_folder()
        path = data / self.folder / file if data else None
        return path if path and path.is_file() else None


DATA_SETS = (
    DataSet(
        "imm",
        "IMM Face Database",
        "40 people, each seen six times, with 58 points.",
        "Free for education and research; cite Nordstrøm et al. 2004.",
        "http://www2.imm.dtu.dk/~aam/datasets/imm_face_db.zip",
        "imm_face_db",
    ),
    DataSet(
        "300w",
        "iBUG 300-W, dlib's release",
        "Photographs from the Internet (AFW, HELEN, LFPW) with 68 points.",
        "For research only; cite Sagonas et al. 2013.",
        "http://dlib.net/files/data/ibug_300W_large_face_landmark_dataset.tar.gz",
        "ibug_300W_large_face_landmark_dataset",
    ),
    DataSet(
        "merl_rav",
        "MERL-RAV",
        "68 points for photographs of AFLW, turned heads among them.",
        "For research only; cite Kumar et al. 2020.",
        "https://github.com/abhi1kumar/MERL-RAV_dataset",
        "merl_rav",
    ),
    DataSet(
        "london",
        "Face Research Lab London Set",
        "Portraits without points; most composites of the gallery are made of them.",
        "CC BY 4.0; cite DeBruine & Jones 2017.",
        "https://doi.org/10.6084/m9.figshare.5047666",
        "london_faces",
    ),
)
"""All of them, in the order of the stages that use them."""


def data_folder() -> Path | None:
    """The folder of the data sets, from the environment's ``FACEKP_DATA``."""
    given = os.environ.get("FACEKP_DATA")
    return Path(given) if given else None


def is_here(data_set: str) -> bool:
    """Whether a data set is on this machine, by its name."""
    return any(each.here for each in DATA_SETS if each.name == data_set)


def find_photo(data_set: str, file: str) -> Path | None:
    """A photograph of a data set by its name, if it is on this machine."""
    return next((each.photo(file) for each in DATA_SETS if each.name == data_set), None)
