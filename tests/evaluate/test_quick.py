"""Single examples, which go a shorter way from the second call on: nothing else may differ."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import weakref
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.program import Program
from wlnet.evaluate import runner
from wlnet.evaluate.quick import short_way
from wlnet.evaluate.runner import Runner
from wlnet.kernels.jit.locks import is_mine

NUMBERS = np.random.default_rng(0)


def small_net() -> Any:
    return wl.net_initialize(wl.NetChain([5, "Tanh", 3], input=4))


def an_example() -> Any:
    return NUMBERS.standard_normal(4, np.float32)


def kept_program(net: Any) -> tuple[Program, Any]:
    (kept,) = net.cached("programs", dict).programs.values()
    return kept


def quick_of(net: Any) -> Any:
    return net.cached("quick", lambda: None)


def test_the_short_way_gives_what_the_usual_way_gives() -> None:
    net = small_net()
    examples = [an_example() for _ in range(5)]
    net(examples[0])
    assert quick_of(net) is not None
    for x in examples:
        usual = net(x, working_precision="Real32")
        assert net(x).tobytes() == usual.tobytes()
        assert quick_of(net)(x).tobytes() == usual.tobytes()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_in_every_call(wrong: float) -> None:
    net, bad, good = small_net(), an_example(), an_example()
    bad[2] = wrong
    expected = net(good)
    for _ in range(2):
        with pytest.raises(wl.DataError, match="not finite"):
            net(bad)
        assert quick_of(net)(good).tobytes() == net(good).tobytes() == expected.tobytes()


def test_after_a_call_that_was_given_up_the_next_one_gives_its_own_answer() -> None:
    net, first, second = small_net(), an_example(), an_example()
    expected = net(second)
    net(first)
    program, _ = kept_program(net)
    program.stop(at_once=True)
    assert net(second).tobytes() == expected.tobytes()


def test_a_program_of_several_workers_or_of_long_steps_has_no_short_way() -> None:
    net = small_net()
    x = an_example()[None]
    for workers, is_long, wanted in ((1, False, True), (2, False, False), (1, True, False)):
        run = Runner(net, workers=workers)
        run.run({"Input": x}, 1)
        program, _ = run.program(1, {"Input": (4,)})
        if is_long:
            program._seconds = 1.0
        assert (short_way(run) is not None) == wanted


def test_the_short_way_is_made_while_nobody_runs_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, starter, free = small_net(), Program.starter, []

    def looked_at(self: Program) -> Any:
        free.append(not is_mine(kept_program(net)[1]))
        return starter(self)

    monkeypatch.setattr(Program, "starter", looked_at)
    net(an_example())
    assert free == [False]


FORKED = """
    import os, signal, threading
    import numpy as np
    import wlnet as wl
    from wlnet.evaluate import runner
    net = wl.net_initialize(wl.NetChain([5, "Tanh", 3], input=4))
    x = np.ones(4, np.float32)
    expected = net(x)
    kept = net.cached("programs", dict)
    ((_, lock),) = kept.programs.values()
    # As other threads may hold them at this moment, which are not in the child.
    for each in (lock, kept.lock, runner._keeping):
        holder = threading.Thread(target=each.acquire)
        holder.start()
        holder.join()
    child = os.fork()
    if not child:
        signal.alarm(20)
        same = all((answer == expected).all() for answer in (net(x), net(x[None])[0]))
        wl.net_train(net, (x[None], np.ones((1, 3))), max_training_rounds=1)
        os._exit(0 if same else 3)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_while_other_threads_evaluate_finds_all_locks_free() -> None:
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FORKED)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stdout.strip() == "0", run.stderr


def test_the_program_of_the_short_way_lives_when_the_net_has_dropped_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "KEPT", 1)
    monkeypatch.setattr(runner, "MOST", 0)
    net, x = small_net(), an_example()
    expected = net(x)
    program = weakref.ref(kept_program(net)[0])
    for count in (2, 3):
        net(np.ones((count, 4), np.float32))
    gc.collect()
    assert kept_program(net)[0] is not program()
    assert program() is not None, "native code would run on memory that was given back"
    assert net(x).tobytes() == expected.tobytes()
