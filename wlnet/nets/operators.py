"""Operators: nets that hold one net and apply it in a special way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.core.ports import UNKNOWN, PortType
from wlnet.core.rule_lists import rules_told_with
from wlnet.nets.container import (
    Container,
    Record,
    Written,
    hoist,
    unsaid,
    without_coders,
)
from wlnet.nets.edges import Edge
from wlnet.nets.fills import fill_in
from wlnet.nets.inference import check_shapes
from wlnet.nets.reading import read_ports
from wlnet.nets.shorthand import as_net


class Operator(Container):
    """What operators have in common: one net, at `place`, and ports that follow from it."""

    addressing = "operator"
    record_fields = ("Parameters",)
    place: ClassVar[str] = "Net"
    """The key of the net."""

    # What every operator says of itself

    @classmethod
    def read(cls, inner: Net | None, given: Mapping[str, object]) -> dict[str, object]:
        """Its parameters as they are kept, from what a constructor or a file gave, by name. Raises
        OptionError for them, and for a net that it does not take; None is a net that is at fault
        already."""
        raise unsaid(cls, "read")

    @classmethod
    def ports_for(
        cls, inner: Net, parameters: Mapping[str, object]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of its inputs and of its outputs."""
        return ("Input",), ("Output",)

    @classmethod
    def net_of(cls, given: object, where: str | None = None) -> Net:
        """The net that it is to apply, from what a constructor, or surgery at a place, was given.
        Raises OptionError."""
        return as_net(given, where or cls.place)

    # What follows

    @classmethod
    def fixed_keys(cls) -> tuple[str, ...]:
        return (cls.place,)

    @property
    def input_names(self) -> tuple[str, ...]:
        return self.ports_for(self.inner, self.parameters)[0]

    @property
    def output_names(self) -> tuple[str, ...]:
        return self.ports_for(self.inner, self.parameters)[1]

    @property
    def inner(self) -> Net:
        """The net that it applies."""
        return self.nodes[self.place]

    def links(self) -> list[Edge]:
        inputs = zip(self.input_names, self.inner.input_names, strict=True)
        outputs = zip(self.output_names, self.inner.output_names, strict=True)
        return [
            *(Edge(None, port, self.place, name) for port, name in inputs),
            *(Edge(self.place, name, None, port) for port, name in outputs),
        ]

    def arguments(self) -> list[str]:
        return [repr(value) for value in self.parameters.values()]

    def record(self) -> Record:
        return {"Parameters": dict(self.parameters)}

    @classmethod
    def from_record(cls, written: Written) -> Self:
        inner = written.nodes[cls.place]
        parameters = cls.read(inner, written.fields["Parameters"])
        inputs, outputs = cls.ports_for(inner, parameters)
        new = object.__new__(cls)
        new._hold(inner, parameters, written.ports([*inputs, *outputs]))
        return new

    def renamed(
        self, nodes: Mapping[Key, Net], keys: Mapping[Key, Key], ports: Mapping[str, str]
    ) -> Self:
        bare, table = hoist(nodes)
        result = self._with(nodes=bare, shared=table)
        check_shapes(result)
        return result

    def exchanged(self, key: Key, node: Net) -> Self | None:
        names = self.ports_for(node, self.parameters)
        return self._with(nodes={key: node}) if names == self.ports_for(
            self.inner, self.parameters) else None  # fmt: skip

    def _start(
        self,
        gathered: Gathered,
        net: object,
        given: Mapping[str, object],
        ports: Iterable[tuple[str, object]],
        rules: object,
    ) -> None:
        """Fill a new operator, or tell what was gathered and what else is wrong.

        given: parameters by name; ports: what is said of ports.
        """
        inner = gathered.attempt(lambda: self.net_of(net))
        found = gathered.attempt(lambda: self.read(inner, given))
        names = None
        if inner is not None and found is not None:
            names = self.ports_for(inner, found)
        own = read_ports(self.kind, ports, names, gathered)
        said = rules_told_with(gathered, rules)
        assert inner is not None
        assert found is not None
        self._hold(inner, found, own)
        object.__setattr__(self, "learning_rate_rules", said)
        fill_in(self)
        self.check_rules()

    def _hold(
        self, inner: Net, parameters: Mapping[str, object], own: Mapping[str, PortType]
    ) -> None:
        nodes, table = hoist({self.place: without_coders(inner, inner.port_names)})
        names = [name for side in self.ports_for(inner, parameters) for name in side]
        ports = {name: own.get(name, UNKNOWN) for name in names}
        self._fill(nodes=nodes, parameters=parameters, ports=ports, shared=table)
        check_shapes(self)


def refuse_other_ports(kind: str, inner: Net | None) -> None:
    """Raise OptionError for a net that has not one input and one output."""
    if inner is not None and not len(inner.input_names) == len(inner.output_names) == 1:
        raise fail(
            OptionError,
            Fault(
                f"{a(kind)} takes a net with one input and one output",
                given=f"inputs {list(inner.input_names)}, outputs {list(inner.output_names)}",
            ),
        )
