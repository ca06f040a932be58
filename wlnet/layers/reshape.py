"""ReshapeLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from wlnet.core.shapes import Mismatch, Sizes, is_known, shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import listed, out, parameter, port, positive
from wlnet.layers.declaring.layer import Example, Layer, Reals


def dimensions(value: object) -> tuple[int | str, ...]:
    """Sizes, "Inherited" (that of the input at the same level), and at most one AUTOMATIC."""
    kept: list[int | str] = []
    for size in listed(value) if isinstance(value, (tuple, list)) else (value,):
        if size is AUTOMATIC or (isinstance(size, str) and size in ("Automatic", "Inherited")):
            kept.append("Automatic" if size is AUTOMATIC else str(size))
        else:
            kept.append(positive(size))
    if kept.count("Automatic") > 1:
        raise ValueError("at most one AUTOMATIC size")
    return tuple(kept)


class ReshapeLayer(Layer):
    """The same elements in the same order, in another shape.

    dimensions: sizes; "Inherited" takes over the input's size at the same level, and one AUTOMATIC
    size is worked out from the number of elements. () makes a scalar.
    Ports: input, output with as many elements.

    >>> ReshapeLayer((2, AUTOMATIC))([1, 2, 3, 4]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]

    Wolfram Language: ReshapeLayer.
    """

    passes_gain = True
    is_view = True

    dimensions = parameter(check=dimensions)
    input = port("*input", element="Either")
    output = out("*output", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return rank > 0

    def relate(self, sizes: Sizes) -> None:
        sizes.set("*output", tuple(d if isinstance(d, int) else None for d in self.dimensions))
        self._inherit(sizes)
        before, after = sizes.run("*input"), sizes.run("*output")
        if is_known(before) and is_known(after):
            counts = [math.prod(s for s in shape or () if s) for shape in (before, after)]
            if counts[0] != counts[1]:
                raise Mismatch(f"{shape_text(before)} has {counts[0]} elements, and "
                               f"{shape_text(after)} has {counts[1]}")  # fmt: skip
        for run in ("*input", "*output"):
            sizes.product("elements", run)

    def _inherit(self, sizes: Sizes) -> None:
        shape, output = sizes.run("*input"), sizes.run("*output")
        levels = [i for i, size in enumerate(self.dimensions) if size == "Inherited"]
        if shape is None or not levels:
            return
        if levels[-1] >= len(shape):
            raise Mismatch(
                f"level {levels[-1] + 1} cannot be inherited: {shape_text(shape)} has none"
            )
        assert output is not None
        sizes.set("*output", tuple(shape[i] if i in levels else s for i, s in enumerate(output)))
        sizes.set("*input", tuple(output[i] if i in levels else s for i, s in enumerate(shape)))

    def lower(self, g: Builder, input: Value) -> Value:
        return g.reshape(input, (input.shape[0], *g.output))

    def reference(self, input: Reals) -> Reals:
        shape = [
            {"Automatic": -1, "Inherited": input.shape[min(i + 1, input.ndim - 1)]}.get(
                str(size), size
            )
            for i, size in enumerate(self.dimensions)
        ]
        return input.reshape(len(input), *shape)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ReshapeLayer((3, 2)), {"Input": (2, 3)})
        yield Example(ReshapeLayer(4), {"Input": (2, 2)})
        yield Example(ReshapeLayer((2, AUTOMATIC)), {"Input": (6,)})
        yield Example(ReshapeLayer(("Inherited", AUTOMATIC)), {"Input": (2, 3, 2)})
        yield Example(ReshapeLayer(()), {"Input": (1, 1)})
        yield Example(ReshapeLayer((1,)), {"Input": ()})
