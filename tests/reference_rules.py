"""The reference for learning rate multipliers: plain, slow, written from the semantics alone.

A net is described by a tree, so that nothing of the product decides here. What a step selects
inside a tree (`selected`), which paths a part names (`resolved`), which rule comes first
(`first_match`), and which level speaks first (`multipliers`) are one function each.

>>> first, third = (Tree("layer", AUTOMATIC, {"Weights": "w", "Biases": None}) for _ in range(2))
>>> ramp = Tree("layer", AUTOMATIC, {})
>>> multipliers(Tree("chain", AUTOMATIC, [first, ramp, third]), [(3, None), (1, 2)])
{NetSharedArray('w'): 0.0, (1, 'Biases'): 2.0, (3, 'Biases'): 0.0}
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any, NamedTuple

from wlnet import ALL, ANY, AUTOMATIC, Alternatives, NetSharedArray, Span

Path = tuple[int | str, ...]


class Tree(NamedTuple):
    """A net, told plainly."""

    kind: str  # "chain" "named chain" "graph" "named graph" "operator" "layer"
    rules: Any  # as a user gives them: AUTOMATIC, a number, None, pairs, a dict
    content: Any  # trees (list or dict), an operator's one tree; array -> its shared name or None
    made_by: Any = None  # what it takes to build it; nothing here reads it


def inside(tree: Tree) -> dict[Any, Any]:
    """The keys one level down and what stands there: a tree, or an array's shared name or None."""
    if tree.kind == "operator":
        return {"Net": tree.content}
    return dict(enumerate(tree.content, 1)) if tree.kind in ("chain", "graph") else tree.content


def places(tree: Any, path: Path = (), holders: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every array in net order: its path, its shared name or None, its holders from outside in."""
    if not isinstance(tree, Tree):
        yield path, tree, holders
        return
    for key, child in inside(tree).items():
        yield from places(child, (*path, key), (*holders, (len(path), tree)))


def selected(tree: Tree, step: Any) -> list[Any]:
    """The keys that one step selects inside a tree; none where the step cannot stand."""
    keys = list(inside(tree))
    chain = tree.kind in ("chain", "named chain")
    if step is ANY or step is ALL:
        return [] if tree.kind == "operator" else keys
    if isinstance(step, Alternatives):
        return [key for one in step.steps for key in selected(tree, one)]
    if isinstance(step, Span):
        start, end = (
            selected(tree, default if given in (ALL, AUTOMATIC) else given) if chain else []
            for given, default in ((step.start, 1), (step.end, -1))
        )
        return keys[keys.index(start[0]) : keys.index(end[0]) + 1] if start and end else []
    if isinstance(step, int):
        place = step if step > 0 else len(keys) + 1 + step
        counted = chain or tree.kind == "graph"
        return keys[place - 1 : place] if counted and 1 <= place <= len(keys) else []
    if tree.kind == "graph":
        return [key for key in keys if step == str(key)]
    return [step] if step in keys else []


def resolved(tree: Any, part: Any) -> list[Path]:
    """The paths that a part names: itself and whatever is below; no path if it names nothing."""
    if isinstance(part, NetSharedArray):
        return [path for path, shared, _ in places(tree) if shared == part.name]
    step, *rest = part if isinstance(part, (tuple, list)) else (part,)
    if not isinstance(tree, Tree):
        return []  # an array has no parts
    if not rest:  # a last ANY or ALL is "everything in there", even in an operator or a layer
        return [()] if step is ANY or step is ALL else [(key,) for key in selected(tree, step)]
    return [(k, *p) for k in selected(tree, step) for p in resolved(inside(tree)[k], tuple(rest))]


def first_match(tree: Tree, rules: Any, path: Path) -> tuple[int, float] | None:
    """The number and the value of the first rule that names the path or a part above it."""
    if rules is AUTOMATIC:
        return None
    if not isinstance(rules, (list, tuple, dict)):
        rules = [(ANY, rules)]
    pairs = list(rules.items()) if isinstance(rules, dict) else list(rules)
    named = [resolved(tree, part) for part, _ in pairs]
    if [] in named:
        raise LookupError(f"{pairs[named.index([])][0]!r} names nothing")
    for index, (paths, (_, value)) in enumerate(zip(named, pairs, strict=True)):
        if any(path[: len(above)] == above for above in paths):
            return index, 0.0 if value is None else float(value)
    return None


def multipliers(tree: Tree, net_train_rules: Any = AUTOMATIC) -> dict[Any, float]:
    """The multiplier of every array: rules of a training first, then the holders from outside in.

    A shared array takes, of what its places say, the word of the outermost level, there of the
    left-most rule, and among equals of the first place.
    """
    words: dict[Any, list[tuple[float, int, int, float]]] = {}
    for order, (path, shared, holders) in enumerate(places(tree)):
        key = path if shared is None else NetSharedArray(shared)
        levels = [(-1, tree, net_train_rules), *((deep, at, at.rules) for deep, at in holders)]
        spoken = (
            (deep, match[0], order, match[1])
            for deep, at, rules in levels
            if (match := first_match(at, rules, path[max(deep, 0) :]))
        )
        words.setdefault(key, []).append(next(spoken, (inf, 0, order, 1.0)))
    return {key: min(said)[-1] for key, said in words.items()}
