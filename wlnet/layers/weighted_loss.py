"""WeightedLossLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.cross_entropy_loss import (
    PORTS,
    check_weights,
    mean_of_places,
    reference_surprises,
    relate_weights,
    surprises,
    weights_by_class,
)
from wlnet.layers.declaring.fields import PortField, one_of, out, parameter, port, real
from wlnet.layers.declaring.layer import Example, Layer, Reals, TargetForm


class WeightedLossLayer(Layer):
    """A cross entropy in which every decision has a weight of its own: one number an example.

    Formula: loss = -weight * log(input[target])

    form, label_smoothing, class_weights: as of CrossEntropyLossLayer, which it equals where all
    weights at the port are 1. What is lost at each place is multiplied by the weight there, and the
    mean over all places is taken, also over those of weight 0: so places that are padding can be
    left out. `net_train(net, data, class_weights=...)` puts this layer behind sequences of labels.
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
    label_smoothing = parameter(0.0, check=real(0, 1, open_high=True), later=True)
    class_weights = parameter(None, check=weights_by_class, later=True)
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

    def check(self) -> None:
        check_weights(self.kind, self.form, self.class_weights)

    def relate(self, sizes: Sizes) -> None:
        relate_weights(sizes, self.form, self.class_weights)

    def lower(self, g: Builder, input: Value, target: Value, weight: Value) -> Value:
        costs = surprises(g, self.form, input, target, self.label_smoothing, self.class_weights)
        return mean_of_places(g, g.multiply(costs, weight))

    def reference(self, input: Reals, target: Reals, weight: Reals) -> Reals:
        surprise = reference_surprises(
            self.form, input, target, self.label_smoothing, self.class_weights
        )
        mean: Reals = (surprise * weight).reshape(len(input), -1).mean(1)
        return mean

    @staticmethod
    def examples() -> Iterator[Example]:
        chances = (0.05, 0.95)
        for form, shape, places, options in (
            ("Index", (3,), (), {}),
            ("Index", (2, 2, 4), (2, 2), {}),
            ("Index", (2, 3), (2,), {"label_smoothing": 0.25, "class_weights": (3, 1, 2)}),
            ("Probabilities", (3,), (), {}),
            ("Probabilities", (2, 3), (2,), {}),
            ("Binary", (), (), {}),
            ("Binary", (2, 3), (2, 3), {"label_smoothing": 0.25}),
        ):
            target = places if form == "Index" else shape
            shapes = {"Input": shape, "Target": target, "Weight": places}
            yield Example(WeightedLossLayer(form, **options), shapes, chances)
