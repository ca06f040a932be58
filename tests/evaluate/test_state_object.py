"""NetStateObject: a sequence read piece by piece is the sequence read at once."""

from __future__ import annotations

import copy
import pickle
import re
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import filled
from wlnet import NetChain, NetFoldOperator, NetGraph, NetPort, NetStateObject

LENGTH, WIDTH, SIZE = 6, 3, 4
BASIC, GATED, LONG = wl.BasicRecurrentLayer, wl.GatedRecurrentLayer, wl.LongShortTermMemoryLayer
OPEN = {"input": ("Varying", WIDTH)}


def cell() -> Any:
    parts = {"both": wl.CatenateLayer(), "sum": wl.LinearLayer(SIZE), "bend": "Tanh"}
    return NetGraph(parts, [([NetPort("Input"), NetPort("State")], "both"), tuple(parts)])


def skipping() -> Any:
    """A graph with two ways, both with states, and a state that comes out."""
    return NetGraph(
        {"long": LONG(SIZE), "around": NetChain([GATED(SIZE), "Tanh"]), "sum": "Plus"},
        [(["long", "around"], "sum"), (NetPort("long", "CellState"), NetPort("Cell")),
         ("sum", NetPort("Output"))],
        **OPEN,
    )  # fmt: skip


NETS: dict[str, Any] = {
    "basic": lambda: BASIC(SIZE, **OPEN),
    "gated": lambda: GATED(SIZE, **OPEN),
    "long": lambda: LONG(SIZE, **OPEN),
    "fold": lambda: NetFoldOperator(cell(), **OPEN),
    "deep": lambda: NetChain(
        {"in": NetChain([LONG(SIZE), wl.DropoutLayer()]), "fold": NetFoldOperator(cell()),
         "map": wl.NetMapOperator([2, "Ramp"]), "end": wl.SoftmaxLayer()}, **OPEN),
    "fixed": lambda: NetChain([GATED(SIZE), LONG(2)], input=(LENGTH, WIDTH)),
    "lists": lambda: NetChain(
        [wl.NetMapOperator(GATED(SIZE)), wl.NetMapOperator(wl.SequenceLastLayer()), LONG(2)],
        input=("Varying", 2, WIDTH)),
    "two": skipping,
}  # fmt: skip
every_net = pytest.mark.parametrize("name", NETS)


def net_of(name: str) -> Any:
    return filled(NETS[name]())


def sequence(net: Any, count: int | None = None) -> Any:
    shape = (LENGTH, *wl.information(net, "InputPorts")["Input"][1:])
    numbers = np.random.default_rng(0).uniform(-2, 2, shape if count is None else (count, *shape))
    return numbers.astype(np.float32)


def answers(found: Any) -> Any:
    return found if isinstance(found, dict) else {"Output": found}


def same_bits(a: Any, b: Any) -> bool:
    return bool(np.asarray(a).tobytes() == np.asarray(b).tobytes())


# Pieces and elements


@every_net
@settings(max_examples=max(settings.default.max_examples // 6, 1))
@given(cuts=st.sets(st.integers(1, LENGTH - 1)), count=st.sampled_from([None, 1, 3]))
def test_pieces_give_what_the_whole_sequence_gives(
    name: str, cuts: set[int], count: int | None
) -> None:
    net = net_of(name)
    x, steps = sequence(net, count), NetStateObject(net)
    whole, axis = answers(net(x)), 0 if count is None else 1
    pieces = [answers(steps(piece)) for piece in np.split(x, sorted(cuts), axis)]
    joined = np.concatenate([piece["Output"] for piece in pieces], axis)
    assert same_bits(joined, whole["Output"])
    assert all(same_bits(pieces[-1][port], whole[port]) for port in whole if port != "Output")


@every_net
def test_elements_one_by_one_give_what_the_whole_sequence_gives(name: str) -> None:
    net = net_of(name)
    x, steps = sequence(net), NetStateObject(net)
    found = [answers(steps(element)) for element in x]
    whole = answers(net(x))
    assert same_bits(np.stack([each["Output"] for each in found]), whole["Output"])
    assert all(same_bits(found[-1][port], whole[port]) for port in whole if port != "Output")


def test_what_reads_the_last_element_answers_for_all_that_was_read() -> None:
    net = filled(NetChain(
        [GATED(SIZE), wl.SequenceLastLayer(), 2, wl.SoftmaxLayer()],
        output=wl.NetDecoder("Class", ["a", "b"]), **OPEN))  # fmt: skip
    x, steps = sequence(net), NetStateObject(net)
    for n in range(LENGTH):
        assert steps(x[n], "Probabilities") == net(x[: n + 1], "Probabilities")
    decided = NetStateObject(net)
    assert [decided(element) for element in x] == [net(x[: n + 1]) for n in range(LENGTH)]


def test_labels_and_letters_come_and_go_one_by_one() -> None:
    net = filled(NetChain(
        [wl.EmbeddingLayer(3), GATED(SIZE), wl.NetMapOperator([3]), wl.SoftmaxLayer()],
        input=wl.NetEncoder("Characters", "abc"),
        output=("Varying", wl.NetDecoder("Class", ["x", "y", "z"])),
    ))  # fmt: skip
    steps = NetStateObject(net)
    assert [steps(letter)[0] for letter in "abccba"] == net("abccba")
    numbers = filled(NetChain([wl.EmbeddingLayer(3, 5), GATED(SIZE)], input=("Varying", "Integer")))
    one_by_one = NetStateObject(numbers)
    assert same_bits([one_by_one(n) for n in (3, 1, 5)], numbers([3, 1, 5]))


def labelled(levels: Any) -> Any:
    """A net that adds what it makes of a label to every element."""
    both = NetGraph({"sum": "Plus"}, [([NetPort("A"), NetPort("B")], "sum")])
    return filled(NetGraph(
        {"gated": GATED(SIZE), "label": SIZE, "add": wl.NetMapThreadOperator(both, levels)},
        [(NetPort("Input"), "gated", NetPort("add", "A")),
         (NetPort("Label"), "label", NetPort("add", "B"))],
        label=2, **OPEN,
    ))  # fmt: skip


def test_what_is_no_sequence_is_given_with_every_piece() -> None:
    net = labelled({"A": 1})
    x, label = sequence(net["gated"]), np.ones(2)
    steps, whole = NetStateObject(net), net({"Input": x, "Label": label})
    found = [steps({"Input": element, "Label": label}) for element in x[:3]]
    rest = steps({"Input": x[3:], "Label": label})
    assert same_bits(np.concatenate([found, rest]), whole)
    step = wl.net_unfold(net)
    assert step({"Input": x[0], "Label": label, "State": np.zeros(SIZE)})["Output"].tolist() == (
        whole[0].tolist()
    )


def test_rows_of_a_table_and_no_examples_are_taken_as_by_the_net() -> None:
    net = net_of("gated")
    x = sequence(net, 2)
    rows = [{"Input": each} for each in x]
    assert same_bits(NetStateObject(net)(rows), net(rows))
    assert NetStateObject(net)([]) == net([]) == []


def test_ports_inside_are_asked_for_and_states_go_on() -> None:
    net = net_of("deep")
    x, steps = sequence(net), NetStateObject(net)
    ports = [NetPort("in", "Output"), NetPort("Output")]
    whole = net(x, ports)
    found = [steps(x[:2], ports), steps(x[2:], ports)]
    for port in whole:
        assert same_bits(np.concatenate([each[port] for each in found]), whole[port])


# States


def test_states_are_read_set_and_reset() -> None:
    net = net_of("deep")
    x, steps = sequence(net), NetStateObject(net)
    ports = [NetPort("in", 1, "State"), NetPort("in", 1, "CellState"), NetPort("fold", "State")]
    assert list(steps.states) == ports
    assert not any(state.any() for state in steps.states.values())
    first = steps(x[:3])
    kept = steps.states
    for port in ports:
        assert same_bits(kept[port], net(x[:3], port))
    second = steps(x[3:])
    steps.states = kept
    assert same_bits(steps(x[3:]), second)
    assert same_bits(NetStateObject(net, kept)(x[3:]), second)
    kept[ports[0]][...] = 7
    steps.reset()
    assert same_bits(steps(x[:3]), first)
    some = NetStateObject(net, {("fold", "State"): np.ones(SIZE)})
    assert some.states[ports[2]].tolist() == [1] * SIZE
    assert not some.states[ports[0]].any()


def test_a_batch_has_states_of_its_own() -> None:
    net = net_of("two")
    x, steps = sequence(net, 3), NetStateObject(net)
    steps(x[:, :2])
    assert {state.shape for state in steps.states.values()} == {(3, SIZE)}
    again = NetStateObject(net, steps.states)
    assert same_bits(steps(x[:, 2:])["Output"], net(x)["Output"][:, 2:])
    assert same_bits(again(x[:, 2:])["Output"], net(x)["Output"][:, 2:])


def test_copies_and_pickles_go_on_by_themselves() -> None:
    net = net_of("two")
    x, steps = sequence(net), NetStateObject(net)
    steps(x[:2])
    others = [copy.copy(steps), copy.deepcopy(steps), pickle.loads(pickle.dumps(steps))]
    expected = net(x)["Output"]
    assert same_bits(steps(x[2:])["Output"], expected[2:])
    for other in others:
        assert repr(other).endswith("after 1 call)")
        assert same_bits(other(x[2:4])["Output"], expected[2:4])
        assert same_bits(other(x[4:])["Output"], expected[4:])


def test_a_call_that_fails_leaves_the_states_as_they_are() -> None:
    net = net_of("long")
    x, steps = sequence(net), NetStateObject(net)
    steps(x[:2])
    for wrong in (np.full((1, WIDTH), np.nan), np.ones((2, 2, WIDTH)), np.ones((3, 5))):
        with pytest.raises(wl.WlnetError):
            steps(wrong)
    assert same_bits(steps(x[2:]), net(x)[2:])


def test_double_precision_is_kept_between_calls() -> None:
    net = net_of("long")
    x, steps = sequence(net), NetStateObject(net)
    wide = {"working_precision": "Real64"}
    found = np.concatenate([steps(x[:3], **wide), steps(x[3:], **wide)])
    assert same_bits(found, net(x, **wide))


def test_calls_of_several_threads_come_one_after_another() -> None:
    net = filled(GATED(2, input=("Varying", 1), input_gate_biases=[0, 0]))
    steps = NetStateObject(net)
    work = [threading.Thread(target=lambda: [steps([1.0]) for _ in range(50)]) for _ in range(4)]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert repr(steps).endswith("after 200 calls)")
    assert same_bits(steps.states[NetPort("State")], net(np.ones((200, 1)), NetPort("State")))


def test_what_is_drawn_differs_from_call_to_call_and_comes_again_with_the_seed() -> None:
    net = filled(NetChain(
        [wl.EmbeddingLayer(3), GATED(SIZE), wl.SequenceLastLayer(), 8, wl.SoftmaxLayer()],
        input=wl.NetEncoder("Characters", "abcdefgh"),
        output=wl.NetDecoder("Class", list("abcdefgh"))))  # fmt: skip

    def text(steps: Any, count: int = 30) -> str:
        letters = "a"
        for _ in range(count):
            letters += steps(letters[-1], "RandomSample")
        return letters

    one, other = NetStateObject(net), NetStateObject(net, random_seeding="other")
    first = text(one)
    assert len(set(first)) > 2
    assert text(other) != first
    one.reset()
    assert text(one) == first == text(NetStateObject(net))
    masks = NetStateObject(net_of("deep"))
    x = np.ones((1, WIDTH), np.float32)
    layer = NetPort("in", 2, "Output")
    drawn = [masks(x, layer, net_evaluation_mode="Train") == 0 for _ in range(9)]
    assert len({each.tobytes() for each in drawn}) > 1


# What it costs


def test_a_step_is_planned_once_and_is_a_program_of_one_element() -> None:
    net = net_of("long")
    steps = NetStateObject(net)
    for _ in range(40):
        steps(np.ones(WIDTH, np.float32))
    others = [NetStateObject(net), copy.copy(steps)]
    for other in others:
        other(np.ones(WIDTH, np.float32))
    kept = steps._open.cached("programs", dict)
    assert len(kept.programs) == 1
    ((program, _),) = kept.programs.values()
    assert program.inputs["Input"].shape == (1, 1, WIDTH)
    assert {step.what for step in program.blueprint.steps}.isdisjoint({"loop"})


# What cannot go on


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: NetStateObject(3), "made of a net"),
        (lambda: NetStateObject(NetChain([3, "Ramp"], input=2)), "no layer with states"),
        (lambda: NetStateObject(wl.NetMapOperator(GATED(2), input=(2, 3, 4))), "no layer with st"),
        (lambda: NetStateObject(wl.NetBidirectionalOperator(GATED(2), **OPEN)),
         "Turned SequenceReverseLayer"),
        (lambda: NetStateObject(NetChain([wl.ConvolutionLayer(3, (2,)), GATED(2)], **OPEN)),
         "1 ConvolutionLayer"),
        (lambda: NetStateObject(NetChain([GATED(2), wl.SoftmaxLayer(1)], **OPEN)),
         "2 SoftmaxLayer"),
        (lambda: NetStateObject(NetChain([GATED(2), wl.AggregationLayer("Mean", 1)], **OPEN)),
         "2 AggregationLayer"),
        (lambda: NetStateObject(NetChain([wl.NetNestOperator(GATED(WIDTH), 2), GATED(2)], **OPEN)),
         "1 NetNestOperator"),
        (lambda: NetStateObject(NetGraph(
            {"at": wl.SequenceIndicesLayer(), "e": wl.EmbeddingLayer(WIDTH, 9), "sum": "Plus",
             "gated": GATED(2)},
            [("at", "e"), ([NetPort("Input"), "e"], "sum", "gated")], **OPEN)),
         "at SequenceIndicesLayer"),
        (lambda: NetStateObject(NetGraph(
            {"gated": GATED(2), "first": 2}, [("first", NetPort("gated", "State")),
                                              (NetPort("Label"), "first")])),
         "an edge leads to this one"),
        (lambda: NetStateObject(NetGraph(
            {"at": wl.SequenceIndicesLayer(), "e": wl.EmbeddingLayer(WIDTH, 2), "sum": "Plus",
             "gated": GATED(2)},
            [("at", "e"), ([NetPort("Input"), "e"], "sum", "gated")], **OPEN)),
         "of any length, and here indices that are larger"),
        (lambda: NetStateObject(NetChain(
            [GATED(2), wl.FlattenLayer(), 2], input=(5, 3))), "2 FlattenLayer"),
        (lambda: NetStateObject(NetChain([GATED(2)], input=wl.NetEncoder(
            "Characters", "ab", "UnitVector", target_length=5))), "sequences of any length"),
        (lambda: NetStateObject(GATED(2, **OPEN), {NetPort("Stat"): [1, 2]}), "NetPort('State')"),
        (lambda: NetStateObject(GATED(2, **OPEN), {NetPort("State"): [1, 2, 3]}), "another shape"),
        (lambda: NetStateObject(GATED(2, **OPEN), {NetPort("State"): [1, np.inf]}), "not finite"),
        (lambda: NetStateObject(GATED(2, **OPEN), [1, 2]), "a dict from ports"),
        (lambda: NetStateObject(LONG(2, **OPEN), {NetPort("State"): [1, 2],
                                                  NetPort("CellState"): [[1, 2]]}), "one batch"),
        (lambda: NetStateObject(GATED(2, **OPEN))([1, 2, 3]), "net_initialize(net) draws them"),
        (lambda: NetStateObject(GATED(2, **OPEN))([1, 2, 3], wl.NetPortGradient("Input")),
         "tells no gradient"),
    ],
)  # fmt: skip
def test_what_cannot_go_on_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=re.escape(told)):
        make()


def test_other_examples_and_pieces_of_several_lengths_are_told() -> None:
    net = net_of("gated")
    x, steps = sequence(net, 3), NetStateObject(net)
    steps(x)
    with pytest.raises(wl.DataError, match="states of other examples"):
        steps(x[:2])
    with pytest.raises(wl.DataError, match="pieces of one length"):
        steps([x[0], x[1][:2], x[2]])
    framed = filled(NetChain(
        [wl.EmbeddingLayer(3), GATED(SIZE)],
        input=wl.NetEncoder("Characters", ["abc", wl.END_OF_STRING])))  # fmt: skip
    with pytest.raises(wl.DataError, match="frame"):
        NetStateObject(framed)("ab")
    codes = NetStateObject(framed)
    assert same_bits([codes(np.array([n]))[0] for n in (1, 2, 4)], framed("ab"))


def test_statistics_of_a_piece_are_not_those_of_a_whole_sequence() -> None:
    layers = [wl.GatedRecurrentLayer(2), wl.NetMapOperator(wl.BatchNormalizationLayer())]
    steps = wl.NetStateObject(wl.net_initialize(wl.NetChain(layers, input=("Varying", 3))))
    assert steps(np.ones(3)).shape == (2,)
    with pytest.raises(wl.OptionError, match=r"(?s)statistics of all elements.*2/Net"):
        steps(np.ones(3), net_evaluation_mode="Train")
