"""WeightedLossLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.cross_entropy_loss import (
    PORTS,
    mean_of_places,
    reference_surprises,
    surprises,
)
from wlnet.layers.declaring.fields import PortField, one_of, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals, TargetForm


class WeightedLossLayer(Layer):
    """A cross entropy in which every decision has a weight of its own: one number an example.

    Formula: loss = -weight * log(input[target])

    form: "Index", "Probabilities" or "Binary", as of CrossEntropyLossLayer, which it equals where
    all weights are 1. What is lost at each place is multiplied by the weight there, and the mean
    over all places is taken, also over those of weight 0: so places that are padding can be left
    out. `net_train(net, data, class_weights=...)` puts this layer behind sequences of labels.
    Ports: input, target, weight; loss. The weight has a number a place: the shape of the target
    without the level of classes, () for a single decision.

    >>> loss = WeightedLossLayer("Index")
    >>> two_places = {"Input": [[0.5, 0.5], [0.25, 0.75]], "Target": [1, 1], "Weight": [2, 0]}
    >>> round(float(loss(two_places)), 4)
    0.6931

    Wolfram Language: nothing like it; CrossEntropyLossLayer is without weights.
    """

    is_loss = True

    form = parameter(check=one_of("Index", "Probabilities", "Binary"))
    input = port("*places")
    target = port("*places")
    weight = port("*places")
    loss = out()

    @property
    def target_form(self) -> TargetForm:
        form: TargetForm = self.form
        return form

    def port_field(self, name: str) -> PortField:
        return PORTS[self.form].get(name) or super().port_field(name)

    def lower(self, g: Builder, input: Value, target: Value, weight: Value) -> Value:
        return mean_of_places(g, g.multiply(surprises(g, self.form, input, target), weight))

    def reference(self, input: Reals, target: Reals, weight: Reals) -> Reals:
        surprise = reference_surprises(self.form, input, target) * weight
        mean: Reals = surprise.reshape(len(input), -1).mean(1)
        return mean

    @staticmethod
    def examples() -> Iterator[Example]:
        chances = (0.05, 0.95)
        for form, shape, places in (
            ("Index", (3,), ()),
            ("Index", (2, 2, 4), (2, 2)),
            ("Probabilities", (3,), ()),
            ("Probabilities", (2, 3), (2,)),
            ("Binary", (), ()),
            ("Binary", (2, 3), (2, 3)),
        ):
            target = places if form == "Index" else shape
            shapes = {"Input": shape, "Target": target, "Weight": places}
            yield Example(WeightedLossLayer(form), shapes, chances)
