"""net_unfold: the step that a recurrent net repeats, as a net.

Wolfram Language: NetUnfold.
"""

from __future__ import annotations

from collections.abc import Mapping

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.ports import PortType
from wlnet.core.walking import node_at
from wlnet.layers import ReplicateLayer, SequenceLastLayer
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import Port
from wlnet.nets.container import Container, as_container, with_needed_table
from wlnet.nets.edges import Edge
from wlnet.nets.fold import NetFoldOperator
from wlnet.nets.inference import inference
from wlnet.nets.nest import NetNestOperator
from wlnet.nets.netgraph import NetGraph, graph_of
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.states import checked_course, kept_states, with_open_lengths

WHO = "net_unfold"
LAYER, LAST = "layer", "last"
"""The parts of the step of a layer that takes a sequence, besides those that make one."""


def net_unfold(net: Net) -> NetGraph:
    """The step that a net with states repeats: a graph that takes one element of a sequence and the
    states before it, and gives one element and the states after it.

    net: a recurrent layer, a NetFoldOperator, or a chain or graph with such, all of whose parts go
    through a sequence in order. Its nodes keep their names; a state is an input and an output of
    its name, "State", or of its path where several have it, "1/State". Of a fold and a map there is
    the net inside; what takes the last element of a sequence is left out. Coders of sequences are
    left out, other coders, shapes and rates stay, and so do arrays, to the bit.
    Raises OptionError for a net without states, or which reads what comes later.

    >>> from wlnet.layers import GatedRecurrentLayer
    >>> step = net_unfold(GatedRecurrentLayer(2, input=("Varying", 3)))
    >>> step.input_names, step.output_names
    (('Input', 'State'), ('Output', 'State'))

    Wolfram Language: NetUnfold.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_unfold takes a net", given=brief(net)))
    kept = kept_states(net, WHO)
    unfolding = _Unfolding(net, kept)
    made = unfolding.part(net, (), ())
    assert isinstance(made, NetGraph)
    made = graph_of(
        {key: with_needed_table(node, net.shared) for key, node in made.nodes.items()},
        list(made.edges),
        unfolding.ports(net),
    )
    return carried(made, [Voice(node_at(net, path), _from(unfolding.moves, path))
                          for path in unfolding.holders])  # fmt: skip


def _from(moves: Mapping[Path, Path], path: Path) -> dict[Path, Path]:
    """The moves of what is in a part, by paths in it."""
    count = len(path)
    return {old[count:]: now for old, now in moves.items() if old[:count] == path}


class _Unfolding:
    """Makes the steps of the parts of a net. moves: where arrays went, by the paths of those that
    hold them; holders: the containers that were taken apart, outer ones first."""

    def __init__(self, net: Net, kept: list[Port]) -> None:
        self.course = checked_course(with_open_lengths(net), WHO)
        names = [name for _, name in kept]
        self.labels = {
            (path, name): name if names.count(name) == 1 else "/".join(map(str, (*path, name)))
            for path, name in kept
        }
        self.moves: dict[Path, Path] = {}
        self.holders: list[Path] = []

    def ports(self, net: Net) -> dict[str, PortType]:
        """What is known of the ports of the step of the whole net."""
        found = {}
        for name in net.port_names:
            port = net.ports[name]
            if self.course.is_sequence((), name):
                shape = inference(self.course.net).port_shape((), name)
                port = PortType(None if shape is None else shape[1:], port.flow, most=port.most)
            found[name] = port
        return found

    def part(self, node: Net, path: Path, now: Path) -> Net:
        """The step of a part, which will stand at a path."""
        sequences = [n for n in self._inputs(node, path) if self.course.is_sequence(path, n)]
        if isinstance(node, NetFoldOperator):
            return self._of_fold(node, path, now)
        if not sequences:
            self.moves[path] = now
            return node
        if isinstance(node, Layer | NetNestOperator):
            is_bare = isinstance(node, Layer) and _is_the_same_for_elements(node)
            self.moves[path] = now if is_bare else (*now, LAYER)
            return node if is_bare else self._of_layer(node, path, sequences)
        self.holders.append(path)
        container = as_container(node)
        if container.in_order:
            self.moves[*path, "Net"] = now
            return container.nodes["Net"]
        return self._of_nodes(container, path, now)

    def _inputs(self, node: Net, path: Path) -> list[str]:
        """The inputs of a part where it stands: those of a variadic layer have numbers."""
        made = (*node.output_names, *node.state_names)
        return [n for at, n in self.course.known[0].ports if at == path and n not in made]

    def _of_fold(self, fold: NetFoldOperator, path: Path, now: Path) -> NetGraph:
        self.holders.append(path)
        self.moves[*path, "Net"] = (*now, "net")
        made = {name: source for source, name in fold.feedback}
        edges = [
            *(Edge(None, name, "net", name) for name in fold.input_names),
            *(Edge("net", name, None, name) for name in fold.output_names),
        ]
        for name in fold.state_names:
            label = self.labels[path, name]
            edges += [Edge(None, label, "net", name), Edge("net", made[name], None, label)]
        return graph_of({"net": fold.inner}, edges, {})

    def _of_layer(self, layer: Net, path: Path, sequences: list[str]) -> NetGraph:
        """A layer, or a nest, that is given a sequence of one element, and whose one is taken."""
        nodes: dict[Key, Net] = {}
        edges: list[Edge] = []
        for name in self._inputs(layer, path):
            if name in sequences:
                key = "one" if len(sequences) == 1 else f"one {name}"
                nodes[key] = ReplicateLayer(1)
                edges += [Edge(None, name, key, "Input"), Edge(key, "Output", LAYER, name)]
            else:
                edges.append(Edge(None, name, LAYER, name))
        nodes[LAYER] = _without_lengths(layer)
        for name in layer.output_names:
            if self.course.is_sequence(path, name):
                key = LAST if len(layer.output_names) == 1 else f"{LAST} {name}"
                nodes[key] = SequenceLastLayer()
                edges += [Edge(LAYER, name, key, "Input"), Edge(key, "Output", None, name)]
            else:
                edges.append(Edge(LAYER, name, None, name))
        for name in layer.state_names:
            label = self.labels[path, name]
            edges += [Edge(None, label, LAYER, name), Edge(LAYER, name, None, label)]
        return graph_of(nodes, edges, {})

    def _of_nodes(self, net: Container, path: Path, now: Path) -> NetGraph:
        """The nodes of a chain or graph, each in its step; those that take the last element of a
        sequence are left out."""
        nodes: dict[Key, Net] = {}
        left_out: dict[Key, Edge] = {}
        links = net.links()
        for key, node in net.nodes.items():
            at = (*path, key)
            into = [e for e in links if e.target == key]
            if self._takes_the_last(node, at) and into[0].source is not None:
                (left_out[key],) = into
            else:
                nodes[str(key)] = self.part(node, at, (*now, str(key)))
        edges = []
        for e in links:
            source, port = e.source, e.source_port
            if e.target is not None and e.target in left_out:
                continue
            while source is not None and source in left_out:
                before = left_out[source]
                source, port = before.source, before.source_port
            if source is not None:
                port = self.labels.get(((*path, source), port), port)
            edges.append(Edge(_name(source), port, _name(e.target), e.target_port))
        for (at, _), label in self.labels.items():
            if at[: len(path)] == path and len(at) > len(path):
                key = str(at[len(path)])
                edges += [Edge(None, label, key, label), Edge(key, label, None, label)]
        return graph_of(nodes, edges, {})

    def _takes_the_last(self, node: Net, at: Path) -> bool:
        # Other layers may go on with what they take: they are given a sequence of one element.
        return isinstance(node, SequenceLastLayer) and self.course.is_sequence(at, "Input")


def _name(key: Key | None) -> str | None:
    return None if key is None else str(key)


def _is_the_same_for_elements(layer: Layer) -> bool:
    """Whether a layer does the same to any number of levels that come first: its ports begin with
    one run of sizes, which no array has."""
    patterns = [layer.port_field(name).pattern[:1] for name in layer.port_names]
    runs = {pattern[0] if pattern else "" for pattern in patterns}
    run = runs.pop()
    of_arrays = {size for field in layer.declared_arrays.values() for size in field.pattern}
    levels = [x for name, x in layer.parameters.items() if name.endswith(("Level", "Levels"))]
    from_the_end = all(isinstance(level, int) and level < 0 for level in levels)
    return (
        not layer.state_names
        and not runs
        and str(run).startswith("*")
        and run not in of_arrays
        and from_the_end
    )


def _without_lengths(layer: Net) -> Net:
    """A layer, or a nest, whose ports say nothing of how long sequences are."""
    ports = {
        name: PortType((None, *port.shape[1:]), port.element, most=port.most)
        if port.shape
        else port
        for name, port in layer.ports.items()
    }
    return layer._with(ports=ports)
