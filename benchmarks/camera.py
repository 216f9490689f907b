"""Keypoints of a 12-megapixel JPEG, warm, beside the time that decoding the file alone takes.

    python -m benchmarks.camera [--photo FILE] [--model face68]

Without --photo a gallery composite is enlarged to 4000 × 3000 pixels with some grain, so that its
JPEG is as large as a camera's. The limit is 2.5 times the decoding.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from facekp.images import load_image
from facekp.parallel import network_threads
from facekp.predict import KeypointPredictor

LIMIT = 2.5
GALLERY = Path(__file__).parent.parent / "app" / "gallery"


def median_ms(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each step.

    The steps take turns, so that a machine whose speed drifts slows them all alike; the first two
    rounds warm up and do not count.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    for round_number in range(rounds + 2):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            if round_number >= 2:
                times[name].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(each) for name, each in times.items()}


def camera_jpeg() -> bytes:
    """A JPEG of 12 megapixels with one face, made from a composite."""
    portrait = load_image(sorted(GALLERY.glob("*.jpg"))[0])
    large = cv2.resize(portrait, (3000, 3000), interpolation=cv2.INTER_CUBIC)
    photo = cv2.copyMakeBorder(large, 0, 0, 500, 500, cv2.BORDER_REFLECT).astype(np.int16)
    photo += np.rint(np.random.default_rng(0).normal(0, 6, photo.shape)).astype(np.int16)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).save(buffer, format="JPEG", quality=90)
    return buffer.getvalue()


def decode(data: bytes) -> np.ndarray:
    """The least that reading a photo takes."""
    return np.asarray(Image.open(io.BytesIO(data)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--model", default="face68")
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    data = arguments.photo.read_bytes() if arguments.photo else camera_jpeg()
    predictor = KeypointPredictor.from_checkpoint(arguments.model)
    image = load_image(data)
    (face, *_) = predictor.predict(image)
    steps = {
        "decoding alone": lambda: decode(data),
        "load_image": lambda: load_image(data),
        "detector": lambda: predictor.detector.detect(image),
        "crops and network, one face": lambda: predictor.predict(image, boxes=[face.box]),
        "file to points": lambda: predictor.predict(load_image(data)),
    }
    times = median_ms(steps, arguments.rounds)
    height, width = image.shape[:2]
    print(f"\n{width} × {height} JPEG of {len(data) / 1e6:.1f} MB, {network_threads()} threads\n")
    print(f"{'step':<30}{'ms':>8}{'of decoding':>14}")
    for name, milliseconds in times.items():
        print(f"{name:<30}{milliseconds:>8.1f}{milliseconds / times['decoding alone']:>13.2f}×")
    print(f"\nlimit for file to points: {LIMIT}×")


if __name__ == "__main__":
    main()
