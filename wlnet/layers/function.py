"""FunctionLayer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, WlnetError, fail
from wlnet.core.names import field_name, wolfram_name
from wlnet.core.net import Services
from wlnet.core.ports import PortType, as_port
from wlnet.core.shapes import merge
from wlnet.graph.array_formula import ArrayFormula
from wlnet.graph.array_tracing import Written, trace_arrays
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import PortField, parameter
from wlnet.layers.declaring.layer import Example, Layer, Shapes


def array_function(value: object) -> ArrayFormula:
    """A formula, from one or from a function of arrays in which no nets are called."""
    if isinstance(value, ArrayFormula):
        return value
    if not callable(value):
        raise ValueError("a function of arrays, such as lambda x: x - np.mean(x)")
    written = trace_arrays(value, {}, {})
    if written.arrays.calls:
        raise ValueError("a function of arrays in which no nets are called: those make a NetGraph")
    return written.arrays.part(written.inputs, written.outputs)


class FunctionLayer(Layer):
    """A function of arrays, written in Python.

    function: is called once, with arguments that write down what is done to them: arithmetic,
    comparisons, `@`, indices and slices, np.where, and NumPy's functions of arrays (np.sum, np.max,
    np.std, np.sort, np.einsum, np.concatenate, np.reshape and so on). It is kept as a formula, with
    an exact derivative, and works on each example by itself. Its arguments are ports by their
    names, one argument alone is "Input"; a dict has an output for each key. Layers and nets that it
    calls become parts, with arrays that learn: then a NetGraph comes back. One that it calls twice
    has the same arrays in both places, under a name of its own.
    Ports: as the function has. Sizes may stay open; where Python must know one (in a loop, or in
    `if x.shape[0] > 3`) it is told: input=(3, 4). A port of "Integer" gives indices from 1, as
    everywhere: x[i - 1].

    >>> FunctionLayer(lambda x: x - np.mean(x))([1, 2, 6]).tolist()
    [-2.0, -1.0, 3.0]
    >>> layer = FunctionLayer(lambda foo, bar: {"Sum": foo + bar, "Dot": foo @ bar})
    >>> layer({"Foo": [1, 2], "Bar": [3, 4]})["Dot"].item()
    11.0

    Raises OptionError, with the line, for what cannot be written down: a branch on a value,
    float(x), what changes an array in place.
    Wolfram Language: FunctionLayer.
    """

    function = parameter(check=array_function)

    def __new__(cls, *args: object, **options: object) -> Any:
        self = super().__new__(cls)
        function = args[0] if args else options.pop("function", None)
        if callable(function) and len(args) < 2:
            written = _written(function, options)
            if written.arrays.calls:
                assert Services.connect is not None
                return Services.connect(written, options, function)
            formula = written.arrays.part(written.inputs, written.outputs)
            object.__setattr__(self, "_formula", formula)
        return self

    def __init__(self, *args: object, **options: object) -> None:
        formula = vars(self).pop("_formula", None)
        given = [formula, *args[1:]] if formula is not None and args else list(args)
        if formula is not None and not args:
            options["function"] = formula
        known = formula or next((x for x in (*given, *options.values()) if _is_formula(x)), None)
        # Its ports are told by the formula alone.
        object.__setattr__(self, "parameters", {"Function": known})
        super().__init__(*given, **options)

    def check(self) -> None:
        if list(self.ports) != [
            name for name, _ in (*self.function.inputs, *self.function.outputs)
        ]:
            what = "a function of other arguments has other ports: make a new layer"
            raise fail(OptionError, Fault(what, at=self.kind, known=list(self.ports)))

    @property
    def port_fields(self) -> Mapping[str, PortField]:
        formula = self.parameters["Function"]
        if formula is None:
            return {}
        kinds = formula.output_kinds.items()
        found = {name: _field("in", name, kind) for name, kind in formula.inputs}
        return found | {name: _field("out", name, kind) for name, kind in kinds}

    def infer(self, ports: Shapes, arrays: Shapes, **_: Any) -> tuple[Shapes, Shapes]:
        found = self.function.shapes({name: ports[name] for name in self.input_names})
        known = {name: merge(found.get(name), shape) for name, shape in ports.items()}
        if self.function.is_of_numbers:
            shape = reduce(merge, known.values())
            known = dict.fromkeys(known, shape)
        return known, {}

    def lower(self, g: Builder, *inputs: Value, **values: Value) -> Any:
        given = {name: values[field_name(name)] for name in self.input_names}
        made = self.function.lower(g, given)
        return made if len(made) > 1 else next(iter(made.values()))

    def reference(self, *inputs: Any, **values: Any) -> Any:
        columns = [values[field_name(name)] for name in self.input_names]
        rows = [
            self.function.evaluate(dict(zip(self.input_names, row, strict=True)))
            for row in zip(*columns, strict=True)
        ]
        made = {name: np.array([row[name] for row in rows]) for name in self.output_names}
        return made if len(made) > 1 else next(iter(made.values()))

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(FunctionLayer(lambda x: (x - np.mean(x)) / np.std(x)), {"Input": (5,)})
        yield Example(
            FunctionLayer(lambda x: np.where(x > 0, np.log1p(x), x * x)), {"Input": (3, 2)}
        )
        yield Example(
            FunctionLayer(lambda query, key: np.max(query @ key.T, axis=-1)[::-1]),
            {"Query": (3, 2), "Key": (4, 2)},
        )
        yield Example(FunctionLayer(lambda x: np.sort(x)[1:] @ np.ones(3)), {"Input": (4,)})
        yield Example(FunctionLayer(lambda a, b: a[:, None] * b[None]), {"A": (2,), "B": (3,)})


def _is_formula(value: object) -> bool:
    return isinstance(value, ArrayFormula)


def _field(direction: Any, name: str, kind: str) -> PortField:
    flow: Any = "Integer" if kind == "Integer" else "Real"
    field = PortField(direction, (f"*{name}",), flow, None, False)
    field.name, field.wolfram = field_name(name), name
    return field


def _written(function: Callable[..., Any], options: Mapping[str, object]) -> Written:
    """A function, written down with what is told of its ports."""
    said = options.get("ports")
    table = said if isinstance(said, Mapping) else {}
    told = {wolfram_name(name): spec for name, spec in options.items() if name != "ports"}
    ports = {str(name): _port(spec) for name, spec in {**table, **told}.items()}
    kinds = {name: port.element for name, port in ports.items() if port.element}
    return trace_arrays(function, {name: port.shape for name, port in ports.items()}, kinds)


def _port(spec: object) -> PortType:
    try:
        return as_port(spec)
    except WlnetError:  # told when the layer is made
        return PortType()
