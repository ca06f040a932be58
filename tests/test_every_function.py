"""Everything public is called with values that it was not made for: only documented errors come
out, no warning but wlnet's own, and what was given is unchanged. `python -m tests.trials calls N`
makes as many calls as one likes."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.good_calls import Call, good_calls, net, slots
from tests.trials import faults, tried
from tests.wrong_calls import LONGEST, changes

ERRORS = {name for name in wl.__all__ if name.endswith(("Error", "Warning"))}
NOT_CALLED = {"ALL", "ANY", "ArrayFormula", "AUTOMATIC", "Expression", "data"}
"""Values, a module, and what only layers and files make."""
MADE = {"data.Images", "data.Loader"}
"""What functions of these names in small letters give."""


def test_everything_public_is_called() -> None:
    called = {call.name.partition(" ")[0] for call in good_calls()}
    public = {name for name in wl.__all__ if callable(getattr(wl, name))}
    assert public - ERRORS - NOT_CALLED <= called
    assert {f"data.{name}" for name in wl.data.__all__} - MADE <= called
    assert {"net", "encoder", "decoder"} <= called


@pytest.mark.parametrize("call", good_calls(), ids=lambda call: call.name)
def test_the_calls_that_are_spoilt_are_right(call: Call) -> None:
    call.made({})


def test_a_few_wrong_calls_end_well() -> None:
    count = len(slots())  # each argument once
    outcomes = tried("calls", count)
    assert not faults(outcomes), faults(outcomes)
    assert outcomes["trials"] == count
    assert outcomes["refused"] > count / 2
    assert outcomes["accepted"] > count / 50


@pytest.mark.thorough
@pytest.mark.parametrize("start", [10**6 + 5000 * i for i in range(8)])
def test_many_wrong_calls_end_well(start: int) -> None:
    outcomes = tried("calls", 5000, start)
    assert not faults(outcomes), faults(outcomes)
    assert outcomes["trials"] == 5000


def test_wrong_calls_come_to_every_argument_and_to_values_of_all_kinds() -> None:
    kinds: Counter[str] = Counter()
    seen = set()
    for number in range(len(slots())):
        call, changed = changes(np.random.default_rng(number), number)
        seen.update((call.name, slot) for slot in changed)
        kinds.update(type(value).__name__ for value in changed.values())
    assert {(call.name, slot) for call, slot in slots()} <= seen
    assert {"ndarray", "dict", "list", "int", "str", "NoneType", "Raising"} <= set(kinds)


# Kinds of wrong calls that had other errors once

TABLE = np.ones((5, 4))
DATA = np.ones((5, 4)), np.ones((5, 2))
ITSELF: list[Any] = [1]
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    "given",
    [
        {"net_evaluation_mode": TABLE},
        {"working_precision": TABLE},
        {"target_device": TABLE},
    ],
    ids=str,
)
def test_a_word_is_no_array(given: Any) -> None:
    with pytest.raises(wl.OptionError, match="cannot be this"):
        net()(TABLE, **given)


def test_an_array_is_no_name() -> None:
    with pytest.raises(wl.OptionError, match="names of nodes are strings"):
        wl.net_rename(net(), {"one": np.zeros(2)})


@pytest.mark.parametrize("path", [(TABLE,), ([[]],), ("a", None), (True,), (1.5,)], ids=str)
def test_a_port_is_found_by_names_and_positions(path: Any) -> None:
    with pytest.raises(wl.PartError, match="neither the name of a port"):
        wl.NetPort(*path)


@pytest.mark.parametrize("given", [ITSELF, {"a": ITSELF}, [ITSELF, ITSELF]], ids=["1", "2", "3"])
def test_a_list_that_holds_itself_makes_no_net(given: Any) -> None:
    with pytest.raises(wl.OptionError, match="without end"):
        wl.NetChain(given)
    for function in (wl.net_initialize, wl.information):
        with pytest.raises(wl.OptionError, match=r"takes a net|about a net"):
            function(given)


def test_steps_and_edges_that_never_end_are_told() -> None:
    for call in (
        lambda: net()[ITSELF],
        lambda: net()[wl.Span(ITSELF, 2)],
        lambda: net()[wl.Alternatives(ITSELF)],
        lambda: wl.NetDecoder(ITSELF),
        lambda: wl.NetGraph([3, 4], itertools.count()),
        lambda: wl.NetGraph([3, 4], range(2**60)),
        lambda: wl.NetGraph([3, 4], np.array(1.0)),
    ):
        with pytest.raises(wl.WlnetError):
            call()
    assert repr(wl.Alternatives("a", wl.Span(1, 2), wl.ALL)) == "Alternatives('a', Span(1, 2), ALL)"


def test_a_round_is_as_long_as_numbers_are() -> None:
    with pytest.raises(wl.OptionError, match="a round has no length"):
        wl.net_train(net(), (lambda state: DATA, {"RoundLength": 10**400}))


@pytest.mark.parametrize("file", ["a\0.wlnet", "\ud800.wlnet", 3, b"a.wlnet"], ids=ascii)
def test_what_no_file_can_be_called_is_told(file: Any) -> None:
    for call in (lambda: wl.save(net(), file), lambda: wl.load(file)):
        with pytest.raises(wl.OptionError, match="file"):
            call()
    with pytest.raises(wl.OptionError, match="file"):
        wl.data.mnist(file)


@pytest.mark.parametrize(
    "option",
    [
        "training_progress_function",
        "training_progress_reporting",
        "training_stopping_criterion",
    ],
)
def test_a_function_that_takes_no_state_is_told_before_training(option: str) -> None:
    with pytest.raises(wl.OptionError, match="of one argument"):
        wl.net_train(net(), DATA, **{option: lambda: None})


def test_what_takes_more_memory_than_there_is_is_refused_at_once() -> None:
    endless = np.broadcast_to(np.float32(1), (2**45, 4))
    for call in (
        lambda: wl.LinearLayer(3, weights=endless),
        lambda: wl.LinearLayer(3, weights=range(2**60)),
        lambda: wl.NetDecoder("Class", range(2**60)),
        lambda: wl.NetDecoder("Class", range(10**30)),
        lambda: wl.NetEncoder("UnitVector", 3)(range(2**60)),
        lambda: net()(range(10**30)),
        lambda: wl.net_train(net(), (range(10**30), DATA[1])),
        lambda: wl.NetDecoder("Class", ["a", "b"])(range(2**60)),
    ):
        with pytest.raises(wl.WlnetError, match="memory"):
            call()


def test_a_message_of_many_faults_has_an_end_and_the_error_has_them_all() -> None:
    with pytest.raises(wl.OptionError) as caught:
        wl.NetChain([None] * 5000)
    assert len(str(caught.value)) < LONGEST
    assert len(caught.value.faults) == 5000
    assert str(caught.value).startswith("5000 faults\n")
    assert "more, which error.faults tells" in str(caught.value)


def test_a_message_with_a_long_name_has_an_end() -> None:
    with pytest.raises(wl.OptionError) as caught:
        wl.net_append(net(), ("x" * 100_000, 3), ("x" * 100_000, 3))
    assert len(str(caught.value)) < LONGEST
