"""Helpers that stay for a moment after a run: the same bits, and nothing is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine import crew
from wlnet.engine.program import Program
from wlnet.evaluate.runner import Runner
from wlnet.kernels.jit.serving import CLOSED, DONE, LEAVE, POSTED

TASKS = Path("/proc/self/task")
needs_tasks = pytest.mark.skipif(not TASKS.exists(), reason="no list of threads here")
SECONDS = 20.0
"""Until something has happened that takes a thousandth of a second, on any machine."""


def a_net() -> Any:
    return wl.net_initialize(wl.NetChain([24, "Tanh", 40, "Ramp", 5], input=16), random_seeding=1)


def examples(count: int = 50) -> Any:
    return np.random.default_rng(0).standard_normal((count, 16), np.float32)


def a_program(workers: int = 3, count: int = 50) -> Program:
    program, _ = Runner(a_net(), workers=workers).program(count, {"Input": (16,)})
    program.inputs["Input"][...] = examples(count)
    return program


def threads() -> int:
    return len(list(TASKS.iterdir()))


def until(happened: Any) -> bool:
    end = time.monotonic() + SECONDS
    while not happened() and time.monotonic() < end:
        time.sleep(0.001)
    return bool(happened())


def left(desk: crew.Desk) -> bool:
    return until(lambda: desk.has_left)


@pytest.fixture(autouse=True)
def nobody_waits() -> None:
    crew.dismiss()
    time.sleep(0.01)  # until the system has taken away what has ended


def test_any_number_of_helpers_gives_the_same_bits_in_any_of_many_runs() -> None:
    expected = a_net()(examples(), workers=1).tobytes()
    for workers in (2, 3, 5):
        program = a_program(workers)
        for _ in range(30):
            program.outputs["Output"][...] = np.nan
            assert program.answer()
            assert program.outputs["Output"].tobytes() == expected


def test_a_helper_serves_many_runs_of_several_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    starts = crew.start_new_thread

    def start(*arguments: Any) -> int:
        started.append(arguments)
        return starts(*arguments)

    monkeypatch.setattr(crew, "start_new_thread", start)
    monkeypatch.setattr(crew, "PATIENCE", 10**7)
    programs = [a_program(3, count) for count in (50, 9)]
    for _ in range(20):
        for program in programs:
            program.answer()
    assert len(started) == 2
    for (desk, *_), _ in [(arguments[1], None) for arguments in started]:
        assert desk.words[POSTED] == desk.words[DONE] == 40
    crew.dismiss()
    assert all(arguments[1][0].has_left for arguments in started)


@needs_tasks
def test_helpers_leave_by_themselves() -> None:
    before = threads()
    for _ in range(5):
        a_program(4).answer()
    assert until(lambda: threads() <= before)
    assert not crew.are_waiting()


def test_a_run_is_done_without_helpers_that_have_just_left() -> None:
    program = a_program(4)
    program.answer()
    expected = program.outputs["Output"].tobytes()
    for gone in range(4):
        assert program.answer()
        leaving = crew._free[:gone]
        for desk in leaving:
            desk.words[LEAVE] = 1
            assert left(desk)
        assert all(desk.words[POSTED] == CLOSED for desk in leaving)
        program.outputs["Output"][...] = np.nan
        program.rest()
        # Those that are gone are not asked, and nobody is started in their place.
        assert program._start(False, 4, False) == 1
        assert program.outputs["Output"].tobytes() == expected


def test_threads_at_once_get_their_own_answers() -> None:
    net, xs = a_net(), [examples(count) for count in (50, 33, 8, 70)]
    alone = [net(x, workers=1).tobytes() for x in xs]
    faults: list[int] = []

    def work(number: int) -> None:
        for _ in range(8):
            for workers in (2, 3):
                if net(xs[number], workers=workers).tobytes() != alone[number]:
                    faults.append(number)

    running = [threading.Thread(target=work, args=(number,)) for number in range(len(xs))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert not faults
    assert not crew.at_work


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_has_no_helpers_and_finds_its_own() -> None:
    program = a_program(3)
    program.answer()
    expected = program.outputs["Output"].tobytes()
    child = os.fork()
    if not child:
        signal.alarm(60)
        are_none = not crew._free and not crew.at_work
        program.outputs["Output"][...] = np.nan
        is_done = program.answer() and program.outputs["Output"].tobytes() == expected
        os._exit(0 if are_none and is_done else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert program.answer()
    assert program.outputs["Output"].tobytes() == expected


@needs_tasks
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_who_forks_sends_away_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    before = threads()
    monkeypatch.setattr(crew, "PATIENCE", 10**9)
    a_program(3).answer()
    assert threads() == before + 2
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    assert until(lambda: threads() <= before)


LEAVES = """
    import numpy as np
    import wlnet as wl
    from wlnet.engine import crew
    crew.PATIENCE = 10**9
    net = wl.net_initialize(wl.NetChain([24, "Tanh", 40, "Ramp", 5], input=16))
    x = np.ones((50, 16), np.float32)
    for _ in range(3):
        net(x, workers=3)
    assert crew._free
    print("done")
"""


def test_a_process_ends_while_helpers_wait() -> None:
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LEAVES)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "done\n", "")


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
# A file that Python had just opened when an interrupt came is closed by its collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_an_interrupt_at_any_moment_the_next_answer_is_right() -> None:
    net, x = a_net(), examples()
    expected = net(x, workers=1).tobytes()
    main, heard = threading.get_ident(), 0
    # Whoever runs tests in several processes may have them hear of none.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    rng = np.random.default_rng(5)
    for _ in range(40):
        delay = float(rng.uniform(0, 0.004))
        sender = threading.Timer(delay, signal.pthread_kill, (main, signal.SIGINT))
        try:
            sender.start()
            for _ in range(100_000):
                net(x, workers=3)
        except KeyboardInterrupt:
            heard += 1
        sender.join()
        assert net(x, workers=3).tobytes() == expected
    signal.signal(signal.SIGINT, usual)
    assert heard == 40
    assert until(lambda: not crew.are_waiting())
