"""PaddingLayer."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from wlnet.core.scalars import as_real
from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import Takes, integer, listed, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals

Sides = tuple[int, int]
MODES = {"Fixed": "edge", "Reflected": "reflect", "Periodic": "wrap"}
"""Ways to go on beyond an end, and what NumPy calls them."""


def margins(value: object) -> tuple[Sides, ...]:
    """How many entries before and after, a pair a level; a number means as many on both sides."""
    expected = "a pair (before, after) or a number a level, such as ((1, 1), (0, 2))"
    if not isinstance(value, (tuple, list)) or not value:
        raise ValueError(expected)
    found: list[Sides] = []
    for one in listed(value):
        pair = one if isinstance(one, (tuple, list)) else (one, one)
        if len(pair) != 2:
            raise ValueError(expected)
        before, after = map(integer, pair)
        if before < 0 or after < 0:
            raise ValueError(expected)
        found.append((before, after))
    return tuple(found)


def filling(value: object) -> float | str:
    """A number, or how the array goes on."""
    if isinstance(value, str) and value in MODES:
        return value
    number = as_real(value)
    if number is None or not isfinite(number):
        raise ValueError("a number, " + ", ".join(map(repr, MODES)))
    return number


class PaddingLayer(Layer):
    """An array with further entries before and after it.

    margins: how many, a pair (before, after) or a number for both for each of the first levels.
    padding: the number that they are; or "Fixed": the nearest entry; "Reflected": the array as in a
    mirror that stands on its last entry; "Periodic": the array again from its other end.
    Ports: input; output, of the same rank.

    >>> PaddingLayer([(1, 2)])([5, 6]).tolist()
    [0.0, 5.0, 6.0, 0.0, 0.0]
    >>> PaddingLayer([2], "Reflected")([5, 6, 7]).tolist()
    [7.0, 6.0, 5.0, 6.0, 7.0, 6.0, 5.0]

    Wolfram Language: PaddingLayer, which has no "Periodic".
    """

    margins = parameter(check=margins)
    padding = parameter(0.0, check=filling)
    input = port("*input", element="Either")
    output = out("*output", element="Either")

    def port_element(self, name: str) -> Takes:
        return "Real" if isinstance(self.padding, float) else super().port_element(name)

    def keeps_columns(self, rank: int) -> bool:
        return rank > len(self.margins)

    def relate(self, sizes: Sizes) -> None:
        shape, output = sizes.run("*input"), sizes.run("*output")
        known = shape if shape is not None else output
        if known is None:
            return
        if len(known) < len(self.margins):
            raise Mismatch(f"{shape_text(known)} has no {len(self.margins)} levels to pad")
        more = [before + after for before, after in self.margins]
        more += [0] * (len(known) - len(more))
        if shape is not None:
            grown = (None if n is None else n + by for n, by in zip(shape, more, strict=True))
            sizes.set("*output", tuple(grown))
        output = sizes.run("*output")
        assert output is not None
        if any(n is not None and n <= by for n, by in zip(output, more, strict=True)):
            raise Mismatch(f"{shape_text(output)} is all padding {self.margins}")
        shrunk = (None if n is None else n - by for n, by in zip(output, more, strict=True))
        sizes.set("*input", tuple(shrunk))

    def lower(self, g: Builder, input: Value) -> Value:
        x = input
        for axis, (before, after) in enumerate(self.margins, 1):
            if not before + after:
                continue
            if self.padding == 0:
                x = g.pad(x, axis, before, after)
            elif isinstance(self.padding, float):
                ends = [
                    g.fill(self.padding, (*x.shape[:axis], size, *x.shape[axis + 1 :]))
                    for size in (before, after)
                ]
                parts = [ends[0], x, ends[1]]
                x = g.concatenate([part for part in parts if part.shape[axis]], axis)
            else:
                x = _entries(g, x, axis, _sources(x.shape[axis], before, after, self.padding))
        return x

    def reference(self, input: Reals) -> Reals:
        pads = [(0, 0), *self.margins, *((0, 0),) * (input.ndim - 1 - len(self.margins))]
        if isinstance(self.padding, float):
            return np.pad(input, pads, constant_values=self.padding)
        return np.pad(input, pads, MODES[self.padding])  # type: ignore[call-overload, no-any-return]

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(PaddingLayer([(1, 2)]), {"Input": (3,)})
        yield Example(PaddingLayer([(0, 1)], 0.5), {"Input": (1,)})
        yield Example(PaddingLayer([(1, 0), 2], -1.5), {"Input": (2, 3)})
        yield Example(PaddingLayer([0, (1, 1)]), {"Input": (2, 3, 2)})
        yield Example(PaddingLayer([(1, 2), 1], "Fixed"), {"Input": (2, 3)})
        yield Example(PaddingLayer([2, (0, 1)], "Reflected"), {"Input": (3, 4)})
        yield Example(PaddingLayer([(5, 4)], "Reflected"), {"Input": (3, 2)})
        yield Example(PaddingLayer([(3, 1)], "Reflected"), {"Input": (1,)})
        yield Example(PaddingLayer([(4, 3)], "Periodic"), {"Input": (3,)})


def _sources(size: int, before: int, after: int, mode: str) -> list[int]:
    """Which entry each one of a padded level is, from 0."""
    places = range(-before, size + after)
    if mode == "Fixed":
        return [min(max(place, 0), size - 1) for place in places]
    if mode == "Periodic":
        return [place % size for place in places]
    period = max(2 * (size - 1), 1)
    return [min(place % period, period - place % period) if size > 1 else 0 for place in places]


def _entries(g: Builder, x: Value, axis: int, sources: list[int]) -> Value:
    """Entries along an axis, as few pieces of it as there are: forwards, backwards, one again."""
    parts, i = [], 0
    while i < len(sources):
        step = sources[i + 1] - sources[i] if i + 1 < len(sources) else 1
        step = step if abs(step) <= 1 else 1
        j = i + 1
        while j < len(sources) and sources[j] - sources[j - 1] == step:
            j += 1
        low, high = min(sources[i], sources[j - 1]), max(sources[i], sources[j - 1]) + 1
        piece = g.slice(x, axis, low, high)
        if step < 0:
            piece = g.reverse(piece, axis)
        elif step == 0:
            piece = g.broadcast(piece, (*x.shape[:axis], j - i, *x.shape[axis + 1 :]))
        parts.append(piece)
        i = j
    return g.concatenate(parts, axis)
