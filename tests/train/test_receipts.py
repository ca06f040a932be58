"""Receipts: a true one holds, of a training of every kind; a forged one is found, and where."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.receipt_cases import CASES, case, normalized, with_checkpoints
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.nets.arrays import array_value, replace_arrays
from wlnet.train import loop
from wlnet.train.receipts.rounds import rounds_told
from wlnet.train.receipts.writing import seal_of


def verified(*given: Any, **again: Any) -> Any:
    return wl.verify(*given, reporting=None, **again)


# True receipts


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
def test_a_true_receipt_holds(name: str) -> None:
    training = CASES[name]
    text = training.results()["Receipt"]
    found = verified(text, training.net(), training.data(), **training.again)
    assert found, found
    assert len(found.unverified) == training.open
    assert found.verdict.startswith("the receipt holds")


def test_a_training_that_writes_checkpoints_has_a_receipt_that_holds(tmp_path: Path) -> None:
    text = with_checkpoints(tmp_path).results()["Receipt"]
    files = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    found = verified(text, perceptron(), numbers())
    assert found, found
    # To verify writes none.
    assert files == {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} != {}


def test_a_training_that_was_taken_up_again_has_the_receipt_of_the_whole(tmp_path: Path) -> None:
    training = with_checkpoints(tmp_path)
    results = training.results()
    again = wl.net_resume(min(tmp_path.iterdir()), training.data())
    assert again["Receipt"] == results["Receipt"]


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize(
    ("step", "validates"), [("_end_round", False), ("_end_round", True), ("_validate", True)]
)
def test_a_training_that_was_interrupted_between_two_rounds_has_a_receipt_that_holds(
    monkeypatch: pytest.MonkeyPatch, step: str, call: int, validates: bool
) -> None:
    done, calls = getattr(loop.Trainer, step), []

    def interrupted(trainer: Any) -> None:
        calls.append(step)
        if len(calls) == call:
            raise KeyboardInterrupt
        done(trainer)

    share = wl.Scaled(0.25) if validates else None
    with monkeypatch.context() as patch:
        patch.setattr(loop.Trainer, step, interrupted)
        results = wl.net_train(perceptron(), numbers(), wl.ALL, validation_set=share,
                               batch_size=4, max_training_rounds=5)  # fmt: skip
    assert results["ReasonTrainingStopped"] == "ManualStop"
    found = verified(results, perceptron(), numbers())
    assert found, found
    # Nobody can see arrays of an earlier round that the next validation would have put aside.
    lost = ["After"] if validates and call > 1 else []
    assert [each.at for each in found.unverified] == [*lost, "Reason"]
    assert "arrays after" in found.sections


@pytest.mark.parametrize("name", ["interrupted", "stopped within a round"])
def test_a_round_that_was_not_finished_is_checked_too(name: str) -> None:
    training = CASES[name]
    receipt = json.loads(training.results()["Receipt"])
    receipt["UnfinishedRound"]["Batches"] = other_digest(receipt["UnfinishedRound"]["Batches"])
    receipt["Seal"] = seal_of(receipt)
    found = verified(receipt, training.net(), training.data())
    assert found_at(found) == ["UnfinishedRound, Batches"]


def test_a_net_that_no_file_can_hold_has_a_receipt() -> None:
    def coded(factor: float) -> Any:
        encoder = wl.NetEncoder("Function", lambda x: [x, factor * x], 2)
        return wl.NetChain([3, "Tanh", 2], input=encoder)

    data = [1.0, 2.0, 3.0], numbers(3)[1]
    results = wl.net_train(coded(2), data, wl.ALL, max_training_rounds=2)
    assert results[wl.ALL]["Receipt"] == results["Receipt"]
    assert verified(results, coded(2), data)
    assert found_at(verified(results, coded(3), data)) == ["call 1, Data, Input"]
    other = wl.net_replace_part(coded(2), {2: "Ramp"})
    assert "Net, Structure" in found_at(verified(results, other, data))


def test_what_was_saved_has_the_receipt_of_what_was_trained(tmp_path: Path) -> None:
    for name in ("going on", "measurements", "a loss with arrays", "a schedule of one's own"):
        results = CASES[name].results()
        assert wl.load(wl.save(results, tmp_path / "kept.wlnet"))["Receipt"] == results["Receipt"]


def test_a_receipt_is_the_same_text_each_time() -> None:
    first, second = (CASES["rules"].results()["Receipt"] for _ in range(2))
    assert first == second


def test_each_loss_and_each_measurement_of_a_batch_is_in_the_digest_of_its_round() -> None:
    options = {"batch_size": 25, "max_training_rounds": 2}
    record = wl.net_train(classifier(), classes(), wl.ALL, **options).record
    true = [row["Batches"] for row in rounds_told(record)]
    assert len(set(true)) == 2
    measured = record.batch_measurements["ErrorRate"]
    for place in range(6):
        losses = [next_float(v) if i == place else v for i, v in enumerate(record.batch_losses)]
        rates = [next_float(v) if i == place else v for i, v in enumerate(measured)]
        for forged in (
            replace(record, batch_losses=tuple(losses)),
            replace(record, batch_measurements={"ErrorRate": tuple(rates)}),
        ):
            rows = [row["Batches"] for row in rounds_told(forged)]
            assert [a != b for a, b in zip(rows, true, strict=True)] == [place < 3, place >= 3]


def test_calls_may_have_had_data_of_their_own() -> None:
    one, two = numbers(), numbers(8, seed=5)
    results = wl.net_train(perceptron(), one, wl.ALL, max_training_rounds=2)
    results = wl.net_train(results, two, wl.ALL, max_training_rounds=2)
    assert verified(results, perceptron(), {1: one, 2: two})
    found = verified(results, perceptron(), one)
    assert [fault.at for fault in found.faults] == ["call 2, Data, Input", "call 2, Data, Output"]


# Forged receipts, and other nets and data than those of the receipt


@dataclass(frozen=True)
class Given:
    """What `verify` is given, in pieces that a mutation changes."""

    receipt: dict[str, Any]
    net: Any
    data: tuple[Any, Any]
    after: Any


FORGED = case(
    {
        "learning_rate_multipliers": [((1, "Weights"), None), (3, 0.5)],
        "validation_set": wl.Scaled(0.25),
        "method": ("SGD", {"Momentum": 0.5}),
        "max_training_rounds": 4,
    }
)


@cache
def results() -> Any:
    return FORGED.results()


def given() -> Given:
    x, y = numbers()
    receipt = json.loads(results()["Receipt"])
    return Given(receipt, perceptron(), (x.copy(), y.copy()), results()["TrainedNet"])


def flipped(array: Any, place: int) -> Any:
    """The array with one bit changed: the last of a number."""
    found = array.copy()
    found.reshape(-1).view(np.uint32)[place] ^= 1
    return found


def with_bit(net: Any, key: Any) -> Any:
    return replace_arrays(net, {key: flipped(array_value(net, key), 0)})


def put(*path: Any) -> Callable[[dict[str, Any], Any], None]:
    def change(receipt: dict[str, Any], value: Any) -> None:
        place: Any = receipt
        for step in path[:-1]:
            place = place[step]
        old = place[path[-1]]
        place[path[-1]] = value(old) if callable(value) else value

    return change


def next_float(value: float) -> float:
    return float(np.nextafter(value, np.inf))


def other_digest(text: str) -> str:
    return ("0" if text[0] != "0" else "1") + text[1:]


CALL = ("Calls", 0)
RULES = (*CALL, "Options", "learning_rate_multipliers")
PHASE = (*CALL, "Phases", 0)
RULE = {"List": [[[1, "Weights"], None], [3, 0.25]]}
# What is put where in a receipt that is sealed again, and where `verify` finds it.
STATEMENTS: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "the structure of the net": (("Net", "Structure"), other_digest, "Net, Structure"),
    "an array before": (("Net", "Arrays", "3/Biases"), other_digest, "Net, Arrays, 3/Biases"),
    "an array more": (("Net", "Arrays"), lambda it: {**it, "5": "0" * 64}, "Net, Arrays, 5"),
    "a column": ((*CALL, "Data", "Input"), other_digest, "call 1, Data, Input"),
    "labels": ((*CALL, "Data", "Output"), other_digest, "call 1, Data, Output"),
    "a column held out": (
        (*CALL, "Validation", "Output"), other_digest, "call 1, Validation, Output",
    ),
    "the seed": ((*CALL, "Seed"), 7, "call 1, Seed"),
    "the seed that was given": (
        (*CALL, "Options", "random_seeding"), 7, "call 1, Validation, Input",
    ),
    "a rate": ((*PHASE, "Arrays", "3/Weights", "Rate"), 0.25, "call 1, phase 1, 3/Weights, Rate"),
    "a rate of another type": (
        (*PHASE, "Arrays", "1/Weights", "Rate"), 0, "call 1, phase 1, 1/Weights, Rate",
    ),
    "a rule in words": (
        (*PHASE, "Arrays", "3/Biases", "Rule"), None, "call 1, phase 1, 3/Biases, Rule",
    ),
    "where a rule was set": (
        (*PHASE, "Arrays", "1/Weights", "SetAt"), "1", "call 1, phase 1, 1/Weights, SetAt",
    ),
    "the rules of a phase": ((*PHASE, "Rules"), RULE, "call 1, phase 1, Rules"),
    "the rules of the call": (RULES, lambda it: RULE, "call 1, phase 1, 3/Weights, Rate"),
    "where a phase begins": ((*PHASE, "FirstBatch"), 2, "call 1, phase 1"),
    "the size of batches": ((*CALL, "Options", "batch_size"), 4, "Facts, BatchSize"),
    "a learning rate": (
        (*CALL, "Options", "learning_rate"), 0.02, "Facts, InitialLearningRate",
    ),
    "how many rounds": ((*CALL, "Options", "max_training_rounds"), 3, "rounds"),
    "rounds without end": ((*CALL, "Options", "max_training_rounds"), 10**9, "Reason"),
    "the method": ((*CALL, "Options", "method"), "SignSGD", "Facts, Method"),
    "a precision": ((*CALL, "Options", "working_precision"), "Real64", "call 1, Data, Input"),
    "a share": ((*CALL, "Options", "validation_set"), {"Scaled": 0.5}, "call 1, Data, Input"),
    "the loss of a round": (("Rounds", 2, "Loss"), next_float, "round 3"),
    "the losses of batches": (("Rounds", 1, "Batches"), other_digest, "round 2"),
    "the end of a round": (("Rounds", 0, "LastBatch"), 1, "round 1"),
    "the loss of a validation": (("Validations", 3, "Loss"), next_float, "validation 4"),
    "the best round": (("Facts", "BestValidationRound"), 1, "Facts, BestValidationRound"),
    "examples": (("Facts", "ExamplesProcessed"), 1, "Facts, ExamplesProcessed"),
    "an array after": (("After", "1/Biases"), other_digest, "After, 1/Biases"),
    "a frozen array after": (("After", "1/Weights"), other_digest, "After, 1/Weights"),
    "an array less": (
        ("After",), lambda it: {k: v for k, v in it.items() if k != "3/Biases"}, "After, 3/Biases",
    ),
    "the reason": (("Reason",), "StoppingCriterion", "Reason"),
}  # fmt: skip


def found_at(found: Any) -> list[str]:
    return [str(fault.at) for fault in found.faults]


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
    assert found.verdict.endswith("1 array was frozen, nothing was trained")


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
        lambda g: (g.net, wl.net_replace_part(g.after, {2: "Ramp"})), "Net, Structure",
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
    assert found_at(verified(done, bare, done["TrainedNet"])) == ["before"]


# What has to be given again


def test_functions_and_data_that_are_not_given_again_are_told_by_name() -> None:
    for name in ("a schedule of one's own", "data to validate on", "a loss with arrays"):
        training = CASES[name]
        found = verified(training.results(), training.net(), training.data())
        (option,) = training.again
        assert found_at(found) == [f"call 1, Options, {option}"], found
        assert found.faults[0].fix == f"verify(receipt, net, data, {option}=...)"


def test_an_option_that_is_given_again_as_another_is_found() -> None:
    found = verified(results(), perceptron(), numbers(), batch_size=7)
    assert found_at(found) == ["call 1, Options, batch_size"]


def test_other_data_to_validate_on_are_found() -> None:
    training = CASES["data to validate on"]
    other = numbers(6, seed=9)
    found = verified(training.results(), training.net(), training.data(), validation_set=other)
    assert found_at(found) == ["call 1, Validation, Input", "call 1, Validation, Output"]


# What is no receipt


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"Schema": "wlnet receipt 2"}', "[" * 10**5, '{"Schema": NaN}', "1e999",
     '{"Schema": "wlnet receipt 1"}', '{"Schema": 1, "Schema": 2}'],
)  # fmt: skip
def test_a_text_that_is_no_receipt_is_a_format_error(text: str) -> None:
    with pytest.raises(wl.FormatError):
        verified(text, perceptron(), numbers())


@pytest.mark.parametrize("value", [None, {}, [], "x", 1.5, -1, True, {"Dict": 3}, [[[]]]])
def test_a_receipt_with_any_entry_replaced_is_refused_or_does_not_hold(value: Any) -> None:
    def places(table: Any, path: tuple[Any, ...] = ()) -> Any:
        rows = table.items() if isinstance(table, dict) else enumerate(table)
        for key, each in rows:
            yield (*path, key)
            if isinstance(each, (dict, list)) and len(path) < 5:
                yield from places(each, (*path, key))

    true = given().receipt
    for path in places(true):
        forged = copy.deepcopy(true)
        put(*path)(forged, lambda old: value)
        if forged == true or path[-1] in ("Reason", "Version", "VectorBytes"):
            continue
        forged["Seal"] = forged["Seal"] if path == ("Seal",) else seal_of(forged)
        try:
            found = verified(forged, perceptron(), numbers())
        except wl.FormatError:
            continue
        # Some options change no number, such as how many workers there were.
        assert not found or "Options" in path, (path, value, found)


@pytest.mark.parametrize("receipt", [None, 3, b"{}", [1]])
def test_what_cannot_be_a_receipt_is_an_option_error(receipt: Any) -> None:
    with pytest.raises(wl.OptionError, match="a receipt is the text"):
        verified(receipt, perceptron(), numbers())


def test_wrong_arguments_are_told_together() -> None:
    with pytest.raises(wl.OptionError) as caught:
        wl.verify("{", 3, numbers(), reporting="Pront", batchsize=3)
    assert len(caught.value.faults) == 3


# The report


def test_the_last_line_that_is_printed_is_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    told = given()
    found = wl.verify(told.receipt, told.net, told.data)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == found.verdict
    assert lines == str(found).splitlines()
    wl.verify(told.receipt, told.net, told.data, reporting=None)
    assert not capsys.readouterr().out


def test_to_verify_warns_of_nothing_and_changes_nothing() -> None:
    told = given()
    x = told.data[0].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verified(told.receipt, told.net, told.data)
    assert (told.data[0] == x).all()
    assert told.receipt == given().receipt


def test_what_the_training_warned_of_is_not_told_again() -> None:
    criterion = {"training_stopping_criterion": "Loss", "max_training_rounds": 3}
    with pytest.warns(wl.TrainingWarning, match="without a validation set"):
        results = wl.net_train(perceptron(), numbers(), wl.ALL, **criterion)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verified(results, perceptron(), numbers())


def test_another_version_or_width_of_vectors_is_told_as_what_may_explain_others() -> None:
    told = given()
    told.receipt["Calls"][0] |= {"Version": "0.0.1", "VectorBytes": 16}
    told.receipt["Seal"] = seal_of(told.receipt)
    found = verified(told.receipt, told.net, told.data)
    assert found
    assert [each.at for each in found.unverified] == ["call 1, Version", "call 1, VectorBytes"]


def test_an_interrupt_while_verifying_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: Any) -> None:
        raise KeyboardInterrupt

    text = results()["Receipt"]
    monkeypatch.setattr(loop.Trainer, "_end_round", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verified(text, perceptron(), numbers())
