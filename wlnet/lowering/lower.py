"""Net -> graph: every layer says what it computes, for one batch size and mode."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wlnet.core.errors import Fault, NotInitializedError, OptionError, brief, fail
from wlnet.core.machine import check_memory
from wlnet.core.names import field_name
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, Path, path_text
from wlnet.core.shapes import Partial, shape_text
from wlnet.graph.builder import SMALLEST_ITEM, Builder, Mode
from wlnet.graph.graph import Graph, Shape, Value
from wlnet.graph.keys import GradientKey, KeptStateKey, PortGradientKey, SourceKey
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import Needed, Port, needed_for
from wlnet.nets.container import Container, Probe, Values, as_container
from wlnet.nets.inference import Solution, check_inputs, check_known, inference, open_sizes

MOST_APPLICATIONS = 32_768
"""Of layers in one program: a nest of few iterations applies those in it in each of them."""
MOST_TURNS = 10_000_000
"""Of layers in one run of a program: nobody waits for more."""


def lower(
    net: Net,
    batch: int,
    mode: Mode = "Test",
    shapes: Mapping[str, Partial] | None = None,
    frozen_statistics: frozenset[Any] = frozenset(),
    inside: Sequence[tuple[Path, str]] = (),
    asked: Sequence[tuple[Path, str]] | None = None,
    by: Sequence[SourceKey] = (),
    kept: Sequence[KeptStateKey] = (),
    home: Path = (),
    whole: int | None = None,
) -> Graph:
    """The graph of a net: inputs by port, arrays by key, one output value a port.

    shapes: of the data, where the net leaves them open. inside: output ports of parts to give out
    too. asked: the only ports to give out, of parts or () for the net itself; inputs that these do
    not depend on are none of the graph. by: what the outputs of the net are to be differentiated
    by, the `sources` of the graph. kept: states that come in and go out. home: the part that says
    keys of arrays, paths in `inside` and origins of calls, see `seen_from`. whole: how many
    examples the batch has that these are a part of. Raises NotInitializedError where a shape stays
    unknown.
    """
    _check_length(net)
    check_inputs(net)
    states = [(key.path, key.name) for key in kept]
    needed = None if asked is None else needed_for(net, [*asked, *states], by)
    check_known(net, None if needed is None else needed.layers)
    solution = inference(net, shapes)
    unknown = [
        f"port {name} {shape_text(solution.port_shape((), name))}"
        for name in solution.unknown_ports()
        if needed is None or name in needed.inputs or ((), name) in (asked or ())
    ]
    unknown += [
        f"{path_text(path)} {shape_text(solution.array_shape(path))}"
        for path in solution.unknown_arrays()
        if needed is None or path[:-1] in needed.layers
    ]
    if unknown:
        raise fail(
            NotInitializedError,
            Fault(
                "shapes are not known",
                given=", ".join(unknown),
                fix=open_sizes(net, solution),
            ),
        )
    graph = Graph(part=None if whole is None else (batch, whole))
    walk = _Lowering(graph, solution, mode, frozen_statistics, needed, home, by, kept)
    for name in net.input_names:
        if needed is not None and name not in needed.inputs:
            continue
        wire = solution.ports[(), name]
        element: Any = wire.element or "Real"
        shape = (batch, *_known(wire.shape))
        check_memory(SMALLEST_ITEM * math.prod(shape), f"{batch} examples for port {name}")
        graph.inputs[name] = graph.new_value(shape, element)
    given = dict(graph.inputs)
    for key in kept:
        graph.inputs[key] = graph.new_value((batch, *walk.shape((key.path, key.name))))
    made = walk.visit(net, (), given, batch)
    graph.outputs.update({key: walk.made[key.path, key.name] for key in kept})
    if asked is None:
        graph.outputs.update({name: made[name] for name in net.output_names})
    for path, name in asked or ():
        graph.outputs[(path, name) if path else name] = walk.made[path, name]
    for path, name in inside:
        graph.outputs[path, name] = walk.made[(*home, *path), name]
    graph.sources |= {key: walk.source(key) for key in by}
    return graph


def seen_from(home: Path, path: Path) -> Path:
    """A path as the part at `home` says it. What stands beside that part keeps the path that it
    has.

    >>> seen_from(("Net",), ("Net", 2, "Weights")), seen_from(("Net",), ("LossLayer",))
    ((2, 'Weights'), ('LossLayer',))
    """
    return path[len(home) :] if path[: len(home)] == home else path


def _check_length(net: Net) -> None:
    """Refuse a program of more calls than can be planned, or that takes for ever."""
    for count, most in (
        (_applications(net, lambda each: each.repeats or 1), MOST_APPLICATIONS),
        (_applications(net, lambda each: each.turns), MOST_TURNS),
    ):
        if count > most:
            raise fail(
                OptionError,
                Fault(
                    "a net that applies its layers too often",
                    at=net.kind,
                    given=f"{brief(count)} times",
                    expected=f"at most {most:,}",
                    fix="fewer iterations of a NetNestOperator",
                ),
            )


def _applications(net: Net, times: Callable[[Container], int]) -> int:
    if isinstance(net, Layer):
        return 1
    return times(as_container(net)) * sum(_applications(node, times) for node in net.nodes.values())


def _known(shape: Partial) -> tuple[int, ...]:
    assert shape is not None
    return tuple(int(size or 0) for size in shape)


class _Lowering:
    def __init__(
        self,
        graph: Graph,
        solution: Solution,
        mode: Mode,
        frozen: frozenset[Any],
        needed: Needed | None = None,
        home: Path = (),
        by: Sequence[SourceKey] = (),
        kept: Sequence[KeptStateKey] = (),
    ) -> None:
        self.kept = kept
        self.graph, self.solution, self.mode, self.frozen = graph, solution, mode, frozen
        self.needed, self.home = needed, home
        self.made: dict[tuple[Path, str], Value] = {}
        """Every output port inside, by path."""
        ports = {(key.path, key.name) for key in by if isinstance(key, PortGradientKey)}
        self.marks: dict[tuple[Path, str], Value | None] = dict.fromkeys(ports)
        """The ports that a gradient is asked by, and what flows there."""
        self.probe: Probe | None = None
        """What makes of a value at such a port the one that flows on, in a loop."""

    def visit(self, net: Net, path: Path, inputs: Values, batch: int) -> Values:
        outputs = self._visit(net, path, self.marked(path, inputs), batch)
        # A gradient by a state is one by what it was at first.
        outputs |= self.marked(path, {k: v for k, v in outputs.items() if k not in net.state_names})
        self.made.update({(path, name): value for name, value in outputs.items()})
        return outputs

    def marked(self, path: Path, values: Values) -> Values:
        """What flows at ports. Where a gradient is asked by it, it is a value of its own: a loss
        does not look behind it, and other parts may be given what this one is not."""
        asked = [name for name in values if (path, name) in self.marks] if self.marks else ()
        if not asked:
            return values
        g = Builder(self.graph, origin=self.told(path))
        whole = {} if path else self.graph.inputs
        if self.probe is not None:
            fresh = {name: self.probe((path, name), values[name]) for name in asked}
            self.made.update({(path, name): value for name, value in fresh.items()})
            return {**values, **fresh}
        fresh = {name: whole.get(name) or g.multiply(values[name], 1.0) for name in asked}
        for name, value in fresh.items():
            self.marks[path, name] = self.made[path, name] = value
        return {**values, **fresh}

    def source(self, key: SourceKey) -> tuple[Value, Shape]:
        """What a gradient is taken by, and the shape in which it is told: what lies in a
        NetMapOperator flows for all elements of all examples, and is told an example a row."""
        if isinstance(key, GradientKey):
            array = self.graph.arrays[key.array]
            return array, array.shape
        port = key.path, key.name
        value = self.marks[port]
        if value is None:
            what = "what flows in a loop inside of a loop has no gradient of its own"
            fix = "ask by a port of the inner loop, or by an array inside"
            at = f"port {path_text((*key.path, key.name))}"
            raise fail(OptionError, Fault(what, at=at, fix=fix))
        return value, self.made[port].shape

    def _visit(self, net: Net, path: Path, inputs: Values, batch: int) -> Values:
        # Where not all is needed, what is not made is left out of what nets give one another.
        if isinstance(net, Layer):
            is_needed = self.needed is None or path in self.needed.layers
            return self._layer(net, path, inputs, batch) if is_needed else {}
        return as_container(net).lower(self, path, inputs, batch)

    def begun(self, net: Net, path: Path, inputs: Values, batch: int) -> dict[str, Value | None]:
        """What the states of a net are before the first step; None for zeros."""
        found: dict[str, Value | None] = {name: inputs.get(name) for name in net.state_names}
        for name, value in found.items():
            if KeptStateKey(path, name) in self.kept:
                found[name] = self.graph.inputs[KeptStateKey(path, name)]
            elif value is None and (path, name) in self.marks:
                zeros = Builder(self.graph).fill(0.0, (batch, *self.shape((path, name))))
                found[name] = self.marks[path, name] = zeros
        return found

    def within(self, graph: Graph, probe: Probe | None = None) -> _Lowering:
        made = _Lowering(graph, self.solution, self.mode, self.frozen, self.needed, self.home)
        if probe is not None:
            made.probe, made.marks = probe, dict(self.marks)
        return made

    def asked_within(self, path: Path) -> bool:
        return any(port[: len(path)] == path for port, _ in self.marks)

    def mark(self, port: Port, value: Value) -> None:
        self.marks[port] = value

    def shape(self, port: tuple[Path, str]) -> tuple[int, ...]:
        return _known(self.solution.port_shape(*port))

    def told(self, path: Path) -> Path:
        return seen_from(self.home, path)

    def _layer(self, layer: Layer, path: Path, inputs: Values, batch: int) -> Values:
        told = self.told(path)
        frozen = frozenset(name for name in layer.statistic_names if (*told, name) in self.frozen)
        outputs = layer.output_names
        g = Builder(
            self.graph,
            batch=batch,
            mode=self.mode,
            origin=told,
            frozen_statistics=frozen,
            output=_known(self.solution.port_shape(path, outputs[0])),
        )
        arrays = {field_name(name): self._array(layer, path, name) for name in layer.array_values}
        states = self.begun(layer, path, inputs, batch)
        if layer.is_variadic:
            result: Any = layer.lower(g, *inputs.values(), **arrays)
        else:
            given = {**inputs, **states}
            result = layer.lower(
                g, **{field_name(name): value for name, value in given.items()}, **arrays
            )
        return result if isinstance(result, dict) else {outputs[0]: result}

    def _array(self, layer: Layer, path: Path, name: str) -> Value | None:
        value = layer.array_values[name]
        if value is None:
            return None
        key = value if isinstance(value, NetSharedArray) else self.told((*path, name))
        if key not in self.graph.arrays:
            self.graph.arrays[key] = self.graph.new_value(
                _known(self.solution.array_shape((*path, name)))
            )
        return self.graph.arrays[key]
