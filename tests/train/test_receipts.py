"""Receipts: a true one holds, of a training of every kind; how it is read, and what is told."""

from __future__ import annotations

import copy
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wlnet as wl
from tests.forged_receipts import (
    found_at,
    given,
    next_float,
    other_digest,
    put,
    results,
    verified,
)
from tests.receipt_cases import CASES, with_checkpoints
from tests.thoroughness import some
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.core.errors import Fault
from wlnet.train import loop
from wlnet.train.receipts.rounds import rounds_told
from wlnet.train.receipts.verification import Verification
from wlnet.train.receipts.writing import seal_of

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
    assert [each.at for each in found.unverified] == ["Reason"]
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


@pytest.mark.parametrize(
    "value", some([None, {}, [], "x", 1.5, -1, True, {"Dict": 3}, [[[]]]], None, {}, "x", -1)
)
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


def test_a_notebook_shows_what_holds_and_what_does_not() -> None:
    held = Verification((), (), {"net": (3, 3)}, "the receipt holds")
    assert "✓ the receipt holds" in held._repr_html_()
    faults = tuple(Fault(f"wrong <{n}>", f"round {n}", "1", "2") for n in range(50))
    page = Verification(faults, (), {"net": (3, 53)}, "it does not hold")._repr_html_()
    assert "✗ it does not hold" in page
    assert "wrong &lt;39&gt;" in page and "wrong &lt;40&gt;" not in page
    assert "and 10 more" in page
    assert page.count("expected: 2") == 40
