"""Nets where scikit-learn takes an estimator: pipelines, searches, validation, calibration."""

import threading
from typing import Any

import numpy as np
import pytest
from joblib import parallel_backend
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingRegressor, VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, cross_validate
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from wlnet import (
    ANY,
    AUTOMATIC,
    LinearLayer,
    NetChain,
    Scaled,
    SoftmaxLayer,
    net_initialize,
    net_train,
)
from wlnet.sklearn import NetClassifier, NetRegressor

RNG = np.random.default_rng(3)
X = 100 + 10 * RNG.standard_normal((60, 3))
Y = np.where(X[:, 0] > 100, "up", "down")
NET = NetChain({"hidden": 6, "bend": "Tanh", "read": LinearLayer(), "soft": SoftmaxLayer()})
QUICK = {"max_training_rounds": 60, "learning_rate": 0.02}
RULES = [
    AUTOMATIC,
    [("read", 0.5), (ANY, 1)],
    {"hidden": None, ANY: 1},
    {("hidden", "Biases"): 0},
]
STARTED = net_initialize(NetChain([6, "Tanh", LinearLayer(2), SoftmaxLayer()], input=3))


def search(jobs: int | None = None) -> GridSearchCV:
    """Rule lists are looked through, behind a scaler in a pipeline."""
    line = make_pipeline(StandardScaler(), NetClassifier(NET, max_training_rounds=10))
    return GridSearchCV(
        line, {"netclassifier__learning_rate_multipliers": RULES}, cv=2, n_jobs=jobs
    )


@pytest.fixture(scope="module")
def found() -> GridSearchCV:
    return search().fit(X, Y)


def scores(of: GridSearchCV) -> list[Any]:
    return [of.cv_results_[f"split{n}_test_score"].tolist() for n in range(2)]


def test_a_net_stands_at_the_end_of_a_pipeline() -> None:
    line = make_pipeline(StandardScaler(), NetClassifier(NET, **QUICK)).fit(X, Y)
    assert line.score(X, Y) > 0.95
    assert line.predict(X[:5]).tolist() == line[-1].net_(line[0].transform(X[:5]))


def test_rule_lists_are_searched_and_the_best_is_fitted(found: GridSearchCV) -> None:
    name = "netclassifier__learning_rate_multipliers"
    assert list(found.cv_results_[f"param_{name}"]) == RULES
    best = found.best_estimator_[-1]
    assert best.learning_rate_multipliers == found.best_params_[name]
    again = clone(best).fit(StandardScaler().fit_transform(X), Y)
    assert again.net_ == best.net_


def test_a_score_of_a_search_is_that_of_the_net_trained_by_these_rules(found: GridSearchCV) -> None:
    options = {"learning_rate_multipliers": RULES[2], "max_training_rounds": 10}
    for fold, (train, test) in enumerate(StratifiedKFold(2).split(X, Y)):
        scaler = StandardScaler().fit(X[train])
        data = scaler.transform(X[train]), Y[train]
        net = net_train(NET, data, working_precision="Real64", **options)
        answers = net(scaler.transform(X[test]), working_precision="Real64")
        assert scores(found)[fold][2] == np.mean(np.array(answers) == Y[test])


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_search_on_two_workers_finds_the_same_bits(found: GridSearchCV, backend: str) -> None:
    before = threading.active_count()
    with parallel_backend(backend, n_jobs=2):
        both = search(2).fit(X, Y)
    assert scores(both) == scores(found)
    assert both.best_estimator_[-1].net_ == found.best_estimator_[-1].net_
    if backend == "threading":
        assert threading.active_count() <= before + 3


def test_nets_are_cross_validated() -> None:
    line = make_pipeline(StandardScaler(), NetRegressor(**QUICK))
    assert cross_val_score(line, X, (X[:, 1] - 100) / 10, cv=3).min() > 0.5
    several = cross_validate(
        make_pipeline(StandardScaler(), NetClassifier(NET, **QUICK)),
        X, Y, cv=2, scoring=["roc_auc", "neg_log_loss", "accuracy"], return_estimator=True,
    )  # fmt: skip
    assert several["test_roc_auc"].min() > 0.9
    assert several["estimator"][0][-1].n_iter_ == 60


def test_probabilities_are_calibrated() -> None:
    line = make_pipeline(StandardScaler(), NetClassifier(NET, **QUICK))
    model = CalibratedClassifierCV(line, cv=2).fit(X, Y)
    assert model.score(X, Y) > 0.9
    assert np.allclose(model.predict_proba(X).sum(1), 1)


def test_the_importance_of_features_is_told_by_permutation() -> None:
    line = make_pipeline(StandardScaler(), NetClassifier(NET, **QUICK)).fit(X, Y)
    found = permutation_importance(line, X, Y, n_repeats=3, random_state=0)
    assert found.importances_mean.argmax() == 0
    assert found.importances_mean[0] > 0.3


def test_nets_vote_are_bagged_and_chained_with_others() -> None:
    scaled = StandardScaler().fit_transform(X)
    model = NetClassifier(NET, **QUICK)
    vote = VotingClassifier([("net", model), ("line", LogisticRegression())], voting="soft")
    assert vote.fit(scaled, Y).score(scaled, Y) > 0.95
    bag = BaggingRegressor(NetRegressor(**QUICK), n_estimators=2, random_state=0)
    assert bag.fit(scaled, scaled[:, 2]).score(scaled, scaled[:, 2]) > 0.5
    chain = ClassifierChain(model, random_state=0).fit(scaled, (scaled[:, :2] > 0).astype(int))
    assert chain.predict(scaled).shape == (60, 2)


def test_a_frame_with_categories_goes_through_a_column_transformer_as_a_frame() -> None:
    import pandas as pd

    frame = pd.DataFrame({"x": X[:, 0], "y": X[:, 1], "kind": np.where(X[:, 2] > 100, "a", "b")})
    scale = ColumnTransformer(
        [("scale", StandardScaler(), ["x", "y"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    model = NetClassifier(**QUICK)
    assert make_pipeline(scale, model).fit(frame, Y).score(frame, Y) > 0.95
    assert model.net_.input_names == ("x", "y", "kind")


def test_a_net_that_was_trained_before_is_tuned_with_a_part_of_it_frozen() -> None:
    model = NetClassifier(STARTED, learning_rate_multipliers={1: None}, validation_set=Scaled(0.2))
    net = model.set_params(max_training_rounds=3).fit(X, Y).net_
    assert np.array_equal(net[1, "Weights"], STARTED[1, "Weights"])
    assert not np.array_equal(net[3, "Weights"], STARTED[3, "Weights"])
