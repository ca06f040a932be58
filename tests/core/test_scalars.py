"""Every place that takes a number takes it in every form, and refuses the same things."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.errors import brief


class Rank0:
    """A number only when asked, as a tensor of another library is."""

    shape = ()

    def __init__(self, number: Any) -> None:
        self.number = number

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.number, dtype)


REAL: dict[str, Callable[[float], Any]] = {
    "float32": np.float32,
    "longdouble": np.longdouble,
    "float16": np.float16,
    "rank 0": np.array,
    "rank 0, foreign byte order": lambda x: np.array(x, ">f8"),
    "rank 0, object": lambda x: np.array(x, object),
    "__array__": Rank0,
    "fraction": Fraction,
}
WHOLE: dict[str, Callable[[int], Any]] = {
    "int64": np.int64,
    "uint8": np.uint8,
    "rank 0": np.array,
    "__array__": Rank0,
}
X = np.ones((4, 3), np.float32)
NET = wl.NetChain([wl.LinearLayer(2), "Ramp", 2], input=3)
K = {"max_training_rounds": 2}


def train(**options: Any) -> Any:
    return wl.net_train(NET, (X, X[:, :2]), **{**K, **options})


def criterion(**more: Any) -> Any:
    stop = {"Criterion": "Loss", **more}
    return train(validation_set=(X, X[:, :2]), training_stopping_criterion=stop)


TAKES_REAL: dict[str, Callable[[Any], Any]] = {
    "a multiplier of a rule": lambda x: train(learning_rate_multipliers={1: x}),
    "one multiplier for all": lambda x: train(learning_rate_multipliers=x),
    "a multiplier of a layer": lambda x: wl.LinearLayer(2, learning_rate_multipliers=x),
    "learning_rate": lambda x: train(learning_rate=x),
    "an option of a method": lambda x: train(method=("ADAM", {"Beta1": x})),
    "Scaled": lambda x: wl.Scaled(x),
    "Scaled of the examples": lambda x: train(validation_set=wl.Scaled(x)),
    "the factor of a loss": lambda x: train(
        loss_function=(wl.MeanSquaredLossLayer(), wl.Scaled(x))
    ),
    "AbsoluteChange": lambda x: criterion(AbsoluteChange=x),
    "RelativeChange": lambda x: criterion(RelativeChange=x),
    "a dropout": lambda x: wl.DropoutLayer(x),
    "a deviation": lambda x: wl.net_initialize(NET, ("Random", {"Weights": x})),
    "the padding of pictures": lambda x: wl.NetEncoder("Image", 4, padding=x),
}
TAKES_WHOLE: dict[str, Callable[[Any], Any]] = {
    "batch_size": lambda n: train(batch_size=n),
    "max_training_rounds": lambda n: train(max_training_rounds=n),
    "random_seeding": lambda n: train(random_seeding=n),
    "RoundLength": lambda n: train_generator(n),
    "Patience": lambda n: criterion(Patience=n),
    "the top n": lambda n: wl.net_train(
        wl.NetChain([3, wl.SoftmaxLayer()], input=3),
        (X, [1, 2, 3, 1]),
        training_progress_measurements=("ErrorRate", n),
        **K,
    ),
    "batch_size of a call": lambda n: wl.net_initialize(NET)(X, batch_size=n).tolist(),
    "a size": lambda n: wl.LinearLayer(n, input=n),
    "sizes": lambda n: wl.LinearLayer((n, n)),
    "a shorthand": lambda n: wl.NetChain([n], input=n),
    "a shape": lambda n: wl.NetChain(["Ramp"], input=(n, n)),
    "a level": lambda n: wl.SoftmaxLayer(n),
    "a permutation": lambda n: wl.TransposeLayer((n, 1)),
    "an iteration": lambda n: wl.NetNestOperator(wl.LinearLayer(2), n),
    "an edge": lambda n: wl.NetGraph([2, 3, 4], [(1, n), (n, 3)]),
    "an edge to a port": lambda n: wl.NetGraph([2, 3], [(1, wl.NetPort(n, "Input"))]),
    "a part": lambda n: wl.net_extract(NET, n),
    "a path": lambda n: wl.net_extract(wl.NetChain([3, NET]), (n, 1)),
    "a part of a rule": lambda n: train(learning_rate_multipliers=[(n, 3), (wl.ANY, 1)]),
    "net_take": lambda n: wl.net_take(NET, n),
    "net_drop": lambda n: wl.net_drop(NET, n),
    "net_insert": lambda n: wl.net_insert(NET, "Tanh", n),
    "net_delete": lambda n: wl.net_delete(NET, n),
    "levels of net_flatten": lambda n: wl.net_flatten(wl.NetChain([NET, 2]), n),
    "the level of net_rename": lambda n: wl.net_rename(wl.NetChain({"a": 2}), {"a": "b"}, n),
    "the length of unit vectors": lambda n: wl.NetEncoder("UnitVector", n),
    "the size of pictures": lambda n: wl.NetEncoder("Image", n),
    "the shape of a function": lambda n: wl.NetEncoder("Function", np.sin, n),
}


def train_generator(n: Any) -> Any:
    return wl.net_train(NET, (lambda: (X, X[:, :2]), {"RoundLength": n}), batch_size=4, **K)


@pytest.mark.filterwarnings("ignore::wlnet.RuleWarning")
@pytest.mark.parametrize("place", TAKES_REAL)
def test_a_real_number_is_the_same_in_every_form(place: str) -> None:
    take = TAKES_REAL[place]
    for form in REAL.values():
        assert take(form(0.5)) == take(0.5), form
    for wrong in (True, np.True_, "0.5", 1j, [0.5], np.array([0.5]), np.ma.masked, np.nan):
        with pytest.raises(wl.WlnetError):
            take(wrong)


@pytest.mark.filterwarnings("ignore::wlnet.RuleWarning")
@pytest.mark.parametrize("place", TAKES_WHOLE)
def test_a_whole_number_is_the_same_in_every_form(place: str) -> None:
    take = TAKES_WHOLE[place]
    for form in WHOLE.values():
        assert repr(take(form(2))) == repr(take(2)), form
    for wrong in (True, np.array([2, 2, 2]), 1j, np.ma.masked):
        with pytest.raises(wl.WlnetError):
            take(wrong)


def test_a_truth_value_of_numpy_is_one() -> None:
    ready = wl.net_initialize(NET, random_seeding=2)
    assert wl.net_initialize(ready, all=np.True_) == wl.net_initialize(ready, all=True)
    assert wl.net_initialize(ready, all=np.array(False)) == ready
    with pytest.raises(wl.OptionError, match="True, False, or None"):
        wl.net_initialize(ready, all=1)


def test_what_is_large_is_not_written_out_to_be_cut() -> None:
    class Told(list[Any]):
        def __repr__(self) -> str:
            raise AssertionError("the whole list was spelt out")

    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError("no text")

    assert brief(Told(range(10))) == str(list(range(10)))
    assert brief([Told([1.5])] * 10**6, 20) == "[[1.5], [1.5], [1..."
    assert brief((np.zeros((2, 3)), Silent())) == "(an array of float64, shape (2, 3), a Silent)"
    assert brief(10**5000) == "a int"
    for value in (
        [],
        (),
        {},
        set(),
        (1,),
        {"a": [1]},
        {2, 3},
        frozenset({2}),
        None,
        "x",
        b"y",
        1.5,
    ):
        assert brief(value) == repr(value)
