"""Random nets go through random sequences of edits, and a ledger knows every array by its numbers.

Whatever was done: an array that is still there has the rate it had, unless the edit said otherwise;
no rule names what is not there; and the net can be saved, loaded and trained.
"""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.nets.marks import quietly
from tests.strategies import SIZE, build, multiplier_values, trees
from wlnet import ALL, ANY, AUTOMATIC, NetSharedArray
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net, same
from wlnet.core.walking import node_at
from wlnet.nets.arrays import array_value, replace_arrays

Draw = st.DataObject
Edit = Callable[[Draw, "Ledger"], Callable[[Any], Any]]
RATES = "LearningRateMultipliers"
NETS = settings(  # a few dozen nets by default, more than two thousand in the thorough profile
    max_examples=max(settings.default.max_examples - 60, 1),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Ledger:
    """What is known of a net without asking how its rules came about."""

    def __init__(self, net: Any, rank: int) -> None:
        self.rank = rank
        self.fresh = itertools.count(1)
        self.net = net
        self.number_all()
        self.rates = rates_by_number(self.net)
        self.free: dict[float, set[float]] = {}
        """The arrays of which the edit may have said something, and what it said."""
        self.silenced: set[float] = set()
        self.owed: dict[float, float] = {}

    def number_all(self) -> None:
        """Every array without a number of its own gets one."""
        arrays = wl.information(self.net, "Arrays")
        shapes = wl.information(self.net, "ArraysDimensions")
        for key, array in arrays.items():
            if array is AUTOMATIC and all(isinstance(n, int) for n in shapes[key] or [None]):
                numbers = np.full(shapes[key], next(self.fresh), np.float32)
                self.net = replace_arrays(self.net, {key: numbers})

    def edit(self, change: Edit, data: Draw) -> None:
        self.free, self.silenced, self.owed = {}, set(), {}
        before = rates_by_number(self.net)
        new = quietly(change(data, self), self.net)
        after = rates_by_number(new)
        for number, rate in after.items():
            if number in self.silenced:
                continue
            if number in self.owed:
                assert rate == self.owed[number], number
            elif number in before:
                said = self.free.get(number, set()) if before[number] == 1 else set()
                assert rate in {before[number], *said}, number
        if change in (put_array, put_shared, share):
            for path, node in nodes_of(self.net):
                alone = (
                    rates_by_number(wl.net_extract(self.net, path))
                    if node.nodes and reachable(self.net, path)
                    else {}
                )
                later = rates_by_number(wl.net_extract(new, path)) if alone else {}
                assert all(
                    later[number] == rate for number, rate in alone.items() if number in later
                )
        self.net = new
        self.number_all()

    def number(self, shape: tuple[int, ...]) -> Any:
        return np.full(shape, next(self.fresh), np.float32)

    def may_speak(self, net: Any) -> None:
        """Nets that come may speak for shared arrays of which nobody spoke before."""
        for key, rate in wl.information(net, "ArraysLearningRateMultipliers").items():
            if isinstance(key, NetSharedArray) and key.name in self.net.shared:
                number = float(self.net.shared[key.name].flat[0])
                self.free.setdefault(number, set()).add(rate)


def rates_by_number(net: Any) -> dict[float, float]:
    arrays = wl.information(net, "Arrays")
    found = wl.information(net, "ArraysLearningRateMultipliers")
    return {
        float(arrays[key].flat[0]): rate
        for key, rate in found.items()
        if isinstance(arrays[key], np.ndarray)
    }


def reachable(net: Any, path: tuple[Any, ...]) -> bool:
    """Whether no port on the way is called like the node."""
    return all(key not in node_at(net, path[:depth]).port_names for depth, key in enumerate(path))


def nodes_of(net: Net, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Net]]:
    for key, node in net.nodes.items():
        yield (*at, key), node
        yield from nodes_of(node, (*at, key))


# Edits


def some_node(data: Draw, net: Any) -> tuple[Any, ...]:
    return data.draw(st.sampled_from([path for path, _ in nodes_of(net)]), "node")


def new_net(data: Draw, ledger: Ledger, depth: int = 1) -> Any:
    """A layer or small net for the data of the net, with rules and shared names of its own."""
    tree = data.draw(trees(rank=ledger.rank, depth=depth), "new")
    made = quietly(build, tree)
    ledger.may_speak(made)
    return made


def named(ledger: Ledger, data: Draw, layer: Any) -> Any:
    if not isinstance(next(iter(ledger.net.nodes)), str):
        return layer
    taken = set(ledger.net.nodes)
    names = [name for name in ("k", "m", "n", "Input", "Output") if name not in taken]
    return (data.draw(st.sampled_from(names), "name"), layer)


def take(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    keys = list(ledger.net.nodes)
    if ledger.net.kind == "NetGraph":
        ends = data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
        return lambda net: wl.net_take(net, (ALL, ends))
    first, last = sorted(data.draw(st.tuples(*[st.integers(1, len(keys))] * 2)))
    return lambda net: wl.net_take(net, (first, last))


def drop(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    at = data.draw(st.integers(1, len(ledger.net.nodes)))
    return lambda net: wl.net_drop(net, [at])


def append(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    layer = named(ledger, data, new_net(data, ledger))
    grow = data.draw(st.sampled_from([wl.net_append, wl.net_prepend]))
    return lambda net: grow(net, layer)


def insert(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    layer = named(ledger, data, new_net(data, ledger))
    at = data.draw(st.integers(1, len(ledger.net.nodes)))
    return lambda net: wl.net_insert(net, layer, at)


def join(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    numbered = isinstance(next(iter(ledger.net.nodes)), int)
    kind = "chain" if numbered else "named chain"
    other = quietly(build, data.draw(trees(kinds=[kind], rank=ledger.rank, depth=1), "other"))
    ledger.may_speak(other)
    return lambda net: wl.net_join(net, other)


def delete(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    paths = [some_node(data, ledger.net) for _ in range(data.draw(st.integers(1, 2)))]
    return lambda net: wl.net_delete(net, paths)


def rename(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    count = len(ledger.net.nodes)
    names = data.draw(st.permutations(["Input", "Output", *(f"n{i}" for i in range(count))]))
    if data.draw(st.booleans()):
        return lambda net: wl.net_rename(net, lambda old: f"{old}x", ALL)
    return lambda net: wl.net_rename(net, names[:count])


def flatten(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    levels = data.draw(st.sampled_from([AUTOMATIC, 1, 2]))
    return lambda net: wl.net_flatten(net, levels)


def share(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    prefix = f"p{next(ledger.fresh)}/"
    return lambda net: wl.net_insert_shared_arrays(net, prefix)


def graph(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    return wl.NetGraph


def around(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    """The net in a larger one that says nothing, or in an operator."""
    return data.draw(
        st.sampled_from(
            [
                lambda net: wl.NetChain([net, "Tanh"]),
                lambda net: wl.NetChain({"inner": net, "t": "Tanh"}),
                lambda net: wl.NetNestOperator(net, 2),
                lambda net: wl.NetChain([wl.NetNestOperator(net, 1), "Ramp"]),
            ]
        )
    )


def put_array(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    """Numbers, a shared name (there or new), or nothing, at one or two arrays."""
    every = array_places(ledger.net)
    places = (
        data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=2, unique=True))
        if every
        else []
    )
    edits: dict[Any, Any] = {}
    rates = wl.information(ledger.net, "ArraysLearningRateMultipliers")
    names = sorted(ledger.net.shared)
    for place in places:
        old = array_value(ledger.net, place.path)
        kinds = ["numbers"] if place.statistic else ["numbers", "new name"]
        kinds += ["none"] * (place.path[-1] == "Biases") + ["name"] * bool(names)
        kind = data.draw(st.sampled_from(kinds), "kind")
        if kind == "numbers" and isinstance(old, np.ndarray):
            edits[place.path] = ledger.number(old.shape)
            ledger.owed[float(edits[place.path].flat[0])] = rates[place.key]
        elif kind == "new name":
            edits[place.path] = NetSharedArray(f"s{next(ledger.fresh)}")
        elif kind == "name":
            edits[place.path] = NetSharedArray(data.draw(st.sampled_from(names)))
        else:
            edits[place.path] = None
    return lambda net: wl.net_replace_part(net, edits)


def put_shared(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    names = sorted(ledger.net.shared)
    if not names:
        return lambda net: net
    key = NetSharedArray(data.draw(st.sampled_from(names)))
    numbers = ledger.number(ledger.net.shared[key.name].shape)
    rates = wl.information(ledger.net, "ArraysLearningRateMultipliers")
    ledger.owed[float(numbers.flat[0])] = rates[key]
    return lambda net: wl.net_replace_part(net, {key: numbers})


def put_node(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    paths = [some_node(data, ledger.net) for _ in range(data.draw(st.integers(1, 2)))]
    edits = [(path, new_net(data, ledger)) for path in paths]
    return lambda net: wl.net_replace_part(net, edits)


def put_rules(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    """Other rules at the net or a node in it: they say what holds under it."""
    path = data.draw(st.sampled_from([(), *(path for path, _ in nodes_of(ledger.net))]), "holder")
    inside = [place for place in array_places(ledger.net) if place.path[: len(path)] == path]
    names = sorted({place.shared for place in inside if place.shared})
    shared = [NetSharedArray(name) for name in names] + [NetSharedArray(ALL)]
    rules = data.draw(
        st.one_of(
            multiplier_values(),
            st.just(AUTOMATIC),
            st.dictionaries(st.sampled_from([ANY, *shared]), multiplier_values(), min_size=1),
        )
    )
    for place in inside:
        array = array_value(ledger.net, place.path)
        if isinstance(array, np.ndarray):
            ledger.silenced.add(float(array.flat[0]))
    return lambda net: wl.net_replace_part(net, {(*path, RATES): rules})


def replace(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    """Some kinds of layers become others, and some go."""
    new = new_net(data, ledger)
    kinds = [wl.LinearLayer, wl.ConstantPlusLayer, wl.ConstantTimesLayer, wl.DropoutLayer]
    some = data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2, unique=True))
    pairs = list(zip(some, data.draw(st.permutations([new, None])), strict=False))
    return lambda net: wl.net_replace(net, pairs)


def part(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    """A node taken out: the rules around it stay behind."""
    path = some_node(data, ledger.net)
    ledger.silenced.update(rates_by_number(ledger.net))
    if not (node_at(ledger.net, path).nodes and reachable(ledger.net, path)):
        return lambda net: net
    return lambda net: wl.net_extract(net, path)


def pickled(data: Draw, ledger: Ledger) -> Callable[[Any], Any]:
    return lambda net: pickle.loads(pickle.dumps(net))


ANYWHERE = [put_array, put_node, put_rules, put_shared, replace, rename, append, flatten, share]
ANYWHERE += [delete, graph, around, put_array, pickled, part, take]
IN_CHAINS = [insert, join, drop]


def some_edit(data: Draw, net: Any) -> Edit:
    if net.nodes:
        return data.draw(st.sampled_from(ANYWHERE + IN_CHAINS * (net.kind == "NetChain")), "edit")
    return around


@NETS
@given(data=st.data())
def test_every_array_keeps_its_rate_through_any_edits(data: Draw, tmp_path_factory: Any) -> None:
    kinds = ("chain", "named chain", "graph", "named graph")
    rank = data.draw(st.integers(1, 3), "rank")
    net = quietly(build, data.draw(trees(kinds=kinds, rank=rank, depth=2), "net"))
    ledger = Ledger(wl.net_replace_part(net, {"Input": (SIZE,) * rank}), rank)
    for _ in range(data.draw(st.integers(1, 6), "edits")):
        change = some_edit(data, ledger.net)
        refused = refusal(change, data, ledger)
        event(f"{change.__name__}: {refused or 'done'}")
        every_rule_finds_its_part(ledger.net)
    lives(ledger.net, tmp_path_factory.getbasetemp() / "net.wlnet")


def refusal(change: Any, data: Draw, ledger: Ledger) -> str | None:
    """The error with which an edit was refused: for shapes, names and parts; where rules are in
    the way only if a part they speak for was replaced.
    """
    try:
        ledger.edit(change, data)
    except (wl.OptionError, wl.ShapeError, wl.PartError) as error:
        return type(error).__name__
    except wl.RuleError as error:
        if change not in (put_node, replace):
            raise
        return type(error).__name__
    return None


def every_rule_finds_its_part(net: Any) -> None:
    for _, node in [((), net), *nodes_of(net)]:
        quietly(node.check_rules)


def lives(net: Any, file: Path) -> None:
    """The net can be saved, loaded and trained a step, and what is frozen stays as it is."""
    wl.save(net, file)
    loaded = wl.load(file)
    rates = wl.information(net, "ArraysLearningRateMultipliers")
    assert loaded == net
    assert wl.information(loaded, "ArraysLearningRateMultipliers") == rates
    places = [place for place in array_places(net) if not place.statistic]
    moving = [place for place in places if rates[place.key]]
    sizes = {**wl.information(net, "InputPorts"), **wl.information(net, "OutputPorts")}
    known = all(isinstance(shape, tuple) for shape in sizes.values())
    if not (moving and known and wl.information(net, "InputPorts")):
        return
    rows = {name: np.full((2, *shape), 0.25) for name, shape in sizes.items()}
    net = scaled(net)
    trained = quietly(wl.net_train, net, rows, max_training_rounds=1, batch_size=2)
    before, after = (wl.information(each, "Arrays") for each in (net, trained))
    assert wl.information(trained, "ArraysLearningRateMultipliers") == rates
    assert all(same(after[key], before[key]) for key, rate in rates.items() if not rate)


def scaled(net: Any) -> Any:
    """The net with small numbers, which do not overflow."""
    small = {key: array / 1024 for key, array in wl.information(net, "Arrays").items()}
    return replace_arrays(net, small)
