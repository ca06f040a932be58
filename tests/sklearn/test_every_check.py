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


# At the 10,000 updates of the default a net of 15 examples has learned them to the last bit. Then
# ADAM divides rounding by rounding, and two orders of one sum are two trainings, which one
# check compares to 1e-7. scikit-learn has that check use other solvers of its own nets, too.
MANY = NetRegressor(max_training_rounds=5000)


@pytest.mark.thorough
@parametrize_with_checks([NetClassifier(), MANY])
def test_every_check_passes_with_as_many_rounds_as_by_default(estimator: Any, check: Any) -> None:
    check(estimator)
