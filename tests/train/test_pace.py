"""How many steps run in one go, on how many workers: by what steps took."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl
from wlnet.train import phase
from wlnet.train.pace import SECONDS, TRIAL, TRIAL_EVERY, Pace

BOTH = (4, 1)


def run(it: Pace, choices: tuple[int, ...], seconds: dict[int, float], most: int = 10**6) -> int:
    """Let a pace decide once, and tell it how long that took; which number of workers it was."""
    steps, workers = it.next(most, choices)
    assert 1 <= steps <= most
    it.took(steps * seconds[workers], steps, workers)
    return workers


@pytest.mark.parametrize(("seconds", "best"), [({4: 1e-4, 1: 3e-4}, 4), ({4: 3e-4, 1: 1e-4}, 1)])
def test_after_trying_both_the_faster_number_of_workers_runs(
    seconds: dict[int, float], best: int
) -> None:
    it = Pace()
    tried = [run(it, BOTH, seconds) for _ in range(12)]
    assert set(tried[:9]) == set(BOTH)
    assert set(tried[-3:]) == {best}


def test_a_machine_that_becomes_busy_is_noticed() -> None:
    it = Pace()
    for _ in range(9):
        run(it, BOTH, {4: 1e-4, 1: 3e-4})
    busy = [run(it, BOTH, {4: 9e-4, 1: 3e-4}) for _ in range(5)]
    assert (busy[0], busy[-1]) == (4, 1)
    quiet = [run(it, BOTH, {4: 1e-4, 1: 3e-4}) for _ in range(int(2 * TRIAL_EVERY / SECONDS))]
    assert (quiet[0], quiet[-1]) == (1, 4), "tried again"


def test_a_trial_takes_a_small_part_of_the_time_however_long_a_step_is() -> None:
    long = {4: 0.2, 1: 0.8}
    it = Pace()
    tried = [run(it, BOTH, long) for _ in range(1000)]
    assert tried[:99] == [4] * 99
    assert 0 < tried.count(1) * long[1] < 0.05 * tried.count(4) * long[4]


def test_steps_add_up_to_the_time_between_two_looks_at_the_user() -> None:
    it = Pace()
    for _ in range(4):
        run(it, (2,), {2: 1e-3})
    steps, _ = it.next(10**6, (2,))
    assert TRIAL < steps * 1e-3 <= SECONDS


def test_a_few_steps_say_nothing_of_what_many_take() -> None:
    """To start the threads takes as long as the steps do."""
    it = Pace()
    for _ in range(9):
        run(it, BOTH, {4: 1e-4, 1: 3e-4})
    assert run(it, BOTH, {4: 9e-4, 1: 3e-4}, most=2) == 4
    assert run(it, BOTH, {4: 1e-4, 1: 3e-4}) == 4


def test_a_round_is_divided_into_equal_parts() -> None:
    it = Pace()
    for _ in range(4):
        run(it, (2,), {2: 1e-3})
    whole, _ = it.next(10**6, (2,))
    assert it.next(whole + 1, (2,))[0] == -(-(whole + 1) // 2)
    assert it.next(whole, (2,))[0] == whole


def test_what_the_short_last_batch_of_a_round_takes_says_nothing_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A short step is not divided; were its time taken for that of one worker, the others would
    not be divided either."""
    told: dict[int, list[int]] = {}

    class Watched(Pace):
        def took(self, seconds: float, steps: int, workers: int) -> None:
            told.setdefault(id(self), []).append(steps)
            super().took(seconds, steps, workers)

    monkeypatch.setattr(phase, "Pace", Watched)
    rng = np.random.default_rng(0)
    data = rng.random((35, 4), np.float32), rng.random((35, 2), np.float32)
    net = wl.net_initialize(wl.NetChain([2], input=4))
    wl.net_train(net, data, batch_size=16, max_training_rounds=3, training_progress_reporting=None)
    whole, short = told.values()
    assert (sum(whole), sum(short)) == (3 * 2, 3)
