"""Loops in programs: a scan is planned once, however long, and runs as the reference does."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.scan_cases import SCANS
from wlnet.engine.blueprint import Blueprint
from wlnet.engine.program import Program
from wlnet.engine.resources import workers_for
from wlnet.graph.builder import Builder
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph
from wlnet.graph.reference import run_graph
from wlnet.graph.scans import added, last
from wlnet.plan.compile import finish
from wlnet.plan.memory.lifetimes import waits


def graph_of(name: str, times: int, reverse: bool, slopes: bool = True) -> Graph:
    """A scan, the sum of the squares of all that it gives, and its gradients by all operands."""
    each = SCANS[name]
    graph = Graph()
    operands = []
    for i, shape in enumerate((*each.carried, *((times, *row) for row in each.rows),
                               *each.constants)):  # fmt: skip
        is_index = i - len(each.carried) in each.indices
        graph.inputs[str(i)] = graph.new_value(shape, "Integer" if is_index else "Real")
        operands.append(graph.inputs[str(i)])
    g = Builder(graph)
    given = added(g, each.body(), operands, times, reverse)
    total = g.fill(0.0)
    for value in (*given.tables, *given.stacked):
        total = g.add(total, g.reshape(g.sum(g.map("Square", value), range(value.rank)), ()))
        graph.outputs["all", len(graph.outputs)] = value  # type: ignore[index]
    graph.outputs["total"] = total
    if slopes:
        reals = [value for value in operands if value.element == "Real"]
        for i, d in enumerate(gradients(graph, total, reals).values()):
            graph.outputs["slope", i] = d  # type: ignore[index]
    return graph


def drawn(graph: Graph) -> dict[Any, Any]:
    rng = np.random.default_rng(7)
    return {
        name: rng.integers(1, 3, value.shape, endpoint=True)
        if value.element == "Integer"
        else rng.uniform(-1, 1, value.shape)
        for name, value in graph.inputs.items()
    }


def check(program: Program, graph: Graph, inputs: Any) -> None:
    expected = run_graph(graph, inputs, {})
    for name, value in graph.outputs.items():
        size = np.abs(expected[value]).max(initial=1.0)
        np.testing.assert_allclose(
            program.outputs[name], expected[value], rtol=0, atol=1e-10 * size
        )


@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "reversed"])
@pytest.mark.parametrize("name", SCANS)
def test_a_scan_and_its_gradients_are_those_of_the_reference(name: str, reverse: bool) -> None:
    """With memory shared by values that never live at the same time, and on several workers."""
    graph = graph_of(name, 5, reverse)
    inputs, before = drawn(graph), None
    for workers in (1, 2, 4):
        program = Program(finish(graph, "Real64"), {}, workers)
        for key, array in inputs.items():
            program.inputs[key][...] = array
        for _ in range(2):
            program.run()
        check(program, graph, inputs)
        bits = [out.tobytes() for out in program.outputs.values()]
        assert before in (None, bits)
        before = bits
        for _ in program.one_by_one():
            pass
        assert bits == [out.tobytes() for out in program.outputs.values()]


@pytest.mark.parametrize("name", SCANS)
def test_a_long_scan_is_planned_as_a_short_one(name: str) -> None:
    # Chains behind the loop are of so many numbers as the loop has turns.
    short, long = (
        finish(graph_of(name, times, False), "Real32", ("chains",)) for times in (3, 300)
    )
    assert [step.kernel for step in short.steps] == [step.kernel for step in long.steps]
    assert [(loop.first, loop.end) for loop in short.loops] == [
        (loop.first, loop.end) for loop in long.loops
    ]
    inside = {loop.number: loop.times for loop in short.loops}
    assert set(inside.values()) <= {3, 3 * 1}  # the loop in a loop has three rows as well
    assert long.work > 50 * short.work > 0


def test_what_is_the_same_in_every_turn_is_made_before_the_loop() -> None:
    blueprint = finish(graph_of("wide cell", 4, False, slopes=False), "Real32")
    (loop,) = blueprint.loops
    packs = [i for i, step in enumerate(blueprint.steps) if step.kernel.name.endswith("to_lanes")]
    assert packs
    assert max(packs) < loop.first


def test_a_step_waits_for_what_the_turn_before_may_still_read() -> None:
    """Where the first turn alone would have to wait for nothing."""
    blueprint = finish(graph_of("normalized", 4, False), "Real32")
    found, once = waiting(blueprint)
    inside = [i for loop in blueprint.loops for i in range(loop.first, loop.end)]
    assert sum(found[i] for i in inside) > sum(once[i] for i in inside)


def test_what_follows_a_loop_waits_for_all_of_its_turns() -> None:
    blueprint = finish(graph_of("gated", 4, False), "Real32")
    found, once = waiting(blueprint)
    end = max(loop.end for loop in blueprint.loops)
    assert sum(found[end:]) > sum(once[end:])


def waiting(blueprint: Blueprint) -> tuple[list[bool], list[bool]]:
    """Which steps wait, and which would if every loop had a single turn."""
    places: Any = {i: ("arena", slot.where) for i, slot in enumerate(blueprint.slots)}
    found = [step.wait for step in waits(blueprint.steps, places, blueprint.loops)]
    assert found == [step.wait for step in blueprint.steps]
    return found, [step.wait for step in waits(blueprint.steps, places)]


def test_many_short_turns_are_left_to_one_worker() -> None:
    net = wl.net_initialize(wl.BasicRecurrentLayer(4, input=(2000, 2)))
    program = wl.net_program(net, batch_size=2)
    assert program.operations_per_example > 3e4
    blueprint: Blueprint = finish(graph_of("gated", 5000, False), "Real32")
    assert workers_for(blueprint, None, 1e-9) == 1
    assert workers_for(blueprint, 3, 1e-9) == 3


def test_a_run_that_is_given_up_within_a_loop_leaves_it_as_it_was() -> None:
    graph = graph_of("wide cell", 20_000, False, slopes=False)
    inputs = drawn(graph)
    program = Program(finish(graph, "Real64"), {}, 2)
    for key, array in inputs.items():
        program.inputs[key][...] = array
    rest = program._calls.copy(), [made.record.copy() for made in program._made]
    for _ in range(5):
        thread = threading.Thread(target=program.run)
        thread.start()
        time.sleep(0.003)
        program.stop(at_once=True)
        thread.join()
        np.testing.assert_array_equal(program._calls, rest[0])
        for made, record in zip(program._made, rest[1], strict=True):
            np.testing.assert_array_equal(made.record, record)
    program.run()
    check(program, graph, inputs)


def test_a_report_tells_how_often_the_calls_of_a_loop_are_done() -> None:
    few, many = (wl.net_program(wl.BasicRecurrentLayer(4, input=(n, 2)), batch_size=8)
                 for n in (10, 100))  # fmt: skip
    assert "product, 100 times" in str(many)
    assert {row.times for row in many.calls} == {1, 100}
    assert abs(sum(row.operations for row in many.steps) / 8 - many.operations_per_example) < 1
    assert many.operations_per_example > 9 * few.operations_per_example


def test_a_long_short_term_memory_is_planned_alike_for_every_length() -> None:
    """Training too: its first and last steps apart, and a loop over the others."""
    net = wl.NetChain([wl.LongShortTermMemoryLayer(3)])
    counts = {
        sum(len(call.parts)
            for call in wl.net_program(wl.net_replace_part(net, {"Input": (n, 2)}), batch_size=4,
                                       learning_rate_multipliers=wl.AUTOMATIC).calls)
        for n in (4, 50, 3000)
    }  # fmt: skip
    assert len(counts) == 1


def at_last(name: str, times: int, reverse: bool) -> Graph:
    """The same scan, of which nobody asks for more than what was carried at last."""
    each = SCANS[name]
    graph = Graph()
    g = Builder(graph)
    operands = []
    for i, shape in enumerate((*each.carried, *((times, *row) for row in each.rows),
                               *each.constants)):  # fmt: skip
        is_index = i - len(each.carried) in each.indices
        graph.inputs[str(i)] = graph.new_value(shape, "Integer" if is_index else "Real")
        operands.append(graph.inputs[str(i)])
    given = added(g, each.body(), operands, times, reverse)
    for i, table in enumerate(given.tables):
        graph.outputs[f"last {i}"] = last(g, table, reverse)
    return graph


@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "reversed"])
@pytest.mark.parametrize("name", SCANS)
def test_where_only_the_last_is_asked_for_no_table_is_kept(name: str, reverse: bool) -> None:
    graph = at_last(name, 5, reverse)
    inputs = drawn(graph)
    for workers in (1, 3):
        program = Program(finish(graph, "Real64"), {}, workers)
        for key, array in inputs.items():
            program.inputs[key][...] = array
        for _ in range(2):  # it begins anew, whatever stands there
            program.run()
        check(program, graph, inputs)
    # What is given grows with the number of turns, and nothing else.
    some, more = (
        finish(at_last(name, times, reverse), "Real64").arena_bytes for times in (64, 128)
    )
    assert more - some <= 64 * 8 * sum(math.prod(row) for row in SCANS[name].rows)
