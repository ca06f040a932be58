"""FlattenLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.core.symbols import ALL
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import level, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


def level_or_all(value: object) -> int | str:
    """A level, or "All" of them."""
    return "All" if value is ALL or value == "All" else level(value)


class FlattenLayer(Layer):
    """Several levels of an array as one.

    level: "All" makes a vector; n joins the first n + 1 levels, -n the last n + 1.
    Ports: input of a rank greater than n, output of n levels fewer.

    >>> FlattenLayer()([[1, 2], [3, 4]]).tolist()
    [1.0, 2.0, 3.0, 4.0]

    Wolfram Language: FlattenLayer.
    """

    passes_gain = True
    is_view = True

    level = parameter("All", check=level_or_all)
    input = port("*input", element="Either")
    output = out("*output", element="Either")

    def _split(self, rank: int) -> tuple[int, int]:
        """How many levels stay in front, and behind."""
        if self.level == "All":
            return 0, 0
        if rank <= abs(self.level):
            raise Mismatch(
                f"flattening to level {self.level} needs a rank of at least "
                f"{abs(self.level) + 1}, not {rank}"
            )
        stay = rank - abs(self.level) - 1
        return (0, stay) if self.level > 0 else (stay, 0)

    def relate(self, sizes: Sizes) -> None:
        shape, output = sizes.run("*input"), sizes.run("*output")
        if shape is None:
            if self.level == "All":
                sizes.set("*output", (None,))
            return
        front, back = self._split(len(shape))
        middle = shape[front : len(shape) - back]
        if output is not None and len(output) != front + 1 + back:
            raise Mismatch(
                f"{shape_text(shape)} becomes of rank {front + 1 + back}, not {shape_text(output)}"
            )
        sizes.set("*middle", middle)
        sizes.set("middle", None if output is None else output[front])
        sizes.product("middle", "*middle")
        behind = shape[len(shape) - back :]
        sizes.set("*output", (*shape[:front], sizes["middle"], *behind))
        output, found = sizes.run("*output"), sizes.run("*middle")
        assert output is not None
        assert found is not None
        sizes.set("*input", (*output[:front], *found, *output[front + 1 :]))

    def lower(self, g: Builder, input: Value) -> Value:
        return g.reshape(input, (input.shape[0], *g.output))

    def reference(self, input: Reals) -> Reals:
        shape = input.shape[1:]
        if self.level == "All":
            return input.reshape(len(input), math.prod(shape))
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
