"""Rows of primitives that go step by step along a sequence."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.graph.bodies import CARRIED, CONSTANT, SEQUENCE, STACKED, names_of, numbers
from wlnet.graph.graph import Graph, Value
from wlnet.graph.keys import BodyKey
from wlnet.onnx.exporting.sizes import Extent
from wlnet.onnx.exporting.table import translation, write_calls
from wlnet.onnx.exporting.writer import Body, Tensor, Writer


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
        return Tensor(inner.node("Identity", known[value]), value.shape, value.element)

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
