"""Functions that yield batches, functions without an argument, and what has no end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

import wlnet as wl
from tests.training_cases import numbers, perceptron

X, Y = numbers(12)
HALVES = [(X[:6], Y[:6]), (X[6:], Y[6:])]


def train(data: Any, **options: Any) -> Any:
    return wl.net_train(
        perceptron(), data, **{"max_training_rounds": 5, "batch_size": 6, **options}
    )


def asked(state: Any) -> Any:
    return HALVES[state["AbsoluteBatch"] % 2]


def endless() -> Iterator[Any]:
    while True:
        yield from HALVES


def told(state: Any) -> Iterator[Any]:
    assert state["BatchSize"] == 6
    while True:
        yield from HALVES


def exhausted() -> Iterator[Any]:
    yield from HALVES


class Loader:
    """A loader of batches, called for every pass."""

    def __call__(self) -> Iterator[Any]:
        return iter(HALVES)


YIELDING: dict[str, Any] = {
    "without end": endless,
    "told the state": told,
    "called again when exhausted": exhausted,
    "a function that returns an iterator": lambda: iter(HALVES),
    "a function of the state that returns a generator": lambda state: told(state),
    "an object that is called": Loader(),
    "a method of a builtin": HALVES.__iter__,
}


@pytest.mark.parametrize("form", YIELDING)
@pytest.mark.parametrize("options", [None, {"RoundLength": 12}], ids=["one a round", "two a round"])
def test_yielded_batches_train_as_returned_ones_do(form: str, options: Any) -> None:
    given, same = YIELDING[form], asked
    data, expected = ((given, options), (same, options)) if options else (given, same)
    assert train(data) == train(expected)


def test_a_generator_function_is_called_once_for_all_of_its_batches() -> None:
    calls = []

    def batches() -> Iterator[Any]:
        calls.append("called")
        yield from HALVES * 2

    train((batches, {"RoundLength": 12}), max_training_rounds=2)
    assert calls == ["called"]
    train((batches, {"RoundLength": 12}), max_training_rounds=3)
    assert calls == ["called"] * 3, "a second training begins anew, and its third round again"


def test_a_function_without_an_argument_is_asked_for_every_batch() -> None:
    batches = itertools.cycle(HALVES)
    assert train(lambda: next(batches)) == train(asked)


def test_a_zip_that_is_returned_is_one_batch_of_examples() -> None:
    def ask(state: Any) -> Any:
        return zip(*asked(state), strict=True)

    assert train(ask) == train(asked)


def test_a_generator_that_yields_nothing_is_an_error() -> None:
    def nothing() -> Iterator[Any]:
        yield from ()

    once = iter(HALVES)
    for given, at in ((nothing, "round 1"), (lambda: once, "round 3")):
        with pytest.raises(wl.DataError, match=f"gave no batch\\n[^$]*{at}\\n[^$]*fix: .*yield"):
            train(given)


def test_yielded_batches_have_the_batch_size() -> None:
    with pytest.raises(wl.DataError, match=r"given: +6\n +expected: 4[^$]*batch_size=6"):
        train(exhausted, batch_size=4)
    with pytest.raises(wl.DataError, match=r"given: +6\n +expected: 64"):
        train(exhausted, batch_size=wl.AUTOMATIC)


@pytest.mark.parametrize(
    "given", [exhausted(), endless(), itertools.cycle(HALVES), itertools.repeat(HALVES[0])]
)
def test_a_running_generator_is_refused_with_the_form_that_works(given: Any) -> None:
    with pytest.raises(wl.DataError, match=r"the function that makes it\n[^$]*def batches"):
        train(given)


def test_a_column_without_end_is_read_no_further_than_the_other_tells() -> None:
    with pytest.raises(wl.DataError, match=r"different length[^$]*Input: 13, Output: 12"):
        train((itertools.cycle(X), Y))


def test_a_function_of_two_arguments_gives_no_batches() -> None:
    with pytest.raises(wl.DataError, match=r"one argument[^$]*\(x, y\)"):
        train(lambda x, y: (x, y))
