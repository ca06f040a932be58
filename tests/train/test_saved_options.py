"""Options as they were given come back from a record; functions and data are told by name."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.saved_records import back, halves, loss_with_arrays, net, plain, unsaved
from tests.training_cases import numbers
from wlnet.core.digests import digest
from wlnet.core.phases import Phases
from wlnet.io.canonical import dumped
from wlnet.methods import METHODS
from wlnet.train.saving import Unsaved, UnsavedFunction
from wlnet.train.saving.unsaved import unsaved_in
from wlnet.train.saving.values import read, written

NETS: list[Any] = []


def keep(each: Any) -> int:
    NETS.append(each)
    return len(NETS) - 1


def through(option: str, value: Any) -> Any:
    """A value written, as text, and read."""
    text = dumped(written(option, value, keep))
    return read(option, json.loads(text), NETS.__getitem__)


def same(one: Any, other: Any) -> bool:
    return bool(repr(one) == repr(other) and plain(one) == plain(other))


NUMBERS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
STEPS = st.integers(-5, 5) | st.text(max_size=5) | st.sampled_from([wl.ALL, wl.ANY])
PARTS = STEPS | st.builds(wl.Alternatives, STEPS, STEPS) | st.tuples(STEPS, STEPS) | st.builds(
    wl.Span, st.integers(1, 5), st.integers(-5, -1)) | st.builds(
    wl.NetSharedArray, st.text(min_size=1)) | st.builds(wl.NetPort, st.text())  # fmt: skip
RATES = st.none() | st.floats(-5, 5)
RULES = RATES | st.dictionaries(PARTS, RATES) | st.lists(st.tuples(PARTS, RATES))
VALUES = st.recursive(
    NUMBERS | PARTS | st.sampled_from([wl.AUTOMATIC]),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(VALUES)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert same(through("method", value), value)


@given(st.dictionaries(st.integers(2, 9), RULES).flatmap(
    lambda rest: RULES.map(lambda first: {1: first, **rest})))  # fmt: skip
def test_rules_of_phases_come_back_in_order(rules: Any) -> None:
    phases = wl.Phases(rules)
    again = through("learning_rate_multipliers", phases)
    assert isinstance(again, wl.Phases)
    assert same(dict(again), dict(phases))


@pytest.mark.parametrize("seed", [2**63 - 1, 2**63, -(2**63), -(2**70), 10**400, 0, "é\ud800"])
def test_seeds_of_any_size_come_back(seed: Any) -> None:
    assert same(through("random_seeding", seed), seed)


@pytest.mark.parametrize("number", [np.float32(0.1), np.int64(3), np.bool_(True), np.str_("a"),
                                    np.array(2.5), Fraction(1, 4)])  # fmt: skip
def test_numbers_of_others_are_those_of_python(number: Any) -> None:
    again = through("learning_rate", number)
    assert type(again) in (bool, int, float, str)
    assert again == number


METHOD_VALUES = [
    *(method() for method in METHODS.values()),
    wl.Adam(beta1=0.5, l2_regularization={1: 0.1, wl.ANY: None}, gradient_norm=1),
    wl.SGD(learning_rate_schedule=("Steps", {"At": (0.5, 3), "Warmup": 2}), weight_decay=[(2, 1)]),
    wl.RMSProp(learning_rate=0.5, weight_clipping=2),
]


@pytest.mark.parametrize("method", METHOD_VALUES, ids=repr)
def test_methods_come_back(method: Any) -> None:
    assert through("method", method) == method
    assert through("method", (method.name, method.options())) == (method.name, method.options())


def test_a_function_is_told_by_its_name_wherever_it_stands() -> None:
    method = through("method", wl.SGD(learning_rate_schedule=halves))
    schedule = method.learning_rate_schedule
    assert schedule == UnsavedFunction("method", "halves")
    with pytest.raises(wl.OptionError, match=r"has to be given again[^\0]*halves"):
        schedule(0, 3)
    items = ["ErrorRate", {"Measurement": lambda p, t: 0.0, "Key": "Mine"}]
    again = through("training_progress_measurements", items)
    assert again[0] == "ErrorRate" and again[1]["Key"] == "Mine"
    assert isinstance(again[1]["Measurement"], UnsavedFunction)
    assert len(unsaved(again)) == 1


def generator() -> Any:
    yield 1


WEIGHTS = np.linspace(0, 1, 5)
DATA: dict[str, tuple[str, Any, Any]] = {
    "columns": ("validation_set", numbers(9), Unsaved("validation_set", "a tuple of 2")),
    "a dict": ("validation_set", {"a": [1]}, Unsaved("validation_set", "a dict of 1")),
    "with an interval": ("validation_set", (numbers(9), {"Interval": 2}),
                         (Unsaved("validation_set", "a tuple of 2"), {"Interval": 2})),
    "a share": ("validation_set", wl.Scaled(0.5), wl.Scaled(0.5)),
    "a share with an interval": ("validation_set", (wl.Scaled(0.5), {"Interval": 3}),
                                 (wl.Scaled(0.5), {"Interval": 3})),
    "a function": ("validation_set", generator, UnsavedFunction("validation_set", "generator")),
    "a function with its length": ("validation_set", (generator, {"RoundLength": 8}),
                                   UnsavedFunction("validation_set", "generator")),
    "none": ("validation_set", None, None),
    "weights": ("example_weights", WEIGHTS,
                Unsaved("example_weights", "an array of float64, shape (5,)", digest(WEIGHTS))),
    "weights in a list": ("example_weights", [*WEIGHTS],
                          Unsaved("example_weights", "a list of 5", digest(WEIGHTS))),
    "a column of weights": ("example_weights", "Weight", "Weight"),
    "an array that is none of these": ("batch_size", np.ones(3),
                                       Unsaved("batch_size", "an array of float64, shape (3,)",
                                               digest(np.ones(3)))),
    "an object of others": ("batch_size", object(), Unsaved("batch_size", "a object")),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA)
def test_data_are_told_by_what_they_were(name: str) -> None:
    option, value, told = DATA[name]
    assert through(option, value) == told
    # What was read once is written again as it is.
    assert through(option, told) == told


def test_a_path_comes_back_as_one(tmp_path: Path) -> None:
    assert through("training_progress_checkpointing", tmp_path) == tmp_path


def test_what_is_nested_without_end_is_told_in_a_word() -> None:
    endless: list[Any] = []
    endless.append(endless)
    found = through("training_progress_measurements", endless)
    assert found == Unsaved("training_progress_measurements", "a list of 1")


def test_a_net_that_several_calls_name_is_stored_once(tmp_path: Path) -> None:
    loss = loss_with_arrays()
    first = wl.net_train(net(), numbers(8), wl.ALL, loss_function=loss, max_training_rounds=1)
    second = wl.net_train(first, numbers(8), wl.ALL, loss_function=loss, max_training_rounds=1)
    one, two = (wl.save(each, tmp_path / "r.wlnet").stat().st_size for each in (first, second))
    again = wl.load(tmp_path / "r.wlnet")
    options = [call.options["loss_function"] for call in again.record.calls]
    assert options == [loss, loss] and options[0] is options[1]
    assert two > one


HOSTILE: list[Any] = [
    {"Float": "1"}, {"Float": 1}, {"Integer": "0x1"}, {"Integer": "1" * 20}, {"Integer": 3},
    {"Dict": [[1]]}, {"Dict": 3}, {"Dict": [[{"List": []}, 1]]}, {"Dict": [[1, 2], [True, 3]]},
    {"Phases": {"Dict": [[2, 1]]}}, {"Phases": 3}, {"Scaled": "a"}, {"Scaled": {"Float": "nan"}},
    {"Method": ["ADAM", {"Dict": []}]}, {"Method": ["Adam", {"Dict": []}]}, {"Method": 3},
    {"Net": "a"}, {"Net": 1.0}, {"Path": 3}, {"Function": 3}, {"Data": 3},
    {"Function": "a" * 201}, {"Data": ["a"]}, {"Other": 1}, {}, {"Symbol": "BOTH"}, 2**64,
    {"Float": "nan", "Integer": "0x1"}, {"NetPort": [{"Float": "nan"}]},
]  # fmt: skip


@pytest.mark.parametrize("record", HOSTILE, ids=str)
def test_forged_values_are_refused(record: Any) -> None:
    with pytest.raises((wl.FormatError, wl.WlnetError)):
        read("method", record, NETS.__getitem__)


def test_weights_of_nan_and_infinity_come_back() -> None:
    told = (math.nan, math.inf, -math.inf, -0.0)
    assert plain(through("method", told)) == plain(told)


def test_every_option_of_a_call_comes_back(tmp_path: Path) -> None:
    results = wl.net_train(net(), numbers(8), wl.ALL, max_training_rounds=1, time_goal=1e9)
    options = results.record.calls[0].options
    assert same(dict(back(results, tmp_path).record.calls[0].options), dict(options))


def test_what_no_file_holds_is_found_wherever_it_lies_in_a_value() -> None:
    key, value, inside = (Unsaved("option", name) for name in ("key", "value", "inside"))
    assert unsaved_in({key: value, 1: [(inside, 2.0)]}) == [key, value, inside]
    assert unsaved_in(Phases({1: {"head": inside}, 3: 0.1})) == [inside]
    assert unsaved_in({"head": [1, None, "text"]}) == []
