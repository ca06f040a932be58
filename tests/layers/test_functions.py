"""Functions of arrays as layers: what NumPy gives, and what cannot be written down."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.bench import Run
from wlnet.graph.array_formula import ArrayFormula
from wlnet.layers import FunctionLayer
from wlnet.lowering.lower import lower
from wlnet.plot.diagrams.words import facts

FUNCTIONS: list[tuple[Any, tuple[int, ...]]] = [
    (lambda x: (x - x.mean(axis=0)) / (x.std(axis=0) + 0.1), (4, 3)),
    (lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))), (5,)),
    (lambda x: np.where(x > x.mean(), np.log1p(np.abs(x)), -x), (3, 2)),
    (lambda x: np.select([x < -1, x > 1], [x * x, np.sqrt(np.abs(x))], np.sin(x)), (6,)),
    (lambda x: x @ x.T + np.outer(x[:, 0], x[:, 1]), (3, 2)),
    (lambda x: np.einsum("ij,kj->ik", x, x) - np.einsum("ij,ij", x, x), (3, 2)),
    (lambda x: np.einsum("ijk,ik,jl->lj", x, x[:, 0], x[0]), (2, 3, 3)),
    (lambda x: x[1:, ::-1] * x[:-1, 0:1] + x[..., -1:, :].mean(), (4, 3)),
    (lambda x: np.concatenate([x, x[:1]], axis=0)[::2].reshape(-1), (4, 3)),
    (lambda x: np.stack([x, -x, x * 2], axis=-1).swapaxes(0, 1), (2, 3)),
    (lambda x: np.moveaxis(np.transpose(x, (2, 0, 1)), 0, 2) - x, (2, 3, 4)),
    (lambda x: np.expand_dims(x, (0, -1)).squeeze() + np.squeeze(x[None]), (3, 2)),
    (lambda x: x.reshape(x.shape[0] * 2, -1).max(axis=-1, keepdims=True), (2, 6)),
    (lambda x: np.sort(x, axis=0)[np.argmax(x[:, 0])] + np.median(x), (5, 2)),
    (lambda x: np.take_along_axis(x, np.argsort(x[:, ::-1], axis=1), axis=1), (3, 4)),
    (lambda x: x[np.argsort(x[:, 0])] + x[[2, 0, 1]], (3, 2)),
    (lambda x: np.take(x, [1, 0], axis=1) * np.flip(x, 1)[:, :2], (2, 3)),
    (lambda x: (x > 0).sum(axis=0) + np.any(x > 1, axis=0) * np.all(x > -2, axis=0), (3, 2)),
    (lambda x: np.where(~np.any(x > 1, axis=0), x, 2 * x), (3, 2)),
    (lambda x: np.count_nonzero(x > 0) + (~(x > 0.5)).mean() * x, (3, 2)),
    (lambda x: np.prod(x, axis=1) + np.min(x, axis=1) - x.var(axis=1, ddof=1), (3, 4)),
    (lambda x: np.linalg.norm(x, axis=-1) + np.linalg.norm(x), (3, 2)),
    (lambda x: np.ptp(x, axis=0) + np.average(x, axis=0, weights=np.array([1, 2, 0.5])), (3, 2)),
    (lambda x: np.split(x, [1, 3], axis=1)[1] * 2, (2, 4)),
    (lambda x: np.tile(x, (2, 1)) + np.zeros_like(x[:1]) + np.full_like(x[:1], 2.5), (2, 3)),
    (lambda x: x * np.array([1.0, 2.0, 3.0]) @ np.eye(3)[:, :2] + [0.5, -0.5], (2, 3)),
    (lambda x: np.add.reduce(x) + np.maximum.reduce(x, axis=1, keepdims=True), (2, 2)),
    (lambda x: np.dot(x, np.dot(x, 2)) + np.inner(x, x), (4,)),
    (lambda x: np.clip(x, x.min() / 2, None) + np.maximum(x, x[0]) + np.round(x), (3, 2)),
    (lambda x: np.logaddexp(x[:, :1], x) - np.log(1 + np.exp(x)), (2, 3)),
    (lambda x: x, (3,)),
    (lambda x: x[()] * 2 + np.array(1), ()),
]  # fmt: skip
ASKING: list[tuple[Any, tuple[int, ...]]] = [
    (lambda x: np.broadcast_to(x, (2, *x.shape)).sum(axis=(0, 2)), (3, 2)),
    (lambda x: x / x.shape[0] + np.sqrt(x.size) + x.ndim + len(x), (3, 2)),
    (lambda x: np.tril(x) + np.triu(x, 1) + np.diff(x, axis=0)[:1] + np.roll(x, 1, 1), (3, 3)),
    (lambda x: sum(row * i for i, row in enumerate(x)), (3, 2)),
    (lambda x: np.repeat(x, 2, axis=1) + np.split(np.repeat(x, 4), 2)[0].reshape(2, 4), (2, 2)),
    (lambda x: np.pad(x, ((1, 0), (2, 1))) - np.pad(x, 1, constant_values=3)[1:, 0:1], (2, 3)),
    (lambda x: np.cumsum(x, axis=0) + np.cumsum(x)[-1] + np.trace(x) * np.diagonal(x), (3, 3)),
]  # fmt: skip
"""Functions that ask for more than a layer knows before its input is told."""


@pytest.mark.parametrize(("function", "shape"), [*FUNCTIONS, *ASKING])
@pytest.mark.parametrize("told", [True, False])
def test_a_layer_gives_what_its_function_gives_for_numpy_arrays(
    function: Any, shape: Any, told: bool
) -> None:
    """Also for a batch, and where the shape is told only when the layer is used."""
    if not told and (function, shape) in ASKING:
        with pytest.raises(wl.OptionError, match="is not known when the function is written down"):
            FunctionLayer(function)
        return
    batch = np.random.default_rng(0).normal(size=(4, *shape))
    expected = np.array([function(x) for x in batch])
    layer = FunctionLayer(function, input=shape if told else wl.AUTOMATIC)
    net = wl.NetChain([layer], input=shape)
    assert wl.information(net, "OutputPorts")["Output"] == expected.shape[1:]
    made = net(batch, working_precision="Real64")
    np.testing.assert_allclose(made, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(net(batch[0]), expected[0], rtol=1e-4, atol=1e-5)
    numpy_made = layer.function.evaluate({"Input": batch[1]})["Output"]
    np.testing.assert_allclose(numpy_made, expected[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("function", "shape"), [*FUNCTIONS, *ASKING])
def test_the_derivative_of_a_function_is_its_slope(function: Any, shape: Any) -> None:
    net = FunctionLayer(function, input=shape)
    run = Run(net, {"Input": np.random.default_rng(0).normal(size=(2, *shape))}).run()
    way = np.random.default_rng(1).normal(size=run.data["Input"].shape)
    derivative, here = np.sum(run.derivatives["Input"] * way), run.data["Input"].copy()
    run.data["Input"] = here + 1e-6 * way
    ahead = run.run().total
    run.data["Input"] = here - 1e-6 * way
    assert (ahead - run.run().total) / 2e-6 == pytest.approx(derivative, rel=1e-5, abs=1e-6)


# Random expressions

BINARY = [np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.logaddexp]
UNARY = [np.tanh, np.sin, np.exp, np.negative, np.square, np.abs]
FOLDS = [np.sum, np.mean, np.max, np.min, np.median, np.std]


@st.composite
def programs(draw: Any) -> Any:
    """A function of two arrays: a list of steps, each of which uses what came before."""
    steps = draw(
        st.lists(st.tuples(st.integers(0, 7), *[st.integers(0, 99)] * 4), min_size=1, max_size=8)
    )

    def function(a: Any, b: Any) -> Any:
        made = [a, b]
        for kind, i, j, k, axis in steps:
            x, y = made[i % len(made)], made[j % len(made)]
            rank = len(np.shape(x))
            if kind == 0:
                new = BINARY[k % len(BINARY)](x, np.mean(y))
            elif kind == 1:
                new = np.tanh(UNARY[k % len(UNARY)](x))
            elif kind == 2:
                new = FOLDS[k % len(FOLDS)](x, axis=axis % rank if rank and axis % 3 else None)
            elif kind == 3:
                new = np.where(x > np.mean(y), x * 0.5, np.sin(x) + np.max(y))
            elif kind == 4:
                new = x[..., ::-1] if rank else x * 2
            elif kind == 5:
                new = np.transpose(x) if k % 2 else np.reshape(x, (-1,))
            elif kind == 6:
                new = x @ np.swapaxes(x, 0, 1) if rank == 2 else np.sort(x) if rank else x + 1
            else:
                new = np.concatenate([x, x]) if rank else x - np.min(y)
            made.append(new)
        return made[-1] + 0 * np.sum(a) + 0 * np.sum(b)

    return function


@settings(max_examples=80)
@given(function=programs(), seed=st.integers(0, 99))
def test_random_functions_give_what_numpy_gives_and_have_their_slopes(
    function: Any, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    data = {"A": rng.normal(size=(2, 3, 2)), "B": rng.normal(size=(2, 4))}
    layer = FunctionLayer(function, a=(3, 2), b=4)
    expected = np.array([function(a, b) for a, b in zip(*data.values(), strict=True)])
    made = layer(data, working_precision="Real64")
    np.testing.assert_allclose(made, expected, rtol=1e-10, atol=1e-10)
    run = Run(layer, data).run()
    derivatives, here = run.derivatives, data["A"].copy()
    way = rng.normal(size=here.shape)
    slope = np.sum(derivatives["A"] * way)
    values = []
    for step in (2e-6, 1e-6, -1e-6, -2e-6):
        run.data["A"] = here + step * way
        values.append(run.run().total)
    near, far = (values[1] - values[2]) / 2e-6, (values[0] - values[3]) / 4e-6
    if abs(near - far) < 1e-3 * (1 + abs(near)):  # elsewhere a kink lies between
        assert slope == pytest.approx(near, rel=1e-3, abs=1e-3)


@settings(max_examples=30)
@given(function=programs())
def test_every_function_survives_files_pickle_and_repr(function: Any) -> None:
    layer = FunctionLayer(function, a=(3, 2), b=4)
    formula = layer.function
    record = json.loads(json.dumps(formula.to_record()))
    assert ArrayFormula.from_record(record) == formula
    assert eval(repr(layer), dict(vars(wl))) == layer
    copied = pickle.loads(pickle.dumps(layer))
    assert copied == layer
    assert copied({"A": np.ones((3, 2)), "B": np.ones(4)}).shape == np.shape(
        function(np.ones((3, 2)), np.ones(4))
    )


# Ports


def test_arguments_are_ports_and_keys_of_a_dict_are_outputs(tmp_path: Any) -> None:
    def halves(left_side: Any, right: Any, factor: Any = 2.0) -> Any:
        return {"Sum": (left_side + right) * factor, "Largest": np.max(right)}

    layer = FunctionLayer(halves, left_side=3, ports={"Right": 3})
    assert (layer.input_names, layer.output_names) == (("LeftSide", "Right"), ("Sum", "Largest"))
    assert wl.information(layer, "OutputPorts") == {"Sum": (3,), "Largest": ()}
    wl.save(layer, tmp_path / "halves.wlnet")
    for net in (layer, wl.load(tmp_path / "halves.wlnet")):
        made = net({"LeftSide": [1, 2, 3], "Right": [0, 1, 5]})
        assert made["Sum"].tolist() == [2, 6, 16]
        assert made["Largest"] == 5
    graph = wl.NetGraph(
        {"halves": layer, "sum": wl.SummationLayer()},
        [
            (wl.NetPort("halves", "Sum"), "sum"),
            (wl.NetPort("Input"), wl.NetPort("halves", "Right")),
        ],
    )
    assert graph({"LeftSide": [1, 2, 3], "Input": [0, 1, 5]})["Output"] == 24


def test_a_function_holds_for_any_length() -> None:
    layer = FunctionLayer(lambda x: (x - x.mean(axis=0)) @ np.ones(2) / x.shape[0],
                          input=("Varying", 2))  # fmt: skip
    assert wl.information(layer, "OutputPorts")["Output"] == ("Varying",)
    for length in (1, 3, 8):
        x = np.random.default_rng(length).normal(size=(length, 2))
        expected = (x - x.mean(axis=0)) @ np.ones(2) / length
        np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-6)
    made = layer([[[1, 2], [3, 4]], [[5, 6]]])
    assert [len(each) for each in made] == [2, 1]


def test_ports_of_indices_and_of_truth_values() -> None:
    layer = FunctionLayer(
        lambda table, at, flag: np.where(~flag, table[at - 1] + at[:, None], -1.0),
        table=(4, 2), at=(3, "Integer"), flag=(3, 2, "Boolean"),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    table, at, flag = rng.normal(size=(4, 2)), np.array([4, 1, 1]), rng.random((3, 2)) > 0.5
    made = layer({"Table": table, "At": at, "Flag": flag})
    np.testing.assert_allclose(made, np.where(~flag, table[at - 1] + at[:, None], -1), rtol=1e-6)
    behind = FunctionLayer(lambda table, at: table[at - 3], table=(4, 2), at=(2, "Integer"))
    made = behind({"Table": table, "At": [1, 2]})
    np.testing.assert_allclose(made, table[[-2, -1]], rtol=1e-6)
    chain = wl.NetChain(
        [FunctionLayer(lambda i: i[::-1], input=(3, "Integer")), wl.UnitVectorLayer(3)]
    )
    np.testing.assert_array_equal(chain([1, 2, 3]), np.eye(3)[::-1])


def test_what_goes_element_by_element_tells_its_input_what_its_output_is() -> None:
    chain = wl.NetChain([wl.LinearLayer(), FunctionLayer(lambda x: {"A": np.exp(x), "B": x * x})],
                        input=2, ports={"A": 3})  # fmt: skip
    assert wl.information(chain, "OutputPorts") == {"A": (3,), "B": (3,)}
    assert wl.information(FunctionLayer(lambda x: x + x[0]), "OutputPorts") == {
        "Output": wl.AUTOMATIC
    }


def test_a_diagram_tells_a_short_formula_and_counts_a_long_one() -> None:
    assert facts(FunctionLayer(lambda foo, bar: (foo - bar) @ bar)) == "(Foo - Bar) @ Bar"
    long = FunctionLayer(lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))))
    assert facts(long) == "5 operations"


@pytest.mark.parametrize(
    "function", [np.std, np.linalg.norm, lambda x: np.std(x, ddof=1), lambda x: np.max(np.abs(x))]
)
def test_where_there_is_no_slope_none_is_taken(function: Any) -> None:
    layer = FunctionLayer(lambda x: function(x), input=3)
    assert layer([0, 0, 0]) == 0
    assert layer([0, 0, 0], wl.NetPortGradient("Input")).tolist() == [0, 0, 0]
    lost = FunctionLayer(lambda x: function(np.log(x)), input=3)
    assert np.isnan(lost([-1, 1, 1]))


def test_figures_are_kept_as_in_formulas_of_numbers() -> None:
    layer = FunctionLayer(
        lambda x: {
            "Soft": np.log(1 + np.exp(x - x[0])),
            "Logistic": 1 / (1 + np.exp(-(x + x[0]))),
            "Small": np.exp(x * x[0]) - 1,
        },
        input=2,
    )
    made = layer([-500, 500], working_precision="Real64")
    assert made["Soft"].tolist() == [np.log(2), 1000]
    assert made["Logistic"].tolist() == [0, 0.5]
    assert layer([1e-9, 1], working_precision="Real64")["Small"].tolist() == [1e-18, 1e-9 + 5e-19]


def test_examples_of_a_batch_do_not_meet_where_constants_do() -> None:
    layer = FunctionLayer(
        lambda x: {"Same": np.zeros_like(x) + 2, "Sizes": x * 0 + x.size}, input=3
    )
    made = layer(np.ones((5, 3)))
    assert made["Same"].tolist() == np.full((5, 3), 2).tolist()
    assert made["Sizes"].tolist() == np.full((5, 3), 3).tolist()
    only = FunctionLayer(lambda x: np.zeros_like(x) + x.shape[0], input=2)
    assert only([[5, 6], [7, 8]]).tolist() == [[2, 2], [2, 2]]
    assert lower(only, 5).outputs["Output"].shape == (5, 2)


def test_layers_of_one_function_are_equal_and_sizes_that_are_told_make_another() -> None:
    one, two = (FunctionLayer(f) for f in (lambda x: x * x[0], lambda z: z * z[0]))
    assert one == two
    assert hash(one) == hash(two)
    assert one != FunctionLayer(lambda x: x * x[1])
    with pytest.raises(AttributeError):
        one.function.rows = ()


# Nets inside


def test_nets_that_a_function_calls_become_parts_with_arrays() -> None:
    dense, score = wl.LinearLayer(3), wl.LinearLayer(())

    def function(x: Any) -> Any:
        hidden = np.tanh(dense(x)) * 2
        return score(hidden) + np.sum(hidden)

    net = wl.net_initialize(FunctionLayer(function, input=2))
    assert set(net.nodes) == {"dense", "score", "Function1", "Function2"}
    x = np.float32([0.3, -0.7])
    hidden = np.tanh(net["dense"](x)) * 2
    np.testing.assert_allclose(net(x), net["score"](hidden) + hidden.sum(), rtol=1e-5)
    rates = wl.information(
        wl.net_replace_part(net, {("dense", "LearningRateMultipliers"): 0}),
        "ArraysLearningRateMultipliers",
    )
    assert rates["dense", "Weights"] == 0
    data = np.random.default_rng(0).normal(size=(40, 2))
    new = wl.net_train(net, (data, data.sum(axis=1)), max_training_rounds=300, learning_rate=0.02,
                       learning_rate_multipliers={"score": None})  # fmt: skip
    assert np.mean((new(data) - data.sum(axis=1)) ** 2) < 0.05
    assert (new["score", "Weights"] == net["score", "Weights"]).all()


def test_sequences_of_several_lengths_are_trained_through_functions() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(int(n), 2)) for n in rng.integers(1, 6, 60)]
    means = np.array([row.mean() for row in rows])
    ends = FunctionLayer(lambda x: np.concatenate([np.mean(x, axis=0), np.max(x, axis=0), x[-1]]))
    net = wl.NetChain([ends, 8, "Tanh", wl.LinearLayer(())], input=("Varying", 2))
    trained = wl.net_train(net, (rows, means), max_training_rounds=60, learning_rate=0.02)
    assert np.mean((np.array(trained(rows)) - means) ** 2) < 0.02 * np.var(means)


def test_a_loss_may_be_a_function() -> None:
    loss = FunctionLayer(lambda input, target: np.mean(np.abs(input - target) ** 1.5))
    x = np.random.default_rng(0).normal(size=(40, 2))
    net, options = wl.NetChain([2], input=2), {"max_training_rounds": 200, "learning_rate": 0.02}
    trained = wl.net_train(net, (x, x[:, ::-1]), loss_function=loss, **options)
    np.testing.assert_allclose(trained[1, "Weights"], [[0, 1], [1, 0]], atol=0.05)


def test_a_net_that_is_called_twice_has_the_same_arrays_in_both_places() -> None:
    layer = wl.LinearLayer(2)
    net = wl.net_initialize(FunctionLayer(lambda x: layer(np.tanh(layer(x))), input=2))
    assert len(wl.information(net, "Arrays")) == 2
    two = [wl.LinearLayer(2), wl.LinearLayer(2)]
    net = wl.net_initialize(FunctionLayer(lambda x: two[1](np.tanh(two[0](x))), input=2))
    assert len(wl.information(net, "Arrays")) == 4


def test_nets_of_several_ports_and_sources_are_called_too(tmp_path: Any) -> None:
    bias, join = wl.NetArrayLayer(output=2), wl.CatenateLayer()

    def function(x: Any) -> Any:
        longest = join([x, bias()])
        order = wl.OrderingLayer()(longest)
        return {"Sorted": wl.ExtractLayer()({"Input": longest, "Position": order[:, None]}),
                "Loss": wl.MeanSquaredLossLayer()({"Input": x, "Target": bias()})}  # fmt: skip

    net = wl.net_initialize(FunctionLayer(function, input=2))
    (shared,) = wl.information(net, "Arrays")
    assert shared.name.startswith("bias(")
    net = wl.net_replace_part(net, {shared: [0.5, -2]})
    wl.save(net, tmp_path / "net.wlnet")
    for each in (net, wl.load(tmp_path / "net.wlnet")):
        made = each([3, 1])
        assert made["Sorted"].tolist() == [-2, 0.5, 1, 3]
        assert made["Loss"] == (2.5**2 + 3**2) / 2


# What cannot be written down


def branching(x: Any) -> Any:
    if x.mean() > 0:
        return x
    return -x


def writing(x: Any) -> Any:
    x[x < 0] = 0
    return x


def adding(x: Any) -> Any:
    x += 1
    return x


@pytest.mark.parametrize(
    ("function", "options", "said"),
    [
        (branching, {}, ": if x.mean() > 0:"),
        (branching, {}, "np.where(x > 0, x, 0) in place of x if x > 0 else 0"),
        (writing, {}, "np.where(x < 0, 0, x) in place of x[x < 0] = 0"),
        (adding, {}, "x = x + 1 in place of x += 1"),
        (lambda x: float(x.sum()) * x, {}, "takes a number"),
        (lambda x: x if x.shape[0] > 3 else -x, {}, "say it at the port"),
        (lambda x: [x[i] for i in range(x.shape[0])], {}, "say it at the port"),
        (lambda x: np.array([x, x]), {"input": 3}, "np.stack([a, b])"),
        (lambda x: (x, x), {}, 'np.stack([a, b]) makes one array, {"A": a, "B": b}'),
        (lambda x: {"out": x}, {}, 'names of ports such as "Mean"'),
        (lambda x, y: x, {}, "does not depend on Y"),
        (lambda x: 3.0, {}, "does not depend on its arguments"),
        (lambda *xs: xs[0], {}, "lambda a, b: function(a, b)"),
        (max, {}, "lambda a, b: function(a, b)"),
        (lambda x: np.fft.fft(x), {}, "np.fft"),
        (lambda x: np.cumprod(x), {}, "np.cumprod"),
        (lambda x: np.cumsum(x), {}, "say it at the port"),
        (lambda x: np.split(x, 2), {"input": 3}, "into 2 equal parts"),
        (lambda x: x[x > 0], {}, "np.where(mask, x, 0) keeps the shape"),
        (lambda x: x[1.5], {}, "whole numbers"),
        (lambda x: np.where(x > 0, x, -np.inf), {}, "for a mask, -1e9"),
        (lambda x: x * wl.NetSharedArray("w"), {}, "NetArrayLayer(array=NetSharedArray('w'))()"),
        (lambda x: x * np.ones(20_000), {}, "NetArrayLayer(array=...)()"),
        (lambda x: x @ np.ones((4, 2)), {"input": (2, 3)}, "(2, 3) @ (4, 2)"),
        (lambda x: x + np.ones(4), {"input": 3}, "cannot be repeated to one shape"),
        (lambda x: x[5], {"input": 3}, "there is no entry 5 of 3"),
        (lambda x: x[3:], {"input": 3}, "takes nothing of 3 entries"),
        (lambda x: np.sum(x, axis=2), {"input": (3, 3)}, "there is no axis 2"),
        (lambda x: x.reshape(4, -1), {"input": 6}, "cannot be divided"),
        (lambda x: np.concatenate([x, x[0]]), {"input": (2, 3)}, "arrays of equal rank"),
        (lambda x: np.sum(x, where=x > 0), {}, "np.sum with where"),
        (lambda x: wl.LinearLayer(2)(x), {"input": 3, "inptu": 3}, "did you mean 'input'"),
        (lambda x: wl.LinearLayer(2, input=4)(x), {"input": 3}, "LinearLayer"),
        (lambda x: wl.DotLayer()({"1": x, "3": x}), {}, "a value for each of its inputs"),
        (lambda x: wl.LinearLayer(2)(x, None), {}, "and nothing else"),
    ],
)
def test_what_cannot_be_written_down_says_where_why_and_what_to_write(
    function: Any, options: Any, said: str
) -> None:
    with pytest.raises(wl.WlnetError) as caught:
        FunctionLayer(function, **options)
    assert said in str(caught.value)


WRONG_ROWS: list[tuple[Any, str]] = [
    ((("Exp", "#2"),), "earlier rows"), ((("Exp", "#1", "#1"),), "does not take 2"),
    ((("If", "#1", 1.0, 2.0),), "of conditions"), ((("Eval", None, "#1"),), "a function of"),
    ((("Aggregate", ("Sum", None, False), "#1"),), "a function of Mean"),
    ((("Part", (("slice", 0, 1, 0),), "#1"),), "a slice"),
    ((("Take", (0, 0), "#1", "#1"),), "Take of Integer"),
    ((("Number", None, "#1"),), "Number of Integer"),
    ((("Reshape", (None,), "#1"),), "does not take 1"),
    ((("Einsum", "ii->i", "#1"),), "each once"), ((("Constant", ((2,), (1.0,))),), "as many"),
    ((("Exp", float("nan")),), "finite"), ((("Broadcast", (0,), "#1"),), "positive sizes"),
    ((("Join", 1.5, "#1"),), "an axis"), ((("Dot", None, "#1"),), "does not take 1"),
    (((),), "begins with a name"), ("Exp", "rows"), (3, "rows"), (((3,),), "begins with a name"),
    ((("Size", (0,), 2.0),), "Size of an array"), ((("Sin", "#1"),) * 5000, "at most 4000"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "said"), WRONG_ROWS)
def test_rows_that_are_none_are_refused(rows: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ArrayFormula((("Input", "Real"),), rows, (("Output", "#2"),))


def test_shapes_that_do_not_fit_are_told_where_the_layer_stands() -> None:
    layer = FunctionLayer(lambda x: x @ np.ones((3, 2)))
    with pytest.raises(wl.ShapeError, match=r"\(4,\) @ \(3, 2\)"):
        wl.NetChain([layer], input=4)
    with pytest.raises(wl.ShapeError, match=r"1 FunctionLayer.*Input \(4,\)|\(4,\)"):
        wl.NetChain([4, layer], input=2)
