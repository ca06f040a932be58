"""NormalizationLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.shapes import Mismatch, Size, Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import (
    array,
    boolean,
    listed,
    one_of,
    out,
    parameter,
    port,
    positive,
    real,
)
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import (
    Levels,
    along,
    levels,
    position,
    positions,
    relate_levels,
)


def scaling_levels(value: object) -> Levels:
    """Levels, "Same" as the aggregation, or its "Complement"."""
    if value in ("Same", "Complement") if isinstance(value, str) else False:
        return str(value)
    try:
        return levels(value)
    except ValueError as error:
        raise ValueError(f"'Same', 'Complement', {error}") from None


def groups(value: object) -> tuple[int, ...] | None:
    """How many groups, a number for each level of aggregation; None: the whole of each."""
    expected = "None, or a number of groups for each aggregation level, such as (4, 1, 1)"
    if value is None:
        return None
    try:
        listing = listed(value) if isinstance(value, (tuple, list)) else (value,)
        found = tuple(positive(one) for one in listing)
    except ValueError:
        raise ValueError(expected) from None
    if not found:
        raise ValueError(expected)
    return found


class NormalizationLayer(Layer):
    """Every example brought to mean 0 and variance 1 over some levels, then scaled and shifted.

    Formula: output[c, i] = scaling[c] * (input[c, i] - mu[c]) / sqrt(sigma[c] ** 2 + epsilon)
    + biases[c];
    mu[c] = mean(i, input[c, i]);
    sigma[c] = sqrt(mean(i, (input[c, i] - mu[c]) ** 2))

    aggregation_levels: over which mean and variance are taken: a level, several, a Span, or ALL;
    from the second on unless said otherwise. scaling_levels: which levels have learned numbers of
    their own: levels, "Same" as the aggregation, or its "Complement". epsilon: added to the
    variance. group_number: into how many groups of neighbours each aggregation level is divided,
    in their order, (4, 1, 1) say; each group has a mean and a variance of its own. None: one group.
    unbiased: whether the variance is divided by the count less one. method: "Standardize", or
    "RMS": no mean is taken off, and what is divided by is sqrt(mean(input ** 2) + epsilon).

    Layer normalization is NormalizationLayer(ALL, "Same"), instance normalization of channels
    NormalizationLayer(), group normalization of images NormalizationLayer(ALL, 1,
    group_number=(4, 1, 1)), RMS normalization NormalizationLayer(ALL, "Same", method="RMS",
    biases=None).
    Arrays: scaling and biases, with the sizes of the scaling levels; may be None.
    Ports: input, output of the same shape.

    >>> NormalizationLayer(1, scaling=None, biases=None, epsilon=0)([1, 3]).tolist()
    [-1.0, 1.0]
    >>> by_twos = NormalizationLayer(1, scaling=None, biases=None, epsilon=0, group_number=2)
    >>> by_twos([1, 3, 20, 10]).tolist()
    [-1.0, 1.0, 1.0, -1.0]

    Raises ShapeError for a level that groups do not divide, and OptionError for an unbiased RMS,
    which has no mean to be biased by.
    Wolfram Language: NormalizationLayer, in all its forms. Ba et al. 2016 (layers), Ulyanov et al.
    2016 (instances), Wu and He 2018 (groups), Zhang and Sennrich 2019 (RMS).
    """

    passes_gain = True
    gives = "Reals"

    aggregation_levels = parameter("2;;-1", check=levels)
    scaling_levels = parameter("Complement", check=scaling_levels)
    epsilon = parameter(0.001, check=real(0, 1e6))
    group_number = parameter(None, check=groups, later=True)
    unbiased = parameter(False, check=boolean, later=True)
    method = parameter("Standardize", check=one_of("Standardize", "RMS"), later=True)
    input = port("*input")
    scaling = array("*scaling", start=1.0, optional=True)
    biases = array("*scaling", start=0.0, optional=True)
    output = out("*input")

    def check(self) -> None:
        if self.unbiased and self.method == "RMS":
            raise fail(OptionError, Fault(
                "an unbiased variance, where no mean is taken off", at=self.kind,
                given="Unbiased True, Method 'RMS'", expected="unbiased=False",
            ))  # fmt: skip
        levels, groups = self.aggregation_levels, self.group_number
        if isinstance(levels, tuple) and groups is not None and len(groups) != len(levels):
            raise fail(OptionError, Fault(
                "a number of groups for each aggregation level was expected", at=self.kind,
                given=f"AggregationLevels {levels}, GroupNumber {groups}",
                expected=f"{len(levels)} numbers",
            ))  # fmt: skip

    def _scaled(self, rank: int) -> tuple[int, ...]:
        aggregated = positions(self.aggregation_levels, rank)
        if self.scaling_levels == "Same":
            return aggregated
        if self.scaling_levels == "Complement":
            return tuple(i for i in range(rank) if i not in aggregated)
        return positions(self.scaling_levels, rank)

    def _groups(self, rank: int) -> dict[int, int]:
        """The number of groups of each aggregated position."""
        aggregated = positions(self.aggregation_levels, rank)
        if self.group_number is None:
            return dict.fromkeys(aggregated, 1)
        told = self.aggregation_levels
        in_order = aggregated if isinstance(told, str) else [position(n, rank) for n in told]
        if len(in_order) != len(self.group_number):
            raise Mismatch(f"GroupNumber {self.group_number} is for {len(self.group_number)} "
                           f"levels, and {len(in_order)} are aggregated")  # fmt: skip
        return dict(zip(in_order, self.group_number, strict=True))

    def relate(self, sizes: Sizes) -> None:
        shape = sizes.run("*input")
        if shape is None:
            return
        if not positions(self.aggregation_levels, len(shape)):
            raise Mismatch("no levels to take a mean over")
        self._check_groups(shape)
        relate_levels(sizes, "*input", "*scaling", tuple(i + 1 for i in self._scaled(len(shape))))

    def _check_groups(self, shape: tuple[Size, ...]) -> None:
        counts: list[Size] = []
        for i, number in self._groups(len(shape)).items():
            size = shape[i]
            if size is not None and size % number:
                raise Mismatch(f"{size} entries of level {i + 1} cannot be divided into {number} "
                               "groups")  # fmt: skip
            counts.append(None if size is None else size // number)
        if self.unbiased and all(count == 1 for count in counts):
            raise Mismatch("an unbiased variance of one number")

    def _split(self, shape: tuple[int, ...]) -> tuple[list[int], list[int]]:
        """A shape in which each group has an axis, and the axes that a mean is taken over."""
        split, axes = [shape[0]], []
        groups = self._groups(len(shape) - 1)
        for i, size in enumerate(shape[1:]):
            if groups.get(i, 1) > 1:
                split.append(groups[i])
                size //= groups[i]
            if i in groups:
                axes.append(len(split))
            split.append(size)
        return split, axes

    def lower(self, g: Builder, input: Value, scaling: Value | None, biases: Value | None) -> Value:
        rank = input.rank - 1
        split, axes = self._split(input.shape)

        def spread(x: Value) -> Value:
            return g.reshape(x, along(x.shape, self._scaled(rank), rank))

        x = g.reshape(input, split)
        x = x if self.method == "RMS" else g.subtract(x, g.mean(x, axes))
        count = math.prod(split[axis] for axis in axes) - self.unbiased
        variance = g.multiply(g.sum(g.map("Square", x), axes), 1 / count)
        deviation = g.map("Sqrt", g.add(variance, self.epsilon))
        y = g.reshape(g.multiply(x, g.divide(1.0, deviation)), input.shape)
        y = y if scaling is None else g.multiply(y, spread(scaling))
        return y if biases is None else g.add(y, spread(biases))

    def reference(self, input: Reals, scaling: Reals | None, biases: Reals | None) -> Reals:
        rank = input.ndim - 1
        groups = self._groups(rank)
        y = np.empty_like(input)
        for group in np.ndindex(*groups.values()):
            place: list[slice] = [slice(None)] * input.ndim
            for (i, number), nth in zip(groups.items(), group, strict=True):
                size = input.shape[i + 1] // number
                place[i + 1] = slice(nth * size, (nth + 1) * size)
            axes = tuple(i + 1 for i in groups)
            x = input[tuple(place)]
            if self.method == "RMS":
                square = (x**2).mean(axes, keepdims=True)
            else:
                square = x.var(axes, keepdims=True, ddof=int(self.unbiased))
                x = x - x.mean(axes, keepdims=True)
            y[tuple(place)] = x / np.sqrt(square + self.epsilon)
        rest = tuple(i + 1 for i in range(rank) if i not in self._scaled(rank))
        y = y if scaling is None else y * np.expand_dims(scaling, (0, *rest))
        return y if biases is None else y + np.expand_dims(biases, (0, *rest))

    @staticmethod
    def examples() -> Iterator[Example]:
        make = NormalizationLayer
        yield Example(make(), {"Input": (2, 3, 2)})
        yield Example(make(), {"Input": (1, 2)})
        yield Example(make(1), {"Input": (3,)})
        yield Example(make("1;;-1", "Same"), {"Input": (2, 3)})
        yield Example(make(-1, "Same", scaling=None), {"Input": (2, 4)})
        yield Example(make((1, 3), 2, 0.1, biases=None), {"Input": (2, 3, 2)})
        yield Example(make(2, scaling=None, biases=None), {"Input": (2, 3)})
        yield Example(make("1;;-1", 1, group_number=(2, 1, 1)), {"Input": (4, 2, 3)})
        yield Example(make((3, 1), "Same", 0.1, (3, 2)), {"Input": (4, 2, 6)})
        yield Example(make("1;;2", (), group_number=(2, 3), biases=None), {"Input": (2, 6)})
        yield Example(make("1;;-1", 1, 0.01, (2, 1), unbiased=True), {"Input": (4, 3)})
        yield Example(make(-1, "Same", method="RMS", biases=None), {"Input": (2, 4)})
        yield Example(make(-1, 1, 0.1, 2, method="RMS"), {"Input": (3, 4)})
