"""How far down each node stands: below all that leads to it, near what it leads to."""

from __future__ import annotations

from collections.abc import Iterable

from wlnet.plot.layout.graphs import Graph, Key, Link

Ranks = dict[Key, int]


def ranks_of(graph: Graph) -> Ranks:
    """The rank of every node, from 0. Raises ValueError for a graph that runs in a circle."""
    into: dict[Key, list[Key]] = {key: [] for key in graph.nodes}
    out_of: dict[Key, list[Key]] = {key: [] for key in graph.nodes}
    for source, target in _pairs(graph.links):
        into[target].append(source)
        out_of[source].append(target)
    order = _topological(into, out_of)
    rank: Ranks = {}
    for key in order:
        rank[key] = max((rank[source] + 1 for source in into[key]), default=0)
    # Pull down what nothing holds above: a source stands just above what it leads to.
    fed = {link.target for link in graph.links if link.source is None}
    for key in reversed(order):
        if out_of[key] and not into[key] and key not in fed:
            rank[key] = min(rank[target] for target in out_of[key]) - 1
    return _without_gaps(rank)


def _pairs(links: Iterable[Link]) -> dict[tuple[Key, Key], None]:
    return dict.fromkeys(
        (link.source, link.target)
        for link in links
        if link.source is not None and link.target is not None
    )


def _topological(into: dict[Key, list[Key]], out_of: dict[Key, list[Key]]) -> list[Key]:
    waiting = {key: len(sources) for key, sources in into.items()}
    order = [key for key, count in waiting.items() if not count]
    for key in order:
        for target in out_of[key]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    if len(order) < len(into):
        raise ValueError("a graph that runs in a circle has no ranks")
    return order


def _without_gaps(rank: Ranks) -> Ranks:
    """The same ranks, counted from 0 and without one that is empty."""
    numbers = {old: new for new, old in enumerate(sorted(set(rank.values())))}
    return {key: numbers[old] for key, old in rank.items()}
