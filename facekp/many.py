"""Many photographs at a time, each core at some of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch

from facekp.parallel import THREADS, Item, Result, in_background


def on_all_cores(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The results of work with a network, in order, from a few threads.

    For as long as it runs torch keeps to one core in each thread: with every network on all cores they
    wait for each other. At most `THREADS` + 1 results wait, so memory does not grow with the items.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from in_background(work, items, THREADS)
    finally:
        torch.set_num_threads(before)
