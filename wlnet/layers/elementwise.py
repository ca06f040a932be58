"""ElementwiseLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.catalogue import SOON_FUNCTIONS, not_there_yet
from wlnet.core.spelling import suggestion
from wlnet.graph.builder import Builder
from wlnet.graph.expression import Expression
from wlnet.graph.functions import FUNCTIONS, canonical, function_names
from wlnet.graph.graph import Value
from wlnet.graph.tracing import trace
from wlnet.layers.declaring.fields import out, parameter, port
from wlnet.layers.declaring.layer import Example, Gives, Layer, Reals, TargetForm

CHANCES = frozenset({"LogisticSigmoid", "HardSigmoid"})
"""Functions whose values lie from 0 to 1."""
REALS = frozenset(
    {
        *("Ramp", "Tanh", "Log", "Sin", "Cos", "Sinh", "Cosh", "ArcTan", "Sign", "SoftRamp"),
        *("SoftSign", "HardTanh", "HardSwish", "Swish", "Mish", "Erf", "ELU", "SELU", "GELU"),
        *("Negate", "Log2", "Log10", "Gudermannian", "Sec", "Csc"),
        *("Cot", "Coth", "IntegerPart", "ReLU6", "Csch", "CubeRoot", "Erfc", "InverseErf"),
        *("Reciprocal",),
    }
)
"""Functions whose values are no probabilities. Of the others, and of formulas, nobody knows."""


def elementwise_function(value: object) -> str | Expression:
    """A canonical name or a formula, from a name, a callable or a formula."""
    if isinstance(value, str):
        if canonical(value) not in FUNCTIONS:
            near = suggestion(value, function_names())
            if value in SOON_FUNCTIONS:
                near = f"{not_there_yet(value, SOON_FUNCTIONS)};"
            raise ValueError(
                f"{near + ' ' if near else ''}one of {', '.join(function_names())}; "
                "or a callable, such as lambda x: x * np.tanh(x)"
            )
        return canonical(value)
    formula = trace(value) if callable(value) else value
    if not isinstance(formula, Expression) or formula.arity != 1:
        raise ValueError("the name of a function, such as 'Ramp', or a callable of one argument")
    if formula.tree == "#1":
        return "Identity"
    if formula.tree in (("Max", "#1", 0.0), ("Max", 0.0, "#1")):
        return "Ramp"
    is_named = (
        isinstance(formula.tree, tuple) and len(formula.tree) == 2 and formula.tree[0] in FUNCTIONS
    )
    return formula.tree[0] if is_named and formula.tree[1] == "#1" else formula


class ElementwiseLayer(Layer):
    """The same function of every element.

    Formula: output = function(input)

    function: a name ("Ramp", "Tanh", "GELU", ...), or a Python callable made of arithmetic,
    comparisons, np.where and NumPy functions, which is called once and kept as a formula, with an
    exact derivative: of np.where that of the side that is taken. A function of several names is
    kept under one: "ReLU" is "Ramp".
    Ports: input of any shape, output of the same shape.

    >>> ElementwiseLayer("Ramp")([-1, 2]).tolist()
    [0.0, 2.0]
    >>> ElementwiseLayer(lambda x: 1 / (1 + x * x)).function
    Expression(('Divide', 1.0, ('Plus', 1.0, ('Times', '#1', '#1'))))
    >>> ElementwiseLayer(lambda x: np.where(x > 0, np.log(x), 0))([-1, 1]).tolist()
    [0.0, 0.0]

    Raises OptionError for an unknown name and for a callable that Python's `if` decides in.
    Wolfram Language: ElementwiseLayer.
    """

    function = parameter(check=elementwise_function)
    input = port("*shape")
    output = out("*shape")

    @property
    def asks_for(self) -> TargetForm:
        return "Binary" if self.gain_function == "LogisticSigmoid" else "Square"

    @property
    def is_view(self) -> bool:
        return self.gain_function == "Identity"

    @property
    def gives(self) -> Gives | None:
        if self.gain_function in CHANCES:
            return "Chances"
        return "Reals" if self.gain_function in REALS else None

    @property
    def gain_function(self) -> str:
        return str(self.function)

    def lower(self, g: Builder, input: Value) -> Value:
        if isinstance(self.function, Expression):
            return self.function.lower(g, input)
        return FUNCTIONS[self.function].lower(g, input)

    def reference(self, input: Reals) -> Reals:
        if isinstance(self.function, Expression):
            return np.asarray(self.function.evaluate(input))
        return np.asarray(FUNCTIONS[self.function].evaluate(input))

    @staticmethod
    def examples() -> Iterator[Example]:
        for name, function in FUNCTIONS.items():
            yield Example(ElementwiseLayer(name), {"Input": (3, 2)}, function.domain)
        yield Example(ElementwiseLayer("Ramp"), {"Input": ()})
        yield Example(
            ElementwiseLayer(lambda x: x * np.tanh(x) - np.maximum(x, 0.3) / 2), {"Input": (4,)}
        )
        yield Example(ElementwiseLayer(lambda x: (1 + np.abs(x)) ** 1.5 + x**2), {"Input": (1,)})
        yield Example(
            ElementwiseLayer(lambda x: np.where(x > 0.1, np.log1p(x), x * x)), {"Input": (3, 2)}
        )
