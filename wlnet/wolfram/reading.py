"""A net of the constructors that make it in the Wolfram Language.

One file, though it is long: constructors hold one another, and each is read by the others.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wlnet import layers
from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, FormatError, WlnetError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.names import field_name, is_number
from wlnet.core.net import Net
from wlnet.core.parts import NetPort, NetSharedArray, Path, path_text
from wlnet.core.records import refused
from wlnet.core.restricted import Restricted
from wlnet.core.rules import ArrayKey
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.arrays import replace_arrays
from wlnet.nets.attention import AttentionLayer
from wlnet.nets.bidirectional import NetBidirectionalOperator
from wlnet.nets.chain import NetChain
from wlnet.nets.container import shared_names
from wlnet.nets.fold import NetFoldOperator
from wlnet.nets.gan import NetGANOperator
from wlnet.nets.inference import check_shapes
from wlnet.nets.mapping import NetMapOperator, NetMapThreadOperator
from wlnet.nets.nest import NetNestOperator
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.pair_embedding import NetPairEmbeddingOperator
from wlnet.wolfram.coders import DOORS, coder_read
from wlnet.wolfram.expressions import (
    NONE,
    Call,
    Expression,
    Symbol,
    is_call,
    is_symbol,
    rules_of,
)
from wlnet.wolfram.layers import KINDS, LAYERS, OLD_ARRAYS, Field
from wlnet.wolfram.operators import OPERATORS
from wlnet.wolfram.rules import array_name, rules_read
from wlnet.wolfram.values import Unreadable, unwrapped

RATES = "LearningRateMultipliers"
HOLDERS: dict[str, Callable[..., Any]] = {
    "NetMapOperator": NetMapOperator,
    "NetMapThreadOperator": NetMapThreadOperator,
    "NetFoldOperator": NetFoldOperator,
    "NetNestOperator": NetNestOperator,
    "NetGANOperator": NetGANOperator,
    "NetPairEmbeddingOperator": NetPairEmbeddingOperator,
    "AttentionLayer": AttentionLayer,
}
ELEMENTS = "Real", "Integer", "Boolean"


def net_of(expression: Expression) -> Net:
    """The net of constructors. Raises FormatError: all that wlnet does not have, at once."""
    reader = _Reader()
    net = reader.net(expression, ())
    reader.tell()
    if not isinstance(net, Net):
        raise refused("the expression is no net", given=_told(expression))
    # Only those that are in it: an array may have been read for a layer that then was refused.
    shared: dict[ArrayKey, Array] = {
        NetSharedArray(name): array
        for name, array in reader.shared.items()
        if name in shared_names(net)
    }
    if shared:
        net = replace_arrays(net, shared)
    check_shapes(net)
    return net


class _Reader:
    def __init__(self) -> None:
        self.gathered = Gathered()
        self.shared: dict[str, Array] = {}

    def tell(self) -> None:
        """Raise all faults, as those of a file."""
        try:
            self.gathered.tell()
        except WlnetError as error:
            raise fail(FormatError, error.faults) from None

    def fault(self, what: str, path: Path, **words: Any) -> None:
        self.gathered.add(Fault(what, path_text(path) or "the net itself", **words))

    def net(self, value: Expression, path: Path) -> Net | None:
        value = unwrapped(value)
        if isinstance(value, Call):
            if value.name == "NetChain":
                return self.chain(value, path)
            if value.name == "NetGraph":
                return self.graph(value, path)
            if value.name == "NetBidirectionalOperator":
                return self.both_ways(value, path)
            if value.name in HOLDERS:
                return self.holder(value, path)
            if value.name in KINDS:
                return self.layer(value, KINDS[value.name], path)
        # In short: 3 is LinearLayer[3], Ramp is ElementwiseLayer[Ramp].
        if type(value) is int and value > 0:
            return layers.LinearLayer(value)
        if isinstance(value, (Symbol, str)) and not is_symbol(value, "None", "Automatic"):
            name = value.name if isinstance(value, Symbol) else value
            made = self.attempt(lambda: layers.ElementwiseLayer(name), path)
            return made if isinstance(made, Net) else None
        self.fault("a net or layer that wlnet does not have", path, given=_told(value))
        return None

    def attempt(self, step: Callable[[], Any], path: Path) -> Any:
        """What a step gives; faults are noted, at a path."""
        try:
            return self.gathered.attempt(step, at=path_text(path) or None)
        except Unreadable as error:
            self.fault("a value that is not read", path, expected=str(error))
            return None

    # What holds nets

    def chain(self, value: Call, path: Path) -> Net | None:
        nodes = self.nodes(value.args[0] if value.args else None, path)
        options = self.options(value.args[1:], path, ())
        if nodes is None or options is None:
            return None
        made = self.attempt(lambda: NetChain(nodes, **options), path)
        return made if isinstance(made, Net) else None

    def graph(self, value: Call, path: Path) -> Net | None:
        nodes = self.nodes(value.args[0] if value.args else None, path)
        given = value.args[1] if len(value.args) > 1 else Call(Symbol("List"), ())
        edges = self.attempt(lambda: _edges(given), path)
        options = self.options(value.args[2:], path, ())
        if nodes is None or options is None or edges is None:
            return None
        made = self.attempt(lambda: NetGraph(nodes, edges, **options), path)
        return made if isinstance(made, Net) else None

    def nodes(self, value: Expression, path: Path) -> Any:
        if isinstance(value, dict):
            named = {str(key): self.net(node, (*path, str(key))) for key, node in value.items()}
            return None if None in named.values() or not named else named
        if is_call(value, "List") and value.args:
            listed = [self.net(node, (*path, n)) for n, node in enumerate(value.args, 1)]
            return None if None in listed else listed
        self.fault("a list or an association of layers was expected", path, given=_told(value))
        return None

    def both_ways(self, value: Call, path: Path) -> Net | None:
        first: Expression = value.args[0] if value.args else None
        several = first.args if is_call(first, "List") else (first,)
        nets = [self.net(each, (*path, n)) for n, each in enumerate(several, 1)]
        rest = list(value.args[1:])
        joins = [self.net(each, path) for each in rest if not is_call(each, "Rule")]
        options = self.options([each for each in rest if is_call(each, "Rule")], path, ())
        if None in nets or None in joins or options is None:
            return None
        given = nets[0] if len(nets) == 1 else tuple(nets)
        made = self.attempt(lambda: NetBidirectionalOperator(given, *joins, **options), path)
        return made if isinstance(made, Net) else None

    def holder(self, value: Call, path: Path) -> Net | None:
        row = OPERATORS[value.name]
        args = list(value.args)
        inner: Any = AUTOMATIC
        if args and not is_call(args[0], "Rule"):
            first = unwrapped(args.pop(0))
            named = isinstance(first, str) and value.name == "AttentionLayer"
            inner = first if named else self.held(first, value.name, (*path, row.net))
        said = self.parameters(args, row.fields, path)
        options = self.options(said[1], path, ()) if said else None
        if inner is None or said is None or options is None:
            return None
        nets = [] if inner is AUTOMATIC else [inner]
        make = HOLDERS[value.name]
        if "ports" not in inspect.signature(make).parameters:
            # Its ports have always the same names, and are told one by one.
            options |= {field_name(name): port for name, port in options.pop("ports", {}).items()}
        made = self.attempt(lambda: make(*nets, **said[0], **options), path)
        return made if isinstance(made, Net) else None

    def held(self, value: Expression, kind: str, path: Path) -> Any:
        """What an operator holds: a net, or a list of nets where it takes several."""
        if kind != "NetGANOperator" or not is_call(value, "List"):
            return self.net(value, path)
        nets = [self.net(each, (*path[:-1], n)) for n, each in enumerate(value.args, 1)]
        return None if None in nets else tuple(nets)

    # Layers

    def layer(self, value: Call, kind: str, path: Path) -> Net | None:
        cls: type[Layer] = getattr(layers, kind)
        said = self.parameters(list(value.args), LAYERS[kind].fields, path)
        if said is None:
            return None
        parameters, rest = said
        options = self.options(
            rest, path, tuple(each.wolfram for each in cls.declared_arrays.values())
        )
        if options is None:
            return None
        made = self.attempt(lambda: cls(**parameters, **options), path)
        return made if isinstance(made, Net) else None

    def parameters(
        self, args: list[Expression], fields: Sequence[Field], path: Path
    ) -> tuple[dict[str, Any], list[Expression]] | None:
        """Parameters by the names of Python, and the options that are none."""
        found: dict[str, Any] = {}
        rest: list[Expression] = []
        placed = {one.place: one for one in fields if one.place is not None}
        first = min(placed, default=0)
        by_name = {name: one for one in fields for name in one.names}
        place, fine = first, True
        for each in args:
            pairs = rules_of(each) if is_call(each, "Rule", "RuleDelayed") else None
            if pairs is None or self._is_placed(each, placed.get(place)):
                one = placed.get(place)
                place += 1
                if one is None:
                    self.fault("an argument too many", path, given=_told(each))
                    fine = False
                    continue
                pairs = [(one.name, each)]
            ((name, value),) = pairs
            title = name.name if isinstance(name, Symbol) else name
            one = by_name.get(title) if isinstance(title, str) else None
            if one is None:
                rest.append(each)
                continue
            if is_symbol(unwrapped(value), "Automatic") and one.name != "Dimensions":
                continue
            try:
                found[field_name(one.name)] = one.value.read(unwrapped(value))
            except Unreadable as error:
                where = (*path, one.name)
                self.fault(
                    "a value that is not read", where, given=_told(value), expected=str(error)
                )
                fine = False
        return (found, rest) if fine else None

    def _is_placed(self, each: Expression, one: Field | None) -> bool:
        """Whether a rule is no option, but an argument that is written as a rule."""
        left = each.args[0]
        return one is not None and not isinstance(left, (str, Symbol))

    def options(
        self, rest: Sequence[Expression], path: Path, arrays: tuple[str, ...]
    ) -> dict[str, Any] | None:
        """Arrays, ports and rates, as the keywords of a constructor."""
        found: dict[str, Any] = {}
        ports: dict[str, Any] = {}
        fine = True
        for each in rest:
            pairs = rules_of(each)
            if not pairs or len(pairs) != 1:
                self.fault("an argument that is not read", path, given=_told(each))
                fine = False
                continue
            ((name, value),) = pairs
            title = name.name if isinstance(name, Symbol) else str(name)
            title = OLD_ARRAYS.get(title, title) if OLD_ARRAYS.get(title) in arrays else title
            try:
                if title == RATES:
                    found["learning_rate_multipliers"] = rules_read(value)
                elif title in arrays:
                    found[field_name(title)] = self.array(value)
                elif isinstance(name, str):
                    ports[title] = _port(value)
                else:
                    self.fault("an option that wlnet does not have", (*path, title))
                    fine = False
            except Unreadable as error:
                where = (*path, title)
                self.fault(
                    "a value that is not read", where, given=_told(value), expected=str(error)
                )
                fine = False
            except WlnetError as error:
                self.gathered.errors.append(error)
                fine = False
        if not fine:
            return None
        return {**found, "ports": ports} if ports else found

    def array(self, value: Expression) -> Any:
        value = unwrapped(value)
        if is_symbol(value, "None"):
            return None
        if is_symbol(value, "Automatic"):
            return AUTOMATIC
        if is_call(value, "NetSharedArray", "NetArray") and value.args:
            name = array_name(value)
            table = value.args[0]
            held = table.get("Array", NONE) if isinstance(table, dict) else NONE
            if not is_symbol(held, "Automatic", "None"):
                numbers = np.asarray(numbers_of(unwrapped(held)), np.float32)
                if not np.isfinite(numbers).all():
                    raise Unreadable("finite numbers; these are not finite")
                known = self.shared.setdefault(name, numbers)
                if known.shape != numbers.shape or known.tobytes() != numbers.tobytes():
                    raise Unreadable(f"one array of the name {name!r}, not two different ones")
            return NetSharedArray(name)
        return numbers_of(value)


def numbers_of(value: Expression) -> Any:
    """The numbers of an array, or a number. Raises Unreadable."""
    if isinstance(value, (np.ndarray, int, float)):
        return value
    if is_call(value, "NumericArray", "RawArray") and len(value.args) >= 1:
        # NumericArray[numbers, type], but RawArray[type, numbers].
        parts = [part for part in value.args if not isinstance(part, str)]
        if len(parts) == 1:
            return np.asarray(numbers_of(parts[0]), np.float32)
    if is_call(value, "List"):
        rows = [numbers_of(each) for each in value.args]
        try:
            return np.asarray(rows, np.float32)
        except (ValueError, TypeError):
            raise Unreadable("an array of numbers") from None
    raise Unreadable("an array of numbers, None, Automatic, or a NetArray with a name")


def _port(value: Expression) -> Any:
    """What is said of a port."""
    value = unwrapped(value)
    if is_call(value, *DOORS):
        return coder_read(value)
    if is_symbol(value, "Automatic"):
        return AUTOMATIC
    if is_call(value, "List"):
        return tuple(_size(each) for each in value.args)
    return _size(value)


def _size(value: Expression) -> Any:
    if is_symbol(value, "Automatic", "All"):
        return "Varying"
    if is_call(value, "Restricted") and value.args:
        return _restricted(*value.args)
    if type(value) is int or (isinstance(value, str) and value in ("Varying", *ELEMENTS)):
        return value
    raise Unreadable("a size, 'Varying', 'Real', 'Integer', a list of these, or a coder")


def _restricted(element: Expression, most: Expression = None) -> Any:
    """Integers from 1 to a number."""
    if is_call(most, "List") and len(most.args) == 2 and most.args[0] == 1:
        most = most.args[1]
    if element != "Integer" or type(most) is not int:
        raise Unreadable("integers from 1 to a number, if they are restricted")
    return Restricted("Integer", most)


def _edges(value: Expression) -> list[Any]:
    if not is_call(value, "List"):
        raise Unreadable('a list of edges such as "a" -> "b"')
    return [_edge(each) for each in value.args]


def _edge(value: Expression) -> tuple[Any, ...]:
    if not is_call(value, "Rule", "DirectedEdge") or len(value.args) != 2:
        raise Unreadable('an edge such as "a" -> "b"')
    left, right = value.args
    rest = _edge(right) if is_call(right, "Rule") else (_end(right),)
    return (_end(left), *rest)


def _end(value: Expression) -> Any:
    if is_call(value, "List"):
        return [_end(each) for each in value.args]
    if is_call(value, "NetPort") and value.args:
        (first, *rest) = value.args
        steps = list(first.args) if is_call(first, "List") else [first]
        steps += [
            part for each in rest for part in (each.args if is_call(each, "List") else (each,))
        ]
        if all(isinstance(step, (str, int)) for step in steps):
            return NetPort(*steps)
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return int(value) if isinstance(value, str) and is_number(value) else value
    raise Unreadable("a vertex, a NetPort, or a list of these")


def _told(value: Expression) -> str:
    """A few words of an expression."""
    if isinstance(value, Call):
        return f"{value.name or 'a call'}[{len(value.args)} arguments]"
    if isinstance(value, dict):
        return f"an association of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return value.name if isinstance(value, Symbol) else brief(value, 60)
