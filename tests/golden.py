"""Frames of a drawn face as they were when somebody last looked at them.

    python -m tests.golden

writes them anew, after a change that is meant. Look at them before they are committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from facekp.images import Picture, encode_png
from facekp.morph import Morph
from facekp.prototype import caricature, symmetrise
from facekp.settings import MorphSettings
from tests.drawn import draw_head, two_faces

FOLDER = Path(__file__).parent / "golden"


def pictures() -> Iterator[tuple[str, Picture]]:
    """Names and pictures."""
    a, b, points_a, points_b = two_faces()
    size = (96, 80)

    def morph(**settings: object) -> Morph:
        return Morph(a, b, points_a, points_b, settings=MorphSettings(**{"size": size, **settings}))  # type: ignore[arg-type]

    for name, part in (("first", 0.0), ("quarter", 0.25), ("middle", 0.5), ("last", 1.0)):
        yield f"morph_{name}", morph().frame(part)
    for background in ("a", "transparent", "#2040a0"):
        yield f"background_{background.strip('#')}", morph(background=background).frame(0.6)
    heads = draw_head(points_a)[0], draw_head(points_b, (300, 200), hair=(120, 60, 30))[0]
    for background in ("transparent", "#2040a0"):
        cut_out = MorphSettings(size=size, background=background)
        yield f"heads_{background.strip('#')}", Morph(*heads, points_a, points_b, settings=cut_out).frame(0.6)
    for how in ("feather", "seamless"):
        yield f"face_{how}", morph(reference="a", face_only=how).frame(1.0)
    yield "colour_match", morph(colour_match="lab").frame(1.0)
    yield "linear_light", morph(linear_light=True).frame(0.5)
    small = MorphSettings(size=size, reference="a", face_only="feather")
    yield "caricature", caricature(a, points_a, b, points_b, 0.5, settings=small).picture
    yield "symmetrised", symmetrise(b, points_b, settings=MorphSettings(size=size)).picture


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures():
        (FOLDER / f"{name}.png").write_bytes(encode_png(picture))


if __name__ == "__main__":
    main()
