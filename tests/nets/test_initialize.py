"""net_initialize: which arrays are drawn, by which rule, from which seed. Semantics §1.7, §11."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet import AUTOMATIC, NetChain, NetGraph, NetSharedArray, OptionError, net_initialize
from wlnet.core.net import same
from wlnet.nets import initialize
from wlnet.nets.initialize import next_functions

WIDE, LONG = 400, 300
"""How large the matrix of a sample is: 120000 draws tell a deviation to within 1 part in 200."""


def arrays(net: Any) -> dict[Any, Any]:
    return wl.information(net, "Arrays")


def drawn(method: Any, *after: Any, out: int = LONG, into: int = WIDE) -> Any:
    """The weights of a linear layer, with these layers behind it."""
    net = net_initialize(NetChain([out, *after], input=into), method=method)
    return np.float64(arrays(net)[1, "Weights"])


def looks_normal(w: Any, deviation: float) -> None:
    assert w.mean() == pytest.approx(0, abs=4 * deviation / math.sqrt(w.size))
    assert w.std() == pytest.approx(deviation, rel=0.01)
    # The share within one deviation, and a tail that no uniform has.
    assert (np.abs(w) < deviation).mean() == pytest.approx(0.6827, abs=0.01)
    assert np.abs(w).max() > 3.5 * deviation


def looks_uniform(w: Any, deviation: float) -> None:
    width = math.sqrt(3) * deviation
    assert w.std() == pytest.approx(deviation, rel=0.01)
    assert np.abs(w).max() <= width * (1 + 1e-6)
    assert np.abs(w).max() > 0.999 * width
    assert (w < -width / 2).mean() == pytest.approx(0.25, abs=0.01)


# Kaiming and Xavier


def test_kaiming_keeps_the_variance_of_what_comes_in() -> None:
    looks_normal(drawn("Kaiming"), math.sqrt(1 / WIDE))
    looks_normal(drawn("Kaiming", "Tanh"), math.sqrt(1 / WIDE))
    looks_normal(drawn("Kaiming", "Ramp"), math.sqrt(2 / WIDE))
    looks_uniform(drawn(("Kaiming", {"Distribution": "Uniform"}), "Ramp"), math.sqrt(2 / WIDE))


def test_kaiming_is_the_default() -> None:
    net = NetChain([3, "Ramp"], input=2)
    assert net_initialize(net) == net_initialize(net, "Kaiming")
    assert net_initialize(net, AUTOMATIC) == net_initialize(net, "Kaiming")


@pytest.mark.parametrize("ramp", ["Ramp", "ReLU", "RectifiedLinearUnit"])
@pytest.mark.parametrize(
    "between",
    [
        [],
        [wl.DropoutLayer()],
        [wl.BatchNormalizationLayer()],
        [wl.DropoutLayer(), wl.BatchNormalizationLayer()],
        [wl.ReshapeLayer((LONG, 1))],
        [wl.FlattenLayer()],
        [wl.ReshapeLayer((LONG, 1)), wl.TransposeLayer(), wl.NormalizationLayer()],
    ],
    ids=str,
)
def test_a_ramp_is_seen_behind_what_lets_numbers_pass(between: Any, ramp: str) -> None:
    looks_normal(drawn("Kaiming", *between, ramp), math.sqrt(2 / WIDE))


def test_a_ramp_is_seen_out_of_and_into_nested_chains_and_along_edges_and_no_further() -> None:
    deep = net_initialize(NetChain([[LONG], ["Ramp", 3]], input=WIDE))
    looks_normal(arrays(deep)[1, 1, "Weights"], math.sqrt(2 / WIDE))
    graph = net_initialize(NetGraph({"a": LONG, "r": "Ramp"}, [("a", "r")], input=WIDE))
    looks_normal(arrays(graph)["a", "Weights"], math.sqrt(2 / WIDE))
    looks_normal(drawn("Kaiming", LONG, "Ramp"), math.sqrt(1 / WIDE))
    looks_normal(drawn("Kaiming", "Tanh", "Ramp"), math.sqrt(1 / WIDE))


BRANCHING = {"a": 9, "r": "Ramp", "s": "Ramp", "t": "Tanh", "d": wl.DropoutLayer()}


def followed(net: Any) -> dict[Any, str]:
    """By what function the layers with weights are followed."""
    found = next_functions(net)
    return {key[:-1]: found[key[:-1]] for key in arrays(net) if key[:-1] in found}


@pytest.mark.parametrize(
    ("net", "found"),
    [
        # A graph in a chain is walked into, neither skipped nor the end.
        (NetChain([9, NetGraph([9, "Tanh"], [(1, 2)]), "Ramp"]), {(2, 1): "Tanh"}),
        (NetChain([9, NetGraph(["Tanh", 9], [(1, 2)]), "Ramp"]), {(1,): "Tanh", (2, 2): "Ramp"}),
        # A chain as a vertex: what counts is its last layer.
        (NetGraph({"c": NetChain(["Tanh", 9]), "r": "Ramp"}, [("c", "r")]), {("c", 2): "Ramp"}),
        (NetGraph({"c": NetChain([9, "Tanh"]), "r": "Ramp"}, [("c", "r")]), {("c", 1): "Tanh"}),
        # Along the edges of a graph as along a chain.
        (
            NetGraph(
                {"a": 9, "b": wl.BatchNormalizationLayer(), "d": wl.DropoutLayer(), "r": "Ramp"},
                [("a", "b", "d", "r")],
            ),
            {("a",): "Ramp", ("b",): "Ramp"},
        ),
        (
            NetGraph({"a": wl.ConvolutionLayer(9, 1), "p": wl.PoolingLayer(2), "r": "Ramp"},
                     [("a", "p", "r")], input=(1, 4, 4)),
            {("a",): "Ramp"},
        ),
        (NetGraph([9, 9, "Ramp"], [(1, 2, 3)]), {(2,): "Ramp"}),
        # Where ways part, all must come to the same function.
        (NetGraph(BRANCHING, [("a", "r"), ("a", "d", "s"), ("a", "t")]), {}),
        (NetGraph(BRANCHING, [("a", "r", "t"), ("a", "d", "s")]), {("a",): "Ramp"}),
        (NetGraph({"a": 9, "r": "Ramp", "+": wl.TotalLayer()}, [("a", "r", "+"), ("a", "+")]), {}),
        # Through the walls of operators, as if their nets were applied once.
        (NetChain([wl.NetMapOperator(["Tanh", 9]), "Ramp"]), {(1, "Net", 2): "Ramp"}),
        (NetChain([9, wl.NetMapOperator("Ramp")]), {(1,): "Ramp"}),
        (NetChain([wl.NetNestOperator(["Ramp", 9], 3), "Tanh"]), {(1, "Net", 2): "Tanh"}),
        (wl.NetNestOperator(["Ramp", 9], 3), {}),
    ],
)  # fmt: skip
def test_a_function_is_seen_along_what_leads_from_layer_to_layer(net: Any, found: Any) -> None:
    assert followed(net) == found


def test_the_gain_of_a_ramp_is_not_given_past_a_graph() -> None:
    inner = NetGraph([LONG, "Tanh"], [(1, 2)])
    net = net_initialize(NetChain([LONG, inner, "Ramp"], input=WIDE))
    looks_normal(np.float64(arrays(net)[1, "Weights"]), math.sqrt(1 / WIDE))


@pytest.mark.parametrize(
    ("factor", "count"), [("In", WIDE / 2), ("Out", LONG / 2), ("Mean", (WIDE + LONG) / 2)]
)
def test_xavier_divides_by_what_goes_in_comes_out_or_both(factor: str, count: float) -> None:
    looks_normal(drawn(("Xavier", {"FactorType": factor})), math.sqrt(1 / count))
    looks_normal(drawn(("Xavier", {"FactorType": factor}), "Ramp"), math.sqrt(2 / count))
    options = {"FactorType": factor, "Distribution": "Uniform"}
    looks_uniform(drawn(("Xavier", options)), math.sqrt(1 / count))


def test_xavier_is_normal_over_both_by_default() -> None:
    looks_normal(drawn("Xavier"), math.sqrt(2 / (WIDE + LONG)))


@pytest.mark.parametrize("method", ["Kaiming", "Xavier"])
def test_before_a_selu_the_deviation_is_one_over_the_root_of_what_comes_in(method: str) -> None:
    looks_normal(drawn(method, "SELU"), math.sqrt(1 / WIDE))
    looks_normal(drawn(method, "ScaledExponentialLinearUnit"), math.sqrt(1 / WIDE))


def test_what_comes_into_a_convolution_is_its_channels_times_its_window() -> None:
    layer = wl.ConvolutionLayer(200, (3, 4), channel_groups=2)
    net = net_initialize(NetChain([layer], input=(40, 5, 5)))
    weights = arrays(net)[1, "Weights"]
    assert weights.shape == (200, 20, 3, 4)
    looks_normal(np.float64(weights), math.sqrt(1 / (20 * 12)))


# Orthogonal, Identity, Random


@pytest.mark.parametrize(("rows", "columns"), [(5, 5), (3, 7), (7, 3), (1, 4)])
def test_orthogonal_rows_or_columns_are_orthonormal(rows: int, columns: int) -> None:
    w = drawn("Orthogonal", out=rows, into=columns)
    short = w @ w.T if rows <= columns else w.T @ w
    np.testing.assert_allclose(short, np.eye(min(rows, columns)), atol=1e-6)
    before_ramp = drawn("Orthogonal", "Ramp", out=rows, into=columns)
    np.testing.assert_allclose(before_ramp, w * math.sqrt(2), rtol=1e-6)


def test_an_orthogonal_kernel_is_orthonormal_when_it_is_flattened() -> None:
    net = net_initialize(wl.ConvolutionLayer(4, 2, input=(3, 4, 4)), method="Orthogonal")
    w = np.float64(arrays(net)["Weights",]).reshape(4, 12)
    np.testing.assert_allclose(w @ w.T, np.eye(4), atol=1e-6)


def test_identity_is_the_identity_and_a_little_noise() -> None:
    w = drawn("Identity")
    looks_normal(w - np.eye(LONG, WIDE), 0.01)
    exact = drawn(("Identity", {"Distribution": 0}), out=3, into=5)
    assert exact.tolist() == np.eye(3, 5).tolist()
    shifted = drawn(("Identity", {"Distribution": ("Normal", 2.0, 0.0)}), out=2, into=2)
    assert shifted.tolist() == [[3.0, 2.0], [2.0, 3.0]]


def test_an_identity_kernel_gives_its_input_back() -> None:
    layer = wl.ConvolutionLayer(2, 3, padding_size="Same", input=(2, 4, 5))
    net = net_initialize(layer, method=("Identity", {"Distribution": 0}))
    x = np.arange(40, dtype=np.float32).reshape(2, 4, 5)
    assert same(net(x), x)


def test_random_draws_from_the_distributions_that_are_given() -> None:
    looks_normal(drawn("Random"), 1)
    looks_normal(drawn(("Random", {"Weights": 0.3}), "Ramp"), 0.3)
    looks_normal(drawn(("Random", {"Weights": ("Normal", 5.0, 2.0)})) - 5, 2)
    looks_uniform(drawn(("Random", {"Weights": ("Uniform", -3.0, 3.0)})), math.sqrt(3))
    assert not arrays(net_initialize(wl.LinearLayer(9, input=2), "Random"))["Biases",].any()
    net = net_initialize(wl.LinearLayer(20000, input=1), ("Random", {"Biases": 0.5}))
    looks_normal(np.float64(arrays(net)["Biases",]), 0.5)


@pytest.mark.parametrize("method", ["Kaiming", "Xavier", "Orthogonal", "Identity", "Random"])
def test_what_is_no_weight_starts_at_its_fixed_value(method: str) -> None:
    net = NetChain(
        [wl.ConvolutionLayer(3, 1), wl.BatchNormalizationLayer(), wl.ParametricRampLayer(), 2],
        input=(2, 4, 4),
    )
    found = arrays(net_initialize(net, method))
    for key, value in {
        (1, "Biases"): 0.0,
        (2, "Scaling"): 1.0,
        (2, "Biases"): 0.0,
        (2, "MovingMean"): 0.0,
        (2, "MovingVariance"): 1.0,
        (3, "Slope"): 0.1,
        (4, "Biases"): 0.0,
    }.items():
        assert set(found[key].ravel().tolist()) == {float(np.float32(value))}, key


# Options


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("Kaimin", ["unknown method", "did you mean 'Kaiming'"]),
        (3, ["unknown method", "Orthogonal"]),
        (("Xavier", {"FactorTyp": "In"}), ["'FactorTyp'", "did you mean 'FactorType'"]),
        (("Xavier", {"FactorType": "Out "}), ["FactorType", "'Out '", "Mean"]),
        (("Kaiming", {"Distribution": "Gauss"}), ["distribution", "'Gauss'"]),
        (("Kaiming", {"Distribution": "Norml"}), ["did you mean 'Normal'"]),
        (("Identity", {"Distribution": "Normal"}), ["distribution", "'Normal'"]),
        (("Random", {"Weights": -1}), ["distribution", "-1"]),
        (("Random", {"Weights": ("Normal", 0, -1)}), ["distribution"]),
        (("Random", {"Weights": ("Normal", "x", 1)}), ["distribution"]),
        (("Random", {"Weights": ("Uniform", 2, 1)}), ["distribution"]),
        (("Random", {"Biases": True}), ["distribution", "True"]),
        (("Identity", {"Distribution": None}), ["distribution", "None"]),
        (("Random", {"Weights": float("nan")}), ["distribution", "nan"]),
        (("Random", {"Weights": float("inf")}), ["distribution", "inf"]),
        (("Kaiming", "Normal"), ["options of method 'Kaiming'", "'Normal'", "Distribution"]),
        (("Kaiming", 3), ["options of method 'Kaiming'", "3", "Distribution"]),
        (("Orthogonal", None), ["options of method 'Orthogonal'", "None", "no options"]),
        (
            ("Kaiming", {"Distribution": np.ones(2)}),
            ["distribution", "array", '"Uniform", a standard'],
        ),
        (("Kaiming", {"Distribution": (np.ones(2), 0, 1)}), ["distribution", "array"]),
        (("Xavier", {"FactorType": np.ones(2)}), ["FactorType", "Mean"]),
    ],
    ids=str,
)
def test_a_method_that_cannot_be_is_told_with_what_could(method: Any, words: list[str]) -> None:
    with pytest.raises(OptionError) as caught:
        net_initialize(wl.LinearLayer(2, input=2), method)
    for word in words:
        assert word in str(caught.value)


def test_other_arguments_that_cannot_be_are_option_errors() -> None:
    layer = wl.LinearLayer(2, input=2)
    for options in ({"all": "yes"}, {"all": 1}, {"random_seeding": 1.5}, {"random_seeding": True}):
        with pytest.raises(OptionError):
            net_initialize(layer, **options)
    with pytest.raises(OptionError, match="takes a net"):
        net_initialize("LeNet")


# Which arrays


def test_arrays_that_are_there_stay_bit_for_bit() -> None:
    weights = np.float32([[1.5, 2.5]])
    net = net_initialize(NetChain([wl.LinearLayer(1, weights=weights), 2], input=2))
    assert same(arrays(net)[1, "Weights"], weights)
    assert net_initialize(net) is net or net_initialize(net) == net
    assert same(arrays(net_initialize(net, random_seeding=9)), arrays(net))


def test_all_draws_every_array_anew_and_statistics_too() -> None:
    layer = wl.BatchNormalizationLayer(moving_mean=[3.0, 4.0], moving_variance=[5.0, 6.0])
    net = NetChain([wl.LinearLayer(2, weights=[[9.0], [9.0]], biases=[8.0, 7.0]), layer], input=1)
    fresh = NetChain([2, wl.BatchNormalizationLayer()], input=1)
    assert same(arrays(net_initialize(net, all=True)), arrays(net_initialize(fresh)))
    assert arrays(net)[2, "MovingMean"].tolist() == [3.0, 4.0]


def test_none_takes_all_numbers_away_and_keeps_the_shapes() -> None:
    shared = wl.LinearLayer(2, weights=NetSharedArray("w"))
    net = NetChain([shared, "Ramp", shared, wl.BatchNormalizationLayer()], input=2)
    back = net_initialize(net_initialize(net), all=None)
    assert all(array is AUTOMATIC for array in arrays(back).values())
    assert back == net
    bare = net_initialize(wl.LinearLayer(weights=[[1.0, 2.0]]), all=None)
    assert arrays(bare)["Weights",] is AUTOMATIC


def test_frozen_arrays_are_drawn_too() -> None:
    net = NetChain([3], input=2)
    frozen = NetChain([3], input=2, learning_rate_multipliers=0)
    assert same(arrays(net_initialize(frozen)), arrays(net_initialize(net)))


def test_absent_arrays_stay_absent() -> None:
    net = net_initialize(NetChain([wl.LinearLayer(3, biases=None)], input=2), all=True)
    assert list(arrays(net)) == [(1, "Weights")]


def test_a_net_without_arrays_comes_back() -> None:
    net = NetChain(["Ramp", "Tanh"])
    assert net_initialize(net) == net


def test_a_list_of_nets_gives_a_list() -> None:
    nets = [NetChain([3], input=2), wl.LinearLayer(1, input=1)]
    assert net_initialize(nets) == [net_initialize(net) for net in nets]


def test_arrays_of_unknown_shape_are_all_told() -> None:
    with pytest.raises(wl.NotInitializedError) as caught:
        net_initialize(NetChain({"a": 3, "b": wl.LinearLayer()}))
    told = str(caught.value)
    for word in ("a/Weights (3, ?)", "b/Weights (?, 3)", "b/Biases (?,)", "input=4"):
        assert word in told
    assert "a/Biases" not in told


def test_a_shared_array_is_drawn_once_by_the_role_of_its_first_place() -> None:
    shared = wl.LinearLayer(WIDE, weights=NetSharedArray("w"))
    net = net_initialize(NetChain([shared, "Ramp", shared], input=WIDE))
    looks_normal(np.float64(arrays(net)[NetSharedArray("w")]), math.sqrt(2 / WIDE))
    assert len(arrays(net)) == 3
    one, three = (wl.net_extract(net, (i, "Weights")) for i in (1, 3))
    assert same(one, three)


def test_operators_hold_arrays_that_are_drawn() -> None:
    net = net_initialize(wl.NetNestOperator([2, "Tanh"], 3, input=2))
    assert arrays(net)["Net", 1, "Weights"].shape == (2, 2)


# Seeds


def test_the_default_seed_is_1234() -> None:
    net = NetChain([3], input=2)
    assert net_initialize(net) == net_initialize(net, random_seeding=1234)
    assert net_initialize(net) != net_initialize(net, random_seeding=1235)
    assert net_initialize(net) == net_initialize(net, random_seeding=np.int64(1234))


def test_a_string_is_a_seed_of_its_own() -> None:
    net = NetChain([3], input=2)
    assert net_initialize(net, random_seeding="a") == net_initialize(net, random_seeding="a")
    assert net_initialize(net, random_seeding="1234") != net_initialize(net, random_seeding=1234)


def test_automatic_draws_fresh_numbers_each_time() -> None:
    net = NetChain([3], input=2)
    one, two = (net_initialize(net, random_seeding=AUTOMATIC) for _ in range(2))
    assert one != two


def test_the_global_generator_is_neither_asked_nor_moved() -> None:
    net = NetChain([3], input=2)
    before = str(np.random.get_state())  # noqa: NPY002  # looked at, not used
    for method in ("Kaiming", "Orthogonal", "Identity", "Random"):
        net_initialize(net, method)
    net_initialize(net, random_seeding=AUTOMATIC)
    assert str(np.random.get_state()) == before  # noqa: NPY002


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(1, 4), st.integers(0, 2**64)
)
def test_a_layer_more_changes_nothing_in_the_draw_of_the_others(
    sizes: list[int], more: int, seed: int
) -> None:
    short = net_initialize(NetChain([*sizes, "Tanh"], input=3), random_seeding=seed)
    long = net_initialize(NetChain([*sizes, "Tanh", more], input=3), random_seeding=seed)
    for key, array in arrays(short).items():
        assert same(arrays(long)[key], array)


def test_every_array_has_a_draw_of_its_own() -> None:
    net = net_initialize(NetChain([50, 50, 50], input=50))
    first, second, third = (arrays(net)[i, "Weights"].ravel() for i in (1, 2, 3))
    for a, b in ((first, second), (first, third), (second, third)):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.1


def test_what_is_drawn_is_read_only_float32_and_the_argument_is_unchanged() -> None:
    net = NetChain([3], input=2)
    new = net_initialize(net)
    assert all(value is AUTOMATIC for value in arrays(net).values())
    for array in arrays(new).values():
        assert array.dtype == np.float32
        assert not array.flags.writeable


# What is kept

METHODS: list[Any] = [
    *("Kaiming", "Xavier", "Orthogonal", "Identity", "Random"),
    ("Random", {"Biases": 0.5}),
    ("Random", {"Weights": ("Uniform", -1, 1), "Biases": ("Uniform", 0, 1)}),
    ("Kaiming", {"Distribution": "Uniform"}),
    ("Xavier", {"Distribution": ("Normal", 0, 1)}),
    ("Identity", {"Distribution": 0.5}),
]
MANY = NetChain(
    [wl.ConvolutionLayer(3, 3), "Ramp", wl.BatchNormalizationLayer(), 5, wl.ParametricRampLayer()],
    input=(2, 8, 8),
)


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_every_method_gives_sealed_float32_arrays(method: Any) -> None:
    for array in arrays(net_initialize(MANY, method, all=True)).values():
        assert array.dtype == np.float32
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


@pytest.mark.parametrize(
    "method",
    [
        ("Random", {"Weights": 1e300}),
        ("Random", {"Biases": ("Uniform", 1e300, 1e301)}),
        ("Kaiming", {"Distribution": ("Normal", 0, 1e40)}),
        ("Identity", {"Distribution": 1e308}),
    ],
    ids=str,
)
def test_numbers_that_float32_cannot_hold_are_no_arrays(method: Any) -> None:
    with pytest.raises(OptionError, match="float32 cannot hold"):
        net_initialize(MANY, method)


@pytest.mark.parametrize("method", ["Kaiming", "Xavier", "Random", "Identity", "Orthogonal"])
def test_no_more_memory_is_taken_than_was_asked_for(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(initialize, "check_memory", lambda size, what: asked.append(size))
    net = NetChain([300, 700, 20], input=900)
    tracemalloc.start()
    try:
        net_initialize(net, method)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < asked[0] + 300_000
