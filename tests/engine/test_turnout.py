"""How many workers do a short run: what was measured decides, and trials cost little."""

from __future__ import annotations

import pytest

from wlnet.engine.turnout import SHORT, SOME, START, TRIAL, Turnout


class Machine:
    """Runs that take so long by one worker, and by all, where helpers always wait."""

    def __init__(self, one: float, every: float) -> None:
        self.one, self.every, self.spent, self.clock = one, every, 0.0, 0.0
        self.turnout = Turnout(one)

    def run(self, times: int) -> int:
        """How many of so many runs were done by all."""
        found = 0
        for _ in range(times):
            by_all = self.turnout.is_worth_all(self.clock)
            seconds = self.every if by_all else self.one
            self.clock += seconds
            self.turnout.took(seconds, by_all, self.clock)
            self.spent += seconds
            found += by_all
        return found


@pytest.mark.parametrize("ratio", [0.1, 0.52, 0.9, 1.2, 2, 40])
@pytest.mark.parametrize("one", [2 * SHORT, 1e-3, 1.0])
def test_nearly_all_runs_are_done_by_whoever_is_faster(one: float, ratio: float) -> None:
    machine = Machine(one, one * ratio)
    machine.run(10 * TRIAL)
    machine.spent = 0.0
    machine.run(2000)
    assert machine.spent < 1.06 * 2000 * min(one, one * ratio)


def test_a_run_that_is_over_before_others_have_heard_of_it_is_done_by_one() -> None:
    assert Machine(SHORT / 2, SHORT / 100).run(1000) == 0


def test_a_machine_that_changes_is_noticed() -> None:
    machine = Machine(1e-3, 6e-4)
    machine.run(500)
    machine.every = 4e-3  # others took the cores
    machine.run(200)
    assert machine.run(1000) < 50
    machine.every = 6e-4
    machine.run(1000)
    assert machine.run(1000) > 950


def test_a_lucky_run_now_and_then_decides_nothing() -> None:
    machine = Machine(1.2e-4, 2.5e-4)
    found = 0
    for number in range(4000):
        machine.every = 0.6e-4 if number % 5 == 0 else 2.5e-4
        found += machine.run(1)
    assert found < 400


@pytest.mark.parametrize("pause", [0.0, 0.01, 10.0])
def test_what_was_measured_beside_others_is_soon_forgotten(pause: float) -> None:
    machine = Machine(1e-3, 30e-3)  # others have the cores while it begins
    machine.run(30)
    machine.every = 6e-4
    machine.clock += pause
    machine.run(800 if pause == 0 else 2 * SOME)
    assert machine.run(1000) > 950


@pytest.mark.parametrize("ratio", [0.52, 3.0])
def test_of_calls_now_and_then_most_are_done_by_whoever_is_faster(ratio: float) -> None:
    machine = Machine(1e-3, ratio * 1e-3)
    machine.run(10 * TRIAL)
    found = 0
    for _ in range(500):
        machine.clock += 1.0
        found += machine.run(1)
    assert found > 400 if ratio < 1 else found < 100


def test_a_single_slow_run_changes_nothing() -> None:
    machine = Machine(1e-3, 6e-4)
    machine.run(500)
    machine.turnout.took(1.0, True, machine.clock)
    assert machine.turnout.is_worth_all(machine.clock)


def test_threads_are_started_where_they_gain_more_than_their_start_takes() -> None:
    assert not Turnout(1.5 * START).is_worth_starting()
    assert Turnout(3 * START).is_worth_starting()
    measured = Machine(3 * START, 2.5 * START)
    measured.run(100)
    assert not measured.turnout.is_worth_starting()
