"""What each step of a program is for, and how many bytes it touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet.engine.blueprint import View
from wlnet.plan.compile import forward_blueprint
from wlnet.plan.report import CallRow
from wlnet.plan.timed_report import apart
from wlnet.plan.ways import touched

NORMAL = wl.NetChain(
    {"a": 4, "norm": wl.BatchNormalizationLayer(), "bend": "Tanh", "b": 3, "p": wl.SoftmaxLayer()},
    input=5,
)
TURNING = wl.NetChain([wl.LongShortTermMemoryLayer(3), wl.SequenceLastLayer(), 2], input=(7, 2))
IMAGES = wl.NetChain([wl.ConvolutionLayer(3, 3), "Ramp", wl.PoolingLayer(2, 2), 2], input=(2, 9, 9))
NETS = {"normal": NORMAL, "turning": TURNING, "images": IMAGES}
BLUEPRINT = forward_blueprint(wl.net_initialize(NORMAL), 4)


def steps(net: Any, **options: Any) -> tuple[CallRow, ...]:
    return wl.net_program(net, batch_size=8, **options).steps


@pytest.mark.parametrize("name", NETS)
def test_all_of_an_evaluation_is_forward(name: str) -> None:
    assert {row.way for row in steps(NETS[name])} == {"Forward"}


@pytest.mark.parametrize("name", NETS)
def test_what_computes_goes_forward_first_and_then_back(name: str) -> None:
    rows = steps(NETS[name], learning_rate_multipliers=1)
    assert {row.way for row in rows} == {"Forward", "Back", "Update"}
    # What only lays numbers out may be done at any time before they are used.
    found = [row.way for row in rows if row.operations and row.way != "Update"]
    assert found == sorted(found, key=["Forward", "Back"].index)


@pytest.mark.parametrize("name", NETS)
def test_what_updates_an_array_is_said_to_and_nothing_else(name: str) -> None:
    for row in steps(NETS[name], learning_rate_multipliers=1):
        assert (row.way == "Update") == bool({"update", "new statistic"} & {*row.parts}), row


def test_the_way_of_each_kind_of_call() -> None:
    ways = {(row.layer, row.what): row.way for row in steps(NORMAL, learning_rate_multipliers=1)}
    assert ways[("a",), "product + bias"] == "Forward"
    assert ways[("LossLayer",), "softmax + cross entropy + gradient"] == "Forward"
    assert ways[("b",), "product"] == "Back"
    assert ways[("b",), "gradient product + update"] == "Update"
    assert ways[("norm",), "new statistic"] == "Update"
    assert ways[(), "keep"] == ways[(), "fetch"] == "Forward"


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.permutations(range(4)),
    st.sets(st.integers(0, 3)),
)
def test_bytes_are_those_of_all_places_that_a_view_has(
    shape: Sequence[int], order: Sequence[int], repeated: set[int]
) -> None:
    axes = [axis for axis in order if axis < len(shape)]
    whole = np.arange(np.prod(shape), dtype=np.float32).reshape(shape).transpose(axes)
    strides = [0 if i in repeated else stride for i, stride in enumerate(whole.strides)]
    seen = np.lib.stride_tricks.as_strided(whole, strides=strides)
    assert touched(View(0, 0, seen.shape, tuple(strides)), BLUEPRINT) == 4 * np.unique(seen).size


def test_windows_that_overlap_touch_no_more_than_there_is() -> None:
    image = View(0, 0, (3, 3, 2, 2), (16, 4, 16, 4))
    assert touched(image, BLUEPRINT) == 4 * 16 == 64


def test_indices_and_double_numbers_have_bytes_of_their_own() -> None:
    assert touched(View(0, 0, (3,), (8,), "Double"), BLUEPRINT) == 24
    assert touched(View(0, 0, (3,), (1,), "Byte"), BLUEPRINT) == 3
    assert touched(View(0, 0, (0, 3), (12, 4)), BLUEPRINT) == 0


def call(layer: str, what: str, operations: int = 0) -> CallRow:
    return CallRow("Step", what, "kernel", (layer,), ((2,),), operations)


def test_calls_without_a_counterpart_are_apart() -> None:
    a, b, c = call("a", "x"), call("b", "x"), call("a", "x", 1)
    assert apart([a, b, a, c], [a, c, c]) == ([a, b], [c])
    assert apart([a, b], [b, a]) == ([], [])
