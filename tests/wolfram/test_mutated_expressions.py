"""Nets of the Wolfram Language with anything anywhere are nets, or a FormatError."""

from __future__ import annotations

import contextlib
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.wolfram.saved_nets import Saving, compressed
from tests.wolfram.test_saved_nets import NETS
from tests.wolfram.test_wxf_and_input_form import NET
from wlnet.wolfram.compressed import uncompressed
from wlnet.wolfram.expressions import Call, Symbol, call
from wlnet.wolfram.files import net_of_saved
from wlnet.wolfram.writing import constructors

ANYTHING = [
    0, -1, 1, 2**40, 1.5, float("inf"), "", "Input", "Output", "x" * 300, True, b"ab", {},
    Symbol("None"), Symbol("All"), Symbol("Automatic"), Symbol("x"), np.zeros((2, 2)), np.zeros(()),
    call("List"), call("Rule", 1, 2), Call(3, (1,)), call("Span", 1), call("Slot", "a"),
    call("Function", Symbol("x")), call("NetPort"), call("Rational", 1, 0), call("NetEncoder"),
    call("NetEncoder", call("List")), call("NetSharedArray", "w"),
]  # fmt: skip


def nets() -> Iterator[tuple[Any, list[Any]]]:
    for net in NETS.values():
        saving = Saving()
        saved = saving.net(wl.net_initialize(net))
        yield uncompressed(compressed(saved)), [np.asarray(x, np.float32) for x in saving.arrays]
        yield constructors(net), []
    yield constructors(NET), []


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Ways to everything in an expression: a key, the number of an argument, -1 for the head."""
    yield path
    if isinstance(value, Call):
        for step, part in enumerate((value.head, *value.args), -1):
            yield from paths(part, (*path, step))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from paths(part, (*path, (key,)))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        if isinstance(step, tuple):
            value = value[step[0]]
        else:
            value = value.head if step == -1 else value.args[step]
    return value


def changed(value: Any, path: tuple[Any, ...], new: list[Any]) -> Any:
    """An expression with no, one or two others at a place."""
    if not path:
        return new[0] if new else Symbol("Null")
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        table = dict(value)
        if rest or new:
            table[step[0]] = changed(table[step[0]], rest, new)
        else:
            del table[step[0]]
        return table
    if step == -1:
        return Call(changed(value.head, rest, new), value.args)
    args = list(value.args)
    args[step : step + 1] = [changed(args[step], rest, new)] if rest else new
    return Call(value.head, tuple(args))


def tried(start: int, count: int) -> int:
    """How many of so many changed nets are nets."""
    whole, good = list(nets()), 0
    for seed in range(start, start + count):
        draw = random.Random(seed)
        value, arrays = draw.choice(whole)
        for _ in range(draw.choice([1, 1, 2, 3])):
            ways = list(paths(value))
            path, other = draw.choice(ways), draw.choice(ways)
            news = [[], [draw.choice(ANYTHING)], [draw.choice(ANYTHING)], [at(value, other)],
                    [at(value, path)] * 2]  # fmt: skip
            value = changed(value, path, draw.choice(news))
        with contextlib.suppress(wl.FormatError):
            net_of_saved(value, arrays)
            good += 1
    return good


def test_a_few_changed_nets_are_nets_or_format_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.RuleWarning)
        assert 5 < tried(0, 150) < 100


@pytest.mark.thorough
def test_many_changed_nets_are_nets_or_format_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.RuleWarning)
        assert tried(10**6, 10_000) < 7_000
