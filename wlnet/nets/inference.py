"""Shape inference over a whole net, in both directions, until nothing more follows.

Ports that are connected are one wire. Layers, maps and arrays refine the wires they touch; a contradiction
is a ShapeError that names the layer, what it has, and where that came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wlnet.core.errors import Fault, ShapeError, fail
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, Path, path_text
from wlnet.core.ports import PortType
from wlnet.core.shapes import Mismatch, Partial, is_known, merge, shape_text
from wlnet.layers.layer import Layer, check_coders


@dataclass
class Wire:
    """Ports that carry one and the same array."""

    shape: Partial = None
    element: str | None = None
    source: str = ""
    below: int | None = None
    """The largest index, where indices flow."""

    def refine(self, shape: Partial, source: str) -> bool:
        new = merge(self.shape, shape)
        if new == self.shape:
            return False
        self.shape, self.source = new, source
        return True


@dataclass
class Solution:
    """What is known of all ports and arrays of a net. Paths are tuples of keys, the net itself is ()."""

    ports: dict[tuple[Path, str], Wire] = field(default_factory=dict)
    arrays: dict[Path, Wire] = field(default_factory=dict)

    def port_shape(self, path: Path, name: str) -> Partial:
        return self.ports[path, name].shape

    def array_shape(self, path: Path) -> Partial:
        return self.arrays[path].shape

    def unknown_arrays(self) -> list[Path]:
        return [path for path, wire in self.arrays.items() if not is_known(wire.shape)]

    def unknown_ports(self) -> list[str]:
        return [name for (path, name), wire in self.ports.items() if not path and not is_known(wire.shape)]


def inference(net: Net, given: Mapping[str, Partial] | None = None) -> Solution:
    """Everything that follows from a net, and from further shapes of its own ports.

    Raises ShapeError where facts contradict each other.
    """
    if not given:
        found = net.cached("solution", lambda: _solve(net, {}))
        assert isinstance(found, Solution)
        return found
    key = "solution " + repr(sorted(given.items()))
    found = net.cached(key, lambda: _solve(net, given))
    assert isinstance(found, Solution)
    return found


def check_shapes(net: Net) -> None:
    """Raise ShapeError when a net contradicts itself, OptionError for a coder on the wrong side."""
    check_coders(net)
    inference(net)


def inferred_port(net: Net, name: str) -> PortType:
    """A port of a net with all that is known of it."""
    wire = inference(net).ports[(), name]
    port = net.ports.get(name, PortType())
    return PortType(wire.shape, port.element or wire.element or "Real", port.coder)  # type: ignore[arg-type]


class _Cell:
    """Something that ties wires together."""

    def update(self, settle: bool) -> bool:
        raise NotImplementedError


class _LayerCell(_Cell):
    def __init__(self, layer: Layer, path: Path, wires: dict[str, Wire], arrays: dict[str, Wire]) -> None:
        self.layer, self.path, self.wires, self.arrays = layer, path, wires, arrays
        for name, wire in wires.items():
            if layer.port_element(name) == "Integer":
                wire.element = "Integer"

    def update(self, settle: bool) -> bool:
        ports = {name: wire.shape for name, wire in self.wires.items()}
        arrays = {name: wire.shape for name, wire in self.arrays.items()}
        try:
            new_ports, new_arrays = self.layer.infer(ports, arrays, settle=settle)
            here = _name(self.path, self.layer)
            changed = [self.wires[n].refine(s, f"{here} {n}") for n, s in new_ports.items()]
            changed += [self.arrays[n].refine(s, f"{here} {n}") for n, s in new_arrays.items()]
        except Mismatch as error:
            raise self._conflict(error) from None
        return any(changed)

    def _conflict(self, error: Mismatch) -> Exception:
        rows = []
        for name, wire in [*self.wires.items(), *self.arrays.items()]:
            if wire.shape is not None:
                here = wire.source in ("", f"{_name(self.path, self.layer)} {name}")
                rows.append(f"{name} {shape_text(wire.shape)}" + ("" if here else f" from {wire.source}"))
        wanted = [f"{p.wolfram}={getattr(self.layer, p.name)!r}" for p in self.layer.declared_parameters.values()]
        text = "; ".join(rows) + (f"; {', '.join(wanted)}" if wanted else "")
        return fail(ShapeError, Fault("shapes that do not fit one another", at=_name(self.path, self.layer),
                                      given=text, expected=f"shapes that agree, but {error}"))

    def finish(self) -> None:
        sizes = None
        for name, wire in self.wires.items():
            below = self.layer._port_field(name).below
            if below is not None:
                if sizes is None:
                    sizes = self.layer.sizes({n: w.shape for n, w in self.wires.items()},
                                             {n: w.shape for n, w in self.arrays.items()})
                wire.below = sizes[below]


class _TieCell(_Cell):
    """Two wires where one carries `extra` more leading sizes than the other: a map and what it maps."""

    def __init__(self, at: str, outer: Wire, inner: Wire, length: list[Any]) -> None:
        self.at, self.outer, self.inner, self.length = at, outer, inner, length

    def update(self, settle: bool) -> bool:
        changed = False
        try:
            if self.outer.shape is not None:
                if not self.outer.shape:
                    raise Mismatch("a map needs at least one level to map over, and this is a scalar")
                changed |= self.inner.refine(self.outer.shape[1:], self.outer.source)
                if self.length[0] is None and self.outer.shape[0] is not None:
                    self.length[0] = self.outer.shape[0]
                    changed = True
            if self.inner.shape is not None:
                changed |= self.outer.refine((self.length[0], *self.inner.shape), self.inner.source)
        except Mismatch as error:
            raise fail(ShapeError, Fault(
                "shapes that do not fit one another", at=self.at,
                given=f"outside {shape_text(self.outer.shape)}, inside {shape_text(self.inner.shape)}",
                expected=f"one level more outside, but {error}")) from None
        return changed


def _name(path: Path, net: Net) -> str:
    return f"{path_text(path)} {net.kind}" if path else net.kind


class _Walk:
    def __init__(self, root: Net) -> None:
        self.solution = Solution()
        self.cells: list[_Cell] = []
        self.shared: dict[str, Wire] = {
            name: Wire(tuple(array.shape), source=f'NetSharedArray("{name}")') for name, array in root.shared.items()
        }

    def visit(self, net: Net, path: Path, wires: dict[str, Wire]) -> None:
        for name, wire in wires.items():
            self.solution.ports[path, name] = wire
            port = net.ports.get(name)
            if port is None:
                continue
            try:
                wire.refine(port.shape, f"{_name(path, net)} {name}")
            except Mismatch as error:
                raise fail(ShapeError, Fault(
                    "shapes that do not fit one another", at=f"{_name(path, net)}, port {name}",
                    given=f"{shape_text(wire.shape)} from {wire.source}", expected=f"{port}, but {error}")) from None
            wire.element = wire.element or port.element
        if isinstance(net, Layer):
            self._visit_layer(net, path, wires)
        elif net.kind == "NetChain":
            self._visit_chain(net, path, wires)
        elif net.kind == "NetGraph":
            self._visit_graph(net, path, wires)
        else:
            self._visit_operator(net, path, wires)

    def _visit_layer(self, layer: Layer, path: Path, wires: dict[str, Wire]) -> None:
        arrays: dict[str, Wire] = {}
        for name, shape in layer.array_shapes().items():
            value = layer.array_values[name]
            if isinstance(value, NetSharedArray):
                wire = self.shared.setdefault(value.name, Wire())
            else:
                wire = Wire(shape, source=f"{_name(path, layer)} {name}" if shape is not None else "")
            arrays[name] = self.solution.arrays[(*path, name)] = wire
        self.cells.append(_LayerCell(layer, path, wires, arrays))

    def _visit_chain(self, net: Net, path: Path, wires: dict[str, Wire]) -> None:
        keys = list(net.nodes)
        current = wires.get("Input")
        for key in keys:
            node = net.nodes[key]
            out = wires["Output"] if key == keys[-1] else Wire()
            own = {node.input_names[0]: current} if node.input_names and current is not None else {}
            self.visit(node, (*path, key), {**own, node.output_names[0]: out})
            current = out

    def _visit_graph(self, net: Any, path: Path, wires: dict[str, Wire]) -> None:
        # Every output port is a wire; an edge gives it to an input port.
        made: dict[tuple[Any, str], Wire] = {(None, name): wires[name] for name in net.input_names}
        for edge in net.edges:
            if edge.target is None and edge.source is not None:
                made[edge.source, edge.source_port] = wires[edge.target_port]
        for key, node in net.nodes.items():
            for name in node.output_names:
                made.setdefault((key, name), Wire())
        for key, node in net.nodes.items():
            own = {e.target_port: made[e.source, e.source_port] for e in net.edges if e.target == key}
            own = {name: own[name] for name in net.ports_of(key) if name in own}
            self.visit(node, (*path, key), {**own, **{n: made[key, n] for n in node.output_names}})
        # One output port may feed several graph outputs: they are the same wire only for the first.
        for edge in net.edges:
            if edge.target is None:
                wire = made[edge.source, edge.source_port]
                if wire is not wires[edge.target_port]:
                    self.cells.append(_SameCell(_name(path, net), wire, wires[edge.target_port]))

    def _visit_operator(self, net: Net, path: Path, wires: dict[str, Wire]) -> None:
        inner = net.nodes["Net"]
        if net.kind == "NetNestOperator":
            (wire_in, wire_out) = wires["Input"], wires["Output"]
            self.cells.append(_SameCell(_name(path, net), wire_in, wire_out))
            own = {inner.input_names[0]: wire_in, inner.output_names[0]: wire_out}
            self.visit(inner, (*path, "Net"), own)
            return
        length: list[Any] = [None]
        own = {}
        for outer, name in (("Input", inner.input_names[0]), ("Output", inner.output_names[0])):
            own[name] = Wire()
            self.cells.append(_TieCell(_name(path, net), wires[outer], own[name], length))
        self.visit(inner, (*path, "Net"), own)


class _SameCell(_Cell):
    """Two ports that must carry equal shapes."""

    def __init__(self, at: str, a: Wire, b: Wire) -> None:
        self.at, self.a, self.b = at, a, b

    def update(self, settle: bool) -> bool:
        try:
            return self.a.refine(self.b.shape, self.b.source) | self.b.refine(self.a.shape, self.a.source)
        except Mismatch as error:
            raise fail(ShapeError, Fault(
                "shapes that do not fit one another", at=self.at,
                given=f"{shape_text(self.a.shape)} and {shape_text(self.b.shape)}",
                expected=f"equal shapes, but {error}")) from None


def _solve(net: Net, given: Mapping[str, Partial]) -> Solution:
    walk = _Walk(net)
    wires = {name: Wire() for name in net.port_names}
    walk.visit(net, (), wires)
    for name, shape in given.items():
        try:
            wires[name].refine(shape, f"the data of port {name}")
        except Mismatch as error:
            raise fail(ShapeError, Fault("data do not fit a port", at=f"port {name}", given=shape_text(shape),
                                         expected=f"{shape_text(wires[name].shape)}, but {error}")) from None
    _run(walk.cells, settle=False)
    for cell in walk.cells:
        if cell.update(True):
            _run(walk.cells, settle=False)
    for cell in walk.cells:
        if isinstance(cell, _LayerCell):
            cell.finish()
    return walk.solution


def _run(cells: list[_Cell], settle: bool) -> None:
    changed = True
    while changed:
        changed = False
        for cell in cells:
            changed |= cell.update(settle)
        cells = cells[::-1]
