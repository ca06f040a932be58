"""What chains and graphs have in common: nodes side by side, each computed once, along links."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.core.parts import Key, Path
from wlnet.graph.graph import Value
from wlnet.nets.container import Container, Lowering, Values
from wlnet.nets.edges import Edge, inputs_in_order, topological
from wlnet.nets.wires import SameCell, ShapeWalk, Wire, title

Port = tuple[Key | None, str]
"""A port of a node, or of the net itself (None)."""


class Arrangement(Container):
    """Nodes that only their links tie: what is in it may stand beside what is around it."""

    @property
    def repeats(self) -> int | None:
        return None

    @property
    def in_order(self) -> bool | None:
        return None

    def ports_of(self, key: Key) -> tuple[str, ...]:
        """The input ports of a node, in its declared order; those of a variadic layer by number."""
        return inputs_in_order(self.nodes[key], key, self.links())

    def _ports(self, links: Sequence[Edge]) -> dict[Key, tuple[str, ...]]:
        """The input ports of every node, as `ports_of`, in one go over the links."""
        into: dict[Key | None, list[Edge]] = {key: [] for key in (*self.nodes, None)}
        for link in links:
            into[link.target].append(link)
        return {key: inputs_in_order(node, key, into[key]) for key, node in self.nodes.items()}

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        # Every output port is a wire; a link gives it to an input port.
        links = self.links()
        made: dict[Port, Wire] = {(None, name): wires[name] for name in self.input_names}
        for link in links:
            if link.target is None and link.source is not None:
                made[link.source, link.source_port] = wires[link.target_port]
        for key, node in self.nodes.items():
            for name in (*node.output_names, *node.state_names):
                made.setdefault((key, name), Wire())
        ports = self._ports(links)
        into: dict[Key, dict[str, Wire]] = {key: {} for key in self.nodes}
        for link in links:
            if link.target is not None:
                into[link.target][link.target_port] = made[link.source, link.source_port]
        for key, node in self.nodes.items():
            names = (*ports[key], *node.state_names)
            given = {name: into[key][name] for name in names if name in into[key]}
            gone = {name: made[key, name] for name in (*node.output_names, *node.state_names)}
            for name in (name for name in given if name in gone):
                # What goes in and comes out under one name has one shape.
                at = title((*path, key), node)
                walk.cells.append(SameCell(at, given[name], gone[name]))
            walk.visit(node, (*path, key), {**given, **gone})
        # One output port may feed several outputs of the net: they are its wire only for the last.
        for link in links:
            if link.target is None:
                wire = made[link.source, link.source_port]
                if wire is not wires[link.target_port]:
                    walk.cells.append(SameCell(title(path, self), wire, wires[link.target_port]))

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        links = self.links()
        sources: dict[Key | None, dict[str, Port]] = {key: {} for key in (*self.nodes, None)}
        for link in links:
            sources[link.target][link.target_port] = (link.source, link.source_port)
        ports = self._ports(links)
        made: dict[Port, Value] = {(None, name): value for name, value in inputs.items()}
        for key in topological(self.nodes, links):
            node = self.nodes[key]
            states = [name for name in node.state_names if name in sources[key]]
            ends = {name: sources[key][name] for name in (*ports[key], *states)}
            own = {name: made[end] for name, end in ends.items() if end in made}
            outputs = walk.visit(node, (*path, key), own, batch)
            made |= {(key, name): value for name, value in outputs.items()}
        return {name: made[end] for name, end in sources[None].items() if end in made}
