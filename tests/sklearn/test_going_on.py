"""partial_fit goes on where the last call ended; pickles keep all that it takes for that."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from wlnet import (
    ALL,
    DataError,
    FormatError,
    LinearLayer,
    NetChain,
    OptionError,
    SoftmaxLayer,
    net_train,
    save,
)
from wlnet.sklearn import NetClassifier, NetRegressor
from wlnet.sklearn.pickles import Kept

RNG = np.random.default_rng(2)
X = RNG.standard_normal((40, 3))
Y = np.where(X[:, 0] > 0, "up", "down")
NET = NetChain([4, "Tanh", LinearLayer(), SoftmaxLayer()])
CLASSES = ["up", "down"]
KINDS = [
    (NetClassifier(NET, batch_size=7, method="ADAM"), Y, {"classes": CLASSES}),
    (NetRegressor(batch_size=7, method="RMSProp"), X[:, 1], {}),
]


@pytest.mark.parametrize(("model", "y", "first"), KINDS)
def test_rounds_one_by_one_are_the_bits_of_one_fit(model: Any, y: Any, first: Any) -> None:
    model = copy.deepcopy(model)
    model.partial_fit(X, y, **first).partial_fit(X, y).partial_fit(X, y)
    whole = copy.deepcopy(model).set_params(max_training_rounds=3).fit(X, y)
    assert model.net_ == whole.net_
    assert model.results_["BatchLossList"] == whole.results_["BatchLossList"]
    assert model.n_iter_ == whole.n_iter_ == 3
    # Without moments, and their counts of updates, it is another training.
    anew = copy.deepcopy(model).set_params(net=whole.net_, max_training_rounds=1).fit(X, y)
    assert anew.net_ != model.partial_fit(X, y).net_


@pytest.mark.parametrize(("model", "y", "first"), KINDS)
def test_going_on_is_that_of_net_train_from_a_record(model: Any, y: Any, first: Any) -> None:
    model = copy.deepcopy(model).partial_fit(X, y, **first)
    options = {"batch_size": 7, "method": model.method, "working_precision": "Real64"}
    column = y if isinstance(model, NetClassifier) else y[:, np.newaxis]
    expected = net_train(
        model.results_, (X[:20], column[:20]), ALL, max_training_rounds=1, **options
    )
    model.partial_fit(X[:20], y[:20])
    assert model.net_ == expected["TrainedNet"]
    assert model.results_["BatchLossList"] == expected["BatchLossList"]


def test_a_fit_is_gone_on_from_and_a_second_fit_begins_anew() -> None:
    model = NetClassifier(NET, max_training_rounds=2).fit(X, Y)
    first = model.net_
    assert model.partial_fit(X, Y).n_iter_ == 3
    assert model.fit(X, Y).net_ == first


def test_the_first_call_is_told_all_classes_and_others_are_refused() -> None:
    model = NetClassifier(NET)
    with pytest.raises(DataError, match="first call of partial_fit"):
        model.partial_fit(X, Y)
    model.partial_fit(X[:5], ["up"] * 5, classes=CLASSES)
    assert model.classes_.tolist() == ["down", "up"]
    with pytest.raises(DataError, match="example 3"):
        model.partial_fit(X[:3], ["up", "down", "left"])
    with pytest.raises(DataError, match="other classes than those of the first call"):
        model.partial_fit(X, Y, classes=["up", "left"])


def test_one_round_at_a_time_cannot_stop_early() -> None:
    with pytest.raises(OptionError, match="early_stopping=False"):
        NetRegressor(early_stopping=True).partial_fit(X, X[:, 0])


def test_a_record_is_pickled_by_the_bytes_of_a_file(tmp_path: Path) -> None:
    model = NetClassifier(NET, max_training_rounds=2).fit(X, Y)
    state = model.__getstate__()
    assert state["results_"] == Kept(save(model.results_, tmp_path / "record.wlnet").read_bytes())
    assert state["net"] == NET


@pytest.mark.parametrize(("model", "y", "first"), KINDS)
@pytest.mark.parametrize("way", ["pickle", "joblib", "copy"])
def test_what_comes_back_answers_and_goes_on_with_the_same_bits(
    model: Any, y: Any, first: Any, way: str, tmp_path: Path
) -> None:
    model = copy.deepcopy(model).partial_fit(X, y, **first)
    model.predict(X)  # with a program that is kept
    if way == "pickle":
        other = pickle.loads(pickle.dumps(model))
    elif way == "joblib":
        joblib.dump(model, tmp_path / "model.joblib")
        other = joblib.load(tmp_path / "model.joblib")
    else:
        other = copy.deepcopy(model)
    assert np.array_equal(other.predict(X), model.predict(X))
    assert other.partial_fit(X, y).net_ == model.partial_fit(X, y).net_


def test_another_process_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    model = NetClassifier(NET).partial_fit(X, Y, classes=CLASSES)
    (tmp_path / "model").write_bytes(pickle.dumps((model, X, Y)))
    code = (
        "import pickle, sys; from pathlib import Path; place = Path(sys.argv[1]);"
        "model, X, Y = pickle.loads(place.read_bytes());"
        "place.write_bytes(pickle.dumps(model.partial_fit(X, Y)))"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, tmp_path / "model"], check=True, cwd=root)
    other = pickle.loads((tmp_path / "model").read_bytes())
    assert other.net_ == model.partial_fit(X, Y).net_


def test_a_pickle_whose_record_was_changed_is_refused() -> None:
    model = NetClassifier(NET, max_training_rounds=1).fit(X, Y)
    data = bytearray(pickle.dumps(model))
    where = data.index(model.__getstate__()["results_"].data) + 5000
    data[where] ^= 1
    with pytest.raises(FormatError):
        pickle.loads(bytes(data))
