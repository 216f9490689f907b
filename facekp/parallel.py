"""Several things at a time, in order."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Those that this process may use; a container may be kept from some."""

THREADS = min(4, CORES)
"""For pictures that are made or encoded each by itself; so many are in memory at once, and one more."""


def loaded_torch() -> Any:
    """Torch where it is loaded or being loaded, else None: nothing here is worth the second that loading takes."""
    return import_module("torch") if "torch" in sys.modules else None  # waits for a thread that is loading it


def network_threads() -> int:
    """Threads for a network that torch does not compute: as many as torch would have, four at most."""
    torch = loaded_torch()
    if torch is not None:  # a program may have set its number
        return min(THREADS, int(torch.get_num_threads()))
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()  # what torch begins with
    return min(THREADS, max(1, int(wanted))) if wanted.isdecimal() and len(wanted) < 9 else THREADS


def in_background(work: Callable[[Item], Result], items: Iterable[Item], threads: int = 1) -> Iterator[Result]:
    """The results of `work` on each item, in order, while the caller's thread makes the next items.

    Items are always taken in the caller's thread: making them may report progress on a page. At most
    `threads` + 1 wait, so that memory does not grow with the film.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads that wait for parts of a picture: starting them anew would cost as much as a small part."""
    return ThreadPoolExecutor(CORES, "facekp-part")


# Threads do not survive a fork: a child that asked the parent's for help would wait for ever.
os.register_at_fork(after_in_child=_helpers.cache_clear)


def side_by_side(work: Callable[[int, int], None], parts: Sequence[tuple[int, int]]) -> None:
    """Do work on all parts, the first of them in the caller's thread; it must not itself call this."""
    others = [_helpers().submit(work, *part) for part in parts[1:]]
    work(*parts[0])
    for other in others:
        other.result()
