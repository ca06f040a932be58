"""What a program reads is what was written for it: nothing else lies there meanwhile.

A plain reference, which knows of whole programs nothing but what each step reads and writes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.random_nets import attempt
from wlnet.engine.blueprint import Blueprint, Step
from wlnet.engine.records import walked
from wlnet.nets.arrays import arrays_of
from wlnet.nets.inference import inferred_port
from wlnet.plan.compile import training_blueprint
from wlnet.plan.memory.lifetimes import extent

NUMBER = 4
"""Bytes that are looked at as one; all slots begin at multiples of them."""


@pytest.fixture(scope="module", autouse=True)
def few(chains_of_few_numbers: None) -> None:
    """As in large nets."""


def done(blueprint: Blueprint) -> Iterator[tuple[Step, dict[int, int]]]:
    """The steps in the order in which they are done, those of chains one by one."""
    for number, turns in walked(len(blueprint.steps), blueprint.loops):
        for step in blueprint.steps[number].chained or (blueprint.steps[number],):
            yield step, turns


def misreads(blueprint: Blueprint) -> list[str]:
    """What reads a slot where another one was written later."""
    owners = np.full(blueprint.arena_bytes // NUMBER + 2, -1)
    found = []

    def places(views: Any, turns: dict[int, int]) -> Iterator[tuple[int, slice]]:
        for view in views:
            slot = blueprint.slots[view.slot]
            if slot.kind == "arena" and slot.bytes:
                start = slot.where + view.offset
                start += sum(turns.get(loop, 0) * distance for loop, distance in view.moves)
                stop = min(start + extent(view), slot.where + slot.bytes)
                yield view.slot, slice(start // NUMBER, -(-stop // NUMBER))

    for step, turns in done(blueprint):
        for slot, place in places(step.reads, turns):
            others = set(owners[place].tolist()) - {slot, -1}
            if others:
                found.append(f"{step.what} reads {slot}, over which {others} were written")
        for slot, place in places(step.writes, turns):
            owners[place] = slot
    return found


def planned(net: Any, batch: int, precision: Any) -> Blueprint:
    """A step of training, by the sum of all outputs of real numbers."""
    keys = [key for key in arrays_of(net) if "Moving" not in str(key)]
    losses = {name: 1.0 for name in net.output_names
              if inferred_port(net, name).element == "Real"}  # fmt: skip
    return training_blueprint(net, batch, losses, keys, precision=precision)


def gated(function: Any, after: Any) -> Any:
    """x f(w x), and what comes behind it: its way back reads x and f(w x) twice."""
    nodes = {"a": 30, "e": 30, "f": function, "u": wl.ThreadingLayer("Times"), "l": after}
    edges = [("a", "e", "f"), (["f", "a"], "u"), ("u", "l")]
    return wl.net_initialize(wl.NetGraph(nodes, edges, input=20))


@pytest.mark.parametrize("function", ["Tanh", "LogisticSigmoid", "Ramp", "Swish"])
@pytest.mark.parametrize("batch", [3, 64])
def test_gates_keep_what_their_way_back_reads(function: str, batch: int) -> None:
    net = gated(function, wl.LinearLayer(3))
    keys = list(arrays_of(net))
    blueprint = training_blueprint(net, batch, {"Output": 1.0}, keys)
    assert not misreads(blueprint)
    x = np.random.default_rng(1).normal(size=(batch, 20))
    slopes = [wl.NetPortGradient(*key) for key in keys]
    together = net({"Input": x}, slopes)
    alone = net({"Input": x}, slopes, batch_size=1)
    for one, other in zip(together.values(), alone.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4 * np.abs(other).max())


OPERATIONS = st.sampled_from(["Tanh", "Ramp", "Square", "LogisticSigmoid", "Times", "Plus", "Max"])


@settings(max_examples=150)
@given(st.lists(st.tuples(OPERATIONS, st.integers(0, 30), st.integers(0, 30), st.booleans()),
                min_size=2, max_size=10), st.sampled_from([1, 7, 40]))  # fmt: skip
def test_nothing_is_written_over_what_is_read_later(drawn: Any, batch: int) -> None:
    """Whatever elementwise functions and products meet one another."""
    nodes: dict[str, Any] = {"0": wl.LinearLayer(9)}
    edges: list[Any] = []
    for number, (kind, one, two, weighed) in enumerate(drawn, 1):
        sources = [str(at % number) for at in (one, two)]
        if kind in ("Times", "Plus", "Max"):
            nodes[str(number)] = wl.ThreadingLayer(kind)
            edges.append((sources, str(number)))
        else:
            layers = [9, kind] if weighed else [kind]
            nodes[str(number)] = wl.NetChain(layers)
            edges.append((sources[0], str(number)))
    nodes["end"] = wl.SummationLayer()
    edges.append((str(len(drawn)), "end"))
    net = wl.net_initialize(wl.NetGraph(nodes, edges, input=9))
    assert not misreads(planned(net, batch, "Real32"))


def test_nor_in_nets_of_all_layers() -> None:
    looked_at = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wl.RuleWarning)
            net = attempt(rng, 3 + seed % 8)
        kinds = {inferred_port(net, name).element for name in net.output_names} if net else set()
        if "Real" in kinds:
            blueprint = planned(wl.net_initialize(net), int(rng.integers(1, 20)), "Real32")
            assert not misreads(blueprint), seed
            looked_at += 1
    assert looked_at > 40
