"""Shape inference over a whole net, in both directions, until nothing more follows.

A walk through the net lays its wires (wires.py): each layer gets wires at its ports and arrays, and
each container says which ports share a wire. Then the wires are solved. A contradiction is a
ShapeError that names the layer, the shapes it met, and who said them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from wlnet.core.errors import Fault, NotInitializedError, ShapeError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net, check_coders
from wlnet.core.parts import NetSharedArray, Path, path_text
from wlnet.core.ports import PortType
from wlnet.core.shapes import Mismatch, Partial, is_known, shape_text
from wlnet.core.walking import walk
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.container import as_container
from wlnet.nets.layer_cell import LayerCell
from wlnet.nets.wires import WHAT, Cell, LengthCell, Wire, spread, title


@dataclass
class Solution:
    """What is known of all ports and arrays of a net, by path. The path of the net itself is ()."""

    ports: dict[tuple[Path, str], Wire] = field(default_factory=dict)
    arrays: dict[Path, Wire] = field(default_factory=dict)

    def port_shape(self, path: Path, name: str) -> Partial:
        return self.ports[path, name].shape

    def array_shape(self, path: Path) -> Partial:
        return self.arrays[path].shape

    def unknown_arrays(self) -> list[Path]:
        return [path for path, wire in self.arrays.items() if not is_known(wire.shape)]

    def unknown_ports(self) -> list[str]:
        """Those of the net itself; ports inside it are left out."""
        return [
            name
            for (path, name), wire in self.ports.items()
            if not path and not is_known(wire.shape)
        ]


def inference(net: Net, given: Mapping[str, Partial] | None = None) -> Solution:
    """Everything that follows from a net.

    given: further shapes of its own ports, such as those of data. Raises ShapeError where facts
    contradict each other.
    """
    if not given:
        found = net.cached("solution", lambda: _solve(net, {}))
        assert isinstance(found, Solution)
        return found
    if all(is_known(shape) for shape in given.values()):
        # To be told what is known already, as by data of a net without open sizes, tells nothing.
        found = inference(net)
        ports = {name: found.ports.get(((), name)) for name in given}
        if all(wire is not None and wire.shape == given[name] for name, wire in ports.items()):
            return found
    return _solve(net, given)


def take_inference(net: Net, other: Net) -> None:
    """Give a net the solution of another one, instead of solving again.

    The two must be the same net, but that arrays of `other` whose shape is known may have no
    numbers yet: putting numbers there tells nothing new.
    """
    net.cached("solution", lambda: inference(other))


def open_sizes(net: Net, solution: Solution | None = None) -> str:
    """The advice for a message about unknown shapes: say what goes in or, where that is known, give
    the sizes of layers or, where these are, lengths of ports, or say what comes out.

    solution: of the data; None for what the net knows by itself.
    """
    solution = solution or inference(net)
    shapes = {name: solution.port_shape((), name) for name in net.port_names}
    inputs = [name for name in net.input_names if not is_known(shapes[name])]
    untold = [name for name in inputs if net.ports[name].shape is None]
    if untold or (inputs and solution.unknown_arrays()):
        name = (untold or inputs)[0]
        sizes = shapes[name]
        some = 4 if sizes is None else tuple(4 if size is None else size for size in sizes)
        said = some if isinstance(some, int) or len(some) != 1 else some[0]
        return f"say what goes in, e.g. {net.kind}(..., {name.lower()}={said})"
    if inputs and not solution.unknown_arrays():
        shape = tuple(16 if size is None else size for size in shapes[inputs[0]] or ())
        return f"give the port a length, e.g. net_replace_part(net, {{{inputs[0]!r}: {shape}}})"
    outputs = [name for name in net.output_names if shapes[name] is None]
    if outputs and net.input_names and not solution.unknown_arrays():
        # A loop gives as many levels as its state has, and that may be of any shape.
        levels = shapes[net.input_names[0]] or ()
        given = tuple("Varying" if size is None else size for size in levels)
        return f"say what comes out, e.g. {net.kind}(..., {outputs[0].lower()}={given!r})"
    return "give the sizes of these layers, e.g. LinearLayer(3), or their arrays"


def check_known(net: Net, needed: Collection[Path] | None = None) -> None:
    """Raise NotInitializedError for layers that are not known yet, all of them.

    needed: the paths of the layers that are asked for; None: all.
    """
    unknown = [(path, layer) for path, layer in walk(net)
               if isinstance(layer, Layer) and layer.is_unknown
               and (needed is None or path in needed)]  # fmt: skip
    if unknown:
        raise fail(NotInitializedError, [
            Fault(
                "a layer that is not known yet: nothing can be computed with it",
                at=path_text(path) or layer.kind, given=brief(layer.parameters["Tag"]),
                fix=f"net_replace_part(net, {{{path[0] if len(path) == 1 else path!r}: layer}})"
                if path else "the layer that it stands for",
            )
            for path, layer in unknown
        ])  # fmt: skip


def check_inputs(net: Net) -> None:
    """Raise NotInitializedError for a variadic layer that stands alone: nothing tells how many
    inputs it has."""
    if net.is_variadic and not net.input_names:
        said = ", ".join(f'"{number}": 3' for number in range(1, net.usual_inputs + 1))
        raise fail(
            NotInitializedError,
            Fault(
                "how many inputs it has is not known",
                at=net.kind,
                fix=f"{net.kind}(..., ports={{{said}}}), or NetChain([{net.kind}(...)])",
            ),
        )


def check_shapes(net: Net) -> None:
    """Raise ShapeError when a net contradicts itself, OptionError for a coder on the wrong side."""
    check_coders(net)
    inference(net)


def inferred_port(net: Net, name: str) -> PortType:
    """A port of a net with all that is known of it. Where nobody says what flows, it is a Real."""
    known: dict[str, PortType] = net.cached("inferred ports", dict)
    found = known.get(name)
    if found is None:
        wire = inference(net).ports[(), name]
        port = net.ports.get(name, PortType())
        element = port.element or wire.element or "Real"
        found = known[name] = replace(port, shape=wire.shape, element=element)
    return found


class _Walk:
    """Goes through a net and lays its wires: the ShapeWalk of wires.py."""

    def __init__(self, root: Net) -> None:
        self.solution = Solution()
        self.cells: list[Cell] = []
        self.gathered = Gathered()
        self.lengths: dict[tuple[Path, str], list[tuple[str, Wire, int]]] = {}
        """The ports of a net that name a length, each with the level that has it."""
        self.restricted: list[tuple[Wire, int, str]] = []
        """The ports that say how large their integers may be."""
        self.shared: dict[str, Wire] = {
            name: Wire(tuple(array.shape), source=f'NetSharedArray("{name}")')
            for name, array in root.shared.items()
        }

    def visit(self, net: Net, path: Path, wires: dict[str, Wire]) -> None:
        """Note what a net says of its own ports; then go into it, or tie them if it is a layer."""
        wires = {**wires, **{name: Wire() for name in net.state_names if name not in wires}}
        for name, wire in wires.items():
            self.solution.ports[path, name] = wire
            port = net.ports.get(name)
            if port is None:
                continue
            coder = "" if port.coder is None else f", {_head(port.coder)}"
            teller = f"{title(path, net)} {name}{coder}"
            advice = None if port.coder is None else port.coder.advice
            try:
                wire.refine(port.shape, teller, advice)
            except Mismatch as error:
                fault = Fault(
                    WHAT,
                    at=f"{title(path, net)}, port {name}",
                    given=f"{shape_text(wire.shape)} from {wire.source}",
                    expected=f"{port}, but {error}",
                    fix=advice,
                )
                self.gathered.add(fault, kind=ShapeError)
            for level, length in enumerate(port.lengths):
                if length is not None:
                    self.lengths.setdefault((path, length), []).append((name, wire, level))
            self.gathered.attempt(partial(wire.carry, port.flow, teller))
            wire.sent = wire.sent or port.sent
            if port.most is not None:
                self.restricted.append((wire, port.most, teller))
        if isinstance(net, Layer):
            self._visit_layer(net, path, wires)
        else:
            as_container(net).wire(self, path, wires)

    def _visit_layer(self, layer: Layer, path: Path, wires: dict[str, Wire]) -> None:
        arrays: dict[str, Wire] = {}
        for name, shape in layer.array_shapes().items():
            value = layer.array_values[name]
            if isinstance(value, NetSharedArray):
                wire = self.shared.setdefault(value.name, Wire())
            else:
                wire = Wire(
                    shape, source=f"{title(path, layer)} {name}" if shape is not None else ""
                )
            arrays[name] = self.solution.arrays[(*path, name)] = wire
        cell = LayerCell(layer, path, wires, arrays)
        cell.declare(self.gathered)
        self.cells.append(cell)


def _solve(net: Net, given: Mapping[str, Partial]) -> Solution:
    """The solution, worked out. Shapes come first, then assumptions, then the limits of indices."""
    walk = _Walk(net)
    wires = {name: Wire() for name in net.port_names}
    walk.visit(net, (), wires)
    walk.cells += [LengthCell(*key, ends) for key, ends in walk.lengths.items() if len(ends) > 1]
    for name, shape in given.items():
        try:
            wires[name].refine(shape, f"the data of port {name}")
        except Mismatch as error:
            expected = f"{shape_text(wires[name].shape)}, but {error}"
            given_text = shape_text(shape)
            what = "data do not fit a port"
            fault = Fault(what, at=f"port {name}", given=given_text, expected=expected)
            walk.gathered.add(fault, kind=ShapeError)
    spread(walk.cells, walk.gathered)
    walk.gathered.tell()
    # Assumptions where nothing else decides, one cell at a time: what follows from one may decide
    # the next.
    for cell in walk.cells:
        spread([cell], walk.gathered, settle=True)
    walk.gathered.tell()
    for cell in walk.cells:
        if isinstance(cell, LayerCell):
            walk.gathered.attempt(cell.limit_indices)
    for restricted in walk.restricted:
        walk.gathered.attempt(partial(_restrict, *restricted))
    walk.gathered.tell()
    # A limit is set where an index is used. It is passed back until it reaches the ports where
    # indices come in.
    while sum(cell.pass_limits() for cell in reversed(walk.cells)):
        pass
    for cell in walk.cells:
        cell.let_go()
    return walk.solution


def _restrict(wire: Wire, most: int, teller: str) -> None:
    """Note how large the integers at a port may be. Raises ShapeError where larger ones flow."""
    wire.limit(most)
    if wire.sent is not None and wire.sent.most > most:
        what = "integers that are larger than a port says"
        given, expected = f"1 to {wire.sent.most}", f"1 to {most}"
        raise fail(ShapeError, Fault(what, teller, given, expected))


def _head(coder: object) -> str:
    """A coder in a few words."""
    text = repr(coder)
    return text if len(text) <= 60 else f"{text[:57]}..."
