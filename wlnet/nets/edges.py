"""Edges of a NetGraph, those that open ports imply, the order of computing, and their text."""

from __future__ import annotations

import graphlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.parts import Key


@dataclass(frozen=True)
class Edge:
    """From a port of a node to a port of a node; None stands for the net around them."""

    source: Key | None
    source_port: str
    target: Key | None
    target_port: str


class Wiring:
    """The edges of a graph, and those that follow for the ports left open."""

    def __init__(self, nodes: Mapping[Key, Net]) -> None:
        self.nodes = nodes
        self.edges: list[Edge] = []
        self.muted: set[tuple[Key, str]] = set()
        """Outputs that the user left out."""
        self.declared_outputs: set[str] = set()

    def implied(
        self, declared: frozenset[str] = frozenset(), one: frozenset[str] = frozenset()
    ) -> list[Edge]:
        """All edges, those to the ports of the graph included that open ports become.

        declared: names of ports that the user spoke of: an input so named feeds every open port,
        those of a variadic layer too. one: inputs that feed every open port of their name.
        """
        open_inputs = self._open_inputs()
        names = _port_names(
            [port for _, port in open_inputs],
            {edge.source_port for edge in self.edges if edge.source is None},
            declared,
            one,
        )
        edges = [
            *self.edges,
            *(
                Edge(None, name, key, port)
                for (key, port), name in zip(open_inputs, names, strict=True)
            ),
        ]
        used = {(edge.source, edge.source_port) for edge in edges}
        open_outputs = [
            (key, port)
            for key, node in self.nodes.items()
            for port in node.output_names
            if (key, port) not in used and (key, port) not in self.muted
        ]
        names = _port_names([port for _, port in open_outputs], self.declared_outputs)
        edges += [
            Edge(key, port, None, name)
            for (key, port), name in zip(open_outputs, names, strict=True)
        ]
        if not any(edge.target is None for edge in edges):
            raise fail(
                OptionError, Fault("a graph needs an output", fix='(vertex, NetPort("Output"))')
            )
        return edges

    def of_one_name(self, declared: frozenset[str]) -> list[str]:
        """The names of inputs that are open more than once, or that the user has led somewhere."""
        said = [edge.source_port for edge in self.edges if edge.source is None]
        names = [port for _, port in self._open_inputs() if not port.isdecimal()]
        counts = Counter([*names, *dict.fromkeys(said)])
        return [name for name in dict.fromkeys(names) if counts[name] > 1 and name not in declared]

    def agree(self, name: str) -> bool:
        """Whether all ports that an input of this name would feed have one coder, or none has."""
        ends = [
            (e.target, e.target_port)
            for e in self.edges
            if (e.source, e.source_port) == (None, name)
        ]
        ends += [end for end in self._open_inputs() if end[1] == name]
        ports = [self.nodes[key].ports.get(port) for key, port in ends if key is not None]
        coders = [port.coder if port is not None else None for port in ports]
        return all(coder == coders[0] for coder in coders)

    def _open_inputs(self) -> list[tuple[Key, str]]:
        taken = {(edge.target, edge.target_port) for edge in self.edges}
        return [
            (key, port)
            for key, node in self.nodes.items()
            for port in inputs_of_vertex(node, key, self.edges)
            if (key, port) not in taken
        ]


def _port_names(
    wanted: list[str],
    taken: set[str],
    declared: frozenset[str] = frozenset(),
    one: frozenset[str] = frozenset(),
) -> list[str]:
    """One open port keeps its name; several of one name are numbered in order, unless that name was
    declared, or they are one."""
    counts = Counter(wanted)
    numbers: Counter[str] = Counter()
    names: list[str] = []
    for name in wanted:
        base = "Input" if name.isdecimal() else name
        if base in declared or name in one:
            names.append(base)
            continue
        single = counts[name] == 1 and base == name and name not in taken
        if not single:
            numbers[base] += 1
            while f"{base}{numbers[base]}" in taken:
                numbers[base] += 1
        names.append(name if single else f"{base}{numbers[base]}")
    return names


def inputs_of_vertex(node: Net, key: Key, edges: Iterable[Edge]) -> tuple[str, ...]:
    """The inputs of a vertex; those of a variadic layer are what is connected or declared."""
    if not node.is_variadic or not node.input_names:
        return inputs_in_order(node, key, edges)
    joined = {edge.target_port for edge in edges if edge.target == key}
    return tuple(sorted({*node.input_names, *joined}, key=int))


def inputs_in_order(node: Net, key: Key, edges: Iterable[Edge]) -> tuple[str, ...]:
    """The input ports of a vertex; those of a variadic layer are the connected ones (or as many as
    it usually has, if none is)."""
    if not node.is_variadic:
        return node.input_names
    ports = sorted({edge.target_port for edge in edges if edge.target == key}, key=int)
    return tuple(ports) or tuple(map(str, range(1, node.usual_inputs + 1)))


def topological(nodes: Mapping[Key, Net], edges: Iterable[Edge]) -> list[Key]:
    """Vertices in an order that computes, the given order kept where it may be. Raises on a
    cycle."""
    sorter: graphlib.TopologicalSorter[Key] = graphlib.TopologicalSorter(dict.fromkeys(nodes, ()))
    for edge in edges:
        if edge.source is not None and edge.target is not None:
            sorter.add(edge.target, edge.source)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise fail(
            OptionError,
            Fault("a graph may not run in a circle", given=" -> ".join(map(repr, error.args[1]))),
        ) from None
    rank = {key: i for i, key in enumerate(nodes)}
    order: list[Key] = []
    ready: list[Key] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=rank.__getitem__)
        order.append(ready.pop(0))
        sorter.done(order[-1])
    return order


def dropped(nodes: Mapping[Key, Net], edges: Iterable[Edge]) -> list[tuple[Key, str]]:
    """The outputs of vertices that lead nowhere, as (vertex, None) has it."""
    used = {(e.source, e.source_port) for e in edges}
    return [
        (key, port)
        for key, node in nodes.items()
        for port in node.output_names
        if (key, port) not in used
    ]


def edges_text(nodes: Mapping[Key, Net], edges: Sequence[Edge]) -> str:
    """The edges of a graph as Python that reads back."""

    def end(key: Key | None, port: str, ports: tuple[str, ...]) -> str:
        if key is None:
            return f"NetPort({port!r})"
        return repr(key) if ports == (port,) else f"NetPort({key!r}, {port!r})"

    rows = []
    for e in edges:
        outputs = () if e.source is None else nodes[e.source].output_names
        inputs = () if e.target is None else inputs_in_order(nodes[e.target], e.target, edges)
        source, target = end(e.source, e.source_port, outputs), end(e.target, e.target_port, inputs)
        rows.append(f"({source}, {target})")
    rows += [
        f"({end(key, port, nodes[key].output_names)}, None)" for key, port in dropped(nodes, edges)
    ]
    return f"[{', '.join(rows)}]"
