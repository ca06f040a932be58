"""The part language: every kind of step at every kind of net, and net_extract and net_replace_part
as a lens.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wlnet import (
    ALL,
    ANY,
    AUTOMATIC,
    Alternatives,
    DropoutLayer,
    ElementwiseLayer,
    LinearLayer,
    NetChain,
    NetDecoder,
    NetEncoder,
    NetGraph,
    NetMapOperator,
    NetNestOperator,
    NetPort,
    NetSharedArray,
    PartError,
    RuleError,
    RuleWarning,
    SoftmaxLayer,
    Span,
    information,
    net_extract,
    net_initialize,
    net_replace_part,
)
from wlnet.core.finding import find
from wlnet.core.net import Net

RAMP, TANH, LIN = ElementwiseLayer("Ramp"), ElementwiseLayer("Tanh"), LinearLayer(2)
RATES = "LearningRateMultipliers"
NETS: dict[str, Any] = {
    "chain": NetChain([RAMP, TANH, LIN]),
    "named chain": NetChain({"a": RAMP, "b": TANH, "c": LIN}),
    "graph": NetGraph([RAMP, TANH, LIN], [(3, 1, 2)]),
    "named graph": NetGraph({"b": TANH, "a": RAMP, "c": LIN}, [("c", "a", "b")]),
    "operator": NetMapOperator(LIN),
    "layer": LIN,
}
ERROR = "no such part"


def plain(value: Any) -> Any:
    """What was found, by kind and function alone: shapes differ with the net around."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, ElementwiseLayer):
        return value.function
    return value.kind if isinstance(value, Net) else value


L, R, T, A, E = "LinearLayer", "Ramp", "Tanh", AUTOMATIC, ERROR
COLUMNS = ("chain", "named chain", "graph", "named graph", "operator", "layer")
NAMED = {"a": R, "b": T, "c": L}
ORDERED = {"c": L, "a": R, "b": T}  # vertices with names stand in the order of computing
TABLE: list[tuple[Any, list[Any]]] = [
    (1, [R, R, R, E, E, E]),
    (3, [L, L, L, E, E, E]),
    (np.int64(2), [T, T, T, E, E, E]),
    (-1, [L, L, L, E, E, E]),
    (-3, [R, R, R, E, E, E]),
    (4, [E, E, E, E, E, E]),
    (-4, [E, E, E, E, E, E]),
    (0, [E, E, E, E, E, E]),
    ("a", [E, R, E, R, E, E]),
    ("2", [E, E, T, E, E, E]),
    ("Net", [E, E, E, E, L, E]),
    ("Biases", [E, E, E, E, E, A]),
    ("OutputSize", [E, E, E, E, E, (2,)]),
    ("Output", [(2,), (2,), (2,), (2,), ("Varying", 2), (2,)]),
    (RATES, [A, A, A, A, A, A]),
    (Span(1, 2), [[R, T], [R, T], E, E, E, E]),
    (ALL, [[R, T, L], NAMED, [R, T, L], ORDERED, E, dict]),
    (ANY, [[R, T, L], NAMED, [R, T, L], ORDERED, E, dict]),
    (Alternatives(1, -1), [[R, L], {"a": R, "c": L}, [R, L], E, E, E]),
    (Alternatives("c", "a"), [E, {"a": R, "c": L}, E, {"c": L, "a": R}, E, E]),
    ((ALL, "Biases"), [[A], {"c": A}, [A], {"c": A}, E, E]),
    ((ALL, "Bias"), [E, E, E, E, E, E]),
    (("Net", "Biases"), [E, E, E, E, A, E]),
    (True, [E, E, E, E, E, E]),
    (1.0, [E, E, E, E, E, E]),
    (None, [E, E, E, E, E, E]),
    (AUTOMATIC, [E, E, E, E, E, E]),
    (slice(0, 2), [E, E, E, E, E, E]),
    (Alternatives(), [E, E, E, E, E, E]),
]
CASES = [
    (kind, step, answer)
    for step, answers in TABLE
    for kind, answer in zip(NETS, answers, strict=True)
]


@pytest.mark.parametrize(("kind", "step", "answer"), CASES, ids=lambda of: repr(of)[:30])
def test_every_step_means_the_same_at_every_kind_of_net(kind: str, step: Any, answer: Any) -> None:
    if answer is ERROR:
        with pytest.raises(PartError):
            net_extract(NETS[kind], step)
        return
    found = plain(net_extract(NETS[kind], step))
    if answer is dict:
        assert list(found) == ["OutputSize", "Weights", "Biases", "Input", "Output", RATES]
        return
    assert found == answer
    if isinstance(answer, dict):
        assert list(found) == list(answer)


@pytest.mark.parametrize(
    ("span", "names"),
    [
        (Span(), "abcd"),
        (Span(2), "bcd"),
        (Span(2, 3), "bc"),
        (Span(-2, -1), "cd"),
        (Span("b", "c"), "bc"),
        (Span("b", -1), "bcd"),
        (Span(ALL, 2), "ab"),
        (Span(3, ALL), "cd"),
        (Span(4, 4), "d"),
        (Span(np.int64(1), np.int64(2)), "ab"),
        (Span(3, 2), None),
        (Span(0, 2), None),
        (Span(1, 5), None),
        (Span(-5, 2), None),
        (Span("b", "a"), None),
        (Span("e"), None),
        (Span(1, True), None),
        (Span(1.5), None),
    ],
)
def test_spans_hold_both_ends_and_are_never_empty(span: Span, names: str | None) -> None:
    net = NetChain({name: DropoutLayer() for name in "abcd"})
    numbered = NetChain([DropoutLayer()] * 4)
    if names is None:
        for part in (span, (span, "Probability")):
            with pytest.raises(PartError):
                net_extract(net, part)
        return
    assert len(net_extract(net, span)) == len(names)
    marked = net_replace_part(net, {(span, "Probability"): 0.25})
    changed = [key for key, node in marked.nodes.items() if node != net.nodes[key]]
    assert "".join(changed) == names
    if not any(isinstance(end, str) for end in (span.start, span.end)):
        assert len(net_extract(numbered, span)) == len(names)


def test_a_span_of_a_graph_says_that_it_needs_a_chain() -> None:
    with pytest.raises(PartError, match="a span needs an ordered chain"):
        net_extract(NETS["graph"], Span(1, 2))


MIXED = NetChain(
    {
        "x": NetChain({"l": 3, "r": "Ramp"}),
        "y": NetChain({"l": LinearLayer(4, biases=None)}),
        "z": "Tanh",
    },
    input=2,
)


@pytest.mark.parametrize(
    ("part", "paths"),
    [
        ((ALL, "l"), [("x", "l"), ("y", "l")]),
        ((ALL, "r"), [("x", "r")]),
        ((ANY, ANY, "Weights"), [("x", "l", "Weights"), ("y", "l", "Weights")]),
        ((ALL, ALL, "Function"), [("x", "r", "Function")]),
        ((Span(1, 2), "l", "Weights"), [("x", "l", "Weights"), ("y", "l", "Weights")]),
        ((Alternatives("x", "z"), Alternatives("r", "l")), [("x", "l"), ("x", "r")]),
        ((ALL, Alternatives("l", "r")), [("x", "l"), ("x", "r"), ("y", "l")]),
        (("x", Alternatives("l", -1)), [("x", "l"), ("x", "r")]),
        (
            (ALL, "l", Alternatives("Weights", "Biases")),
            [
                ("x", "l", "Weights"),
                ("x", "l", "Biases"),
                ("y", "l", "Weights"),
                ("y", "l", "Biases"),
            ],
        ),
    ],
)
def test_after_a_step_to_several_nodes_the_rest_applies_wherever_it_resolves(
    part: Any, paths: Any
) -> None:
    assert [place.path for place in find(MIXED, part)] == paths


@pytest.mark.parametrize(
    "part",
    [
        (ALL, "q"),
        (ALL, "l", "q"),
        (Span(1, 2), "l", "Scaling"),
        (Alternatives("x", "w"), "l"),
        Alternatives("x", "w"),
        (ALL, Alternatives("l", "q")),
        (ALL, "l", Alternatives("Weights", "Wights")),
        ("z", ANY, "Weights"),
        ("x", "l", "Weights", 1),
    ],
)
def test_what_resolves_nowhere_is_an_error_for_extraction_replacement_and_rules(part: Any) -> None:
    with pytest.raises(PartError):
        net_extract(MIXED, part)
    with pytest.raises(PartError):
        net_replace_part(MIXED, {part: 1})
    with pytest.raises(RuleError):
        NetChain(dict(MIXED.nodes), learning_rate_multipliers={part: 1})


# net_extract, line by line

TREE = net_initialize(
    NetChain(
        {
            "body": [
                LinearLayer(3, weights=NetSharedArray("w")),
                "Tanh",
                LinearLayer(3, biases=None),
            ],
            "head": NetNestOperator(LinearLayer(3, weights=NetSharedArray("w")), 2),
        },
        input=NetEncoder("Class", ["a", "b", "c"], "UnitVector"),
        output=NetDecoder("Class", ["x", "y", "z"]),
        learning_rate_multipliers={"head": 2},
    )
)


def test_a_subnet_stands_alone_with_what_it_needs_and_without_outer_rules_and_coders() -> None:
    body = net_extract(TREE, "body")
    assert body.kind == "NetChain"
    assert (net_extract(body, "Input"), net_extract(body, "Output")) == ((3,), (3,))
    assert (
        net_extract(body, NetSharedArray("w")).tobytes()
        == net_extract(TREE, NetSharedArray("w")).tobytes()
    )
    assert body.learning_rate_multipliers is AUTOMATIC
    assert body([1, 0, -1]).shape == (3,)
    head = net_extract(TREE, "head")
    assert head([1, 0, -1]).shape == (3,)


def test_arrays_come_as_numbers_automatic_or_none_and_cannot_be_written() -> None:
    weights = net_extract(TREE, ("body", 1, "Weights"))
    assert weights.shape == (3, 3)
    with pytest.raises(ValueError, match="read-only"):
        weights[0] = 1
    assert net_extract(TREE, ("body", 3, "Biases")) is None
    assert net_extract(LinearLayer(3), "Biases") is AUTOMATIC


def test_ports_come_as_shapes_or_coders_and_coders_have_parts() -> None:
    assert net_extract(TREE, "Input") == NetEncoder("Class", ["a", "b", "c"], "UnitVector")
    assert list(net_extract(TREE, ("Output", "Labels"))) == ["x", "y", "z"]
    assert net_extract(TREE, ("body", 1, "Output")) == (3,)
    assert "Labels" in net_extract(TREE, ("Output", ALL))
    assert list(net_extract(NetDecoder("Class", ["x", "y"]), "Labels")) == ["x", "y"]
    assert net_extract(NetEncoder("Scalar"), ()) == NetEncoder("Scalar")
    with pytest.raises(PartError, match=r"no such parameter[\s\S]*did you mean 'Labels'"):
        net_extract(TREE, ("Output", "Label"))
    with pytest.raises(PartError, match="has no coder"):
        net_extract(TREE, ("body", "Input", "Labels"))


def test_parameters_options_lists_and_shared_arrays_are_parts_too() -> None:
    assert net_extract(TREE, ("head", "Iterations")) == 2
    assert net_extract(TREE, RATES) == {"head": 2}
    assert net_extract(TREE, ("body", RATES)) is AUTOMATIC
    assert net_extract(TREE, ("body", ALL, "Biases"))[1] is None
    assert [part.kind for part in net_extract(TREE, [("body", 1), ("head", "Net")])] == [
        "LinearLayer"
    ] * 2
    assert net_extract(TREE, (ALL, RATES)) == {"body": AUTOMATIC, "head": AUTOMATIC}
    assert list(net_extract(TREE, NetSharedArray(ALL))) == [NetSharedArray("w")]
    shared = net_extract(TREE, NetSharedArray("w"))
    assert shared.tobytes() == net_extract(TREE, ("head", "Net", "Weights")).tobytes()
    assert net_extract(TREE, ()) == TREE


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (3, ["no part 3", "positions are 1 to 2"]),
        (("body", 9), ["no part 9", "body", "1, 2, 3"]),
        ("heda", ["no part 'heda'", "did you mean 'head'", "body, head"]),
        (("body", 1, "Wieghts"), ["did you mean 'Weights'", "body/1"]),
        ("Weights", ["('body', 1, 'Weights')"]),
        (("body", 0), ["parts count from 1"]),
        (slice(0, 1), ["Span(1, 1)"]),
        (NetSharedArray("v"), ["no shared array 'v'", "NetSharedArray('w')"]),
        (("body", 1, "Weights", 1), ["no parts of its own"]),
        ((NetPort("Input"),), ["not a step"]),
        (("head", 1), ["an operator has no numbered parts", "Net"]),
        (("body", 1, 1), ["a layer has no numbered parts", "Weights"]),
    ],
)
def test_what_is_not_there_is_named_with_what_is(part: Any, words: Any) -> None:
    with pytest.raises(PartError) as error:
        net_extract(TREE, part)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_only_nets_and_coders_have_parts() -> None:
    for given_net in ([3], 3, "Ramp", None):
        with pytest.raises(PartError, match="takes a net"):
            net_extract(given_net, 1)
        with pytest.raises(PartError, match="takes a net"):
            net_replace_part(given_net, {1: 2})


NAMES = ["encoder", "decoder", "attention", "classifier", "Weights", "Biases"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@given(st.sampled_from(NAMES), st.data())
def test_a_typo_of_one_or_two_letters_finds_its_word(word: str, data: Any) -> None:
    wrong = word
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(wrong) - 1))
        letter = data.draw(st.sampled_from(LETTERS))
        wrong = data.draw(
            st.sampled_from(
                [
                    wrong[:at] + wrong[at + 1 :],
                    wrong[:at] + letter + wrong[at:],
                    wrong[:at] + letter + wrong[at + 1 :],
                    wrong[:at] + wrong[at : at + 2][::-1] + wrong[at + 2 :],
                ]
            )
        )
    assume(wrong not in NAMES)
    net = NetChain(dict.fromkeys(NAMES[:4], 2))
    part = wrong if word in net.nodes else ("encoder", wrong)
    with pytest.raises(PartError, match="did you mean") as error:
        net_extract(net, part)
    assert repr(word) in str(error.value)
    with pytest.raises(RuleError, match="did you mean") as faulty:
        NetChain(dict(net.nodes), learning_rate_multipliers={part: 0})
    assert repr(word) in str(faulty.value)


def test_a_rule_by_the_name_of_a_port_is_for_the_port_and_not_for_a_node_called_like_it() -> None:
    with pytest.warns(RuleWarning, match="called like a port"):
        net = NetChain({"Input": 3, "b": 1}, input=2)
    with pytest.warns(RuleWarning, match=r"without arrays[\s\S]*the node is 1"):
        ruled = net_replace_part(net, {"LearningRateMultipliers": {"Input": 0}})
    assert set(information(ruled, "ArraysLearningRateMultipliers").values()) == {1}
    with pytest.raises(PartError, match=r"no coder[\s\S]*the node is 1"):
        net_extract(net, ("Input", "Weights"))


@pytest.mark.parametrize("part", [("Input", "x"), ("Output", "Labels"), (1, "Input", "Weights")])
def test_a_rule_for_a_part_that_a_port_does_not_have_is_an_error(part: Any) -> None:
    with pytest.raises(RuleError, match=r"a rule selects nothing[\s\S]*no coder"):
        NetChain({"a": 3, "b": 1}, input=2, learning_rate_multipliers={part: 0})
    decoded = NetChain([2, SoftmaxLayer()], output=NetDecoder("Class", ["x", "y"]))
    with pytest.raises(RuleError, match="no such parameter"):
        net_replace_part(decoded, {"LearningRateMultipliers": {("Output", "Lables"): 0}})
