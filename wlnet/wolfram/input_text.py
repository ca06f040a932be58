"""Expressions as InputForm: text that the Wolfram Language reads."""

from __future__ import annotations

import math

import numpy as np

from wlnet.wolfram.expressions import Call, Expression, Symbol

WIDE = 100
"""Letters of a line, where an expression can be broken."""
_PLACES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def input_text(value: Expression, indent: str = "") -> str:
    """
    >>> from wlnet.wolfram.expressions import call, rule, listed
    >>> input_text(call("f", listed(1, 2.5), rule("a", call("Slot", 1)), {"k": 1e-20}))
    'f[{1, 2.5}, "a" -> #1, <|"k" -> 1.*^-20|>]'
    """
    flat = _flat(value)
    if len(indent) + len(flat) <= WIDE:
        return flat
    opening, parts, closing = _pieces(value)
    if not parts:
        return flat
    inner = indent + "  "
    rows = [f"{inner}{head}{input_text(part, inner)}" for head, part in parts]
    return f"{opening}\n" + ",\n".join(rows) + f"\n{indent}{closing}"


def _pieces(value: Expression) -> tuple[str, list[tuple[str, Expression]], str]:
    """How an expression opens, its parts, each with what stands before it, and how it closes."""
    if isinstance(value, dict):
        return "<|", [(f"{_flat(key)} -> ", part) for key, part in value.items()], "|>"
    if isinstance(value, np.ndarray) and value.ndim:
        return "NumericArray[", [("", list_of(value)), ("", _type(value))], "]"
    if not isinstance(value, Call):
        return "", [], ""
    opening, closing = ("{", "}") if value.name == "List" else (f"{_flat(value.head)}[", "]")
    parts: list[tuple[str, Expression]] = []
    for each in value.args:
        if isinstance(each, Call) and each.name == "Rule" and len(each.args) == 2:
            parts.append((f"{_flat(each.args[0])} -> ", each.args[1]))
        else:
            parts.append(("", each))
    return opening, parts, closing


def _flat(value: Expression) -> str:
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, str):
        return '"' + "".join(_letter(letter) for letter in value) + '"'
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return number(float(value))
    if isinstance(value, bytes):
        return f"ByteArray[{{{', '.join(map(str, value))}}}]"
    if isinstance(value, np.ndarray) and not value.ndim:
        return number(float(value))
    if isinstance(value, Call):
        special = _OPERATORS.get(value.name)
        if special is not None and len(value.args) in special[1]:
            return special[0].format(*map(_operand, value.args))
    opening, parts, closing = _pieces(value)
    return opening + ", ".join(head + _flat(part) for head, part in parts) + closing


_OPERATORS = {
    "Rule": ("{} -> {}", (2,)),
    "Slot": ("#{}", (1,)),
    "Span": ("{} ;; {}", (2,)),
    "Blank": ("_", (0,)),
    "TwoWayRule": ("{} <-> {}", (2,)),
    "Alternatives": ("{} | {}", (2,)),
}


def _operand(value: Expression) -> str:
    text = _flat(value)
    inside = isinstance(value, Call) and value.name in _OPERATORS and value.name not in (
        "Slot", "Blank")  # fmt: skip
    return f"({text})" if inside else text


def number(value: float) -> str:
    """
    >>> number(0.1), number(3.0), number(-2.5e-9), number(1e22)
    ('0.1', '3.', '-2.5*^-9', '1.*^22')
    """
    if not math.isfinite(value):
        return (
            "Indeterminate"
            if math.isnan(value)
            else f"DirectedInfinity[{math.copysign(1, value):.0f}]"
        )
    digits, _, power = repr(value).partition("e")
    digits = digits.removesuffix("0") if digits.endswith(".0") else digits
    digits = digits if "." in digits else f"{digits}."
    return f"{digits}*^{int(power)}" if power else digits


def list_of(array: np.ndarray) -> Call:
    """The numbers of an array as lists in lists; those of a float32 in as few digits as tell it."""
    if array.ndim == 1:
        kind = array.dtype.kind
        return Call(Symbol("List"), tuple(
            float(str(each)) if kind == "f" else int(each) for each in array))  # fmt: skip
    return Call(Symbol("List"), tuple(list_of(row) for row in array))


def _type(array: np.ndarray) -> str:
    names = {"float32": "Real32", "float64": "Real64", "uint8": "UnsignedInteger8"}
    return names.get(array.dtype.name, "Real64")


def _letter(letter: str) -> str:
    if letter in _PLACES:
        return _PLACES[letter]
    code = ord(letter)
    if 32 <= code < 127:
        return letter
    return f"\\:{code:04x}" if code < 0x10000 else f"\\|{code:06x}"
