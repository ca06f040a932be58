"""Which cases of a long law `make test` asks; `make test-thorough` asks them all.

A law stays as it is written, and every kind and every value of every axis is still asked: what is
left to the thorough run is the rest of the cases of a kind, and of the combinations.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import settings


def marked(case: Any, is_quick: bool) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=() if is_quick else pytest.mark.thorough)


def two_of_each(cases: Iterable[Any], kind: Callable[[Any], Hashable]) -> list[Any]:
    """The first and the last case of each kind."""
    every = list(cases)
    quick = {kind(case): index for index, case in reversed([*enumerate(every)])}.values()
    quick = {*quick, *{kind(case): index for index, case in enumerate(every)}.values()}
    return [marked(case, index in quick) for index, case in enumerate(every)]


def one_of(count: int, *axes: Iterable[Any]) -> list[Any]:
    """One of so many combinations, so chosen that each value of an axis meets others than its
    neighbour does. Of axes of at least `count` values each, every two values meet somewhere."""
    every = itertools.product(*(enumerate(axis) for axis in axes))
    return [
        marked(tuple(value for _, value in each), sum(index for index, _ in each) % count == 0)
        for each in every
    ]


def some(values: Sequence[Any], *quick: Any) -> list[Any]:
    """The values that are named."""
    assert all(value in values for value in quick)
    return [marked((value,), value in quick) for value in values]


def share(of_hundred: int) -> Any:
    """Settings of a law of which so many in a hundred of the usual examples are drawn."""
    return settings(max_examples=max(settings.default.max_examples * of_hundred // 100, 1))
