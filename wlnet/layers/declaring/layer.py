"""The base of all layers: everything that follows from a declaration.

A layer is one file: a class with declared fields, `lower`, `reference` and `examples`. No layer
extends another. What a layer may say of itself stands here in one place, each with its default, so
this class is long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np

from wlnet.core.arrays import Array, full
from wlnet.core.errors import Fault, OptionError, ShapeError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net, check_coders, same
from wlnet.core.net_arrays import BegunArray
from wlnet.core.ports import Sent
from wlnet.core.rule_lists import rules_told_with
from wlnet.core.shapes import Mismatch, Partial, Sizes, is_known, solve
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import (
    ArrayField,
    Field,
    Parameter,
    PortField,
    StateField,
    Takes,
)
from wlnet.layers.declaring.options import bound, read_array, read_parameter, read_ports, signature

Shapes = dict[str, Partial]
Made = dict[str, Value]
"""Outputs, and states after the last step, by name."""
TargetForm = Literal["Index", "Probabilities", "Binary", "Square", "Sequence"]
"""What targets are: classes counted from 1, one number a class, 0 or 1 each, any numbers, or
classes counted from 1 in a sequence of a length of its own."""
Gives = Literal["Reals", "Chances", "Distribution"]
"""What numbers are: no probabilities; from 0 to 1, each by itself; positive, of total 1."""
LAYERS: dict[str, type[Layer]] = {}
"""Every kind of layer by name: the closed table that files are read with."""


Reals = np.ndarray[Any, np.dtype[np.float64]]
"""What a reference is given and what it gives: it works in double precision."""


class Example(NamedTuple):
    """A layer that the laws try."""

    layer: Layer
    shapes: Mapping[str, tuple[int, ...]]
    """The shape of each input, without the batch."""
    span: tuple[float, float] = (-2.0, 2.0)
    """Between which numbers the inputs are drawn."""


class Layer(Net):
    """One layer. See `LinearLayer` for how one is declared."""

    addressing = "layer"
    passes_gain: ClassVar[bool] = False
    """Whether first numbers are drawn by the function behind this layer, as behind dropout."""

    is_loss: ClassVar[bool] = False
    """Whether its output is a loss: a port that it makes is minimised as it is."""

    holds_code: ClassVar[bool] = False
    """Whether it holds a function of Python, which no file holds."""

    is_unknown: ClassVar[bool] = False
    """Whether it stands where a layer is not known yet, so that nothing can be computed."""

    feeding_starts: ClassVar[Mapping[str, tuple[float, ...]]] = {}
    """Of an input, what it is to be at first: the biases of a LinearLayer that feeds it, whose
    weights are 0."""

    given_parameters: frozenset[str] | None = None
    """The parameters that somebody gave a value, be it the default; None where nobody knows, as of
    a layer from a file. Two layers that differ in nothing else are equal."""
    declared_parameters: ClassVar[dict[str, Parameter]] = {}
    declared_arrays: ClassVar[dict[str, ArrayField]] = {}
    declared_ports: ClassVar[dict[str, PortField]] = {}
    declared_states: ClassVar[dict[str, StateField]] = {}
    declared_inputs: ClassVar[list[str]] = []

    def __init_subclass__(cls) -> None:
        for base in cls.__mro__[1:]:
            if base.__name__ in LAYERS:
                raise TypeError(f"no layer extends a layer: {cls.__name__} extends {base.__name__}")
        fields = [value for value in vars(cls).values() if isinstance(value, Field)]
        cls.kind = cls.__name__
        cls.declared_parameters = {f.wolfram: f for f in fields if isinstance(f, Parameter)}
        cls.declared_arrays = {f.wolfram: f for f in fields if isinstance(f, ArrayField)}
        cls.declared_ports = {f.wolfram: f for f in fields if isinstance(f, PortField)}
        cls.declared_states = {f.wolfram: f for f in fields if isinstance(f, StateField)}
        cls.declared_inputs = [
            name for name, field in cls.declared_ports.items() if field.direction == "in"
        ]
        cls.statistic_names = frozenset(
            f.wolfram for f in fields if isinstance(f, ArrayField) and f.statistic
        )
        cls.__signature__ = signature(cls, cls.declared_ports)  # type: ignore[attr-defined]
        LAYERS[cls.kind] = cls

    def __init__(self, *args: object, **options: object) -> None:
        gathered = Gathered()
        given = bound(self, args, options, gathered)
        parameters = {
            name: read_parameter(self.kind, field, given, gathered)
            for name, field in self.declared_parameters.items()
        }
        # A source without a shape of its own has that of its number.
        is_shape = not self.declared_inputs and given.get("output", AUTOMATIC) is AUTOMATIC
        arrays = {
            name: read_array(self.kind, field, given, gathered, fills=not is_shape)
            for name, field in self.declared_arrays.items()
        }
        begun = {name: value for name, value in arrays.items() if isinstance(value, BegunArray)}
        arrays |= {name: value.bare for name, value in begun.items()}
        shared = gathered.attempt(lambda: _numbers_by_name(self.kind, begun)) or {}
        ports = read_ports(self, given, gathered)
        rules = rules_told_with(gathered, given.get("learning_rate_multipliers", AUTOMATIC))
        self._fill(arrays=arrays, parameters=parameters, ports=ports, rules=rules, shared=shared)
        said = [name for name, f in self.declared_parameters.items() if f.name in given]
        object.__setattr__(self, "given_parameters", frozenset(said))
        check_coders(self)
        self.check()
        self._check_elements()
        try:
            _, shapes = self.infer(
                {name: port.shape for name, port in self.ports.items()},
                self.array_shapes() | {name: value.numbers.shape for name, value in begun.items()},
            )
        except Mismatch as error:
            raise fail(
                ShapeError,
                Fault("shapes that do not fit one another", at=self.kind, given=str(error)),
            ) from None
        known = {name: shape for name, shape in shapes.items() if is_known(shape)}
        values = {
            name: full(value, known[name]) if isinstance(value, float) and name in known else value
            for name, value in self.array_values.items()
        }
        object.__setattr__(self, "array_values", MappingProxyType(values))
        self.check_rules()

    @property
    def port_fields(self) -> Mapping[str, PortField]:
        """Its ports: those that its class declares, unless a parameter tells them."""
        return self.declared_ports

    def _copy_structure(self, other: Self) -> None:
        object.__setattr__(self, "given_parameters", other.given_parameters)

    def __reduce__(self) -> tuple[object, ...]:
        return (*super().__reduce__(), {"given_parameters": self.given_parameters})

    def check(self) -> None:
        """What a declaration cannot say; a layer may raise OptionError here."""

    # What others ask it about numbers and targets

    @property
    def asks_for(self) -> TargetForm:
        """What an output that it makes asks its targets to be, where no loss is named."""
        return "Square"

    @property
    def target_form(self) -> TargetForm | None:
        """What is at its port Target, of a loss; None where that goes by the output."""
        return None

    @property
    def is_view(self) -> bool:
        """Whether the numbers that come out are those that go in, some of them 0 or elsewhere."""
        return False

    @property
    def gives(self) -> Gives | None:
        """What kind of numbers it makes, as far as it is sure; None where nobody knows."""
        return None

    @property
    def gain_function(self) -> str | None:
        """The function by which the first numbers of the layer before are drawn, if it is one."""
        return None

    # What the part language sees

    @property
    def input_names(self) -> tuple[str, ...]:
        names = []
        for name, field in self.port_fields.items():
            if field.direction == "in":
                names += (
                    [key for key in self.ports if key.isdecimal()] if field.variadic else [name]
                )
        return tuple(names)

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(name for name, field in self.port_fields.items() if field.direction == "out")

    @property
    def state_names(self) -> tuple[str, ...]:
        return tuple(self.declared_states)

    @property
    def is_variadic(self) -> bool:
        return any(field.variadic for field in self.port_fields.values())

    @property
    def has_multipliers(self) -> bool:
        return bool(self.declared_arrays)

    # Shapes

    def array_shapes(self) -> Shapes:
        """What the given arrays tell of their shapes; absent arrays are left out."""
        return {
            name: tuple(value.shape) if isinstance(value, np.ndarray) else None
            for name, value in self.array_values.items()
            if value is not None
        }

    def infer(
        self,
        ports: Shapes,
        arrays: Shapes,
        *,
        settle: bool = False,
        sent: Mapping[str, Sent | None] | None = None,
    ) -> tuple[Shapes, Shapes]:
        """Ports and arrays with all that follows from one another. Raises Mismatch.

        settle: also make the assumptions that are made only when nothing else decides. sent: the
        indices that flow to a port.
        """
        names = [*ports, *arrays]
        patterns = [self.port_field(n).pattern for n in ports]
        patterns += [self.declared_arrays[n].pattern for n in arrays]
        count = sum(name.isdecimal() for name in ports)

        def relate(known: Sizes) -> None:
            known.set("inputs", count)
            told = {self.largest_index(name): flow for name, flow in (sent or {}).items() if flow}
            counts = [(below, flow) for below, flow in told.items() if below and below[0] != "*"]
            for below, flow in counts:
                if flow.exact:
                    known.set(below, flow.most)
            self.relate(known)
            if settle:
                self.settle(known)
                for below, flow in counts:
                    if known[below] is None:
                        known.set(below, flow.most)

        found = dict(
            zip(names, solve(patterns, [*ports.values(), *arrays.values()], relate), strict=True)
        )
        return {n: found[n] for n in ports}, {n: found[n] for n in arrays}

    def sizes(self, ports: Shapes, arrays: Shapes) -> Sizes:
        """The named sizes of this layer for known shapes."""
        known = Sizes()
        for name, shape in ports.items():
            known.match(self.port_field(name).pattern, shape)
        for name, shape in arrays.items():
            known.match(self.declared_arrays[name].pattern, shape)
        known.set("inputs", sum(name.isdecimal() for name in ports))
        self.relate(known)
        return known

    def port_field(self, name: str) -> PortField:
        if name.isdecimal():
            field = next(field for field in self.port_fields.values() if field.variadic)
            pattern = tuple(str(size).replace("#", name) for size in field.pattern)
            return PortField("in", pattern, field.element, field.below, True)
        if name in self.declared_states:
            return PortField("in", self.declared_states[name].pattern, "Real", None, False)
        return self.port_fields[name]

    def largest_index(self, name: str) -> str | None:
        """The named size that indices at an input must not exceed, where indices flow; a run of
        sizes, where each index is a place that its last level tells."""
        field = self.port_field(name)
        return field.below if field.direction == "in" else None

    def largest_made(self, sizes: Sizes) -> dict[str, Sent]:
        """The indices that the layer makes, by output, as far as it is known how large they are."""
        made = {name: self.port_field(name).below for name in self.output_names}
        counts = {name: sizes[below] for name, below in made.items() if below is not None}
        return {name: Sent(n, exact=False) for name, n in counts.items() if n is not None}

    def keeps_columns(self, rank: int) -> bool:
        """Whether what it moves of inputs of this rank stays where it stands in the last level, if
        that stays as long as it is: so a coordinate of a place remains one for the same level."""
        return False

    def port_element(self, name: str) -> Takes:
        """What a port takes or gives: "Real", "Integer", or "Either", whatever comes."""
        return self.port_field(name).element

    def _check_elements(self) -> None:
        """Raise ShapeError for ports that are said to carry what this layer does not take."""
        said = {name: port.flow for name, port in self.ports.items() if port.flow is not None}
        moved = [flow for name, flow in said.items() if self.port_element(name) == "Either"]
        faults = []
        for name, flow in said.items():
            takes = self.port_element(name)
            wanted = moved[0] if takes == "Either" else takes
            if flow != wanted:
                which = "as at its other ports" if takes == "Either" else ""
                faults.append(Fault(
                    "element types that do not fit one another",
                    at=f"{self.kind} {name}", given=str(self.ports[name]),
                    expected=f"{wanted} {which}".strip(),
                ))  # fmt: skip
        if faults:
            raise fail(ShapeError, faults)

    def relate(self, sizes: Sizes) -> None:
        """What the parameters say of the named sizes, beyond the patterns."""

    def settle(self, sizes: Sizes) -> None:
        """What is assumed when nothing else decides."""

    # What a layer is

    def lower(self, g: Builder, *inputs: Any, **values: Any) -> Value | Made:
        """What the layer computes, in primitives; values carry the batch first. The one output, or
        all that it makes by name."""
        raise NotImplementedError(self.kind)

    def reference(self, *inputs: Any, **values: Any) -> Reals | dict[str, Reals]:
        """What the layer computes, slow and plain: documentation that runs."""
        raise NotImplementedError(self.kind)

    @staticmethod
    def examples() -> Iterator[Example]:
        """Layers with the shapes of their inputs, for the laws."""
        return iter(())


def _numbers_by_name(kind: str, begun: Mapping[str, BegunArray]) -> dict[str, Array]:
    """The numbers that shared arrays begin with. Raises OptionError for two of one name."""
    table: dict[str, Array] = {}
    for name, value in begun.items():
        if not same(table.setdefault(value.name, value.numbers), value.numbers):
            raise fail(OptionError, Fault(
                "two different arrays have one name", at=f"{kind}, {name}", given=repr(value.name),
                fix="a NetArray without a name has one of its own",
            ))  # fmt: skip
    return table
