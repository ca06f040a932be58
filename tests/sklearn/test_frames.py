"""Frames: numbers are one array, categories come into the net by the names of their columns."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from wlnet import ANY, DataError, LinearLayer, NetChain, OptionError, SoftmaxLayer, data, net_train
from wlnet.sklearn import NetClassifier, NetRegressor

RNG = np.random.default_rng(0)
ROWS = 60
FRAME = pd.DataFrame(
    {
        "age": RNG.integers(20, 70, ROWS).astype(float),
        "city": pd.Categorical(RNG.choice(["Rome", "Oslo"], ROWS), ["Oslo", "Rome", "Bonn"]),
        "job": RNG.choice(list("abc"), ROWS),
        "fit": RNG.random(ROWS) < 0.5,
        "children": pd.array(RNG.integers(0, 3, ROWS), dtype="Int64"),
    }
)
Y = np.where((FRAME["city"] == "Rome") & (FRAME["age"] > 40), "yes", "no")
NET = NetChain([8, "Tanh", LinearLayer(), SoftmaxLayer()])


def with_a_gap(frame: pd.DataFrame, *places: tuple[int, str]) -> pd.DataFrame:
    found = frame.copy()
    for row, column in places:
        found.loc[row, column] = None
    return found


def test_categories_are_learned_from_and_may_be_new_to_the_rows_of_a_fit() -> None:
    model = NetClassifier(NET, max_training_rounds=150, learning_rate=0.02).fit(FRAME, Y)
    assert model.score(FRAME, Y) > 0.95
    assert model.feature_names_in_.tolist() == list(FRAME)
    assert model.n_features_in_ == 5
    # A category that the frame knows, though no row of it had it.
    somebody = FRAME[:1].assign(city=pd.Categorical(["Bonn"], FRAME["city"].cat.categories))
    assert model.predict(somebody).shape == (1,)


def test_the_net_takes_raw_rows_by_the_names_of_the_columns() -> None:
    model = NetClassifier(NET, max_training_rounds=3, working_precision="Real32").fit(FRAME, Y)
    table = data.table(FRAME.assign(Output=Y), "Output")
    expected = net_train(table.net(NET), table.data, max_training_rounds=3)
    rows = FRAME.to_dict("list")
    assert np.array_equal(model.net_(rows, None), expected(rows, None))
    assert model.net_({name: rows[name][0] for name in reversed(rows)}) == model.predict(FRAME)[0]


def test_rules_address_the_net_as_a_part_and_what_is_in_front_of_it_too() -> None:
    many = FRAME.assign(street=[f"street {n % 20}" for n in range(ROWS)])
    rules = [(("net", 1), None), (("columns", ANY), 0.5), (ANY, 2)]
    model = NetClassifier(NET, max_training_rounds=1, learning_rate_multipliers=rules)
    rates = model.fit(many, Y).results_["ArraysLearningRateMultipliers"]
    assert rates == {
        ("columns", "street embedding", "Weights"): 0.5,
        ("net", 1, "Weights"): 0.0,
        ("net", 1, "Biases"): 0.0,
        ("net", 3, "Weights"): 2.0,
        ("net", 3, "Biases"): 2.0,
    }


def test_a_function_that_makes_a_net_is_told_how_many_numbers_come_out_of_the_columns() -> None:
    told = []

    def made(features: int, outputs: int) -> NetChain:
        told.append((features, outputs))
        return NetChain([outputs])

    NetRegressor(made, max_training_rounds=1).fit(FRAME, FRAME["age"])
    NetRegressor(made, max_training_rounds=1).fit(FRAME[["age", "fit"]], FRAME["age"])
    assert told == [(1 + 3 + 3 + 2 + 1, 1), (2, 1)]


def test_a_frame_of_numbers_is_the_array_of_them() -> None:
    numbers = FRAME[["age", "fit", "children"]]
    both = [
        NetRegressor(max_training_rounds=3).fit(X, FRAME["age"]).predict(X)
        for X in (numbers, numbers.to_numpy(float))
    ]
    assert np.array_equal(*both)


@pytest.mark.parametrize("columns", [list(FRAME), ["age", "fit", "children"]])
def test_missing_values_are_refused_with_the_names_of_all_their_columns(columns: list[str]) -> None:
    holed = with_a_gap(FRAME[columns], (3, "age"), (9, "age"), (0, "children"))
    fitted = NetClassifier(max_training_rounds=1).fit(FRAME[columns], Y)
    for call in (
        lambda: NetClassifier().fit(holed, Y),
        lambda: fitted.predict(holed),
        lambda: fitted.partial_fit(holed, Y),
        lambda: fitted.set_params(validation_set=(holed, Y)).fit(FRAME[columns], Y),
    ):
        with pytest.raises(DataError) as found:
            call()
        faults = [(fault.at, fault.given) for fault in found.value.faults]
        assert faults == [
            ("X, column age", "example 4, and 1 more"),
            ("X, column children", "example 1"),
        ]


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        (lambda f: f.assign(job="zz"), DataError, "port job, example 1"),
        (lambda f: f[[*f][::-1]], ValueError, "same order"),
        (lambda f: f.drop(columns="fit"), ValueError, "- fit"),
    ],
)
def test_other_rows_are_refused_by_name(changed: Any, error: type[Exception], words: str) -> None:
    model = NetClassifier(NET, max_training_rounds=1).fit(FRAME, Y)
    with pytest.raises(error, match=words):
        model.predict(changed(FRAME))


def test_what_was_learned_by_names_takes_no_array() -> None:
    model = NetClassifier(NET, max_training_rounds=1).fit(FRAME, Y)
    with (
        pytest.raises(OptionError, match="this is no table"),
        pytest.warns(UserWarning, match="does not have valid feature names"),
    ):
        model.predict(np.zeros((2, 5)))


def test_a_column_may_not_be_called_like_an_output() -> None:
    with pytest.raises(DataError, match="column Output"):
        NetClassifier().fit(FRAME.rename(columns={"job": "Output"}), Y)


def test_numbers_that_a_frame_keeps_as_categories_are_categories() -> None:
    kinds = FRAME[["age"]].assign(kind=pd.Categorical(RNG.integers(0, 3, ROWS)))
    model = NetRegressor(max_training_rounds=1).fit(kinds, FRAME["age"])
    assert model.net_.input_names == ("age", "kind")


def test_columns_without_names_are_an_array() -> None:
    X = pd.DataFrame(RNG.standard_normal((20, 2)))
    assert NetRegressor(max_training_rounds=1).fit(X, X[0]).predict(X).shape == (20,)


def test_partial_fit_keeps_the_encoders_of_the_first_call() -> None:
    model = NetClassifier(NET, max_training_rounds=2)
    first = (
        model.partial_fit(FRAME, Y, classes=["no", "yes"])
        .partial_fit(FRAME, Y)
        .predict_proba(FRAME)
    )
    assert np.array_equal(
        first, NetClassifier(NET, max_training_rounds=2).fit(FRAME, Y).predict_proba(FRAME)
    )
    before = model.net_.ports["age"]
    assert model.partial_fit(FRAME[:10], Y[:10]).net_.ports["age"] == before
