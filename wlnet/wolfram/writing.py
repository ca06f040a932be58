"""A net as the constructors that make it in the Wolfram Language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, FormatError, brief, fail
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetSharedArray, Path, path_text
from wlnet.core.ports import UNKNOWN
from wlnet.core.restricted import Restricted
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.container import as_container
from wlnet.nets.edges import Edge, dropped
from wlnet.wolfram.coders import coder_told
from wlnet.wolfram.expressions import (
    AUTO,
    NONE,
    Call,
    Expression,
    Symbol,
    call,
    listed,
    rule,
)
from wlnet.wolfram.layers import LAYERS, Field
from wlnet.wolfram.operators import OPERATORS
from wlnet.wolfram.rules import rules_told
from wlnet.wolfram.values import Unreadable

RATES = Symbol("LearningRateMultipliers")


def constructors(net: Net) -> Expression:
    """The expression of a net. Raises FormatError: all that has no counterpart."""
    writer = _Writer(net)
    told = writer.net(net, ())
    if writer.faults:
        raise fail(FormatError, writer.faults)
    return told


@dataclass
class _Writer:
    root: Net
    faults: list[Fault] = field(default_factory=list)

    def net(self, net: Net, path: Path) -> Expression:
        if isinstance(net, Layer):
            return self.layer(net, path)
        container = as_container(net)
        options = [*self.ports(net, path), *self.rates(net, path)]
        if isinstance(net, Arrangement):
            nodes = {key: self.net(node, (*path, key)) for key, node in net.nodes.items()}
            for end in dropped(net.nodes, container.links()):
                # There, what leads nowhere is an output of the graph.
                what = "an output that is left out has no counterpart in the Wolfram Language"
                fix = f"leave out ({end[0]!r}, None): it becomes an output of the graph"
                self.faults.append(Fault(what, path_text((*path, *end)), fix=fix))
            told: Expression = (
                dict(nodes) if isinstance(next(iter(nodes)), str) else listed(*nodes.values())
            )
            if net.kind == "NetChain":
                return call("NetChain", told, *options)
            return call("NetGraph", told, self.edges(net.nodes, container.links()), *options)
        row = OPERATORS.get(net.kind)
        if row is None:
            self.strange(net, path)
            return NONE
        several = [self.net(node, (*path, key)) for key, node in net.nodes.items()]
        inner = several[0] if len(several) == 1 else listed(*several)
        return Call(Symbol(net.kind), (inner, *self.arguments(row.fields, net, path), *options))

    def layer(self, layer: Layer, path: Path) -> Expression:
        row = LAYERS.get(layer.kind)
        if row is None:
            self.strange(layer, path)
            return NONE
        arrays = [
            rule(name, self.array(value, (*path, name)))
            for name, value in layer.array_values.items()
            if value is not AUTOMATIC
        ]
        options = [*self.ports(layer, path), *self.rates(layer, path)]
        return Call(
            Symbol(layer.kind), (*self.arguments(row.fields, layer, path), *arrays, *options)
        )

    def arguments(self, fields: tuple[Field, ...], net: Net, path: Path) -> list[Expression]:
        """The parameters: those by place as far as the last that is not usual, then options."""
        told: dict[str, Expression] = {}
        usual = _defaults(net)
        for one in fields:
            try:
                told[one.name] = one.value.told(net.parameters[one.name])
            except Unreadable as error:
                self.faults.append(
                    Fault("a parameter that the Wolfram Language does not have",
                          at=path_text((*path, one.name)) or one.name, expected=str(error))
                )  # fmt: skip
                told[one.name] = NONE
        known = {one.name for one in fields}
        for name, value in net.parameters.items():
            if name not in known and not _equal(value, usual.get(name)):
                self.faults.append(
                    Fault(f"{name} of {a(net.kind)} has no counterpart in the Wolfram Language",
                          at=path_text(path) or net.kind, given=brief(value))
                )  # fmt: skip
        placed = sorted(
            (one for one in fields if one.place is not None), key=lambda one: one.place or 0
        )
        while placed and _is_usual(placed[-1], net, usual):
            placed.pop()
        options = [
            rule(one.title, told[one.name])
            for one in fields
            if one.place is None and not _is_usual(one, net, usual)
        ]
        return [*(told[one.name] for one in placed), *options]

    def array(self, value: Any, path: Path) -> Expression:
        if value is None:
            return NONE
        if isinstance(value, NetSharedArray):
            numbers = self.root.shared.get(value.name)
            table: dict[str, Expression] = {"Name": value.name}
            if numbers is not None:
                table["Array"] = _numbers(numbers)
            return call("NetArray", table)
        if isinstance(value, np.ndarray):
            return _numbers(value)
        return value if isinstance(value, float) else AUTO

    def ports(self, net: Net, path: Path) -> list[Expression]:
        """What is said of ports; all else follows there as it does here."""
        options = []
        for name, port in net.ports.items():
            if port.coder is not None:
                try:
                    options.append(rule(name, coder_told(port.coder)))
                except Unreadable as error:
                    what = "a coder that the Wolfram Language does not have"
                    at = path_text((*path, name))
                    self.faults.append(Fault(what, at, port.coder.kind, expected=str(error)))
            elif port != UNKNOWN:
                spec = port.spec
                options.append(rule(name, _shape(spec if isinstance(spec, tuple) else (spec,))))
        return options

    def rates(self, net: Net, path: Path) -> list[Expression]:
        if not net.learning_rate_rules:
            return []
        return [rule(RATES, rules_told(net.learning_rate_multipliers))]

    def edges(self, nodes: Mapping[Key, Net], links: list[Edge]) -> Expression:
        """Edges; those into a layer of several inputs as one, where the first of them stands."""
        told: dict[object, tuple[list[tuple[int, Expression]], Expression]] = {}
        for number, edge in enumerate(links):
            source = _end(edge.source, edge.source_port, nodes, output=True)
            if edge.target is not None and nodes[edge.target].is_variadic:
                place = edge.target_port if edge.target_port.isdecimal() else "1"
                told.setdefault(("node", edge.target), ([], edge.target))[0].append(
                    (int(place), source)
                )
            else:
                target = _end(edge.target, edge.target_port, nodes, output=False)
                told[number] = [(1, source)], target
        return listed(
            *(
                rule(ends[0] if isinstance(key, int) else listed(*ends), target)
                for key, (sources, target) in told.items()
                for ends in [[source for _, source in sorted(sources, key=lambda one: one[0])]]
            )
        )

    def strange(self, net: Net, path: Path) -> None:
        self.faults.append(
            Fault(f"{a(net.kind)} has no counterpart in the Wolfram Language",
                  at=path_text(path) or "the net itself")
        )  # fmt: skip


def _end(key: Key | None, port: str, nodes: Mapping[Key, Net], *, output: bool) -> Expression:
    if key is None:
        return call("NetPort", port)
    node = nodes[key]
    usual = node.output_names if output else node.input_names
    return key if len(usual) == 1 and usual[0] == port else call("NetPort", listed(key, port))


def _numbers(array: np.ndarray) -> Expression:
    if not array.ndim:
        return float(array)
    return array


def _shape(sizes: tuple[Any, ...]) -> Expression:
    told = [
        call("Restricted", size.element, size.most) if isinstance(size, Restricted) else
        "Varying" if size is None else size if size in ("Integer", "Real", "Boolean") else
        "Varying" if isinstance(size, str) else size
        for size in sizes
    ]  # fmt: skip
    return told[0] if len(told) == 1 else listed(*told)


def _defaults(net: Net) -> dict[str, Any]:
    if isinstance(net, Layer):
        return {each.wolfram: each.default for each in net.declared_parameters.values()}
    return dict(OPERATORS[net.kind].usual)


def _is_usual(one: Field, net: Net, usual: Mapping[str, Any]) -> bool:
    return one.name in usual and _equal(net.parameters[one.name], usual[one.name])


def _equal(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)
