"""How many workers a program is run by."""

from __future__ import annotations

from wlnet.core.machine import available_cores
from wlnet.engine.blueprint import Blueprint

OPERATIONS, BYTES = 6e10, 1.5e10
"""What a core does in a second, about."""
WAIT = 1e-6
"""Seconds that it takes until all workers are at one place, about."""
MOST = 256
"""Workers, however many are wanted: each is a thread with memory of its own."""


def workers_for(blueprint: Blueprint, wanted: int | None, worth: float) -> int:
    """As many workers as wanted, MOST at most; for None the cores there are, or one where a step is
    short.

    worth: how many seconds a step must take for a second thread to bring more than it costs.
    """
    if wanted is not None:
        return min(wanted, MOST)
    touched = sum(
        view.bytes * blueprint.times(i)
        for i, step in enumerate(blueprint.steps)
        for view in step.writes
    )
    seconds = blueprint.work / OPERATIONS + touched / BYTES
    # In a loop workers may wait for each other thousands of times in a step.
    waits = sum(blueprint.times(i) for i, step in enumerate(blueprint.steps) if step.wait)
    is_worth = seconds > worth and seconds / 2 > waits * WAIT
    return min(available_cores(), MOST) if is_worth else 1
