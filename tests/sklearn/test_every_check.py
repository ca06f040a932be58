"""All checks of estimators that scikit-learn has."""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from wlnet.sklearn import NetClassifier, NetRegressor

# Enough rounds for what the checks want to be learned.
ESTIMATORS = [NetClassifier(max_training_rounds=60), NetRegressor(max_training_rounds=60)]


@parametrize_with_checks(ESTIMATORS)
def test_every_check_of_scikit_learn_passes(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("kind", [NetClassifier, NetRegressor])
def test_there_are_as_many_checks_as_scikit_learn_has_for_such_estimators(kind: type) -> None:
    assert len(list(estimator_checks_generator(kind()))) >= 55


@pytest.mark.thorough
@parametrize_with_checks([NetClassifier(), NetRegressor()])
def test_every_check_passes_with_all_defaults(estimator: Any, check: Any) -> None:
    check(estimator)
