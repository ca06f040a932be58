"""Names of functions, and the numbers where a careless form would go wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tests.layers.bench import Bench
from wlnet.core.errors import OptionError
from wlnet.graph.functions import ALIASES, FUNCTIONS
from wlnet.layers import ElementwiseLayer

SYMBOLS = [
    "Ramp", "Tanh", "LogisticSigmoid", "SoftRamp", "Sin", "Cos", "Tan", "ArcSin", "ArcCos",
    "ArcTan", "Sinh", "Cosh", "ArcSinh", "ArcCosh", "ArcTanh", "Log", "Exp", "Sqrt", "Square",
    "Abs", "Round", "Ceiling", "Floor", "Sign", "Gamma", "LogGamma", "Erf", "Identity", "Minus",
    "Erfc", "InverseErf", "CubeRoot", "Csch", "Reciprocal",
    "Log2", "Log10", "Haversine", "Gudermannian", "Sec", "Csc",
    "Cot", "Sech", "Coth", "IntegerPart", "FractionalPart", "Unitize", "UnitStep", "Clip",
]  # fmt: skip
ACTIVATIONS = [
    "ReLU", "RectifiedLinearUnit", "ELU", "ExponentialLinearUnit", "SELU", "GELU", "Swish",
    "HardSwish", "Mish", "SoftSign", "SoftPlus", "HardTanh", "HardSigmoid", "Sigmoid", "ReLU6",
]  # fmt: skip


@pytest.mark.parametrize("name", SYMBOLS + ACTIVATIONS)
def test_every_name_of_the_wolfram_language_is_known(name):
    kept = ElementwiseLayer(name).function
    assert kept == ALIASES.get(name, name)
    assert kept in FUNCTIONS


def test_two_names_of_one_function_give_equal_layers():
    assert (
        ElementwiseLayer("ReLU")
        == ElementwiseLayer("RectifiedLinearUnit")
        == ElementwiseLayer("Ramp")
    )


@pytest.mark.parametrize(
    ("name", "meant"), [("relu", "ReLU"), ("Tahn", "Tanh"), ("sigmoid", "Sigmoid")]
)
def test_a_misspelt_name_finds_its_word(name, meant):
    with pytest.raises(OptionError, match=f"did you mean .*'{meant}'"):
        ElementwiseLayer(name)


def value_and_slope(name, x):
    bench = Bench()
    value = bench.input("Input", [[x]])
    y = bench.lower(ElementwiseLayer(name), Input=value)
    return bench.value(y)[0, 0], bench.gradient(y, value)[0, 0]


@pytest.mark.parametrize(
    ("name", "x", "y", "slope"),
    [
        ("Ramp", -1.0, 0, 0),
        ("Ramp", 2.0, 2, 1),
        ("HardTanh", 3.0, 1, 0),
        ("HardTanh", -3.0, -1, 0),
        ("HardTanh", 0.5, 0.5, 1),
        ("HardSigmoid", 0.0, 0.5, 0.5),
        ("HardSigmoid", 1.5, 1, 0),
        ("HardSigmoid", -1.5, 0, 0),
        ("HardSwish", -4.0, 0, 0),
        ("HardSwish", 4.0, 4, 1),
        ("HardSwish", 1.0, 4 / 6, 5 / 6),
        ("ELU", 1000.0, 1000, 1),
        ("ELU", -1000.0, -1, 0),
        ("ELU", -1e-12, -1e-12, 1),
        ("SELU", 1000.0, 1050.7009873554805, 1.0507009873554805),
        ("SELU", -1000.0, -1.758099340847161, 0),
        ("SoftPlus", 1000.0, 1000, 1),
        ("SoftPlus", -1000.0, 0, 0),
        ("Mish", 1000.0, 1000, 1),
        ("Swish", -1000.0, 0, 0),
        ("GELU", 100.0, 100, 1),
        ("GELU", 0.0, 0, 0.5),
        ("SoftSign", -1.0, -0.5, 0.25),
        ("Round", 2.5, 2, 0),
        ("Round", 3.5, 4, 0),
        ("Sign", -0.1, -1, 0),
        ("ReLU6", 7.0, 6, 0),
        ("ReLU6", -1.0, 0, 0),
        ("ReLU6", 5.0, 5, 1),
        ("Haversine", 1e-9, 2.5e-19, 5e-10),
        ("Gudermannian", 1000.0, np.pi / 2, 0),
        ("Sech", 1000.0, 0, 0),
        ("Coth", -1000.0, -1, 0),
        ("IntegerPart", -2.5, -2, 0),
        ("FractionalPart", -2.75, -0.75, 1),
        ("Unitize", 0.0, 0, 0),
        ("Unitize", -1e-300, 1, 0),
        ("UnitStep", 0.0, 1, 0),
        ("UnitStep", -1e-300, 0, 0),
        ("Erfc", 9.0, 4.13703174651381e-37, -2 / np.sqrt(np.pi) * np.exp(-81.0)),
        ("Erfc", -40.0, 2, 0),
        ("InverseErf", 1e-200, np.sqrt(np.pi) / 2 * 1e-200, np.sqrt(np.pi) / 2),
        ("InverseErf", -0.99, -1.8213863677184494, np.sqrt(np.pi) / 2 * np.exp(3.31744830051062)),
        ("CubeRoot", -1e-300, -1e-100, 1e200 / 3),
        ("CubeRoot", -27.0, -3, 1 / 27),
        ("Csch", -400.0, -2 * np.exp(-400.0), -2 * np.exp(-400.0)),
        ("Csch", 1e-100, 1e100, -1e200),
        ("Reciprocal", -4.0, -0.25, -1 / 16),
    ],
)
def test_functions_hold_where_a_careless_form_would_not(name, x, y, slope):
    with np.errstate(over="raise", invalid="raise"):
        found = value_and_slope(name, x)
    assert found == pytest.approx((y, slope), rel=1e-11, abs=1e-300)
