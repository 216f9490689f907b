"""Many photographs at a time, each core at some of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import torch

from facekp.errors import FacekpError
from facekp.images import Picture, load_image
from facekp.keypoints import Keypoints
from facekp.parallel import Item, Result, in_background
from facekp.predict import KeypointPredictor

Found = tuple[Picture, list[Keypoints]] | FacekpError


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """The results of work with a network, in order, from a thread for each core.

    For as long as it runs the items share torch's cores, many of them with one core each: with every
    network on all cores they wait for each other, and what cannot be divided, such as decoding, would
    leave the others idle. As many results wait as there are cores, and one more, so memory does not grow
    with the items.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before // max(1, len(items))))
    try:
        yield from in_background(work, items, os.cpu_count() or 1)
    finally:
        torch.set_num_threads(before)


def predict_files(predictor: KeypointPredictor, photos: Sequence[str]) -> Iterator[tuple[str, Found]]:
    """Keypoints of the faces in files, in their order.

    Parameters
    ----------
    predictor : KeypointPredictor
    photos : sequence of str
        Paths.

    Yields
    ------
    (path, (picture, faces) or FacekpError)
        The faces as `KeypointPredictor.predict` gives them, or what went wrong with this photograph.
    """

    def find(photo: str) -> Found:
        try:
            image = load_image(photo)
            return image, predictor.predict(image)
        except FacekpError as error:
            return error

    return zip(photos, on_all_cores(find, photos), strict=True)
