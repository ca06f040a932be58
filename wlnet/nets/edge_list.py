"""What a user wrote as the edges of a NetGraph."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.names import a, is_number
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetPort
from wlnet.core.scalars import as_whole, scalar
from wlnet.core.spelling import suggestion
from wlnet.nets.edges import Edge, Wiring, inputs_of_vertex, topological

End = tuple[Key | None, str | None]
"""A vertex (None: the graph itself) and a port of it (None: not named yet)."""


NO_EDGES = (str, Mapping, np.ndarray, range, itertools.count, itertools.cycle, itertools.repeat)
"""What holds no pairs, or may hold them without end."""


def read_edges(nodes: Mapping[Key, Net | None], given: object, gathered: Gathered) -> Wiring:
    """What a user wrote as edges; all that cannot be is noted.

    A node that is None has a fault of its own, and its edges are not looked at.
    """
    wiring = _Reading(nodes, gathered)
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
    wiring.check_numbers()
    if not gathered.errors:
        gathered.attempt(lambda: topological(wiring.nodes, wiring.edges))
    return wiring


class _Reading(Wiring):
    """The edges of a graph as they are read; faults are noted."""

    def __init__(self, nodes: Mapping[Key, Net | None], gathered: Gathered) -> None:
        super().__init__({key: node for key, node in nodes.items() if node is not None})
        self.keys = list(nodes)
        self.broken = [key for key, node in nodes.items() if node is None]
        self._gathered = gathered

    def read(self, given: object, at: str) -> None:
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

    def check_numbers(self) -> None:
        """Note inputs of layers that take any number of them where others before are left out."""
        for key, node in self.nodes.items():
            names = inputs_of_vertex(node, key, self.edges)
            missing = [str(n) for n, _ in enumerate(names, 1) if str(n) not in names]
            if node.is_variadic and missing:
                fault = Fault(
                    f"the inputs of {a(node.kind)} are counted from 1",
                    at=f"vertex {brief(key)}",
                    given=", ".join(map(repr, names)),
                    fix=f"NetPort({key!r}, {missing[0]!r})",
                )
                self._gathered.add(fault)

    def _connect(
        self, starts: list[tuple[Key | None, str]], target: object, end: End, at: str
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

    def _source(self, given: object, at: str) -> tuple[Key | None, str] | None:
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
        states = self.nodes[key].state_names
        if port not in (*outputs, *states):
            raise fail(
                OptionError,
                Fault(
                    f"vertex {brief(key)} has no output {brief(port)}",
                    at=at,
                    given=brief(given),
                    known=[*outputs, *states],
                    fix=suggestion(port, (*outputs, *states)),
                ),
            )
        return key, port

    def _end(self, given: object, at: str) -> End:
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

    def _vertex(self, given: object, at: str) -> Key:
        given = scalar(given)
        if isinstance(given, (str, int)) and given in self.keys and not isinstance(given, bool):
            key: Key = given
            return key
        if isinstance(given, str) and is_number(given) and int(given) in self.keys:
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
            names = (*node.input_names, *node.state_names)
            fits = is_number(port) if node.is_variadic else port in names
            if not fits:
                raise fail(
                    OptionError,
                    Fault(
                        f"vertex {brief(key)} has no input {brief(port)}",
                        at=at,
                        known=["1", "2", "..."] if node.is_variadic else names,
                        fix=suggestion(port, names),
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
