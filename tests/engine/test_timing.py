"""The calls of a program are timed within whole steps, which do all that they do otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.program import Program
from wlnet.engine.timing import Stopwatch
from wlnet.plan.compile import forward_blueprint

DEEP = wl.NetChain([1000, "Tanh", 1000, "Tanh", 5], input=100)
TURNING = wl.NetChain([wl.GatedRecurrentLayer(5), wl.SequenceLastLayer(), 2], input=(9, 3))


def program(net: Any, workers: int = 1, precision: Any = "Real32") -> Program:
    net = wl.net_initialize(net)
    arrays = wl.information(net, "Arrays")
    blueprint = forward_blueprint(net, 32, precision=precision, constants=arrays, checked=True)
    dtype = np.float32 if precision == "Real32" else np.float64
    own = {key: np.ascontiguousarray(array, dtype) for key, array in arrays.items()}
    made = Program(blueprint, own, workers)
    made.inputs["Input"][...] = np.random.default_rng(0).normal(size=made.inputs["Input"].shape)
    return made


@pytest.mark.parametrize("net", [DEEP, TURNING], ids=["deep", "turning"])
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("workers", [1, 2])
def test_the_bits_are_those_of_a_run_without_a_clock(
    net: Any, precision: str, workers: int
) -> None:
    made = program(net, workers, precision)
    made.run()
    wanted = made.outputs["Output"].tobytes()
    watch = Stopwatch(made)
    made.outputs["Output"][...] = 0
    watch.go(1, workers)
    # The last steps of a go are those with a clock.
    assert made.outputs["Output"].tobytes() == wanted
    made.run()
    assert made.outputs["Output"].tobytes() == wanted


@pytest.mark.parametrize("net", [DEEP, TURNING], ids=["deep", "turning"])
def test_every_call_has_its_time_and_none_is_left_out(net: Any) -> None:
    made = program(net)
    shares = []
    for _ in range(8):
        watch = Stopwatch(made)
        took = watch.go(1, 1)
        found = watch.times()
        assert len(found.calls) == len(made.blueprint.steps)
        assert all(call.seconds > 0 for call in found.calls)
        assert found.steps == 1
        # A thread begins before it, and ends behind it.
        shares.append(found.seconds / took)
    assert max(shares) < 1.05
    assert net is TURNING or max(shares) > 0.2


def test_the_first_of_several_steps_in_a_go_is_not_counted() -> None:
    watch = Stopwatch(program(DEEP))
    watch.go(3, 1)
    watch.go(1, 1)
    assert watch.steps == watch.times().steps == 3


def test_one_worker_waits_for_nobody() -> None:
    watch = Stopwatch(program(DEEP, 2))
    watch.go(4, 1)
    assert {call.waiting for call in watch.times().calls} == {0.0}


def test_waiting_is_a_part_of_the_time() -> None:
    watch = Stopwatch(program(DEEP, 2))
    watch.go(4, 2)
    calls = watch.times().calls
    assert all(0 <= call.waiting <= call.seconds for call in calls)
    assert any(call.waiting > 0 for call in calls)


def test_numbers_that_are_not_finite_end_no_go() -> None:
    made = program(DEEP)
    made.inputs["Input"][0, 0] = np.nan
    assert made.run(steps=3) == 1
    watch = Stopwatch(made)
    watch.go(3, 1)
    assert watch.steps == 2


def test_what_is_timed_is_at_most_a_table_that_fits_the_cache() -> None:
    watch = Stopwatch(program(DEEP))
    with pytest.raises(AssertionError):
        watch.go(watch.most + 1, 1)
