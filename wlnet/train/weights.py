"""Weights of examples: a number an example that its losses are multiplied with.

The loss of a batch is sum(weight loss) / (number of its examples), as in Keras; scikit-learn
divides by the sum of the weights. Weights of classes (class_weights.py) are multiplied with those
of examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.ports import PortType
from wlnet.core.scalars import as_real
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.columns import encode
from wlnet.evaluate.holding import Array, copy_into
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import Group
from wlnet.kernels.language import Precision
from wlnet.layers import CrossEntropyLossLayer
from wlnet.nets.inference import inferred_port
from wlnet.train.class_weights import (
    BALANCED,
    Asked,
    ClassWeights,
    balanced,
    class_count,
    column_of,
    table_of,
    weights_by_port,
    weights_of_decisions,
)
from wlnet.train.examples import Examples, WeightsAsked
from wlnet.train.losses import LossTerm
from wlnet.train.sources import ArraySource
from wlnet.train.training_net import TrainingNet, Weighing

OPTION = "example_weights"


def read_example_weights(given: object, at: str) -> tuple[object, list[Fault]]:
    """The option as it is kept: None, the name of a column, or the column itself."""
    if given is None or (isinstance(given, str) and given):
        return given, []
    if isinstance(given, (str, Mapping)) or as_real(given) is not None:
        fix = "class_weights={label: weight, ...}" if isinstance(given, Mapping) else None
        expected = "the name of a column of the data, or a column of numbers, one an example"
        return None, [Fault(f"{at} cannot be this", given=brief(given), expected=expected, fix=fix)]
    return given, []


def check_name(name: object, training: TrainingNet) -> None:
    """Raise OptionError for a column of weights that is one of a port."""
    taken = {*training.columns, *training.user.port_names}
    if isinstance(name, str) and name in taken:
        what = "this is a port of the net: weights are a column of their own"
        raise fail(OptionError, Fault(what, at=OPTION, given=brief(name)))


def check_comes_with_batches(given: object) -> None:
    """Raise OptionError for weights by themselves, where a function gives the examples."""
    if given is not None and not isinstance(given, str):
        what = "the weights of a function's examples come with each batch"
        fix = 'example_weights="Weight", and a column of that name in every batch'
        raise fail(OptionError, Fault(what, at=OPTION, given=brief(given), fix=fix))


def weights_of(found: Examples, asked: WeightsAsked, at: str) -> Array | None:
    """The weights of examples as numbers, if there are any. Raises DataError, ShapeError naming the
    example.
    """
    if found.weights is None:
        return None
    place = asked.place(at)
    array = encode(PortType((), "Real"), place, found.weights, precision="Real64")
    numbers = np.asarray(array, np.float64)
    if numbers.min() < 0:
        bad = int(np.argmax(numbers < 0))
        fault = Fault(
            "a weight below 0",
            at=place.example(bad),
            given=f"{numbers[bad]:g}",
            expected="weights from 0 on; 0 leaves an example out",
        )
        raise fail(DataError, fault)
    return numbers


# The training net


def weighted(
    training: TrainingNet, classes: ClassWeights | None, examples: object
) -> tuple[TrainingNet, dict[str, Asked]]:
    """A training net whose losses are weighted as asked, and the weights of classes by output.

    training: fitted to its data, without weights. Raises OptionError.
    """
    by_port = weights_by_port(classes, training)
    found: dict[str, Weighing] = {}
    faults: list[Fault] = []
    for out, term in training.by_port.items():
        places = _places(training, term.port) if term.port in by_port else ()
        if places and not isinstance(term.loss, CrossEntropyLossLayer):
            faults.append(_no_decisions(term, places))
        elif places or term.port in by_port or examples is not None:
            found[out] = "by decision" if places else "by example"
    if faults:
        raise fail(OptionError, faults)
    return TrainingNet(training.user, training.terms, found) if found else training, by_port


def _places(training: TrainingNet, port: str) -> tuple[int | None, ...]:
    """The shape of the decisions that an output makes of an example."""
    form = training.forms[column_of(training, port)]
    shape = inferred_port(training.user, port).shape or ()
    return shape if form == "Binary" else shape[:-1]


def _no_decisions(term: LossTerm, places: tuple[int | None, ...]) -> Fault:
    assert term.loss is not None
    return Fault(
        "weights of classes where an example has several targets: the loss does not tell what "
        "each decision loses",
        at=f"class_weights, port {term.port}",
        given=f"{term.loss.kind}, decisions of shape {places}",
        expected="a CrossEntropyLossLayer",
        fix="a WeightedLossLayer in the net, with the weights as an input; or example_weights",
    )


# Columns


@dataclass(frozen=True)
class Weigher:
    """Gives the columns of weights that a weighted training net takes.

    tables: output port -> the weight of each of its classes.
    """

    training: TrainingNet
    precision: Precision
    tables: Mapping[str, Array]

    def of_examples(self) -> Weigher:
        """The same without weights of classes."""
        return replace(self, tables={})

    def columns(
        self,
        columns: Mapping[str, Any],
        examples: Array | None,
        count: int | None,
        place: Place,
    ) -> dict[str, Array]:
        """The columns of weights beside those of so many examples. examples: their own weights."""
        found: dict[str, Array] = {}
        terms = self.training.by_port
        for out in self.training.weighted:
            weights = np.ones(count or 0) if examples is None else examples
            port = terms[out].port
            if port in self.tables:
                column = column_of(self.training, port)
                form, table = self.training.forms[column], self.tables[port]
                own = weights_of_decisions(form, columns[column], table)
                weights = own * _beside(weights, own.shape)
            name = self.training.weight_column(out)
            # Of examples of one shape all shapes are known.
            inside = self.training.shape(name, self.training.shapes_of(columns)) or ()
            shape = (len(weights), *(size or 0 for size in inside))
            found[name] = np.empty(shape, DTYPES[self.precision])
            copy_into(np.broadcast_to(_beside(weights, shape), shape), found[name], place)
        return found

    def added(self, source: ArraySource, examples: Array | None, place: Place) -> ArraySource:
        """A source with the columns of weights. examples: those of all that the user gave, by
        number. Raises DataError where no example counts.
        """
        if not self.training.weighted:
            return source
        own = weights_in(source, examples)

        def made(group: Group) -> dict[str, Array]:
            return self.columns(group.columns, own[group.rows], len(group.rows), place)

        found = source.with_columns(made)
        for out in self.training.weighted:
            name = self.training.weight_column(out)
            if not any(group.columns[name].any() for group in found.groups):
                fix = "a weight above 0 for what shall be learnt"
                # Where examples count, it is their classes that do not.
                both = "class_weights" if examples is None else "class_weights and example_weights"
                at = both if own.any() else str(place)
                raise fail(DataError, Fault("all weights are 0", at=at, fix=fix))
        return found


def weights_in(source: ArraySource, examples: Array | None) -> Array:
    """The weights of the examples of a source; 1 where none are given."""
    return np.ones(source.examples) if examples is None else examples[source.numbers - 1]


def _beside(weights: Array, shape: tuple[int, ...]) -> Array:
    """Weights with levels of size 1 behind, so that they stand beside numbers of a shape."""
    return weights.reshape(*weights.shape, *(1 for _ in shape[weights.ndim :]))


def weigher_of(
    beside: tuple[TrainingNet, Mapping[str, Asked]],
    precision: Precision,
    source: ArraySource | None,
    examples: Array | None,
) -> Weigher:
    """What gives the weights of a training, with the classes of the examples to train on.

    beside: what `weighted` gave. source: None for a function, of which nobody knows all examples.
    Raises OptionError.
    """
    training, by_port = beside
    tables: dict[str, Array] = {}
    for port, asked in by_port.items():
        if isinstance(asked, Mapping):
            tables[port] = table_of(asked, training, port)
            if not tables[port].any():
                fix = "a weight above 0 for what shall be learnt"
                fault = Fault("all weights are 0", at=f"class_weights, port {port}", fix=fix)
                raise fail(OptionError, fault)
        elif source is None:
            fix = "class_weights={label: weight, ...}"
            what = f'"{BALANCED}" goes by all examples, and a function gives some at a time'
            raise fail(OptionError, Fault(what, at=f"class_weights, port {port}", fix=fix))
        else:
            column = column_of(training, port)
            form, count = training.forms[column], class_count(training, port)
            tables[port] = balanced(
                form, source.columns[column], count, weights_in(source, examples)
            )
    return Weigher(training, precision, tables)
