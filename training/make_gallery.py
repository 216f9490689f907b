"""Make the app's gallery: composites, each the mean face of several people.

    python -m training.make_gallery --data DIR

Composites of the Face Research Lab London Set are aligned by the points that the checkpoint finds.
Those of 300-W and IMM are aligned by the annotated points, so the mean shape that the pictures are
warped to is the composite's true shape, and is written beside it. Nobody's own picture is kept.
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from facekp.annotations import format_pts
from facekp.errors import FacekpError
from facekp.files import write_bytes
from facekp.images import Picture, load_image
from facekp.morph import average_with_points
from facekp.predict import KeypointPredictor
from facekp.schema import IBUG68, IMM58
from training.command import told
from training.data import Face, data_folder, read_300w, read_imm, require

SIZE = (512, 512)
LEAST_PEOPLE = 6

LONDON_FOLDER = "london_faces"
LONDON_SOURCE = "https://doi.org/10.6084/m9.figshare.5047666"
LONDON_CREDIT = "Face Research Lab London Set, DeBruine & Jones 2017, doi:10.6084/m9.figshare.5047666, CC BY 4.0"
IBUG_CREDIT = "iBUG 300-W, Sagonas et al. 2013, test photographs, for research only"
IMM_CREDIT = "IMM Face Database, Nordstrøm et al. 2004"

# People who look somewhat alike, so that the composites differ from each other. Chosen by eye.
LONDON = {
    "Ada": "002 009 010 027 081 083 100 122",
    "Bela": "007 014 016 020 032 086 134 139",
    "Carl": "012 029 063 068 128 130 138 141",
    "Dario": "017 036 103 108 117 121 131 142",
    "Ebo": "042 043 061 082 114 137",
    "Fei": "005 024 030 034 045 087 119 127",
    "Gina": "006 025 064 094 099 126",
}
SMILING = ("Ada", "Dario")
IMM_PEOPLE = range(1, 13)
IBUG_PEOPLE = 16


@dataclass(frozen=True)
class Composite:
    """An entry of gallery.json; `points` and `schema` only where the true points are known."""

    file: str
    title: str
    people: int
    credit: str
    points: str | None = None
    schema: str | None = None


def london(data: Path, folder: Path, predictor: KeypointPredictor) -> list[Composite]:
    """Colour portraits, neutral and smiling."""
    portraits, entries = require(data / LONDON_FOLDER, LONDON_SOURCE), []
    wanted = [(name, "neutral", "03") for name in LONDON] + [(name, "smiling", "08") for name in SMILING]
    for name, expression, code in tqdm(wanted, desc="London"):
        paths = [portraits / f"{expression}_front" / f"{i}_{code}.jpg" for i in LONDON[name].split()]
        images = [load_image(path) for path in paths]
        points = [predictor.predict_one(image).points for image in images]
        picture, _ = average_with_points(images, points, size=SIZE)
        entry = Composite(f"{name.lower()}_{expression}.jpg", f"{name}, {expression}", len(images), LONDON_CREDIT)
        entries.append(keep(folder, entry, picture))
    return entries


def ibug(data: Path, folder: Path) -> list[Composite]:
    """Composites of the most frontal faces of the common test set, mouths closed and open."""
    faces = sorted(read_300w(data, "common"), key=asymmetry)[: 6 * IBUG_PEOPLE]
    faces.sort(key=mouth_opening)
    entries = []
    for name, group in (("Helen", faces[:IBUG_PEOPLE]), ("Leo", faces[-IBUG_PEOPLE:])):
        images = [load_image(face.photo) for face in group]
        picture, points = average_with_points(images, [face.points for face in group], size=SIZE)
        title = f"{name}, mouth {'closed' if name == 'Helen' else 'open'}"
        entry = Composite(f"{name.lower()}.jpg", title, len(group), IBUG_CREDIT, f"{name.lower()}.pts", IBUG68.name)
        entries.append(keep(folder, entry, picture, points))
    return entries


def imm(data: Path, folder: Path) -> list[Composite]:
    """A composite with 58 true points: the first people of the set, from the front."""
    faces = [face for face in read_imm(data) if face.person in IMM_PEOPLE and face.view == 1]
    images = [load_image(face.photo) for face in faces]
    picture, points = average_with_points(images, [face.points for face in faces], size=SIZE)
    entry = Composite("imme.jpg", "Imme, 58 points", len(images), IMM_CREDIT, "imme.pts", IMM58.name)
    return [keep(folder, entry, picture, points)]


def asymmetry(face: Face) -> float:
    """How far a shape is from its mirror image, in face widths: small for faces seen from the front."""
    centred = (face.points - face.points.mean(axis=0)) / np.ptp(face.points[:, 0])
    return float(np.abs(IBUG68.mirror_points(centred, 1) - centred).mean())


def mouth_opening(face: Face) -> float:
    """Distance of the inner lips over that of the outer eye corners."""
    lips = np.linalg.norm(face.points[66] - face.points[62])
    return float(lips / np.linalg.norm(face.points[45] - face.points[36]))


def keep(folder: Path, entry: Composite, picture: Picture, points: NDArray[np.float32] | None = None) -> Composite:
    """Write a composite, and its points where they are known."""
    if entry.people < LEAST_PEOPLE:
        raise FacekpError(
            f"{entry.title}: {entry.people} people are too few to keep anybody's face out of it; "
            f"give at least {LEAST_PEOPLE}"
        )
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="JPEG", quality=92)
    write_bytes(folder / entry.file, buffer.getvalue())
    if points is not None and entry.points is not None:
        write_bytes(folder / entry.points, format_pts(points).encode())
    return entry


def main() -> None:
    """Make all composites and their list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--model", default="face68")
    parser.add_argument("--out", type=Path, default=Path("app/gallery"))
    arguments = parser.parse_args()
    data, out = data_folder(arguments.data), arguments.out
    out.mkdir(parents=True, exist_ok=True)
    predictor = KeypointPredictor.from_checkpoint(arguments.model)
    entries = london(data, out, predictor) + ibug(data, out) + imm(data, out)
    text = json.dumps([asdict(entry) for entry in entries], indent=2, ensure_ascii=False)
    write_bytes(out / "gallery.json", f"{text}\n".encode())


if __name__ == "__main__":
    told(main)
