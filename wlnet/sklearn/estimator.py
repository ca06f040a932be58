"""What NetClassifier and NetRegressor have in common: parameters, fitting, going on, pickling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    _check_y,
    _num_samples,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.scalars import as_real, as_whole
from wlnet.core.scaled import Scaled
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.results.results import NetTrainResults
from wlnet.sklearn.features import (
    by_name,
    columns_by_name,
    have_categories,
    precision_of,
    width,
    with_front,
)
from wlnet.sklearn.nets import beginning
from wlnet.sklearn.parameters import EARLY, RANDOM_STATE, RENAMED, SEED, WEIGHTS, constructor, meant
from wlnet.sklearn.pickles import Kept
from wlnet.sklearn.targets import Array
from wlnet.train.net_train import net_train, usual_options

FLOATS = (np.float64, np.float32)


class NetEstimator(BaseEstimator):  # type: ignore[misc]
    """A net with the options of its training, as an estimator: see NetClassifier, NetRegressor."""

    net: Any
    early_stopping: Any
    results_: NetTrainResults
    n_features_in_: int

    __init__ = constructor()

    # Fitted

    @property
    def net_(self) -> Net:
        """The net as it was trained last."""
        found: Net = self.results_["TrainedNet"]
        return found

    @property
    def n_iter_(self) -> int:
        """How many rounds it was trained, over all calls."""
        return int(self.results_["TotalRounds"])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    # Fitting

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the net anew.

        X: (examples, features), an array, a list, a frame. y: a target an example, or a row of
        them. sample_weight: what each example counts; their mean is made 1, so that a weight of 2
        is the example twice.
        Raises DataError (a ValueError) for data that the net cannot take, and what net_train
        raises.
        """
        X, y = self._examples(X, y, is_first=True)
        net = self._prepared(X, y, None)
        self._seed = self._drawn_seed()
        return self._trained(net, X, y, sample_weight)

    def _partial_fit(self, X: Any, y: Any, classes: Any, sample_weight: Any) -> Self:
        is_first = not hasattr(self, "results_")
        if self.early_stopping:
            what = "partial_fit trains one round: it cannot tell when to stop"
            raise fail(OptionError, Fault(what, fix="early_stopping=False"))
        X, y = self._examples(X, y, is_first=is_first)
        start: Any = None
        if is_first:
            start = self._prepared(X, y, classes)
            self._seed = self._drawn_seed()
        else:
            self._check_classes(classes)
            start = self.results_
        return self._trained(start, X, y, sample_weight, max_training_rounds=1)

    def _beginning(self, X: Any, outputs: Any, automatic: Callable[[], Net]) -> Net:
        """The net to begin with, which takes X. outputs: what a function is told that makes it."""
        count = width(X) if self._is_named else X.shape[1]
        net = beginning(meant(self.net), count, outputs, automatic)
        if len(net.input_names) != 1:
            what = "X is one input, and the net has others"
            given = f"inputs {', '.join(net.input_names)}"
            raise fail(OptionError, Fault(what, at="net", given=given))
        (self._input,) = net.input_names
        return with_front(net, X) if self._is_named else net

    def _trained(self, start: Any, X: Array, y: Array, sample_weight: Any, **other: Any) -> Self:
        inputs = self._inputs(X)
        data = {**inputs, **self._targets_by_port(y)}
        options = {**self._options(precision_of(inputs.values())), **other}
        if sample_weight is not None:
            options[WEIGHTS] = _weights(sample_weight, y)
        self.results_ = net_train(start, data, ALL, **options)
        self._precision = options["working_precision"]
        return self

    def _options(self, precision: str) -> dict[str, Any]:
        """The options of the call of net_train. precision: that of the examples."""
        given = {
            name: meant(getattr(self, RENAMED.get(name, name)))
            for name in usual_options()
            if hasattr(self, RENAMED.get(name, name))
        }
        given[SEED] = self._seed
        if given["working_precision"] is AUTOMATIC:
            given["working_precision"] = precision
        given["validation_set"] = self._validation_set(given["validation_set"])
        if "class_weights" in given:
            given["class_weights"] = self._class_weights(given["class_weights"])
        return given | self._early(given)

    def _early(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What early_stopping makes of two options."""
        early, part, patience = (getattr(self, name) for name in EARLY)
        faults = []
        if not isinstance(early, (bool, np.bool_)):
            faults.append(Fault("early_stopping is True or False", given=brief(early)))
        share = as_real(part)
        if share is None or not 0 < share < 1:
            what = "validation_fraction is a part of the examples"
            faults.append(Fault(what, given=brief(part), expected="0 < f < 1"))
        rounds = as_whole(patience)
        if rounds is None or rounds < 1:
            what = "n_iter_no_change is a number of rounds"
            faults.append(Fault(what, given=brief(patience), expected="an integer from 1 on"))
        if faults:
            raise fail(OptionError, faults)
        if not early:
            return {}
        found: dict[str, Any] = {}
        if given["validation_set"] is None:
            found["validation_set"] = Scaled(share or 0)
        if given["training_stopping_criterion"] is None:
            found["training_stopping_criterion"] = {"Criterion": "Loss", "Patience": rounds}
        return found

    def _validation_set(self, given: Any) -> Any:
        """(X, y) as data of the net; anything else as net_train takes it."""
        if not isinstance(given, tuple) or len(given) != 2:
            return given
        if isinstance(given[1], Mapping):
            return self._validation_set(given[0]), given[1]
        X, y = self._examples(*given, is_first=False)
        return {**self._inputs(X), **self._targets_by_port(y)}

    def _drawn_seed(self) -> Any:
        state = getattr(self, RANDOM_STATE)
        if state is None or isinstance(state, np.random.RandomState):
            return int(check_random_state(state).randint(np.iinfo(np.int32).max))
        return meant(state)

    # What X and y are

    def _examples(self, X: Any, y: Any, *, is_first: bool) -> tuple[Any, Array]:
        """X as an array, or as columns by name where there are categories; y as an array."""
        columns = columns_by_name(X)
        if is_first:
            self._is_named = have_categories(columns)
        X, y = validate_data(self, X, y, reset=is_first, multi_output=True, **self._checks())
        if self._is_named:
            y = _check_y(y, multi_output=True, estimator=self)
            check_consistent_length(X, y)
        return X, y

    def _checks(self) -> dict[str, Any]:
        """What scikit-learn is to check of X."""
        return {"skip_check_array": True} if self._is_named else {"dtype": FLOATS}

    def _inputs(self, X: Any) -> dict[str, Any]:
        """Examples as the net takes them, by port."""
        return by_name(X) if self._is_named else {self._input: X}

    def _prepared(self, X: Array, y: Array, classes: Any) -> Net:
        """The net to begin with, fitted to what y is; notes how."""
        raise NotImplementedError

    def _targets_by_port(self, y: Array) -> dict[str, Any]:
        """What the net is to answer, by output."""
        raise NotImplementedError

    def _check_classes(self, classes: Any) -> None:
        """Raise for other classes than those of the first call."""

    def _class_weights(self, given: Any) -> Any:
        return given

    # Asked

    def _answers(self, X: Any, *, decoded: bool) -> tuple[dict[str, Array], int]:
        """What the net makes of examples, by output, and how many there are."""
        check_is_fitted(self)
        columns_by_name(X)  # none of which may have gaps
        X = validate_data(self, X, reset=False, **self._checks())
        net, inputs = self.net_, self._inputs(X)
        found = net(inputs, *([] if decoded else [None]), working_precision=self._precision)
        if not isinstance(found, Mapping):
            found = {net.output_names[0]: found}
        return {name: np.asarray(value) for name, value in found.items()}, _num_samples(X)

    # Pickling

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: Kept.of(value) for name, value in state.items()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__({name: Kept.back(value) for name, value in state.items()})


def _weights(given: Any, y: Array) -> Array:
    """Weights of examples whose mean is 1. Raises ValueError for others than from 0 on."""
    found = _check_sample_weight(given, y, dtype=np.float64, ensure_non_negative=True)
    total = found.sum()
    if total == 0:
        what = "weights that are all zero leave no example"
        raise fail(DataError, Fault(what, at="sample_weight"))
    weights: Array = found * (len(found) / total)
    return weights


def flat(y: Array) -> Array:
    """Targets, a level of size 1 taken away with a warning: one an example, or rows of several."""
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
