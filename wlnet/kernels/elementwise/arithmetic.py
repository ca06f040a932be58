"""Two operands element by element, with broadcasting; the slopes that training multiplies by; fill.

A slope is the gradient of an activation times what comes from above (a vector-Jacobian product).

Operands and results have a rank (at least 1) and a table of words: the sizes, then the distances
in bytes of a, of b and of out. The workers divide the flat range of results, so that one long row
divides as well as many short ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wlnet.kernels.elementwise.broadcasts import broadcast
from wlnet.kernels.elementwise.maps import GRAIN
from wlnet.kernels.elementwise.powers import power
from wlnet.kernels.emit.instructions import ITEM, double, real, reals, start_of, stop_of, word
from wlnet.kernels.emit.lanes import Lanes, run
from wlnet.kernels.emit.places import numbers_in
from wlnet.kernels.language import Address, Kernel, Word, native


def _broadcast(name: str, words: str, function: Callable[[Lanes, Lanes], Lanes]) -> Kernel:
    pairs = broadcast(function)

    def kernel(context, rank, table, a, b, out):  # type: ignore[no-untyped-def]
        count = numbers_in(rank, table)
        start, stop = start_of(context, count, GRAIN), stop_of(context, count, GRAIN)
        pairs(start, stop, rank, table, a, b, out)

    kernel.__name__ = name
    kernel.__doc__ = f"out = {words}. Fast where a and b lie in rows or are repeated along them."
    return native(kernel)


def _larger(a: Lanes, b: Lanes) -> Lanes:
    # A NaN in a stays by the mask; one in b because the comparison is False.
    return ((a >= b) | a.is_nan()).choose(a, b)


def _smaller(a: Lanes, b: Lanes) -> Lanes:
    return ((b >= a) | a.is_nan()).choose(a, b)


def _precedence(a: Lanes, b: Lanes) -> Lanes:
    return (a > b).choose(1.0, a.is_equal(b).choose(0.5, 0.0))


def _kept(a: Lanes, mask: Lanes) -> Lanes:
    # Where the mask is 0, the number that changes nothing when it is added, whatever a is.
    return mask.is_equal(0.0).choose(-0.0, a * mask)


BINARY: Final[dict[str, Kernel]] = {
    "add": _broadcast("add", "a + b", lambda a, b: a + b),
    "subtract": _broadcast("subtract", "a - b", lambda a, b: a - b),
    "multiply": _broadcast("multiply", "a b", lambda a, b: a * b),
    "divide": _broadcast("divide", "a / b", lambda a, b: a / b),
    "power": _broadcast("power", "a^b", power),
    "maximum": _broadcast("maximum", "the larger of a and b, or NaN", _larger),
    "minimum": _broadcast("minimum", "the smaller of a and b, or NaN", _smaller),
    "greater": _broadcast(
        "greater", "1 where a > b, else 0", lambda a, b: (a > b).choose(1.0, 0.0)
    ),
    "greater_equal": _broadcast(
        "greater_equal", "1 where a >= b, else 0", lambda a, b: (a >= b).choose(1.0, 0.0)
    ),
    "precedence": _broadcast("precedence", "1, or 1/2 where a = b, or 0 where a < b", _precedence),
    "masked": _broadcast("masked", "a b where b is not 0, else -0.0", _kept),
}
"""The kernel of each primitive of two operands."""


def _slope(name: str, words: str, function: Callable[[Lanes, Lanes], Lanes]) -> Kernel:
    numbers = run(function, 2)

    def kernel(context, count, d, y, out):  # type: ignore[no-untyped-def]
        start, stop = start_of(context, count, GRAIN), stop_of(context, count, GRAIN)
        offset = ITEM * start
        numbers(stop - start, d + offset, y + offset, out + offset)

    kernel.__name__ = name
    kernel.__doc__ = f"out = {words}, all of them in a row; out may be d or y."
    return native(kernel)


ramp_slope: Final = _slope(
    "ramp_slope", "d where y > 0, else 0", lambda d, y: (y > 0.0).choose(d, 0.0)
)
tanh_slope: Final = _slope("tanh_slope", "d (1 - y^2)", lambda d, y: d * (-y).times(y, 1.0))
logistic_slope: Final = _slope("logistic_slope", "d y (1 - y)", lambda d, y: d * (y * (1.0 - y)))
SLOPES: Final[dict[str, Kernel]] = {"Tanh": tanh_slope, "LogisticSigmoid": logistic_slope}
"""The slope of a function, by its value."""


@native
def constant(context: Address, count: Word, table: Address, y: Address) -> None:
    """y[i] = the number whose bits, of a float64, are the i-th word of a table."""
    to = reals(y)
    for i in range(start_of(context, count, GRAIN), stop_of(context, count, GRAIN)):
        to[i] = real(double(word(table, i)))


@native
def fill(context: Address, count: Word, value: Word, y: Address) -> None:
    """y[i] = value, whose word holds the bits of a float64."""
    number, to = real(double(value)), reals(y)
    for i in range(start_of(context, count, GRAIN), stop_of(context, count, GRAIN)):
        to[i] = number
