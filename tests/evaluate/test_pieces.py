"""What a NetStateObject and net_unfold take they answer as the net does; the rest is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import EXAMPLES, OPERATORS, Case, OperatorCase, filled
from wlnet import FunctionLayer, NetChain, NetGraph, NetPort, NetStateObject
from wlnet.core.ports import PortType

WIDTH, SIZE = 2, 3
GATED, LAST, OPEN = wl.GatedRecurrentLayer, wl.SequenceLastLayer, {"input": ("Varying", WIDTH)}
INPUT = NetPort("Input")
Function = Callable[[Any], Any]

# Functions of a sequence (length, SIZE), and of two results

OF_ONE: dict[str, Callable[[Function], Function]] = {
    "tanh": lambda f: lambda x: np.tanh(f(x)),
    "last": lambda f: lambda x: f(x)[-1],
    "last row": lambda f: lambda x: f(x)[-1:],
    "first": lambda f: lambda x: f(x)[0],
    "length": lambda f: lambda x: f(x) / x.shape[0],
    "size": lambda f: lambda x: f(x) / x.size,
    "counted": lambda f: lambda x: f(x) * np.sum(np.ones_like(x)),
    "sum": lambda f: lambda x: np.sum(f(x)),
    "mean of each": lambda f: lambda x: np.mean(f(x), axis=-1, keepdims=True),
    "turned": lambda f: lambda x: f(x)[::-1],
    "transposed": lambda f: lambda x: f(x).T,
    "ones": lambda f: lambda x: f(x) + np.ones_like(x),
}
OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "where": lambda a, b: np.where(a > 0, b, a),
    "product": lambda a, b: a @ b,
}


def functions() -> st.SearchStrategy[Function]:
    """Functions of one sequence, of those above."""

    def wider(inner: st.SearchStrategy[Function]) -> st.SearchStrategy[Function]:
        one = st.tuples(st.sampled_from(list(OF_ONE.values())), inner).map(lambda p: p[0](p[1]))
        two = st.tuples(st.sampled_from(list(OF_TWO.values())), inner, inner).map(
            lambda p: lambda x: p[0](p[1](x), p[2](x))
        )
        return one | two

    return st.recursive(st.just(lambda x: x), wider, max_leaves=3)


def sequence(length: int = 4) -> Any:
    return np.random.default_rng(0).uniform(-2, 2, (length, WIDTH)).astype(np.float32)


def output(found: Any) -> Any:
    return found["Output"] if isinstance(found, dict) else found


def answers_as_the_net(net: Any) -> bool:
    """Whether element by element comes what the net makes of all of them, and of a step repeated;
    what is no sequence is that of all that was read. Raises WlnetError for what is refused."""
    net = filled(net)
    steps, step, x = NetStateObject(net), wl.net_unfold(net), sequence()
    whole = output(net(x))
    grows = np.shape(whole)[:1] != np.shape(output(net(x[:3])))[:1]
    states = {p: np.zeros(s) for p, s in wl.information(step, "InputPorts").items() if p != "Input"}
    for n, element in enumerate(x):
        expected = whole[n] if grows else output(net(x[: n + 1]))
        told = step({"Input": element, **states})
        states = {port: told[port] for port in states}
        if not all(np.allclose(found, expected, rtol=1e-5, atol=1e-6, equal_nan=True)
                   for found in (output(steps(element)), told["Output"])):  # fmt: skip
            return False
    return True


@settings(max_examples=max(settings.default.max_examples // 2, 1), deadline=None)
@given(function=functions())
def test_a_function_of_a_sequence_is_read_in_pieces_rightly_or_refused(function: Function) -> None:
    try:
        net = NetChain([GATED(SIZE), FunctionLayer(function)], **OPEN)
        filled(net)(sequence())
    except wl.WlnetError:
        return  # no net at all
    try:
        assert answers_as_the_net(net)
    except wl.OptionError:
        return


def beside(*parts: Any, port: Any = "g") -> Any:
    """A graph that multiplies each element of a sequence by what parts make of it."""
    nodes = {str(n): part for n, part in enumerate(parts)}
    return NetGraph(
        {"g": GATED(SIZE), **nodes, "f": FunctionLayer(lambda foo, bar: foo * bar)},
        [(INPUT, "g", NetPort("f", "Foo")), (port, *nodes, NetPort("f", "Bar"))], **OPEN,
    )  # fmt: skip


def with_function(function: Function) -> Any:
    return NetChain([GATED(SIZE), FunctionLayer(function)], **OPEN)


def with_own_sequence() -> Any:
    return NetGraph(
        {"g": GATED(SIZE), "a": wl.NetArrayLayer(array=np.ones((4, 3))), "h": GATED(2)},
        [(INPUT, "g", NetPort("O")), ("a", "h", NetPort("P"))], **OPEN,
    )  # fmt: skip


def threaded(port: Any) -> Any:
    """A graph that gives something as a whole to each element."""
    add = FunctionLayer(lambda a, b: a + np.sum(b))
    return NetGraph(
        {"g": GATED(SIZE), "m": wl.NetMapThreadOperator(add, {"A": 1})},
        [(INPUT, "g", NetPort("m", "A")), (port, NetPort("m", "B")), ("m", NetPort("Output"))],
        **OPEN,
    )  # fmt: skip


READ: dict[str, Callable[[], Any]] = {
    "ones": lambda: with_function(lambda x: x + np.ones_like(x)),
    "nest": lambda: NetChain([GATED(SIZE), wl.NetNestOperator("Tanh", 2)], **OPEN),
    "long nest": lambda: NetChain([GATED(SIZE), wl.NetNestOperator("Tanh", 40)], **OPEN),
    "nested map": lambda: NetChain(
        [GATED(SIZE), wl.NetNestOperator(wl.NetMapOperator(NetChain([SIZE, "Tanh"])), 3)], **OPEN),
    "last, gone on with": lambda: with_function(lambda x: x[-1] * 2),
    "last part": lambda: NetChain([GATED(SIZE), wl.PartLayer(-1), 2], **OPEN),
    "length of what is last": lambda: NetChain(
        [GATED(SIZE), LAST(), FunctionLayer(lambda x: x / x.shape[0])], **OPEN),
    "size of an element": lambda: NetChain(
        [GATED(SIZE), wl.NetMapOperator(FunctionLayer(lambda x: x / x.size))], **OPEN),
    "last of two": lambda: NetGraph(
        {"g": GATED(SIZE), "h": GATED(SIZE), "sum": "Plus"},
        [(INPUT, "g"), (INPUT, "h"), ([NetPort("g", "State"), NetPort("h", "State")], "sum"),
         ("sum", NetPort("Output"))],
        **OPEN),
    "several beside one another": lambda: NetGraph(
        {"g": GATED(SIZE), "both": wl.CatenateLayer(2)}, [(INPUT, "g"), (["g", INPUT], "both")],
        **OPEN),
    "repeated last": lambda: NetChain([GATED(SIZE), LAST(), wl.ReplicateLayer(4)], **OPEN),
    "each channel": lambda: NetChain(
        [GATED(4), wl.PoolingLayer(2, 2)], **OPEN),
}  # fmt: skip
BESIDE = "reads elements beside what is known of a whole"
COUNTED = "depends on how many elements"
UNREAD = "do not go through the elements"
REFUSED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "length": (lambda: with_function(lambda x: x / x.shape[0]), "2 FunctionLayer", COUNTED),
    "size": (lambda: with_function(lambda x: x / x.size), "2 FunctionLayer", COUNTED),
    "counted": (lambda: with_function(lambda x: x * np.sum(np.ones_like(x))), "2 FunctionLayer",
                "several elements"),
    "last": (lambda: with_function(lambda x: x + x[-1]), "2 FunctionLayer", BESIDE),
    "last row": (lambda: with_function(lambda x: x * x[-1:]), "2 FunctionLayer", BESIDE),
    "product": (lambda: with_function(lambda x: x @ x[-1]), "2 FunctionLayer", BESIDE),
    "chosen": (lambda: with_function(lambda x: np.where(x[-1] > 0, x, 0)), "2 FunctionLayer",
               BESIDE),
    "summed": (lambda: with_function(lambda x: np.einsum("ij,j->i", x, x[-1])), "2 FunctionLayer",
               BESIDE),
    "last beside": (lambda: beside(LAST()), "f FunctionLayer", BESIDE),
    "part beside": (lambda: beside(wl.PartLayer(-1)), "f FunctionLayer", BESIDE),
    "far beside": (lambda: beside(LAST(), SIZE, "Tanh"), "f FunctionLayer", BESIDE),
    "state beside": (lambda: beside(port=NetPort("g", "State")), "f FunctionLayer", BESIDE),
    "last for each": (lambda: with_function(lambda x: np.zeros_like(x) + x[-1]),
                       "2 FunctionLayer", BESIDE),
    "state for each": (lambda: threaded(NetPort("g", "State")), "m NetMapThreadOperator", BESIDE),
    "all for each": (lambda: threaded("g"), "m NetMapThreadOperator", "several elements"),
    "behind the last": (lambda: NetChain([GATED(SIZE), LAST(), wl.ReplicateLayer(4), GATED(2)],
                                         **OPEN), "4 GatedRecurrentLayer", UNREAD),
    "own sequence": (with_own_sequence, "h GatedRecurrentLayer", UNREAD),
    "nested sums": (lambda: NetChain([GATED(SIZE), wl.NetNestOperator(wl.SoftmaxLayer(1), 2)],
                                     **OPEN), "2/Net SoftmaxLayer", "several elements"),
    "nested states": (lambda: NetChain([GATED(SIZE), wl.NetNestOperator(GATED(SIZE), 2)], **OPEN),
                      "2 NetNestOperator", "begin anew"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_in_pieces_is(name: str) -> None:
    assert answers_as_the_net(READ[name]())


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("take", [NetStateObject, wl.net_unfold])
def test_what_a_piece_does_not_tell_is_refused_with_the_part(name: str, take: Any) -> None:
    make, part, why = REFUSED[name]
    with pytest.raises(wl.OptionError, match=re.escape(why)) as told:
        take(make())
    assert re.search(rf"at: +{part}$", str(told.value), re.M)


# Inputs


def test_a_label_of_several_is_one_element() -> None:
    net = filled(NetChain([wl.EmbeddingLayer(4), GATED(SIZE)],
                          input=("Varying", wl.NetEncoder("Class", ["p", "q", 3]))))  # fmt: skip
    steps, labels = NetStateObject(net), ["p", 3, "q", "p"]
    assert np.array_equal([steps(label) for label in labels], net(labels))
    again = NetStateObject(net)
    assert np.array_equal(np.concatenate([again(["p", 3]), again(["q", "p"])]), net(labels))


def test_what_flows_inside_of_an_element_is_that_of_the_element() -> None:
    cell = NetGraph({"both": wl.CatenateLayer(), "sum": wl.LinearLayer(SIZE)},
                    [([NetPort("Input"), NetPort("State")], "both", "sum")])  # fmt: skip
    fold = wl.NetFoldOperator(cell)
    net = filled(NetChain({"g": GATED(SIZE), "t": wl.NetMapOperator(NetChain([2])), "f": fold},
                          **OPEN))  # fmt: skip
    inside = [("t", "Net"), ("t", "Net", 1), ("t",), ("f", "Net")]
    ports = [NetPort(*path, "Output") for path in inside]
    x, steps = sequence(), NetStateObject(net)
    whole, found = net(x, ports), [steps(element, ports) for element in x]
    for port in ports:
        assert np.array_equal([each[port] for each in found], whole[port])


@pytest.mark.parametrize("length", ["Varying", 4])
def test_a_constant_beside_a_sequence_is_no_sequence(length: Any) -> None:
    net = filled(NetGraph(
        {"g": GATED(SIZE), "f": FunctionLayer(lambda foo, bar: foo * bar)},
        [(INPUT, "g", NetPort("f", "Foo")), (NetPort("C"), NetPort("f", "Bar"))],
        input=(length, WIDTH), c=SIZE))  # fmt: skip
    x, c, steps = sequence(), np.arange(SIZE, dtype=np.float32), NetStateObject(net)
    found = [steps({"Input": element, "C": c}) for element in x]
    assert np.array_equal(found, net({"Input": x, "C": c}))


def test_an_encoder_of_one_length_is_told_as_such() -> None:
    encoder = wl.NetEncoder("Characters", "ab", target_length=5)
    with pytest.raises(wl.OptionError, match="target_length=ALL"):
        NetStateObject(NetChain([wl.EmbeddingLayer(3), GATED(2)], input=encoder))


# States


def test_beginning_anew_is_with_the_states_that_were_given() -> None:
    net, x = filled(wl.LongShortTermMemoryLayer(SIZE, **OPEN)), sequence()
    steps = NetStateObject(net, {NetPort("State"): np.ones(SIZE)})
    first = steps(x)
    steps.reset()
    assert steps.states[NetPort("State")].tolist() == [1] * SIZE
    assert np.array_equal(steps(x), first)


def test_a_state_that_is_set_leaves_others_as_they_are() -> None:
    net, x = filled(wl.LongShortTermMemoryLayer(SIZE, **OPEN)), sequence()
    steps = NetStateObject(net)
    steps(x)
    cell = steps.states[NetPort("CellState")]
    steps.states = {NetPort("State"): np.ones(SIZE)}
    assert np.array_equal(steps.states[NetPort("CellState")], cell) and cell.any()
    assert steps.states[NetPort("State")].tolist() == [1] * SIZE
    with pytest.raises(wl.ShapeError, match="of one example"):
        steps.states = {NetPort("State"): np.ones((3, SIZE))}
    steps.states = dict.fromkeys(steps.states, np.ones((3, SIZE)))
    assert steps.states[NetPort("State")].shape == (3, SIZE)


# Every layer and operator


def beside_states(case: Case) -> tuple[Any, dict[str, Any]]:
    """A layer beside one with states, and what both read: one example, of one length."""
    data = {f"In{name}": column[0] for name, column in case.data(count=1).items()}
    (length, *_) = (*(len(x) for x in data.values() if np.ndim(x)), 4)
    data["S"] = np.ones((length, WIDTH), np.float32)
    free = dict.fromkeys(case.layer.port_names, PortType())
    layer = case.layer._with(ports=free) if isinstance(case, OperatorCase) else case.layer
    edges = [(NetPort(f"In{name}"), NetPort("layer", name)) for name in case.shapes]
    net = NetGraph(
        {"layer": layer, "g": GATED(SIZE)}, [*edges, (NetPort("S"), "g")],
        ports={name: np.shape(x) for name, x in data.items() if name == "S" or np.ndim(x)},
    )  # fmt: skip
    return filled(net), data


@pytest.mark.parametrize("case", [c for c in (*EXAMPLES, *OPERATORS) if c.shapes], ids=str)
def test_every_layer_is_read_in_pieces_rightly_or_refused(case: Case) -> None:
    net, data = beside_states(case)
    try:
        steps = NetStateObject(net)
    except wl.OptionError:
        return
    longer, grows, step = steps._open, steps._course.is_sequence, wl.net_unfold(net)
    sequences = {name for name in data if grows((), name)}

    def cut(start: int | None, stop: int | None) -> dict[str, Any]:
        return {n: x[start:stop] if n in sequences else x for n, x in data.items()}

    shapes = wl.information(step, "InputPorts")
    states = {name: np.zeros(shape) for name, shape in shapes.items() if name not in data}
    for n in range(min(len(data["S"]), 3)):
        so_far, found = longer(cut(None, n + 1)), steps(cut(n, n + 1))
        element = {name: x[n] if name in sequences else x for name, x in data.items()}
        told = step({**element, **states})
        states = {name: told[name] for name in states}
        for port in net.output_names:
            last = so_far[port][n] if grows((), port) else so_far[port]
            close = {"rtol": 1e-5, "atol": 1e-6, "equal_nan": True}
            assert np.allclose(found[port][0] if grows((), port) else found[port], last, **close)
            assert np.allclose(told[port], last, **close)
