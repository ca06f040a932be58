"""One number made of many along axes: sums, products, the largest, quantiles, how far they differ.

A fold; elsewhere a reduction. Each is said twice: in primitives, and in NumPy for comparison.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value

OfRows = Callable[[Builder, Value], Value]
"""From (batch, kept, n) to (batch, kept, 1)."""


class Fold(NamedTuple):
    """How many numbers become one; evaluate: NumPy's way, function(array, axes, keepdims=True)."""

    of_rows: OfRows
    evaluate: Callable[..., Any]


def fold(g: Builder, x: Value, axes: Sequence[int], function: str) -> Value:
    """One number from all along some axes, but that of the batch; they stay with size 1."""
    if function == "Total":
        return g.sum(x, axes)
    if function == "Mean":
        return g.mean(x, axes)
    kept = [i for i in range(1, x.rank) if i not in axes]
    order = [0, *kept, *axes]
    turned = x if order == list(range(x.rank)) else g.transpose(x, order)
    sizes = math.prod(x.shape[i] for i in kept), math.prod(x.shape[i] for i in axes)
    made = FOLDS[function].of_rows(g, g.reshape(turned, (x.shape[0], *sizes)))
    return g.reshape(made, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _largest(g: Builder, x: Value) -> Value:
    return g.pool_max(x, kernel=x.shape[2:], stride=(1,), padding=((0, 0),))


def _product(g: Builder, x: Value) -> Value:
    """By pairs, pairs of pairs, ...: so a 0 among the factors spoils no derivative."""
    odd = None
    while x.shape[2] > 1:
        half = x.shape[2] // 2
        if x.shape[2] % 2:
            last = g.slice(x, 2, 2 * half, 2 * half + 1)
            odd = last if odd is None else g.multiply(odd, last)
        x = g.multiply(g.slice(x, 2, 0, half), g.slice(x, 2, half, 2 * half))
    return x if odd is None else g.multiply(x, odd)


def _centred(g: Builder, x: Value) -> Value:
    return g.subtract(x, g.mean(x, [2]))


def _variance(g: Builder, x: Value) -> Value:
    squares = g.sum(g.map("Square", _centred(g, x)), [2])
    return g.multiply(squares, 1 / (x.shape[2] - 1))


def _deviation(g: Builder, x: Value) -> Value:
    """Where the numbers are all the same, the root has no slope, and takes none."""
    variance = _variance(g, x)
    alike = g.multiply(g.greater_equal(variance, 0.0), g.greater_equal(0.0, variance))
    return g.choose(alike, 0.0, g.map("Sqrt", g.add(variance, alike)))


def _quantile(share: float, g: Builder, x: Value) -> Value:
    """Between two numbers in order, as far as the share lies between their places: number k of n,
    counted from 1, is at (k - 1/2) / n. NaN where one of them is NaN."""
    n, order = x.shape[2], g.ordering(x)

    def entry(k: int) -> Value:
        place = g.slice(order, 2, k - 1, k)
        return g.extract(x, g.reshape(place, (*place.shape, 1)), beside=2)

    place = min(max(n * share + 0.5, 1), n)
    low, high = math.floor(place), math.ceil(place)
    found = entry(low)
    if low < high:
        below, above = g.multiply(found, high - place), g.multiply(entry(high), place - low)
        found = g.add(below, above)
    return g.add(found, g.multiply(g.nonzero(entry(n)), 0.0))


def _quartiles_apart(g: Builder, x: Value) -> Value:
    return g.subtract(_quantile(0.75, g, x), _quantile(0.25, g, x))


def _mean_deviation(x: Any, axes: Any, keepdims: bool = False) -> Any:
    return np.abs(x - x.mean(axes, keepdims=True)).mean(axes, keepdims=keepdims)


def _range(x: Any, axes: Any, keepdims: bool = False) -> Any:
    low, high = np.quantile(x, (0.25, 0.75), axes, method="hazen", keepdims=keepdims)
    return high - low


FOLDS: dict[str, Fold] = {
    "Mean": Fold(lambda g, x: g.mean(x, [2]), np.mean),
    "Max": Fold(_largest, np.max),
    "Min": Fold(lambda g, x: g.negate(_largest(g, g.negate(x))), np.min),
    "Total": Fold(lambda g, x: g.sum(x, [2]), np.sum),
    "Times": Fold(_product, np.prod),
    "Median": Fold(partial(_quantile, 0.5), np.median),
    "Variance": Fold(_variance, partial(np.var, ddof=1)),
    "StandardDeviation": Fold(_deviation, partial(np.std, ddof=1)),
    "MeanDeviation": Fold(lambda g, x: g.mean(g.map("Abs", _centred(g, x)), [2]), _mean_deviation),
    "InterquartileRange": Fold(_quartiles_apart, _range),
}
OF_SEVERAL = "Variance", "StandardDeviation"
"""What one number alone has not."""
