"""What each function of one number means, in plain NumPy: a row for each of maps.py.

The tests hold kernels against these lines, and `functions.py` evaluates by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.graph.table import Table

Array = NDArray[Any]
Evaluate = Callable[[Array], Array]


def _special(name: str, *before: float) -> Evaluate:
    """A function of scipy.special, which is slow to import: only when it is called."""

    def function(x: Array) -> Array:
        import scipy.special

        return np.asarray(getattr(scipy.special, name)(*before, x))

    return function


MAP_REFERENCES = Table[Evaluate]("reference", "wlnet/graph/map_reference.py")
MAP_REFERENCES |= {
    "Negate": np.negative,
    "Ramp": lambda x: np.maximum(x, 0.0),
    "UnitStep": lambda x: (x > 0).astype(float),
    "Tanh": np.tanh,
    "LogisticSigmoid": _special("expit"),
    "SoftRamp": lambda x: np.logaddexp(0.0, x),
    "Sin": np.sin,
    "Cos": np.cos,
    "Tan": np.tan,
    "ArcSin": np.arcsin,
    "ArcCos": np.arccos,
    "ArcTan": np.arctan,
    "Sinh": np.sinh,
    "Cosh": np.cosh,
    "Csch": lambda x: 1 / np.sinh(x),
    "ArcSinh": np.arcsinh,
    "ArcCosh": np.arccosh,
    "ArcTanh": np.arctanh,
    "Log": np.log,
    "Exp": np.exp,
    "ExpMinusOne": np.expm1,
    "LogOnePlus": np.log1p,
    "Sqrt": np.sqrt,
    "CubeRoot": np.cbrt,
    "Square": np.square,
    "Abs": np.abs,
    "Sign": np.sign,
    "Round": np.rint,
    "Ceiling": np.ceil,
    "Floor": np.floor,
    "Gamma": _special("gamma"),
    "LogGamma": _special("gammaln"),
    "DiGamma": _special("digamma"),
    # The Hurwitz zeta function: the sum of 1 / (x + i)^2.
    "TriGamma": _special("zeta", 2.0),
    "Erf": _special("erf"),
    "Erfc": _special("erfc"),
    "InverseErf": _special("erfinv"),
    "NormalCDF": _special("ndtr"),
}
