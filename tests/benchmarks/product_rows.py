"""Matrix products alone, on one worker, in every form in which a net asks for them.

A row is a linear layer: so many examples, inputs, outputs. Forward it multiplies examples by
weights; on the way back gradients by weights, and gradients by examples: three products of the same
three sizes, so that all columns of a row do as many operations. Each is planned as for a net, and
then its one call is timed, without the packing or copying that a plan may put before it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np

from wlnet.engine.blueprint import Blueprint
from wlnet.engine.program import Program
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.graph.keys import StateKey
from wlnet.methods import Adam
from wlnet.plan.calls.emitter import Learner
from wlnet.plan.compile import finish
from wlnet.plan.memory.assemble import assemble
from wlnet.plan.passes.updates import update_arrays
from wlnet.plan.stages import Setting, run_stages

WEIGHTS: Final = ("layer", "Weights")
BIASES: Final = ("layer", "Biases")
FLOAT: Final = 4
"""Bytes of a number."""
ADAM_STATES: Final = 2
"""Numbers that Adam keeps beside each weight."""
SECONDS: Final = 0.02
"""How long one turn takes."""


class Sizes(NamedTuple):
    """Examples, inputs and outputs of a layer; many: so many of them, one product each."""

    m: int
    k: int
    n: int
    many: int = 1

    @property
    def title(self) -> str:
        """The product as it is written."""
        often = f"{self.many} times " if self.many > 1 else ""
        return f"{often}({self.m}, {self.k}) by ({self.k}, {self.n})"

    @property
    def work(self) -> int:
        """Operations."""
        return 2 * self.many * self.m * self.k * self.n

    @property
    def moved(self) -> int:
        """Numbers that a step of Adam changes."""
        return (1 + ADAM_STATES) * self.many * self.k * self.n


def _forward(s: Sizes, g: Builder) -> Blueprint:
    return _plan(g, g.matmul(_given(g, s, s.m, s.k), _given(g, s, s.k, s.n)))


def _turned(s: Sizes, g: Builder) -> Blueprint:
    """The gradient by the weights, when it is written as a whole."""
    examples, gradients = _given(g, s, s.m, s.k), _given(g, s, s.m, s.n)
    return _plan(g, g.matmul(g.transpose(gradients), examples))


def _packed(s: Sizes, g: Builder) -> Blueprint:
    weights = g.transpose(_array(g, WEIGHTS, s.n, s.k))
    return _plan(g, g.matmul(_given(g, s, s.m, s.k), weights))


def _ramp(s: Sizes, g: Builder) -> Blueprint:
    weights, biases = g.transpose(_array(g, WEIGHTS, s.n, s.k)), _array(g, BIASES, s.n)
    return _plan(g, g.map("Ramp", g.add(g.matmul(_given(g, s, s.m, s.k), weights), biases)))


def _gated(s: Sizes, g: Builder) -> Blueprint:
    gradients, weights, y = _given(g, s, s.m, s.n), _given(g, s, s.n, s.k), _given(g, s, s.m, s.k)
    return _plan(g, g.multiply(g.matmul(gradients, weights), g.map("UnitStep", y)))


def _gated_packed(s: Sizes, g: Builder) -> Blueprint:
    gradients, y = _given(g, s, s.m, s.n), _given(g, s, s.m, s.k)
    weights = g.transpose(_array(g, WEIGHTS, s.k, s.n))
    return _plan(g, g.multiply(g.matmul(gradients, weights), g.map("UnitStep", y)))


def _update(s: Sizes, g: Builder) -> Blueprint:
    return _updating(s, g, is_packed=False)


def _packed_update(s: Sizes, g: Builder) -> Blueprint:
    return _updating(s, g, is_packed=True)


FORMS: Final[dict[str, Callable[[Sizes, Builder], Blueprint]]] = {
    "x w": _forward,
    "x w, packed": _packed,
    "with bias and Ramp, packed": _ramp,
    "gated": _gated,
    "gated, packed": _gated_packed,
    "dᵀ x": _turned,
    "dᵀ x with Adam": _update,
    "dᵀ x with Adam, packed": _packed_update,
}
"""x: examples; w: weights; d: gradients by the outputs; gated: d w, times the slope of a Ramp."""
OF_MANY: Final = ("x w", "dᵀ x", "gated")
UPDATING: Final = ("dᵀ x with Adam", "dᵀ x with Adam, packed")
NUMPY: Final = "NumPy"
SIZES: Final = (
    Sizes(64, 784, 256), Sizes(61, 783, 251), Sizes(256, 1024, 1024), Sizes(64, 1024, 1024),
    Sizes(128, 2048, 2048), Sizes(1000, 784, 256), Sizes(512, 512, 512), Sizes(127, 129, 131),
    Sizes(64, 32, 64, many=96), Sizes(64, 128, 64, many=16),
)  # fmt: skip


class Timed:
    """A function that does something so many times, and the seconds of the fastest so far."""

    def __init__(self, run: Callable[[int], object]) -> None:
        self.run, self.seconds, self.steps = run, math.inf, 2
        self.turn()
        self.turn()
        self.steps = max(1, int(SECONDS / self.seconds))

    def turn(self) -> None:
        """Do it for a while."""
        start = time.perf_counter()
        self.run(self.steps)
        self.seconds = min(self.seconds, (time.perf_counter() - start) / self.steps)


def prepared(form: str, sizes: Sizes) -> Callable[[int], object] | None:
    """What does the product so many times, None where a form is not for it."""
    if form == NUMPY:
        return _of_numpy(sizes)
    return program(form, sizes) if sizes.many == 1 or form in OF_MANY else None


def program(form: str, sizes: Sizes) -> Callable[[int], object]:
    """A function that does the call so many times."""
    random = np.random.default_rng(0)
    made = FORMS[form](sizes, Builder(Graph()))
    arrays: dict[Any, Any] = {
        slot.where: np.zeros(slot.bytes // FLOAT, np.float32) for slot in made.slots
        if slot.kind == "array"
    }  # fmt: skip
    for key, numbers in arrays.items():
        if not isinstance(key, StateKey):
            numbers[:] = random.normal(size=numbers.size)
    found = Program(made, arrays, 1)
    found.arena.view(np.float32)[:] = random.normal(size=found.arena.size // FLOAT)

    def run(steps: int) -> None:
        rates = np.full(steps, 1e-9)
        found.set(("rates", WEIGHTS), rates.ctypes.data)
        found.run(steps=steps)

    return run


def limit(form: str, sizes: Sizes, fma: float, memory: float) -> float:
    """GF/s that the machine allows: fma GF/s; and where weights are updated, what is changed in
    place at memory GB/s takes time besides."""
    if form not in UPDATING:
        return fma
    return sizes.work / (sizes.work / fma + 2 * FLOAT * sizes.moved / memory)


def _of_numpy(sizes: Sizes) -> Callable[[int], object] | None:
    """The matrix library of NumPy, where it was told to use one thread."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        return None
    random = np.random.default_rng(0)
    lead = (sizes.many,) if sizes.many > 1 else ()
    a = random.random((*lead, sizes.m, sizes.k), np.float32)
    b = random.random((*lead, sizes.k, sizes.n), np.float32)
    c = np.zeros((*lead, sizes.m, sizes.n), np.float32)

    def run(steps: int) -> None:
        for _ in range(steps):
            np.matmul(a, b, out=c)

    return run


def _given(g: Builder, sizes: Sizes, *shape: int) -> Any:
    """An input, or as many as there are products."""
    lead = (sizes.many,) if sizes.many > 1 else ()
    value = g.graph.new_value((*lead, *shape))
    g.graph.inputs[str(value.index)] = value
    return value


def _array(g: Builder, key: Any, *shape: int) -> Any:
    """An array of a net, which never changes."""
    value = g.graph.arrays[key] = g.graph.new_value(shape)
    return value


def _plan(g: Builder, result: Any) -> Blueprint:
    g.graph.outputs["y"] = result
    return _alone(finish(g.graph, "Real32", constants=tuple(g.graph.arrays)))


def _updating(s: Sizes, g: Builder, is_packed: bool) -> Blueprint:
    """The update of weights by Adam, of which the product is a part."""
    _array(g, WEIGHTS, s.n, s.k)
    examples, gradients = _given(g, s, s.m, s.k), _given(g, s, s.m, s.n)
    # As the derivative of a linear layer has it.
    gradient = g.transpose(g.matmul(g.transpose(examples), gradients))
    update_arrays(g.graph, {WEIGHTS: gradient})
    setting = Setting("Real32", Fraction(), packed=(WEIGHTS,) if is_packed else ())
    graph = run_stages(g.graph, setting, "form", "orient", "update", "pack")
    rule = Adam()
    learner = Learner(rule.kernel, rule.state_arrays, rule.fields(0.0, None, None))
    return _alone(assemble(graph, setting, {WEIGHTS: learner}))


def _alone(whole: Blueprint) -> Blueprint:
    """The program of its one product."""
    (step,) = [step for step in whole.steps if "product" in step.what]
    return replace(whole, steps=(step,))
