"""A net of two inputs applied to all pairs of a key and a query, without doing anything twice.

What depends on keys alone is computed once a key, what depends on queries alone once a query. Where
a vector of the one meets a vector of the other in a DotLayer, that is one matrix product for all.
Only what is left is computed pair by pair.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.graph.builder import Builder, Mode
from wlnet.graph.graph import Graph, Value
from wlnet.layers import DotLayer
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.container import Lowering, Probe, Values

Sides = frozenset[str]
KEYS, QUERIES = "Input", "Query"
PAIRS: Sides = frozenset({KEYS, QUERIES})


@dataclass
class Pairs:
    """The lowering of such a net: it is visited in the place of `walk`.

    groups: how many times as many keys meet as many queries. window: how many keys up to its own
    each query sees, where not all: products are made for these alone, and are 0 for the others.
    """

    walk: Lowering
    groups: int
    keys: int
    queries: int
    window: int | None = None
    sides: dict[Value, Sides] = field(default_factory=dict)
    """What values depend on: each has a row for every key of every group, for every query, or for
    every pair, the keys of one query one after another."""
    parts: dict[tuple[Path, str], Sides] = field(default_factory=dict)
    """The same of what flows inside, by port."""

    @property
    def graph(self) -> Graph:
        return self.walk.graph

    @property
    def mode(self) -> Mode:
        return self.walk.mode

    @property
    def made(self) -> dict[tuple[Path, str], Value]:
        return self.walk.made

    def within(self, graph: Graph, probe: Probe | None = None) -> Lowering:
        return self.walk.within(graph, probe)

    def asked_within(self, path: Path) -> bool:
        return self.walk.asked_within(path)

    def mark(self, port: tuple[Path, str], value: Value) -> None:
        self.walk.mark(port, value)

    def shape(self, port: tuple[Path, str]) -> tuple[int, ...]:
        return self.walk.shape(port)

    def begun(self, net: Net, path: Path, inputs: Values, batch: int) -> dict[str, Value | None]:
        return self.walk.begun(net, path, inputs, batch)

    def told(self, path: Path) -> Path:
        return self.walk.told(path)

    def marked(self, path: Path, values: Values) -> Values:
        after = self.walk.marked(path, values)
        for name, value in after.items():
            self.sides[value] = self.sides[values[name]]
            if (path, name) in self.made:
                self.parts[path, name] = self.sides[value]
        return after

    def front(self, sides: Sides) -> tuple[int, ...]:
        """The sizes that the rows of a value stand for."""
        queries = (self.queries,) if QUERIES in sides else ()
        return (self.groups, *queries, *((self.keys,) if KEYS in sides else ()))

    def rows(self, sides: Sides) -> int:
        """How many rows a value has."""
        count = 1
        for size in self.front(sides):
            count *= size
        return count

    def visit(self, net: Net, path: Path, inputs: Values, batch: int) -> Values:
        if isinstance(net, Arrangement):
            given = self.marked(path, inputs)
            outputs = self.marked(path, net.lower(self, path, given, batch))
            self._note(path, outputs)
            return outputs
        sides = frozenset().union(*(self.sides[value] for value in inputs.values()))
        if isinstance(net, DotLayer) and self._is_product(inputs):
            outputs = {net.output_names[0]: self._product(path, self.marked(path, inputs))}
            outputs = self.marked(path, outputs)
            self._note(path, outputs)
            return outputs
        # What has no inputs is there once a group, as if for a single key.
        sides = sides or frozenset({KEYS})
        g = Builder(self.graph, origin=self.told(path))
        given = {name: self.spread(g, value, sides) for name, value in inputs.items()}
        before = set(self.made)
        outputs = self.walk.visit(net, path, given, self.rows(sides))
        self.sides.update(dict.fromkeys(outputs.values(), sides))
        for port in self.made:
            if port not in before or port[0][: len(path)] == path:
                self.parts[port] = sides
        return outputs

    def spread(self, g: Builder, value: Value, sides: Sides) -> Value:
        """A value with a row for each of more."""
        own = self.sides[value]
        if own == sides:
            return value
        whole = value.shape[1:]
        front = tuple(
            size if name is None or name in own else 1
            for name, size in zip((None, QUERIES, KEYS), self.front(PAIRS), strict=True)
        )
        spread = g.broadcast(g.reshape(value, (*front, *whole)), (*self.front(PAIRS), *whole))
        return g.reshape(spread, (self.rows(PAIRS), *whole))

    def _is_product(self, inputs: Values) -> bool:
        """Whether a vector of keys meets one of queries."""
        sides = [self.sides[value] for value in inputs.values()]
        vectors = all(value.rank == 2 for value in inputs.values())
        return vectors and sorted(map(sorted, sides)) == [[KEYS], [QUERIES]]

    def _product(self, path: Path, inputs: Values) -> Value:
        g = Builder(self.graph, origin=self.told(path))
        found = {side: value for value in inputs.values() for side in self.sides[value]}
        keys, queries = (
            g.reshape(found[side], (*self.front(frozenset({side})), found[side].shape[1]))
            for side in (KEYS, QUERIES)
        )
        turned = g.transpose(keys)
        if self.window is None:
            product = g.matmul(queries, turned)
        else:
            product = g.causal_product(queries, turned, "Entries", self.window)
        product = g.reshape(product, (self.rows(PAIRS),))
        self.sides[product] = PAIRS
        return product

    def _note(self, path: Path, outputs: Values) -> None:
        for name, value in outputs.items():
            self.made[path, name] = value
            self.parts[path, name] = self.sides[value]
