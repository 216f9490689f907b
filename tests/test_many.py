"""Many photographs at a time: order, errors, and torch's threads afterwards."""

import pytest
import torch

from facekp.errors import NoFaceError
from facekp.many import on_all_cores


def test_results_come_in_order_from_one_torch_thread_each():
    before = torch.get_num_threads()
    results = list(on_all_cores(lambda number: (number, torch.get_num_threads()), range(20)))
    assert results == [(number, 1) for number in range(20)]
    assert torch.get_num_threads() == before


def test_an_error_is_handed_on_and_the_threads_come_back():
    def work(number):
        if number == 3:
            raise NoFaceError("no face was found")
        return number

    before = torch.get_num_threads()
    with pytest.raises(NoFaceError, match="no face was found"):
        list(on_all_cores(work, range(10)))
    assert torch.get_num_threads() == before


def test_few_items_are_taken_ahead():
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    found = on_all_cores(lambda number: number, items())
    next(found)
    assert len(taken) < 10
    found.close()
