"""Windows with channels side by side, beside the meaning of the primitives in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import PRECISIONS, units, windows_in_groups
from wlnet.graph import window_reference as meaning
from wlnet.kernels.products.tiles import NO_ACTIVATION, RAMP
from wlnet.kernels.windows import windows_in_channels as kernels
from wlnet.plan.calls import channel_fields as fields

ROUNDING = {"Real32": 1e-5, "Real64": 3e-14}
"""Of the largest of the sums."""


def square(**change: Any) -> dict[str, Any]:
    usual = {"stride": (1, 1), "padding": ((1, 1),) * 2, "dilation": (1, 1), "groups": 1}
    return {**usual, **change}


STRIDED = (2, 32, 16, 15), (40, 32, 3, 3), square(stride=(2, 3))
# Longer than what is summed over at a time, along a row, in rows, in planes and images.
LINE = (1, 8, 700), (9, 8, 3), {"stride": (1,), "padding": ((2, 0),), "dilation": (1,), "groups": 1}
MANY = (9, 5, 11, 13), (70, 5, 3, 2), square()
# Some phases of a stride meet no kernel.
SPARSE = (1, 4, 9, 9), (8, 2, 1, 1), square(stride=(3, 2), groups=2, padding=((0, 0),) * 2)
EVERY = [STRIDED, LINE, MANY, SPARSE]


class Arrays:
    """The arrays of a case in float64, channels before space, and what kernels make of them."""

    def __init__(self, case: Any, precision: Any) -> None:
        x, w, self.window = case
        self.precision, self.random = precision, np.random.default_rng(3)
        self.x, self.w, self.bias = (self.numbers(shape) for shape in (x, w, w[:1]))
        self.y = meaning.convolve(self.x, self.w, **self.window)
        self.d, self.gate = self.numbers(self.y.shape), self.numbers(x)
        shapes = x, w, self.y.shape
        self.around, self.back_around = (
            fields.edges(*shapes, back=back, **self.window) for back in (False, True)
        )

    def numbers(self, shape: Any) -> Any:
        return self.random.normal(size=shape).astype(REALS[self.precision]).astype(np.float64)

    def like(self, x: Any) -> Any:
        return like(np.ascontiguousarray(x), REALS[self.precision])

    def last(self, x: Any) -> Any:
        return self.like(np.moveaxis(x, 1, -1))

    def padded(self, x: Any, edges: Any, workers: int) -> Any:
        x = self.last(x)
        sizes = (size + sum(edge) for size, edge in zip(x.shape[1:-1], edges, strict=True))
        y = guarded((x.shape[0], *sizes, x.shape[-1]), REALS[self.precision])
        item = units(self.precision)["item"]
        call(kernels.pad_channels, self.precision, workers, 0, x=x, y=y,
             **fields.padding(x.shape, edges, item))  # fmt: skip
        np.testing.assert_array_equal(y, np.pad(x, ((0, 0), *edges, (0, 0))))
        return y

    def forward(self, workers: int = 1, bias: bool = True, activation: int = RAMP) -> Any:
        x = self.padded(self.x, self.around, workers)
        y = guarded(np.moveaxis(self.y, 1, -1).shape, REALS[self.precision])
        told, before, scratch = fields.forward(
            x.shape, self.w.shape, y.shape, edges=self.around, **self.window,
            **units(self.precision),
        )  # fmt: skip
        call(
            kernels.convolve_channels, self.precision, workers, scratch,
            x=x.reshape(-1)[before // x.itemsize :], w=self.like(np.moveaxis(self.w, 0, -1)), y=y,
            bias=self.like(self.bias) if bias else None, activation=activation, gate=None, **told,
        )  # fmt: skip
        return np.moveaxis(y, -1, 1)

    def back(self, workers: int = 1, gated: bool = False) -> Any:
        d, gate = self.padded(self.d, self.back_around, workers), self.last(self.gate)
        x = guarded(gate.shape, REALS[self.precision])
        w = self.like(np.moveaxis(self.w, 1, -1))

        def further(array: Any, count: int) -> Any:
            return array.reshape(-1)[count // x.itemsize :]

        for told, before, w_shift, x_shift, scratch in fields.back(
            d.shape, self.w.shape, x.shape, edges=self.back_around, **self.window,
            **units(self.precision),
        ):  # fmt: skip
            call(
                kernels.convolve_channels, self.precision, workers, scratch, x=further(d, before),
                w=further(w, w_shift), y=further(x, x_shift), bias=None, activation=NO_ACTIVATION,
                gate=further(gate, x_shift) if gated else None, **told,
            )  # fmt: skip
        return np.moveaxis(x, -1, 1)

    def gradient(self, workers: int = 1) -> Any:
        x, d = self.padded(self.x, self.around, workers), self.last(self.d)
        w = guarded((*self.w.shape[1:], self.w.shape[0]), REALS[self.precision])
        told, before, scratch = fields.weights(
            x.shape, self.w.shape, d.shape, edges=self.around, **self.window,
            **units(self.precision),
        )  # fmt: skip
        call(
            kernels.convolve_channels_weights, self.precision, workers, scratch,
            x=x.reshape(-1)[before // x.itemsize :], y=d, w=w, **told,
        )  # fmt: skip
        return np.moveaxis(w, -1, 0)

    def close(self, found: Any, wanted: Any, terms: int) -> None:
        limit = ROUNDING[self.precision] * (1 + terms**0.5)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=limit)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=25)
@given(windows_in_groups((1, 3), (1, 19), (1, 37)))
@example(STRIDED)
@example(LINE)
@example(MANY)
@example(SPARSE)
def test_it_means_what_the_primitives_mean(precision: Any, case: Any) -> None:
    arrays = Arrays(case, precision)
    terms, outputs = int(np.prod(arrays.w.shape[1:])), arrays.w.size // arrays.w.shape[1]
    arrays.close(arrays.forward(bias=False, activation=NO_ACTIVATION), arrays.y, terms)
    biases = arrays.bias.reshape(-1, *(1,) * (arrays.y.ndim - 2))
    arrays.close(arrays.forward(), np.maximum(arrays.y + biases, 0), terms)
    x = meaning.convolve_input(arrays.d, arrays.w, shape=arrays.x.shape, **arrays.window)
    arrays.close(arrays.back(), x, outputs)
    arrays.close(arrays.back(gated=True), np.where(arrays.gate > 0, x, 0), outputs)
    w = meaning.convolve_weights(arrays.x, arrays.d, shape=arrays.w.shape, **arrays.window)
    arrays.close(arrays.gradient(), w, arrays.y.size // arrays.y.shape[1])


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_the_number_of_workers_changes_no_bit(case: Any) -> None:
    arrays = Arrays(case, "Real32")
    ways = arrays.forward, arrays.back, arrays.gradient
    alone = [way().tobytes() for way in ways]
    for workers in (2, 3, 4, 9):
        assert [way(workers).tobytes() for way in ways] == alone


@pytest.mark.parametrize("case", [STRIDED, MANY], ids=str)
def test_an_image_is_the_same_among_others(case: Any) -> None:
    """To the last bit, forwards and back."""
    many = Arrays(case, "Real32")
    forwards, back = many.forward(), many.back()
    for i in range(len(many.x)):
        one = Arrays(case, "Real32")
        one.x, one.d, one.gate, one.y = (
            each[i : i + 1] for each in (many.x, many.d, many.gate, many.y)
        )
        assert one.forward().tobytes() == forwards[i : i + 1].tobytes()
        assert one.back().tobytes() == back[i : i + 1].tobytes()


def test_so_many_pixels_are_summed_over_at_a_time_as_one_cache_holds() -> None:
    wanted = {(2, 16, 15): (1, 1, 16, 15), (9, 6, 7): (6, 1, 6, 7), (1, 700): (1, 1, 1, 256)}
    for sizes, some in wanted.items():
        shape, kernel = (*sizes, 8), (8, 8, *(1,) * (len(sizes) - 1))
        ones = (1,) * (len(sizes) - 1)
        window = {"stride": ones, "padding": ((0, 0),) * len(ones), "dilation": ones, "groups": 1}
        told, _, _ = fields.weights(shape, kernel, shape, edges=((0, 0),) * len(ones), item=4,
                                    lanes=16, **window)  # fmt: skip
        assert tuple(told[name] for name in fields.NAMES) == some
