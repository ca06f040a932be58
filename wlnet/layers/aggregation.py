"""AggregationLayer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from wlnet.core.shapes import Mismatch, Size, Sizes, shape_text
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import one_of, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import levels, positions

Fold = Callable[[Builder, Value], Value]
"""From (batch, kept, n) to (batch, kept, 1)."""


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
    differ = g.greater(variance, 0.0)
    return g.choose(differ, g.map("Sqrt", g.add(variance, g.subtract(1.0, differ))), 0.0)


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


FOLDS: dict[str, Fold] = {
    "Mean": lambda g, x: g.mean(x, [2]),
    "Max": _largest,
    "Min": lambda g, x: g.negate(_largest(g, g.negate(x))),
    "Total": lambda g, x: g.sum(x, [2]),
    "Times": _product,
    "Median": partial(_quantile, 0.5),
    "Variance": _variance,
    "StandardDeviation": _deviation,
    "MeanDeviation": lambda g, x: g.mean(g.map("Abs", _centred(g, x)), [2]),
    "InterquartileRange": _quartiles_apart,
}
OF_SEVERAL = "Variance", "StandardDeviation"
"""What one number alone has not."""


class AggregationLayer(Layer):
    """One number from all that stand beside one another at some levels: their mean, largest, ...

    function: "Mean", "Max", "Min", "Total", "Times", "Median", "Variance" or "StandardDeviation"
    (unbiased: over n - 1), "MeanDeviation" (the mean of the distances from the mean), or
    "InterquartileRange" (of the quantiles at 3/4 and 1/4: number k in order, of n, is that at
    (k - 1/2) / n, and others lie evenly between). levels: which fall away: a level, several, a
    Span, or ALL; from the second on unless said otherwise, which leaves a number for each channel.
    Ports: input; output, without those levels.

    >>> AggregationLayer("Max")([[1, 5, 2], [4, 0, 3]]).tolist()
    [5.0, 4.0]

    Wolfram Language: AggregationLayer.
    """

    function = parameter(check=one_of(*FOLDS))
    levels = parameter("2;;-1", check=levels)
    input = port("*input")
    output = out("*output")

    def relate(self, sizes: Sizes) -> None:
        shape = sizes.run("*input")
        if shape is None:
            return
        gone = positions(self.levels, len(shape))
        if not gone:
            raise Mismatch("no levels to aggregate over")
        sizes.set("*output", tuple(size for i, size in enumerate(shape) if i not in gone))
        output = iter(sizes.run("*output") or ())
        back: list[Size] = [None if i in gone else next(output) for i in range(len(shape))]
        sizes.set("*input", tuple(back))
        if self.function in OF_SEVERAL and math.prod(shape[i] or 2 for i in gone) == 1:
            raise Mismatch(f"of one number in {shape_text(shape)} there is no {self.function}")

    def lower(self, g: Builder, input: Value) -> Value:
        gone = [i + 1 for i in positions(self.levels, input.rank - 1)]
        kept = [i for i in range(1, input.rank) if i not in gone]
        order = [0, *kept, *gone]
        x = input if order == sorted(order) else g.transpose(input, order)
        outer = math.prod(input.shape[i] for i in kept)
        rows = g.reshape(x, (input.shape[0], outer, math.prod(input.shape[i] for i in gone)))
        return g.reshape(FOLDS[self.function](g, rows), (input.shape[0], *g.output))

    def reference(self, input: Reals) -> Reals:
        axes = tuple(i + 1 for i in positions(self.levels, input.ndim - 1))
        distances = np.abs(input - input.mean(axes, keepdims=True))
        low, high = np.quantile(input, (0.25, 0.75), axes, method="hazen")
        ways: dict[str, Callable[[], Reals]] = {
            "Mean": lambda: input.mean(axes),
            "Max": lambda: input.max(axes),
            "Min": lambda: input.min(axes),
            "Total": lambda: input.sum(axes),
            "Times": lambda: input.prod(axes),
            "Variance": lambda: input.var(axes, ddof=1),
            "StandardDeviation": lambda: input.std(axes, ddof=1),
            "MeanDeviation": lambda: distances.mean(axes),
            "Median": lambda: np.median(input, axes),
            "InterquartileRange": lambda: high - low,
        }
        return ways[self.function]()

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(AggregationLayer("Mean"), {"Input": (3, 2, 2)})
        yield Example(AggregationLayer("Max"), {"Input": (2, 5)})
        yield Example(AggregationLayer("Max", 1), {"Input": (1,)})
        yield Example(AggregationLayer("Max", (1, 3)), {"Input": (3, 2, 4)})
        yield Example(AggregationLayer("Min", 1), {"Input": (4, 3)})
        yield Example(AggregationLayer("Total", -1), {"Input": (2, 3)})
        yield Example(AggregationLayer("Times"), {"Input": (2, 7)})
        yield Example(AggregationLayer("Times", "1;;-1"), {"Input": (2, 3)})
        yield Example(AggregationLayer("Variance"), {"Input": (2, 3)})
        yield Example(AggregationLayer("StandardDeviation", 1), {"Input": (4, 2)})
        yield Example(AggregationLayer("MeanDeviation"), {"Input": (2, 2, 2)})
        yield Example(AggregationLayer("Median"), {"Input": (2, 5)})
        yield Example(AggregationLayer("Median", 1), {"Input": (4, 3)})
        yield Example(AggregationLayer("InterquartileRange"), {"Input": (3, 7)})
        yield Example(AggregationLayer("InterquartileRange", 1), {"Input": (1,)})
