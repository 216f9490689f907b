"""Make the gallery of morphs: docs/morphs.md and its pictures.

    python -m docs.make_morphs

Everything is made from the app's composites, each the mean of several people, with points as the
network finds them; the captions hold the settings that were used.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facekp import __version__
from facekp.errors import FacekpError
from facekp.files import write_bytes
from facekp.images import Picture, load_image
from facekp.morph import Morph, average_with_points
from facekp.predict import KeypointPredictor
from facekp.prototype import caricature, swap, symmetrise, transform
from facekp.settings import MorphSettings
from facekp.sheet import contact_sheet

HERE = Path(__file__).parent
GALLERY = HERE.parent / "app" / "gallery"
MOST_BYTES = 1_500_000
WIDTH = 512
"""Pixels of each picture: as many as the composites have."""

Face = tuple[Picture, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A row of pictures under a heading."""

    name: str
    title: str
    text: str
    pictures: Sequence[Picture]


def exhibits(faces: dict[str, Face]) -> Iterator[Exhibit]:
    """All rows, in the order of the page."""
    ada, carl, dario, ebo = (faces[f"{name}_neutral"] for name in ("ada", "carl", "dario", "ebo"))
    leo = faces["leo"]

    def pair(one: Face, other: Face, **settings: object) -> Morph:
        chosen = MorphSettings(**settings)  # type: ignore[arg-type]
        return Morph(one[0], other[0], one[1], other[1], settings=chosen)

    between = pair(ada, dario)
    parts = (0, 0.25, 0.5, 0.75, 1)
    text = (
        "`facekp morph ada.jpg dario.jpg`: five of its frames. Faces lie on each other point by point; hair, neck and "
        "clothes, which have no points of their own, dissolve. `--extra-a` and `--extra-b` give them some."
    )
    yield Exhibit("morph", "A morph", text, [*map(between.frame, parts)])
    neutral = [face for name, face in faces.items() if name.endswith("_neutral")]
    mean = average_with_points([image for image, _ in neutral], [points for _, points in neutral])
    text = f"`facekp average` of {len(neutral)} composites, so of all the people in them."
    yield Exhibit("mean", "The mean of many", text, [mean[0]])
    factors = (-1, -0.5, 0, 0.5, 1, 2)
    made = [caricature(*carl, *mean, factor).picture for factor in factors]
    listed = ", ".join(f"{factor:g}" for factor in factors)
    text = f"`facekp caricature carl.jpg --mean mean.png --factor F` with F = {listed}; at -1 the face is the mean's."
    yield Exhibit("caricature", "A caricature", text, made)
    made = [caricature(*carl, *mean, factor, colour=False).picture for factor in factors]
    yield Exhibit("caricature_shape", "Its shape alone", "The same with `--only shape`.", made)
    made = [leo[0], symmetrise(*leo).picture, symmetrise(*leo, colour=False).picture]
    text = "`facekp symmetrise leo.jpg`: the face, symmetric in shape and colour, and with `--only shape`."
    yield Exhibit("symmetrise", "A symmetric face", text, made)
    smiling = faces["ada_smiling"]
    made = [transform(*carl, *ada, *smiling, amount).picture for amount in (0, 0.5, 1)]
    text = "`facekp transform carl.jpg --from ada_neutral.jpg --to ada_smiling.jpg --amount X` with X = 0, 0.5, 1."
    yield Exhibit("transform", "Another's smile", text, made)
    made = [ada[0], ebo[0], swap(*ada, *ebo).picture, swap(*ebo, *ada).picture]
    text = "`facekp swap A B`: A, B, the shape of A in the colours of B, and the other way round."
    yield Exhibit("swap", "Shape of one, colours of the other", text, made)
    fei, bela = faces["fei_neutral"], faces["bela_neutral"]
    made = [pair(fei, bela, background=name).frame(0.6) for name in ("dissolve", "a", "b", "transparent", "#2040a0")]
    text = (
        "`--background` dissolve, a, b, transparent, #2040a0, at 0.6 of the way. For the last two heads are cut out by "
        "their colours; one that cannot be told from what is behind it gets a soft outline instead."
    )
    yield Exhibit("background", "Backgrounds", text, [_on_squares(picture) for picture in made])
    made = [
        pair(fei, faces["dario_smiling"], size="a", reference="a", face_only=how, colour_match=match).frame(1)
        for how, match in (("feather", "none"), ("seamless", "none"), ("feather", "lab"), ("seamless", "lab"))
    ]
    text = (
        "`--reference a --face-only` feather and seamless; then both with `--colour-match lab`. "
        "Where skins differ much, match the colours."
    )
    yield Exhibit("face_only", "The face alone, put back into photograph A", text, made)


def _on_squares(picture: Picture) -> Picture:
    """RGBA over the chequered pattern that stands for nothing."""
    if picture.shape[2] == 3:
        return picture
    y, x = np.indices(picture.shape[:2]) // 16
    squares = np.where((x + y) % 2, 200, 240).astype(np.uint8)
    ground = Image.fromarray(np.dstack([squares] * 3)).convert("RGBA")
    return np.array(Image.alpha_composite(ground, Image.fromarray(picture)).convert("RGB"))


def find_faces() -> dict[str, Face]:
    """The composites and their points."""
    predictor = KeypointPredictor.from_checkpoint("face68")
    images = {path.stem: load_image(path) for path in sorted(GALLERY.glob("*.jpg"))}
    return {name: (image, predictor.predict_one(image).points) for name, image in images.items()}


def credits() -> str:
    """Whose photographs the gallery's composites are made of."""
    entries = json.loads((GALLERY / "gallery.json").read_text(encoding="utf-8"))
    return "; ".join(sorted({entry["credit"] for entry in entries}))


def main() -> None:
    """Write the pictures and the page."""
    folder = HERE / "morphs"
    folder.mkdir(exist_ok=True)
    sections, total = [], 0
    for exhibit in exhibits(find_faces()):
        sheet = contact_sheet(exhibit.pictures, len(exhibit.pictures), width=WIDTH)
        buffer = io.BytesIO()
        Image.fromarray(sheet).save(buffer, format="WebP", quality=82, method=6)
        write_bytes(folder / f"{exhibit.name}.webp", buffer.getvalue())
        total += len(buffer.getvalue())
        sections.append(f"## {exhibit.title}\n\n![{exhibit.title}](morphs/{exhibit.name}.webp)\n\n{exhibit.text}\n")
    if total > MOST_BYTES:
        raise FacekpError(f"the pictures have {total} bytes, more than {MOST_BYTES}; reduce them")
    head = (
        "# Morphs\n\n"
        f"Written by `python -m docs.make_morphs` with facekp {__version__}. Every face is a composite of six or more\n"
        "people, from the app's gallery, and nobody's own; points are those that the network found. Sources: "
        f"{credits()}.\n"
    )
    write_bytes(HERE / "morphs.md", ("\n".join([head, *sections])).encode())


if __name__ == "__main__":
    main()
