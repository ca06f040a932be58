"""What rows a formula of arrays may have, and what the entries of their results are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wlnet.graph import array_checks
from wlnet.graph.array_operations import OPERATIONS
from wlnet.graph.conditions import CONDITIONS, OF_CONDITIONS
from wlnet.graph.lowered import OF_SEVERAL, OPERATORS, Ref, Row, is_of_numbers, operands

LARGEST_NUMBER = 1e300
"""Numbers are below it."""
LARGEST = 4_000
"""Rows of a formula: what is longer is a mistake or an attack."""


def kind_of(row: Row, kinds: Sequence[str]) -> str:
    """What the entries of a result are, from those of its operands."""
    name = row[0]
    if is_of_numbers(row):
        return "Boolean" if name in CONDITIONS or name == "Not" else "Real"
    if name == "Size":
        return "Real"
    if name == "Join" and len(set(kinds)) > 1:
        return "Real"
    if name == "Aggregate" and row[1][0] in ("Max", "Min"):
        return kinds[0]
    gives = OPERATIONS[name].gives
    return kinds[0] if gives == "Same" else gives


def checked_rows(inputs: Sequence[str], rows: Any) -> tuple[tuple[Row, ...], dict[Ref, str]]:
    """Rows in their kept form, and what the entries of every input and row are, by number.

    Raises ValueError for anything else.
    """
    if not isinstance(rows, (tuple, list)) or len(rows) > LARGEST:
        raise ValueError(f"at most {LARGEST} rows")
    kinds: dict[Ref, str] = {f"#{i}": kind for i, kind in enumerate(inputs, 1)}
    kept: list[Row] = []
    for row in rows:
        if not isinstance(row, (tuple, list)) or not row or not isinstance(row[0], str):
            raise ValueError("a row is a tuple that begins with a name")
        kept.append(
            _of_numbers(row, kinds) if is_of_numbers(tuple(row)) else _operation(row, kinds)
        )
        told = [kinds[x] if isinstance(x, str) else "Real" for x in operands(kept[-1])]
        kinds[f"#{len(kinds) + 1}"] = kind_of(kept[-1], told)
    return tuple(kept), kinds


def _operand(part: Any, kinds: dict[Ref, str]) -> Any:
    if isinstance(part, str) and part in kinds:
        return part
    is_number = isinstance(part, (int, float)) and not isinstance(part, bool)
    if is_number and abs(part) < LARGEST_NUMBER:
        return float(part)
    raise ValueError("operands are finite numbers, inputs, or earlier rows")


def _of_numbers(row: Sequence[Any], kinds: dict[Ref, str]) -> Row:
    name, *parts = row
    given = [_operand(part, kinds) for part in parts]
    if name in OPERATORS:
        fits = len(given) == 1
    elif name == "If":
        fits = len(given) == 3
    else:
        fits = len(given) == (OF_SEVERAL[name].arity or max(len(given), 2))
    if not fits:
        raise ValueError(f"{name} does not take {len(given)} given")
    told = [kinds[x] if isinstance(x, str) else "Real" for x in given]
    if "Integer" in told:
        raise ValueError(f"{name} of numbers: Number makes them of indices")
    if any(kind != "Boolean" for kind in told[: OF_CONDITIONS.get(name, 0)]):
        raise ValueError(f"{name} of conditions")
    return (name, *given)


def _operation(row: Sequence[Any], kinds: dict[Ref, str]) -> Row:
    name, settings, parts = row[0], row[1] if len(row) > 1 else None, row[2:]
    if name not in OPERATIONS and name != "Size":
        known = ", ".join(sorted([*OPERATIONS, "Size", *OPERATORS, *OF_SEVERAL, "If"]))
        raise ValueError(f"a function of {known}")
    settings = _as_tuple(settings)
    given = [_operand(part, kinds) for part in parts]
    told = [kinds[x] if isinstance(x, str) else "Real" for x in given]
    if name == "Size":
        array_checks.axes(settings)
        if len(given) != 1 or not isinstance(given[0], str):
            raise ValueError("Size of an array")
        return (name, settings, *given)
    operation = OPERATIONS[name]
    operation.check(settings)
    if name in ("Reshape", "Broadcast"):
        fits = len(given) == 1 + settings.count(None)
    elif name == "Einsum":
        fits = len(given) == settings.count(",") + 1
    else:
        fits = len(given) == operation.operands or (operation.operands is None and bool(given))
    if not fits:
        raise ValueError(f"{name} does not take {len(given)} operands")
    for i, kind in enumerate(told):
        takes = operation.takes[min(i, len(operation.takes) - 1)]
        wanted = told[0] if takes == "Same" else takes
        if kind != wanted and {kind, wanted} != {"Real", "Boolean"}:
            raise ValueError(f"{name} of {wanted} entries")
    return (name, settings, *given)


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, (list, tuple)) else value
