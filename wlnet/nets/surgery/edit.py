"""One edit of a net: replacements that are made one after the other and must fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.arrays import Dtype, as_array, read_only
from wlnet.core.errors import (
    Fault,
    OptionError,
    PartError,
    RuleError,
    ShapeError,
    WlnetError,
    brief,
    fail,
)
from wlnet.core.finding import find
from wlnet.core.gathered import Gathered
from wlnet.core.multipliers import array_places
from wlnet.core.names import a
from wlnet.core.net import Net, same
from wlnet.core.net_arrays import BegunArray
from wlnet.core.parts import NetSharedArray, Path, Place, is_under, path_text
from wlnet.core.ports import PortType, as_port
from wlnet.core.rule_lists import NOTHING_SAID, parse_rules
from wlnet.core.rules import ArrayKey
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import node_at
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.arrays import array_value
from wlnet.nets.container import rebuilt, shared_names
from wlnet.nets.fills import filled, spread_out
from wlnet.nets.inference import open_sizes
from wlnet.nets.operators import Operator
from wlnet.nets.shorthand import as_net
from wlnet.nets.surgery.fit import check_fit, check_layer
from wlnet.nets.surgery.placing import located, names_outside, trimmed, with_nodes, worded
from wlnet.nets.surgery.rules_in_place import kept

NEAR = 64
"""Parts that could not be put in, of the last ones, which a fault may follow from."""


class Edit:
    """Parts are put in with `put`, from left to right, and nothing is asked of how they fit;
    `result` asks, once all are in. Faults are gathered until then.
    """

    def __init__(self, net: Net) -> None:
        self.old = self.net = net
        self.gathered = Gathered()
        self.failed: list[Any] = []
        self.holes = False
        """Whether something that rules may name could not be put in."""
        self.put_in: list[str] = []
        self.fresh: set[Path] = set()
        self.said: set[Path] = set()
        self.changed: set[Path] = set()
        """Layers with another parameter or array: whether these go together is asked at the end."""
        self.ended: set[str] = set()
        """Names of shared arrays that stood nowhere at some time."""
        self.numbers: dict[ArrayKey, Any] = {}
        """The arrays that were replaced, and what they held before."""

    # Putting in

    def put(self, part: object, value: object) -> None:
        """Another value at a part, on top of what was put in before."""
        places: list[Place] = []
        try:
            if isinstance(part, NetSharedArray):
                self._shared(part, value)
                return
            places = find(self.net, part)
            self._places(places, value)
        except WlnetError as error:
            self.holes |= isinstance(value, NetSharedArray)
            self.holes |= any(place.kind == "node" for place in places)
            # What a part lacks that could not be put in says nothing new.
            follows = isinstance(error, PartError) and any(
                _steps(part)[: len(_steps(before))] == _steps(before)
                for before in self.failed[-NEAR:]
            )
            if not follows:
                self.gathered.errors.append(error)
            self.failed.append(part)

    def _places(self, places: list[Place], value: object) -> None:
        nodes = [place.path for place in places if place.kind == "node"]
        if () in nodes:
            self.net, self.fresh, self.numbers = as_net(value, "the net"), {()}, {}
            self.said.clear()
            self.changed.clear()
            return
        if nodes:
            self.nodes({path: self._net(path, value) for path in nodes})
        # Of several nodes, rates are for those that have arrays.
        rated = any(self._has_rates(place) for place in places)
        gathered = Gathered()
        for place in places:
            if place.kind == "node" or (rated and not self._has_rates(place)):
                continue
            gathered.attempt(partial(self._into, place, value))
            self.put_in.append(path_text(place.path))
        gathered.tell()

    def _net(self, path: Path, value: object) -> Net:
        """The net to be put in at a path: in an operator, as its constructor reads it."""
        holder = node_at(self.net, path[:-1])
        if isinstance(holder, Operator):
            return holder.net_of(value, path_text(path))
        return as_net(value, path_text(path))

    def _into(self, place: Place, value: object) -> None:
        doing: dict[str, Callable[[Path, Any], None]] = {
            "array": self._array,
            "multipliers": self._rules,
            "port": self._port,
            "coder": self._coder,
            "parameter": self._parameter,
        }
        try:
            doing[place.kind](place.path, value)
        except WlnetError as error:
            raise located(error, path_text(place.path)) from None

    def _has_rates(self, place: Place) -> bool:
        if place.kind != "multipliers":
            return False
        return bool(node_at(self.net, place.path[:-1]).has_multipliers)

    def nodes(self, new: Mapping[Path, Net]) -> None:
        """Other nets at some places."""
        outside = names_outside(self.net, new)
        self.ended |= {name for name in shared_names(self.net) if name not in outside}
        self.net = with_nodes(self.net, new)
        self.put_in += map(path_text, new)
        for put in new:
            self.fresh = {path for path in self.fresh if not is_under(path, put)} | {put}
            self.said = {path for path in self.said if not is_under(path, put)}
            self.changed = {path for path in self.changed if not is_under(path, put)}
            self.numbers = {
                key: was
                for key, was in self.numbers.items()
                if isinstance(key, NetSharedArray) or not is_under(key, put)
            }

    def _array(self, path: Path, value: object) -> None:
        old_net = self.net
        layer = node_at(old_net, path[:-1])
        assert isinstance(layer, Layer)
        name = str(path[-1])
        field = layer.declared_arrays[name]
        if value is None and not field.optional:
            what = f"{name} of {a(layer.kind)} may not be absent"
            raise fail(OptionError, Fault(what, at=path_text(path)))
        if isinstance(value, NetSharedArray) and field.statistic:
            what = f"{name} is a running statistic: it cannot be shared"
            raise fail(OptionError, Fault(what, at=path_text(path)))
        old = array_value(self.net, path) if layer.array_values[name] is not None else None
        new = as_array(value, name, layer.kind, _precision(old))
        new = spread_out(self.net, path, old, new, value)
        begun = new if isinstance(new, BegunArray) else None
        new = new.bare if isinstance(new, BegunArray) else new
        net = rebuilt(self.net, {path[:-1]: layer._with(arrays={**layer.array_values, name: new})})
        if begun is not None:
            if not same(net.shared.get(begun.name, begun.numbers), begun.numbers):
                what = f"a shared array {begun.name!r} is there, with other numbers"
                fix = f"{{{begun.bare!r}: array}} replaces them"
                raise fail(OptionError, Fault(what, at=path_text(path), fix=fix))
            net = net._with(shared={**net.shared, begun.name: begun.numbers})
        elif isinstance(new, NetSharedArray) and isinstance(old, np.ndarray):
            net = net._with(shared={**net.shared, new.name: net.shared.get(new.name, old)})
        self.net = trimmed(net)
        self.ended |= set(shared_names(old_net)) - set(shared_names(self.net))
        self.numbers.setdefault(path, old)
        self.changed.add(path[:-1])

    def _shared(self, part: NetSharedArray, value: object) -> None:
        names = shared_names(self.net)
        if part.name not in names:
            known = [NetSharedArray(n) for n in names]
            what = f"there is no shared array {brief(part.name)}"
            raise fail(PartError, Fault(what, known=known, fix=suggestion(part.name, names)))
        old = self.net.shared.get(part.name, AUTOMATIC)
        new = as_array(value, repr(part), self.net.kind, _precision(old))
        place = next(each.path for each in array_places(self.net) if each.shared == part.name)
        new = spread_out(self.net, place, old, new, value)
        if isinstance(new, float):
            what = "a number fills a shared array whose shape is known"
            fix = open_sizes(self.net)
            raise fail(ShapeError, Fault(what, at=repr(part), given=brief(value), fix=fix))
        if new is None or isinstance(new, NetSharedArray):
            what = "a shared array holds numbers, or AUTOMATIC"
            raise fail(OptionError, Fault(what, at=repr(part), given=brief(value)))
        table = {name: array for name, array in self.net.shared.items() if name != part.name}
        if isinstance(new, np.ndarray):
            table[part.name] = read_only(new)
        self.net = self.net._with(shared=table)
        self.put_in.append(repr(part))
        self.numbers.setdefault(part, old)

    def _rules(self, path: Path, value: object) -> None:
        path = path[:-1]
        node: Any = node_at(self.net, path)
        if not node.has_multipliers and value is not AUTOMATIC:
            what = f"{a(node.kind)} has no arrays that could learn, so no rates"
            where = path_text(path) or node.kind
            fault = Fault(what, at=where, given=brief(value), expected="AUTOMATIC")
            raise fail(OptionError, fault)
        option = path_text((*path, "LearningRateMultipliers"))
        rules = parse_rules(value, option) if value is not AUTOMATIC else NOTHING_SAID
        self.net = rebuilt(self.net, {path: node._with(rules=rules)})
        self.said.add(path)

    def _port(self, path: Path, value: object) -> None:
        node: Net = node_at(self.net, path[:-1])
        name = str(path[-1])
        if name in node.state_names:
            what = "nothing is said of a state: its shape is that of the layer"
            fix = "an edge of a NetGraph leads to it, NetStateObject keeps it"
            raise fail(OptionError, Fault(what, at=path_text(path), given=brief(value), fix=fix))
        old = node.ports[name]
        port = PortType(old.shape, old.element) if value is None else as_port(value, name)
        if path[:-1] and port.coder is not None:
            what = "coders stand at the ports of the whole net"
            raise fail(OptionError, Fault(what, at=path_text(path), given=brief(value)))
        self.net = rebuilt(self.net, {path[:-1]: node._with(ports={**node.ports, name: port})})

    def _coder(self, path: Path, value: object) -> None:
        *at, name, parameter = path
        coder = node_at(self.net, tuple(at)).ports[str(name)].coder
        self._port((*at, name), coder.replace(parameter, value))

    def _parameter(self, path: Path, value: object) -> None:
        """Another parameter of a layer; the arrays stay, so their shapes must still fit."""
        node: Any = node_at(self.net, path[:-1])
        name = str(path[-1])
        if not isinstance(node, Layer):
            what = f"{name} of {a(node.kind)} cannot be set: make a new one"
            raise fail(OptionError, Fault(what, at=path_text(path)))
        try:
            setting = node.declared_parameters[name].check(value)
        except (ValueError, TypeError) as error:
            what = f"{name} of {a(node.kind)} cannot be this"
            given = brief(value)
            fault = Fault(what, at=path_text(path), given=given, expected=str(error))
            raise fail(OptionError, fault) from None
        new = node._with(parameters={**node.parameters, name: setting})
        if node.given_parameters is not None:
            object.__setattr__(new, "given_parameters", node.given_parameters | {name})
        self.net = rebuilt(self.net, {path[:-1]: new})
        self.changed.add(path[:-1])

    # Asking

    def result(self) -> Net:
        """The net with everything in its place.

        Raises one error for all faults: of the parts, of what does not fit (ShapeError), and of
        rules that do not (RuleError). What could not be put in is not missed in other places.
        """
        if not self.failed:
            for path in sorted(self.changed, key=path_text):
                self.gathered.attempt(partial(check_layer, self.net, path))
        if not self.failed and not self.gathered.errors:
            self.gathered.attempt(partial(check_fit, self.net, self.numbers, self.put_in))
        if not self.gathered.errors:
            self.net = filled(self.net)
        net = self.net if self.holes else self.gathered.attempt(self.ruled)
        self.gathered.tell()
        assert net is not None
        return net

    def ruled(self) -> Net:
        """The net under the rules that it had, or that were put in. Raises RuleError."""
        gathered, sound = Gathered(), self.net
        for path in sorted(self.said, key=len):
            node: Any = node_at(sound, path)
            try:
                node.check_rules()
            except RuleError as error:
                gathered.errors.append(worded(error, f"rules for {path_text(path) or 'the net'}"))
                sound = rebuilt(sound, {path: node._with(rules=NOTHING_SAID)})
        keeping = partial(kept, self.old, sound, self.fresh, self.said, self.ended)
        net: Net | None = gathered.attempt(keeping)
        gathered.tell()
        assert net is not None
        around = dict.fromkeys(put[:length] for put in self.fresh for length in range(len(put)))
        for path in around:
            if path not in self.said:
                node_at(net, path).check_rules()
        return net


def _steps(part: object) -> tuple[object, ...]:
    return tuple(part) if isinstance(part, (tuple, list)) else (part,)


def _precision(old: object) -> Dtype:
    """A net trained in float64 keeps that precision where its arrays are replaced."""
    return old.dtype if isinstance(old, np.ndarray) else np.float32
