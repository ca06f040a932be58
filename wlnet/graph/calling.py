"""Calling what a user wrote, to write it down: errors tell the line, and what to write instead."""

from __future__ import annotations

import dis
import inspect
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, WlnetError, fail
from wlnet.graph.rewritings import DERIVED, UFUNCS

FROM_MATH: dict[str, str] = {
    "acos": "np.arccos", "acosh": "np.arccosh", "asin": "np.arcsin", "asinh": "np.arcsinh",
    "atan": "np.arctan", "atanh": "np.arctanh", "pow": "np.power", "erf": "scipy.special.erf",
    "erfc": "scipy.special.erfc",
    "gamma": "scipy.special.gamma", "lgamma": "scipy.special.gammaln",
}  # fmt: skip
"""Functions of `math` that have another name in NumPy or SciPy."""
_PACKAGES = Path(np.__file__).parents[1]
ELSEWHERE = (str(Path(__file__).parents[1]), str(_PACKAGES / "numpy"), str(_PACKAGES / "scipy"))
"""Where frames lie that are none of the user's."""


def called(
    writer: Any,
    function: Callable[..., Any],
    arguments: Sequence[Any],
    named: Mapping[str, Any] | None = None,
    fix: str | None = None,
) -> Any:
    """What a callable gives for arguments that write down what is done to them.

    writer: how they do it. fix: what to write where it does not take them. Raises OptionError that
    tells the line.
    """
    if hasattr(function, "py_func"):
        raise untraceable(writer, function, "it is compiled by Numba", "f.py_func in place of f")
    try:
        return function(*arguments, **(named or {}))
    except RecursionError:
        raise untraceable(writer, function, "it calls itself without end") from None
    except WlnetError as error:
        at = line_of(error)
        told = [replace(fault, at=at or fault.at) for fault in error.faults]
        raise fail(OptionError, told or Fault(str(error), at=at)) from None
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise untraceable(writer, function, why, fix, line_of(error)) from error


def line_of(error: BaseException) -> str | None:
    """The last line of the user in the way to an error."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(ELSEWHERE)
    ]
    if not own:
        return None
    return f"line {own[-1].lineno}: {own[-1].line}" if own[-1].line else f"line {own[-1].lineno}"


def untraceable(
    writer: Any,
    function: Callable[..., Any],
    why: str,
    fix: str | None = None,
    at: str | None = None,
) -> WlnetError:
    """The error for a callable that cannot be written down."""
    name = getattr(function, "__name__", repr(function))
    return fail(
        OptionError,
        Fault(
            "a callable that cannot be written down as a formula",
            at=f"{name}, {at}" if at else name,
            given=why,
            expected="arithmetic, abs, round, comparisons, np.where, and functions of arrays from "
            "NumPy and scipy.special",
            known=known_to(writer),
            fix=fix or _repair(function),
        ),
    )


def _repair(function: Callable[..., Any]) -> str | None:
    """What to write in place of functions of `math`, which take only numbers."""
    names = _from_math(function)
    swaps = [f"{FROM_MATH.get(name, f'np.{name}')} in place of math.{name}" for name in names]
    return ", ".join(swaps) or None


def _from_math(function: Callable[..., Any]) -> list[str]:
    """The functions of `math` that a callable uses, and that NumPy or SciPy has too."""
    names = []
    if getattr(function, "__module__", None) == "math":
        names = [function.__name__]
    elif inspect.isfunction(function) or inspect.ismethod(function):
        outside = inspect.getclosurevars(function)
        seen = {**outside.globals, **outside.nonlocals}
        code = list(dis.get_instructions(function.__code__))
        names = [after.argval for name, after in pairwise(code) if seen.get(name.argval) is math]
        names += [used.__name__ for used in seen.values() if _is_math(used)]
    return sorted({name for name in names if name in FROM_MATH | UFUNCS | DERIVED})


def _is_math(value: Any) -> bool:
    return inspect.isbuiltin(value) and value.__module__ == "math"


def no_place(writer: Any, function: str) -> WlnetError:
    """The error about a function that cannot be written down."""
    what, fix = "a function that has no place in a formula", writer.instead
    return fail(OptionError, Fault(what, given=function, known=known_to(writer), fix=fix))


def known_to(writer: Any) -> list[str]:
    """The names of the functions that can be written down."""
    return sorted({*UFUNCS, *DERIVED, *(each.__name__ for each in writer.functions())})
