"""Points of the gallery's faces that were found before, so that the first page needs no network.

    PYTHONPATH=. python app/known_points.py

writes them anew, after the gallery or the network has changed. They count only for the network that found them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from facekp.faces import FaceBox
from facekp.files import write_bytes
from facekp.inventory import CARD, WEIGHTS, checkpoints_folder
from facekp.keypoints import Keypoints
from facekp.schema import SCHEMAS, Schema

FILE = "known_points.json"
GALLERY = Path(__file__).parent / "gallery"
MODEL = "face68"
READ = ("schema", "network", "network_options", "input", "confidence")
"""Parts of a card that decide predictions."""


@dataclass(frozen=True)
class Found:
    """The faces of a photograph, largest first, and its width and height, pixels."""

    faces: tuple[Keypoints, ...]
    size: tuple[int, int]


def network_digest(model: str) -> str:
    """Fingerprint of all that decides a checkpoint's predictions; empty where it is not there."""
    folder = checkpoints_folder() / model
    if not (folder / WEIGHTS).is_file() or not (folder / CARD).is_file():
        return ""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    said = json.dumps({key: card.get(key) for key in READ}, sort_keys=True)
    with (folder / WEIGHTS).open("rb") as weights:
        digest = hashlib.file_digest(weights, "sha256")
    scout = card.get("input", {}).get("scout")  # the network that looks first
    digest.update((said + (network_digest(scout) if scout else "")).encode())
    return digest.hexdigest()


def read_known(folder: Path = GALLERY) -> dict[str, Found]:
    """The known faces by the digest of their photographs; none where another network found them."""
    path = folder / FILE
    if not path.is_file():
        return {}
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["network"] != network_digest(record["model"]):
        return {}
    return {
        digest: Found(tuple(_read_face(face) for face in each["faces"]), (each["width"], each["height"]))
        for digest, each in record["photographs"].items()
    }


def _read_face(record: Mapping[str, Any]) -> Keypoints:
    values: dict[str, Any] = {}
    for name, value in record.items():
        if name == "box":
            values[name] = FaceBox(*value)
        elif name == "schema":
            values[name] = SCHEMAS[value]
        else:
            values[name] = np.array(value, dtype=np.float32) if isinstance(value, list) else value
    return Keypoints(**values)


def _write_face(face: Keypoints) -> dict[str, Any]:
    return {field.name: _plain(getattr(face, field.name)) for field in fields(face)}


def _plain(value: Any) -> Any:
    if isinstance(value, Schema):
        return value.name
    if isinstance(value, FaceBox):
        return [round(edge, 3) for edge in astuple(value)]
    return np.round(value.astype(float), 3).tolist() if isinstance(value, np.ndarray) else value


def main() -> None:
    """Find the points of every face of the gallery, and keep them."""
    from photos import read_gallery

    from facekp.images import load_image
    from facekp.predict import KeypointPredictor

    predictor = KeypointPredictor.from_checkpoint(MODEL)
    photographs = {}
    for photo in read_gallery(GALLERY):
        image = load_image(photo.data)
        faces = [_write_face(face) for face in predictor.predict(image)]
        photographs[photo.digest] = {"width": image.shape[1], "height": image.shape[0], "faces": faces}
    record = {"model": MODEL, "network": network_digest(MODEL), "photographs": photographs}
    write_bytes(GALLERY / FILE, (json.dumps(record) + "\n").encode())
    print(f"{len(photographs)} photographs: {GALLERY / FILE}")


if __name__ == "__main__":
    main()
