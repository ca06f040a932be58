"""CompiledLayer."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.names import field_name, wolfram_name
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import PortField, parameter
from wlnet.layers.declaring.layer import Example, Layer

MOST = 4
"""Arguments of a function."""
TAKEN = frozenset({"function", "derivative", "output", "ports"})
"""What names of arguments, which are those of ports, cannot be."""
Function = Callable[..., Any]
EXPECTED = f"a function of 1 to {MOST} numbers, in Python or compiled by Numba"


def number_function(value: object) -> Function:
    """The Python function that is to be compiled, also of one that Numba compiled."""
    function = getattr(value, "py_func", value)
    if not isinstance(function, FunctionType):
        raise ValueError(EXPECTED)
    rows = inspect.signature(function).parameters.values()
    fixed = [row for row in rows if row.kind in (row.POSITIONAL_ONLY, row.POSITIONAL_OR_KEYWORD)]
    if len(fixed) != len(rows) or not 1 <= len(fixed) <= MOST:
        raise ValueError(EXPECTED)
    if len(fixed) > 1 and (own := TAKEN.intersection(row.name for row in fixed)):
        raise ValueError(f"a function whose arguments have other names than {min(own)}")
    return function


def derivatives(value: object) -> tuple[Function, ...] | None:
    """A function for each argument, or None."""
    if value is None:
        return None
    given = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(map(number_function, given))


class CompiledLayer(Layer):
    """A function of numbers, written in Python and compiled by Numba, of every element.

    function: of 1 to 4 numbers, with branches, loops, and calls of functions that Numba compiles
    (numba.njit); it runs as machine code, on all workers, without Python. It must give the same for
    the same numbers. Where it raises, the result is NaN. derivative: the function that is its
    derivative, of the same arguments, or a tuple with the one by each argument. Without it nothing
    before this layer can learn.
    Ports: inputs by the names of its arguments, "Input" if it has one alone; output; all of one
    shape.

    >>> def newton(x):
    ...     y = 1.0
    ...     for _ in range(20):
    ...         y -= (y * y - x) / (2 * y)
    ...     return y
    >>> CompiledLayer(newton, lambda x: 0.5 / x**0.5)([4, 9]).tolist()
    [2.0, 3.0]

    Raises OptionError for what is no such function, where a net with it is first evaluated for what
    Numba cannot compile, and for a gradient through a function without a derivative. A file holds
    no code: a net with this layer is not saved (FormatError) or exported (OptionError); with a
    PlaceholderLayer in its place it is saved.
    Wolfram Language: CompiledLayer.
    """

    holds_code = True

    function = parameter(check=number_function)
    derivative = parameter(None, check=derivatives)

    def __init__(self, *args: object, **options: object) -> None:
        # Its ports are told by the function, which is needed to read what is said of ports.
        given = args[0] if args else options.get("function")
        try:
            told = number_function(given)
        except ValueError:  # told when the layer is made
            told = _identity
        object.__setattr__(self, "parameters", {"Function": told})
        super().__init__(*args, **options)

    def check(self) -> None:
        slopes = self.derivative
        count = len(inspect.signature(self.function).parameters)
        if slopes is None:
            return
        counts = [len(inspect.signature(slope).parameters) for slope in slopes]
        if counts != [count] * count:
            what = "a derivative is a function of the same arguments, one by each of them"
            given = ", ".join(
                f"{brief(slope)} of {n}" for slope, n in zip(slopes, counts, strict=True)
            )
            expected = f"{count} of {count}"
            raise fail(OptionError, Fault(what, self.kind, given, expected))

    @property
    def port_fields(self) -> Mapping[str, PortField]:
        names = [
            wolfram_name(name) for name in inspect.signature(self.parameters["Function"]).parameters
        ]
        names = ["Input"] if len(names) == 1 else names
        found = {name: _field("in", name) for name in names}
        return {**found, "Output": _field("out", "Output")}

    def lower(self, g: Builder, **values: Value) -> Value:
        given = (values[field_name(name)] for name in self.input_names)
        return g.compiled(self.function, *given, slopes=self.derivative)

    def reference(self, **values: Any) -> Any:
        return np.vectorize(self.function, otypes=[float])(
            *(values[field_name(name)] for name in self.input_names)
        )

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(CompiledLayer(_soft_sign, _soft_sign_slope), {"Input": (3, 2)})
        yield Example(CompiledLayer(_soft_sign, _soft_sign_slope), {"Input": ()})
        yield Example(
            CompiledLayer(_angle, (_angle_by_y, _angle_by_x)), {"Y": (5,), "X": (5,)}, (0.5, 2.0)
        )


def _identity(input: float) -> float:
    return input


def _soft_sign(x: float) -> float:
    return x / (1 + x) if x > 0 else x / (1 - x)


def _soft_sign_slope(x: float) -> float:
    return 1 / (1 + abs(x)) ** 2


def _angle(y: float, x: float) -> float:
    return math.atan2(y, x)


def _angle_by_y(y: float, x: float) -> float:
    return x / (x * x + y * y)


def _angle_by_x(y: float, x: float) -> float:
    return -y / (x * x + y * y)


def _field(direction: Any, name: str) -> PortField:
    field = PortField(direction, ("*shape",), "Real", None, False)
    field.name, field.wolfram = field_name(name), name
    return field
