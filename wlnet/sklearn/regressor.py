"""NetRegressor: a net that learns numbers, as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from wlnet.core.net import Net
from wlnet.sklearn.estimator import NetEstimator, flat
from wlnet.sklearn.nets import small
from wlnet.sklearn.parameters import constructor
from wlnet.sklearn.targets import Array, Numbers, numbers_of

CLASS_WEIGHTS = "class_weights"


class NetRegressor(RegressorMixin, NetEstimator):  # type: ignore[misc]
    """A net that learns numbers, with every option of net_train as a parameter.

    net: a net whose sizes of input and output may be open; a function of the numbers of features
    and of targets that makes one; AUTOMATIC, a hidden layer of 64. A net may have several outputs:
    each takes as many targets, in their order, as it has numbers.
    All else is as in NetClassifier, but there are no class_weights.

    y: a number an example, or a row of them. Fitted: results_, net_, n_iter_, n_features_in_, and
    feature_names_in_ of a frame.

    >>> from wlnet import NetChain
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
    >>> line = NetRegressor(NetChain([1]), learning_rate=0.1, max_training_rounds=400).fit(X, y)
    >>> line.predict([[4.0]]).round(2), round(line.score(X, y), 3)
    (array([9.]), 1.0)
    """

    __init__ = constructor(without=(CLASS_WEIGHTS,))

    _numbers: Numbers

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one more round, where the last call ended: with its moments and counts of updates,
        as net_train goes on from a record. max_training_rounds is not looked at.
        """
        return self._partial_fit(X, y, None, sample_weight)

    def predict(self, X: Any) -> Array:
        """The numbers of each example, as y had them."""
        answers, count = self._answers(X, decoded=True)
        return self._numbers.together(answers.__getitem__, count)

    def _prepared(self, X: Any, y: Array, classes: Any) -> Net:
        y = flat(y)
        count = 1 if y.ndim == 1 else y.shape[1]
        net = self._beginning(X, count, lambda: small(count))
        self._numbers = numbers_of(net, y)
        return net

    def _targets_by_port(self, y: Array) -> dict[str, Any]:
        return self._numbers.columns(np.asarray(flat(y), np.float64))
