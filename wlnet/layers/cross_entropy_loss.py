"""CrossEntropyLossLayer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_real
from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Value
from wlnet.graph.provenance import from_source
from wlnet.layers.declaring.fields import PortField, one_of, out, parameter, port, real
from wlnet.layers.declaring.layer import Example, Layer, Reals, TargetForm

SMALLEST = 2.0**-126
"""The smallest normal float32: what a probability counts as at least, for a finite logarithm."""

PORTS: dict[str, dict[str, PortField]] = {
    "Index": {
        "Input": port("*places", "classes"),
        "Target": port("*places", element="Integer", below="classes"),
    },
    "Probabilities": {"Input": port("*places", "classes"), "Target": port("*places", "classes")},
    "Binary": {"Input": port("*places"), "Target": port("*places")},
}


Weights = tuple[float, ...] | None


LARGEST = 1e30
"""The largest weight of a class: sums of some are numbers in 32 bits."""


def weights_by_class(value: object) -> Weights:
    """A number a class, in their order; None: all count 1."""
    if value is None:
        return None
    given = value.tolist() if isinstance(value, np.ndarray) else value
    numbers = [as_real(each) for each in given] if isinstance(given, (list, tuple)) else []
    weights = tuple(number for number in numbers if number is not None and 0 <= number <= LARGEST)
    if not weights or len(weights) < len(numbers):
        raise ValueError("None, or a number from 0 to 1e30 for each class, in their order")
    return weights


class CrossEntropyLossLayer(Layer):
    """How little probability was given to what is the case: one number an example.

    Formula: loss = -log(input[target])

    form: "Index": -log(input[target]), where the target counts classes from 1;
    "Probabilities": -sum(target log(input)); "Binary": -target log(input) - (1 - target) log(1 -
    input) for each number by itself. The mean over all places is taken. Classes stand along the
    last level. Where the probabilities come from a SoftmaxLayer or a LogisticSigmoid, also inside a
    NetMapOperator and behind layers that only move numbers (reshaping, flattening, transposing,
    catenating), the logarithm is worked out from what went into those, and stays exact when a
    probability is too small to be held. Otherwise a probability counts as at least 2**-126, and
    below that it has no gradient.

    label_smoothing: this share of the truth is spread over all classes alike: a target that says
    how probable each of k classes is counts as (1 - label_smoothing) target + label_smoothing / k.
    class_weights: what each class counts, a number a class in their order, of "Binary" the weights
    of 0 and of 1; the loss is -sum(weight target log(input)). Weights count as they are: a loss is
    not divided by them, neither here nor over a batch. So weights whose mean over the examples is 1
    leave the loss as large as it was. `net_train(net, data, class_weights=...)` has weights by
    label, and "Balanced".
    Ports: input, target, loss; the target is an integer (or an array of them) or has the input's
    shape.

    >>> loss = CrossEntropyLossLayer("Index")({"Input": [0.5, 0.25, 0.25], "Target": 2})
    >>> round(float(loss), 4)
    1.3863
    >>> loss = CrossEntropyLossLayer("Index", label_smoothing=0.3, class_weights=(1, 2, 1))
    >>> round(float(loss({"Input": [0.5, 0.25, 0.25], "Target": 2})), 4)
    2.426

    Raises OptionError for a label_smoothing that is not from 0 up to but not including 1, and for
    weights that are no finite numbers from 0 on; ShapeError where there are other than a weight a
    class.
    Wolfram Language: CrossEntropyLossLayer, which has neither option. Szegedy et al. 2016,
    "Rethinking the Inception architecture" (label smoothing).
    """

    is_loss = True

    form = parameter(check=one_of("Index", "Probabilities", "Binary"))
    label_smoothing = parameter(0.0, check=real(0, 1, open_high=True), later=True)
    class_weights = parameter(None, check=weights_by_class, later=True)
    input = port("*places")
    target = port("*places")
    loss = out()

    @property
    def target_form(self) -> TargetForm:
        form: TargetForm = self.form
        return form

    def port_field(self, name: str) -> PortField:
        return PORTS[self.form].get(name) or super().port_field(name)

    def check(self) -> None:
        check_weights(self.kind, self.form, self.class_weights)

    def relate(self, sizes: Sizes) -> None:
        relate_weights(sizes, self.form, self.class_weights)

    def lower(self, g: Builder, input: Value, target: Value) -> Value:
        costs = surprises(g, self.form, input, target, self.label_smoothing, self.class_weights)
        return mean_of_places(g, costs)

    def reference(self, input: Reals, target: Reals) -> Reals:
        surprise = reference_surprises(
            self.form, input, target, self.label_smoothing, self.class_weights
        )
        mean: Reals = surprise.reshape(len(input), -1).mean(1)
        return mean

    @staticmethod
    def examples() -> Iterator[Example]:
        chances = (0.05, 0.95)
        for form, shape, options in (
            ("Index", (3,), {}),
            ("Index", (1,), {}),
            ("Index", (2, 2, 4), {}),
            ("Index", (3,), {"label_smoothing": 0.1}),
            ("Index", (2, 3), {"class_weights": (1, 0, 2.5)}),
            ("Index", (2, 3), {"label_smoothing": 0.5, "class_weights": (1, 0, 2.5)}),
            ("Probabilities", (3,), {}),
            ("Probabilities", (2, 3), {}),
            ("Probabilities", (2, 3), {"label_smoothing": 0.25, "class_weights": (3, 1, 2)}),
            ("Binary", (), {}),
            ("Binary", (2, 3), {}),
            ("Binary", (3,), {"label_smoothing": 0.25, "class_weights": (0.5, 3)}),
        ):
            layer = CrossEntropyLossLayer(form, **options)
            target = shape[:-1] if form == "Index" else shape
            yield Example(layer, {"Input": shape, "Target": target}, chances)


def check_weights(kind: str, form: TargetForm, weights: Weights) -> None:
    """Raise OptionError for weights of a state other than 0 and 1."""
    if form == "Binary" and weights is not None and len(weights) != 2:
        what = "Binary decisions are between 0 and 1, which have a weight each"
        fault = Fault(what, at=kind, given=brief(weights), expected="class_weights of two numbers")
        raise fail(OptionError, fault)


def relate_weights(sizes: Sizes, form: TargetForm, weights: Weights) -> None:
    """As many classes as weights."""
    if form != "Binary" and weights is not None:
        sizes.set("classes", len(weights))


def surprises(
    g: Builder, form: TargetForm, input: Value, target: Value, smoothing: float, weights: Weights
) -> Value:
    """-log of the probability that was given to what is the case: a number a place."""
    if form == "Binary":
        return _binary(g, input, _spread(g, target, smoothing, 2), weights)
    logs = from_source(g, input, partial(exact_logarithm, g), partial(logarithm, g))
    count = input.shape[-1]
    if form == "Probabilities":
        logs = logarithm(g, input) if logs is None else logs
        return _total(g, g.multiply(_spread(g, target, smoothing, count), logs), weights)
    if logs is None and smoothing:
        logs = logarithm(g, input)
    found = logarithm(g, g.pick(input, target)) if logs is None else g.pick(logs, target)
    surprise = g.negate(found)
    if weights is not None:
        surprise = g.multiply(surprise, g.gather(g.constant(weights, (count,)), target))
    if not smoothing:
        return surprise
    assert logs is not None
    of_all = g.multiply(_total(g, logs, weights), smoothing / count)
    return g.add(g.multiply(surprise, 1 - smoothing), of_all)


def reference_surprises(
    form: TargetForm, input: Reals, target: Reals, smoothing: float, weights: Weights
) -> Reals:
    """The same in plain NumPy."""
    if form == "Binary":  # two classes
        both = np.stack([1 - input, input], -1), np.stack([1 - target, target], -1)
        return reference_surprises("Probabilities", *both, smoothing, weights)
    logs, count = np.log(np.maximum(input, SMALLEST)), input.shape[-1]
    shares = np.eye(count)[np.asarray(target).astype(int) - 1] if form == "Index" else target
    shares = (1 - smoothing) * shares + smoothing / count
    surprise: Reals = -(shares * logs * (1 if weights is None else np.array(weights))).sum(-1)
    return surprise


def mean_of_places(g: Builder, x: Value) -> Value:
    """One number an example."""
    return x if x.rank == 1 else g.mean_over_examples(x)


def _spread(g: Builder, target: Value, smoothing: float, count: int) -> Value:
    """Shares of which some are given to all classes alike."""
    return g.add(g.multiply(target, 1 - smoothing), smoothing / count) if smoothing else target


def _total(g: Builder, logs: Value, weights: Weights) -> Value:
    """Less the sum over the classes, each with its weight."""
    if weights is not None:
        logs = g.multiply(logs, g.constant(weights, (len(weights),)))
    total = g.sum(logs, [-1])
    return g.negate(g.reshape(total, total.shape[:-1]))


def logarithm(g: Builder, x: Value) -> Value:
    """Of a probability, which counts as at least the smallest."""
    return g.map("Log", g.maximum(x, SMALLEST))


def exact_logarithm(g: Builder, call: Call) -> Value | None:
    """The logarithm of what a call gives, if it gives probabilities."""
    if call.primitive == "softmax":
        return g.log_softmax(call.inputs[0], call.attributes["axis"])
    score = _score(call)
    return None if score is None else g.negate(g.map("SoftRamp", g.negate(score)))


def _score(call: Call) -> Value | None:
    """What went into a logistic function."""
    return call.inputs[0] if call.attributes.get("function") == "LogisticSigmoid" else None


def _binary(g: Builder, p: Value, target: Value, weights: Weights) -> Value:
    """-target log p - (1 - target) log(1 - p), each from the side where nothing cancels."""
    of_no, of_yes = weights or (1.0, 1.0)

    def surprise(of: Callable[[Value], Value], sign: Callable[[Value], Value]) -> Value:
        """-log of p or of 1 - p; sign: what turns the score of p into that of its contrary."""

        def exact(call: Call) -> Value | None:
            score = _score(call)
            return None if score is None else g.map("SoftRamp", sign(score))

        def plain(x: Value) -> Value:
            return g.negate(logarithm(g, of(x)))

        found = from_source(g, p, exact, plain)
        return plain(p) if found is None else found

    yes = surprise(lambda x: x, g.negate)
    no = surprise(lambda x: g.subtract(1.0, x), lambda score: score)
    if weights is not None:
        yes, no = g.multiply(yes, of_yes), g.multiply(no, of_no)
    return g.add(g.multiply(target, yes), g.multiply(g.subtract(1.0, target), no))
