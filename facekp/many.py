"""Many photographs at a time, each core at some of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PIL import Image

from facekp.errors import FacekpError
from facekp.images import Picture, load_image, open_quietly
from facekp.keypoints import Keypoints
from facekp.parallel import CORES, Item, Result, in_background, loaded_torch
from facekp.predict import KeypointPredictor

Found = tuple[Picture, list[Keypoints]] | FacekpError

TOGETHER, SMALL = 4, 1_000_000
"""Photographs of up to so many pixels that a network looks at together, which saves it a quarter of its time for each:
its weights are fetched once. More bring no more, and large ones would fill the memory."""


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """The results of work with a network, in order, from a thread for each core.

    For as long as it runs the items share torch's cores, many of them with one core each: with every
    network on all cores they wait for each other, and what cannot be divided, such as decoding, would
    leave the others idle. Without torch each network keeps its threads, which sleep while they wait. As
    many results wait as there are cores, and one more, so memory does not grow with the items.
    """
    torch = loaded_torch()
    if torch is None:  # another engine computes, whose threads are as many as they are
        yield from in_background(work, items, CORES)
        return
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before // max(1, len(items))))
    try:
        yield from in_background(work, items, CORES)
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

    def find(group: Sequence[str]) -> list[Found]:
        loaded = [_loaded(photo) for photo in group]
        images = [image for image in loaded if not isinstance(image, FacekpError)]
        faces = iter(predictor.predict_batch(images) if images else [])
        return [image if isinstance(image, FacekpError) else (image, next(faces)) for image in loaded]

    groups = _groups(photos)
    for group, found in zip(groups, on_all_cores(find, groups), strict=True):
        yield from zip(group, found, strict=True)


def _groups(photos: Sequence[str]) -> list[list[str]]:
    """Photographs that are looked at together: small ones, which are many, and of few as many groups as cores."""
    most = max(1, min(TOGETHER, len(photos) // CORES))
    groups: list[list[str]] = []
    room = 0
    for photo in photos:
        small = _is_small(photo)
        if small and room:
            groups[-1].append(photo)
            room -= 1
        else:
            groups.append([photo])
            room = most - 1 if small else 0
    return groups


def _is_small(photo: str) -> bool:
    """Whether the file says that it holds a small picture."""
    try:
        with open_quietly(photo) as image:
            return image.width * image.height <= SMALL
    except (OSError, ValueError, Image.DecompressionBombError):
        return False  # what is wrong is told when it is loaded


def _loaded(photo: str) -> Picture | FacekpError:
    try:
        return load_image(photo)
    except FacekpError as error:
        return error
