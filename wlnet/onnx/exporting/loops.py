"""Rows of primitives that go step by step along a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from wlnet.graph.bodies import CARRIED, CONSTANT, SEQUENCE, STACKED, names_of, numbers
from wlnet.graph.graph import Graph, Value
from wlnet.graph.keys import BodyKey
from wlnet.onnx.exporting.sizes import Extent
from wlnet.onnx.exporting.table import translation, write_calls
from wlnet.onnx.exporting.writer import Body, Named, Tensor, Writer


@translation
def scan(
    w: Writer, *operands: Tensor, body: Graph, times: Extent, reverse: bool
) -> tuple[str | None, ...]:
    """A graph applied step by step. Constants are read from around the body."""
    wanted = w.wanted
    inner = Writer(w.real, w)
    known: dict[Value, Tensor] = {}
    begun, sequences = list[Tensor](), list[Tensor]()
    for name, operand in zip(names_of(body), operands, strict=True):
        value = body.inputs[name]
        if name.kind == CONSTANT:
            known[value] = operand
            continue
        known[value] = Tensor(
            w.names.new(f"{operand.name}/{name.kind}"), value.shape, value.element
        )
        (begun if name.kind == CARRIED else sequences).append(operand)
    rows = [known[body.inputs[BodyKey(SEQUENCE, i)]] for i in range(len(sequences))]
    if not sequences:
        # A loop that nothing comes into counts its steps.
        sequences = [Tensor(w.node("ConstantOfShape", w.extents([times])), (times,))]
        rows = [Tensor(w.names.new("step"), ())]
    write_calls(inner, body, known)

    def given_out(kind: str, i: int) -> Tensor:
        value = body.outputs[BodyKey(kind, i)]
        inner.origin = ()
        return Tensor(inner.node("Identity", known[value]), value.shape)

    count = len(begun)
    tables = [i for i in range(count) if wanted[i]]
    stacked = [i for i in range(numbers(body, STACKED)) if wanted[count + i]]
    outputs = [given_out(CARRIED, i) for i in range(count)]
    kept = [given_out(CARRIED, i) for i in tables] + [given_out(STACKED, i) for i in stacked]
    carried = [known[body.inputs[BodyKey(CARRIED, i)]] for i in range(count)]
    way = int(reverse)
    _, found = _split(
        w.node_of(
            "Scan", [*begun, *sequences], count + len(kept),
            body=Body([*carried, *rows], inner.nodes, [*outputs, *kept]),
            num_scan_inputs=len(sequences), scan_input_directions=[way] * len(sequences),
            scan_output_directions=[way] * len(kept),
        ),
        count,
    )  # fmt: skip
    results: list[str | None] = [None] * len(wanted)
    for i, rows_of in zip(tables, found, strict=False):
        first = w.node("Unsqueeze", begun[i], w.wholes([0]))
        ends = [rows_of, first] if reverse else [first, rows_of]
        results[i] = w.node("Concat", *ends, axis=0)
    for i, rows_of in zip(stacked, found[len(tables) :], strict=True):
        results[count + i] = rows_of
    return tuple(results)


def _split(names: Sequence[str], count: int) -> tuple[Sequence[str], Sequence[str]]:
    return names[:count], names[count:]


@translation
def lstm(w: Writer, said: Tensor, weights: Tensor, *begun: Tensor) -> tuple[str | None, ...]:
    """The states of a long short-term memory by the operator LSTM. By Scan, where gates and cells
    of every step are read, which it does not give, and in 64 bits, which runtimes do not have."""
    if any(w.wanted[1:]) or w.real is np.float64:
        return _lstm_by_steps(w, said, weights, *begun)
    size = weights.shape[0]
    assert isinstance(size, int)
    given, from_input, biases = _as_product(w, said, size)
    nothing = w.array(np.zeros(4 * size, w.real))
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
    states = w.node("LSTM", *inputs, hidden_size=size)
    return w.node("Squeeze", states, w.wholes([1])), None, None


def _as_product(w: Writer, said: Tensor, size: int) -> tuple[Named, Named, Named | None]:
    """What is said to the gates as inputs, their weights (in, 4 size), and biases: as the operator
    LSTM wants it. What is not made so is said by itself."""
    made, given = w.makers.get(said.name, (None, ()))
    if made is not None and made.primitive == "add" and given[1].rank == 1:
        product, factors = w.makers.get(given[0].name, (None, ()))
        if product is not None and product.primitive == "matmul" and factors[1].rank == 2:
            return factors[0], factors[1], given[1]
    return said, w.array(np.eye(4 * size, dtype=w.real)), None


def _lstm_by_steps(
    w: Writer, said: Tensor, weights: Tensor, *begun: Tensor
) -> tuple[str | None, ...]:
    _, batch, _ = said.shape
    size = weights.shape[0]
    assert isinstance(size, int)
    if not begun:
        zeros = w.node("ConstantOfShape", w.extents([batch, size]), value=np.zeros(1, w.real))
        begun = (Tensor(zeros, (batch, size)),) * 2
    inner = Writer(w.real, w)
    state, cell = (Tensor(w.names.new(f"{said.name}/{n}"), (batch, size)) for n in ("h", "c"))
    x = Tensor(w.names.new(f"{said.name}/x"), (batch, 4 * size))
    told = inner.node("Add", x, inner.node("MatMul", state, weights))
    ends = [n * size for n in range(5)]
    parts = [
        inner.node("Slice", told, inner.wholes([a]), inner.wholes([b]), inner.wholes([1]))
        for a, b in pairwise(ends)
    ]
    i, o, f = (inner.node("Sigmoid", part) for part in parts[:3])
    m = inner.node("Tanh", parts[3])
    held, taken = inner.node("Mul", f, cell), inner.node("Mul", i, m)
    new_cell = inner.node("Add", held, taken)
    new = inner.node("Mul", o, inner.node("Tanh", new_cell))
    gates = inner.node("Concat", i, o, f, m, axis=1)
    shapes = {new: (batch, size), gates: (batch, 4 * size), new_cell: (batch, size)}
    kept = [Tensor(inner.node("Identity", name), shape) for name, shape in shapes.items()]
    outputs = [Tensor(new, (batch, size)), Tensor(new_cell, (batch, size)), *kept]
    body = Body([state, cell, x], inner.nodes, outputs)
    found = w.node_of("Scan", [*begun, said], 5, body=body, num_scan_inputs=1)
    return tuple(found[2:])
