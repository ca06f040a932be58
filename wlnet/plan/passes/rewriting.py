"""A graph while calls of it are replaced: what passes that look for patterns are written with.

Graph rewriting, with use-def chains: who makes a value, and how many use it.
"""

from __future__ import annotations

from collections import Counter

from wlnet.graph.graph import Call, Graph, Value


class Rewriting:
    """A graph whose calls are replaced: who makes a value, and how many read it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.makers: dict[Value, Call] = {v: call for call in graph.calls for v in call.outputs}
        self.uses = Counter(value for call in graph.calls for value in call.inputs)
        self.uses.update(graph.results())
        self._replaced: dict[int, Call | None] = {}

    def maker(self, value: Value, *primitives: str) -> Call | None:
        """The call that makes a value, if it is one of these primitives."""
        call = self.makers.get(value)
        return call if call is not None and call.primitive in primitives else None

    def sole(self, value: Value, *primitives: str) -> Call | None:
        """The call that makes a value which has a single reader, if it is one of these."""
        return self.maker(value, *primitives) if self.uses[value] == 1 else None

    def drop(self, *calls: Call) -> None:
        """Leave calls out."""
        for call in calls:
            self._replaced[id(call)] = None

    def replace(self, old: Call, new: Call) -> None:
        """Put a call in the place of another."""
        self._replaced[id(old)] = new
        for value in new.outputs:
            self.makers[value] = new

    def done(self) -> Graph:
        """The graph with what was replaced and dropped."""
        calls: list[Call] = []
        for call in self.graph.calls:
            current: Call | None = call
            while current is not None and id(current) in self._replaced:
                current = self._replaced[id(current)]
            if current is not None:
                calls.append(current)
        return self.graph.with_calls(calls)
