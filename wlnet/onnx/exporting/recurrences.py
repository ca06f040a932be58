"""Rows of recurrent layers: the operators LSTM and GRU, or a cell step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from wlnet.onnx.exporting.sizes import Extent
from wlnet.onnx.exporting.table import translation
from wlnet.onnx.exporting.writer import Body, Named, Tensor, Writer

Names: TypeAlias = list[str]
Made: TypeAlias = tuple[Names, list[tuple[str, Extent]]]
"""What is carried on to the next step; what else is kept of each, with its last size."""
Cell = Callable[[Writer, Names, Names, Sequence[Tensor]], Made]
"""cell(inner, parts of what is said, parts of what the state tells, what was carried)."""


@translation
def lstm(w: Writer, said: Tensor, weights: Tensor, *begun: Tensor) -> tuple[str | None, ...]:
    """The states of a long short-term memory by the operator LSTM. By Scan, where gates and cells
    of every step are read, which it does not give, and in 64 bits, which runtimes do not have."""
    if any(w.wanted[1:]) or w.real is np.float64:
        return _lstm_by_steps(w, said, weights, *begun)
    return _states(w, "LSTM", said, weights, begun), None, None


@translation
def gru(w: Writer, said: Tensor, weights: Tensor, *begun: Tensor) -> tuple[str | None, ...]:
    """The states of a gated recurrent layer by the operator GRU, or by Scan, likewise."""
    if any(w.wanted[1:]) or w.real is np.float64:
        return _gru_by_steps(w, said, weights, *begun)
    # Its reset gate works behind the product.
    return _states(w, "GRU", said, weights, begun, linear_before_reset=1), None, None


def _states(
    w: Writer, kind: str, said: Tensor, weights: Tensor, begun: Sequence[Tensor], **more: int
) -> str:
    """What a recurrent operator gives at all steps."""
    size, width = weights.shape
    assert isinstance(size, int) and isinstance(width, int)
    given, from_input, biases = _as_product(w, said, width)
    nothing = w.array(np.zeros(width, w.real))
    both = w.node("Concat", nothing if biases is None else biases, nothing, axis=0)
    first = w.wholes([0])
    inputs: list[Named] = [
        given,
        w.node("Unsqueeze", w.node("Transpose", from_input, perm=[1, 0]), first),
        w.node("Unsqueeze", w.node("Transpose", weights, perm=[1, 0]), first),
        w.node("Unsqueeze", both, first),
    ]
    if begun:
        inputs += ["", *(w.node("Unsqueeze", each, first) for each in begun)]
    states = w.node(kind, *inputs, hidden_size=size, **more)
    return w.node("Squeeze", states, w.wholes([1]))


def _as_product(w: Writer, said: Tensor, width: int) -> tuple[Named, Named, Named | None]:
    """What is said to the gates as inputs, their weights (in, width), and biases: as recurrent
    operators want it. What is not made so is said by itself."""
    made, given = w.makers.get(said.name, (None, ()))
    if made is not None and made.primitive == "add" and given[1].rank == 1:
        product, factors = w.makers.get(given[0].name, (None, ()))
        if product is not None and product.primitive == "matmul" and factors[1].rank == 2:
            return factors[0], factors[1], given[1]
    return said, w.array(np.eye(width, dtype=w.real)), None


def _steps(
    w: Writer, said: Tensor, weights: Tensor, begun: Sequence[Tensor], count: int, cell: Cell
) -> tuple[str | None, ...]:
    """A recurrence by Scan: its states, and what else is kept. count: of what is carried, zeros if
    nothing is begun with."""
    _, batch, width = said.shape
    size = weights.shape[0]
    assert isinstance(size, int) and isinstance(width, int)
    if not begun:
        zeros = w.node("ConstantOfShape", w.extents([batch, size]), value=np.zeros(1, w.real))
        begun = (Tensor(zeros, (batch, size)),) * count
    inner = Writer(w.real, w)
    carried = [Tensor(w.names.new(f"{said.name}/carried"), (batch, size)) for _ in begun]
    x = Tensor(w.names.new(f"{said.name}/x"), (batch, width))

    def parts(of: Named) -> list[str]:
        ends = range(0, width + 1, size)
        return [
            inner.node("Slice", of, inner.wholes([a]), inner.wholes([b]), inner.wholes([1]))
            for a, b in pairwise(ends)
        ]

    new, kept = cell(inner, parts(x), parts(inner.node("MatMul", carried[0], weights)), carried)
    shapes = [(new[0], size), *kept]
    tables = [Tensor(inner.node("Identity", name), (batch, wide)) for name, wide in shapes]
    outputs = [*(Tensor(name, (batch, size)) for name in new), *tables]
    body = Body([*carried, x], inner.nodes, outputs)
    found = w.node_of("Scan", [*begun, said], count + 3, body=body, num_scan_inputs=1)
    return tuple(found[count:])


def _lstm_by_steps(
    w: Writer, said: Tensor, weights: Tensor, *begun: Tensor
) -> tuple[str | None, ...]:
    def cell(inner: Writer, x: Names, told: Names, carried: Sequence[Tensor]) -> Made:
        *opened, memory = (inner.node("Add", *pair) for pair in zip(x, told, strict=True))
        i, o, f = (inner.node("Sigmoid", part) for part in opened)
        m = inner.node("Tanh", memory)
        held, taken = inner.node("Mul", f, carried[1]), inner.node("Mul", i, m)
        cells = inner.node("Add", held, taken)
        gates = inner.node("Concat", i, o, f, m, axis=1)
        size = weights.shape[0]
        state = inner.node("Mul", o, inner.node("Tanh", cells))
        return [state, cells], [(gates, said.shape[2]), (cells, size)]

    return _steps(w, said, weights, begun, 2, cell)


def _gru_by_steps(
    w: Writer, said: Tensor, weights: Tensor, *begun: Tensor
) -> tuple[str | None, ...]:
    def cell(inner: Writer, x: Names, told: Names, carried: Sequence[Tensor]) -> Made:
        i, r = (inner.node("Sigmoid", inner.node("Add", x[n], told[n])) for n in range(2))
        m = inner.node("Tanh", inner.node("Add", x[2], inner.node("Mul", r, told[2])))
        kept = inner.node("Mul", i, inner.node("Sub", carried[0], m))
        gates = inner.node("Concat", i, r, m, axis=1)
        state = inner.node("Add", m, kept)
        return [state], [(gates, said.shape[2]), (told[2], weights.shape[0])]

    return _steps(w, said, weights, begun, 1, cell)
