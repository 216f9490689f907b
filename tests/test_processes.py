"""Work in processes: every result comes, a process that dies costs what it had in work, and none outlives the run."""

import os
import signal
import time
from contextlib import closing
from functools import partial

from facekp.processes import in_processes

LONG = 600
"""Seconds that no test waits for."""


def double(number):
    return 2 * number


def die_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wait_but_at_zero(folder, number):
    """Leaves a trace when it begins, and another one when it ends, however it ends."""
    (folder / f"{number} begun").touch()
    try:
        time.sleep(0 if number == 0 else LONG)
    finally:
        (folder / f"{number} left").touch()


def wait_for(path):
    while not path.exists():
        time.sleep(0.02)


def test_all_results_come_with_their_items():
    assert sorted(in_processes(double, range(5), 2)) == [(number, 2 * number) for number in range(5)]


def test_a_process_that_dies_costs_what_was_in_work():
    results = dict(in_processes(die_at_three, range(8), 2))
    assert set(results) == set(range(8))
    lost = {number for number, result in results.items() if result is None}
    assert 3 in lost
    assert len(lost) <= 2


def test_a_run_that_is_closed_gives_up_what_is_in_work_and_begins_nothing_more(tmp_path):
    work = partial(wait_but_at_zero, tmp_path)
    start = time.monotonic()
    with closing(in_processes(work, range(6), 2)) as results:
        assert next(results)[0] == 0
        wait_for(tmp_path / "1 begun")
    assert time.monotonic() - start < LONG / 2
    traces = {path.name for path in tmp_path.iterdir()}
    begun = {name.split()[0] for name in traces if name.endswith("begun")}
    assert {"0", "1"} <= begun <= {"0", "1", "2"}
    assert {name.split()[0] for name in traces if name.endswith("left")} == begun
