"""The derivative of a scan: see scans.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wlnet.graph.backward import active_values, walked_back
from wlnet.graph.bodies import (
    CARRIED,
    CONSTANT,
    SEQUENCE,
    STACKED,
    copied,
    numbers,
    operands_of,
    outputs_of,
)
from wlnet.graph.builder import Builder
from wlnet.graph.derivatives import Found, Wanted, derivative_of_all
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import BodyKey
from wlnet.graph.scans import added, after, before, last, results

CHEAP = frozenset({"reshape", "transpose", "broadcast", "slice", "fill", "constant", "indices"})
"""Primitives whose results are made again on the way back, and not kept: views, and constants."""


class _Back(NamedTuple):
    """A body with the way back through it. forward: the calls that it had. found: the gradients by
    its inputs. given: what comes from outside, the gradient by each output, by its name."""

    graph: Graph
    forward: list[Call]
    found: dict[BodyKey, Value]
    given: dict[BodyKey, Value]


@derivative_of_all("scan")
def scan_derivative(g: Builder, call: Call, ds: Found, wanted: Wanted) -> Found:
    """The way back through all steps."""
    back = _way_back(call, ds, wanted)
    reads, again = _reads(back)
    kept = _keeping(g, call, back, reads)
    return _Reverse(g, call, ds, back, reads, again, kept).run(wanted)


def _way_back(call: Call, ds: Found, wanted: Wanted) -> _Back:
    """The body, and the gradients by all of its inputs that are wanted or carried."""
    body = copied(call.attributes["body"])
    forward = list(body.calls)
    tables = numbers(body, CARRIED)
    names = list(operands_of(call))
    asked = [name for name, is_asked in zip(names, wanted, strict=True) if is_asked]
    # What is carried depends on what is wanted, if not at once then in a later step.
    asked += [BodyKey(CARRIED, i) for i in range(tables) if BodyKey(CARRIED, i) not in asked]
    b = Builder(body, origin=call.origin)
    given: dict[BodyKey, Value] = {}
    found: dict[Value, Value] = {}
    active = active_values(forward, {body.inputs[name] for name in asked})
    for name, value in outputs_of(body).items():
        kind, i = name
        is_there = kind == CARRIED or ds[tables + i] is not None
        if is_there and value in active:
            given[BodyKey(kind, i)] = body.new_value(value.shape)
            d = given[BodyKey(kind, i)]
            found[value] = b.add(found[value], d) if value in found else d
    walked_back(b, forward, found, active)
    by_name = {name: found[body.inputs[name]] for name in asked if body.inputs[name] in found}
    # A scan among the calls was replaced, in its place, by one that keeps more.
    return _Back(body, body.calls[: len(forward)], by_name, given)


def _reads(back: _Back) -> tuple[list[Value], list[Call]]:
    """What the way back reads of the way forward, and the calls that it makes again."""
    makers = {value: call for call in back.forward for value in call.outputs}
    known = {*makers, *back.graph.inputs.values()}
    wanted = [v for call in back.graph.calls[len(back.forward) :] for v in call.inputs]
    wanted += back.found.values()
    found: dict[Value, None] = {}
    again: dict[int, Call] = {}
    stack = [value for value in dict.fromkeys(wanted) if value in known]
    while stack:
        value = stack.pop()
        call = makers.get(value)
        if call is None or call.primitive not in CHEAP:
            found[value] = None
        elif id(call) not in again:
            again[id(call)] = call
            stack += call.inputs
    return list(found), [call for call in back.forward if id(call) in again]


def _keeping(g: Builder, call: Call, back: _Back, reads: list[Value]) -> dict[Value, Value]:
    """Have the call, in its place in the graph, keep what the way back reads; and give for each
    value that is read the sequence or constant, outside of the body, that has it."""
    at, reverse = call.attributes, call.attributes["reverse"]
    body = copied(at["body"])
    body.calls, body.count = list(back.forward), back.graph.count
    told = {*body.inputs.values(), *body.outputs.values()}
    first = numbers(body, STACKED)
    fresh = [value for value in reads if value not in told]
    body.outputs.update({BodyKey(STACKED, first + i): value for i, value in enumerate(fresh)})
    # Who reads what it gave before goes on to do so.
    more = [g.graph.new_value((at["times"], *value.shape), value.element) for value in fresh]
    outputs = (*call.outputs, *more)
    new = Call("scan", call.inputs, outputs, {**at, "body": body}, call.origin)
    place = next(i for i, each in enumerate(g.graph.calls) if each is call)
    g.graph.calls[place] = new
    given, operands = results(new), operands_of(new)
    kept: dict[Value, Value] = {}
    for (kind, i), value in body.inputs.items():
        if value in reads:
            is_table = kind == CARRIED
            kept[value] = (
                before(g, given.tables[i], reverse) if is_table else operands[BodyKey(kind, i)]
            )
    for (kind, i), value in outputs_of(body).items():
        if value in reads and value not in kept:
            is_table = kind == CARRIED
            kept[value] = after(g, given.tables[i], reverse) if is_table else given.stacked[i]
    return kept


Total = Callable[[Callable[..., Value]], Value]
"""The sum over all steps of something, made of what others of its values were in all of them."""


class _Reverse:
    """The scan of the way back. kept: what it reads of the way forward, see `_keeping`."""

    def __init__(
        self, g: Builder, call: Call, ds: Found, back: _Back, reads: Sequence[Value],
        again: list[Call], kept: dict[Value, Value],
    ) -> None:  # fmt: skip
        self.g, self.call, self.ds, self.back, self.kept = g, call, ds, back, kept
        self.reverse: bool = call.attributes["reverse"]
        self.tables = numbers(call.attributes["body"], CARRIED)
        graph = back.graph
        own = graph.calls[len(back.forward) :]
        self.body = Graph(calls=[*again, *own], count=graph.count)
        self.b = Builder(self.body, origin=call.origin)
        self.makers = {value: each for each in own for value in each.outputs}
        self.carried: list[Value] = []
        self.sequences: list[Value] = []
        self.constants: list[Value] = []
        self.stacks: dict[Value, int] = {}
        self.sums: list[Value] = []
        constants = {v for name, v in call.attributes["body"].inputs.items() if name[0] == CONSTANT}
        for value in reads:
            self._enter(CONSTANT if value in constants else SEQUENCE, value, kept[value])

    def _enter(self, kind: str, inside: Value, outside: Value) -> Value:
        """A value of the body that comes from outside."""
        there = {CARRIED: self.carried, SEQUENCE: self.sequences, CONSTANT: self.constants}[kind]
        self.body.inputs[BodyKey(kind, len(there))] = inside
        there.append(outside)
        return inside

    def run(self, wanted: Wanted) -> Found:
        """The gradients by the operands of the call."""
        g, back, names = self.g, self.back, list(operands_of(self.call))
        asked = {name for name, is_asked in zip(names, wanted, strict=True) if is_asked}
        for i in range(self.tables):
            self._carry(i)
        for (kind, i), value in back.given.items():
            if kind == STACKED:
                d = self.ds[self.tables + i]
                assert d is not None
                self._enter(SEQUENCE, value, d)
        totals = {
            n: self._total(d) for n, d in back.found.items() if n in asked and n[0] == CONSTANT
        }
        by_element = {
            n: self._stack(d) for n, d in back.found.items() if n in asked and n[0] == SEQUENCE
        }
        # The sums that no product has are carried, behind the gradients of what is.
        first = len(self.carried)
        for i, value in enumerate(self.sums):
            so_far = self._enter(
                CARRIED, self.body.new_value(value.shape), g.fill(0.0, value.shape)
            )
            self.body.outputs[BodyKey(CARRIED, first + i)] = self.b.add(so_far, value)
        for value, i in self.stacks.items():
            self.body.outputs[BodyKey(STACKED, i)] = value
        operands = (*self.carried, *self.sequences, *self.constants)
        times = self.call.attributes["times"]
        given = added(g, self.body, operands, times, not self.reverse)

        def whole(value: Value, is_sum: bool = False) -> Value:
            # What is added up may be wanted of all steps as well.
            if is_sum:
                return last(g, given.tables[first + self.sums.index(value)], not self.reverse)
            if value in self.stacks:
                return given.stacked[self.stacks[value]]
            return self.kept[value]

        found: dict[BodyKey, Value] = {}
        for name in asked:
            if name[0] == CARRIED:
                found[name] = last(g, given.tables[name[1]], not self.reverse)
            elif name in totals:
                found[name] = totals[name](whole)
            elif name in by_element:
                found[name] = whole(by_element[name])
        return [found.get(name) for name in names]

    def _carry(self, i: int) -> None:
        """The gradient by a carried value goes from step to step."""
        d, shape = self.ds[i], self.call.inputs[i].shape
        if (end := self._at_last(d)) is not None:
            d, start = None, self.g.reshape(end, shape)
        else:
            start = self.g.fill(0.0, shape) if d is None else last(self.g, d, self.reverse)
        given = self.back.given.get(BodyKey(CARRIED, i)) or self.body.new_value(shape)
        self._enter(CARRIED, given, start)
        on = self.back.found.get(BodyKey(CARRIED, i))
        if d is not None:
            row = self._enter(SEQUENCE, self.body.new_value(shape), before(self.g, d, self.reverse))
            on = row if on is None else self.b.add(on, row)
        self.body.outputs[BodyKey(CARRIED, i)] = self.b.fill(0.0, shape) if on is None else on

    def _at_last(self, d: Value | None) -> Value | None:
        """Of the gradient by a table the one by what was carried at last, if there is no other."""
        if d is None:
            return None
        call = next((each for each in reversed(self.g.graph.calls) if d in each.outputs), None)
        if call is None:
            return None
        at, rows = call.attributes, d.shape[0] - 1
        end = (0, rows) if self.reverse else (rows, 0)
        is_it = call.primitive == "pad" and at["axis"] == 0 and (at["before"], at["after"]) == end
        return call.inputs[0] if is_it else None

    def _stack(self, value: Value) -> Value:
        """A value of the body that is wanted of all steps."""
        constants = {v for (kind, _), v in self.body.inputs.items() if kind == CONSTANT}
        if value in constants or value not in self.kept:
            self.stacks.setdefault(value, len(self.stacks))
        return value

    def _total(self, value: Value) -> Total:
        """The sum of a gradient over all steps."""
        g, call = self.g, self.makers.get(value)
        name = call.primitive if call is not None else ""
        if call is None or name not in (
            "add",
            "transpose",
            "reshape",
            "matmul",
            "sum",
            "scatter_add",
        ):
            return self._summed(value)
        if name == "add":
            if any(each.shape != value.shape for each in call.inputs):
                return self._summed(value)
            one, two = map(self._total, call.inputs)
            return lambda whole: g.add(one(whole), two(whole))
        if name in ("transpose", "reshape"):
            inner = self._total(call.inputs[0])
            return lambda whole: g.one(name, inner(whole), **call.attributes)
        if name == "sum":
            x = self._stack(call.inputs[0])
            axes = (0, *(axis + 1 for axis in call.attributes["axes"]))
            return lambda whole: g.reshape(g.sum(whole(x), axes), value.shape)
        if name == "scatter_add":
            x, index = map(self._stack, call.inputs)
            return lambda whole: g.one(name, whole(x), whole(index), **call.attributes)
        a, b = call.inputs
        turned = self.makers.get(a)
        if a.rank != 2 or b.rank != 2 or turned is None or turned.primitive != "transpose":
            return self._summed(value)
        factors = [self._stack(turned.inputs[0]), self._stack(b)]

        def product(whole: Callable[..., Value]) -> Value:
            one, two = (self._rows(whole(each)) for each in factors)
            return g.matmul(g.transpose(one), two)

        return product

    def _rows(self, x: Value) -> Value:
        """Matrices of all steps, one below the other."""
        steps, count, size = x.shape
        return self.g.reshape(x, (steps * count, size))

    def _summed(self, value: Value) -> Total:
        """A sum that goes from step to step."""
        if value not in self.sums:
            self.sums.append(value)
        return lambda whole: whole(value, True)
