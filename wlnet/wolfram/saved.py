"""Nets as the Wolfram Language saves them, as the constructors that make them.

A saved net is its head around an association: `"Type"`, such as "Chain" or "Linear"; `"Nodes"` by
name, which are numbers where they have none; `"Edges"`, each from the path of what it feeds to the
path of what it comes from; `"Parameters"`, of which those with a $ follow from others; `"Arrays"`;
`"Inputs"` and `"Outputs"` with their types or coders. In a file arrays are `ExportedArray[n]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, FormatError, brief, fail
from wlnet.core.names import is_number
from wlnet.core.parts import Path, path_text
from wlnet.wolfram.expressions import (
    AUTO,
    NONE,
    Call,
    Expression,
    Symbol,
    call,
    is_call,
    is_symbol,
    listed,
    rule,
    rules_of,
)
from wlnet.wolfram.layers import HARMLESS, KINDS, LAYERS
from wlnet.wolfram.operators import OPERATORS, SAVED_FOLD
from wlnet.wolfram.values import Unreadable, read_plain, unwrapped

RATES = "LearningRateMultipliers"
SIDES = "Forward", "Backward"
ARRANGEMENTS = {"Chain": "NetChain", "Graph": "NetGraph"}
KNOWN = frozenset(
    {"Type", "Arrays", "Parameters", "Inputs", "Outputs", "Nodes", "Edges", "SharedArrays",
     "States", "InteriorStates", "Name", "LearningRateMultipliers"}
)  # fmt: skip
"""Entries of a net that are read, or follow from others."""


def is_saved(value: Expression) -> bool:
    """Whether an expression is a net as it is saved: an association with a type."""
    if isinstance(value, dict):
        return isinstance(value.get("Type"), str)
    return isinstance(value, Call) and bool(value.args) and is_saved(value.args[0]) and (
        value.name.startswith("Net") or value.name.endswith("Layer"))  # fmt: skip


def constructors_of(value: Expression, arrays: Sequence[Array]) -> Expression:
    """The constructors of a saved net. arrays: those that ExportedArray counts, from 1. Raises
    FormatError: all that is not known, at once."""
    table = value if isinstance(value, dict) else value.args[0]
    saved = _Saved(arrays)
    told = saved.net(table, (), outermost=True)
    if saved.faults:
        raise fail(FormatError, saved.faults)
    return told


class _Saved:
    def __init__(self, arrays: Sequence[Array]) -> None:
        self.arrays = arrays
        self.faults: list[Fault] = []
        self.shared: dict[str, Expression] = {}

    def fault(self, what: str, path: Path, **words: Any) -> None:
        self.faults.append(Fault(what, path_text(path) or "the net itself", **words))

    def net(self, table: Expression, path: Path, *, outermost: bool = False) -> Expression:
        if isinstance(table, Call) and is_saved(table):
            table = table.args[0]
        if not isinstance(table, dict) or not isinstance(table.get("Type"), str):
            self.fault("a net was expected", path)
            return NONE
        kind = table["Type"]
        strange = [str(key) for key in table if key not in KNOWN and not str(key).startswith("$")]
        if strange:
            self.fault("entries of a saved net that are not known", path, given=", ".join(strange))
        for name, array in self.table(table.get("SharedArrays", {}), path).items():
            self.shared[str(name)] = self.array(array, (*path, str(name)))
        options = self.ports(table, path) if outermost else []
        if RATES in table:
            options.append(rule(Symbol(RATES), table[RATES]))
        if kind in ARRANGEMENTS:
            return self.arrangement(ARRANGEMENTS[kind], table, path, options)
        if kind == "NetBidirectional":
            return self.both_ways(table, path, options)
        for title in (f"{kind}Layer", f"{kind}Operator", kind):
            if title in OPERATORS:
                return self.operator(title, table, path, options)
            if title in KINDS:
                return self.layer(title, table, path, options, outermost)
        self.fault("a layer that wlnet does not have", path, given=f"{kind}Layer")
        return NONE

    def table(self, value: Expression, path: Path) -> dict[Expression, Expression]:
        if isinstance(value, dict):
            return value
        self.fault("an association was expected", path)
        return {}

    def arrangement(
        self, head: str, table: dict[Expression, Expression], path: Path, options: list[Expression]
    ) -> Expression:
        nodes = self.table(table.get("Nodes"), path)
        names = [str(key) for key in nodes]
        numbered = all(map(is_number, names))
        told = {}
        for name, node in zip(names, nodes.values(), strict=True):
            key = int(name) if numbered else name
            told[name] = self.net(node, (*path, key))
        if numbered:
            ordered = sorted(told, key=int)
            if [int(name) for name in ordered] != list(range(1, len(ordered) + 1)):
                self.fault("nodes are numbered from 1", path, given=", ".join(ordered[:12]))
            layers: Expression = listed(*(told[name] for name in ordered))
        else:
            layers = dict(told)
        if head == "NetChain":
            return call(head, layers, *options)
        edges = self.edges(table.get("Edges"), numbered, path)
        return call(head, layers, edges, *options)

    def edges(self, value: Expression, numbered: bool, path: Path) -> Expression:
        """Edges from source to target; those into numbered ports of a node as one."""
        pairs = rules_of(value)
        if pairs is None:
            self.fault("edges are a list of rules", path)
            return listed()
        rules: list[Expression] = []
        several: dict[Any, list[tuple[int, Expression]]] = {}
        for target, source in pairs:
            start, end = self.end(source, numbered, path), self.end(target, numbered, path)
            if start is None or end is None:
                continue
            key, port = end
            if key is not None and is_number(port):
                several.setdefault(key, []).append((int(port), _vertex(start)))
            else:
                rules.append(rule(_vertex(start), _vertex(end)))
        for key, sources in several.items():
            ends = [source for _, source in sorted(sources, key=lambda each: each[0])]
            rules.append(rule(listed(*ends), key))
        return listed(*rules)

    def end(self, value: Expression, numbered: bool, path: Path) -> tuple[Any, str] | None:
        """A node (None: the net itself) and a port of it."""
        steps = value.args if is_call(value, "NetPath") else ()
        steps = steps if all(isinstance(step, str) for step in steps) else ()
        match steps:
            case ("Inputs" | "Outputs" | "States", port):
                return None, port
            case ("Nodes", key, "Inputs" | "Outputs" | "States", port):
                if not numbered or is_number(key):
                    return (int(key) if numbered else key), port
        self.fault("a path of an edge that is not known", path, given=brief(steps))
        return None

    def layer(
        self, title: str, table: dict[Expression, Expression], path: Path,
        options: list[Expression], outermost: bool,
    ) -> Expression:  # fmt: skip
        row = LAYERS[KINDS[title]]
        known = {name: one for one in row.fields for name in one.names}
        # A saved window has a size a direction.
        known.pop("Dimensionality", None)
        args = [rule(name, value) for name, value in self.parameters(table, path, known)]
        for name, array in self.table(table.get("Arrays", {}), path).items():
            args.append(rule(str(name), self.array(array, (*path, str(name)))))
        if not outermost and not self.table(table.get("Inputs", {}), path):
            # Nothing but its port tells what a source gives.
            options = [*self.ports(table, path), *options]
        return Call(Symbol(title), (*args, *options))

    def parameters(
        self, table: dict[Expression, Expression], path: Path, known: Any
    ) -> list[tuple[str, Expression]]:
        """The parameters that say something; all others have to be harmless."""
        found = []
        for key, value in self.table(table.get("Parameters", {}), path).items():
            name = str(key)
            if name.lstrip("$") == RATES:
                # Whatever else is passed over: what a net says of rates is not.
                self.fault("rates stand in a place where they are not read", (*path, name))
            elif name in known:
                found.append((name, unwrapped(value)))
            elif name in HARMLESS.usual:
                if _plain(value) not in HARMLESS.usual[name]:
                    self.fault("a parameter with a value that wlnet does not have", (*path, name))
            elif not (name.startswith("$") or name in HARMLESS.follow):
                self.fault("a parameter that is not known", (*path, name))
        return found

    def operator(
        self, title: str, table: dict[Expression, Expression], path: Path, options: list[Expression]
    ) -> Expression:
        row = OPERATORS[title]
        known = {name: one for one in row.fields for name in one.names}
        given = dict(self.table(table.get("Parameters", {}), path))
        inner = self.net(unwrapped(given.pop(row.net, None)), (*path, row.net))
        for name, usual in SAVED_FOLD.items() if title == "NetFoldOperator" else ():
            if name in given and _plain(given.pop(name)) not in usual:
                self.fault("a fold with ports that wlnet does not have", (*path, name))
        args = [rule(n, v) for n, v in self.parameters({"Parameters": given}, path, known)]
        return Call(Symbol(title), (inner, *args, *options))

    def both_ways(
        self, table: dict[Expression, Expression], path: Path, options: list[Expression]
    ) -> Expression:
        given = self.table(table.get("Parameters", {}), path)
        sides = [self.net(unwrapped(given.get(f"{side}Net")), (*path, side)) for side in SIDES]
        joins = {"Catenate": call("CatenateLayer", 2), "Total": call("TotalLayer")}
        join = unwrapped(given.get("Aggregation", Symbol("Catenate")))
        name = join.name if isinstance(join, Symbol) else ""
        if name not in joins:
            what = "a way of putting both sides together that wlnet does not have"
            self.fault(what, (*path, "Aggregation"), given=name, known=list(joins))
            return NONE
        return call("NetBidirectionalOperator", listed(*sides), joins[name], *options)

    def array(self, value: Expression, path: Path) -> Expression:
        """An array: its numbers, None where it is absent, Automatic where it has no numbers yet."""
        value = unwrapped(value)
        if is_call(value, "ExportedArray"):
            number = value.args[0] if len(value.args) == 1 else None
            if type(number) is int and 0 < number <= len(self.arrays):
                return self.arrays[number - 1]
            self.fault("an array that the file does not have", path, given=brief(number, 20))
            return NONE
        if is_call(value, "SharedArray", "NetSharedArray", "NetArray") and value.args:
            name = value.args[0]
            known = self.shared.get(str(name))
            if isinstance(name, str) and known is not None:
                return call("NetArray", {"Name": name, "Array": known})
            return Call(Symbol("NetSharedArray"), value.args)
        if is_call(value, "TensorT", "VectorT", "MatrixT", "Nullable", "EitherT"):
            return AUTO
        return value

    def ports(self, table: dict[Expression, Expression], path: Path) -> list[Expression]:
        options = []
        for side in ("Inputs", "Outputs"):
            for name, kind in self.table(table.get(side, {}), path).items():
                spec = _port(kind)
                if spec is not None:
                    options.append(rule(str(name), spec))
        return options


def _vertex(end: tuple[Any, str]) -> Expression:
    key, port = end
    if key is None:
        return call("NetPort", port)
    return key if port in ("Input", "Output") else call("NetPort", listed(key, port))


def _plain(value: Expression) -> Any:
    try:
        return read_plain(unwrapped(value))
    except Unreadable:
        return "?"


def _port(value: Expression) -> Expression | None:
    """The shape of a type, or a coder; None where it says nothing."""
    if is_call(value, "NetEncoder", "NetDecoder"):
        return value
    if is_call(value, "TensorT") and value.args and is_call(value.args[0], "List"):
        sizes = [_size(each) for each in value.args[0].args]
        inner = _port(value.args[1]) if len(value.args) > 1 else None
        if inner is not None:
            more = list(inner.args) if is_call(inner, "List") else [inner]
            sizes += more
        if all(size == "Varying" or size in ("Integer",) for size in sizes) and not sizes:
            return listed()
        return sizes[0] if len(sizes) == 1 else listed(*sizes)
    if is_call(value, "VectorT", "ChannelT", "SequenceT", "MatrixT"):
        sizes = [_size(each) for each in value.args if not is_call(each, "TensorT", "VectorT")]
        tail = [each for each in value.args if is_call(each, "TensorT", "VectorT")]
        inner = _port(tail[0]) if tail else None
        more = [] if inner is None else list(inner.args) if is_call(inner, "List") else [inner]
        return listed(*[size for size in sizes if size is not None], *more)
    if is_call(value, "IndexIntegerT"):
        return "Integer"
    return None


def _size(value: Expression) -> Any:
    if type(value) is int:
        return value
    if is_symbol(value, "RealT", "AtomT", "IntegerT"):
        return None
    return "Varying"
