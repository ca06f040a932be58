"""Weights of classes: what each label counts, and what that makes of the decisions of an example.

Sources: scikit-learn's compute_class_weight ("balanced": King and Zeng, Logistic Regression in Rare
Events Data, 2001), and the argument class_weight of Keras' fit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wlnet.coders.coder import Coder
from wlnet.coders.labels import LabelIndex
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gate import shape_of
from wlnet.core.scalars import as_real
from wlnet.core.spelling import nearest, suggestion
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Ragged
from wlnet.layers.declaring.layer import TargetForm
from wlnet.nets.inference import inferred_port
from wlnet.train.mapped import Mapped, pieces
from wlnet.train.training_net import TrainingNet

BALANCED = "Balanced"
ByLabel = Mapping[object, float]
Asked = ByLabel | Literal["Balanced"]
"""Weights by label, or those that make all classes count the same."""
FORM = '"Balanced", {label: weight, ...}, or {port: either of these, ...}'
AT = "class_weights"


@dataclass(frozen=True)
class ClassWeights:
    """What the option class_weights asks for: of the outputs named, or of all that learn classes
    (named None).
    """

    by_port: Mapping[str | None, Asked]


def read_class_weights(given: object, at: str) -> tuple[ClassWeights | None, list[Fault]]:
    """The option as it is kept, and what is wrong with it, as far as no data are needed.

    >>> read_class_weights({"a": 2}, "class_weights")
    (ClassWeights(by_port={None: {'a': 2.0}}), [])
    """
    if given is None:
        return None, []
    if isinstance(given, Mapping) and any(_is_of_a_port(value) for value in given.values()):
        return _by_port(given, at)
    asked, faults = _asked(given, at)
    return None if faults else ClassWeights({None: asked}), faults


def _is_of_a_port(value: object) -> bool:
    """Whether it is all weights of a port; any other word was meant as the weight of a label."""
    is_word = isinstance(value, str) and bool(nearest(value, [BALANCED]))
    return is_word or isinstance(value, Mapping)


def _by_port(given: Mapping[object, object], at: str) -> tuple[ClassWeights | None, list[Fault]]:
    found: dict[str | None, Asked] = {}
    faults: list[Fault] = []
    for port, value in given.items():
        if not (isinstance(port, str) and isinstance(value, (Mapping, str))):
            what = "weights of labels and of ports in one"
            faults.append(Fault(what, at=at, given=brief(dict(given)), expected=FORM))
            break
        found[port], wrong = _asked(value, f"{at}, port {port}")
        faults += wrong
    return None if faults else ClassWeights(found), faults


def _asked(given: object, at: str) -> tuple[Asked, list[Fault]]:
    if isinstance(given, str):
        if given == BALANCED:
            return "Balanced", []
        fix = suggestion(given, [BALANCED])
        what = "no such weights of classes"
        return {}, [Fault(what, at=at, given=brief(given), expected=FORM, fix=fix)]
    if not isinstance(given, Mapping) or not given:
        fix = (
            "example_weights=..., for a weight an example"
            if len(shape_of(given) or ()) == 1
            else None
        )
        what = "these are no weights of classes"
        return {}, [Fault(what, at=at, given=brief(given), expected=FORM, fix=fix)]
    numbers = {label: as_real(value) for label, value in given.items()}
    faults = [
        Fault(
            "this is no weight of a class",
            at=f"{at}, label {brief(label)}",
            given=brief(given[label]),
            expected="a finite number from 0 on; 0 leaves the class out",
        )
        for label, number in numbers.items()
        if number is None or not math.isfinite(number) or number < 0
    ]
    return {label: number or 0.0 for label, number in numbers.items()}, faults


# Of which outputs


def weights_by_port(asked: ClassWeights | None, training: TrainingNet) -> dict[str, Asked]:
    """The weights of classes by output port. Raises OptionError for outputs without classes."""
    if asked is None:
        return {}
    known = [
        port
        for column, port in training.targets.items()
        if training.forms[column] not in ("Square", "Sequence")
    ]
    if not known:
        what = "no output learns classes"
        fix = "example_weights=..., a weight an example"
        expected = "a cross entropy, or a loss about a SoftmaxLayer or a LogisticSigmoid"
        raise fail(OptionError, Fault(what, at=AT, expected=expected, fix=fix))
    if None in asked.by_port:
        of_all = asked.by_port[None]
        if len(known) > 1 and of_all != BALANCED:
            what = "several outputs learn classes: whose labels are these?"
            fix = f"{{{known[0]!r}: {{label: weight, ...}}}}"
            fault = Fault(what, at=AT, given=brief(of_all), known=known, fix=fix)
            raise fail(OptionError, fault)
        return dict.fromkeys(known, of_all)
    faults = [
        Fault(
            "no output of this name learns classes",
            at=AT,
            given=brief(port),
            known=known,
            fix=suggestion(port, known),
        )
        for port in asked.by_port
        if port is not None and port not in known
    ]
    if faults:
        raise fail(OptionError, faults)
    return {port: weights for port, weights in asked.by_port.items() if port is not None}


def column_of(training: TrainingNet, port: str) -> str:
    """The column of the targets of an output."""
    return next(column for column, of in training.targets.items() if of == port)


# By class


def table_of(asked: ByLabel, training: TrainingNet, port: str) -> Array:
    """The weight of each class of an output, in order: as labels say, else 1. Raises OptionError
    for labels that it does not have.
    """
    column = column_of(training, port)
    form, coder = training.forms[column], inferred_port(training.net, column).coder
    table = np.ones(class_count(training, port))
    index = LabelIndex(_labels(coder, form, len(table)))
    faults = []
    for label, weight in asked.items():
        place = index.place(label)
        # True is 1 and False is 0 where there are no others.
        if place is None and form == "Binary" and label in (0, 1):
            place = 1 + int(bool(label))
        if place is None:
            what = "this is not one of the labels"
            faults.append(Fault(what, at=f"{AT}, port {port}", given=brief(label),
                                known=index.labels, fix=index.advice(label)))  # fmt: skip
        else:
            table[place - 1] = weight
    if faults:
        raise fail(OptionError, faults)
    return table


def _labels(coder: Coder | None, form: TargetForm, count: int) -> tuple[object, ...]:
    """The labels of classes as the user's data have them."""
    labels = coder.parameters.get("Labels") if coder is not None else None
    # Of a set of labels each is there or not: these are the classes.
    if isinstance(labels, tuple) and form != "Binary":
        return labels
    return (False, True) if form == "Binary" else tuple(range(1, count + 1))


def class_count(training: TrainingNet, port: str) -> int:
    """How many classes an output tells apart."""
    if training.forms[column_of(training, port)] == "Binary":
        return 2
    shape = inferred_port(training.user, port).shape
    assert shape is not None
    assert shape[-1] is not None
    return shape[-1]


def balanced(
    form: TargetForm, targets: Array | Mapped | Ragged, count: int, examples: Array
) -> Array:
    """The weight n / (k count) of each class: k classes occur, and have n decisions in all.

    examples: the weight of each example; n and the counts are sums of those. A class that does not
    occur gets 1.

    >>> balanced("Index", np.array([1, 1, 1, 2]), 3, np.ones(4))
    array([0.66666667, 2.        , 1.        ])
    """
    sums = np.zeros(count)
    for rows, part in _parts(targets):
        weights = examples[rows]
        if form == "Index":
            per_place = np.repeat(weights, part[0].size)
            sums += np.bincount(part.reshape(-1) - 1, weights=per_place, minlength=count)
            continue
        shares = np.asarray(part, np.float64)
        if form == "Binary":
            shares = np.stack([1 - shares, shares], axis=-1)
        sums += np.einsum("npk,n->k", shares.reshape(len(part), -1, count), weights)
    occurs = sums > 0
    table = np.ones(count)
    table[occurs] = sums.sum() / (occurs.sum() * sums[occurs])
    return table


def weights_of_decisions(form: TargetForm, targets: Array | Mapped, table: Array) -> Array:
    """The weight of each decision, from those of the classes; of a target that is a share of
    several classes, their mean by these shares.

    >>> weights_of_decisions("Binary", np.array([0, 1, 0.5]), np.array([1.0, 3.0]))
    array([1., 3., 2.])
    """
    found = [_of_part(form, part, table) for _, part in _parts(targets)]
    return np.concatenate(found)


def _of_part(form: TargetForm, part: Array, table: Array) -> Array:
    if form == "Index":
        return np.asarray(table[part - 1])
    shares = np.asarray(part, np.float64)
    if form == "Binary":
        return np.asarray((1 - shares) * table[0] + shares * table[1])
    return np.asarray(shares @ table)


def _parts(targets: Array | Mapped | Ragged) -> Iterator[tuple[slice | Array, Array]]:
    """Pieces of a column, each with the places of its examples."""
    if isinstance(targets, Ragged):
        yield from targets.parts
        return
    for start, stop in pieces(len(targets), targets[:1].nbytes):
        yield slice(start, stop), targets[start:stop]
