"""What the parts of a net need to know of a sequence that they read piece by piece.

Of whatever flows it is told how it depends on the sequence: not at all (SAME), element by element
in order, so that each depends on those up to it alone (EACH), or on all that was read so far
(SO_FAR), as the last element does. Pieces have all elements, in order, but only the last piece has
what a whole sequence would give that is so far: where that meets elements, the whole one answers
otherwise. What a layer does is asked of the primitives that it comes down to, with two lengths of
the sequence: where both do not come to the same, the number of elements is in the answer.

An abstract interpretation: Cousot and Cousot, "Abstract Interpretation" (1977).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.names import field_name
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.shapes import Partial
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES, axis_after
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.container import Container, as_container
from wlnet.nets.edges import topological
from wlnet.nets.inference import Solution
from wlnet.nets.nest import NetNestOperator

SAME, EACH, SO_FAR = "same", "each", "so far"
Kinds = Mapping[str, str]
"""How what flows at ports depends on the sequence, by name."""
SEVERAL = "this part reads what comes later, or several elements at once"
MIXED = "this part reads elements beside what is known of a whole sequence alone"
COUNTED = "what this part gives depends on how many elements there are"
UNREAD = "the states of this part do not go through the elements of what comes in"
ANEW = "the states in this part begin anew each time that it is applied"
SIZES = "shape", "count"
"""Attributes that tell sizes of results, which are looked at as such."""


@dataclass
class Refused(Exception):
    """why: what a part does that pieces do not tell."""

    why: str


class Reading:
    """How what flows in a net depends on the sequences that come in.

    known: what is known of the net with each of two lengths; is_sequence: whether a port has one of
    these for its first size. faults: the parts that a piece does not tell enough, and what they do.
    """

    def __init__(
        self, net: Net, known: Sequence[Solution], is_sequence: Callable[[Path, str], bool]
    ) -> None:
        self.known, self.is_sequence = known, is_sequence
        self.faults: list[tuple[Path, Net, str]] = []
        self._made(net, (), {name: self._shown((), name) for name in net.input_names})

    def _shown(self, at: Path, name: str) -> str:
        return EACH if self.is_sequence(at, name) else SAME

    def _made(self, net: Net, at: Path, given: Kinds) -> dict[str, str]:
        """The kinds of the outputs and states of a part."""
        names = (*net.output_names, *net.state_names)
        try:
            return self._of(net, at, given)
        except Refused as refused:
            self.faults.append((at, net, refused.why))
            return {name: self._shown(at, name) for name in names}

    def _of(self, net: Net, at: Path, given: Kinds) -> dict[str, str]:
        kinds = {*given.values()}
        if net.state_names:
            return self._of_states(net, given)
        if isinstance(net, Layer):
            if EACH not in kinds and not any(self.is_sequence(at, n) for n in net.output_names):
                return dict.fromkeys(net.output_names, SO_FAR if SO_FAR in kinds else SAME)
            return self._of_layer(net, at, given)
        container = as_container(net)
        if container.in_order is None:
            return self._of_nodes(container, at, given)
        if EACH not in kinds:
            return dict.fromkeys(net.output_names, SO_FAR if SO_FAR in kinds else SAME)
        if isinstance(net, NetNestOperator):
            return self._of_nest(net, at, given)
        if not container.in_order:
            raise Refused(SEVERAL)
        whole = {given[name] for name in container.read_whole if name in given}
        if EACH in whole:
            raise Refused(SEVERAL)
        if SO_FAR in kinds:
            raise Refused(MIXED)
        return dict.fromkeys(net.output_names, EACH)

    def _of_states(self, net: Net, given: Kinds) -> dict[str, str]:
        """What has states and keeps them goes from each element to the next."""
        read = {given.get(name) for name in net.input_names}
        if read != {EACH}:
            raise Refused(MIXED if EACH in read and SO_FAR in read else UNREAD)
        return {**dict.fromkeys(net.state_names, SO_FAR), **dict.fromkeys(net.output_names, EACH)}

    def _of_nest(self, nest: NetNestOperator, at: Path, given: Kinds) -> dict[str, str]:
        # What a net makes of elements in order it makes of its own result.
        if any(keeps_states(node) for node in nest.nodes.values()):
            raise Refused(ANEW)
        inner = nest.inner
        own = dict(zip(inner.input_names, given.values(), strict=True))
        found = self._made(inner, (*at, "Net"), own)
        return {nest.output_names[0]: found[inner.output_names[0]]}

    def _of_nodes(self, net: Container, at: Path, given: Kinds) -> dict[str, str]:
        links = net.links()
        found: dict[tuple[Key | None, str], str] = {(None, name): k for name, k in given.items()}
        for key in topological(net.nodes, links):
            own = {e.target_port: found[e.source, e.source_port] for e in links if e.target == key}
            made = self._made(net.nodes[key], (*at, key), own)
            found.update({(key, name): kind for name, kind in made.items()})
        return {e.target_port: found[e.source, e.source_port] for e in links if e.target is None}

    def _of_layer(self, layer: Layer, at: Path, given: Kinds) -> dict[str, str]:
        graphs, ends = zip(
            *(self._lowered(layer, at, given, one) for one in self.known), strict=True
        )
        kinds: list[dict[Value, object]] = [
            {graph.inputs[name]: 1 if kind == EACH else kind for name, kind in given.items()}
            for graph in graphs
        ]
        _follow([graph.calls for graph in graphs], kinds)
        found = {}
        for name in layer.output_names:
            each = [of.get(end[name], SAME) for of, end in zip(kinds, ends, strict=True)]
            sizes = {end[name].shape for end in ends}
            is_each = each == [1, 1] and self.is_sequence(at, name)
            if not is_each and (len(sizes) > 1 or not {*each} <= {SAME, SO_FAR}):
                raise Refused(SEVERAL)
            found[name] = EACH if is_each else str(each[0])
        return found

    def _lowered(
        self, layer: Layer, at: Path, given: Kinds, solution: Solution
    ) -> tuple[Graph, dict[str, Value]]:
        """A layer by itself, for one example."""
        graph = Graph()

        def value(shape: Partial, element: str | None = None) -> Value:
            sizes = [size or 1 for size in shape or ()]
            return graph.new_value(sizes, "Integer" if element == "Integer" else "Real")

        for name in given:
            wire = solution.ports[at, name]
            graph.inputs[name] = value((1, *(wire.shape or ())), wire.element)
        arrays = {
            field_name(name): None if array is None else value(solution.array_shape((*at, name)))
            for name, array in layer.array_values.items()
        }
        out = solution.port_shape(at, layer.output_names[0]) or ()
        g = Builder(graph, batch=1, origin=at, output=tuple(size or 1 for size in out))
        if layer.is_variadic:
            made = layer.lower(g, *graph.inputs.values(), **arrays)
        else:
            fields = {field_name(name): each for name, each in graph.inputs.items()}
            made = layer.lower(g, **fields, **arrays)
        return graph, made if isinstance(made, dict) else {layer.output_names[0]: made}


def keeps_states(net: Net) -> bool:
    """Whether a net has states, but in operators, where they begin anew with each element."""
    if net.state_names:
        return True
    if isinstance(net, Layer):
        return False
    container = as_container(net)
    is_open = container.in_order is None or isinstance(net, NetNestOperator)
    return is_open and any(keeps_states(node) for node in net.nodes.values())


def _follow(calls: Sequence[Sequence[Call]], kinds: Sequence[dict[Value, object]]) -> None:
    """Tell on the kinds of values through the calls of one layer with two lengths; an axis stands
    for the kind of what has elements along it. Raises Refused."""
    if len({len(each) for each in calls}) > 1:
        raise Refused(COUNTED)
    for pair in zip(*calls, strict=True):
        found = [_after(call, of) for call, of in zip(pair, kinds, strict=True)]
        if any(kind is None for kind in found):
            found = [_without_elements(pair, kinds)]
        one, other = pair
        if len({str(kind) for kind in found}) > 1 or not _is_alike(one, other, found[0]):
            raise Refused(COUNTED)
        for call, of in zip(pair, kinds, strict=True):
            of.update(dict.fromkeys(call.outputs, found[0]))


def _after(call: Call, kinds: Mapping[Value, object]) -> object:
    """The kind of what a call gives, where it reads elements; None where it reads none."""
    axes = {v: axis for v in call.inputs if isinstance(axis := kinds.get(v), int)}
    if not axes:
        return None
    if any(kinds.get(value) == SO_FAR for value in call.inputs):
        raise Refused(MIXED)
    axis = None if call.primitive == "scan" else axis_after(call, axes)
    if axis is not None:
        return axis
    at, given = call.attributes, call.inputs[0]
    size = given.shape[axes[given]] if given in axes else 0
    if call.primitive == "slice" and at["axis"] == axes[given]:
        if (at["start"], at["stop"]) == (size - 1, size):
            return SO_FAR
        if (at["start"], at["stop"]) == (0, size):
            return axes[given]
    raise Refused(SEVERAL)


def _without_elements(pair: Sequence[Call], kinds: Sequence[Mapping[Value, object]]) -> object:
    """The kind of what a call gives that reads no elements: it may make as many as there are."""
    one, other = pair
    differing = [
        [i for i, (n, m) in enumerate(zip(a.shape, b.shape, strict=True)) if n != m]
        if a.rank == b.rank else [-1, -1]
        for a, b in zip(one.outputs, other.outputs, strict=False)
    ]  # fmt: skip
    is_known = any(kinds[0].get(value) == SO_FAR for value in one.inputs)
    if not any(differing):
        return SO_FAR if is_known else SAME
    is_drawn = PRIMITIVES[one.primitive].random
    if len(differing) > 1 or len(differing[0]) > 1:
        raise Refused(COUNTED)
    if one.primitive == "fill" or is_drawn or (one.primitive == "broadcast" and not is_known):
        return differing[0][0]
    raise Refused(MIXED if is_known else COUNTED)


def _is_alike(one: Call, other: Call, kind: object) -> bool:
    """Whether a call does the same with two lengths, but for sizes of what has elements."""
    if one.primitive != other.primitive or len(one.inputs) != len(other.inputs):
        return False
    places: tuple[str, ...] = (
        ("start", "stop") if one.primitive == "slice" and kind == SO_FAR else ()
    )
    for a, b in zip(one.outputs, other.outputs, strict=True):
        differing = [i for i, (n, m) in enumerate(zip(a.shape, b.shape, strict=False)) if n != m]
        if a.rank != b.rank or differing != ([kind] if isinstance(kind, int) else []):
            return False
    if isinstance(kind, int) and one.primitive == "slice" and one.attributes["axis"] == kind:
        places = ("stop",)
    free = (*SIZES, *places)
    return all(one.attributes[name] == other.attributes[name] for name in one.attributes
               if name not in free)  # fmt: skip
