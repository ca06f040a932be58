"""RNN, GRU and LSTM: a recurrent layer a direction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.parts import Span
from wlnet.core.symbols import ALL
from wlnet.layers.basic_recurrent import BasicRecurrentLayer
from wlnet.layers.catenate import CatenateLayer
from wlnet.layers.gated_recurrent import GatedRecurrentLayer
from wlnet.layers.lstm import LongShortTermMemoryLayer
from wlnet.layers.part import PartLayer
from wlnet.layers.sequence_last import SequenceLastLayer
from wlnet.layers.sequence_reverse import SequenceReverseLayer
from wlnet.onnx.importing.axes import transposed
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.names import path_of, scope_of
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.parts import taken
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import Array, Fixed, Flow, Given, mixes
from wlnet.onnx.importing.writing import Writing

GATES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "RNN": (BasicRecurrentLayer, ("",)),
    "GRU": (GatedRecurrentLayer, ("input_gate", "reset_gate", "memory_gate")),
    "LSTM": (
        LongShortTermMemoryLayer,
        ("input_gate", "output_gate", "forget_gate", "memory_gate"),
    ),
}
"""The layer of an operator, and its gates in the order that the arrays of a file have them."""
ACTIVATIONS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}


@operator("RNN", "GRU", "LSTM")
def _recurrent(net: Writing, node: Node, x: Given, weights: Given, states: Given,
               biases: Given | None = None, lengths: Given | None = None,
               start: Given | None = None, cells: Given | None = None,
               peepholes: Given | None = None) -> Any:  # fmt: skip
    size, ways = _checked(net, node, x, weights, states, biases)
    _whole_lengths(x, lengths)
    assert isinstance(x, Flow) and isinstance(weights, Fixed) and isinstance(states, Fixed)
    if isinstance(peepholes, Flow) or (peepholes is not None and peepholes.array.any()):
        raise Misfit("peepholes: a LongShortTermMemoryLayer has none")
    x = net.real(x)
    if node("layout", 0) == 1:
        x = transposed(net, x, (1, 0, 2))
    if x.batch != 1 or x.is_merged:
        raise mixes("is a sequence along")
    sequences, last, last_cells = [], [], []
    for way in range(len(ways)):
        arrays = _arrays(node, size, weights.array[way], states.array[way],
                         None if biases is None else biases.array[way])  # type: ignore[union-attr]  # fmt: skip
        units = next(iter(arrays.values())).shape[0]
        layer = GATES[node.kind][0](units, **arrays)
        path, _ = path_of(
            node, [each.name for each in (weights, biases) if isinstance(each, Fixed)]
        )
        path = (*path, ways[way]) if len(ways) > 1 else path
        module = scope_of(node)[0] or path[:-1]
        read = x
        if ways[way] == "Backward":
            read = x.like(net.layer(SequenceReverseLayer(), x, path=(*module, "Reversed")))
        end: Any = net.layer(layer, read, path=path, ports=["Input"])
        if len(ways) == 1:  # of a module of several layers, each is called after its node
            net.vertices[end[0]].own = path_of(node, [])[0]
        _states(net, end, x, start, way, "State", units - size)
        _states(net, end, x, cells, way, "CellState", 0)
        sequence = net.shaped(end, x, (x.sizes[0], x.sizes[1], units))
        if units != size:
            part = PartLayer((ALL, Span(1, size)))
            sequence = net.shaped(net.layer(part, sequence, path=(*module, "Units")), x,
                                  (x.sizes[0], x.sizes[1], size))  # fmt: skip
        # The last state is the last element of the sequence: so what reads it alone is a chain.
        state = net.layer(SequenceLastLayer(), sequence, path=(*module, "Last"))
        last.append(_state(state, x, size))
        last_cells.append(_state((end[0], "CellState"), x, size))
        if ways[way] == "Backward":
            turned = net.layer(SequenceReverseLayer(), sequence, path=(*module, "Restored"))
            sequence = sequence.like(turned)
        sequences.append(sequence)
    made = _stacked(net, sequences, 1) if node.has_output(0) else None
    h = _joined(net, last) if node.has_output(1) else None
    c = _joined(net, last_cells) if node.has_output(2) else None
    if node("layout", 0) == 1:
        made = made and transposed(net, made, (2, 0, 1, 3))
        h, c = (flow and transposed(net, flow, (1, 0, 2)) for flow in (h, c))
    return (made, h, c)[: len(node.outputs)]


def _checked(net: Writing, node: Node, x: Given, weights: Given, states: Given,
             biases: Given | None) -> tuple[int, list[str]]:  # fmt: skip
    direction = node("direction", "forward")
    ways = {"forward": ["Forward"], "reverse": ["Backward"],
            "bidirectional": ["Forward", "Backward"]}.get(direction)  # fmt: skip
    if ways is None:
        raise Misfit(f"direction = {direction!r}")
    if not isinstance(x, Flow) or x.rank != 3:
        raise Misfit("a sequence that is no array of three axes of the net")
    if not all(isinstance(each, Fixed) for each in (weights, states, biases) if each is not None):
        raise Misfit("weights that the net works out", expected="constants")
    assert isinstance(weights, Fixed) and isinstance(states, Fixed)
    count = len(GATES[node.kind][1])
    size = node("hidden_size", states.array.shape[-1])
    names = node("activations", ACTIVATIONS[node.kind] * len(ways))
    if names != ACTIVATIONS[node.kind] * len(ways):
        raise Misfit(f"activations = {names}", expected=f"{ACTIVATIONS[node.kind]}")
    node("activation_alpha", None), node("activation_beta", None), node("output_sequence", 0)
    if node("clip", None) is not None:
        raise Misfit("clipped gates")
    node.expect("input_forget", 0)
    node.expect("layout", 0, 1)
    if node.kind == "GRU" and not node("linear_before_reset", 0):
        array = states.array
        rest = array[:, 2 * size :] if array.ndim == 3 else array
        if rest.size and rest.any():
            raise Misfit(
                "linear_before_reset = 0: the reset gate before the state weights",
                expected="1, which a GatedRecurrentLayer computes, and which PyTorch writes",
            )
    wanted = {
        "weights": (weights, (len(ways), count * size, x.sizes[2])),
        "state weights": (states, (len(ways), count * size, size)),
        "biases": (biases, (len(ways), 2 * count * size)),
    }
    for what, (given, shape) in wanted.items():
        if isinstance(given, Fixed) and given.array.shape != shape:
            raise Misfit(f"{what} of shape {given.array.shape}", expected=str(shape))
    return size, ways


def _whole_lengths(x: Given, lengths: Given | None) -> None:
    if lengths is None:
        return
    whole = x.sizes[0] if isinstance(x, Flow) else None
    if not isinstance(lengths, Fixed) or whole is None or (lengths.array != whole).any():
        raise Misfit("sequences of several lengths in one array", expected="all of one length")


def _arrays(node: Node, size: int, weights: Array, states: Array, biases: Array | None) -> Any:
    """The arrays of a layer, a gate after another."""
    made: dict[str, Any] = {}
    names = GATES[node.kind][1]
    for i, gate in enumerate(names):
        rows = slice(i * size, (i + 1) * size)
        prefix = f"{gate}_" if gate else ""
        made[f"{prefix}input_weights"] = weights[rows]
        made[f"{prefix}state_weights"] = states[rows]
        if biases is None:
            made[f"{prefix}biases"] = np.zeros(size, np.float32)
            continue
        both = biases.reshape(2, len(names), size)[:, i]
        made[f"{prefix}biases"] = both.sum(0)
    if node.kind == "GRU" and biases is not None and biases[len(names) * size :].any():
        return _with_a_unit(made, biases.reshape(2, len(names), size), size)
    return made


CERTAIN = 40.0
"""A bias at which a gate is 1 to the last bit."""


def _with_a_unit(arrays: dict[str, Any], biases: Array, size: int) -> dict[str, Any]:
    """The arrays of a GRU with one unit more, whose state is always 1: what the unit is weighed by
    are the biases of the state, which stand inside of the reset gate, and for which a
    GatedRecurrentLayer has no arrays of their own.
    """
    for i, gate in enumerate(GATES["GRU"][1]):
        wide = np.pad(arrays[f"{gate}_state_weights"], ((0, 1), (0, 1)))
        wide[:size, size] = biases[1, i]
        arrays[f"{gate}_state_weights"] = wide
        arrays[f"{gate}_input_weights"] = np.pad(arrays[f"{gate}_input_weights"], ((0, 1), (0, 0)))
        last = CERTAIN if gate == "input_gate" else 0.0
        arrays[f"{gate}_biases"] = np.append(biases[0, i], np.float32(last))
    return arrays


def _states(net: Writing, end: Any, x: Flow, given: Given | None, way: int, port: str,
            more: int) -> None:  # fmt: skip
    """Where a state begins: with zeros unless a file says otherwise; more: units that are 1."""
    size = net.vertices[end[0]].layer.size - more
    if given is not None:
        told = given.array.shape if isinstance(given, Fixed) else given.sizes
        if len(told) != 3 or not way < told[0] or told[2] != size:
            what = f"states of shape {tuple(told)} to begin with"
            raise Misfit(what, expected=f"(directions, batch, {size})")
    if isinstance(given, Fixed) and given.array.dtype != object and not given.array.any():
        given = None
    if given is None and not more:
        return
    if given is None:
        given = Fixed(np.zeros((way + 1, 1, size), np.float32))
    if isinstance(given, Fixed):
        if given.array.ndim != 3 or given.array.shape[1:] != (1, size):
            raise Misfit(f"states of shape {given.array.shape} to begin with")
        vector = np.append(given.array[way, 0], np.ones(more, np.float32))
        if given.learns:
            flow = net.array(replace(given, array=vector), vector.shape, x)
        else:
            # The same for all examples, and no array that could learn.
            flow = net.function(lambda a: np.ones_like(a[0, 0]) * vector, x, like=x,
                                sizes=(1, len(vector)), batch=0)  # fmt: skip
    else:
        if given.rank != 3 or given.batch != 1 or given.is_merged:
            raise mixes("begins with states beside")
        part = taken(net, given, 0, way, way + 1)
        flow = net.real(replace(part, sizes=part.sizes[1:], batch=0))
        if more:
            flow = net.function(lambda a: np.concatenate([a, np.ones(more)]), flow, like=flow,
                                sizes=(1, size + more))  # fmt: skip
    net.vertices[end[0]].edges.append((net.end(flow), port))


def _state(end: Any, x: Flow, size: int) -> Flow:
    return replace(x, end=end, made=(size,), sizes=(1, 1, size), batch=1, before=1)


def _stacked(net: Writing, flows: list[Flow], axis: int) -> Flow:
    """Directions along an axis of their own."""
    sizes = (*flows[0].sizes[:axis], len(flows), *flows[0].sizes[axis:])
    batch = flows[0].batch
    assert batch is not None
    like = replace(flows[0], sizes=sizes, batch=batch + (batch >= axis))
    if len(flows) == 1:
        return like
    inner = [i for i in range(len(sizes)) if i != like.batch].index(axis)
    return net.function(lambda a, b: np.stack([a, b], axis=inner), *flows, like=like)


def _joined(net: Writing, flows: list[Flow]) -> Flow:
    """States of the directions, one below another."""
    if len(flows) == 1:
        return flows[0]
    sizes = (len(flows), *flows[0].sizes[1:])
    layer = CatenateLayer(1)
    return net.shaped(net.layer(layer, *flows, ports=["1", "2"]), flows[0], sizes)
