"""Many photographs: reading, detecting and looking on all cores at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from facekp.engines import use_one_thread
from facekp.images import Picture, load_image
from facekp.keypoints import Keypoints
from facekp.predict import KeypointPredictor

Found = Future[tuple[Picture, list[Keypoints]]]
AHEAD = 2
"""Photographs in memory for each thread; their owner may be slower than the network."""


def predict_files(
    predictor: KeypointPredictor, photos: Sequence[str], threads: int | None = None
) -> Iterator[tuple[str, Found]]:
    """Keypoints of the faces in files, in their order.

    Each thread has a photograph, and a core, of its own: so the parts that cannot be divided, such as decoding,
    run side by side too. A single photograph gets all cores instead.

    Parameters
    ----------
    predictor : KeypointPredictor
    photos : sequence of str
        Paths.
    threads : int, optional
        Default: one for each core.

    Yields
    ------
    (path, Future)
        The future's ``result()`` is the picture and its faces, as `KeypointPredictor.predict` gives them, or
        raises what went wrong with this photograph.
    """
    count = max(1, min(threads or os.cpu_count() or 1, len(photos)))

    def find(photo: str) -> tuple[Picture, list[Keypoints]]:
        image = load_image(photo)
        return image, predictor.predict(image)

    with ThreadPoolExecutor(count, initializer=use_one_thread if count > 1 else None) as pool:
        waiting: deque[tuple[str, Found]] = deque()
        try:
            for photo in photos:
                waiting.append((photo, pool.submit(find, photo)))
                if len(waiting) == AHEAD * count:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            for _, found in waiting:  # those that nobody will ask for
                found.cancel()
