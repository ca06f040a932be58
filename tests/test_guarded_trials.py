"""Random nets, and changed files, are used in guarded memory: no process dies, no other error than
one of wlnet comes out. `python -m tests.trials` makes as many as one likes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.random_nets import attempt
from tests.trials import faults, tried
from wlnet.layers.declaring.layer import LAYERS
from wlnet.nets.connections import layers_of
from wlnet.nets.inference import inference

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guarded pages of Linux")


@pytest.mark.parametrize(("kind", "count"), [("nets", 15), ("files", 60)])
def test_a_few_trials_end_well(kind: str, count: int) -> None:
    outcomes = tried(kind, count)
    assert not faults(outcomes), faults(outcomes)
    assert outcomes["trials"] == count
    assert outcomes["evaluated"] > count / 10
    assert outcomes["trained"] > count / 10


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "count"), [("nets", 1000), ("files", 4000)])
def test_many_trials_end_well(kind: str, count: int) -> None:
    outcomes = tried(kind, count, start=10**6)
    assert not faults(outcomes), faults(outcomes)
    assert outcomes["trials"] == count


def test_the_nets_that_are_tried_are_of_all_layers_and_kinds_of_numbers() -> None:
    # A layer that fits few neighbours is in few of them.
    drawn = (attempt(np.random.default_rng(number), 2 + number % 7) for number in range(500))
    nets = [net for net in drawn if net is not None]
    kinds = {layer.kind for net in nets for _, layer in layers_of(net)}
    assert kinds > set(LAYERS) - {
        "CTCLossLayer", "CompiledLayer", "LongShortTermMemoryLayer", "PlaceholderLayer",
    }  # fmt: skip
    wires = [wire for net in nets for wire in inference(net).ports.values()]
    assert sum(wire.element == "Integer" for wire in wires) > 10
    assert sum(wire.element == "Real" for wire in wires) > 100


@pytest.mark.parametrize("place", ["arena", "scratch"])
def test_native_code_that_leaves_its_memory_ends_the_process(place: str) -> None:
    code = f"""
import ctypes
import numpy as np, wlnet as wl
from tests.guarded_programs import guarded_programs
from wlnet.evaluate.runner import Runner

with guarded_programs():
    net = wl.net_initialize(wl.NetChain([wl.FlattenLayer(), 3, "Tanh"], input=(3, 5)))
    program, _ = Runner(net).program(2, {{"Input": (3, 5)}})
    memory = dict(arena=program._arrays[0], scratch=program._team._fences[0])[{place!r}]
    end = ctypes.cast(memory.ctypes.data + memory.nbytes, ctypes.POINTER(ctypes.c_char))
    print(end[-1][:0], flush=True)
    print(end[0])
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.stdout == "b''\n", found.stdout + found.stderr
    assert found.returncode < 0
