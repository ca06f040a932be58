"""What Hypothesis draws: nets told as trees, rules for them, the nets themselves, shapes, numbers.

Every vector of a drawn net has two elements, and data of rank r are arrays with two elements along
every level, so that arrays of equal rank may be shared wherever they stand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

import wlnet as wl
from tests.reference_rules import Tree, inside, places, resolved, selected
from wlnet import ALL, ANY, AUTOMATIC, Alternatives, NetSharedArray, Span

SIZE = 2
NODE_NAMES = ("a", "b", "encode", "read", "Net", "2")
SHARED_NAMES = {1: ("b", "c"), 2: ("w", "v"), 3: ("t",)}  # by the rank of the array
STATISTICS = ("MovingMean", "MovingVariance")
FIELDS = {
    "Weights": "weights",
    "Biases": "biases",
    "Scaling": "scaling",
    "MovingMean": "moving_mean",
    "MovingVariance": "moving_variance",
}


def multiplier_values() -> st.SearchStrategy[Any]:
    """What a rule may give an array: any finite number, negative too; 0 and None freeze."""
    return st.one_of(
        st.sampled_from([0.5, None, 0, 0.0, 1, -1, 2.0]),
        st.floats(-4, 4),
        st.integers(-9, 9),
        st.floats(-2, 2, width=32).map(np.float32),
    )


def shapes(max_rank: int = 3, max_size: int = 5) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of arrays, scalars too."""
    return st.lists(st.integers(1, max_size), max_size=max_rank).map(tuple)


# Nets, told as trees


@st.composite
def trees(
    draw: st.DrawFn, kinds: Sequence[str] = (), rank: int | None = None, depth: int = 3
) -> Tree:
    """A net with options at any level; it takes and gives data of one rank.

    `made_by` is the name of an operator, the edges of a graph, or the name of a layer with the
    ranks of its arrays.
    """
    rank = draw(st.integers(1, 3)) if rank is None else rank
    deep = ("chain", "named chain", "graph", "named graph", "operator") if depth else ()
    kind = draw(st.sampled_from(kinds or ("layer", *deep)))
    made_by: Any = None
    content: Any
    if kind == "layer":
        made_by, content = draw(layers(rank))
    elif kind == "operator":
        made_by = draw(st.sampled_from(["NetNestOperator", "NetMapOperator"][: min(rank, 2)]))
        mapped = made_by == "NetMapOperator"
        content = draw(trees(rank=rank - mapped, depth=depth - 1))
    else:
        below = trees(rank=rank, depth=depth - 1)
        content = draw(st.lists(below, min_size=min(depth, 2), max_size=4))
        if "graph" in kind:
            content, made_by = draw(wiring(content, shuffled=kind == "graph"))
        if "named" in kind:
            names = draw(st.permutations(NODE_NAMES))
            content = dict(zip(names, content, strict=False))
    tree = Tree(kind, AUTOMATIC, content, made_by)
    return tree if kind == "layer" and not content else tree._replace(rules=draw(options(tree)))


@st.composite
def layers(draw: st.DrawFn, rank: int) -> tuple[tuple[str, dict[str, int]], dict[str, str | None]]:
    """A layer for data of a rank: its name and the ranks of its arrays; the arrays, some shared."""
    arrays: dict[str, dict[str, int]] = {
        "ElementwiseLayer": {},
        "DropoutLayer": {},
        "LinearLayer": {"Weights": 2, "Biases": 1},
        "ConstantPlusLayer": {"Biases": rank},
        "ConstantTimesLayer": {"Scaling": rank},
        "BatchNormalizationLayer": dict.fromkeys(("Scaling", "Biases", *STATISTICS), 1),
    }
    if rank > 1:
        del arrays["LinearLayer"]
    name = draw(st.sampled_from(["LinearLayer", *arrays] if rank == 1 else list(arrays)))
    ranks = dict(arrays[name])
    if name == "LinearLayer" and draw(st.integers(0, 4)) == 4:
        del ranks["Biases"]
    names = {
        array: [None] if array in STATISTICS else [None, None, *SHARED_NAMES[ranks[array]]]
        for array in ranks
    }
    return (name, ranks), {array: draw(st.sampled_from(names[array])) for array in ranks}


@st.composite
def wiring(draw: st.DrawFn, nodes: list[Tree], shuffled: bool) -> tuple[list[Tree], list[Any]]:
    """A graph of these nodes as (vertices, edges): a line, or branches that are summed at the end.

    Edges name positions, from 1. Only a graph built from a list is shuffled: its parts keep their
    numbers whatever the order of computation.
    """
    total = [Tree("layer", AUTOMATIC, {}, ("TotalLayer", {}))] if draw(st.booleans()) else []
    count = len(nodes) + len(total)
    order = draw(st.permutations(range(1, count + 1))) if shuffled else list(range(1, count + 1))
    vertices: list[Any] = [None] * count
    for position, node in zip(order, [*nodes, *total], strict=True):
        vertices[position - 1] = node
    if total:
        *branches, end = order
        return vertices, [(source, end) for source in branches] + [(None, way) for way in branches]
    return vertices, list(itertools.pairwise(order))


@st.composite
def options(draw: st.DrawFn, tree: Tree) -> Any:
    """What `learning_rate_multipliers` of this holder may be."""
    if draw(st.booleans()):
        return AUTOMATIC
    return draw(rule_lists(tree) if draw(st.integers(0, 4)) else multiplier_values())


# Rules


@st.composite
def rule_lists(draw: st.DrawFn, tree: Tree, max_size: int = 5) -> Any:
    """Valid rules for a tree as a user gives them: pairs, or a dict."""
    pairs = draw(rule_pairs(tree, max_size))
    plain = all(not isinstance(part, list) for part, _ in pairs)
    return dict(pairs) if plain and draw(st.booleans()) else pairs


def rule_pairs(tree: Tree, max_size: int = 5) -> st.SearchStrategy[list[tuple[Any, Any]]]:
    """Valid rules for a tree: pairs of a part and a multiplier, at least one."""
    return st.lists(st.tuples(parts(tree), multiplier_values()), min_size=1, max_size=max_size)


@st.composite
def parts(draw: st.DrawFn, tree: Tree) -> Any:
    """A part of the tree in any spelling: a step, a tuple or list of steps, a shared array."""
    shared = sorted({name for _, name, _ in places(tree) if name is not None})
    kind = draw(st.integers(0, 9))
    if kind == 9:
        return draw(st.sampled_from([ANY, ALL]))
    if kind == 8 and shared:
        return NetSharedArray(draw(st.sampled_from(shared)))
    return draw(nested_parts(tree))


@st.composite
def nested_parts(draw: st.DrawFn, tree: Tree) -> Any:
    """Steps down to any depth, each of a kind that fits one of the nodes reached so far."""
    steps: list[Any] = []
    reached: list[Any] = [tree]
    while True:
        holders = [node for node in reached if isinstance(node, Tree) and inside(node)]
        if not holders or (steps and draw(st.integers(0, 2)) == 0):
            break
        step = draw(steps_into(draw(st.sampled_from(holders))))
        below = [inside(node)[key] for node in holders for key in selected(node, step)]
        steps.append(step)
        reached = below  # none below ANY at an operator: it can end a part there, and not go on
    if not steps or not resolved(tree, steps):
        return ANY
    return steps[0] if len(steps) == 1 and draw(st.booleans()) else draw(_tuple_or_list(steps))


def _tuple_or_list(steps: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([tuple(steps), tuple(steps), list(steps)])


@st.composite
def steps_into(draw: st.DrawFn, tree: Tree, alternatives: bool = True) -> Any:
    """One step that selects something in this tree."""
    keys = list(inside(tree))
    count = len(keys)
    named = st.sampled_from(keys)
    kinds: list[Any] = [named, named, named, st.sampled_from([ANY, ALL])]
    if tree.kind in ("chain", "named chain", "graph"):
        kinds += [st.integers(1, count), st.integers(-count, -1)]
    if tree.kind in ("chain", "named chain"):
        kinds += [spans(keys)] * 2
    if tree.kind == "graph":
        kinds.append(named.map(str))
    if alternatives:
        single = steps_into(tree, alternatives=False).filter(lambda step: step not in (ANY, ALL))
        kinds.append(st.lists(single, min_size=1, max_size=3).map(lambda some: Alternatives(*some)))
    return draw(draw(st.sampled_from(kinds)))


@st.composite
def spans(draw: st.DrawFn, keys: Sequence[Any]) -> Span:
    """A span of a chain: the ends are positions from 1 or from -1, names, ALL, or left out."""
    count = len(keys)
    start, end = sorted(draw(st.tuples(st.integers(1, count), st.integers(1, count))))
    spellings = [[place, place - count - 1, keys[place - 1]] for place in (start, end)]
    if start == 1:
        spellings[0] += [ALL, AUTOMATIC]
    if end == count:
        spellings[1] += [ALL, AUTOMATIC]
    return Span(*(draw(st.sampled_from(spelling)) for spelling in spellings))


# Nets of the product


def build(tree: Tree, *, marked: bool = False) -> Any:
    """The net that a tree describes, made as a user makes it.

    `marked`: every private array is filled with a number of its own, 1, 2, ... in the order of
    `places`, by which it is known wherever surgery puts it.
    """
    return _built(tree, itertools.count(1) if marked else None)


def _built(tree: Tree, marks: Iterator[int] | None) -> Any:
    rules = {} if tree.rules is AUTOMATIC else {"learning_rate_multipliers": tree.rules}
    if tree.kind == "layer":
        return _layer(tree, rules, marks)
    if tree.kind == "operator":
        times = (2,) if tree.made_by == "NetNestOperator" else ()
        return getattr(wl, tree.made_by)(_built(tree.content, marks), *times, **rules)
    nodes = {key: _built(node, marks) for key, node in inside(tree).items()}
    given = nodes if "named" in tree.kind else list(nodes.values())
    if "chain" in tree.kind:
        return wl.NetChain(given, **rules)
    keys = dict(enumerate(nodes, 1))
    edges = [(wl.NetPort("Input") if a is None else keys[a], keys[b]) for a, b in tree.made_by]
    return wl.NetGraph(given, edges, **rules)


def _layer(tree: Tree, rules: dict[str, Any], marks: Iterator[int] | None) -> Any:
    name, ranks = tree.made_by
    arrays: dict[str, Any] = {} if name != "LinearLayer" else {"biases": None, "input": SIZE}
    for array, shared in tree.content.items():
        value: Any = AUTOMATIC if shared is None else NetSharedArray(shared)
        if shared is None and marks is not None:
            value = np.full((SIZE,) * ranks[array], next(marks), np.float32)
        arrays[FIELDS[array]] = value
    sizes = {"LinearLayer": (SIZE,), "ElementwiseLayer": ("Tanh",)}.get(name, ())
    return getattr(wl, name)(*sizes, **arrays, **rules)


@st.composite
def small_vectors_nets(draw: st.DrawFn, max_size: int = 4, max_layers: int = 4) -> Any:
    """An initialised net from vectors to vectors, with up to `max_layers` linear layers.

    No rules stand in it; its last layer is linear, so that its output can take any value.
    """
    size = st.integers(1, max_size)
    between = st.sampled_from(["Tanh", "Ramp", "LogisticSigmoid"])
    nodes: list[Any] = []
    for _ in range(draw(st.integers(0, max_layers - 1))):
        block = [wl.LinearLayer(draw(size)), draw(between)]
        nodes += [wl.NetChain(block)] if draw(st.booleans()) else block
        nodes += [wl.BatchNormalizationLayer()] if draw(st.integers(0, 3)) == 3 else []
    net = wl.NetChain([*nodes, wl.LinearLayer(draw(size))], input=draw(size))
    return wl.net_initialize(net, random_seeding=draw(st.integers(0, 2**32 - 1)))
