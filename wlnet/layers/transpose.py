"""TransposeLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import level, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import position

Permutation = tuple[int, ...] | tuple[tuple[int, int], ...]


def permutation(value: object) -> Permutation:
    """A permutation of the first levels, or pairs of levels to be swapped one after the other."""
    expected = "a permutation such as (2, 3, 1), or pairs of levels to swap such as ((1, 3),)"
    if not isinstance(value, (tuple, list)) or not value:
        raise ValueError(expected)
    if all(isinstance(part, (tuple, list)) for part in value):
        if any(len(pair) != 2 for pair in value):
            raise ValueError(expected)
        return tuple((level(a), level(b)) for a, b in value)
    numbers = tuple(level(number) for number in value)
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        raise ValueError(expected)
    return numbers


class TransposeLayer(Layer):
    """The levels of an array in another order.

    Formula: output[j, i] = input[i, j]

    permutation: (n1, n2, ...): level k of the input becomes level nk of the output, and further
    levels stay; or pairs ((a, b), ...) of levels that are swapped, one pair after the other. ((1,
    2),) unless said otherwise.
    Ports: input, output.

    >>> TransposeLayer()([[1, 2], [3, 4]]).tolist()
    [[1.0, 3.0], [2.0, 4.0]]

    Wolfram Language: TransposeLayer, where a pair is written ``a <-> b``.
    """

    passes_gain = True
    is_view = True

    permutation = parameter(((1, 2),), check=permutation)
    input = port("*input", element="Either")
    output = out("*output", element="Either")

    def _order(self, rank: int) -> list[int]:
        """From which level of the input each level of the output comes, from 0. Raises Mismatch."""
        order = list(range(rank))
        for k, part in enumerate(self.permutation):
            if isinstance(part, tuple):
                a, b = (position(one, rank) for one in part)
                order[a], order[b] = order[b], order[a]
            else:
                order[position(part, rank)] = k
        return order

    def relate(self, sizes: Sizes) -> None:
        shape, output = sizes.run("*input"), sizes.run("*output")
        known = shape if shape is not None else output
        if known is None:
            return
        if shape is not None and output is not None and len(shape) != len(output):
            raise Mismatch(f"transposing keeps the rank, which is {len(shape)} and {len(output)}")
        order = self._order(len(known))
        if shape is not None:
            sizes.set("*output", tuple(shape[i] for i in order))
        if output is not None:
            sizes.set("*input", tuple(output[order.index(i)] for i in range(len(output))))

    def lower(self, g: Builder, input: Value) -> Value:
        return g.transpose(input, [0, *(i + 1 for i in self._order(input.rank - 1))])

    def reference(self, input: Reals) -> Reals:
        if isinstance(self.permutation[0], tuple):
            for pair in self.permutation:
                a, b = (one if one > 0 else one + input.ndim for one in pair)
                input = np.swapaxes(input, a, b)
            return input
        return np.moveaxis(input, range(1, len(self.permutation) + 1), self.permutation)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(TransposeLayer(), {"Input": (2, 3)})
        yield Example(TransposeLayer(), {"Input": (1, 1)})
        yield Example(TransposeLayer((2, 3, 1)), {"Input": (2, 3, 4)})
        yield Example(TransposeLayer((2, 1)), {"Input": (2, 3, 4)})
        yield Example(TransposeLayer(((1, 3), (1, 2))), {"Input": (2, 3, 4)})
        yield Example(TransposeLayer(((1, -1),)), {"Input": (2, 1, 3)})
