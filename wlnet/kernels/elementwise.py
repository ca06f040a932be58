"""Numbers one by one: two operands, functions of one, and a constant.

NumPy's own loops, written straight into the outputs. Every kernel of this room has one form,
`kernel(outputs, inputs, scratch, **attributes)`: it writes all of the outputs, which are
C-contiguous, whatever they held; it leaves the inputs as they are; what it needs on the way is in
`scratch`, one flat array of the same Real type. Infinities and NaN come and go as in NumPy, so
the caller silences NumPy's warnings: `with np.errstate(all="ignore")`, once around all kernels.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Kernel = Callable[..., None]


def _binary(ufunc: Callable[..., Any]) -> Kernel:
    def kernel(outputs: Arrays, inputs: Arrays, scratch: Array | None = None) -> None:
        ufunc(inputs[0], inputs[1], out=outputs[0])

    return kernel


add: Final = _binary(np.add)
subtract: Final = _binary(np.subtract)
multiply: Final = _binary(np.multiply)
divide: Final = _binary(np.divide)
power: Final = _binary(np.power)
maximum: Final = _binary(np.maximum)
minimum: Final = _binary(np.minimum)


def fill(
    outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, shape: Any, value: float
) -> None:
    """One number everywhere."""
    outputs[0].fill(value)


def _ramp(x: Array, out: Array) -> None:
    np.maximum(x, 0.0, out=out)


def _unit_step(x: Array, out: Array) -> None:
    np.greater(x, 0.0, out=out)


def _logistic_sigmoid(x: Array, out: Array) -> None:
    # exp may overflow to infinity: then the result is 0, as it should be.
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)


def _soft_ramp(x: Array, out: Array) -> None:
    np.logaddexp(0.0, x, out=out)


@functools.cache
def _scipy(name: str) -> Callable[..., Any]:
    import scipy.special  # slow to import, and rarely wanted

    function: Callable[..., Any] = getattr(scipy.special, name)
    return function


def _special(name: str, *before: float) -> Callable[..., Any]:
    def function(x: Array, out: Array) -> None:
        _scipy(name)(*before, x, out=out)

    return function


MAPS: Final[dict[str, Callable[..., Any]]] = {
    "Negate": np.negative,
    "Ramp": _ramp,
    "UnitStep": _unit_step,
    "Tanh": np.tanh,
    "LogisticSigmoid": _logistic_sigmoid,
    "SoftRamp": _soft_ramp,
    "Sin": np.sin,
    "Cos": np.cos,
    "Tan": np.tan,
    "ArcSin": np.arcsin,
    "ArcCos": np.arccos,
    "ArcTan": np.arctan,
    "Sinh": np.sinh,
    "Cosh": np.cosh,
    "ArcSinh": np.arcsinh,
    "ArcCosh": np.arccosh,
    "ArcTanh": np.arctanh,
    "Log": np.log,
    "Exp": np.exp,
    "ExpMinusOne": np.expm1,
    "Sqrt": np.sqrt,
    "Square": np.square,
    "Abs": np.absolute,
    "Sign": np.sign,
    "Round": np.rint,
    "Ceiling": np.ceil,
    "Floor": np.floor,
    "Gamma": _special("gamma"),
    "LogGamma": _special("gammaln"),
    "DiGamma": _special("digamma"),
    "TriGamma": _special("zeta", 2.0),
    "Erf": _special("erf"),
}
"""The functions of one number: `function(x, out=array)`."""


def map_(outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, function: str) -> None:
    """A function of one number on every element."""
    MAPS[function](inputs[0], out=outputs[0])
