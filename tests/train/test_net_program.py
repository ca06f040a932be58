"""net_program and information(net, "Program"): what will run is told as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.blueprint import Blueprint
from wlnet.engine.program import Program
from wlnet.evaluate.runner import Runner
from wlnet.plan.report import CallRow, ProgramReport, without_counterpart
from wlnet.train import programs

DEEP = wl.NetChain(
    {"a": 8, "ramp a": "Ramp", "b": 7, "ramp b": "Ramp", "c": 3, "chance": wl.SoftmaxLayer()},
    input=5,
)
LAST = {"c": 1, wl.ANY: None}
BATCH = 16


def report(rules: Any, net: Any = DEEP, **options: Any) -> ProgramReport:
    return wl.net_program(net, batch_size=BATCH, learning_rate_multipliers=rules, **options)


ALL_TRAINED, LAST_TRAINED = report(wl.AUTOMATIC), report(LAST)
EVALUATION = report(None)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Blueprint]:
    """The blueprints of the programs that a training makes."""
    made: list[Blueprint] = []

    class Spy(Program):
        def __init__(self, blueprint: Blueprint, *args: Any, **options: Any) -> None:
            made.append(blueprint)
            super().__init__(blueprint, *args, **options)

    monkeypatch.setattr(programs, "Program", Spy)
    return made


def described(blueprint: Blueprint) -> list[tuple[str, str]]:
    return [(step.what, step.kernel.name) for step in blueprint.steps]


def shown(rows: Any) -> list[tuple[str, str]]:
    return [(row.what, row.kernel) for row in rows]


@pytest.mark.parametrize("rules", [1, LAST, {"a": 0}, {"b": None, "c": -2}], ids=str)
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_a_training_runs_what_its_program_tells(
    ran: list[Blueprint], rules: Any, precision: str
) -> None:
    told = report(rules, method="SGD", working_precision=precision)
    x, y = np.ones((2 * BATCH, 5)), np.arange(2 * BATCH) % 3 + 1
    wl.net_train(
        DEEP,
        (x, y),
        learning_rate_multipliers=rules,
        method="SGD",
        batch_size=BATCH,
        max_training_rounds=2,
        working_precision=precision,
    )
    *before, step = ran
    assert shown(told.steps) == described(step)
    assert told.arena_bytes == step.arena_bytes
    assert told.precision == precision
    assert [shown(told.prefix)] == ([described(each) for each in before] or [[]])


def test_an_evaluation_runs_what_its_program_tells() -> None:
    program, _ = Runner(wl.net_initialize(DEEP)).program(BATCH, {"Input": (5,)})
    wanted = program.blueprint
    assert EVALUATION.purpose == "Evaluation"
    assert shown(EVALUATION.steps) == described(wanted)
    assert EVALUATION.arena_bytes == wanted.arena_bytes


def test_what_was_fused_is_named() -> None:
    assert [row.what for row in EVALUATION.steps] == [
        "check of numbers",
        "product + bias + Ramp",
        "product + bias + Ramp",
        "product + bias",
        "softmax",
    ]
    (loss,) = [row for row in ALL_TRAINED.steps if row.layer == ("LossLayer",)]
    assert loss.parts == ("softmax", "cross entropy", "gradient")


def test_each_call_tells_its_layer_and_what_it_writes_and_costs() -> None:
    _, first, *_ = EVALUATION.steps
    assert (first.layer, first.shapes, first.kernel) == (("a",), ((BATCH, 8),), "products.product")
    assert first.operations == 2 * BATCH * 5 * 8


def test_a_path_inside_a_nested_net_is_that_of_the_users_net() -> None:
    nested = wl.NetChain({"body": [4, "Ramp"], "read": 2}, input=3)
    layers = {row.layer for row in report(1, nested).calls}
    assert {("body", 1), ("read",)} <= layers


def test_what_is_frozen_takes_fewer_calls_fewer_operations_and_no_state() -> None:
    assert len(LAST_TRAINED.steps) < len(ALL_TRAINED.steps)
    assert LAST_TRAINED.operations_per_example < ALL_TRAINED.operations_per_example / 2
    assert LAST_TRAINED.operations_with_all_trained == ALL_TRAINED.operations_per_example
    assert LAST_TRAINED.arena_bytes < ALL_TRAINED.arena_bytes


WHOLE = wl.NetChain(
    {"a": 32, "ramp": "Ramp", "b": 16, "c": 3, "chance": wl.SoftmaxLayer()}, input=5
)
"""A net whose packed arrays fill all vectors, on any CPU."""


@pytest.mark.parametrize(("method", "kept"), [("ADAM", 2), ("SGD", 1), ("RMSProp", 3)])
def test_a_method_keeps_its_states_for_what_learns_alone(method: str, kept: int) -> None:
    learning = 3 * 17
    below = 32 * 6 + 16 * 33
    assert report(1, WHOLE, method=method).state_bytes == 4 * kept * (below + learning)
    assert report(LAST, WHOLE, method=method).state_bytes == 4 * kept * learning


def test_the_arrays_are_counted_once_and_all_of_them() -> None:
    size = wl.information(WHOLE, "ArraysTotalByteCount")
    for rules in (None, 1, LAST):
        assert report(rules, WHOLE).array_bytes == size
    assert report(1, WHOLE, working_precision="Real64").array_bytes == 2 * size
    odd = wl.information(DEEP, "ArraysTotalByteCount")
    assert odd <= ALL_TRAINED.array_bytes <= 1.25 * odd


def test_the_frozen_prefix_is_told_apart_with_what_is_kept_of_it() -> None:
    assert {row.layer for row in LAST_TRAINED.prefix if row.layer} == {("a",), ("b",)}
    assert LAST_TRAINED.prefix_bytes_per_example == 4 * 7
    assert LAST_TRAINED.prefix_operations_per_example == 2 * 8 * 5 + 2 * 7 * 8
    assert ALL_TRAINED.prefix == ()


def test_constants_are_computed_once() -> None:
    assert {row.what for row in EVALUATION.once} == {"pack weights"}
    assert ALL_TRAINED.once == ()


def test_what_freezing_left_out_is_told_by_layer() -> None:
    left_out = LAST_TRAINED.left_out_by_layer
    for layer in ("a", "b"):
        assert {"gradient product + update", "gradient sum + update"} <= set(left_out[layer,])
    assert "product + gate" in left_out["c",]
    assert "gradient product + update" not in left_out["c",]
    assert ALL_TRAINED.left_out == EVALUATION.left_out == ()


def test_what_is_fused_otherwise_is_not_left_out() -> None:
    def row(what: str) -> CallRow:
        return CallRow("Step", what, "", ("a",), (), 0)

    apart, fused = [row("product + bias"), row("Ramp")], [row("product + bias + Ramp")]
    assert without_counterpart(apart, fused) == without_counterpart(fused, apart) == ()
    assert without_counterpart(fused, [*apart, row("product")]) == (row("product"),)


def test_rules_of_the_net_itself_hold() -> None:
    net = wl.net_replace_part(DEEP, {"LearningRateMultipliers": LAST})
    assert report(wl.AUTOMATIC, net) == LAST_TRAINED
    with pytest.warns(wl.RuleWarning, match="froze for itself"):
        assert report(1, net) == ALL_TRAINED


def test_the_table_tells_it_all() -> None:
    text = repr(LAST_TRAINED)
    for word in (
        "frozen prefix, once a training",
        "gradient product + update",
        "products.product",
        f"{LAST_TRAINED.arena_bytes:,}",
        f"{LAST_TRAINED.state_bytes:,}",
        "left out, as nothing that learns needs it:",
    ):
        assert word in text
    assert len({line.find("products.product") for line in text.splitlines()} - {-1}) == 1


def test_information_tells_the_program_of_evaluation() -> None:
    assert wl.information(DEEP, "Program") == wl.net_program(DEEP)
    assert wl.information(DEEP, "Program").batch_size == 64


def test_a_report_never_changes() -> None:
    with pytest.raises(AttributeError):
        EVALUATION.arena_bytes = 0  # type: ignore[misc]
    assert len({EVALUATION, report(None)}) == 1


@pytest.mark.parametrize("rules", [None, wl.AUTOMATIC])
def test_open_shapes_are_said_to_be_open(rules: Any) -> None:
    with pytest.raises(wl.NotInitializedError, match="shapes are not known"):
        report(rules, wl.NetChain([3, wl.LinearLayer()]))


@pytest.mark.parametrize("rules", [None, wl.AUTOMATIC])
def test_the_repair_of_an_open_length_repairs_it(rules: Any) -> None:
    net = wl.NetChain([wl.GatedRecurrentLayer(3), wl.SequenceLastLayer(), 2], input=("n", 3))
    with pytest.raises(wl.NotInitializedError) as told:
        report(rules, net)
    repair = str(told.value).rpartition("e.g. ")[2]
    repaired = eval(repair, {"net": net, "net_replace_part": wl.net_replace_part})
    assert report(rules, repaired).calls


def test_rules_under_which_nothing_learns_have_no_training() -> None:
    with pytest.raises(wl.NothingToTrainError):
        report({wl.ANY: None})


def test_a_misspelt_part_is_an_error_here_too() -> None:
    with pytest.raises(wl.RuleError, match="did you mean"):
        report({"ramp  a": None})


@pytest.mark.parametrize(
    "option", [{"method": "SGD"}, {"loss_function": wl.MeanSquaredLossLayer()}], ids=str
)
def test_options_of_a_training_need_one(option: Any) -> None:
    with pytest.raises(wl.OptionError, match="belongs to a training"):
        report(None, **option)
    report(1, **option)


@pytest.mark.parametrize(
    "option",
    [{"batch_size": 0}, {"working_precision": "Real16"}, {"learning_rate_multipliers": "fast"}],
    ids=str,
)
def test_options_that_cannot_be_are_errors(option: Any) -> None:
    with pytest.raises(wl.WlnetError):
        wl.net_program(DEEP, **option)
    with pytest.raises(wl.OptionError):
        wl.net_program("net")
