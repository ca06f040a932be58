"""NumPy's functions of arrays, as operations of a formula."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wlnet.graph.tracing import Traced, writer_of

METHODS = (
    "sum", "prod", "mean", "max", "min", "var", "std", "any", "all", "argsort", "argmax", "argmin",
    "squeeze", "swapaxes", "ravel", "dot", "take",
)  # fmt: skip
"""Methods of arrays that are functions of NumPy."""
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""What is written down of each of NumPy's functions."""


def writes(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: what is written down for these functions."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__qualname__ = f"np.{functions[0].__name__}"  # what errors about options name
        FUNCTIONS.update(dict.fromkeys(functions, function))
        return function

    return enter


def _axes(axis: Any) -> tuple[int, ...] | None:
    if axis is None:
        return None
    return tuple(map(operator.index, axis if isinstance(axis, (tuple, list)) else (axis,)))


def write(name: str, settings: Any, *values: Any) -> Any:
    """The result of an operation of a formula."""
    return writer_of(*values).operation(name, settings, *values)


def plain(function: str, **options: Any) -> None:
    """Refuse options that have no place in a formula."""
    told = [name for name, value in options.items() if value is not None]
    if told:
        raise TypeError(f"np.{function} with {', '.join(told)} cannot be written down")


def _aggregated(name: str, function: Any) -> None:
    def entered(
        x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
        **more: Any,
    ) -> Any:  # fmt: skip
        plain(function.__name__, dtype=dtype, out=out, **more)
        return write("Aggregate", (name, _axes(axis), bool(keepdims)), x)

    writes(function)(entered)


_REDUCED: tuple[tuple[str, Any], ...] = (("Total", np.sum), ("Times", np.prod), ("Mean", np.mean))
for _name, _function in _REDUCED:
    _aggregated(_name, _function)


def _largest(name: str, function: Any) -> None:
    def entered(
        x: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any
    ) -> Any:
        plain(function.__name__, out=out, **more)
        return write("Aggregate", (name, _axes(axis), bool(keepdims)), x)

    writes(function)(entered)


_OF_TWO: tuple[tuple[str, Any], ...] = (
    ("Max", np.max), ("Min", np.min), ("Max", np.any), ("Min", np.all),
)  # fmt: skip
for _name, _function in _OF_TWO:
    _largest(_name, _function)
for _name, _function in _OF_TWO[2:]:
    FUNCTIONS[_function] = lambda x, *more, of=FUNCTIONS[_function], **options: of(
        x if x.writer.is_condition(x) else x != 0, *more, **options
    )


@writes(np.median)
def _median(x: Any, axis: Any = None, keepdims: Any = False, **more: Any) -> Any:
    plain("median", **more)
    return write("Aggregate", ("Median", _axes(axis), bool(keepdims)), x)


@writes(np.var)
def _variance(x: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False, **m: Any) -> Any:
    plain("var", **m)
    if ddof == 1:
        return write("Aggregate", ("Variance", _axes(axis), bool(keepdims)), x)
    squares = np.square(x - np.mean(x, axis=axis, keepdims=True))
    if not ddof:
        return np.mean(squares, axis=axis, keepdims=keepdims)
    count = write("Size", _axes(axis), x)
    return np.sum(squares, axis=axis, keepdims=keepdims) / (count - ddof)


@writes(np.std)
def _deviation(x: Any, axis: Any = None, **options: Any) -> Any:
    if options.get("ddof") == 1 and options.keys() <= {"ddof", "keepdims"}:
        keep = bool(options.get("keepdims", False))
        return write("Aggregate", ("StandardDeviation", _axes(axis), keep), x)
    return _root(np.var(x, axis=axis, **options))


@writes(np.ptp)
def _range(x: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    plain("ptp", out=out)
    return np.max(x, axis=axis, keepdims=keepdims) - np.min(x, axis=axis, keepdims=keepdims)


@writes(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, **more: Any) -> Any:
    plain("average", **more)
    if weights is None:
        return np.mean(a, axis=axis)
    if axis is None:
        return np.sum(a * weights) / np.sum(weights)
    if np.ndim(weights) != 1:
        raise TypeError("np.average along an axis takes a vector of weights")
    return np.moveaxis(a, axis, -1) @ (weights / np.sum(weights))


@writes(np.count_nonzero)
def _count_nonzero(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.sum(x if x.writer.is_condition(x) else x != 0, axis=axis, keepdims=keepdims)


@writes(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    if ord not in (None, 2) or (ord == 2 and not isinstance(axis, int)):
        raise TypeError(f"np.linalg.norm with ord={ord!r} cannot be written down")
    return _root(np.sum(np.square(x), axis=axis, keepdims=keepdims))


def _root(squares: Any) -> Any:
    """The root of squares: where they are all 0, it has no slope, and takes none."""
    return np.where(squares == 0, 0, np.sqrt(squares))


@writes(np.dot)
def _dot(a: Any, b: Any, out: Any = None) -> Any:
    plain("dot", out=out)
    return a * b if _is_number(a) or _is_number(b) else write("Dot", "flat", a, b)


def _is_number(x: Any) -> bool:
    """Whether a value is known to have no axes."""
    if not isinstance(x, Traced):
        return np.ndim(x) == 0
    is_number = bool(x.writer.known[x.tree].shape == ())
    return is_number and np.shape(x) == ()  # which notes that Python has read it


@writes(np.inner)
def _inner(a: Any, b: Any) -> Any:
    return write("Dot", "flat", a, np.transpose(b))


@writes(np.outer)
def _outer(a: Any, b: Any, out: Any = None) -> Any:
    plain("outer", out=out)
    return np.ravel(a)[:, None] * np.ravel(b)[None, :]


@writes(np.einsum)
def _einsum(formula: Any, *xs: Any, **options: Any) -> Any:
    plain("einsum", **{name: x for name, x in options.items() if name != "optimize"})
    if not isinstance(formula, str):
        raise TypeError("einsum of a formula in letters, such as 'ij,jk->ik'")
    told = formula.replace(" ", "")
    if "->" not in told:
        letters = sorted(set(told) - {","})
        told += "->" + "".join(letter for letter in letters if told.count(letter) == 1)
    return write("Einsum", told, *xs)


# Axes and shapes


@writes(np.transpose)
def _transpose(x: Any, axes: Any = None) -> Any:
    return write("Transpose", ("axes", *(_axes(axes) or ())), x)


@writes(np.swapaxes)
def _swapaxes(x: Any, axis1: Any, axis2: Any) -> Any:
    return write("Transpose", ("swap", operator.index(axis1), operator.index(axis2)), x)


@writes(np.moveaxis)
def _moveaxis(x: Any, source: Any, destination: Any) -> Any:
    return write("Transpose", ("move", operator.index(source), operator.index(destination)), x)


def _sizes(shape: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """Sizes that are written, and those that are values of the formula."""
    told, worked_out = [], []
    for size in shape if isinstance(shape, (tuple, list)) else (shape,):
        told.append(None if isinstance(size, Traced) else operator.index(size))
        worked_out += [size] if isinstance(size, Traced) else []
    return tuple(told), worked_out


@writes(np.reshape)
def _reshape(x: Any, shape: Any = None, order: str = "C", *, newshape: Any = None) -> Any:
    plain("reshape", order=None if order == "C" else order)
    told, sizes = _sizes(newshape if shape is None else shape)
    return write("Reshape", told, x, *sizes)


@writes(np.ravel)
def _ravel(x: Any, order: str = "C") -> Any:
    return np.reshape(x, (-1,), order=order)  # type: ignore[call-overload]


@writes(np.broadcast_to)
def _broadcast_to(x: Any, shape: Any, **more: Any) -> Any:
    plain("broadcast_to", **more)
    told, sizes = _sizes(shape)
    return write("Broadcast", told, x, *sizes)


@writes(np.squeeze)
def _squeeze(x: Any, axis: Any = None) -> Any:
    return write("Squeeze", _axes(axis), x)


@writes(np.expand_dims)
def _expand_dims(x: Any, axis: Any) -> Any:
    for at in sorted(_axes(axis) or ()):
        x = x[(*(slice(None),) * at, None)] if at >= 0 else x[(..., None, *(slice(None),) * ~at)]
    return x


@writes(np.flip)
def _flip(x: Any, axis: Any = None) -> Any:
    return write("Reverse", _axes(axis), x)


@writes(np.concatenate)
def _concatenate(xs: Sequence[Any], axis: Any = 0, **more: Any) -> Any:
    plain("concatenate", **more)
    if axis is None:
        xs, axis = [np.ravel(x) for x in xs], 0
    return write("Join", operator.index(axis), *xs)


@writes(np.stack)
def _stack(xs: Sequence[Any], axis: int = 0, **more: Any) -> Any:
    plain("stack", **more)
    return np.concatenate([np.expand_dims(x, axis) for x in xs], axis)


@writes(np.zeros_like)
def _zeros_like(x: Any, **more: Any) -> Any:
    plain("zeros_like", **more)
    return write("Like", 0.0, x)


@writes(np.ones_like)
def _ones_like(x: Any, **more: Any) -> Any:
    plain("ones_like", **more)
    return write("Like", 1.0, x)


@writes(np.full_like)
def _full_like(x: Any, fill_value: Any, **more: Any) -> Any:
    plain("full_like", **more)
    return write("Like", float(fill_value), x)


@writes(np.tile)
def _tile(x: Any, reps: Any) -> Any:
    counts = reps if isinstance(reps, (tuple, list)) else (reps,)
    known = x.writer.known[x.tree].shape
    for _ in range(0 if known is None else len(counts) - len(known)):
        x = x[None]
    for axis, count in enumerate(map(operator.index, counts), -len(counts)):
        x = np.concatenate([x] * count, axis)
    return x


@writes(np.shape)
def _shape(x: Any) -> Any:
    return x.shape


FUNCTIONS[np.ndim] = lambda x: x.ndim
FUNCTIONS[np.size] = lambda x, axis=None: x.size if axis is None else x.shape[axis]
FUNCTIONS[np.copy] = lambda x, **_: x
