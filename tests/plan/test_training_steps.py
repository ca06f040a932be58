"""A whole step of training in one program: the gradients and the update that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import draws
from wlnet import NetChain, NetGraph, NetPort
from wlnet.core.net import same
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.packed import packed, unpacked
from wlnet.engine.program import Program
from wlnet.graph.keys import GradientKey, StateKey
from wlnet.kernels.jit.target import lanes_of
from wlnet.kernels.language import Precision
from wlnet.methods.method import METHODS, as_method
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.plan.calls.emitter import Learner
from wlnet.plan.compile import Steps, step_blueprint, training_blueprint
from wlnet.plan.stages import SWITCHES

pytestmark = pytest.mark.usefixtures("chains_of_few_numbers")

EXAMPLES, BATCH, LARGE, STEPS, SEED = 11, 5, 16, 3, 4
RATE = 0.02
ORDER = np.random.default_rng(8).integers(0, EXAMPLES, LARGE * STEPS)
"""The examples of each step; some come twice, some never."""


def with_loss(net: Any) -> Any:
    """The net, judged by its probabilities for an index."""
    return NetGraph(
        {"net": net, "loss": wl.CrossEntropyLossLayer("Index")},
        [
            ("net", NetPort("loss", "Input")),
            (NetPort("Target"), NetPort("loss", "Target")),
            ("loss", NetPort("Loss")),
        ],
    )


def perceptron() -> Any:
    return with_loss(NetChain([5, "Ramp", 7, "Tanh", 3, wl.SoftmaxLayer()], input=4))


def images() -> Any:
    layers = [
        wl.ConvolutionLayer(3, 3), wl.BatchNormalizationLayer(), "Ramp", wl.PoolingLayer(2, 2),
        wl.ConvolutionLayer(2, 2), "Ramp", wl.FlattenLayer(), 3, wl.SoftmaxLayer(),
    ]  # fmt: skip
    return with_loss(NetChain(layers, input=(2, 8, 8)))


def pooled() -> Any:
    layers = [wl.ConvolutionLayer(4, 3), "Ramp", wl.PoolingLayer(2, 2), 3, wl.SoftmaxLayer()]
    return with_loss(NetChain(layers, input=(1, 8, 8)))


def shared() -> Any:
    weights, biases = wl.NetSharedArray("w"), wl.NetSharedArray("b")
    twice = [wl.LinearLayer(4, weights=weights, biases=biases), "Tanh"] * 2
    return with_loss(NetChain([*twice, 3, wl.SoftmaxLayer()], input=4))


def dropped() -> Any:
    layers = [6, "Ramp", wl.DropoutLayer(0.4), wl.BatchNormalizationLayer(), 3, wl.SoftmaxLayer()]
    return with_loss(NetChain(layers, input=4))


def frozen() -> Any:
    """A product that never changes, before a bias that does; and one wide enough to be packed."""
    layers = [wl.LinearLayer(5, biases=None), wl.ConstantPlusLayer(), "Ramp", 16, "Tanh", 3]
    return with_loss(NetChain([*layers, wl.SoftmaxLayer()], input=4))


def deep() -> Any:
    """Pooling whose places nobody asks for, channels enough for fast convolution, and a mean over
    all of an image."""
    layers = [wl.PoolingLayer(3, 1), wl.ConvolutionLayer(16, 3, padding_size=1), "Ramp",
              wl.PoolingLayer(8, 8, "Mean"), wl.FlattenLayer(), 3, wl.SoftmaxLayer()]  # fmt: skip
    return with_loss(NetChain(layers, input=(16, 10, 10)))


FROZEN = {"frozen": [("net", 1, "Weights")]}
"""The arrays of a net that never change."""


def recurrent() -> Any:
    """A loop of calls."""
    layers = [wl.BasicRecurrentLayer(3), wl.FlattenLayer(), 3, wl.SoftmaxLayer()]
    return with_loss(NetChain(layers, input=(4, 5)))


def gated() -> Any:
    layers = [wl.GatedRecurrentLayer(9), wl.FlattenLayer(), 3, wl.SoftmaxLayer()]
    return with_loss(NetChain(layers, input=(4, 5)))


def remembering() -> Any:
    layers = [wl.LongShortTermMemoryLayer(9), wl.FlattenLayer(), 3, wl.SoftmaxLayer()]
    return with_loss(NetChain(layers, input=(4, 5)))


def attending() -> Any:
    """Two heads: of a batch enough pairs of a head and an example for one call. A bias of keys
    would change nothing."""
    sides = ("Key", "Value", "Query")
    attend = wl.AttentionLayer("Dot", multi_head=True, score_rescaling="DimensionSqrt")
    nodes = {
        **{side: wl.NetMapOperator(wl.LinearLayer((2, 3), biases=None)) for side in sides},
        "attend": attend,
        "read": NetChain([wl.FlattenLayer(), 3, wl.SoftmaxLayer()]),
    }
    edges: list[Any] = [(side, NetPort("attend", side)) for side in sides]
    return with_loss(NetGraph(nodes, [*edges, ("attend", "read")], input=(6, 4)))


def weighing() -> Any:
    """What a sequence says, weighed as each of its elements says: products and a softmax."""
    nodes = {
        "asked": wl.NetMapOperator(3),
        "said": wl.NetMapOperator(3),
        "turned": wl.TransposeLayer(),
        "scores": wl.DotLayer(),
        "weights": wl.SoftmaxLayer(),
        "weighed": wl.DotLayer(),
        "read": NetChain([wl.FlattenLayer(), 3, wl.SoftmaxLayer()]),
    }
    edges: list[Any] = [
        ("said", "turned"), (["asked", "turned"], "scores", "weights"),
        (["weights", "said"], "weighed", "read"),
    ]  # fmt: skip
    return with_loss(NetGraph(nodes, edges, input=(6, 4)))


NETS = {
    each.__name__: each
    for each in (
        perceptron, images, pooled, shared, dropped, frozen, deep, recurrent, gated, remembering,
        attending, weighing,
    )
}  # fmt: skip
every_net = pytest.mark.parametrize("net", NETS)
every_method = pytest.mark.parametrize("method", [*METHODS, "SGD without momentum"])
both_precisions = pytest.mark.parametrize("precision", ["Real64", "Real32"])


def method_of(name: str) -> Any:
    if name == "SGD without momentum":
        return as_method(("SGD", {"Momentum": None}))
    return as_method(name)


def drawn(net: Any) -> Any:
    """The net with random numbers in all arrays, none of them the usual first ones."""
    rng, numbers = np.random.default_rng(3), {}
    for key, array in arrays_of(wl.net_initialize(net)).items():
        x = rng.normal(size=array.shape).astype(np.float32)
        numbers[key] = 0.5 + np.abs(x) if "Variance" in str(key) else x
    return replace_arrays(net, numbers)


def is_noise(key: Any) -> bool:
    """A bias in front of a normalization: its gradient is 0 but for rounding."""
    return bool(key == ("net", 1, "Biases"))


@dataclass
class Training:
    """Some steps of a net by one method."""

    net: str
    method: str
    precision: Precision
    batch: int = BATCH

    def __post_init__(self) -> None:
        self.model = drawn(NETS[self.net]())
        self.dtype = DTYPES[self.precision]
        self.rule = method_of(self.method)
        arrays = arrays_of(self.model)
        self.statistics = [key for key in arrays if "Moving" in str(key)]
        self.frozen = FROZEN.get(self.net, [])
        noisy = self.net == "images"
        self.learning = [
            key
            for key in arrays
            if key not in (*self.statistics, *self.frozen) and not (noisy and is_noise(key))
        ]
        self.resting = self.learning[0]
        self.data = draws(self.model, EXAMPLES, 5, -1.0, 1.0)
        # One array is held by a penalty and both clips.
        self.limits = dict.fromkeys(self.learning, (0.0, None, None))
        self.limits[self.learning[-1]] = 0.01, 0.05, 2.0

    def moves(self, key: Any, step: int) -> bool:
        return not (key == self.resting or key in self.statistics) or step != 1

    def arrays(self, packs: Any = ()) -> dict[Any, Any]:
        copies = {key: np.array(x, self.dtype) for key, x in arrays_of(self.model).items()}
        return {
            key: packed(x, lanes_of(self.precision)) if key in packs else x
            for key, x in copies.items()
        }

    def plain(self, arrays: dict[Any, Any], packs: Any) -> dict[Any, Any]:
        return {
            key: unpacked(arrays[key], len(x)) if key in packs else arrays[key]
            for key, x in arrays_of(self.model).items()
        }

    def apart(self) -> tuple[dict[Any, Any], list[Any]]:
        """The arrays, and the losses: by gradients, and then by the method's own steps."""
        arrays = self.arrays()
        blueprint = training_blueprint(
            self.model, self.batch, {"Loss": 1.0}, self.learning, precision=self.precision
        )
        program = Program(blueprint, arrays)
        states = {k: self.rule.start(arrays[k].size, self.dtype) for k in self.learning}
        counts, losses = dict.fromkeys(self.learning, 0), []
        for step in range(STEPS):
            rows = ORDER[step * self.batch : (step + 1) * self.batch]
            for name, value in program.inputs.items():
                value[...] = self.data[name][rows]
            program.run(seed=SEED, step=step)
            losses.append(program.outputs["Loss"].copy())
            for key in self.learning:
                if self.moves(key, step):
                    counts[key] += 1
                    gradient = program.outputs[GradientKey(key)].reshape(-1)
                    flat, state = arrays[key].reshape(-1), states[key]
                    self.rule.step(flat, gradient, state, counts[key], RATE, *self.limits[key])
            for key in self.statistics:
                if self.moves(key, step):
                    arrays[key][...] = program.updates[key]
        return arrays, losses

    def steps(self, without: Any = ()) -> Steps:
        """The program of whole steps."""
        learners = {
            key: Learner(self.rule.kernel, self.rule.state_arrays, self.rule.fields(*limits))
            for key, limits in self.limits.items()
        }
        return step_blueprint(
            self.model, self.batch, {"Loss": 1.0}, learners, precision=self.precision,
            constants=self.frozen, without=without,
        )  # fmt: skip

    def together(
        self, without: Any = (), workers: int = 1, runs: int = 1
    ) -> tuple[dict[Any, Any], list[Any]]:
        """The same by the program of whole steps. runs: in how many runs the steps are done."""
        blueprint = self.steps(without).step
        arrays = self.arrays(blueprint.packed)
        states = {
            StateKey(key, i): np.zeros(arrays[key].size, self.dtype)
            for key in self.learning
            for i in range(self.rule.state_arrays)
        }
        program = Program(blueprint, {**arrays, **states}, workers)
        columns = {
            name: np.ascontiguousarray(x, np.int32 if x.dtype.kind == "i" else self.dtype)
            for name, x in self.data.items()
        }
        for name, column in columns.items():
            program.set(("column", name), column.ctypes.data)
        losses = np.full((STEPS, *blueprint.tables["Loss"].shape), np.nan, self.dtype)
        rates = self.rates()
        assert STEPS % runs == 0 or runs == STEPS
        for first in range(0, STEPS, STEPS // runs):
            program.set("order", ORDER[first * self.batch :].ctypes.data)
            program.set(("table", "Loss"), losses[first:].ctypes.data)
            for key, table in rates.items():
                program.set(("rates", key), table[first:].ctypes.data)
            assert program.run(seed=SEED, step=first, steps=STEPS // runs) == STEPS // runs
            assert not program.bad
        return self.plain(arrays, blueprint.packed), list(losses)

    def rates(self) -> dict[Any, Any]:
        found = {}
        for key in (*self.learning, *self.statistics):
            moves = np.array([self.moves(key, step) for step in range(STEPS)])
            sizes = np.ones(STEPS)
            if key in self.learning:
                sizes = RATE * self.rule.corrections(np.maximum(np.cumsum(moves), 1))
            found[key] = np.where(moves, sizes, np.nan)
        return found


def assert_close(found: Any, expected: Any, tolerance: float) -> None:
    arrays, losses = found
    wanted, judged = expected
    np.testing.assert_allclose(losses, judged, rtol=tolerance, atol=tolerance)
    for key, array in wanted.items():
        size = np.abs(array).max(initial=0.0)
        np.testing.assert_allclose(
            arrays[key], array, rtol=tolerance, atol=tolerance * size, err_msg=str(key)
        )


def tolerance(precision: Precision) -> float:
    return 1e-11 if precision == "Real64" else 2e-4


def unchanged(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> set[Any]:
    return {key for key in before if same(before[key], np.ascontiguousarray(after[key]))}


@both_precisions
@every_method
@every_net
def test_a_step_is_the_gradients_and_then_the_update_of_the_method(
    net: str, method: str, precision: Precision
) -> None:
    training = Training(net, method, precision)
    found = training.together()
    assert_close(found, training.apart(), tolerance(precision))
    moved = {*training.learning, *training.statistics}
    assert not unchanged(training.arrays(), found[0]) & moved, "every array has learnt"
    assert unchanged(training.arrays(), found[0]) == set(found[0]) - moved


@both_precisions
@every_net
def test_one_two_and_four_workers_train_to_the_same_bits(net: str, precision: Precision) -> None:
    training = Training(net, "ADAM", precision)
    first = training.together()
    for workers in (2, 4):
        assert same(training.together(workers=workers), first)


@both_precisions
@every_net
def test_steps_in_one_run_or_in_several_give_the_same_bits(net: str, precision: Precision) -> None:
    training = Training(net, "SGD", precision)
    assert same(training.together(), training.together(runs=STEPS))


# Passes left out

CASES: dict[str, tuple[str, Precision, int]] = {
    **{name: (name, "Real64", BATCH) for name in NETS},
    "one image": ("pooled", "Real32", 1),
    "one deep image": ("deep", "Real32", 1),
    "many sequences": ("recurrent", "Real32", LARGE),
}
"""Net, precision and batch; of windows, those of one image are computed alone. Weights of a loop
are packed where there are many rows."""
WITHOUT = {
    **{name: (name,) for name in SWITCHES},
    "all": SWITCHES,
    "all but lanes": tuple(name for name in SWITCHES if name != "lanes"),
}
ROUNDING = {
    "fuse_cross_entropy", "fuse_bias", "fuse_slope", "fuse_windows", "transform_windows", "lanes",
    "channels", "sum_whole_windows", "rows", "prefix", "all", "all but lanes",
}  # fmt: skip
"""These add up in another way. The others move, join or spare what computes the same numbers, but
in these nets: a softmax of its own rounds otherwise than that of attention, and a sum of more rows
than are added at a time otherwise than an update by it."""
ROUNDING_OF = {"find_weights": {"weighing"}, "fuse_update": {"attending", "weighing"}}


def in_steps(case: str) -> Training:
    net, precision, batch = CASES[case]
    return Training(net, "RMSProp", precision, batch)


@pytest.mark.parametrize("without", WITHOUT)
@pytest.mark.parametrize("case", CASES)
def test_a_pass_left_out_trains_to_the_same_arrays(case: str, without: str) -> None:
    training = in_steps(case)
    found, full = training.together(WITHOUT[without]), training.together()
    assert_close(found, full, tolerance(training.precision))
    may_round = without in ROUNDING or case in ROUNDING_OF.get(without, ())
    assert same(found, full) or may_round


@pytest.mark.parametrize("without", SWITCHES)
def test_a_pass_left_out_makes_another_program_of_some_net(without: str) -> None:
    assert any(training.steps((without,)) != training.steps() for training in map(in_steps, CASES))


@pytest.mark.parametrize("case", CASES)
def test_the_same_net_makes_the_same_program_again(case: str) -> None:
    assert in_steps(case).steps() == in_steps(case).steps()


def test_without_prune_a_step_computes_what_no_loss_asks_for() -> None:
    net = NetGraph(
        {"net": NetChain([5, "Tanh"]), "loss": wl.MeanSquaredLossLayer(), "other": NetChain([6])},
        [
            ("net", NetPort("loss", "Input")),
            ("loss", NetPort("Loss")),
            ("net", "other"),
            ("other", NetPort("Other")),
        ],
        input=4,
    )
    rule = method_of("SGD")
    learners = {
        ("net", 1, "Weights"): Learner(rule.kernel, rule.state_arrays, rule.fields(0.0, None, None))
    }
    pruned, whole = (
        step_blueprint(net, BATCH, {"Loss": 1.0}, learners, without=without).step.steps
        for without in ((), ("prune",))
    )
    assert not [step for step in pruned if step.origin[:1] == ("other",)]
    assert [step.what for step in whole if step.origin[:1] == ("other",)]
    assert len(whole) > len(pruned)


@every_method
def test_an_array_whose_rate_is_no_number_rests_with_all_that_is_kept_of_it(method: str) -> None:
    training = Training("perceptron", method, "Real64")
    key = training.resting
    training.moves = lambda key, step: key != training.resting  # type: ignore[method-assign]
    arrays, _ = training.together()
    assert same(np.ascontiguousarray(arrays[key]), training.arrays()[key])
