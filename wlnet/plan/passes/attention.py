"""Attention as one call, and its gradients as another.

The weights are found by attention_weights.py.

Operator fusion of a whole pattern: product, softmax, product, and the five products and the softmax
of the way back. What is as long as keys times queries then is in no memory, but for the weights
where there is a way back. Both ways have the same bits, so that it makes no difference where a
frozen prefix ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from wlnet.graph.graph import Call, Graph, Shape, Value
from wlnet.graph.tidying import prune, simplify
from wlnet.plan.passes.rewriting import Rewriting

GRADIENTS = "queries", "keys", "values"
FEW = 2
"""Pairs of a head and an example from which on gradients are found by one call: those by keys and
values are sums over all queries of a pair, and a single pair is not divided among workers."""


def fuse_attention(graph: Graph, lanes: int) -> Graph:
    """Products, the weights between them, and the gradients of all that."""
    whole, graph = graph, prune(graph)
    work = Rewriting(graph)
    finder = _Finder(work)
    instead: dict[int, list[Call]] = {}
    for call in graph.calls:
        found = finder.found(call) if call.primitive == "attention_weights" else None
        if found is not None:
            instead |= {id(each): [] for each in found.calls}
            instead |= _Writer(work, found, 2 * lanes).written()
    if not instead:
        return whole
    calls = [new for call in graph.calls for new in instead.get(id(call), [call])]
    # Transposes of what is no more are read by nobody.
    return prune(simplify(graph.with_calls(calls)))


@dataclass
class _Attention:
    """The calls of an attention: the weights, the products before and after them; the gradients by
    queries, values, and keys or their transpose; d: what comes back to the result. keys: the value
    whose transpose is multiplied by the queries."""

    weights: Call
    scores: Call
    product: Call
    keys: Value
    slopes: list[Call] = field(default_factory=list)
    gradients: dict[str, Call] = field(default_factory=dict)
    d: Value | None = None

    @property
    def calls(self) -> list[Call]:
        """What falls away."""
        return [
            self.weights, self.scores, self.product, *self.slopes, *self.gradients.values(),
        ]  # fmt: skip


class _Finder:
    """Finds attention in a graph."""

    def __init__(self, work: Rewriting) -> None:
        self.work = work
        self.results = set(work.graph.results())
        self.readers: dict[Value, list[tuple[Call, int]]] = {}
        for call in work.graph.calls:
            for i, value in enumerate(call.inputs):
                self.readers.setdefault(value, []).append((call, i))

    def found(self, weights: Call) -> _Attention | None:
        """The attention that weights belong to; None where somebody else wants what is inside."""
        (x,), (w,) = weights.inputs, weights.outputs
        window = weights.attributes["window"]
        scores = self.work.sole(x, _product(window))
        uses = self._uses(w)
        if scores is None or uses is None or not _is(scores, "Entries", window):
            return None
        products = [call for call, i, turned in uses if i == 0 and not turned and (
            _is(call, "Past", window))]  # fmt: skip
        if len(products) != 1 or w.rank < 3:
            return None
        q, turned_keys = scores.inputs
        it = _Attention(weights, scores, products[0], turned_keys)
        v = it.product.inputs[1]
        if not q.shape[:-2] == turned_keys.shape[:-2] == v.shape[:-2] == w.shape[:-2]:
            return None
        for call, i, turned in uses:
            if call is it.product:
                continue
            if call.primitive == "attention_weights_input" and (i, turned) == (1, False):
                if it.slopes or not self._slopes(it, call):
                    return None
            elif i == 0 and turned and _is(call, "Future", window) and "values" not in it.gradients:
                it.gradients["values"] = call
                if not self._comes(it, call.inputs[1]):
                    return None
            else:
                return None
        # The gradients of a single pair are better divided call by call.
        return None if it.gradients and prod(w.shape[:-2]) < FEW else it

    def _slopes(self, it: _Attention, slopes: Call) -> bool:
        """Note the gradient by scores, and what reads it; whether all of that is known."""
        window = it.weights.attributes["window"]
        (dw, _), (ds,) = slopes.inputs, slopes.outputs
        entries, uses = self.work.sole(dw, _product(window)), self._uses(ds)
        if entries is None or uses is None or slopes.attributes != it.weights.attributes:
            return False
        if not _is(entries, "Entries", window) or not self._comes(it, entries.inputs[0]):
            return False
        if not self._is_turned(entries.inputs[1], it.product.inputs[1]):
            return False
        it.slopes += [entries, slopes]
        q, keys = it.scores.inputs
        for call, i, turned in uses:
            a, b = call.inputs if len(call.inputs) == 2 else (ds, ds)
            if (i, turned) == (0, False) and _is(call, "Past", window) and (
                self._is_turned(b, keys)
            ):  # fmt: skip
                name = "queries"
            elif (i, turned) == (0, True) and _is(call, "Future", window) and self._is_same(b, q):
                name = "keys"
            elif window is None and (i, turned) == (1, False) and call.primitive == "matmul" and (
                self._is_turned(a, q)
            ):  # fmt: skip
                name = "turned keys"
            else:
                return False
            if name in it.gradients:
                return False
            it.gradients[name] = call
        return not {"keys", "turned keys"} <= it.gradients.keys()

    def _comes(self, it: _Attention, d: Value) -> bool:
        """Note what comes back to the result; whether it is the same wherever it is read."""
        it.d = it.d or d
        return self._is_same(d, it.d)

    def _uses(self, value: Value) -> list[tuple[Call, int, bool]] | None:
        """Who reads a value, as which operand, whether its transpose; None if it is a result."""
        found: list[tuple[Call, int, bool]] = []
        for call, i in self.readers.get(value, ()):
            if call.primitive == "transpose" and _is_turn(call):
                (turned,) = call.outputs
                found += [(reader, j, True) for reader, j in self.readers.get(turned, ())]
                if turned in self.results:
                    return None
            else:
                found.append((call, i, False))
        return None if value in self.results else found

    def _is_same(self, a: Value, b: Value) -> bool:
        return transposed_from(self.work, a) == transposed_from(self.work, b)

    def _is_turned(self, a: Value, b: Value) -> bool:
        base, axes = transposed_from(self.work, a)
        return (base, _turn(axes)) == transposed_from(self.work, b)


def transposed_from(work: Rewriting, value: Value) -> tuple[Value, tuple[int, ...]]:
    """What a value is a transpose of, and by which axes: itself, if it is none."""
    call = work.maker(value, "transpose")
    if call is None:
        return value, tuple(range(value.rank))
    return call.inputs[0], tuple(call.attributes["axes"])


def _turn(axes: tuple[int, ...]) -> tuple[int, ...]:
    return (*axes[:-2], axes[-1], axes[-2])


def _is_turn(call: Call) -> bool:
    """Whether the last two axes change places, and no others."""
    rank = call.inputs[0].rank
    return rank > 1 and tuple(call.attributes["axes"]) == _turn(tuple(range(rank)))


def _product(window: int | None) -> str:
    return "matmul" if window is None else "causal_product"


def _is(call: Call, part: str, window: int | None) -> bool:
    """Whether a call is a product, of this part of what is seen where there is a window."""
    at = call.attributes
    return call.primitive == _product(window) and (
        window is None or (at["part"], at["window"]) == (part, window)
    )


class _Writer:
    """Writes an attention as calls of the plan. together: queries that are worked on together."""

    def __init__(self, work: Rewriting, found: _Attention, together: int) -> None:
        self.work, self.graph, self.found, self.together = work, work.graph, found, together
        self.calls: list[Call] = []

    def written(self) -> dict[int, list[Call]]:
        """What stands in the place of the product with values, and of the first gradient."""
        it, at = self.found, self.found.weights.attributes
        q, v = it.scores.inputs[0], it.product.inputs[1]
        k = self._turned(it.keys)
        back = [it.d] if it.d is not None and it.gradients else []
        apart = {value.shape[:2] for value in map(self._heads, (q, k, v, *back)) if value}
        by_heads = len(apart) == 1 and all(map(self._heads, (q, k, v, *back)))
        q, k, v = (self._parts(value, by_heads) for value in (q, k, v))
        (batch, heads, queries, _), keys = q.shape, k.shape[2]
        size = batch * heads, -(-queries // self.together), keys, self.together
        kept = (self.graph.new_value(size),) if back else ()
        y = self._like(q, v)
        self._add("attend", (q, k, v), (y, *kept), {**at, "weights": True} if back else {**at})
        self._end(y, it.product.outputs[0])
        written = {id(it.product): self.calls}
        if back:
            self.calls = []
            d = self._parts(back[0], by_heads)
            asked = {name.split()[-1]: call for name, call in it.gradients.items()}
            wanted = [(name, x) for name, x in zip(GRADIENTS, (q, k, v), strict=True)
                      if name in asked]  # fmt: skip
            made = [self._like(x, x) for _, x in wanted]
            flags = {name: True for name, _ in wanted}
            self._add("attend_back", (d, q, k, v, *kept), tuple(made), {**at, **flags})
            for (name, _), value in zip(wanted, made, strict=True):
                self._end(value, asked[name].outputs[0], name not in it.gradients)
            order = {id(call): i for i, call in enumerate(self.graph.calls)}
            first = min([*it.slopes, *it.gradients.values()], key=lambda call: order[id(call)])
            written[id(first)] = self.calls
        return written

    def _add(
        self, word: str, inputs: tuple[Value, ...], outputs: tuple[Value, ...], at: dict[str, Any]
    ) -> None:
        self.calls.append(Call(word, inputs, outputs, at, self.found.weights.origin))

    def _view(self, word: str, x: Value, shape: Shape, at: dict[str, Any]) -> Value:
        y = self.graph.new_value(shape)
        self._add(word, (x,), (y,), at)
        return y

    def _like(self, rows: Value, size: Value) -> Value:
        """A new value (batch, length, heads, size)."""
        batch, heads, length, _ = rows.shape
        return self.graph.new_value((batch, length, heads, size.shape[3]))

    def _turned(self, value: Value) -> Value:
        """The transpose of a value."""
        base, axes = transposed_from(self.work, value)
        axes = _turn(axes)
        if axes == tuple(range(value.rank)):
            return base
        shape = tuple(base.shape[axis] for axis in axes)
        return self._view("transpose", base, shape, {"axes": axes})

    def _heads(self, value: Value) -> Value | None:
        """A value as (batch, heads, length, size), if it was, or is."""
        if value.rank == 4:
            return value
        call = self.work.maker(value, "reshape")
        if call is None or value.rank != 3:
            return None
        (whole,) = call.inputs
        return whole if whole.rank == 4 and whole.shape[2:] == value.shape[1:] else None

    def _parts(self, value: Value, by_heads: bool) -> Value:
        """A value as (batch, heads, length, size), or (batch, 1, length, size)."""
        whole = self._heads(value) if by_heads else None
        shape = (prod(value.shape[:-2]), 1, *value.shape[-2:])
        return whole or self._view("reshape", value, shape, {"shape": shape})

    def _end(self, value: Value, output: Value, is_turned: bool = False) -> None:
        """A result (batch, length, heads, size) as the value that others read."""
        batch, length, heads, size = value.shape
        value = self._view("transpose", value, (batch, heads, length, size), {"axes": (0, 2, 1, 3)})
        if is_turned:
            shape = (*output.shape[:-2], length, size)
            value = self._view("reshape", value, shape, {"shape": shape})
            axes = _turn(tuple(range(output.rank)))
            self._add("transpose", (value,), (output,), {"axes": axes})
        else:
            self._add("reshape", (value,), (output,), {"shape": output.shape})
