"""NumPy's and SciPy's functions as functions of formulas, in the forms that keep their figures.

What the words say and what the numbers need are two things: log(1 + exp(x)) is SoftRamp[x], whose
value is right where exp(x) is lost beside 1, and where it is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from wlnet.graph.conditions import is_condition

Tree = Any
"""See expression.py."""

UFUNCS: dict[str, str] = {
    "add": "Plus", "subtract": "Subtract", "multiply": "Times", "divide": "Divide",
    "power": "Power", "float_power": "Power", "minimum": "Min", "maximum": "Max",
    "negative": "Negate", "positive": "Identity",
    "absolute": "Abs", "fabs": "Abs", "sign": "Sign", "rint": "Round", "floor": "Floor",
    "ceil": "Ceiling", "sqrt": "Sqrt", "cbrt": "CubeRoot", "square": "Square", "exp": "Exp",
    "expm1": "ExpMinusOne", "log": "Log", "log1p": "LogOnePlus", "sin": "Sin", "cos": "Cos",
    "tan": "Tan", "arcsin": "ArcSin", "arccos": "ArcCos", "arctan": "ArcTan", "sinh": "Sinh",
    "cosh": "Cosh", "tanh": "Tanh", "arcsinh": "ArcSinh", "arccosh": "ArcCosh",
    "arctanh": "ArcTanh", "expit": "LogisticSigmoid", "erf": "Erf", "erfc": "Erfc",
    "erfinv": "InverseErf", "ndtr": "NormalCDF", "gamma": "Gamma", "gammaln": "LogGamma",
    "greater": "Greater", "greater_equal": "GreaterEqual", "less": "Less",
    "less_equal": "LessEqual", "equal": "Equal", "not_equal": "Unequal",
}  # fmt: skip
"""NumPy's and SciPy's functions, by the name of the function that they are here."""

DERIVED: dict[str, Callable[..., Tree]] = {
    "reciprocal": lambda x: simpler("Divide", [1.0, x]),
    "exp2": lambda x: ("Power", 2.0, x),
    "log2": lambda x: ("Times", simpler("Log", [x]), 1 / math.log(2)),
    "log10": lambda x: ("Times", simpler("Log", [x]), 1 / math.log(10)),
    "logaddexp": lambda a, b: _log_of_sum(a, b),
    "fmax": lambda a, b: _of_numbers_there("Max", a, b),
    "fmin": lambda a, b: _of_numbers_there("Min", a, b),
    "log_expit": lambda x: negated(("SoftRamp", negated(x))),
    "logical_not": lambda x: ("Not", truth(x)),
    "logical_and": lambda a, b: _of_truths("And", a, b, lambda x, sure: x if sure else 0.0),
    "logical_or": lambda a, b: _of_truths("Or", a, b, lambda x, sure: 1.0 if sure else x),
    "logical_xor": lambda a, b: _of_truths(
        "Unequal", a, b, lambda x, sure: ("Not", x) if sure else x
    ),
}
"""NumPy's functions that are several functions here; a number for one argument is fine."""

OF_CONDITIONS: dict[str, str] = {
    "invert": "logical_not", "bitwise_and": "logical_and", "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor", "multiply": "logical_and", "add": "logical_or",
}  # fmt: skip
"""What NumPy's functions are where all operands are conditions, which are no numbers to it."""


NO_LIMIT = {"Max": -math.inf, "Min": math.inf}
"""What is no limit, as in np.clip(x, 0, np.inf)."""
EXPONENTIALS = "Exp", "ExpMinusOne", "Sinh", "Cosh"


def _of_numbers_there(name: str, a: Tree, b: Tree) -> Tree:
    """The larger or the smaller one; where one is NaN, the other."""
    found = simpler(name, [a, b])
    for x, other in ((b, a), (a, b)):
        found = found if isinstance(x, float) else ("If", ("Unequal", x, x), other, found)
    return found


def truth(tree: Tree) -> Tree:
    """A part of a formula as a condition: numbers are true unless they are 0."""
    return tree if is_condition(tree) else ("Unequal", tree, 0.0)


def _of_truths(name: str, a: Tree, b: Tree, known: Callable[[Tree, float], Tree]) -> Tree:
    """Two conditions; known: what is left where one of them is a number, so true or false for
    sure."""
    if isinstance(a, float) or isinstance(b, float):
        number, other = (a, b) if isinstance(a, float) else (b, a)
        return known(truth(other), number)
    return (name, truth(a), truth(b))


def negated(tree: Tree) -> Tree:
    """Less a part of a formula."""
    return tree[1] if isinstance(tree, tuple) and tree[0] == "Negate" else ("Negate", tree)


def simpler(name: str, trees: list[Tree]) -> Tree:
    """Forms that say the same shorter or more exactly, by which layers know a function again."""
    if name in DERIVED:
        return DERIVED[name](*trees)
    if name == "Divide":
        return _quotient(*trees)
    match name, trees:
        case "Negate", [x]:
            return negated(x)
        case "Identity", [x]:
            return x
        case "Power", [x, 1.0]:
            return x
        case "Power", [x, 2.0]:
            return ("Square", x)
        case "Power", [x, 0.5]:
            return simpler("Sqrt", [x])
        case "Sqrt", [("Square", x)]:
            return ("Abs", x)
        case "Sqrt", [("Times", x, y)] if x == y:
            return ("Abs", x)
        case "Power", [math.e, x]:
            return ("Exp", x)
        case (("Max" | "Min"), [x, y]) if NO_LIMIT[name] in (x, y):
            return y if x == NO_LIMIT[name] else x
        case "Power", [x, -1.0]:
            return simpler("Divide", [1.0, x])
        case "Log", [("Plus", 1.0, x) | ("Plus", x, 1.0)]:
            return simpler("LogOnePlus", [x])
        case "Log", [("Subtract", 1.0, x)]:
            return simpler("LogOnePlus", [negated(x)])
        case "Log", [("LogisticSigmoid", x)]:
            return negated(("SoftRamp", negated(x)))
        case "LogOnePlus", [("Exp", x)]:
            return ("SoftRamp", x)
        case ("Subtract", [("Exp", x), 1.0]) | ("Plus", [("Exp", x), -1.0] | [-1.0, ("Exp", x)]):
            return ("ExpMinusOne", x)
        case "Subtract", [1.0, ("Exp", x)]:
            return negated(("ExpMinusOne", x))
        case "Subtract", [1.0, ("LogisticSigmoid", x)]:
            return ("LogisticSigmoid", negated(x))
    return (name, *trees)


def _quotient(a: Tree, b: Tree) -> Tree:
    """a / b, without an exponential below, which may be infinite though the quotient is not."""
    match a, b:
        case ("Exp", x), ("Exp", y):
            return ("Exp", ("Subtract", x, y))
        case _, ("Exp", x):
            return _product(a, ("Exp", negated(x)))
        case ("Exp", x), ("Plus", 1.0, ("Exp", y)) | ("Plus", ("Exp", y), 1.0) if x == y:
            return ("LogisticSigmoid", x)
        case ("ExpMinusOne", x), ("Plus", 1.0, ("Exp", y)) | ("Plus", ("Exp", y), 1.0) if x == y:
            return ("Tanh", ("Times", 0.5, x))
        case _, ("Plus", 1.0, ("Exp", x)) | ("Plus", ("Exp", x), 1.0) if not _grows(a):
            return _product(a, ("LogisticSigmoid", negated(x)))
    return ("Divide", a, b)


def _product(a: Tree, b: Tree) -> Tree:
    return b if a == 1.0 else ("Times", a, b)


def _grows(tree: Tree) -> bool:
    """Whether a part of a formula has exponentials: it may be infinite where the other factor dies
    out, and then a product is as bad as a quotient."""
    if not isinstance(tree, tuple):
        return False
    name, *parts = tree
    has_base = name == "Power" and isinstance(parts[0], float)
    return has_base or name in EXPONENTIALS or any(map(_grows, parts))


def _log_of_sum(a: Tree, b: Tree) -> Tree:
    """log(exp(a) + exp(b)): the larger, and what the other adds to it."""
    if -math.inf in (a, b):
        return b if a == -math.inf else a
    if 0.0 in (a, b):
        return ("SoftRamp", b if a == 0.0 else a)
    return ("Plus", ("Max", a, b), ("SoftRamp", ("Negate", ("Abs", ("Subtract", a, b)))))
