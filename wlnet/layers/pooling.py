"""PoolingLayer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import (
    boolean,
    one_of,
    or_automatic,
    out,
    parameter,
    per_direction,
    port,
    positive,
)
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.windows import (
    Window,
    moved,
    padding,
    relate_space,
    split_channels,
    windows,
)


class PoolingLayer(Layer):
    """One number for each place of a window that moves over the space of every channel.

    Formula: output[c, x] = max(k <= kernel_size, input[c, stride * (x - 1) + k])

    This is for "Max", in one direction; others go likewise.

    kernel_size: the window: a number for every direction, or a tuple with one a direction (1 to 3).
    stride: by how much it moves, 1 unless said otherwise: PoolingLayer(2) has overlapping windows,
    PoolingLayer(2, 2) has not. function: "Max", "Mean" or "Total". padding_size: smaller than the
    kernel; as in ConvolutionLayer. Padding is never the maximum, and counts as zeros in "Mean" and
    "Total". dimensionality: how many directions there are, where nothing else says so.
    interleaving: whether channels stand last.
    Ports: input (channels, *space), output (channels, *places).

    >>> PoolingLayer((2,), 2)([[1, 3, 5, 2]]).tolist()
    [[3.0, 5.0]]

    Wolfram Language: PoolingLayer.
    """

    passes_gain = True

    kernel_size = parameter(check=per_direction)
    stride = parameter(1, check=per_direction)
    function = parameter("Max", check=one_of("Max", "Mean", "Total"))
    padding_size = parameter(0, check=padding)
    dimensionality = parameter(AUTOMATIC, check=or_automatic(positive))
    interleaving = parameter(False, check=boolean)
    input = port("*input")
    output = out("*output")

    def check(self) -> None:
        try:
            if (self._rank() or 1) > 3 or self.dimensionality not in (AUTOMATIC, self._rank()):
                raise Mismatch("1, 2 or 3 directions, the same everywhere")
            for direction in self._windows(self._rank() or 1):
                assert direction.kernel is not None
                if direction.padding is not None and max(direction.padding) >= direction.kernel:
                    raise Mismatch(
                        f"a padding smaller than the window of {direction.kernel}, "
                        "which would else see nothing but padding"
                    )
        except Mismatch as error:
            raise self._fault(str(error)) from None

    def _fault(self, expected: str) -> Exception:
        return fail(OptionError, Fault(
            "a window that cannot be", at=self.kind, expected=expected,
            given=f"KernelSize {self.kernel_size}, Stride {self.stride}, "
                  f"PaddingSize {brief(self.padding_size)}, Dimensionality {self.dimensionality}",
        ))  # fmt: skip

    def _rank(self) -> int | None:
        """How many directions the parameters speak of."""
        for value in (self.kernel_size, self.stride, self.padding_size):
            if isinstance(value, tuple):
                return len(value)
        return None if self.dimensionality is AUTOMATIC else self.dimensionality

    def _kernel(self, rank: int) -> tuple[int, ...]:
        kernel = self.kernel_size
        return kernel if isinstance(kernel, tuple) else (kernel,) * rank

    def relate(self, sizes: Sizes) -> None:
        for run, space in (("*input", "*space"), ("*output", "*places")):
            split_channels(sizes, run, "channels", space, self.interleaving)
        if self.dimensionality is not AUTOMATIC:
            sizes.set("*space", (None,) * self.dimensionality)
        known = [run for run in (sizes.run("*space"), sizes.run("*places")) if run is not None]
        rank = self._rank() or (len(known[0]) if known else None)
        if rank is None:
            return
        if known and len(known[0]) != rank:
            raise Mismatch(f"a window in {rank} directions does not fit {shape_text(known[0])}")
        relate_space(sizes, "*space", "*places", self._windows(rank))

    def _windows(self, rank: int) -> list[Window]:
        return windows(self._kernel(rank), self.stride, self.padding_size)

    def lower(self, g: Builder, input: Value) -> Value:
        x = g.move_axis(input, -1, 1) if self.interleaving else input
        directions = self._windows(x.rank - 2)
        kernel = self._kernel(x.rank - 2)
        move = moved(directions, x.shape[2:])
        if self.function == "Max":
            y = g.pool_max(x, kernel=kernel, **move)
        else:
            y = g.pool_sum(x, kernel=kernel, **move)
        if self.function == "Mean":
            y = g.multiply(y, 1 / math.prod(kernel))
        return g.move_axis(y, 1, -1) if self.interleaving else y

    def reference(self, input: Reals) -> Reals:
        x = np.moveaxis(input, -1, 1) if self.interleaving else input
        directions = self._windows(x.ndim - 2)
        pads = [window.pads(size) for window, size in zip(directions, x.shape[2:], strict=True)]
        places = [window.places(size) for window, size in zip(directions, x.shape[2:], strict=True)]
        x = np.pad(x, [(0, 0), (0, 0), *pads],
                   constant_values=-np.inf if self.function == "Max" else 0)  # fmt: skip
        y: Any = np.zeros((*x.shape[:2], *places))
        of_window: Any = {"Max": np.max, "Mean": np.mean, "Total": np.sum}[self.function]
        for place in itertools.product(*map(range, places)):
            under = tuple(
                slice(i * w.stride, i * w.stride + w.extent)
                for i, w in zip(place, directions, strict=True)
            )
            y[:, :, *place] = of_window(x[:, :, *under], axis=tuple(range(2, x.ndim)))
        return np.moveaxis(y, 1, -1) if self.interleaving else y

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(PoolingLayer(2, 2), {"Input": (2, 4, 4)})
        yield Example(PoolingLayer(2), {"Input": (1, 3, 4)})
        yield Example(PoolingLayer(1), {"Input": (1, 1, 1)})
        yield Example(PoolingLayer(2, 2), {"Input": (2, 5, 3)})
        yield Example(PoolingLayer((3,), 2), {"Input": (2, 6)})
        yield Example(PoolingLayer(2, 3), {"Input": (1, 6, 5)})
        yield Example(PoolingLayer(2, 2, "Max", padding_size=1), {"Input": (2, 3, 4)})
        yield Example(
            PoolingLayer(3, 2, "Mean", padding_size=((0, 2), (1, 0))), {"Input": (1, 4, 4)}
        )
        yield Example(PoolingLayer((2, 1, 2), function="Total"), {"Input": (1, 3, 2, 3)})
        yield Example(PoolingLayer(3, 2, "Max", padding_size="Same"), {"Input": (1, 4, 5)})
        yield Example(PoolingLayer(2, 2, "Mean", interleaving=True), {"Input": (4, 4, 3)})
