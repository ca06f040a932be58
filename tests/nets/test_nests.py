"""NetNestOperator: many iterations are a loop, and give what they give one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import filled
from wlnet import NetPort, NetPortGradient
from wlnet.engine.program import Program
from wlnet.graph.keys import GradientKey
from wlnet.nets import nest
from wlnet.nets.arrays import arrays_of
from wlnet.plan.compile import forward_blueprint, training_blueprint

MANY = nest.LOOPED
INNER: dict[str, tuple[Any, tuple[int, ...]]] = {
    "numbers": (wl.NetChain([5, "Tanh"]), (5,)),
    "images": (wl.NetChain([wl.ConvolutionLayer(2, 3, padding_size=1), "Tanh"]), (2, 4, 4)),
    "largest of windows": (
        wl.NetChain(
            [
                wl.ConvolutionLayer(2, 3, padding_size=1),
                wl.PoolingLayer(2, padding_size=((0, 1),) * 2),
            ]
        ),
        (2, 4, 4),
    ),
    "a formula": (wl.ElementwiseLayer(lambda x: x - 0.1 * np.sin(x)), (3, 2)),
    "normalized": (wl.NetChain([4, wl.BatchNormalizationLayer(), "Tanh"]), (4,)),
    "a sequence": (wl.NetMapOperator(wl.NetChain([2, "Tanh"])), (3, 2)),
    "a nest": (wl.NetNestOperator(wl.NetChain([3, "Tanh"]), 2), (3,)),
    "many in a nest": (wl.NetNestOperator(wl.NetChain([3, "Tanh"]), MANY), (3,)),
    "a recurrent layer": (wl.GatedRecurrentLayer(3), (4, 3)),
}


def nested(name: str, count: int) -> Any:
    inner, shape = INNER[name]
    return filled(wl.NetChain([wl.NetNestOperator(inner, count), wl.SummationLayer()], input=shape))


def one_by_one(monkeypatch: Any) -> None:
    monkeypatch.setattr(nest, "LOOPED", 10**9)


def slopes(net: Any) -> tuple[Any, dict[Any, Any]]:
    """What comes out for a batch in training, and the gradients by arrays."""
    arrays = {key: np.float64(array) for key, array in arrays_of(net).items()}
    learning = [key for key in arrays if "Moving" not in key[-1]]
    blueprint = training_blueprint(net, 6, {"Output": 1.0}, learning, precision="Real64")
    program = Program(blueprint, arrays, 2)
    x = program.inputs["Input"]
    x[...] = np.random.default_rng(0).normal(size=x.shape)
    for _ in range(2):  # what the first run leaves is nothing to the second
        program.run()
    found = {name: value.copy() for name, value in program.outputs.items()}
    moved = {key: value.copy() for key, value in program.updates.items()}
    gradients = {key: found[GradientKey(key)] for key in learning}
    return found["Output"], {**gradients, **moved}


@pytest.mark.parametrize("name", INNER)
def test_many_iterations_give_what_they_give_one_by_one(name: str, monkeypatch: Any) -> None:
    """To the bit forwards; gradients are added up in another order."""
    net = nested(name, MANY + 3)
    x = np.random.default_rng(1).normal(size=(6, *INNER[name][1]))
    looped, slopes_looped = net(x), slopes(net)
    one_by_one(monkeypatch)
    apart, slopes_apart = nested(name, MANY + 3)(x), slopes(net)
    assert looped.tobytes() == apart.tobytes()
    assert slopes_looped[0].tobytes() == slopes_apart[0].tobytes()
    assert slopes_looped[1].keys() == slopes_apart[1].keys()
    for key, value in slopes_apart[1].items():
        size = max(np.abs(value).max(), 1e-5)
        np.testing.assert_allclose(slopes_looped[1][key], value, rtol=0, atol=1e-10 * size)


@pytest.mark.parametrize("name", INNER)
def test_however_many_are_planned_alike(name: str) -> None:
    some, more = (nested(name, count) for count in (MANY, 50 * MANY))
    keys = [key for key in arrays_of(some) if "Moving" not in key[-1]]
    for plan in (
        lambda net: forward_blueprint(net, 4),
        lambda net: training_blueprint(net, 4, {"Output": 1.0}, keys, without=("chains",)),
    ):
        few, many = map(plan, (some, more))
        assert [step.what for step in few.steps] == [step.what for step in many.steps]
    # Who only evaluates keeps no iteration but the last one.
    few, many = (forward_blueprint(net, 4).arena_bytes for net in (some, more))
    assert few == many


def test_what_lies_inside_is_that_of_the_last_iteration() -> None:
    net = wl.NetNestOperator(wl.ConstantTimesLayer(scaling=[1.01]), MANY, input=1)
    before = 1.01 ** (MANY - 1)
    inside = net([1.0], [NetPort("Net", "Output"), NetPortGradient("Net", "Input")])
    assert [float(value[0]) for value in inside.values()] == pytest.approx([1.01 * before, 1.01])
    by_array = net([1.0], NetPortGradient("Net", "Scaling"))
    assert float(by_array[0]) == pytest.approx(MANY * before, rel=1e-5)
    assert float(net([1.0], NetPortGradient("Input"))[0]) == pytest.approx(1.01 * before)


def test_each_of_many_iterations_draws_for_itself() -> None:
    noisy = wl.NetGraph(
        {"noise": wl.RandomArrayLayer(output=1), "sum": wl.TotalLayer()},
        [(NetPort("Input"), "sum"), ("noise", "sum")], input=1,
    )  # fmt: skip
    nested = wl.NetNestOperator(noisy, MANY)
    sums = nested(np.zeros((500, 1)), random_seeding=1)
    # The same number many times over would vary by the square of that.
    assert 0.5 < np.var(sums) / (MANY * np.var(noisy(np.zeros((500, 1)), random_seeding=2))) < 2


def test_indices_go_through_one_by_one() -> None:
    net = wl.NetNestOperator(wl.SequenceReverseLayer(), MANY + 1, input=(3, "Integer"))
    assert net([1, 2, 3]).tolist() == [3, 2, 1]


def test_it_trains_and_is_frozen_as_any_other() -> None:
    net = wl.NetChain({"many": wl.NetNestOperator([3, "Tanh"], MANY), "head": 1}, input=3)
    net = wl.net_initialize(net, random_seeding=1)
    x = np.random.default_rng(0).normal(size=(32, 3))
    data = (x, x.sum(1, keepdims=True))
    options: Any = {"max_training_rounds": 3, "training_progress_reporting": None}
    trained = wl.net_train(net, data, **options)
    assert (trained["many", "Net", 1, "Weights"] != net["many", "Net", 1, "Weights"]).any()
    frozen = wl.net_train(net, data, learning_rate_multipliers={"many": None}, **options)
    assert (frozen["many", "Net", 1, "Weights"] == net["many", "Net", 1, "Weights"]).all()
    assert (frozen["head", "Weights"] != net["head", "Weights"]).any()
