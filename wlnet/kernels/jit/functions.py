"""Functions of numbers that a user wrote: compiled once in a process for each precision, as a loop
over arrays that the kernel `compiled` calls by its address. They go into no cache on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from wlnet.kernels.language import Precision

Function = Callable[..., Any]
_OPTIONS: Final[dict[str, Any]] = {
    "nopython": True,
    "boundscheck": False,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": False,
}
"""Without fastmath, as a number must not depend on which others are computed beside it."""
_made: Final[dict[tuple[Function, int, Precision], Any]] = {}
"""What is compiled stays: programs hold its address."""


class NotCompiled(Exception):
    """Why a function cannot be compiled, in the words of Numba."""


def address_of(function: Function, count: int, precision: Precision) -> int:
    """The address of a loop that applies a function to so many operands. Raises NotCompiled."""
    key = (function, count, precision)
    if key not in _made:
        _made[key] = _compiled(*key)
    address: int = _made[key].address
    return address


def _compiled(function: Function, count: int, precision: Precision) -> Any:
    from numba import types
    from numba.core.ccallback import CFunc
    from numba.core.errors import NumbaError
    from numba.core.target_extension import resolve_dispatcher_from_str

    real = types.float32 if precision == "Real32" else types.float64
    dispatcher = resolve_dispatcher_from_str("cpu")
    inner = dispatcher(py_func=function, targetoptions=dict(_OPTIONS))
    try:
        inner.compile((real,) * count)
        (result,) = inner.overloads.values()
        if result.lifted:
            raise NotCompiled("a part of it would run in Python")
        if not isinstance(result.signature.return_type, (types.Number, types.Boolean)) or (
            isinstance(result.signature.return_type, types.Complex)
        ):
            raise NotCompiled(f"it gives {result.signature.return_type}, and not a real number")
        signature = types.void(types.int64, *(types.CPointer(real),) * 5)
        loop = CFunc(LOOPS[count](inner), (signature.args, types.void), {}, dict(_OPTIONS))
        loop.compile()
    except NumbaError as error:
        # Its first line says in which of its passes; the last ones, where in the file.
        told = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise NotCompiled(" ".join(told[1:2] or told)) from None
    return loop


def _of_one(f: Function) -> Function:
    def loop(count, a, b, c, d, y):  # type: ignore[no-untyped-def]
        for i in range(count):
            try:
                y[i] = f(a[i])
            except Exception:
                y[i] = float("nan")

    return loop


def _of_two(f: Function) -> Function:
    def loop(count, a, b, c, d, y):  # type: ignore[no-untyped-def]
        for i in range(count):
            try:
                y[i] = f(a[i], b[i])
            except Exception:
                y[i] = float("nan")

    return loop


def _of_three(f: Function) -> Function:
    def loop(count, a, b, c, d, y):  # type: ignore[no-untyped-def]
        for i in range(count):
            try:
                y[i] = f(a[i], b[i], c[i])
            except Exception:
                y[i] = float("nan")

    return loop


def _of_four(f: Function) -> Function:
    def loop(count, a, b, c, d, y):  # type: ignore[no-untyped-def]
        for i in range(count):
            try:
                y[i] = f(a[i], b[i], c[i], d[i])
            except Exception:
                y[i] = float("nan")

    return loop


LOOPS: Final[dict[int, Callable[[Function], Function]]] = {
    1: _of_one,
    2: _of_two,
    3: _of_three,
    4: _of_four,
}
