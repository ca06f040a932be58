"""Fast convolution with channels side by side, beside the meaning of the primitives in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import PRECISIONS, units
from wlnet.graph import window_reference as meaning
from wlnet.kernels.products.tiles import NO_ACTIVATION, RAMP
from wlnet.kernels.winograd import winograd_in_channels as kernels
from wlnet.kernels.winograd.winograd import SIZES
from wlnet.plan.calls import winograd_channel_fields as fields

ROUNDING = {"Real32": 3e-5, "Real64": 1e-13}
"""Of the largest of the sums."""


@dataclass(frozen=True)
class Case:
    """A convolution: sizes of images, channels, pixels and kernel."""

    images: int
    inputs: int
    outputs: int
    rows: int
    columns: int
    size: int
    padding: Any = ((0, 0), (0, 0))
    bias: bool = True
    activation: int = RAMP


@st.composite
def cases(draw: Any) -> Case:
    size = draw(st.sampled_from(SIZES))
    channels = st.one_of(st.integers(1, 3), st.integers(1, 40))
    pads = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    padding = draw(pads), draw(pads)
    rows, columns = (max(1, size - sum(pad)) + draw(st.integers(0, 12)) for pad in padding)
    return Case(
        draw(st.integers(1, 3)), draw(channels), draw(channels), rows, columns, size, padding,
        draw(st.booleans()), draw(st.sampled_from([NO_ACTIVATION, RAMP])),
    )  # fmt: skip


FEW = Case(5, 48, 48, 24, 24, 3, ((1, 1), (1, 1)))
ODD = Case(2, 17, 33, 9, 14, 3, ((1, 0), (0, 2)))
LARGE = Case(2, 20, 50, 12, 12, 5)
# More vectors of output channels than a worker holds.
WIDE = Case(1, 3, 259, 5, 4, 3, ((1, 1), (1, 1)))
# So many tiles that their sums are made in parts.
MANY = Case(13, 5, 4, 17, 16, 3, ((1, 1), (1, 1)))
ONE = Case(1, 1, 1, 1, 1, 3, ((1, 1), (1, 1)))


class Arrays:
    """The arrays of a case in float64, channels before space, and what kernels make of them."""

    def __init__(self, case: Case, precision: Any) -> None:
        self.case, self.precision = case, precision
        self.random = np.random.default_rng(3)
        self.x = self.numbers((case.images, case.inputs, case.rows, case.columns))
        self.w = self.numbers((case.outputs, case.inputs, case.size, case.size))
        self.bias = self.numbers((case.outputs,))
        self.window: dict[str, Any] = {
            "stride": (1, 1), "padding": case.padding, "dilation": (1, 1), "groups": 1,
        }  # fmt: skip
        self.y = meaning.convolve(self.x, self.w, **self.window)
        self.d, self.gate = self.numbers(self.y.shape), self.numbers(self.x.shape)
        self.options = {"padding": case.padding, **units(precision)}

    def numbers(self, shape: Any) -> Any:
        return self.random.normal(size=shape).astype(REALS[self.precision]).astype(np.float64)

    def last(self, x: Any) -> Any:
        """With channels last, in the precision of the case."""
        return like(np.ascontiguousarray(np.moveaxis(x, 1, -1)), REALS[self.precision])

    def call(self, kernel: Any, workers: int, found: Any, **more: Any) -> None:
        told, scratch = found
        call(kernel, self.precision, workers, scratch, **more, **told)

    def points(self, workers: int, back: bool) -> Any:
        u = guarded(fields.points_shape(self.w.shape, self.options["lanes"], back),
                    REALS[self.precision])  # fmt: skip
        found = fields.points(self.w.shape, back=back, **units(self.precision))
        w = like(self.w, REALS[self.precision])
        self.call(kernels.POINTS_OF[self.case.size], workers, found, w=w, u=u)
        return u

    def forward(self, workers: int = 1) -> Any:
        x = self.last(self.x)
        y = guarded((*x.shape[:1], *self.y.shape[2:], self.case.outputs), REALS[self.precision])
        bias = like(self.bias, REALS[self.precision]) if self.case.bias else None
        found = fields.forward(x.shape, self.w.shape, y.shape, **self.options)
        self.call(
            kernels.FORWARD[self.case.size], workers, found, x=x, u=self.points(workers, False),
            y=y, bias=bias, activation=self.case.activation, gate=None,
        )  # fmt: skip
        return np.moveaxis(y, -1, 1)

    def back(self, workers: int = 1, gated: bool = False) -> Any:
        d, gate = self.last(self.d), self.last(self.gate)
        x = guarded(gate.shape, REALS[self.precision])
        found = fields.forward(d.shape, self.w.shape, x.shape, back=True, **self.options)
        self.call(
            kernels.FORWARD[self.case.size], workers, found, x=d, u=self.points(workers, True),
            y=x, bias=None, activation=NO_ACTIVATION, gate=gate if gated else None,
        )  # fmt: skip
        return np.moveaxis(x, -1, 1)

    def gradient(self, workers: int = 1) -> Any:
        x, d, w = self.last(self.x), self.last(self.d), self.w.shape
        told, scratch = fields.sums(x.shape, w, d.shape, **self.options)
        g = guarded((told["parts"], *fields.sums_shape(w, self.options["lanes"])),
                    REALS[self.precision])  # fmt: skip
        found = guarded(w, REALS[self.precision])
        self.call(kernels.SUMS[self.case.size], workers, (told, scratch), x=x, d=d, g=g)
        back = fields.weights(w, d.shape, **units(self.precision))
        self.call(kernels.WEIGHTS[self.case.size], workers, back, g=g, w=found)
        return found

    def close(self, found: Any, wanted: Any, terms: int) -> None:
        limit = ROUNDING[self.precision] * (1 + terms**0.5)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=limit)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=25)
@given(cases())
@example(FEW)
@example(ODD)
@example(LARGE)
@example(WIDE)
@example(MANY)
@example(ONE)
def test_it_means_what_the_direct_way_means(precision: Any, case: Case) -> None:
    arrays = Arrays(case, precision)
    y = arrays.y + (arrays.bias[:, None, None] if case.bias else 0)
    y = np.maximum(y, 0) if case.activation == RAMP else y
    arrays.close(arrays.forward(), y, case.inputs * case.size**2)
    x = meaning.convolve_input(arrays.d, arrays.w, shape=arrays.x.shape, **arrays.window)
    terms = case.outputs * case.size**2
    arrays.close(arrays.back(), x, terms)
    arrays.close(arrays.back(gated=True), np.where(arrays.gate > 0, x, 0), terms)
    w = meaning.convolve_weights(arrays.x, arrays.d, shape=arrays.w.shape, **arrays.window)
    arrays.close(arrays.gradient(), w, case.images * y[0, 0].size)


@pytest.mark.parametrize("case", [FEW, ODD, LARGE, WIDE, MANY, ONE], ids=str)
def test_the_number_of_workers_changes_no_bit(case: Case) -> None:
    arrays = Arrays(case, "Real32")
    ways = arrays.forward, arrays.back, arrays.gradient
    alone = [way().tobytes() for way in ways]
    for workers in (2, 3, 4, 9):
        assert [way(workers).tobytes() for way in ways] == alone


def test_sums_are_made_in_parts_where_tiles_are_many() -> None:
    wanted = {FEW: 1, MANY: 2}
    for case, parts in wanted.items():
        shape = Arrays(case, "Real32").y.shape
        w = case.outputs, case.inputs, case.size, case.size
        assert fields.parts_of(w, (shape[0], *shape[2:], shape[1])) == parts


@pytest.mark.parametrize("case", [FEW, ODD, LARGE], ids=str)
def test_an_image_is_the_same_among_others(case: Case) -> None:
    """To the last bit, forwards and back."""
    many = Arrays(case, "Real32")
    forwards, back = many.forward(), many.back()
    for i in range(case.images):
        one = Arrays(case, "Real32")
        one.x, one.d, one.gate = many.x[i : i + 1], many.d[i : i + 1], many.gate[i : i + 1]
        one.y = many.y[i : i + 1]
        assert one.forward().tobytes() == forwards[i : i + 1].tobytes()
        assert one.back().tobytes() == back[i : i + 1].tobytes()
