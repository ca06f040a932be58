"""Rows of primitives that work element by element."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from wlnet.onnx.exporting.maps import MAP_TRANSLATIONS
from wlnet.onnx.exporting.sizes import Extent, Measure
from wlnet.onnx.exporting.table import TRANSLATIONS, translation
from wlnet.onnx.exporting.writer import Tensor, Writer

OPERATORS = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "power": "Pow",
    "maximum": "Max",
    "minimum": "Min",
}


def _operator(operator: str, w: Writer, a: Tensor, b: Tensor, **tie: float) -> str:
    return w.node(operator, a, b)


for _name, _operator_name in OPERATORS.items():
    TRANSLATIONS[_name] = partial(_operator, _operator_name)


@translation
def map_(w: Writer, x: Tensor, *, function: str) -> str:
    """A function of one number."""
    return MAP_TRANSLATIONS[function](w, x.name)


@translation
def greater(w: Writer, a: Tensor, b: Tensor) -> str:
    """1 where a > b, else 0."""
    return w.truth(w.node("Greater", a, b))


@translation
def greater_equal(w: Writer, a: Tensor, b: Tensor) -> str:
    """1 where a >= b, else 0."""
    return w.truth(w.node("GreaterOrEqual", a, b))


@translation
def precedence(w: Writer, a: Tensor, b: Tensor) -> str:
    """1 where a > b, 1/2 where a = b, else 0."""
    return w.node("Mul", w.node("Add", greater(w, a, b), greater_equal(w, a, b)), w.number(0.5))


@translation
def masked(w: Writer, a: Tensor, mask: Tensor) -> str:
    """a times the mask; where that is 0, -0.0."""
    idle = w.node("Equal", mask, w.number(0.0))
    return w.node("Where", idle, w.number(-0.0), w.node("Mul", a, mask))


@translation
def as_real(w: Writer, index: Tensor) -> str:
    """Integers as Reals."""
    return w.cast(index, w.real)


@translation
def fill(w: Writer, *, shape: tuple[Extent, ...], value: float | Measure) -> str:
    """One number everywhere."""
    if isinstance(value, Measure):
        number = w.real_of(value)
        return w.node("Expand", number, w.extents(shape)) if shape else number
    if all(size == 1 for size in shape):
        return w.array(np.full(tuple(shape), value, w.real))
    return w.node("ConstantOfShape", w.extents(shape), value=np.array([value], w.real))


@translation
def constant(w: Writer, *, shape: Any, values: tuple[float, ...]) -> str:
    """Numbers that are known beforehand."""
    return w.array(np.array(values, w.real).reshape(shape))


@translation
def indices(w: Writer, *, count: Extent) -> str:
    """1, 2, ..., count."""
    if isinstance(count, int):
        return w.wholes(range(1, count + 1))
    zero_based = w.node("Range", w.whole(0), w.extent(count), w.whole(1))
    return w.node("Add", zero_based, w.whole(1))
