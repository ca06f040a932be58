"""The multipliers of random nets under random rules: beside the reference, and under the laws."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

import wlnet as wl
from tests.reference_rules import Tree, multipliers, places, resolved
from tests.strategies import (
    build,
    multiplier_values,
    rule_lists,
    rule_pairs,
    trees,
)
from wlnet import ALL, ANY, AUTOMATIC, Alternatives, NetSharedArray, RuleError, RuleWarning, Span
from wlnet.core.multipliers import multiplier_table

Table = dict[Any, float]
COMPARED = {"pairs": 0}
NAMED = ("named chain", "named graph")


@pytest.fixture(scope="session", autouse=True)
def count_of_compared_pairs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Say at the end how many nets with rules were compared with the reference."""
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\ncompared {COMPARED['pairs']} (net, rules) pairs with the reference")


def quietly(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The result of a call. Drawn rules may be hidden or without arrays: no warnings of these."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuleWarning)
        return call(*args, **options)


def table(net: Any, rules: Any = AUTOMATIC) -> Table:
    return dict(quietly(multiplier_table, net, rules).values_by_key())


def information(net: Any) -> Table:
    return dict(quietly(wl.information, net, "ArraysLearningRateMultipliers"))


def compare(found: Table, expected: Table) -> None:
    COMPARED["pairs"] += 1
    assert found == expected
    assert all(type(value) is float for value in found.values())


# The reference itself


def linear(rules: Any = AUTOMATIC, **shared: str) -> Tree:
    return Tree("layer", rules, {"Weights": None, "Biases": None, **shared}, ("LinearLayer", {}))


def chain(*nodes: Tree, rules: Any = AUTOMATIC) -> Tree:
    return Tree("chain", rules, list(nodes))


def named(rules: Any = AUTOMATIC, kind: str = "named chain", **nodes: Tree) -> Tree:
    return Tree(kind, rules, nodes)


RAMP = Tree("layer", AUTOMATIC, {}, ("ElementwiseLayer", {}))
PLUS = Tree("layer", AUTOMATIC, {"Biases": None}, ("ConstantPlusLayer", {}))
W = NetSharedArray("w")
SHARED = chain(linear(Weights="w"), RAMP, linear(Weights="w"))
RULED = SHARED._replace(rules=[(3, 5), (1, 2)])
NEST = chain(linear(0), linear())
LENET = chain(linear(), RAMP, RAMP, linear(), RAMP, RAMP, RAMP, linear(), RAMP, linear(), RAMP)
LENET_RULES = [(1, 0.5), (4, None), ((8, "Biases"), 2), (ANY, 1)]
SAME_DEPTH = chain(linear(2, Weights="w"), linear(5, Weights="w"))
LIST_AND_NUMBER = chain(linear({"Weights": 2}, Weights="w"), linear(5, Weights="w"))
PLUS_NEST = chain(PLUS, linear())
EVERY_ARRAY = (ANY, Alternatives("Weights", "Biases"))
TWO_DEPTHS = chain(chain(linear(2, Weights="w")), linear(5, Weights="w"))

WORKED_EXAMPLES: dict[str, tuple[Tree, Any, Any]] = {
    "the results of a training of LeNet": (LENET, LENET_RULES, [0.5, 0.5, 0, 0, 1, 2, 1, 1]),
    "shared, one rule": (SHARED, {1: 0.5}, {W: 0.5, (1, "Biases"): 0.5, (3, "Biases"): 1}),
    "shared, a rule for the later place": (SHARED, {3: 0.5}, [0.5, 1, 0.5]),
    "shared, two rules: the left-most wins": (SHARED, [(1, 2), (3, 5)], [2, 2, 5]),
    "the order of the rules decides, not of the places": (SHARED, [(3, 5), (1, 2)], [5, 2, 5]),
    "shared and frozen": (SHARED, [(3, None), (1, 1)], [0, 1, 0]),
    "a place without a rule does not speak": (SHARED, {3: None}, [0, 1, 0]),
    "a rule for the shared array, last": (SHARED, [(3, 5), (W, 7)], [5, 1, 5]),
    "a rule for the shared array, first": (SHARED, [(W, 7), (3, 5)], [7, 1, 5]),
    "rules at construction": (RULED, AUTOMATIC, [5, 2, 5]),
    "rules at construction, and of a training for elsewhere": (RULED, [(2, 9)], [5, 2, 5]),
    "rules at construction, and of a training for one place": (RULED, [(1, 9)], [9, 9, 5]),
    "shared, two layers of one depth: the first place": (SAME_DEPTH, AUTOMATIC, [2, 2, 5]),
    "shared, two layers of two depths: the outer one": (TWO_DEPTHS, AUTOMATIC, [5, 2, 5]),
    "shared, a list of rules and a number: the first place": (
        LIST_AND_NUMBER,
        AUTOMATIC,
        [2, 1, 5],
    ),
    "where a layer lacks one of the alternatives": (PLUS_NEST, {EVERY_ARRAY: 2}, [2, 2, 2]),
    "a frozen layer": (NEST, AUTOMATIC, [0, 0, 1, 1]),
    "a frozen layer, nested": (chain(NEST, linear()), AUTOMATIC, [0, 0, 1, 1, 1, 1]),
    "a container over its layer": (NEST._replace(rules={1: 0.5}), AUTOMATIC, [0.5, 0.5, 1, 1]),
    "a training over both": (NEST._replace(rules={1: 0.5}), {ANY: 1}, [1, 1, 1, 1]),
    "a training rule that does not match": (NEST, {2: 3}, [0, 0, 3, 3]),
    "no rules": (NEST, [], [0, 0, 1, 1]),
    "None freezes everything": (NEST, None, [0, 0, 0, 0]),
    "a lone number": (NEST, -1, [-1, -1, -1, -1]),
    "nothing after a catch-all": (chain(*[linear()] * 3), [(ANY, 0.1), (3, 0)], [0.1] * 6),
    "a bare layer": (linear(), {"Biases": 2}, {("Weights",): 1, ("Biases",): 2}),
    "everything in a bare layer": (linear(), {ALL: 2}, [2, 2]),
}


@pytest.mark.parametrize("example", WORKED_EXAMPLES)
def test_reference_agrees_with_the_worked_examples(example: str) -> None:
    tree, rules, expected = WORKED_EXAMPLES[example]
    found = multipliers(tree, rules)
    assert (found if isinstance(expected, dict) else list(found.values())) == expected


FOUR = named(a=linear(), b=RAMP, c=linear(), d=PLUS)
NUMBERED = Tree("graph", AUTOMATIC, [linear(), PLUS], [(1, 2)])
VERTICES = named(kind="named graph", a=linear(), b=linear())._replace(made_by=[(1, 2)])
OPERATOR = Tree("operator", AUTOMATIC, named(l1=linear(), l3=linear()), "NetNestOperator")

PARTS = [
    (FOUR, 1, [("a",)]),
    (FOUR, -1, [("d",)]),
    (FOUR, "c", [("c",)]),
    (FOUR, Span(2, -2), [("b",), ("c",)]),
    (FOUR, Span("c"), [("c",), ("d",)]),
    (FOUR, Span(ALL, "b"), [("a",), ("b",)]),
    (FOUR, Span(3, 2), []),
    (FOUR, Span(1, 5), []),
    (FOUR, (ANY, "Weights"), [("a", "Weights"), ("c", "Weights")]),
    (FOUR, (Alternatives("a", -1), "Biases"), [("a", "Biases"), ("d", "Biases")]),
    (FOUR, (ALL, Alternatives("Weights", "Biases")), 5),
    (FOUR, ("b", "Weights"), []),
    (FOUR, 5, []),
    (FOUR, 0, []),
    (NUMBERED, -2, [(1,)]),
    (NUMBERED, "2", [(2,)]),
    (NUMBERED, Span(1, 2), []),
    (VERTICES, 1, []),
    (VERTICES, Span("a", "b"), []),
    (VERTICES, (ANY, "Biases"), [("a", "Biases"), ("b", "Biases")]),
    (OPERATOR, ("Net", "l3"), [("Net", "l3")]),
    (OPERATOR, 1, []),
    (OPERATOR, (ANY, "l3"), []),
    (OPERATOR, ANY, [()]),
    (chain(OPERATOR, linear()), (ANY, "Net", 1, "Weights"), [(1, "Net", "l1", "Weights")]),
    (chain(VERTICES, FOUR), (ANY, 1), [(2, "a")]),
    (linear(), 1, []),
    (SHARED, W, [(1, "Weights"), (3, "Weights")]),
]


@pytest.mark.parametrize(("tree", "part", "expected"), PARTS)
def test_reference_finds_the_parts_of_every_net(tree: Tree, part: Any, expected: Any) -> None:
    found = resolved(tree, part)
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_reference_refuses_a_part_that_names_nothing_even_after_a_catch_all() -> None:
    with pytest.raises(LookupError, match="'e'"):
        multipliers(FOUR, [(ANY, 1), ("e", 0)])


# The product beside the reference


@pytest.mark.parametrize("example", WORKED_EXAMPLES)
def test_the_worked_examples_hold(example: str) -> None:
    tree, rules, expected = WORKED_EXAMPLES[example]
    found = table(quietly(build, tree), rules)
    assert (found if isinstance(expected, dict) else list(found.values())) == expected


@pytest.mark.parametrize(("tree", "part", "expected"), PARTS)
def test_a_rule_names_the_same_arrays_as_in_the_reference(
    tree: Tree, part: Any, expected: Any
) -> None:
    if expected == []:
        with pytest.raises(RuleError):
            table(build(tree), {part: 2})
    else:
        assert table(build(tree), {part: 2}) == multipliers(tree, {part: 2})


@given(trees())
def test_the_rules_in_a_net_give_what_the_reference_gives(tree: Tree) -> None:
    net = quietly(build, tree)
    event(f"outermost: {tree.kind}")
    compare(information(net), multipliers(tree))


@given(st.data())
def test_the_rules_of_a_training_give_what_the_reference_gives(data: st.DataObject) -> None:
    tree = data.draw(trees())
    net = quietly(build, tree)
    for rules in data.draw(st.lists(rule_lists(tree), min_size=6, max_size=9)):
        compare(table(net, rules), multipliers(tree, rules))


@given(trees(depth=2), multiplier_values())
def test_a_lone_number_is_a_rule_for_everything(tree: Tree, number: Any) -> None:
    compare(table(quietly(build, tree), number), multipliers(tree, number))


@given(trees(depth=2))
def test_a_training_without_rules_has_the_rules_of_the_net(tree: Tree) -> None:
    net = quietly(build, tree)
    assert table(net) == table(net, []) == information(net)


@given(trees(depth=2))
def test_multipliers_are_listed_in_the_order_of_the_arrays(tree: Tree) -> None:
    net = quietly(build, tree)
    assert list(information(net)) == list(wl.information(net, "Arrays")) == list(multipliers(tree))


# Laws


@st.composite
def nets_and_rules(draw: st.DrawFn) -> tuple[Tree, list[tuple[Any, Any]]]:
    tree = draw(trees(depth=2))
    return tree, draw(rule_pairs(tree))


@given(nets_and_rules(), multiplier_values())
def test_a_catch_all_before_the_rules_overrides_them_all(drawn: Any, r: Any) -> None:
    tree, rules = drawn
    found = table(quietly(build, tree), [(ANY, r), *rules])
    assert set(found.values()) <= {0.0 if r is None else float(r)}


@given(nets_and_rules(), multiplier_values(), st.data())
def test_what_follows_a_catch_all_changes_nothing(drawn: Any, r: Any, data: Any) -> None:
    tree, rules = drawn
    more = data.draw(rule_pairs(tree))
    net = quietly(build, tree)
    assert table(net, [*rules, (ANY, r), *more]) == table(net, [*rules, (ANY, r)])


@given(nets_and_rules(), st.data())
def test_a_rule_for_a_subnet_is_the_rules_for_its_arrays(drawn: Any, data: st.DataObject) -> None:
    tree, rules = drawn
    at = data.draw(st.integers(0, len(rules) - 1))
    part, r = rules[at]
    above = resolved(tree, part)
    arrays = [path for path, _, _ in places(tree) if any(path[: len(a)] == a for a in above)]
    assume(arrays)
    net = quietly(build, tree)
    split = [*rules[:at], *((path, r) for path in arrays), *rules[at + 1 :]]
    assert table(net, split) == table(net, rules)


@given(nets_and_rules(), st.data())
def test_a_rule_said_twice_says_no_more_than_once(drawn: Any, data: st.DataObject) -> None:
    tree, rules = drawn
    at = data.draw(st.integers(0, len(rules) - 1))
    again = data.draw(st.integers(at + 1, len(rules)))
    net = quietly(build, tree)
    assert table(net, [*rules[:again], rules[at], *rules[again:]]) == table(net, rules)


@given(nets_and_rules(), st.data())
def test_rules_for_different_arrays_may_stand_in_any_order(drawn: Any, data: st.DataObject) -> None:
    tree, rules = drawn
    single = [(path, 3.0 + order) for order, (path, _, _) in enumerate(places(tree))]
    apart: list[tuple[Any, Any]] = []
    taken: set[Any] = set()
    for part, r in [*rules, *single]:
        keys = {key for key, value in multipliers(_bare(tree), [(part, 2)]).items() if value == 2}
        if keys and not keys & taken:
            apart.append((part, r))
            taken |= keys
    assume(len(apart) > 1)
    net = quietly(build, tree)
    assert table(net, data.draw(st.permutations(apart))) == table(net, apart)


def _bare(tree: Tree) -> Tree:
    """The same tree without any rule in it."""
    if tree.kind == "layer":
        return tree._replace(rules=AUTOMATIC)
    if tree.kind == "operator":
        return tree._replace(rules=AUTOMATIC, content=_bare(tree.content))
    if isinstance(tree.content, dict):
        content = {name: _bare(node) for name, node in tree.content.items()}
        return tree._replace(rules=AUTOMATIC, content=content)
    return tree._replace(rules=AUTOMATIC, content=[_bare(node) for node in tree.content])


NEW_NAMES = {"a": "first", "b": "a", "encode": "e", "read": "z", "Net": "inner", "2": "two"}


@given(trees(kinds=NAMED, depth=2), st.data())
def test_renaming_nodes_renames_keys_and_changes_no_multiplier(tree: Tree, data: Any) -> None:
    rules = data.draw(rule_pairs(tree))
    net = quietly(build, tree)
    new_names = {old: new for old, new in NEW_NAMES.items() if old in tree.content}
    renamed = quietly(wl.net_rename, net, new_names)
    for before, after in [
        (information(net), information(renamed)),
        (table(net, rules), table(renamed, [(_renamed(part), r) for part, r in rules])),
    ]:
        assert after == {_renamed(key): value for key, value in before.items()}


def _renamed(part: Any) -> Any:
    """The same part of the renamed net: only the outermost names are others."""
    if isinstance(part, (tuple, list)):
        return (_renamed(part[0]), *part[1:])
    if isinstance(part, Alternatives):
        return Alternatives(*map(_renamed, part.steps))
    if isinstance(part, Span):
        return Span(_renamed(part.start), _renamed(part.end))
    return NEW_NAMES.get(part, part) if isinstance(part, str) else part


@given(trees(kinds=("chain", "named chain", "graph", "named graph")))
def test_flattening_changes_no_multiplier(tree: Tree) -> None:
    net = quietly(build, tree, marked=True)
    flat = quietly(wl.net_flatten, net)
    assert _by_mark(flat) == _by_mark(net)


def _by_mark(net: Any) -> Table:
    """The multipliers of a marked net, each under the number that fills its array."""
    arrays = wl.information(net, "Arrays")
    found = information(net)
    return {
        key if isinstance(key, NetSharedArray) else float(arrays[key].flat[0]): value
        for key, value in found.items()
    }
