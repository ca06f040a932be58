"""Values that no argument was made for, each made anew when it is asked for."""

from __future__ import annotations

import array
import decimal
import enum
import fractions
import functools
import itertools
import math
from collections import UserDict, deque
from collections.abc import Callable
from typing import Any

import numpy as np

import wlnet as wl


class Hostile(Exception):
    """What a hostile value of a user raises: his own exception, which may come through."""


class Name(enum.StrEnum):
    """A name that is a member of an enum."""

    RAMP = "Ramp"


def raising(*names: str) -> Any:
    """A value of which these methods raise."""

    def method(self: Any, *given: Any, **options: Any) -> Any:
        raise Hostile

    return type("Raising", (), dict.fromkeys(names, method))()


class Anything:
    """Has every attribute, and all of them are odd."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


class Liar:
    """Says another length than it has."""

    def __len__(self) -> int:
        return 5

    def __iter__(self) -> Any:
        return iter((1.0, 2.0))


class Shaped:
    """An array, as it says; it can be none."""

    shape = (3, "many")
    dtype = "float"

    def __array__(self, *given: Any, **options: Any) -> Any:
        return [1, 2]


class Odd:
    """Equal to everything, and of no hash."""

    def __eq__(self, other: object) -> Any:
        return np.array([True, False])

    __hash__ = None  # type: ignore[assignment]


def deep(count: int) -> Any:
    """A list in a list in a list."""
    return functools.reduce(lambda inner, _: [inner], range(count), 1.0)


def ring() -> Any:
    """A list that holds itself."""
    ring: list[Any] = [1]
    ring.append(ring)
    return ring


def small() -> Any:
    return wl.net_initialize(wl.NetChain({"one": 3, "act": "Tanh"}, input=4))


DTYPES = "?", "i1", "u1", "i4", "i8", "u8", "f2", "f4", "f8", "g", "c8", "c16", "S3", "U3", "M8[s]"
NUMBERS: tuple[Any, ...] = (
    0, 1, -1, 2, 2.5, 0.0, -0.0, 10**400, -(10**400), 2**31, 2**63, 2**64, 1e308, 5e-324,
    math.nan, math.inf, -math.inf, True, False, 1j,
    decimal.Decimal("NaN"), decimal.Decimal("1e999"), fractions.Fraction(1, 3),
)  # fmt: skip
TEXTS: tuple[Any, ...] = (
    "", " ", "a", "Input", "Output", "Real", "Varying", "All", "Ramp", "\0", "a\0b", "\ud800",
    "ä" * 3, "x" * 100_000, "weights", "2;;-1", "../..", b"", b"abc", bytearray(b"ab"),
    Name.RAMP,
)  # fmt: skip
CONTAINERS: tuple[Callable[[], Any], ...] = (
    list, tuple, dict, set, frozenset, deque, UserDict,
    lambda: [[]], lambda: [[[]]], lambda: [None], lambda: (None,), lambda: [1, [2, "a"]],
    lambda: [[1, 2], [3]], lambda: ["a", 1], lambda: {1: 2}, lambda: {None: None},
    lambda: {"a": 1}, lambda: {(): ()}, lambda: {"": ""}, lambda: {"\ud800": 1},
    lambda: {"Input": 3}, lambda: {("a", 1): 0}, lambda: {frozenset(): 0},
    lambda: {math.nan: math.nan}, lambda: {1, "a"}, lambda: [(1, 2), (2, 1)],
    lambda: [(1, 2, 3)], lambda: {"a": {"b": {"c": 1}}}, lambda: {True: 1, 2: 3},
    lambda: [{"Input": 1}], lambda: [{"Input": [1.0]}, {"x": 2}], lambda: ({}, {}),
    lambda: (1, {"Interval": 2}), lambda: ("ADAM", {"Beta1": "a"}), lambda: ("Loss", [1]),
    lambda: deep(40), lambda: deep(200), lambda: deep(5000), ring, lambda: [10**400] * 3,
    lambda: ["x" * 1000] * 100, lambda: list(range(10_000)), lambda: dict.fromkeys(range(5000)),
)  # fmt: skip
STREAMS: tuple[Callable[[], Any], ...] = (
    lambda: (number for number in (1, 2)), lambda: iter(()), lambda: iter([[1.0], "a"]),
    itertools.count, lambda: range(0), lambda: range(3), lambda: range(2**62),
    lambda: range(10**30), lambda: slice(1, 2),
    lambda: slice(None), lambda: zip([1], [2], strict=False), lambda: map(Hostile, [1]),
    lambda: {"a": 1}.items(), lambda: {"a": 1}.keys(), lambda: memoryview(b"ab"),
    lambda: array.array("d", [1.0]),
)  # fmt: skip
CODE: tuple[Any, ...] = (
    int, list, np.ndarray, wl.LinearLayer, wl.NetChain, wl.DataError, len, print, max, np.tanh,
    np.add, lambda: None, lambda x: x, lambda x, y: x + y, lambda *given: "a", lambda x: [x],
    functools.partial(max), np, Ellipsis, NotImplemented, object(),
)  # fmt: skip
ARRAYS: tuple[Callable[[], Any], ...] = (
    *(functools.partial(np.zeros, shape, dtype) for dtype in DTYPES for shape in ((), 0, 2)),
    *(functools.partial(np.ones, shape) for shape in ((4,), (5, 4), (2, 3, 4), (1, 0), (1,) * 20)),
    *(functools.partial(np.ones, (), dtype) for dtype in DTYPES),
    lambda: np.float32(0.5), lambda: np.float64("nan"), lambda: np.int64(3), lambda: np.True_,
    lambda: np.str_("Ramp"), lambda: np.bytes_(b"a"), lambda: np.datetime64("NaT"),
    lambda: np.complex64(1), lambda: np.longdouble(1), lambda: np.void(b"ab"),
    lambda: np.array([None, 1]), lambda: np.array([[1], "a"], object), lambda: np.array(None),
    lambda: np.array({}, object), lambda: np.array(10**400), lambda: np.array([10**400]),
    lambda: np.zeros(2, [("a", "f4"), ("b", "i4")]), lambda: np.full((5, 4), np.nan),
    lambda: np.ma.masked, lambda: np.ma.array([1.0, 2.0], mask=[0, 1]),
    lambda: np.ones((1, 1)).view(np.matrix),
    lambda: np.broadcast_to(1.0, (2**40, 4)), lambda: np.ones((5, 4))[::-1, ::2],
    lambda: np.array(["a", "b"], np.dtypes.StringDType()), lambda: np.ones(4, ">f4"),
    lambda: np.ones((5, 4), order="F"), lambda: np.random.default_rng(0),
)  # fmt: skip
WORDS: tuple[Callable[[], Any], ...] = (
    small, lambda: wl.NetChain([]), lambda: wl.NetChain([3, "Ramp"]), lambda: wl.LinearLayer(3),
    lambda: wl.LinearLayer(3, input=4, weights=np.ones((3, 4))), wl.TotalLayer,
    lambda: wl.NetGraph([3, 4], [(1, 2)], input=2), wl.MeanSquaredLossLayer,
    lambda: wl.NetMapOperator(3), lambda: wl.NetNestOperator(wl.LinearLayer(2, input=2), 2),
    lambda: wl.EmbeddingLayer(2, 3), lambda: wl.NetEncoder("Class", ["a", "b"]),
    lambda: wl.NetEncoder("Boolean"), lambda: wl.NetEncoder("Image", (4, 4)),
    lambda: wl.NetEncoder("Function", len), lambda: wl.NetDecoder("Class", ["a", "b"]),
    lambda: wl.NetDecoder("Boolean"), wl.NetPort, lambda: wl.NetPort("Input"),
    lambda: wl.NetPort(1, "Output"), lambda: wl.NetPort(np.ones(3)), lambda: wl.NetPort([[]]),
    lambda: wl.NetPort(None), lambda: wl.NetSharedArray("w"), lambda: wl.NetSharedArray(wl.ALL),
    wl.Span, lambda: wl.Span(1, 2), lambda: wl.Span("a", -1), lambda: wl.Span(np.ones(2), None),
    lambda: wl.Span([], {}), wl.Alternatives, lambda: wl.Alternatives(1, "one"),
    lambda: wl.Alternatives(np.ones(2), []), lambda: wl.Scaled(0.1), lambda: wl.Scaled(-3),
    lambda: wl.Restricted("Integer", 3),
    lambda: wl.ALL, lambda: wl.ANY, lambda: wl.AUTOMATIC, wl.Adam, lambda: wl.SGD(0.1),
)  # fmt: skip
HOSTILE: tuple[Callable[[], Any], ...] = (
    *(
        functools.partial(raising, *names)
        for names in (
            ("__repr__",), ("__eq__",), ("__hash__",), ("__eq__", "__hash__"), ("__array__",),
            ("__len__",), ("__iter__",), ("__bool__",), ("__getattr__",), ("__call__",),
            ("__getitem__",), ("__len__", "__getitem__"), ("__index__",), ("__float__",),
            ("__fspath__",), ("__contains__",), ("__str__", "__repr__"), ("__getattribute__",),
            ("keys", "__getitem__"), ("__iter__", "__len__", "__eq__", "__bool__", "__repr__"),
        )
    ),
    Anything, Liar, Shaped, Odd,
)  # fmt: skip


def constant(value: Any) -> Callable[[], Any]:
    return lambda: value


KINDS: tuple[tuple[Callable[[], Any], ...], ...] = (
    (constant(None),),
    *(tuple(map(constant, values)) for values in (NUMBERS, TEXTS, CODE)),
    CONTAINERS,
    STREAMS,
    ARRAYS,
    WORDS,
    HOSTILE,
)


def hostile_value(rng: np.random.Generator) -> Any:
    """A value of a kind drawn first, so that every kind comes as often as the others."""
    kind = KINDS[rng.integers(len(KINDS))]
    try:
        return kind[rng.integers(len(kind))]()
    except wl.WlnetError:  # some words are refused where they are made
        return None


def spoilt(good: Any, rng: np.random.Generator) -> Any:
    """A good value in which something is wrong: deep inside, around it, missing or twice."""
    choice = rng.integers(6)
    if isinstance(good, dict) and good and choice < 4:
        keys = list(good)
        key = keys[rng.integers(len(keys))]
        if choice == 0:
            return {other: good[other] for other in keys if other is not key}
        if choice == 1:
            try:
                return {hostile_value(rng): good[key], **good}
            except (TypeError, Hostile):
                return {**good, None: good[key]}
        return {**good, key: spoilt(good[key], rng)}
    if type(good) in (list, tuple) and good and choice < 4:
        place = int(rng.integers(len(good)))
        items = list(good)
        items[place : place + 1] = (
            [] if choice == 0 else [items[place]] * 2 if choice == 1 else [spoilt(good[place], rng)]
        )
        return type(good)(items)
    around = [[good], (good,), {"a": good}, {good: good} if isinstance(good, str) else {1: good}]
    return around[rng.integers(len(around))] if choice == 4 else hostile_value(rng)
