"""ResizeLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from wlnet.core.scalars import as_real
from wlnet.core.scaled import Scaled
from wlnet.core.shapes import Mismatch, Size, Sizes, shape_text
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import boolean, listed, one_of, out, parameter, port, positive
from wlnet.layers.declaring.layer import Example, Layer, Reals

Target = int | str | tuple[str, float]
"""A size, "All" as it is, or ("Scaled", factor)."""


def targets(value: object) -> tuple[Target, ...]:
    """What becomes of the size of each level of space."""
    expected = "a size, ALL or Scaled(factor) for each level of space, such as (28, 28)"
    if not isinstance(value, (tuple, list)) or not value:
        raise ValueError(expected)
    found: list[Target] = []
    for one in listed(value):
        if isinstance(one, (tuple, list)) and len(one) == 2 and one[0] == "Scaled":
            one = Scaled(one[1])
        if one is ALL or (isinstance(one, str) and one == "All"):
            found.append("All")
        elif isinstance(one, Scaled):
            factor = as_real(one.factor)
            if factor is None or factor <= 0:
                raise ValueError(expected)
            found.append(("Scaled", factor))
        else:
            try:
                found.append(positive(one))
            except ValueError:
                raise ValueError(expected) from None
    return tuple(found)


def scheme(value: object) -> object:
    """AUTOMATIC, or where entries lie."""
    return value if value is AUTOMATIC else one_of("Point", "Bin")(value)


class ResizeLayer(Layer):
    """An array of channels in another size, by interpolation.

    sizes: for each level of space a size, ALL (as it is), or Scaled(factor). resampling: "Linear"
    between neighbouring entries, or the "Nearest" one. scheme: "Point": the first and the last
    entry stay where they are (align_corners elsewhere); "Bin": entries are the middles of bins of
    one width. Unless it is said, "Point" for "Linear", and "Bin" for "Nearest". interleaving:
    whether the channels are the last level, not the first.
    Ports: input (channels, *space); output, of the other size.

    >>> ResizeLayer([5])([[1, 2, 3]]).tolist()
    [[1.0, 1.5, 2.0, 2.5, 3.0]]

    Wolfram Language: ResizeLayer.
    """

    sizes = parameter(check=targets)
    resampling = parameter("Linear", check=one_of("Linear", "Nearest"))
    scheme = parameter(AUTOMATIC, check=scheme)
    interleaving = parameter(False, check=boolean)
    input = port("*input")
    output = out("*output")

    @property
    def _first(self) -> int:
        """The first level of space, from 0."""
        return 0 if self.interleaving else 1

    @property
    def _is_bin(self) -> bool:
        if self.scheme is AUTOMATIC:
            return bool(self.resampling == "Nearest")
        return bool(self.scheme == "Bin")

    def relate(self, sizes: Sizes) -> None:
        rank = len(self.sizes) + 1
        for run in ("*input", "*output"):
            shape = sizes.run(run)
            if shape is not None and len(shape) != rank:
                raise Mismatch(f"{shape_text(shape)} should be channels and {rank - 1} of space")
            sizes.set(run, (None,) * rank)
        given, made = sizes.run("*input"), sizes.run("*output")
        assert given is not None
        assert made is not None
        before, after = list(given), list(made)
        for i in range(rank):
            target = self.sizes[i - self._first] if 0 <= i - self._first < rank - 1 else "All"
            if target == "All":
                before[i], after[i] = made[i], given[i]
            else:
                before[i], after[i] = None, _resized(given[i], target)
        sizes.set("*input", tuple(before))
        sizes.set("*output", tuple(after))

    def lower(self, g: Builder, input: Value) -> Value:
        x = input
        for axis in range(1 + self._first, 1 + self._first + len(self.sizes)):
            x = self._along(g, x, axis, g.output[axis - 1])
        return x

    def _along(self, g: Builder, x: Value, axis: int, size: int) -> Value:
        """Another size along an axis."""
        before, after, now = x.shape[:axis], x.shape[axis + 1 :], x.shape[axis]
        if now == size:
            return x
        if self.resampling == "Nearest" and self._is_bin and size % now == 0:
            thin = g.reshape(x, (*before, now, 1, *after))
            wide = g.broadcast(thin, (*before, now, size // now, *after))
            return g.reshape(wide, (*before, size, *after))
        weights = g.constant(self._weights(now, size).reshape(-1).tolist(), (size, now))
        outer, inner = (before[0], math.prod(before[1:])), math.prod(after)
        if inner == 1:
            rows = g.matmul(g.reshape(x, (*outer, now)), g.transpose(weights))
        else:
            rows = g.matmul(weights, g.reshape(x, (*outer, now, inner)))
        return g.reshape(rows, (*before, size, *after))

    def _weights(self, now: int, size: int) -> Reals:
        """How much of each entry goes into each new one."""
        new = np.arange(size, dtype=float)
        bins, points = (new + 0.5) * now / size - 0.5, new * (now - 1) / max(size - 1, 1)
        places = bins if self._is_bin else points
        if self.resampling == "Nearest":
            places = np.floor(places + 0.5)
        places = np.clip(places, 0, now - 1)
        weights: Reals = np.maximum(1 - np.abs(places[:, None] - np.arange(now)), 0)
        return weights

    def reference(self, input: Reals) -> Reals:
        for axis in range(1 + self._first, 1 + self._first + len(self.sizes)):
            now, target = input.shape[axis], self.sizes[axis - 1 - self._first]
            size = _resized(now, target) if target != "All" else now
            assert size is not None
            entries = np.moveaxis(input, axis, 0)
            places = [self._place(i, now, size) for i in range(size)]
            rows = [
                entries[int(place)] * (1 - place % 1)
                + entries[min(int(place) + 1, now - 1)] * (place % 1)
                for place in places
            ]
            input = np.moveaxis(np.stack(rows), 0, axis)
        return input

    def _place(self, i: int, now: int, size: int) -> float:
        """Where among the entries a new one lies, from 0."""
        scheme = self.scheme
        if scheme is AUTOMATIC:
            scheme = {"Linear": "Point", "Nearest": "Bin"}[self.resampling]
        place = (2 * i + 1) * now / (2 * size) - 0.5
        if scheme == "Point":
            place = i * (now - 1) / (size - 1) if size > 1 else 0.0
        if self.resampling == "Nearest":
            place = math.floor(place + 0.5)
        return min(max(place, 0.0), now - 1.0)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ResizeLayer([5]), {"Input": (2, 3)})
        yield Example(ResizeLayer([1]), {"Input": (1, 1)})
        yield Example(ResizeLayer([3, 7]), {"Input": (2, 4, 5)})
        yield Example(ResizeLayer([ALL, Scaled(0.5)], scheme="Bin"), {"Input": (2, 3, 6)})
        yield Example(ResizeLayer([Scaled(2), 6], "Nearest"), {"Input": (2, 3, 2)})
        yield Example(ResizeLayer([3], "Nearest"), {"Input": (2, 5)})
        yield Example(ResizeLayer([4], "Nearest", "Point"), {"Input": (2, 3)})
        yield Example(ResizeLayer([4, 2], interleaving=True), {"Input": (3, 3, 2)})


def _resized(size: Size, target: Target) -> Size:
    """A size after resizing, as far as it is known. Raises Mismatch where nothing is left."""
    if isinstance(target, int):
        return target
    if size is None:
        return None
    # Round half up; factors such as 1/3 are not exact.
    found = math.floor(size * float(target[1]) + 0.5)
    if found < 1:
        raise Mismatch(f"a size of {size} scaled by {target[1]:g} leaves nothing")
    return found
