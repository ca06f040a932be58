"""CatenateLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import level, out, parameter, variadic
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import position
from wlnet.layers.declaring.ties import runs, tie


class CatenateLayer(Layer):
    """Arrays joined at a level, in the order of the inputs.

    Formula: output[i] = inputs[1][i] if i <= length(inputs[1])
    else inputs[2][i - length(inputs[1])]

    level: counted from 1, or from -1 backwards.
    Ports: inputs "1", "2", ..., all of one rank and of one size but for that level; output.

    >>> CatenateLayer(ports={"1": 1, "2": 2})({"1": [5], "2": [6, 7]}).tolist()
    [5.0, 6.0, 7.0]

    Wolfram Language: CatenateLayer (which also repeats inputs of lower rank; this one wants equal
    ranks).
    """

    level = parameter(1, check=level)
    inputs = variadic("*input#", element="Either")
    output = out("*output", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return self.level not in (rank, -1)

    def relate(self, sizes: Sizes) -> None:
        names = runs(sizes)
        known = [len(run) for run in map(sizes.run, [*names, "*output"]) if run is not None]
        if not names or not known:
            return
        if len(set(known)) > 1:
            raise Mismatch(f"ranks {', '.join(map(str, known))} cannot be joined")
        rank = known[0]
        at = position(self.level, rank)
        for name in (*names, "*output"):
            sizes.set(name, (None,) * rank)
        others = [i for i in range(rank) if i != at]
        tie(sizes, (((name, i), ("*output", i)) for name in names for i in others))
        self._relate_total(sizes, names, at)

    def _relate_total(self, sizes: Sizes, names: list[str], at: int) -> None:
        """At the level itself the sizes of the inputs add up to that of the output."""
        output = sizes.run("*output")
        assert output is not None
        parts = {name: run[at] for name in names if (run := sizes.run(name)) is not None}
        missing = [name for name, size in parts.items() if size is None]
        total = sum(size for size in parts.values() if size is not None)
        whole = output[at]
        if not missing:
            if whole not in (None, total):
                raise Mismatch(f"level {self.level} adds up to {total}, not {whole}")
            sizes.set("*output", (*output[:at], total, *output[at + 1 :]))
        elif len(missing) == 1 and whole is not None:
            rest = whole - total
            if rest < 1:
                raise Mismatch(f"level {self.level} adds up to more than {whole}")
            run = sizes.run(missing[0])
            assert run is not None
            sizes.set(missing[0], (*run[:at], rest, *run[at + 1 :]))

    def lower(self, g: Builder, *inputs: Value) -> Value:
        return g.concatenate(inputs, self.level % inputs[0].rank)

    def reference(self, *inputs: Reals) -> Reals:
        return np.array([np.concatenate(rows, position(self.level, rows[0].ndim))
                         for rows in zip(*inputs, strict=True)])  # fmt: skip

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(CatenateLayer(), {"1": (2,), "2": (3,)})
        yield Example(CatenateLayer(), {"1": (1,)})
        yield Example(CatenateLayer(), {"1": (1, 3), "2": (2, 3), "3": (1, 3)})
        yield Example(CatenateLayer(2), {"1": (2, 1, 2), "2": (2, 3, 2)})
        yield Example(CatenateLayer(-1), {"1": (2, 3), "2": (2, 1)})
