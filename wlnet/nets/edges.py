"""Edges of a NetGraph: reading what the user wrote, implied ports, order of computing."""

from __future__ import annotations

import graphlib
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetPort
from wlnet.core.scalars import as_whole, scalar
from wlnet.core.spelling import suggestion

End = tuple[Key | None, str | None]
"""A vertex (None: the graph itself) and a port of it (None: not named yet)."""


@dataclass(frozen=True)
class Edge:
    """From a port of a vertex to a port of a vertex; None stands for the graph itself."""

    source: Key | None
    source_port: str
    target: Key | None
    target_port: str


NO_EDGES = (str, Mapping, np.ndarray, range, itertools.count, itertools.cycle, itertools.repeat)
"""What holds no pairs, or may hold them without end."""


def read_edges(nodes: Mapping[Key, Net | None], given: Any, gathered: Gathered) -> Wiring:
    """What a user wrote as edges; all that cannot be is noted.

    A node that is None has a fault of its own, and its edges are not looked at.
    """
    wiring = Wiring(nodes, gathered)
    if isinstance(given, NO_EDGES) or not isinstance(given, Iterable):
        gathered.add(
            Fault(
                "edges are a list of (source, target) pairs",
                given=brief(given),
                fix='[("a", "b"), (["a", "b"], "c")]',
            )
        )
        return wiring
    for number, edge in enumerate(given, 1):
        wiring.read(edge, f"edge {number}")
    if not gathered.errors:
        gathered.attempt(lambda: topological(wiring.nodes, wiring.edges))
    return wiring


class Wiring:
    """The edges of a graph as they are read, and those that follow for the ports left open."""

    def __init__(self, nodes: Mapping[Key, Net | None], gathered: Gathered) -> None:
        self.nodes = {key: node for key, node in nodes.items() if node is not None}
        self.keys = list(nodes)
        self.broken = [key for key, node in nodes.items() if node is None]
        self.edges: list[Edge] = []
        self.muted: set[tuple[Key, str]] = set()
        self.declared_outputs: set[str] = set()
        self._gathered = gathered

    def read(self, given: Any, at: str) -> None:
        """Read one edge, or a path of them."""
        if not isinstance(given, tuple) or len(given) < 2:
            self._gathered.add(
                Fault(
                    "an edge is a tuple (source, target) or a longer path",
                    at=at,
                    given=brief(given),
                    fix='("a", "b")',
                )
            )
            return
        for source, target in itertools.pairwise(given):
            sources = list(source) if isinstance(source, list) else [source]
            targets = list(target) if isinstance(target, list) else [target]
            if not sources or not targets:
                what = "an edge has a source and a target"
                self._gathered.add(Fault(what, at=at, given=brief(given)))
            starts = [self._gathered.attempt(partial(self._source, one, at)) for one in sources]
            for one in targets:
                end = (
                    (None, None)
                    if one is None
                    else self._gathered.attempt(partial(self._end, one, at))
                )
                known = [start for start in starts if start is not None]
                if end is not None and len(known) == len(starts) and end[0] not in self.broken:
                    self._gathered.attempt(partial(self._connect, known, one, end, at))

    def _connect(
        self, starts: list[tuple[Key | None, str]], target: Any, end: End, at: str
    ) -> None:
        if target is None:
            self.muted.update((key, port) for key, port in starts if key is not None)
            return
        key, port = end
        if key is None:
            if len(starts) != 1:
                raise fail(
                    OptionError,
                    Fault(
                        "an output of a graph has one source", at=at, given=f"{len(starts)} sources"
                    ),
                )
            assert port is not None
            self.declared_outputs.add(port)
            self._enter(starts[0], (None, port), at)
            return
        node = self.nodes[key]
        if node.is_variadic:
            for start in starts:
                taken = sum(edge.target == key for edge in self.edges)
                self._enter(start, (key, port or str(taken + 1)), at)
            return
        names = [port] if port is not None else list(node.input_names)
        if len(names) != len(starts):
            raise fail(
                OptionError,
                Fault(
                    "a vertex with several inputs needs the port by name"
                    if len(starts) == 1
                    else f"{len(starts)} sources for {len(names)} inputs",
                    at=f"{at}, vertex {brief(key)} {node.kind}",
                    given=brief(target),
                    known=list(node.input_names),
                    fix=f'NetPort({key!r}, "{names[0] if names else ""}")',
                ),
            )
        for start, name in zip(starts, names, strict=True):
            self._enter(start, (key, name), at)

    def _source(self, given: Any, at: str) -> tuple[Key | None, str] | None:
        key, port = self._end(given, at)
        if key is None:
            assert port is not None
            return None, port
        if key in self.broken:
            return None
        outputs = self.nodes[key].output_names
        if port is None:
            if len(outputs) != 1:
                raise fail(
                    OptionError,
                    Fault(
                        "a vertex with several outputs needs the port by name",
                        at=at,
                        given=brief(given),
                        known=outputs,
                        fix=f'NetPort({key!r}, "{outputs[0]}")',
                    ),
                )
            port = outputs[0]
        if port not in outputs:
            raise fail(
                OptionError,
                Fault(
                    f"vertex {brief(key)} has no output {brief(port)}",
                    at=at,
                    given=brief(given),
                    known=outputs,
                    fix=suggestion(port, outputs),
                ),
            )
        return key, port

    def _end(self, given: Any, at: str) -> End:
        if isinstance(given, NetPort):
            if len(given.path) == 1:
                name = given.path[0]
                if not isinstance(name, str):
                    raise fail(
                        OptionError,
                        Fault("a port of a graph has a name", at=at, given=brief(given)),
                    )
                return None, name
            if len(given.path) == 2:
                return self._vertex(given.path[0], at), str(given.path[1])
        elif isinstance(given, str) or as_whole(given) is not None:
            return self._vertex(given, at), None
        raise fail(
            OptionError,
            Fault(
                "an edge joins vertices and ports",
                at=at,
                given=brief(given),
                expected='a name, a position, NetPort("x") or NetPort("a", "Output")',
            ),
        )

    def _vertex(self, given: Any, at: str) -> Key:
        given = scalar(given)
        if isinstance(given, (str, int)) and given in self.keys and not isinstance(given, bool):
            key: Key = given
            return key
        if isinstance(given, str) and given.isdecimal() and int(given) in self.keys:
            return int(given)
        names = [str(key) for key in self.keys]
        fix = suggestion(given, names)
        if isinstance(given, str) and given in ("Input", "Output", "Target", "Loss"):
            fix = f'NetPort("{given}") is the port of the graph'
        raise fail(
            OptionError,
            Fault(
                f"an edge mentions the unknown vertex {brief(given)}",
                at=at,
                known=self.keys,
                fix=fix,
            ),
        )

    def _enter(
        self, source: tuple[Key | None, str], target: tuple[Key | None, str], at: str
    ) -> None:
        key, port = target
        if key is not None:
            node = self.nodes[key]
            fits = port.isdecimal() if node.is_variadic else port in node.input_names
            if not fits:
                raise fail(
                    OptionError,
                    Fault(
                        f"vertex {brief(key)} has no input {brief(port)}",
                        at=at,
                        known=node.input_names,
                        fix=suggestion(port, node.input_names),
                    ),
                )
        if any((edge.target, edge.target_port) == target for edge in self.edges):
            where = (
                f"input {brief(port)} of vertex {brief(key)}"
                if key is not None
                else f"output {brief(port)} of the graph"
            )
            raise fail(OptionError, Fault(f"two edges lead into the {where}", at=at))
        self.edges.append(Edge(*source, *target))

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

    def _inputs_of(self, key: Key, node: Net) -> tuple[str, ...]:
        """The inputs of a vertex; those of a variadic layer are what is connected or declared."""
        if not node.is_variadic or not node.input_names:
            return inputs_in_order(node, key, self.edges)
        joined = {edge.target_port for edge in self.edges if edge.target == key}
        return tuple(sorted({*node.input_names, *joined}, key=int))

    def _open_inputs(self) -> list[tuple[Key, str]]:
        taken = {(edge.target, edge.target_port) for edge in self.edges}
        return [
            (key, port)
            for key, node in self.nodes.items()
            for port in self._inputs_of(key, node)
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
