"""A forged receipt is found, and where; so are other nets and data than those of a receipt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.forged_receipts import (
    STATEMENTS,
    Given,
    flipped,
    found_at,
    given,
    put,
    verified,
    with_bit,
)
from tests.receipt_cases import CASES, normalized
from tests.training_cases import numbers, perceptron
from wlnet.train.receipts.writing import seal_of


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_was_forged_and_sealed_again_is_found_by_the_training(name: str) -> None:
    told = given()
    path, value, place = STATEMENTS[name]
    put(*path)(told.receipt, value)
    told.receipt["Seal"] = seal_of(told.receipt)
    found = verified(json.dumps(told.receipt), told.net, told.data)
    assert not found
    assert place in found_at(found), found
    assert found.verdict.startswith("the receipt does not hold")


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_was_forged_breaks_the_seal(name: str) -> None:
    told = given()
    path, value, _ = STATEMENTS[name]
    put(*path)(told.receipt, value)
    # Of two nets nothing is trained, and the seal is looked at as well.
    assert "Seal" in found_at(verified(told.receipt, told.net, told.after))


# Another net, other data: what is given beside a true receipt, and where `verify` finds it.
BESIDE: dict[str, tuple[Callable[[Given], tuple[Any, Any]], str]] = {
    "a bit of an input": (
        lambda g: (g.net, (flipped(g.data[0], 7), g.data[1])), "Input",
    ),
    "a bit of a target": (
        lambda g: (g.net, (g.data[0], flipped(g.data[1], 3))), "Output",
    ),
    "two examples change places": (
        lambda g: (g.net, tuple(column[[1, 0, *range(2, 12)]] for column in g.data)), "Input",
    ),
    "an example less": (lambda g: (g.net, (g.data[0][:-1], g.data[1][:-1])), "Input"),
    "a bit of a weight": (
        lambda g: (with_bit(g.net, (3, "Weights")), g.data), "Net, Arrays, 3/Weights",
    ),
    "a bit of a frozen weight": (
        lambda g: (with_bit(g.net, (1, "Weights")), g.data), "Net, Arrays, 1/Weights",
    ),
    "a layer": (lambda g: (wl.net_replace_part(g.net, {2: "Ramp"}), g.data), "Net, Structure"),
    "a layer more": (lambda g: (wl.net_append(g.net, 2), g.data), "Net, Arrays, 4/Weights"),
    "a rule that the net carries": (
        lambda g: (
            wl.NetChain([*g.net.nodes.values()], learning_rate_multipliers={1: 0.3}), g.data,
        ),
        "Net, Structure",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BESIDE)
def test_another_net_or_other_data_are_found_before_anything_is_trained(name: str) -> None:
    told = given()
    change, place = BESIDE[name]
    net, data = change(told)
    found = verified(told.receipt, net, data)
    assert not found
    assert any(at.endswith(place) for at in found_at(found)), found
    assert "arrays after" not in found.sections


def test_all_that_can_be_found_is_told_at_once() -> None:
    told = given()
    told.receipt["Rounds"][1]["Loss"] *= 2
    told.receipt["After"]["3/Weights"] = "0" * 64
    found = verified(told.receipt, told.net, told.data)
    assert found_at(found) == ["Seal", "round 2", "After, 3/Weights"]
    (loss,) = (fault for fault in found.faults if fault.at == "round 2")
    # Both numbers: what there is, and what the receipt says.
    assert float(str(loss.given)) * 2 == float(str(loss.expected).split(",")[0])


def test_one_label_that_is_another_is_found() -> None:
    training = CASES["classes"]
    x, labels = training.data()
    other = labels.copy()
    other[5] = (other[5] + 1) % 3
    found = verified(training.results(), training.net(), (x, other))
    assert "call 1, Data, Output" in found_at(found)


def test_a_forged_receipt_does_not_keep_a_machine_busy() -> None:
    told = given()
    told.receipt["Calls"][0]["Options"]["max_training_rounds"] = 10**9
    told.receipt["Rounds"][-1]["LastBatch"] = 10**12
    told.receipt["Seal"] = seal_of(told.receipt)
    assert {"Reason", "round 4", "rounds"} <= set(
        found_at(verified(told.receipt, told.net, told.data))
    )


# Two nets: what was frozen


def test_of_two_nets_no_data_are_needed_and_nothing_is_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = given()
    monkeypatch.setattr("wlnet.train.receipts.verify.repeated", None)
    found = verified(told.receipt, told.net, told.after)
    assert found, found
    assert found.sections["frozen arrays"] == (3, 3)
    assert "1 array was frozen, nothing was trained" in found.verdict
    # What led from one net to the other is told as what nobody looked at.
    (course,) = found.unverified
    assert set(str(course.at).split(", ")) == told.receipt.keys() - {
        "Schema",
        "Net",
        "After",
        "Seal",
    }


NETS: dict[str, tuple[Callable[[Given], tuple[Any, Any]], str]] = {
    "a frozen array after": (
        lambda g: (g.net, with_bit(g.after, (1, "Weights"))), "after, 1/Weights",
    ),
    "a frozen array before": (
        lambda g: (with_bit(g.net, (1, "Weights")), g.after), "before, 1/Weights",
    ),
    "an array that learned": (
        lambda g: (g.net, with_bit(g.after, (3, "Biases"))), "after, 3/Biases",
    ),
    "the net before as the net after": (lambda g: (g.net, g.net), "after, 3/Weights"),
    "another structure": (
        lambda g: (g.net, wl.net_replace_part(g.after, {2: "Ramp"})), "after, Net, Structure",
    ),
    "another structure before": (
        lambda g: (wl.net_replace_part(g.net, {2: "Ramp"}), g.after), "before, Net, Structure",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_of_two_nets_each_array_that_is_another_is_found(name: str) -> None:
    told = given()
    change, place = NETS[name]
    before, after = change(told)
    found = verified(told.receipt, before, after)
    assert place in found_at(found), found


def test_a_receipt_that_calls_an_array_frozen_which_it_says_changed_does_not_hold() -> None:
    told = given()
    told.receipt["Calls"][0]["Phases"][0]["Arrays"]["3/Weights"]["Rate"] = 0.0
    told.receipt["Seal"] = seal_of(told.receipt)
    assert found_at(verified(told.receipt, told.net, told.after)) == ["3/Weights"]


def test_an_array_that_learned_in_one_phase_was_not_frozen() -> None:
    net = perceptron()
    phases = wl.Phases({1: {1: None}, 2: {(1, "Biases"): None, 3: None}})
    done = wl.net_train(
        net, numbers(), wl.ALL, learning_rate_multipliers=phases, max_training_rounds=2
    )
    found = verified(done, net, done["TrainedNet"])
    assert found
    # That of the first layer's biases, which rest in both.
    assert found.sections["frozen arrays"] == (3, 3)


def test_statistics_that_were_frozen_are_the_same_bytes() -> None:
    net = wl.net_initialize(normalized())
    done = wl.net_train(
        net, numbers(), wl.ALL, learning_rate_multipliers={"1": None}, max_training_rounds=2
    )
    assert verified(done, net, done["TrainedNet"])
    for name in ("MovingMean", "MovingVariance"):
        other = with_bit(done["TrainedNet"], ("1", name))
        found = verified(done, net, other)
        assert found_at(found) == [f"after, ~31;/{name}"]
        assert found.faults[0].what == "a frozen array of the net after is another"


def test_a_net_before_without_numbers_gets_those_of_the_seed() -> None:
    net = wl.NetChain([3, "Tanh", 2], input=3)
    done = wl.net_train(net, numbers(), wl.ALL, max_training_rounds=2)
    assert verified(done, net, done["TrainedNet"])
    bare = wl.NetChain([3, "Tanh", 2])
    done = wl.net_train(bare, numbers(), wl.ALL, max_training_rounds=2)
    with pytest.raises(wl.OptionError, match="shapes that only data tell"):
        verified(done, bare, done["TrainedNet"])


@pytest.mark.parametrize("name", ["classes", "measurements", "passes", "shared arrays", "rules"])
def test_what_data_told_of_the_ports_of_a_net_is_no_other_structure(name: str) -> None:
    training = CASES[name]
    done = training.results()
    assert verified(done, training.net(), done["TrainedNet"])


# Reasons


@pytest.mark.parametrize("reason", ["Foo", "", "timegoal", "ALL"])
def test_a_reason_that_is_none_is_refused(reason: str) -> None:
    told = given()
    told.receipt["Reason"] = reason
    told.receipt["Seal"] = seal_of(told.receipt)
    for other in (told.data, told.after):
        with pytest.raises(wl.FormatError, match="no training stops for this reason"):
            verified(told.receipt, told.net, other)


def test_no_clock_stops_a_training_that_has_no_time_goal() -> None:
    told = given()
    told.receipt["Reason"] = "TimeGoal"
    told.receipt["Seal"] = seal_of(told.receipt)
    assert found_at(verified(told.receipt, told.net, told.data)) == ["Reason"]


# What is held out


def test_where_other_examples_are_held_out_as_labels_are_others_that_is_told() -> None:
    x, labels = CASES["classes"].data()
    options = {"validation_set": wl.Scaled(0.2), "max_training_rounds": 2}
    done = wl.net_train(CASES["classes"].net(), (x, labels), wl.ALL, **options)
    # The same labels, at other examples.
    moved = np.random.default_rng(0).permutation(labels)
    found = verified(done, CASES["classes"].net(), (x, moved))
    assert {"call 1, Data, Input", "call 1, Validation, Input"} <= set(found_at(found))
    assert all("other examples are held out" in each.what for each in found.faults)
    # One that is the same says that they are not.
    found = verified(done, CASES["classes"].net(), (flipped(x, 0), labels))
    assert len(found.faults) == 1
    assert "held out" not in found.faults[0].what
