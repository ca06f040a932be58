"""The kernels of wlnet alone: windows on one worker, the update of an array."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from wlnet.engine.program import Program
from wlnet.engine.team import call_alone
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.kernels.updates.flat_updates import adam
from wlnet.methods import Adam
from wlnet.plan.compile import finish

Build = Callable[[Builder, Any, Any], Any]
SECONDS = 0.3
NUMBERS = 10_000_000
ADAM_BYTES = 7 * 4
"""Bytes moved for a number: four are read, three are written."""


def program_of(shapes: list[tuple[int, ...]], build: Build, without: Sequence[str] = ()) -> Program:
    """The program of a phrase of primitives on random numbers, for one worker."""
    graph = Graph()
    g = Builder(graph)
    values = []
    for i, shape in enumerate(shapes):
        graph.inputs[str(i)] = graph.new_value(shape)
        values.append(graph.inputs[str(i)])
    graph.outputs["y"] = build(g, *values)
    program = Program(finish(graph, "Real32", without), {}, 1)
    rng = np.random.default_rng(0)
    for value in program.inputs.values():
        value[...] = rng.normal(size=value.shape)
    return program


def operations_a_second(program: Program, work: int | None = None) -> float:
    """GF/s, by the operations of the calls that count most; copies and layouts cost time too."""
    work = work or sum(step.work for step in program.blueprint.steps)
    program.run(steps=2)
    start = time.perf_counter()
    program.run(steps=3)
    steps = max(3, int(SECONDS / max((time.perf_counter() - start) / 3, 1e-6)))
    found = []
    for _ in range(3):
        start = time.perf_counter()
        program.run(steps=steps)
        found.append((time.perf_counter() - start) / steps)
    return float(work / min(found) / 1e9)


def window(kind: str, channels: int, size: int, fast: bool, batch: int = 16) -> float:
    """GF/s of a 3 x 3 convolution with padding: forward, by its input, or by its weights.

    fast: by Winograd's formula, counted as if it did what the direct way does.
    """
    at: dict[str, Any] = {
        "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1,
    }  # fmt: skip
    x, w = (batch, channels, size, size), (channels, channels, 3, 3)
    builds: dict[str, tuple[Any, Any, Build]] = {
        "forward": (x, w, lambda g, x, w: g.one("convolve", x, w, **at)),
        "by input": (x, w, lambda g, d, w: g.one("convolve_input", d, w, shape=x, **at)),
        "by weights": (x, x, lambda g, x, d: g.one("convolve_weights", x, d, shape=w, **at)),
    }
    first, second, build = builds[kind]
    without = () if fast else ("transform_windows",)
    work = 2 * 9 * batch * (channels * size) ** 2
    return operations_a_second(program_of([first, second], build, without), work)


def adam_bandwidth(workers: int) -> float:
    """GB/s of Adam over ten million numbers, those of all workers together."""
    rng = np.random.default_rng(0)
    values, gradients = (rng.random(NUMBERS, np.float32) for _ in range(2))
    mean, square = np.zeros_like(values), np.zeros_like(values)
    rates, status = np.array([1e-3]), np.zeros(1, np.int64)
    fields = Adam().fields()

    def update(part: slice) -> None:
        call_alone(
            adam, "Real32", count=part.stop - part.start, values=values[part],
            gradients=gradients[part], state0=mean[part], state1=square[part], state2=None,
            rates=rates, decays=None, status=status, lines=1, distance=0, gradient_distance=0,
            **fields,
        )  # fmt: skip

    parts = [slice(NUMBERS * k // workers, NUMBERS * (k + 1) // workers) for k in range(workers)]
    found = []
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(6):
            start = time.perf_counter()
            list(pool.map(update, parts))
            found.append(time.perf_counter() - start)
    return ADAM_BYTES * NUMBERS / min(found) / 1e9
