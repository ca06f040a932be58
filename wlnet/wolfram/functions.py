"""Functions of numbers: names are symbols there, or strings; formulas are pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wlnet.graph.expression import Expression as Formula
from wlnet.graph.functions import canonical, function_names
from wlnet.wolfram.expressions import (
    Call,
    Expression,
    Symbol,
    call,
    is_call,
    listed,
    rules_of,
    same,
)
from wlnet.wolfram.values import Unreadable, Value, rational, unwrapped

STRINGS = frozenset(
    {"ELU", "SELU", "GELU", "Swish", "HardSwish", "Mish", "SoftSign", "HardTanh", "HardSigmoid"}
)
"""Functions that are named by strings there."""
OTHERS = {"SoftRamp": "SoftPlus"}
"""What has another name there, also a string."""
_OF_ONE: Mapping[str, Callable[[Expression], Expression]] = {
    "Negate": lambda x: call("Times", -1, x),
    "Square": lambda x: call("Power", x, 2),
    # Exp[x] - 1 would be 0 for small x; this has all figures, for any x.
    "ExpMinusOne": lambda x: call(
        "Times", call("Tanh", call("Times", 0.5, x)), call("Plus", 1, call("Exp", x))
    ),
    "SoftRamp": lambda x: call("Log", call("Plus", 1, call("Exp", x))),
    "LogOnePlus": lambda x: call("Log", call("Plus", 1, x)),
    "NormalCDF": lambda x: call(
        "Plus", 0.5, call("Times", 0.5, call("Erf", call("Times", 0.5**0.5, x)))
    ),
    "Identity": lambda x: x,
    "Reciprocal": lambda x: call("Power", x, -1),
    "ReLU6": lambda x: call("Clip", x, call("List", 0, 6)),
}  # fmt: skip
"""What has no name there, and is read back from how it is written: by the first that fits."""
_PLACE = Symbol("the argument")
_FORMS = {name: form(_PLACE) for name, form in _OF_ONE.items() if name != "Identity"}
LONGEST = 10_000
"""Functions in a formula as it is written; ExpMinusOne has its argument twice."""
_SEVERAL = {
    "Plus", "Times", "Subtract", "Divide", "Power", "Max", "Min", "Greater", "GreaterEqual", "Less",
    "LessEqual", "Equal", "Unequal", "And", "Or", "Not", "If",
}  # fmt: skip
_SYMBOLS = frozenset(
    {"Ramp", "Tanh", "LogisticSigmoid", "Sin", "Cos", "Tan", "ArcSin", "ArcCos", "ArcTan", "Sinh",
     "Cosh", "ArcSinh", "ArcCosh", "ArcTanh", "Log", "Exp", "Sqrt", "Abs", "Round", "Ceiling",
     "Floor", "Sign", "Gamma", "LogGamma", "Erf", "Log2", "Log10",
     "Haversine", "Gudermannian", "Sec", "Csc", "Cot", "Sech", "Coth", "IntegerPart",
     "FractionalPart", "Unitize", "UnitStep", "Csch", "CubeRoot", "Erfc", "InverseErf"}
)  # fmt: skip


def told(function: Any) -> Expression:
    """The function of a layer as an expression. Raises Unreadable for what has none there."""
    if isinstance(function, Formula):
        if _size(function.tree) > LONGEST:
            raise Unreadable("a formula with fewer ExpMinusOne in each other")
        return call("Function", _tree_told(function.tree))
    if function in STRINGS:
        return str(function)
    if function in OTHERS:
        return OTHERS[function]
    if function in _SYMBOLS or function in _SEVERAL or function == "Identity":
        return Symbol(function)
    if function in _OF_ONE:
        return call("Function", _OF_ONE[function](call("Slot", 1)))
    raise Unreadable(f"a function that the Wolfram Language has, not {function}")


def _tree_told(tree: Any) -> Expression:
    if isinstance(tree, str):
        return call("Slot", int(tree[1:]))
    if isinstance(tree, float):
        return int(tree) if tree.is_integer() and abs(tree) < 2**31 else tree
    name, *parts = tree
    args = tuple(map(_tree_told, parts))
    if name in _OF_ONE:
        return _OF_ONE[name](*args)
    if name in _SYMBOLS or name in _SEVERAL:
        return call(name, *args)
    raise Unreadable(f"a formula of functions that the Wolfram Language has, not {name}")


def _size(tree: Any) -> int:
    """How long a formula is as it is written, about."""
    if not isinstance(tree, tuple):
        return 1
    name, *parts = tree
    return 1 + sum(map(_size, parts)) * (2 if name == "ExpMinusOne" else 1)


def read(value: Expression) -> Any:
    """The function of an expression: a name, or a formula. Raises Unreadable."""
    value = unwrapped(value)
    name = value.name if isinstance(value, Symbol) else value
    if isinstance(name, str):
        if name in function_names() or name in _SEVERAL:
            return canonical(name)
        raise Unreadable("a function that wlnet has")
    if is_call(value, "ScalarFunctionObject") and len(value.args) >= 3:
        value = _of_rows(value)
    if is_call(value, "Function") and value.args:
        body = value.args[-1]
        names = _names(value.args[0]) if len(value.args) > 1 else {}
        try:
            return Formula(_tree_read(body, names))
        except ValueError as error:
            raise Unreadable(f"a formula, and not one with {error}") from None
    raise Unreadable("the name of a function, or a pure function such as #^2 &")


FUNCTION = Value(told, read)


def _names(value: Expression) -> dict[str, int]:
    """The parameters of Function[x, ...] or Function[{x, y}, ...] by name."""
    several = value.args if is_call(value, "List") else (value,)
    return {each.name: n for n, each in enumerate(several, 1) if isinstance(each, Symbol)}


def _of_rows(value: Call) -> Call:
    """A function that a saved net has in rows, each a function of earlier ones, as one formula."""
    _, last, rows, *_ = value.args
    pairs = rules_of(rows) or []
    table = {_row_number(key): row for key, row in pairs if _row_number(key) is not None}

    def body(part: Expression, depth: int) -> Expression:
        if depth > 100:
            raise Unreadable("a formula that is not so deep")
        number = _row_number(part)
        if number is not None:
            return body(table[number], depth + 1) if number in table else call("Slot", number)
        if is_call(part, "List") and part.args:
            head, *rest = part.args
            if isinstance(head, (Symbol, str)):
                name = head if isinstance(head, str) else head.name
                return Call(Symbol(name), tuple(body(each, depth + 1) for each in rest))
            return listed(*(body(each, depth + 1) for each in part.args))
        return part

    return call("Function", body(last, 0))


def _row_number(value: Expression) -> int | None:
    is_row = is_call(value, "ScalarSymbol") and len(value.args) == 1
    return value.args[0] if is_row and type(value.args[0]) is int else None


def _tree_read(value: Expression, names: dict[str, int]) -> Any:
    if type(value) in (int, float):
        return float(value)
    if isinstance(value, Symbol):
        if value.name in names:
            return f"#{names[value.name]}"
        if value.name in _CONSTANTS:
            return _CONSTANTS[value.name]
        raise Unreadable(f"a formula of numbers and slots, without {value.name}")
    if is_call(value, "Slot") and len(value.args) <= 1:
        return f"#{value.args[0] if value.args else 1}"
    if is_call(value, "Rational"):
        return rational(value)
    if isinstance(value, Call):
        return _call_read(value, names)
    raise Unreadable("a formula of functions that wlnet has")


_CONSTANTS = {"Pi": 3.141592653589793, "E": 2.718281828459045}


def _call_read(value: Call, names: dict[str, int]) -> Any:
    for name, form in _FORMS.items():
        found: list[Expression] = []
        if _fits(value, form, found) and all(same(found[0], each) for each in found[1:]):
            return (name, _tree_read(found[0], names))
    if value.name == "Surd" and len(value.args) == 2 and value.args[1] == 3:
        return ("CubeRoot", _tree_read(value.args[0], names))
    parts = [_tree_read(each, names) for each in value.args]
    if value.name == "Minus" and len(parts) == 1:
        return ("Negate", parts[0])
    if value.name == "Power" and len(parts) == 2 and parts[0] == _CONSTANTS["E"]:
        return ("Exp", parts[1])
    if value.name == "Log" and isinstance(parts[0], tuple) and parts[0][:2] == ("Plus", 1.0):
        return ("LogOnePlus", ("Plus", *parts[0][2:]))
    name = canonical(value.name)
    if name in _SEVERAL or name in function_names():
        return (name, *parts)
    raise Unreadable(f"a formula of functions that wlnet has, not {value.name or 'a call'}")


def _fits(value: Expression, form: Expression, found: list[Expression]) -> bool:
    """Whether a part of a formula is written so; found: gets what stands in the place of the
    argument."""
    if form is _PLACE:
        found.append(value)
        return True
    if isinstance(form, Call):
        return (
            isinstance(value, Call)
            and value.name == form.name
            and len(value.args) == len(form.args)
            and all(_fits(*each, found) for each in zip(value.args, form.args, strict=True))
        )
    return type(value) in (int, float) and value == form
