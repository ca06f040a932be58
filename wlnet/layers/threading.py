"""ThreadingLayer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import reduce

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes
from wlnet.core.spelling import suggestion
from wlnet.graph.builder import Builder
from wlnet.graph.expression import Expression
from wlnet.graph.functions import COMBINATIONS, combine
from wlnet.graph.graph import Value
from wlnet.graph.tracing import trace
from wlnet.layers.declaring.fields import out, parameter, variadic
from wlnet.layers.declaring.layer import Example, Layer, Reals


def threaded_function(value: object) -> str | Expression:
    """The name of a function of several numbers, or a formula from a callable of several."""
    if isinstance(value, str):
        if value not in COMBINATIONS:
            near = suggestion(value, COMBINATIONS)
            raise ValueError(
                f"{near + ' ' if near else ''}one of {', '.join(COMBINATIONS)}; or a callable"
            )
        return value
    if isinstance(value, Expression):
        return value
    if not callable(value):
        raise ValueError(f"one of {', '.join(COMBINATIONS)}; or a callable of several arguments")
    arity = _arity(value)
    formula = trace(value, arity)
    if formula.arity != arity:
        raise ValueError(f"a formula that uses all its {arity} arguments, not only {formula.arity}")
    return formula


def _arity(function: Callable[..., object]) -> int:
    if isinstance(function, np.ufunc):
        return function.nin
    rows = inspect.signature(function).parameters.values()
    if not rows or any(
        row.kind not in (row.POSITIONAL_ONLY, row.POSITIONAL_OR_KEYWORD) for row in rows
    ):
        raise ValueError("a callable with a fixed number of arguments")
    return len(rows)


class ThreadingLayer(Layer):
    """The same function of the elements that stand at the same place in several arrays.

    Formula: output = function(inputs[1], inputs[2])

    function: "Plus", "Times", "Min", "Max" (of any number of inputs), "Subtract", "Divide", "Power"
    (of two), or a Python callable made of arithmetic, comparisons, np.where and NumPy functions,
    which is called once and kept as a formula.
    Ports: inputs "1", "2", ...; output, all of one shape.

    >>> layer = ThreadingLayer(lambda a, b: a * b + 1, ports={"1": 2, "2": 2})
    >>> layer({"1": [1, 2], "2": [3, 4]}).tolist()
    [4.0, 9.0]

    Raises OptionError for an unknown name and for a callable that Python's `if` decides in.
    Wolfram Language: ThreadingLayer.
    """

    function = parameter(check=threaded_function)
    inputs = variadic("*shape")
    output = out("*shape")

    @property
    def arity(self) -> int | None:
        """How many inputs the function has; None where it takes any number."""
        function = self.function
        return function.arity if isinstance(function, Expression) else COMBINATIONS[function].arity

    @property
    def usual_inputs(self) -> int:
        return self.arity or 2

    def relate(self, sizes: Sizes) -> None:
        count = sizes["inputs"]
        if count and self.arity is not None and count != self.arity:
            raise Mismatch(f"{self.function} takes {self.arity} inputs, not {count}")

    def lower(self, g: Builder, *inputs: Value) -> Value:
        if isinstance(self.function, Expression):
            return self.function.lower(g, *inputs)
        return combine(self.function, g, list(inputs))

    def reference(self, *inputs: Reals) -> Reals:
        if isinstance(self.function, Expression):
            return np.asarray(self.function.evaluate(*inputs))
        return reduce(COMBINATIONS[self.function].evaluate, inputs)

    @staticmethod
    def examples() -> Iterator[Example]:
        for name, function in COMBINATIONS.items():
            yield Example(ThreadingLayer(name), {"1": (2, 3), "2": (2, 3)}, function.domain)
            if function.arity is None:
                yield Example(ThreadingLayer(name), {"1": (2,), "2": (2,), "3": (2,)})
        yield Example(ThreadingLayer("Plus"), {"1": ()})
        yield Example(
            ThreadingLayer(lambda a, b, c: a * np.tanh(b) - c), {"1": (3,), "2": (3,), "3": (3,)}
        )
        yield Example(ThreadingLayer(np.maximum), {"1": (1,), "2": (1,)})
