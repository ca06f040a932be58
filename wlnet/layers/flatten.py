"""FlattenLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.core.symbols import ALL
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import level, listed, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import position

Groups = tuple[tuple[int, ...], ...]


def flattened(value: object) -> int | str | Groups:
    """A level, "All" of them, or groups of levels."""
    if value is ALL or value == "All":
        return "All"
    if not isinstance(value, (tuple, list)):
        return level(value)
    expected = "a level, ALL, or groups of different levels such as ((2, 3), (1,))"
    if not value or not all(isinstance(group, (tuple, list)) and group for group in value):
        raise ValueError(expected)
    groups = tuple(tuple(level(one) for one in group) for group in listed(value))  # type: ignore[attr-defined]
    named = [one for group in groups for one in group]
    if len(set(named)) < len(named):
        raise ValueError(expected)
    return groups


class FlattenLayer(Layer):
    """Several levels of an array as one.

    level: "All" makes a vector; n joins the first n + 1 levels, -n the last n + 1; groups of levels
    ((a, b), (c,), ...) become a level each, in this order, and levels that are in none follow.
    Ports: input of a rank greater than n, output of n levels fewer.

    >>> FlattenLayer()([[1, 2], [3, 4]]).tolist()
    [1.0, 2.0, 3.0, 4.0]
    >>> FlattenLayer([(2, 1)])([[1, 2], [3, 4]]).tolist()
    [1.0, 3.0, 2.0, 4.0]

    Wolfram Language: FlattenLayer.
    """

    passes_gain = True
    is_view = True

    level = parameter("All", check=flattened)
    input = port("*input", element="Either")
    output = out("*output", element="Either")

    def _groups(self, rank: int) -> Groups:
        """Which levels of the input each level of the output is, from 0. Raises Mismatch."""
        if self.level == "All":
            return (tuple(range(rank)),)
        if isinstance(self.level, tuple):
            groups = tuple(tuple(position(n, rank) for n in group) for group in self.level)
            named = [i for group in groups for i in group]
            if len(set(named)) < len(named):
                raise Mismatch(f"groups {self.level} of rank {rank} name one level twice")
            return (*groups, *((i,) for i in range(rank) if i not in named))
        if rank <= abs(self.level):
            raise Mismatch(
                f"flattening to level {self.level} needs a rank of at least "
                f"{abs(self.level) + 1}, not {rank}"
            )
        joined = abs(self.level) + 1
        first = 0 if self.level > 0 else rank - joined
        before, after = range(first), range(first + joined, rank)
        middle = tuple(range(first, first + joined))
        return (*((i,) for i in before), middle, *((i,) for i in after))

    def keeps_columns(self, rank: int) -> bool:
        return rank > 0

    def relate(self, sizes: Sizes) -> None:
        shape, output = sizes.run("*input"), sizes.run("*output")
        if shape is None:
            if self.level == "All":
                sizes.set("*output", (None,))
            return
        groups = self._groups(len(shape))
        if output is not None and len(output) != len(groups):
            raise Mismatch(
                f"{shape_text(shape)} becomes of rank {len(groups)}, not {shape_text(output)}"
            )
        joined, back = [], dict(enumerate(shape))
        for k, group in enumerate(groups):
            parts, whole = f"*group{k + 1}", f"level {k + 1}"
            sizes.set(parts, tuple(shape[i] for i in group))
            sizes.set(whole, None if output is None else output[k])
            sizes.product(whole, parts)
            joined.append(sizes[whole])
            back |= dict(zip(group, sizes.run(parts) or (), strict=True))
        sizes.set("*output", tuple(joined))
        sizes.set("*input", tuple(back[i] for i in range(len(shape))))

    def _order(self, rank: int) -> list[int]:
        return [0, *(i + 1 for group in self._groups(rank) for i in group)]

    def lower(self, g: Builder, input: Value) -> Value:
        order = self._order(input.rank - 1)
        x = input if order == sorted(order) else g.transpose(input, order)
        return g.reshape(x, (input.shape[0], *g.output))

    def reference(self, input: Reals) -> Reals:
        shape = input.shape[1:]
        if self.level == "All":
            return input.reshape(len(input), math.prod(shape))
        if isinstance(self.level, tuple):
            groups = [[n - 1 if n > 0 else len(shape) + n for n in group] for group in self.level]
            named = [i for group in groups for i in group]
            rest = [i for i in range(len(shape)) if i not in named]
            turned = input.transpose(0, *(i + 1 for i in named + rest))
            sizes = [math.prod(shape[i] for i in group) for group in groups]
            return turned.reshape(len(input), *sizes, *(shape[i] for i in rest))
        n = abs(self.level) + 1
        joined = (math.prod(shape[:n]), *shape[n:])
        if self.level < 0:
            joined = (*shape[:-n], math.prod(shape[-n:]))
        return input.reshape(len(input), *joined)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(FlattenLayer(), {"Input": (2, 3, 2)})
        yield Example(FlattenLayer(), {"Input": (1,)})
        yield Example(FlattenLayer(), {"Input": ()})
        yield Example(FlattenLayer(1), {"Input": (2, 3, 4)})
        yield Example(FlattenLayer(2), {"Input": (2, 3, 2, 2)})
        yield Example(FlattenLayer(-1), {"Input": (2, 3, 4)})
        yield Example(FlattenLayer([(2, 3)]), {"Input": (2, 3, 4)})
        yield Example(FlattenLayer([(-1,), (1, 2)]), {"Input": (2, 3, 4)})
