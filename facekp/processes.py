"""Work shared out to processes, which end with the run: also where that is interrupted, or killed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread, main_thread
from types import FrameType
from typing import Any

from facekp.parallel import Item, Result

_GRACE = 10.0
"""Seconds that work has for leaving its files in order, once it is given up."""


def in_processes(
    work: Callable[[Item], Result], items: Iterable[Item], count: int
) -> Generator[tuple[Item, Result | None], None, None]:
    """The results of work on each item, as they come to an end, with the items that they belong to.

    No item waits in a queue of the processes. When the caller closes this iterator, or is interrupted or killed,
    what is in work is given up at once, as by an exception, and the processes end.

    Parameters
    ----------
    work : callable
        Is pickled and unpickled once for each process, which has one thread for torch and OpenCV.
    items : iterable
    count : int
        Processes.

    Yields
    ------
    (item, result or None)
        None where a process came to an end before its time; the others that were in work then have none, either.
    """
    left = deque(items)
    while left:
        yield from _until_one_is_lost(work, left, count)


def _until_one_is_lost(
    work: Callable[[Item], Result], left: deque[Item], count: int
) -> Generator[tuple[Item, Result | None], None, None]:
    """Results until no item is left, or a process is lost, and the pool with it."""
    context = get_context("spawn")
    # Nothing is ever sent. Its end tells the processes that the run is over, and comes too if this one is killed.
    end, life = context.Pipe(duplex=False)
    running: dict[Future[Result], Item] = {}
    lost = False
    with end, life, ProcessPoolExecutor(count, context, _begin, (work, end)) as pool:
        try:
            while running or (left and not lost):
                try:
                    while left and not lost and len(running) < count:
                        with _interruption_later():
                            running[pool.submit(_do, left[0])] = left[0]
                        left.popleft()
                except BrokenProcessPool:
                    lost = True
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    item = running.pop(future)
                    try:
                        result = future.result()
                    except BrokenProcessPool:
                        lost = True
                        yield item, None
                    else:
                        yield item, result
        except BaseException:
            life.close()
            raise


@contextmanager
def _interruption_later() -> Iterator[None]:
    """Ctrl-C is heard after the block, and never by the processes that start in it: it is for their parent."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- In the processes -----------------------------------------------------------------------------

_work: Callable[[Any], Any] | None = None


def _begin(work: Callable[[Any], Any], end: Connection) -> None:
    """Start a process: one thread each, and an eye on the parent."""
    global _work
    import cv2

    Thread(target=_end_with_parent, args=(end,), daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"  # read by torch when it is imported
    cv2.setNumThreads(1)
    _work = work


def _end_with_parent(end: Connection) -> None:
    with suppress(EOFError, OSError):
        end.recv_bytes()
    signal.pthread_kill(main_thread().ident or 0, signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)


def _do(item: Any) -> Any:
    if _work is None:
        raise RuntimeError("the process was not begun")
    before = signal.signal(signal.SIGTERM, _give_up)  # which ends a process without work at once
    try:
        return _work(item)
    except SystemExit:
        os._exit(1)  # there is nobody left to tell
    finally:
        signal.signal(signal.SIGTERM, before)


def _give_up(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one would disturb the leaving
    sys.exit(1)
