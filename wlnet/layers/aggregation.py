"""AggregationLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Mismatch, Size, Sizes, shape_text
from wlnet.graph.builder import Builder
from wlnet.graph.folds import FOLDS, OF_SEVERAL, fold
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import one_of, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import levels, positions


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
        return g.reshape(fold(g, input, gone, self.function), (input.shape[0], *g.output))

    def reference(self, input: Reals) -> Reals:
        axes = tuple(i + 1 for i in positions(self.levels, input.ndim - 1))
        return np.asarray(FOLDS[self.function].evaluate(input, axes))

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
