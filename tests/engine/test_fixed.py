"""Programs of a net that need the same packed weights have them once."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.fixed import recipes
from wlnet.engine.program import Program
from wlnet.evaluate.runner import Runner

NETS: dict[str, Any] = {
    "vectors": wl.NetChain([70, "Tanh", 30, "Ramp", 3], input=50),
    "alike": wl.NetChain([30, "Tanh", 30, "Tanh", 30], input=30),
    "images": wl.NetChain(
        [wl.ConvolutionLayer(20, 3), "Ramp", wl.ConvolutionLayer(20, 3), wl.FlattenLayer(), 5],
        input=(16, 9, 9),
    ),
    "sequences": wl.NetChain([wl.LongShortTermMemoryLayer(8)], input=(6, 5)),
    "constants": wl.NetChain(
        [wl.FunctionLayer(lambda x: np.concatenate([x * 2, np.tanh(np.ones(3))]))], input=4
    ),
}


def shape_of(net: Any) -> Any:
    return net.ports["Input"].shape


def given(net: Any, count: int) -> Any:
    return np.random.default_rng(count).standard_normal((count, *shape_of(net)), np.float32)


def once_slots(program: Program) -> dict[int, int]:
    """Where what is written once lies."""
    slots = {view.slot for step in program.blueprint.once for view in step.writes}
    return {slot: program._starts[slot] for slot in slots}


@pytest.mark.parametrize("name", NETS)
def test_programs_that_share_give_what_each_gives_alone(name: str) -> None:
    net = wl.net_initialize(NETS[name], random_seeding=1)
    for count in (20, 40, 9, 3, 20, 1):
        alone = wl.net_initialize(NETS[name], random_seeding=1)
        x = given(net, count)
        assert net(x).tobytes() == alone(x).tobytes()
        wide = net(x, working_precision="Real64")
        assert wide.tobytes() == alone(x, working_precision="Real64").tobytes()


def test_packed_weights_are_made_once_and_go_with_the_last_program() -> None:
    net = wl.net_initialize(NETS["vectors"])
    run = Runner(net)
    programs = [run.program(count, {"Input": (50,)})[0] for count in (9, 20, 40)]
    first, *others = ([*once_slots(each).values()] for each in programs)
    assert len(first) == 3
    assert all(each == first for each in others)
    packed = sum(array.nbytes for array in run.kept.store.values())
    assert all(each.bytes <= each.blueprint.arena_bytes - packed for each in programs)
    del programs
    run.kept.programs.clear()
    gc.collect()
    assert not run.kept.store


def test_what_differs_in_how_it_is_made_is_not_shared() -> None:
    # Two layers with the same sizes, and one net in two precisions.
    net = wl.net_initialize(wl.NetChain([30, "Tanh", 30, "Tanh", 30], input=30))
    starts = [start for precision in ("Real32", "Real64")
              for start in once_slots(Runner(net, precision=precision)
                                      .program(20, {"Input": (30,)})[0]).values()]  # fmt: skip
    assert len(starts) == len(set(starts)) == 6


def test_what_is_written_in_every_run_is_not_shared() -> None:
    blueprint = (
        Runner(wl.net_initialize(NETS["vectors"])).program(20, {"Input": (50,)})[0].blueprint
    )
    once = {view.slot for step in blueprint.once for view in step.writes}
    assert set(recipes(blueprint)) == once
    first = blueprint.once[0]
    again = replace(blueprint, steps=(*blueprint.steps, first))
    assert set(recipes(again)) == once - {view.slot for view in first.writes}
