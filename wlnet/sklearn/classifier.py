"""NetClassifier: a net that learns classes, as an estimator of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.net import Net
from wlnet.core.parts import NetPort
from wlnet.layers import ElementwiseLayer, SoftmaxLayer
from wlnet.nets.netgraph import NetGraph
from wlnet.sklearn.estimator import NetEstimator, flat
from wlnet.sklearn.nets import WIDTH, small
from wlnet.sklearn.parameters import constructor
from wlnet.sklearn.targets import Array, Classes, Labels, check_count, with_classes


class NetClassifier(ClassifierMixin, NetEstimator):  # type: ignore[misc]
    """A net that learns classes, with every option of net_train as a parameter.

    net: a net that ends in a SoftmaxLayer (or in a LogisticSigmoid, for two classes and for several
    labels) and whose sizes of input and output may be open; a function of the numbers of features
    and of classes that makes one; AUTOMATIC, a hidden layer of 64.
    All other parameters are options of net_train by their names, but: random_state, an integer, a
    RandomState, or None, stands for random_seeding; sample_weight of fit for example_weights;
    training_progress_reporting is None, and working_precision goes by X: Real32 for numbers of
    float32, else Real64. A default of AUTOMATIC is spelt "Automatic". validation_set may be (X, y).
    early_stopping: hold out validation_fraction of the examples, and stop when the loss of them was
    no better for n_iter_no_change rounds; training_stopping_criterion and validation_set say more.

    y: labels; a 0 or 1 for each of several labels; or a column of labels for each output.
    Fitted: results_, all that net_train tells; net_, the trained net; classes_, n_iter_,
    n_features_in_, and feature_names_in_ of a frame.

    >>> import numpy as np
    >>> from wlnet import ANY, LinearLayer, NetChain, SoftmaxLayer
    >>> net = NetChain([8, "Tanh", LinearLayer(), SoftmaxLayer()])
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), ["low", "low", "high", "high"]
    >>> model = NetClassifier(net, learning_rate_multipliers={1: None, ANY: 5})
    >>> model.set_params(max_training_rounds=500).fit(X, y).predict([[0.2], [2.7]])
    array(['low', 'high'], dtype='<U4')
    >>> model.results_["ArraysLearningRateMultipliers"]
    {(1, 'Weights'): 0.0, (1, 'Biases'): 0.0, (3, 'Weights'): 5.0, (3, 'Biases'): 5.0}
    """

    __init__ = constructor()

    classes_: Any
    _targets: tuple[Classes, ...] | Labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one more round, where the last call ended: with its moments and counts of updates,
        as net_train goes on from a record.

        classes: all there are, or those of each output; needed at the first call alone.
        max_training_rounds is not looked at.
        """
        if classes is None and not hasattr(self, "results_") and not is_of_labels(np.asarray(y)):
            what = "the first call of partial_fit has to be told all classes"
            fix = "partial_fit(X, y, classes=np.unique(all_y))"
            raise fail(DataError, Fault(what, at="classes", fix=fix))
        return self._partial_fit(X, y, classes, sample_weight)

    def predict(self, X: Any) -> Array:
        """The most probable class of each example, or of each of its outputs; of several labels
        those that are more probable than not."""
        if isinstance(probable := self.predict_proba(X), list):
            pairs = zip(self.classes_, probable, strict=True)
            return np.column_stack([classes[row.argmax(axis=1)] for classes, row in pairs])
        if isinstance(self._targets, Labels):
            found: Array = (probable > 0.5).astype(int)
            return found
        most: Array = self.classes_[probable.argmax(axis=1)]
        return most

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, in the order of classes_; a list, for several outputs; for
        several labels that of each."""
        answers, count = self._answers(X, decoded=False)
        targets = self._targets
        if isinstance(targets, Labels):
            return answers[targets.port].reshape(count, targets.count)
        found = [target.probabilities(answers[target.port]) for target in targets]
        return found if isinstance(self.classes_, list) else found[0]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """How often all that is predicted of an example is right."""
        if not isinstance(getattr(self, "classes_", None), list):
            return float(super().score(X, y, sample_weight))
        is_right = (self.predict(X) == np.asarray(y)).all(axis=1)
        return float(np.average(is_right, weights=sample_weight))

    # What y is

    def _prepared(self, X: Any, y: Array, classes: Any) -> Net:
        y = flat(y)
        is_labels = is_of_labels(y)
        known = _classes_of(y, classes)
        counts = [len(each) for each in known]
        told = len(counts) if is_labels else counts[0] if y.ndim == 1 else tuple(counts)

        def automatic() -> Net:
            if is_labels:
                return small(len(counts), ElementwiseLayer("LogisticSigmoid"))
            return small(counts[0], SoftmaxLayer()) if y.ndim == 1 else _heads(counts)

        net = self._beginning(X, told, automatic)
        ports = net.output_names
        if is_labels and len(ports) == 1:
            self._targets, self.classes_ = Labels(ports[0], len(counts)), np.arange(len(counts))
            return net
        if len(ports) != len(known):
            what = "the net has another number of outputs than there are targets"
            given = f"outputs {', '.join(ports)} for {len(known)} targets"
            raise fail(DataError, Fault(what, at="net", given=given))
        found = []
        for port, values in zip(ports, known, strict=True):
            net, target = with_classes(net, port, values)
            found.append(target)
        self._targets = tuple(found)
        values_of = [target.values for target in found]
        self.classes_ = values_of[0] if y.ndim == 1 else values_of
        return net

    def _targets_by_port(self, y: Array) -> dict[str, Any]:
        y, targets = flat(y), self._targets
        if isinstance(targets, Labels):
            return {targets.port: targets.column(y)}
        check_count(y, len(targets), "y")
        columns = y.reshape(len(y), -1).T
        return {
            target.port: target.column(column)
            for target, column in zip(targets, columns, strict=True)
        }

    def _check_classes(self, classes: Any) -> None:
        if classes is None or isinstance(self._targets, Labels):
            return
        several = isinstance(self.classes_, list)
        given = classes if several else [classes]
        known = self.classes_ if several else [self.classes_]
        if len(given) != len(known) or not all(map(np.array_equal, map(np.unique, given), known)):
            what = "other classes than those of the first call of partial_fit"
            fault = Fault(what, at="classes", given=brief(classes), expected=brief(self.classes_))
            raise fail(DataError, fault)

    def _class_weights(self, given: Any) -> Any:
        targets = self._targets
        if isinstance(targets, Labels) or not isinstance(given, Mapping):
            return given
        if len(targets) == 1:
            return targets[0].weights(given)
        by_port = {target.port: target for target in targets}
        if not set(given) <= set(by_port):
            return given
        return {port: by_port[port].weights(each) for port, each in given.items()}


def is_of_labels(y: Array) -> bool:
    """Whether targets are a 0 or 1 for each of several labels. Raises ValueError for numbers that
    are no classes."""
    check_classification_targets(y)
    return y.ndim == 2 and type_of_target(y) == "multilabel-indicator"


def _classes_of(y: Array, classes: Any) -> list[Array]:
    """The classes of each column of targets, sorted. Raises DataError for a single one."""
    if classes is None:
        columns = list(y.reshape(len(y), -1).T)
    else:
        columns = [classes] if y.ndim == 1 else list(classes)
    known = [np.unique(column) for column in columns]
    single = [values for values in known if len(values) < 2]
    if single and not is_of_labels(y):
        what = "there is only one class, and nothing to tell it from"
        raise fail(DataError, Fault(what, at="y", given=brief(single[0].tolist())))
    return known


def _heads(counts: list[int]) -> Net:
    """The net for AUTOMATIC with an output for each of several targets."""
    heads = {f"head{n}": [count, SoftmaxLayer()] for n, count in enumerate(counts, 1)}
    edges = [("hidden", name, NetPort(f"Output{n}")) for n, name in enumerate(heads, 1)]
    return NetGraph({"hidden": [WIDTH, "Ramp"], **heads}, edges)
