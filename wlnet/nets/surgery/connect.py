"""A function in which nets are called, as a graph of these nets and of what lies between them.

`apply` notes that a net is called while a function is written down (array_tracing.py in graph/);
`connect` makes the graph. Wolfram Language: NetGraph[FunctionLayer[...]].
"""

from __future__ import annotations

import inspect
import itertools
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import NetPort
from wlnet.core.shapes import Partial
from wlnet.graph.array_tracing import Arrays, Call, Written
from wlnet.graph.lowered import Ref, is_of_numbers, refs_in
from wlnet.graph.tracing import Traced
from wlnet.layers import FunctionLayer
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.inference import inference, inferred_port
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.surgery.shared import net_insert_shared_arrays

_called: dict[int, tuple[weakref.ref[Net], str]] = {}
_numbers: dict[str, Iterator[int]] = {}
_lock = threading.Lock()


def name_of_called(net: Net, base: str) -> str:
    """What the arrays of a net that is called twice are shared under: "dense()", and "dense(2)"
    for another net of that name, so that those of one alone share them."""
    with _lock:
        known = _called.get(id(net))
        if known is None or known[0]() is not net:
            for key in [key for key, (told, _) in _called.items() if told() is None]:
                del _called[key]
            number = next(_numbers.setdefault(base, itertools.count(1)))
            known = weakref.ref(net), f"{base}({number if number > 1 else ''})"
            _called[id(net)] = known
        return known[1]


def is_called_in(arrays: Arrays, net: Net, args: tuple[Any, ...]) -> bool:
    """Whether a call of a net belongs to the function that is being written down: it is given what
    that has made, or it takes nothing."""
    if not args:
        return not net.input_names and not net.is_variadic
    given = args[0].values() if isinstance(args[0], Mapping) else args[0]
    several = given if isinstance(args[0], (Mapping, list, tuple)) else (given,)
    if any(isinstance(x, Traced) for x in several):
        return True
    if array_places(net):
        raise fail(OptionError, Fault(
            "a net with arrays that is called on numbers alone, in a function",
            at=net.kind, given=brief(args[0]), expected="what is made of the arguments",
            fix="NetArrayLayer(array=...)(), which may learn, in place of the numbers",
        ))  # fmt: skip
    return False


def apply(arrays: Arrays, net: Net, args: tuple[Any, ...], options: Iterable[str]) -> Any:
    """What a net gives in a function that is being written down: an array, or one an output.

    args: a value; a dict by port; or a list, in the order of ports. options: those that are told
    of this call, where none can be kept. Raises OptionError.
    """
    for name in options:
        what = "a net in a function is called with what it is given, and nothing else"
        fix = "give options to the whole net, when it is called"
        raise fail(OptionError, Fault(what, at=net.kind, given=name, fix=fix))
    given = {port: arrays.own(value) for port, value in _by_port(net, args).items()}
    shapes: dict[str, Partial] = {port: arrays.known[x.tree].shape for port, x in given.items()}
    found = None if net.is_variadic and not net.input_names else inference(net, shapes)
    kinds = [arrays.kinds[value.tree] for value in given.values()]
    refs = {port: x.as_real() if x.offset else x.tree for port, x in given.items()}
    made = {}
    for name in net.output_names:
        moved = isinstance(net, Layer) and net.port_element(name) == "Either"
        kind = kinds[0] if moved else "Real" if found is None else inferred_port(net, name).flow
        made[name] = arrays.argument(
            None if found is None else found.port_shape((), name),
            kind or "Real",
            f"of what {net.kind} gives",
        )
    arrays.calls.append(Call(net, refs, {name: x.tree for name, x in made.items()}))
    return made if len(made) > 1 else next(iter(made.values()))


def _by_port(net: Net, args: tuple[Any, ...]) -> dict[str, Any]:
    """What a net is given, by its ports."""
    if len(args) > 1:
        what = "a net in a function is called with what it is given, and nothing else"
        raise fail(OptionError, Fault(what, at=net.kind, given=brief(args[1])))
    x = args[0] if args else {}
    names = list(net.input_names)
    if isinstance(x, (list, tuple)) and (net.is_variadic or len(names) > 1):
        names = names or [str(i) for i, _ in enumerate(x, 1)]
        x = dict(zip(names, x, strict=False)) if len(x) == len(names) else {"": x}
    elif not isinstance(x, Mapping):
        x = {names[0] if len(names) == 1 else "1" if net.is_variadic else "": x}
    if net.is_variadic and not names:
        names = [str(i) for i, _ in enumerate(x, 1)]
    if set(x) != set(names):
        what = "a net in a function is called with a value for each of its inputs"
        fix = '{"Query": q, "Key": k}, or a list in the order of the inputs'
        raise fail(OptionError, Fault(what, at=net.kind, known=names, fix=fix))
    return {name: x[name] for name in names}


def connect(written: Written, options: Mapping[str, Any], function: Callable[..., Any]) -> NetGraph:
    """The graph of a function in which nets are called. options: those of a NetGraph.

    A net is called as the function calls it, or as its kind. One that is called twice stands
    twice, with shared arrays.
    """
    return _Connecting(written, function).graph(options)


class _Connecting:
    def __init__(self, written: Written, function: Callable[..., Any]) -> None:
        self.written, self.arrays = written, written.arrays
        self.nodes: dict[str, Net] = {}
        self.edges: list[tuple[NetPort, NetPort]] = []
        self.sources: dict[Ref, NetPort] = {ref: NetPort(name) for name, ref in written.inputs}
        self.names = self._names(function)
        self.levels: dict[Ref, int] = dict.fromkeys(self.sources, 0)
        self._find_levels()

    def graph(self, options: Mapping[str, Any]) -> NetGraph:
        """The graph itself."""
        for call, name in zip(self.arrays.calls, self.names, strict=True):
            self.sources |= {ref: NetPort(name, port) for port, ref in call.made.items()}
        nets = self._nets()
        self._add_functions()
        for call, name, net in zip(self.arrays.calls, self.names, nets, strict=True):
            self.nodes[name] = net
            for port, ref in call.given.items():
                self.edges.append((self.sources[ref], NetPort(name, port)))
        inputs = dict(self.written.inputs)
        for name, ref in self.written.outputs:
            source = self.sources[ref]
            if ref in inputs.values():
                self.nodes[f"Same{name}"] = FunctionLayer(
                    self.arrays.part([("Input", ref)], [("Output", ref)])
                )
                self.edges.append((source, NetPort(f"Same{name}", "Input")))
                source = NetPort(f"Same{name}", "Output")
            self.edges.append((source, NetPort(name)))
        used = {source for source, _ in self.edges}
        muted = [
            (port, None)
            for port in self.sources.values()
            if len(port.path) > 1 and port not in used
        ]
        return NetGraph(self.nodes, [*self.edges, *muted], **options)

    # Nets

    def _names(self, function: Callable[..., Any]) -> list[str]:
        """The names of the vertices of calls."""
        known: dict[int, str] = {}
        if inspect.isfunction(function):
            outside = inspect.getclosurevars(function)
            for name, value in (*outside.globals.items(), *outside.nonlocals.items()):
                if isinstance(value, Net):
                    known[id(value)] = name
        taken = {name for name, _ in (*self.written.inputs, *self.written.outputs)}
        of_nets: dict[int, str] = {}
        for call in self.arrays.calls:
            of_nets.setdefault(id(call.net), known.get(id(call.net), call.net.kind))
        twice = {name for name, n in Counter(of_nets.values()).items() if n > 1}
        numbers = Counter[str]()
        for net, name in of_nets.items():
            numbers[name] += 1
            of_nets[net] = f"{name}{numbers[name]}" if name in twice | taken else name
        calls = Counter(id(call.net) for call in self.arrays.calls)
        places, found = Counter[int](), []
        for call in self.arrays.calls:
            places[id(call.net)] += 1
            name = of_nets[id(call.net)]
            found.append(f"{name}_{places[id(call.net)]}" if calls[id(call.net)] > 1 else name)
        self.bases = of_nets
        return found

    def _nets(self) -> list[Net]:
        """The nets of calls; those called twice with arrays that both have."""
        calls = Counter(id(call.net) for call in self.arrays.calls)
        tied: dict[int, Net] = {}
        for call in self.arrays.calls:
            net = call.net
            private = any(p.shared is None and not p.statistic for p in array_places(net))
            if calls[id(net)] > 1 and private and id(net) not in tied:
                prefix = f"{name_of_called(net, self.bases[id(net)])}/"
                tied[id(net)] = net_insert_shared_arrays(net, prefix)
        return [tied.get(id(call.net), call.net) for call in self.arrays.calls]

    # What lies between

    def _find_levels(self) -> None:
        """How many nets, one behind the other, each value waits for."""
        made = {ref: call for call in self.arrays.calls for ref in call.made.values()}
        for ref in self.arrays.known:
            if ref in made:
                before = [self.levels[x] for x in made[ref].given.values()]
                self.levels[ref] = 1 + max(before, default=0)
            elif ref in self.arrays.rows:
                operands = refs_in(self.arrays.rows[ref])
                self.levels[ref] = max((self.levels[x] for x in operands), default=0)

    def _is_written_again(self, ref: Ref) -> bool:
        """Whether a value stands in every function that reads it: constants, and what is made of
        sizes alone."""
        row = self.arrays.rows.get(ref)
        if row is None:
            return False
        if is_of_numbers(row):
            return all(map(self._is_written_again, refs_in(row)))
        return row[0] in ("Size", "Constant")

    def _add_functions(self) -> None:
        """The functions between the nets, those that wait for most nets first."""
        asked = [ref for _, ref in self.written.outputs]
        asked += [ref for call in self.arrays.calls for ref in call.given.values()]
        parts: list[tuple[list[Ref], list[Ref]]] = []
        for level in sorted(set(self.levels.values()), reverse=True):
            outputs = [
                ref for ref in dict.fromkeys(asked)
                if ref in self.arrays.rows and self.levels[ref] == level
            ]  # fmt: skip
            if outputs:
                inputs = self._inputs(outputs, level)
                asked += inputs
                parts.append((inputs, outputs))
        for number, (inputs, outputs) in enumerate(reversed(parts), 1):
            name = f"Function{number}" if len(parts) > 1 else "Function"
            self._add_function(name, inputs, outputs)

    def _inputs(self, outputs: list[Ref], level: int) -> list[Ref]:
        """What the rows of a level begin with, for some of them."""
        waiting, seen, found = list(outputs), set[Ref](), list[Ref]()
        while waiting:
            ref = waiting.pop()
            if ref in seen:
                continue
            seen.add(ref)
            own = ref in self.arrays.rows and self.levels[ref] == level
            if own or self._is_written_again(ref):
                waiting += refs_in(self.arrays.rows[ref])
            else:
                found.append(ref)
        return sorted(found, key=lambda ref: int(ref[1:]))

    def _add_function(self, name: str, inputs: list[Ref], outputs: list[Ref]) -> None:
        told = _numbered("Input", inputs), _numbered("Output", outputs)
        self.nodes[name] = FunctionLayer(self.arrays.part(*told))
        self.sources |= {ref: NetPort(name, port) for port, ref in told[1]}
        self.edges += [(self.sources[ref], NetPort(name, port)) for port, ref in told[0]]


def _numbered(name: str, refs: list[Ref]) -> list[tuple[str, Ref]]:
    return [(f"{name}{i}" if len(refs) > 1 else name, ref) for i, ref in enumerate(refs, 1)]
