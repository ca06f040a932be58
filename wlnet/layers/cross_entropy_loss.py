"""CrossEntropyLossLayer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Value
from wlnet.graph.provenance import from_source
from wlnet.layers.declaring.fields import PortField, one_of, out, parameter, port
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
    Ports: input, target, loss; the target is an integer (or an array of them) or has the input's
    shape.

    >>> loss = CrossEntropyLossLayer("Index")({"Input": [0.5, 0.25, 0.25], "Target": 2})
    >>> round(float(loss), 4)
    1.3863

    Wolfram Language: CrossEntropyLossLayer.
    """

    is_loss = True

    form = parameter(check=one_of("Index", "Probabilities", "Binary"))
    input = port("*places")
    target = port("*places")
    loss = out()

    @property
    def target_form(self) -> TargetForm:
        form: TargetForm = self.form
        return form

    def port_field(self, name: str) -> PortField:
        return PORTS[self.form].get(name) or super().port_field(name)

    def lower(self, g: Builder, input: Value, target: Value) -> Value:
        return mean_of_places(g, surprises(g, self.form, input, target))

    def reference(self, input: Reals, target: Reals) -> Reals:
        surprise = reference_surprises(self.form, input, target)
        mean: Reals = surprise.reshape(len(input), -1).mean(1)
        return mean

    @staticmethod
    def examples() -> Iterator[Example]:
        chances = (0.05, 0.95)
        yield Example(CrossEntropyLossLayer("Index"), {"Input": (3,), "Target": ()}, chances)
        yield Example(CrossEntropyLossLayer("Index"), {"Input": (1,), "Target": ()}, chances)
        yield Example(
            CrossEntropyLossLayer("Index"), {"Input": (2, 2, 4), "Target": (2, 2)}, chances
        )
        yield Example(
            CrossEntropyLossLayer("Probabilities"), {"Input": (3,), "Target": (3,)}, chances
        )
        yield Example(
            CrossEntropyLossLayer("Probabilities"), {"Input": (2, 3), "Target": (2, 3)}, chances
        )
        yield Example(CrossEntropyLossLayer("Binary"), {"Input": (), "Target": ()}, chances)
        yield Example(CrossEntropyLossLayer("Binary"), {"Input": (2, 3), "Target": (2, 3)}, chances)


def surprises(g: Builder, form: TargetForm, input: Value, target: Value) -> Value:
    """-log of the probability that was given to what is the case: a number a place."""
    if form == "Binary":
        return _binary(g, input, target)
    logarithms = from_source(g, input, partial(_exact, g), partial(_log, g))
    if form == "Index":
        if logarithms is None:
            return g.negate(_log(g, g.pick(input, target)))
        return g.negate(g.pick(logarithms, target))
    products = g.multiply(target, _log(g, input) if logarithms is None else logarithms)
    total = g.sum(products, [-1])
    return g.negate(g.reshape(total, total.shape[:-1]))


def reference_surprises(form: TargetForm, input: Reals, target: Reals) -> Reals:
    """The same in plain NumPy."""
    p = np.maximum(input, SMALLEST)
    surprise: Reals
    if form == "Index":
        chosen = np.take_along_axis(p, np.asarray(target)[..., None].astype(int) - 1, -1)
        surprise = -np.log(chosen[..., 0])
    elif form == "Probabilities":
        surprise = -(target * np.log(p)).sum(-1)
    else:
        q = np.maximum(1 - input, SMALLEST)
        surprise = -target * np.log(p) - (1 - target) * np.log(q)
    return surprise


def mean_of_places(g: Builder, x: Value) -> Value:
    """One number an example."""
    return x if x.rank == 1 else g.mean_over_examples(x)


def _log(g: Builder, x: Value) -> Value:
    return g.map("Log", g.maximum(x, SMALLEST))


def _exact(g: Builder, call: Call) -> Value | None:
    """The logarithm of what a call gives, if it gives probabilities."""
    if call.primitive == "softmax":
        return g.log_softmax(call.inputs[0], call.attributes["axis"])
    score = _score(call)
    return None if score is None else g.negate(g.map("SoftRamp", g.negate(score)))


def _score(call: Call) -> Value | None:
    """What went into a logistic function."""
    return call.inputs[0] if call.attributes.get("function") == "LogisticSigmoid" else None


def _binary(g: Builder, p: Value, target: Value) -> Value:
    """-target log p - (1 - target) log(1 - p), each from the side where nothing cancels."""

    def surprise(of: Callable[[Value], Value], sign: Callable[[Value], Value]) -> Value:
        """-log of p or of 1 - p; sign: what turns the score of p into that of its contrary."""

        def exact(call: Call) -> Value | None:
            score = _score(call)
            return None if score is None else g.map("SoftRamp", sign(score))

        def plain(x: Value) -> Value:
            return g.negate(_log(g, of(x)))

        found = from_source(g, p, exact, plain)
        return plain(p) if found is None else found

    yes = surprise(lambda x: x, g.negate)
    no = surprise(lambda x: g.subtract(1.0, x), lambda score: score)
    return g.add(g.multiply(target, yes), g.multiply(g.subtract(1.0, target), no))
