"""net_extract: the part of a net at a path.

Wolfram Language: NetExtract.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from wlnet.core.errors import Fault, PartError, brief, fail
from wlnet.core.finding import Sought, select, shadowed
from wlnet.core.gathered import Gathered
from wlnet.core.nesting import is_endless
from wlnet.core.net import Net
from wlnet.core.parts import (
    MULTI,
    MULTIPLIERS,
    Alternatives,
    NetSharedArray,
    Path,
    Place,
    Step,
    as_steps,
    path_text,
)
from wlnet.core.ports import UNKNOWN, Coder, PortType
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import ALL, ANY, AUTOMATIC, Symbol
from wlnet.core.walking import node_at
from wlnet.nets.arrays import array_value
from wlnet.nets.container import shared_names, with_needed_table
from wlnet.nets.inference import Solution, inference, inferred_port
from wlnet.nets.surgery.known_shapes import knowing, ports_around


def net_extract(net: Net | Coder, part: object) -> Any:
    """The part of a net at a path: a layer, a subnet, an array, a parameter, a port or its coder,
    an option.

    part: a position (from 1, -1 is the last), a name, or a tuple of these; ALL as the last step
    lists the nodes (as a dict where they have names; of a layer: all its fields); ALL, ANY, Span or
    Alternatives before other steps collect what the rest gives at each node; a list of tuples gives
    a list of parts; NetSharedArray(name) gives a shared array, NetSharedArray(ALL) a dict of all of
    them. Returns a net that stands alone, a read-only array, AUTOMATIC for an array without
    numbers, None for one that is absent. Raises PartError for what is not there; the message lists
    what is.

    >>> from wlnet.nets.chain import NetChain
    >>> net_extract(NetChain([3, "Ramp"], input=2), 2)
    ElementwiseLayer('Ramp', input=(3,))

    Wolfram Language: NetExtract.
    """
    if isinstance(net, Coder) and not isinstance(net, Net):
        return coder_part(net, as_steps(part))
    if not isinstance(net, Net):
        raise fail(PartError, Fault("net_extract takes a net or a coder", given=brief(net)))
    if isinstance(part, NetSharedArray):
        return _shared(net, part)
    if isinstance(part, list) and _lists_parts(part):
        gathered = Gathered()
        parts = [gathered.attempt(partial(net_extract, net, each)) for each in part]
        gathered.tell()
        return parts
    extraction = _Extraction(net, part)
    found = extraction.at(net, as_steps(part), ())
    extraction.sought.check()
    return found


def _shared(net: Net, part: NetSharedArray) -> Any:
    names = shared_names(net)
    if part.name is ALL:
        return {NetSharedArray(name): net.shared.get(name, AUTOMATIC) for name in names}
    if part.name not in names:
        raise fail(
            PartError,
            Fault(
                f"there is no shared array {brief(part.name)}",
                known=[NetSharedArray(n) for n in names],
                fix=suggestion(part.name, names),
            ),
        )
    return net.shared.get(part.name, AUTOMATIC)


class _Extraction:
    def __init__(self, root: Net, part: object) -> None:
        self.root, self.part = root, part
        self.solution: Solution = inference(root)
        self.sought = Sought()

    def at(self, net: Net, steps: tuple[Step, ...], path: Path) -> Any:
        if not steps:
            return standalone(self.root, path, self.solution)
        step, rest = steps[0], steps[1:]
        if isinstance(step, Symbol) and net.addressing == "layer" and not rest:
            return self._fields(net, path)
        if not isinstance(step, MULTI):
            (place,) = select(net, step, self.part, path)
            return self._place(net, place, rest, path)
        places = select(net, step, self.part, path, self.sought)
        found: dict[Any, Any] = {}
        refused: PartError | None = None
        for place in places:
            try:
                found[place.path[0]] = self._place(net, place, rest, path)
            except PartError as error:
                refused = refused or error
        if not found:
            raise refused or fail(
                PartError,
                Fault(
                    f"{brief(step)} finds nothing to go into",
                    given=brief(self.part),
                    at=path_text(path) or "the net itself",
                ),
            )
        named = all(isinstance(key, str) for key in found)
        whole = step is ALL or step is ANY or isinstance(step, Alternatives)
        return found if named and whole else list(found.values())

    def _place(self, net: Net, place: Place, rest: tuple[Step, ...], path: Path) -> Any:
        name = place.path[0]
        if place.kind == "node":
            return self.at(net.nodes[name], rest, (*path, name))
        if place.kind == "port":
            port = inferred_port(net, str(name)) if net is self.root else None
            return self._port(net, str(name), rest, path, port)
        if rest:
            raise fail(
                PartError,
                Fault(
                    f"{place.kind} {brief(name)} has no parts of its own", given=brief(self.part)
                ),
            )
        if place.kind == "array":
            value = net.array_values[str(name)]
            return array_value(self.root, value) if isinstance(value, NetSharedArray) else value
        if place.kind == "multipliers":
            return net.learning_rate_multipliers
        return net.parameters[str(name)]

    def _port(
        self, net: Net, name: str, rest: tuple[Step, ...], path: Path, port: PortType | None
    ) -> Any:
        if port is None:
            wire = self.solution.ports.get((path, name))
            own = net.ports.get(name, UNKNOWN)
            flow = wire.element if wire else own.flow
            port = replace(
                own, shape=wire.shape if wire else own.shape, element=own.element or flow
            )
        if not rest:
            return port.spec
        if port.coder is None:
            what, fix = f"port {name!r} has no coder, so no parts", shadowed(net, name)
            raise fail(PartError, Fault(what, given=brief(self.part), fix=fix))
        return coder_part(port.coder, rest)

    def _fields(self, net: Net, path: Path) -> dict[str, object]:
        fields = dict(net.parameters)
        for name in net.array_values:
            fields[name] = self._place(net, Place((name,), "array"), (), path)
        for name in net.port_names:
            fields[name] = self._port(net, name, (), path, None)
        if net.has_multipliers:
            fields[MULTIPLIERS] = net.learning_rate_multipliers
        return fields


def _lists_parts(given: list[object]) -> bool:
    """Whether a list is one of parts, and none that is a part itself."""
    parts = all(isinstance(each, (tuple, list)) for each in given)
    return parts and bool(given) and not is_endless(given)


def coder_part(coder: Coder, steps: tuple[Step, ...]) -> Any:
    """A parameter of a coder, or with ALL the dict of them; without steps the coder itself."""
    if not steps:
        return coder
    parameters = coder.parameters
    name = str(steps[0])
    if len(steps) != 1 or not (steps[0] is ALL or steps[0] in parameters):
        raise fail(
            PartError,
            Fault(
                "a coder has no such parameter",
                at=brief(coder),
                given=brief(steps[0]),
                known=list(parameters),
                fix=suggestion(name, parameters),
            ),
        )
    return dict(parameters) if steps[0] is ALL else parameters[name]


def standalone(root: Net, path: Path, solution: Solution | None = None) -> Net:
    """The net at a path, standing alone: with its shared arrays, and at its ports as much as it
    takes to know the shapes that the net around it told.
    """
    if not path:
        return root
    ports = (solution or inference(root)).ports
    node: Net = with_needed_table(node_at(root, path), root.shared)
    names = ports_around(root, path)
    told = [((), name, ports[path, name]) for name in names if (path, name) in ports]
    # What the node knows by itself is not written down as if it had been given.
    alone: Net = knowing(node, told)
    return alone
