"""Functions of arrays: what they cannot know is refused, and no value is taken for another."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

import wlnet as wl
from wlnet.layers import FunctionLayer


def by_shape(x: Any) -> Any:
    return x if x.shape == (3,) else -x


SHAPES_ASKED_FOR = [
    by_shape,
    lambda x: x if np.shape(x) == (3,) else -x,
    lambda x: x if x.shape in [(2,), (3,)] else -x,
    lambda x: x if x.shape in {(3,)} else -x,
    lambda x: -x if x.shape != (3,) else x,
    lambda x: x if x.shape == np.tanh(x).shape else -x,
    lambda x: x if (2,) not in (x.shape, (4,)) else -x,
    lambda x: {(3,): x}.get(x.shape, -x),
]  # fmt: skip


@pytest.mark.parametrize("function", SHAPES_ASKED_FOR)
def test_what_depends_on_a_whole_shape_is_decided_where_it_is_told_alone(function: Any) -> None:
    for options in ({}, {"input": ("Varying",)}):
        with pytest.raises(wl.OptionError):
            FunctionLayer(function, **options)
    x = np.array([1.0, -2.0, 3.0])
    assert FunctionLayer(function, input=3)(x).tolist() == function(x).tolist()


def test_an_argument_is_an_array_to_those_who_ask() -> None:
    layer = FunctionLayer(lambda x: x if isinstance(x, np.ndarray) else -x)
    assert layer([1, -2]).tolist() == [1, -2]


TANH = wl.ElementwiseLayer("Tanh")
kept: list[Any] = []
FunctionLayer(lambda x: (kept.append(np.tanh(x)), x)[1])
NUMBERS: list[Any] = []
wl.ElementwiseLayer(lambda x: (NUMBERS.append(np.tanh(x)), x)[1])

OF_ANOTHER_FUNCTION: list[Any] = [
    lambda x: x + FunctionLayer(lambda y: y * x)(TANH(x)),
    lambda x: x + wl.NetMapOperator(FunctionLayer(lambda row: row * x))(x),
    lambda x: x + FunctionLayer(lambda y: y * TANH(x))(x),
    lambda x: x + wl.ElementwiseLayer(lambda y: y * x)(x),
    *[
        lambda x, old=old, way=way: way(x, old)
        for old in (kept, NUMBERS)
        for way in (
            lambda x, old: x + old[0],
            lambda x, old: old[0] * x,
            lambda x, old: np.where(old[0] > 0, x, 1),
            lambda x, old: np.where(x > 0, x, old[0]),
            lambda x, old: np.clip(x, old[0], None),
            lambda x, old: np.stack([x, old[0]]),
            lambda x, old: x @ old[0],
            lambda x, old: {"A": x, "B": old[0]},
            lambda x, old: x + TANH(old[0]),
            lambda x, old: wl.CatenateLayer()([x, old[0]]),
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize("function", OF_ANOTHER_FUNCTION)
def test_no_function_takes_the_values_of_another(function: Any) -> None:
    with pytest.raises(wl.OptionError):
        FunctionLayer(function, input=3)


@pytest.mark.parametrize("old", [kept, NUMBERS])
def test_no_formula_of_numbers_takes_the_values_of_another(old: Any) -> None:
    for function in (lambda x: x + old[0], lambda x: old[0]):
        with pytest.raises(wl.OptionError):
            wl.ElementwiseLayer(function)
    with pytest.raises(wl.WlnetError):
        TANH(old[0])


def test_a_value_of_another_function_is_named() -> None:
    with pytest.raises(wl.OptionError, match=r"another function(.|\n)*its argument row"):
        FunctionLayer(lambda row: FunctionLayer(lambda y: y * row)(np.tanh(row)) + row)


ON_WORKED_OUT: list[Any] = [
    lambda x: wl.SoftmaxLayer()(x * 2),
    lambda x: wl.SoftmaxLayer()(np.sort(x)),
    lambda x: wl.SoftmaxLayer()(np.where(x > 0, x, -1e9)) + 0,
    lambda x: wl.SequenceReverseLayer()(x[::-1] - x.mean()),
    lambda x: wl.UnitVectorLayer(5)(np.argmax(x) + 1),
]


@pytest.mark.parametrize("function", ON_WORKED_OUT)
def test_a_net_may_be_called_on_what_is_worked_out_of_an_argument_alone(function: Any) -> None:
    x = np.float32([0.5, -1, 2])
    np.testing.assert_allclose(FunctionLayer(function, input=3)(x), function(x), rtol=1e-6)


def test_a_function_of_several_arguments_may_use_one_of_them_in_a_net_alone() -> None:
    layer = FunctionLayer(lambda q, k: wl.SoftmaxLayer()(k * 2) + q, q=3, k=3)
    made = layer({"Q": [1, 2, 3], "K": [0, 0, 0]})
    np.testing.assert_allclose(made, np.array([1, 2, 3]) + 1 / 3, rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda foo, Foo: foo * Foo, "two ports of one name"),
        (lambda foo_bar, fooBar: foo_bar + fooBar, "two ports of one name"),
        (lambda foo_bar, b: {"Foo_bar": foo_bar * b}, "two ports of one name"),
        (lambda _, x: _ * x, "makes no port"),
        (lambda function, x: function * x, "called as an option"),
        (lambda x, ports: ports * x, "called as an option"),
        (lambda x: {"Function": x}, "called as an option"),
        (lambda x: {"Ports": x}, "called as an option"),
        (numba.njit(lambda x: x + 1), "f.py_func"),
        (lambda x: np.where(x > 0, x, np.finfo(float).min), "for a mask, -1e9"),
        (lambda x: x + np.inf, "for a mask, -1e9"),
        (lambda x: x * np.nan, "a finite number"),
        (lambda x: np.zeros(3, x.dtype) + x, "any precision"),
        (lambda x: wl.DropoutLayer()(x, net_evaluation_mode="Train"), "net_evaluation_mode"),
        (lambda x: TANH(x, working_precision="Real64"), "working_precision"),
        (lambda x: wl.EmbeddingLayer(3, 5)(np.argmax(x)), "Integer"),
    ],
)
def test_what_a_function_cannot_have_is_told(function: Any, said: str) -> None:
    with pytest.raises(wl.WlnetError) as caught:
        FunctionLayer(function)
    assert said in str(caught.value)


# Sizes that Python has read

READING: list[Any] = [
    lambda x: x * len(x),
    lambda x: sum(x),
    lambda x: x / x.shape[0],
    lambda x: [-x, x][len(x) > 4],
    lambda x: np.repeat(x, 2).reshape(2 * x.shape[0]),
    lambda x: np.cumsum(np.tanh(x)),
    lambda x: x * x.ndim,
    lambda x: np.tanh(x) if x.shape == (3,) else x,
    lambda x: np.dot(x[0], x) * len(np.stack([x, x], axis=1)),
    lambda x: TANH(x * len(x)) + x,
    lambda x: x * len(TANH(x)),
    lambda x: x if x.size == 3 else -x,
    lambda x: x if x.size != 3 else -x,
    lambda x: x * int(x.size) + float(np.tanh(x).size),
    lambda x: sum(x[i] for i in range(x.size)),
    lambda x: [-TANH(x), TANH(x)][len(TANH(TANH(x))) > 4],
    lambda x: TANH([-x, x][len(x) > 4]),
    lambda x: {"Output": x, "Other": x * 2}["Output" if x.shape == (3,) else "Other"],
]  # fmt: skip


@pytest.mark.parametrize("function", READING)
@pytest.mark.parametrize("size", [1, 5])
def test_a_function_that_has_read_a_size_holds_for_no_other(function: Any, size: int) -> None:
    layer = FunctionLayer(function, input=3)
    x = np.array([1.0, -2.0, 3.0])
    np.testing.assert_allclose(layer(x), function(x), rtol=1e-5)
    with pytest.raises(wl.ShapeError, match="write it down again"):
        wl.net_replace_part(layer, {"Input": size})(np.ones(size))
    # What has read none is written down for all.
    free = FunctionLayer(lambda x: x * x.mean(), input=3)
    assert wl.net_replace_part(free, {"Input": size})(np.ones(size)).tolist() == [1] * size


@pytest.mark.parametrize("function", [lambda x: x * len(x[0]), lambda x: x + x.sum(1)[:, None]])
def test_sizes_that_stay_open_may_be_any(function: Any) -> None:
    layer = FunctionLayer(function, input=("Varying", 3))
    for length in (1, 4):
        np.testing.assert_allclose(layer(np.ones((length, 3))), function(np.ones((length, 3))))


# What NumPy gives, or an error


@pytest.mark.parametrize("choose", [np.argmax, np.argmin])
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("keep", [False, True])
def test_the_place_of_the_largest_is_that_of_nan_where_there_is_one(
    choose: Any, axis: Any, keep: bool
) -> None:
    nan, inf = np.nan, np.inf
    x = np.array([[1, 5, 5, -2], [-inf, nan, 3, nan], [inf, 0, inf, -1], [nan, 7, -7, 7]])
    if axis is None and keep:
        return
    layer = FunctionLayer(lambda x: choose(x, axis=axis, keepdims=keep) + 1, input=(4, 4))
    for given_x in (x, x[:, ::-1], x.T, np.where(np.isnan(x), 0, x)):
        made = layer.function.evaluate({"Input": given_x})["Output"]
        expected = choose(given_x, axis=axis, keepdims=keep) + 1
        np.testing.assert_array_equal(made, expected)
    lost = FunctionLayer(lambda x: choose(np.log(x), axis=axis, keepdims=keep) + 1, input=(4, 4))
    given_x = np.where(np.isnan(x), -1, np.abs(np.where(np.isinf(x), 4, x)) + 1)
    with np.errstate(all="ignore"):
        expected = choose(np.log(given_x), axis=axis, keepdims=keep) + 1
    np.testing.assert_array_equal(lost(given_x), expected)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: np.full_like(x, 3.7, dtype=int), "np.full_like with dtype"),
        (lambda x: np.zeros_like(x, shape=(2,)) + x[0], "np.zeros_like with shape"),
        (lambda x: np.ones_like(x, dtype=int), "np.ones_like with dtype"),
        (lambda x: np.broadcast_to(x, (2, 3), subok=True), "np.broadcast_to with subok"),
        (lambda x: x * np.array([1j, 2, 3]), "real numbers"),
        (lambda x: x * 1j, "a real number"),
        (lambda x: x * "2", "a real number"),
        (lambda x: x + np.array(["1", "2", "3"]), "real numbers"),
        (lambda x: x * np.ma.masked_array([1.0, 2, 3], [0, 1, 0]), "real numbers"),
        (lambda x: x.real, "no real"),
        (lambda x: np.diff(x, prepend=0), "np.diff with prepend"),
        (lambda x: np.tril(x, m=1), "np.tril() got an unexpected"),
        (lambda x: np.swapaxes(x, 0, 0, 1), "np.swapaxes() takes"),
        (lambda x: x + FILLED(np.ones(3)), "called on numbers alone"),
        (lambda x: x + FILLED({"Input": [1, 2, 3]}), "called on numbers alone"),
    ],
)
def test_what_would_be_another_number_is_refused(function: Any, said: str) -> None:
    with pytest.raises(wl.WlnetError) as caught:
        FunctionLayer(function, input=3)
    assert said in str(caught.value)


FILLED = wl.net_initialize(wl.LinearLayer(3, input=3))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    "function",
    [
        *[lambda x, n=n: np.roll(x, n, axis=0) for n in (-7, -3, -1, 0, 1, 2, 3, 4, 10)],
        *[lambda x, n=n: np.roll(x, n) for n in (-4, 1, 2)],
        lambda x: np.roll(np.stack([x, -x]), (1, -1), (0, 1)),
        lambda x: np.roll(np.stack([x, -x]), 1),
        lambda x: np.tile(x, (2, 1)),
        lambda x: np.tile(x, (3, 1, 2)),
        lambda x: np.tile(x[None], 2),
    ],
)
def test_what_is_rolled_and_repeated_is_as_in_numpy_or_an_error(
    function: Any, told: bool, size: int
) -> None:
    x = np.arange(1.0, size + 1)
    try:
        layer = FunctionLayer(function, input=size if told else ("Varying",))
        made = layer(x)
    except wl.WlnetError:
        if told:
            raise
        return
    np.testing.assert_array_equal(made, function(x))


def test_a_shape_that_does_not_fit_shows_the_formula_as_it_is_read() -> None:
    layer = FunctionLayer(lambda x: np.roll(x, 1, axis=0), input=("Varying",))
    with pytest.raises(wl.ShapeError, match=r"Function=Output = Join\[0\]") as caught:
        layer([1.0])
    assert "ArrayFormula" not in str(caught.value)


@pytest.mark.parametrize("choose", [np.fmax, np.fmin])
def test_of_a_number_and_nan_the_number_is_taken(choose: Any) -> None:
    x = np.float32([-1, 2, 0.5, -3])
    with np.errstate(all="ignore"):
        for function in (
            lambda x: choose(np.log(x), 0.25),
            lambda x: choose(-0.5, np.log(x)),
            lambda x: choose(np.log(x), np.sqrt(x - 1)),
        ):
            for kind in (FunctionLayer, wl.ElementwiseLayer):
                np.testing.assert_allclose(kind(function)(x), function(x), rtol=1e-6)


@pytest.mark.parametrize("text", ["2", 1j, np.str_("2"), b"2"])
def test_no_text_and_no_complex_number_is_one_of_a_formula(text: Any) -> None:
    with pytest.raises(wl.OptionError):
        wl.ElementwiseLayer(lambda x: x * text)


@pytest.mark.parametrize("kind", [FunctionLayer, wl.ElementwiseLayer])
def test_two_zeros_make_two_formulas(kind: Any) -> None:
    plus, minus = kind(lambda x: 1 / (x * 0.0)), kind(lambda x: 1 / (x * -0.0))
    assert plus != minus
    assert (plus([1.0]), minus([1.0])) == (np.inf, -np.inf)
    both = FunctionLayer(lambda x: np.stack([1 / (x * 0.0), 1 / (x * -0.0)]))
    assert both(1.0).tolist() == [np.inf, -np.inf]


# Layers that are called twice


def block(size: int) -> Any:
    dense = wl.LinearLayer(size)
    return FunctionLayer(lambda x: x + dense(np.tanh(dense(x))))


def test_blocks_that_make_their_own_layers_share_none() -> None:
    chain = wl.NetChain([block(2), block(2), block(2)], input=2)
    arrays = wl.information(chain, "ArraysDimensions")
    assert sorted(arrays.values()) == [(2,)] * 3 + [(2, 2)] * 3
    ports = [("A", "a", "O1"), ("B", "b", "O2")]
    edges = [(wl.NetPort(i), n, wl.NetPort(o)) for i, n, o in ports]
    graph = wl.NetGraph({"a": block(2), "b": block(3)}, edges)
    assert len(wl.information(graph, "Arrays")) == 4
    own = wl.LinearLayer(2, weights=wl.NetSharedArray("dense/Weights"))
    assert len(wl.information(wl.NetChain([block(2), own], input=2), "Arrays")) == 4


def test_a_block_learns_as_one_that_shares_by_hand() -> None:
    net = wl.net_initialize(wl.NetChain([block(2), block(2)], input=2))
    keys = list(wl.information(net, "Arrays"))
    assert len(keys) == 4
    first = wl.net_replace_part(net, {keys[0]: np.zeros((2, 2)), keys[1]: np.zeros(2)})
    x = np.float32([0.3, -0.7])
    np.testing.assert_array_equal(first[1](x), x)
    np.testing.assert_array_equal(first[2](x), net[2](x))


def test_functions_that_call_one_layer_are_equal_also_where_they_call_it_twice() -> None:
    dense = wl.LinearLayer(2)
    one, two = (FunctionLayer(lambda x: dense(np.tanh(dense(x)))) for _ in range(2))
    assert one == two


def test_a_size_that_is_asked_for_as_a_number_is_no_branch() -> None:
    with pytest.raises(wl.OptionError, match=r"^a size is not known"):
        FunctionLayer(np.tril, input=("Varying", 3))
    for function in (lambda x: x if x.size > 2 else -x, lambda x: x if x.shape[0] != 2 else -x):
        with pytest.raises(wl.OptionError, match=r"^a branch on a size is not known"):
            FunctionLayer(function, input=("Varying", 3))
