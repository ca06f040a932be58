"""Fast convolution beside the meaning of the primitives in float64."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import PRECISIONS, apart, call_one, lanes_of, side_by_side, units
from wlnet.graph import window_reference as meaning
from wlnet.kernels.products.tiles import NO_ACTIVATION, RAMP
from wlnet.kernels.windows.pool_tiles import GATED
from wlnet.kernels.winograd import winograd, winograd_gradients
from wlnet.kernels.winograd.winograd_transforms import TILE, transforms
from wlnet.plan.calls import winograd_fields

ROUNDING = {"Real32": 3e-5, "Real64": 1e-13}
"""Of the largest of the sums."""


@pytest.mark.parametrize("size", winograd.SIZES)
def test_the_transforms_are_exact(size: int) -> None:
    """Winograd's identity, in fractions."""
    random = np.random.default_rng(0)
    at = transforms(size)
    pixels, kernel = ([Fraction(int(n)) for n in random.integers(-9, 9, n)] for n in (TILE, size))

    def times(matrix: Any, vector: Any) -> Any:
        return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]

    points = [
        a * b for a, b in zip(times(at.pixels, pixels), times(at.kernel, kernel), strict=True)
    ]
    wanted = [sum(pixels[i + k] * kernel[k] for k in range(size)) for i in range(TILE - size + 1)]
    assert times(at.results, points) == wanted


@dataclass(frozen=True)
class Case:
    """A convolution: sizes of blocks, channels, pixels and kernel."""

    blocks: int
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
    size = draw(st.sampled_from(winograd.SIZES))
    channels = st.one_of(st.integers(1, 3), st.integers(1, 40))
    pads = st.tuples(st.integers(0, 3), st.integers(0, 3))
    padding = draw(pads), draw(pads)
    rows, columns = (max(1, size - sum(pad)) + draw(st.integers(0, 12)) for pad in padding)
    return Case(
        draw(st.integers(1, 2)), draw(channels), draw(channels), rows, columns, size, padding,
        draw(st.booleans()), draw(st.sampled_from([NO_ACTIVATION, RAMP])),
    )  # fmt: skip


LENET = Case(2, 20, 50, 12, 12, 5)
SQUARE = Case(1, 32, 24, 16, 16, 3, ((1, 1), (1, 1)))
ODD = Case(2, 17, 33, 9, 14, 3, ((1, 1), (1, 1)))
# So few tiles that the channels are divided among the workers.
SMALL = Case(1, 17, 33, 4, 4, 3, ((1, 1), (1, 1)))
ONE = Case(1, 1, 1, 1, 1, 3, ((1, 1), (1, 1)))


class Arrays:
    """The arrays of a case in float64 and in lanes."""

    def __init__(self, case: Case, precision: Any) -> None:
        self.case, self.precision = case, precision
        self.random = np.random.default_rng(3)
        examples = case.blocks * lanes_of(precision)
        self.x = self.numbers((examples, case.inputs, case.rows, case.columns))
        self.w = self.numbers((case.outputs, case.inputs, case.size, case.size))
        self.bias = self.numbers(case.outputs)
        self.window = {
            "stride": (1, 1), "padding": case.padding, "dilation": (1, 1), "groups": 1,
        }  # fmt: skip
        self.y = meaning.convolve(self.x, self.w, **self.window)
        self.d = self.numbers(self.y.shape)
        self.shapes = (
            (case.blocks, *self.x.shape[1:]), self.w.shape, (case.blocks, *self.y.shape[1:])
        )  # fmt: skip
        self.units = units(precision)
        self.options = {"padding": case.padding, **self.units}

    def numbers(self, shape: Any) -> Any:
        return self.random.normal(size=shape).astype(REALS[self.precision]).astype(np.float64)

    def lanes(self, x: Any) -> Any:
        return side_by_side(x, self.precision)

    def empty(self, shape: Any) -> Any:
        return guarded(shape, REALS[self.precision])

    def close(self, found: Any, wanted: Any, terms: int) -> None:
        limit = ROUNDING[self.precision] * (1 + terms**0.5)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=limit)

    def points(self, workers: int = 1) -> Any:
        u = self.empty(winograd_fields.points_shape(self.w.shape, self.units["lanes"]))
        kernel = winograd.POINTS_OF[self.case.size]
        fields = winograd_fields.points(self.w.shape, **self.units)
        call(kernel, self.precision, workers, w=like(self.w, REALS[self.precision]), u=u, **fields)
        return u

    def forward(self, workers: int = 1, pooled: bool = False, places: Any = None) -> Any:
        fields, scratch = winograd_fields.forward(*self.shapes, pooled=pooled, **self.options)
        shape = self.case.blocks, self.case.outputs, fields["rows"], fields["columns"]
        y = self.empty((*shape, self.units["lanes"]))
        bias = like(self.bias, REALS[self.precision]) if self.case.bias else None
        x, u = self.lanes(self.x), self.points(workers)
        kernel = winograd.FORWARD[self.case.size, pooled]
        call(
            kernel, self.precision, workers, scratch, x=x, u=u, y=y, bias=bias, places=places,
            activation=self.case.activation, **fields,
        )  # fmt: skip
        return y

    def back(self, workers: int = 1, gate: Any = None) -> Any:
        fields, scratch = winograd_fields.backward(*self.shapes, **self.options)
        x = self.empty((*self.shapes[0], self.units["lanes"]))
        d, u = self.lanes(self.d), self.points(workers)
        call(
            winograd.INPUT[self.case.size], self.precision, workers, scratch, x=x, u=u, d=d,
            gate=gate, **fields,
        )  # fmt: skip
        return x

    def gradient(self, workers: int = 1) -> Any:
        fields, scratch = winograd_fields.sums(*self.shapes, **self.options)
        shape = winograd_fields.sums_shape(self.w.shape, self.units["lanes"])
        g = self.empty((fields["parts"], *shape))
        x, d = self.lanes(self.x), self.lanes(self.d)
        w = self.empty(self.w.shape)
        call(
            winograd_gradients.SUMS[self.case.size], self.precision, workers, scratch, x=x, d=d,
            g=g, **fields,
        )  # fmt: skip
        fields = winograd_fields.weights(*self.shapes, **self.units)
        call(
            winograd_gradients.WEIGHTS[self.case.size], self.precision, workers, g=g, w=w, **fields
        )
        return w


@pytest.mark.parametrize("precision", PRECISIONS)
@given(case=cases())
@example(LENET)
@example(SQUARE)
@example(ODD)
@example(ONE)
@settings(max_examples=25)
def test_forward(precision: Any, case: Case) -> None:
    it = Arrays(case, precision)
    wanted = it.y + (it.bias[:, None, None] if case.bias else 0)
    wanted = np.maximum(wanted, 0) if case.activation == RAMP else wanted
    it.close(apart(it.forward()), wanted, case.inputs * case.size**2)


@pytest.mark.parametrize("precision", PRECISIONS)
@given(case=cases())
@example(LENET)
@example(SQUARE)
@settings(max_examples=25)
def test_pooled_is_the_largest_of_what_forward_gives(precision: Any, case: Case) -> None:
    it = Arrays(case, precision)
    rows, columns = it.y.shape[2] // 2, it.y.shape[3] // 2
    if rows == 0 or columns == 0:
        return
    lanes = it.units["lanes"]
    places = guarded((case.blocks, case.outputs, rows, columns, lanes), np.uint8)
    y = apart(it.forward(pooled=True, places=places))
    whole = apart(it.forward())[:, :, : 2 * rows, : 2 * columns]
    four = whole.reshape(*whole.shape[:2], rows, 2, columns, 2).transpose(0, 1, 2, 4, 3, 5)
    four = four.reshape(*four.shape[:4], 4)
    np.testing.assert_array_equal(y, four.max(axis=-1))
    found = apart(places)
    gated = (four.max(axis=-1) <= 0) & (case.activation == RAMP)
    np.testing.assert_array_equal(found, np.where(gated, GATED, four.argmax(axis=-1)))
    np.testing.assert_array_equal(apart(it.forward(pooled=True)), y)


@pytest.mark.parametrize("precision", PRECISIONS)
@given(case=cases(), gated=st.booleans())
@example(LENET, True)
@example(SQUARE, False)
@example(ODD, True)
@settings(max_examples=25)
def test_back_to_the_input(precision: Any, case: Case, gated: bool) -> None:
    it = Arrays(case, precision)
    wanted = meaning.convolve_input(it.d, it.w, shape=it.x.shape, **it.window)
    gate = None
    if gated:
        passed = it.numbers(it.x.shape)
        gate, wanted = it.lanes(passed), np.where(passed > 0, wanted, 0)
    it.close(apart(it.back(gate=gate)), wanted, case.outputs * case.size**2)


@pytest.mark.parametrize("precision", PRECISIONS)
@given(case=cases())
@example(LENET)
@example(SQUARE)
@example(ODD)
@settings(max_examples=25)
def test_the_gradient_by_the_weights(precision: Any, case: Case) -> None:
    it = Arrays(case, precision)
    wanted = meaning.convolve_weights(it.x, it.d, shape=it.w.shape, **it.window)
    it.close(it.gradient(), wanted, it.y[:, 0].size)


@pytest.mark.parametrize("case", [LENET, SQUARE, ODD, ONE, SMALL], ids=str)
@pytest.mark.parametrize("workers", [2, 3, 5, 16, 64])
def test_the_bits_are_the_same_for_any_number_of_workers(case: Case, workers: int) -> None:
    it = Arrays(case, "Real32")
    np.testing.assert_array_equal(it.forward(workers), it.forward())
    np.testing.assert_array_equal(it.back(workers), it.back())
    np.testing.assert_array_equal(it.gradient(workers), it.gradient())
    if min(it.y.shape[2:]) > 1:
        np.testing.assert_array_equal(it.forward(workers, pooled=True), it.forward(pooled=True))


@pytest.mark.parametrize("case", [LENET, SQUARE, ODD, SMALL], ids=str)
@pytest.mark.parametrize("workers", [2, 3, 16])
def test_no_two_workers_write_the_same_number(case: Case, workers: int) -> None:
    it = Arrays(case, "Real32")
    shape, u, x, d = it.shapes, it.points(), it.lanes(it.x), it.lanes(it.d)
    jobs: list[Any] = []
    fields, scratch = winograd_fields.forward(*shape, **it.options)
    given = {"u": u, "x": x, "bias": None, "places": None, "activation": RAMP}
    jobs.append((winograd.FORWARD[case.size, False], scratch, fields | given, "y", shape[2]))
    fields, scratch = winograd_fields.backward(*shape, **it.options)
    given = {"u": u, "d": d, "gate": None}
    jobs.append((winograd.INPUT[case.size], scratch, fields | given, "x", shape[0]))
    for kernel, size, words, name, of in jobs:
        written: Any = 0
        for worker in range(workers):
            made = it.empty((*of, it.units["lanes"]))
            call_one(kernel, "Real32", worker, workers, size, **words, **{name: made})
            written = written + ~np.isnan(made)
        assert (written == 1).all(), kernel.name
