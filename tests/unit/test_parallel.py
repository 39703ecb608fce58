"""Order, deaths and the choice of how many processes."""

from __future__ import annotations

import os

import pytest

from seawall.jobs import parallel
from seawall.jobs.parallel import map_all


def double(number: int) -> int:
    return number * 2


def die_at_seven(number: int) -> int:
    if number == 7:
        os._exit(1)
    return number


def lost(number: int) -> int:
    return -number


def process(_number: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("jobs", [0, 1, 2, 3])
def test_results_come_in_the_order_of_the_inputs(jobs: int) -> None:
    assert list(map_all(double, range(100), lost, jobs)) == list(range(0, 200, 2))


def test_a_process_that_dies_costs_only_the_input_that_killed_it() -> None:
    expected = [-7 if n == 7 else n for n in range(70)]
    assert list(map_all(die_at_seven, range(70), lost, jobs=2)) == expected


def test_few_inputs_stay_in_this_process_and_many_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 2)
    assert set(map_all(process, range(10), lost)) == {os.getpid()}
    assert os.getpid() not in set(map_all(process, range(parallel.ENOUGH_TO_SHARE), lost))


def test_one_processor_means_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 1)
    assert set(map_all(process, range(500), lost)) == {os.getpid()}


def test_who_stops_listening_stops_the_work() -> None:
    results = map_all(double, range(1000), lost, jobs=2)
    assert next(results) == 0
    results.close()


def test_processors_counts_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parallel.processors() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert parallel.processors() == (os.cpu_count() or 1)
