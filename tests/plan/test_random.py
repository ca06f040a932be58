"""The random mask, and the streams that it is drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wlnet.engine.program import Program
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.graph.reference import run_graph
from wlnet.kernels.language import Precision
from wlnet.plan.compile import finish

both_precisions = pytest.mark.parametrize("precision", ["Real64", "Real32"])


def masks(keep: float, shape: Any = (100, 300), origins: Any = ((),)) -> Graph:
    """A graph of a mask for each layer named."""
    graph = Graph()
    for i, origin in enumerate(origins):
        graph.outputs[i] = Builder(graph, origin=origin).random_mask(shape, keep)
    return graph


def drawn(
    graph: Graph, precision: Precision, seed: Any = 1, step: int = 0, workers: int = 1
) -> list[Any]:
    program = Program(finish(graph, precision), {}, workers)
    program.run(seed=seed, step=step)
    return [mask.copy() for mask in program.outputs.values()]


@both_precisions
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_mask_keeps_the_share_it_is_told(keep: float, precision: Precision) -> None:
    (mask,) = drawn(masks(keep), precision)
    assert set(np.unique(mask)) == {0.0, 1.0}
    five_deviations = 5 * np.sqrt(keep * (1 - keep) / mask.size)
    assert abs(mask.mean(dtype=float) - keep) < five_deviations


@both_precisions
def test_a_mask_that_keeps_all_or_nothing_does_so(precision: Precision) -> None:
    assert np.all(drawn(masks(1.0), precision)[0] == 1)
    assert np.all(drawn(masks(0.0), precision)[0] == 0)


@both_precisions
@pytest.mark.parametrize("shape", [(1,), (7,), (5, 13), (3, 4, 5)])
def test_masks_are_those_of_the_reference_for_every_seed_step_and_layer(
    shape: Any, precision: Precision
) -> None:
    graph = masks(0.4, shape, [("a",), ("b",), ("a",)])
    for seed in (0, 7, "a word"):
        for step in (0, 1, 1000, 2**40):
            wanted = run_graph(graph, {}, {}, seed=seed, step=step)
            for workers in (1, 3):
                found = drawn(graph, precision, seed, step, workers)
                for i, value in graph.outputs.items():
                    np.testing.assert_array_equal(found[i], wanted[value])


@both_precisions
def test_steps_of_one_run_draw_what_single_steps_draw(precision: Precision) -> None:
    program = Program(finish(masks(0.5), precision), {})
    program.run(seed=3, step=4, steps=3)
    (single,) = drawn(masks(0.5), precision, seed=3, step=6)
    assert program.outputs[0].tobytes() == single.tobytes()


def test_another_seed_step_layer_or_call_is_another_draw() -> None:
    graph = masks(0.5, origins=[("a",), ("b",), ("a",)])
    seen = [
        mask.tobytes()
        for seed, step in ((1, 0), (1, 1), (2, 0))
        for mask in drawn(graph, "Real32", seed, step)
    ]
    assert len(set(seen)) == len(seen)
