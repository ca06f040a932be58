"""A training's record comes back from a file to the bit, and goes on as if it never lay there."""

from __future__ import annotations

import warnings
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.saved_records import (
    CASES,
    KINDS,
    OF_A_CALL,
    back,
    net,
    round_under_way,
    same_facts,
    same_properties,
    trained,
)
from tests.thoroughness import one_of
from tests.training_cases import METHODS, numbers
from wlnet.core.multipliers import multiplier_table
from wlnet.core.names import field_name
from wlnet.results import TrainingRecord
from wlnet.results.moment import CallRecord, Moment
from wlnet.train.saving import calls, moments, read_record, records, write_record


@pytest.mark.parametrize("name", CASES)
def test_every_fact_comes_back_to_the_bit(name: str, tmp_path: Path) -> None:
    results = trained(name)
    again = back(results, tmp_path)
    same_properties(results, again)
    same_facts(results.record, again.record)
    assert repr(again) == repr(results)


@pytest.mark.parametrize("name", CASES)
def test_the_same_record_is_the_same_file(name: str, tmp_path: Path) -> None:
    results = trained(name)
    first = wl.save(results, tmp_path / "first.wlnet").read_bytes()
    again = wl.load(tmp_path / "first.wlnet")
    assert wl.save(again, tmp_path / "second.wlnet").read_bytes() == first


@pytest.mark.parametrize("name", CASES)
def test_a_record_of_a_file_goes_on_to_the_same_bits(name: str, tmp_path: Path) -> None:
    _, data, options = CASES[name]()
    results = trained(name)
    again = back(results, tmp_path)
    rest = {"batch_size": 8, **options, "max_training_rounds": 3}
    first = wl.net_train(results, data, wl.ALL, **rest)
    second = wl.net_train(again, data, wl.ALL, **rest)
    same_properties(first, second, OF_A_CALL)
    # Twice, so that the record that went on goes through a file too.
    third = wl.net_train(back(second, tmp_path), data, wl.ALL, **rest)
    same_properties(wl.net_train(first, data, wl.ALL, **rest), third, OF_A_CALL)


@pytest.mark.parametrize(("method", "precision"), one_of(2, METHODS, ["Real32", "Real64"]))
def test_every_method_goes_on_from_a_file(method: str, precision: str, tmp_path: Path) -> None:
    options: Any = {
        "method": (method, {"LearningRateSchedule": None}), "working_precision": precision,
        "batch_size": 8, "validation_set": wl.Scaled(0.3), "learning_rate": 0.05,
        "training_stopping_criterion": {"Patience": 2},
    }  # fmt: skip
    whole = wl.net_train(net(), numbers(30), wl.ALL, max_training_rounds=40, **options)
    assert whole["ReasonTrainingStopped"] == "StoppingCriterion"
    results: Any = net()
    for _ in range(whole["TotalRounds"]):
        results = wl.net_train(results, numbers(30), wl.ALL, max_training_rounds=1, **options)
        results = back(results, tmp_path)
    same_properties(whole, results, (*OF_A_CALL, "TrainingNet", "Receipt"))


@pytest.mark.parametrize("interrupt", [1, 14, 29])
@pytest.mark.parametrize("kind", KINDS)
def test_a_round_under_way_is_taken_to_its_end(kind: str, interrupt: int, tmp_path: Path) -> None:
    start, data, options = round_under_way(kind, interrupt)
    cut = wl.net_train(start, data, wl.ALL, max_training_rounds=3, **options)
    assert cut["ReasonTrainingStopped"] == "ManualStop"
    assert cut.record.moment.in_round == interrupt % 10
    again = back(cut, tmp_path)
    same_properties(cut, again)
    same_facts(cut.record, again.record)
    whole = wl.net_train(start, data, wl.ALL, max_training_rounds=3, **options)
    rounds = 3 - len(cut["RoundLossList"])
    for record in (cut, again):
        rest = wl.net_train(record, data, wl.ALL, max_training_rounds=rounds, **options)
        same_properties(whole, rest, (*OF_A_CALL, "TrainingNet", "Receipt"))


def test_what_is_measured_no_more_is_dropped_from_a_round_under_way() -> None:
    start, data, options = round_under_way("numbers", 14)
    cut = wl.net_train(start, data, wl.ALL, max_training_rounds=3, **options)
    assert cut.record.moment.in_round
    options["training_progress_measurements"] = "RSquared"
    rest = wl.net_train(cut, data, wl.ALL, max_training_rounds=2, **options)
    assert np.isfinite(rest["RoundMeasurementsLists"]["RSquared"]).all()
    assert np.isnan(rest["RoundMeasurementsLists"]["MeanDeviation"][-1])


def test_nan_and_infinities_among_measurements_come_back(tmp_path: Path) -> None:
    worst = iter([1.0, np.inf, -np.inf, np.nan] * 20)

    def odd(predictions: Any, targets: Any) -> float:
        return float(next(worst))

    first = wl.net_train(net(), numbers(20), wl.ALL, max_training_rounds=1)
    results = wl.net_train(first, numbers(20), wl.ALL, batch_size=4, max_training_rounds=2,
                           training_progress_measurements=odd)  # fmt: skip
    told = results["BatchMeasurementsLists"]["odd"]
    assert np.isnan(told).any() and np.isinf(told).any()
    same_properties(results, back(results, tmp_path))


def test_a_training_that_diverged_comes_back(tmp_path: Path) -> None:
    with pytest.warns(wl.TrainingWarning):
        results = wl.net_train(net(), numbers(20), wl.ALL, method="SGD", learning_rate=1e30,
                               max_training_rounds=9, batch_size=4)  # fmt: skip
    assert results["ReasonTrainingStopped"] == "WeightsDiverged"
    again = back(results, tmp_path)
    same_properties(results, again)
    same_facts(results.record, again.record)


def test_arrays_that_did_not_move_are_not_stored_twice(tmp_path: Path) -> None:
    wide = wl.net_initialize(wl.NetChain([500, "Tanh", 2], input=500))
    data = numbers(8, inputs=500)
    frozen = wl.net_train(wide, data, wl.ALL, max_training_rounds=1,
                          learning_rate_multipliers={1: None})  # fmt: skip
    alone = wl.save(wide, tmp_path / "net.wlnet").stat().st_size
    record = wl.save(frozen, tmp_path / "record.wlnet").stat().st_size
    assert record < 1.1 * alone
    same_facts(frozen.record, wl.load(tmp_path / "record.wlnet").record)


def test_other_programs_find_the_arrays_of_the_net(tmp_path: Path) -> None:
    import safetensors.numpy

    results = trained("plain")
    file = wl.save(results, tmp_path / "record.wlnet")
    wl.save(results["TrainedNet"], tmp_path / "net.wlnet")
    found = safetensors.numpy.load_file(file)
    alone = safetensors.numpy.load_file(tmp_path / "net.wlnet")
    assert {key for key in found if not key.startswith("~")} == set(alone)
    assert all((found[key] == array).all() for key, array in alone.items())


def test_a_record_is_written_and_read_without_its_results(tmp_path: Path) -> None:
    record = trained("validated on a share").record
    path = write_record(tmp_path / "record.wlnet", record)
    same_facts(record, read_record(path))
    first = path.read_bytes()
    assert write_record(path, record, checked=False).read_bytes() == first
    wl.save(net(), path)
    with pytest.raises(wl.FormatError, match="holds a net, and no training"):
        read_record(path)


def test_a_net_of_functions_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    encoder = wl.NetEncoder("Function", lambda x: np.float32(x), 3)
    start = wl.NetChain([2], input=encoder)
    results = wl.net_train(start, numbers(8), wl.ALL, max_training_rounds=1)
    with pytest.raises(wl.FormatError, match="a file holds no code"):
        wl.save(results, tmp_path / "record.wlnet")
    assert not list(tmp_path.iterdir())


def test_a_loaded_record_cannot_be_written_to(tmp_path: Path) -> None:
    record = back(trained("of classes"), tmp_path).record
    for array in record.all_arrays():
        with pytest.raises(ValueError, match=r"read-only|WRITEABLE"):
            array[...] = 0


def test_every_field_of_a_record_is_in_the_file() -> None:
    """A new field that nobody writes would be the default of its class after loading."""
    told = {*records.WHOLES.values(), *records.REALS.values(), *records.TEXTS.values()}
    beside = {"trained_net", "training_net", "multipliers", "arrays", "before", "by_array",
              "checkpointing_files", "moment", "calls", "held_out", "input_form", "method",
              "batch_permutation", "learning_rates", "plot_types"}  # fmt: skip
    lists = {f"{series}_{what}" for series in records.SERIES for what in ("losses", "measurements")}
    assert {row.name for row in fields(TrainingRecord)} == (
        told | beside | lists | {"round_positions", "validation_positions"}
    )
    assert {row.name for row in fields(Moment)} == set(map(field_name, moments.ENTRIES))
    assert {row.name for row in fields(CallRecord)} == set(map(field_name, calls.ENTRIES))


def test_a_record_that_would_come_back_as_another_is_not_written(tmp_path: Path) -> None:
    record = trained("plain").record
    other = replace(record, multipliers=multiplier_table(record.trained_net, 2.0))
    with pytest.raises(wl.FormatError, match="multipliers would come back"):
        write_record(tmp_path / "record.wlnet", other)
    odd = replace(record, batch_losses=record.batch_losses[:-1])
    with pytest.raises(wl.FormatError):
        write_record(tmp_path / "record.wlnet", odd)
    for rates in (record.learning_rates[1:], (-1.0, *record.learning_rates[1:])):
        with pytest.raises(wl.FormatError, match="learning rates that are not those"):
            write_record(tmp_path / "record.wlnet", replace(record, learning_rates=rates))
    call = replace(record.calls[0], options={**record.calls[0].options,
                                             "learning_rate_multipliers": {1: 0.5}})  # fmt: skip
    with pytest.raises(wl.FormatError, match="rules would come back"):
        write_record(tmp_path / "record.wlnet", replace(record, calls=(call,)))
    assert not list(tmp_path.iterdir())


def test_a_state_that_is_not_finite_comes_back(tmp_path: Path) -> None:
    """What a method keeps of huge gradients may be infinite while all arrays are finite."""
    x, y = numbers(8)
    loss = [("Output", wl.MeanSquaredLossLayer(), wl.Scaled(1e12))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = wl.net_train(net(), (x, y * np.float32(1e9)), wl.ALL, max_training_rounds=1,
                               loss_function=loss)  # fmt: skip
    states = results.record.moment.states
    assert any(np.isinf(each).any() for state in states.values() for each in state.values())
    same_facts(results.record, back(results, tmp_path).record)
