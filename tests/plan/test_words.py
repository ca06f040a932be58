"""The words of a plan: each has a row, and what breaks it is told with the stage that made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import wlnet as wl
from wlnet import NetChain
from wlnet.core.errors import WlnetError
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES
from wlnet.lowering.lower import lower
from wlnet.plan import stages
from wlnet.plan.calls.emitter import rows
from wlnet.plan.compile import forward_blueprint, training_blueprint
from wlnet.plan.layouts import VIEWS
from wlnet.plan.passes.lanes import WINDOWS
from wlnet.plan.stages import STAGES, SWITCHES, Setting, Stage, run_stages
from wlnet.plan.words import SPECS
from wlnet.plan.words.checking import check, roles

NETS = {
    "products": NetChain([9, "Ramp", 8, "Tanh", 3, wl.SoftmaxLayer()], input=5),
    "windows": NetChain(
        [wl.ConvolutionLayer(8, 3), "Ramp", wl.PoolingLayer(2, 2), wl.ConvolutionLayer(8, 3),
         "Ramp", wl.PoolingLayer(3, 1), wl.FlattenLayer(), 3], input=(1, 20, 20),
    ),
    "loop": wl.NetNestOperator(NetChain([5, "Tanh"]), 40, input=5),
}  # fmt: skip


def test_every_word_has_a_row_and_a_way_to_run() -> None:
    assert set(SPECS) == set(rows()) | VIEWS
    assert set(SPECS) >= set(PRIMITIVES) | {f"lanes_{name}" for name in WINDOWS}


def test_every_word_says_what_it_does_and_names_its_operands_and_results_apart() -> None:
    for name, row in SPECS.items():
        assert row.rule.__doc__, name
        names = [*row.given, *row.asked, *row.results]
        assert len(set(names)) == len(names), name


def test_stages_that_can_be_left_out_are_those_of_the_one_list() -> None:
    assert set(SWITCHES) == {stage.name for stage in STAGES} | {"rows"}
    assert [stage.part for stage in STAGES] == sorted(
        (stage.part for stage in STAGES),
        key=["cut", "form", "orient", "update", "pack", "memory"].index,
    )


def test_the_tests_look_at_every_graph_after_every_stage() -> None:
    assert stages.WATCH is check


def planned(net: Any, batch: int = 16) -> Graph:
    """The graph of a net after all stages."""
    return run_stages(lower(net, batch), Setting("Real32", Fraction(4)), "form", "pack")


def test_operands_and_results_are_asked_for_by_name() -> None:
    graph = planned(NETS["products"])
    first = next(call for call in graph.calls if call.primitive == "affine")
    found = roles(first)
    assert list(found) == ["a", "b", "bias", "c"]
    assert found["a"] == graph.inputs["Input"] and found["c"] == first.outputs[0]
    gated = Call("affine", first.inputs, first.outputs, {"gate": True})
    assert list(roles(gated)) == ["a", "b", "gate", "c"]


def test_results_that_were_left_out_have_no_name() -> None:
    x, y, places = Value(0, (2, 3)), Value(1, (2,)), Value(2, (2, 3))
    every = Call("cross_entropy", (x, y), (y, x, places), {"gradient": True, "probabilities": True})
    assert list(roles(every)) == ["x", "index", "loss", "gradient", "probabilities"]
    one = Call("cross_entropy", (x, y), (y, places), {"probabilities": True})
    assert roles(one) == {"x": x, "index": y, "loss": y, "probabilities": places}
    assert list(roles(Call("pool_max", (x,), (y, places)))) == ["x", "y", "places"]
    assert list(roles(Call("pool_max", (x,), (y,)))) == ["x", "y"]


# What breaks a row


def changed(word: str, **fields: Callable[[Call], Any]) -> Callable[[Call, Graph], list[Call]]:
    """Fields of the calls of a word, made anew."""
    return lambda call, graph: [
        replace(call, **{name: made(call) for name, made in fields.items()})
        if call.primitive == word
        else call
    ]


WRONG: dict[str, tuple[str, Callable[[Call, Graph], list[Call]], str]] = {
    "a word without a row": (
        "products", changed("affine", primitive=lambda call: "affines"),
        "affines has no row among the words of a plan",
    ),
    "an attribute that is missing": (
        "windows", changed("lanes_convolve_pooled", attributes=lambda call: {}),
        "it lacks dilation",
    ),
    "an attribute that it has not": (
        "products", changed("affine", attributes=lambda call: {**call.attributes, "rounds": 3}),
        "it has no rounds",
    ),
    "an operand too few": (
        "products", changed("affine", inputs=lambda call: call.inputs[:2]),
        "its operands are a, b, bias, and it has 2",
    ),
    "an operand that nothing asks for": (
        "products", changed("softmax", inputs=lambda call: call.inputs * 2),
        "its operands are x, and it has 2",
    ),
    "operands that do not fit": (
        "products", changed("affine", inputs=lambda call: (call.inputs[2], *call.inputs[1:])),
        "its operands do not fit: a and b have another depth",
    ),
    "a bias of another layer": (
        "windows", changed("affine", inputs=lambda call: (*call.inputs[:2], call.inputs[0])),
        "its operands do not fit: the bias has no number for each column",
    ),
    "a result of another shape": (
        "products", changed("softmax", outputs=lambda call: (Value(10**6, (16, 4)),)),
        r"y is \(16, 4\), and should be \(16, 3\)",
    ),
    "a result of other entries": (
        "products", changed(
            "softmax", outputs=lambda call: (replace(call.outputs[0], element="Integer"),)
        ), "y is of Integers",
    ),
    "a table of other entries than its body has": (
        "loop", changed(
            "scan",
            outputs=lambda call: tuple(replace(y, element="Integer") for y in call.outputs),
        ), "y1 is of Integers, and its body gives Reals",
    ),
    "a result too many": (
        "products", changed("softmax", outputs=lambda call: call.outputs * 2), "its results are y",
    ),
    "a result that is there already": (
        "products", lambda call, graph: [call, call], "a result is made already",
    ),
    "an operand that is made by nobody": (
        "products", lambda call, graph: [] if call.primitive == "affine" else [call],
        "an operand is not made before it",
    ),
    "a result of the graph that is made by nobody": (
        "products", lambda call, graph: [] if call.primitive == "softmax" else [call],
        "a result of the graph is not made",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_pass_that_breaks_a_row_is_named_with_the_call_and_what_is_wrong(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, change, message = WRONG[wrong]

    def clumsy(graph: Graph, setting: Setting) -> Graph:
        return graph.with_calls([new for call in graph.calls for new in change(call, graph)])

    run_last = (*STAGES, Stage("clumsy", "pack", clumsy))
    assert planned(NETS[net]).calls, "as it is, nothing is wrong"
    monkeypatch.setattr(stages, "STAGES", run_last)
    with pytest.raises(WlnetError, match=message) as caught:
        planned(NETS[net])
    if wrong != "a word without a row":
        assert "after clumsy: " in str(caught.value)
    if not wrong.startswith(("a word", "a result of the graph")):
        assert "at:" in str(caught.value) and " of " in str(caught.value)


def test_nobody_looks_where_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(stages, "WATCH", lambda stage, graph: seen.append(stage))
    forward_blueprint(NETS["products"], 4)
    training = [stage.name for stage in STAGES if stage.run and stage.part in ("form", "pack")]
    assert seen == training
    monkeypatch.setattr(stages, "WATCH", None)
    training_blueprint(NETS["products"], 4, {"Output": 1.0}, [(1, "Weights")])
    assert seen == training
