"""Workers on cores of their own: moved apart, and not bound."""

from __future__ import annotations

import os
import runpy
import threading
from collections.abc import Callable
from typing import Any

import pytest

from wlnet.engine import spreading
from wlnet.engine.spreading import take_core

linux = pytest.mark.skipif(
    spreading._current_core() is None, reason="threads cannot be put on cores here"
)


def in_a_thread(what: Callable[[], Any]) -> Any:
    """What is done in a thread of its own, so that this one stays as it is."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(what()))
    thread.start()
    thread.join()
    return found[0]


@linux
def test_a_worker_leaves_the_core_of_another_and_is_not_bound() -> None:
    core = spreading._current_core()
    assert core is not None
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one core")

    def work() -> Any:
        here = core()
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {here})
        os.sched_setaffinity(0, allowed)
        taken = [core()]
        take_core(taken)
        return taken, os.sched_getaffinity(0) == allowed

    taken, is_free = in_a_thread(work)
    assert is_free and len(taken) == len(set(taken)) == 2


@linux
def test_where_all_cores_are_taken_a_worker_stays() -> None:
    allowed = sorted(os.sched_getaffinity(0))

    def work() -> Any:
        taken = list(allowed)
        take_core(taken)
        return taken, sorted(os.sched_getaffinity(0))

    taken, after = in_a_thread(work)
    assert after == allowed
    assert taken[:-1] == allowed and taken[-1] in allowed


@pytest.mark.parametrize("missing", ["sched_setaffinity", "sched_getcpu"])
def test_a_system_that_cannot_is_left_alone(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing == "sched_setaffinity":
        monkeypatch.delattr(os, missing, raising=False)
    else:
        monkeypatch.setattr(spreading.ctypes, "CDLL", lambda _: object())
    spreading._current_core.cache_clear()
    try:
        taken: list[int] = []
        take_core(taken)
        assert taken == []
    finally:
        spreading._current_core.cache_clear()


def test_the_tests_above_can_be_read_where_no_core_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("sched_getaffinity", "sched_setaffinity"):
        monkeypatch.delattr(os, name, raising=False)
    spreading._current_core.cache_clear()
    try:
        assert runpy.run_path(__file__)["linux"].args == (True,)
    finally:
        spreading._current_core.cache_clear()


@linux
def test_a_system_that_forbids_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(spreading.os, "sched_setaffinity", forbid)
    taken = list(os.sched_getaffinity(0))[:1]
    for _ in range(3):
        take_core(taken)
    assert len(taken) == 4
