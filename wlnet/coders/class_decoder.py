"""The "Class" decoder: a vector of probabilities becomes a label, or a table of labels."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import KW_ONLY, field
from typing import Any, Self

import numpy as np

from wlnet.coders.class_encoder import ClassEncoder
from wlnet.coders.coder import choice_faults, coder, is_automatic
from wlnet.coders.decoder import NetDecoder, Property
from wlnet.coders.labels import LabelIndex, Labels, as_labels
from wlnet.coders.worth import worths
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.scalars import as_whole
from wlnet.core.shapes import Shape, fits
from wlnet.core.symbols import AUTOMATIC, Symbol

WITH_COUNT = ("TopDecisions", "TopProbabilities")


@coder
class ClassDecoder(NetDecoder):
    """`NetDecoder("Class", labels)`: reads probability vectors of shape (number of labels,).

    Labels AUTOMATIC become 1..n when the port's size n is known. Properties:

    * "Decision" (the default): the label of the largest number, the first on ties
    * `("TopDecisions", n)`: the n likeliest labels, likeliest first
    * "Probabilities": dict label to number, in the order of the labels
    * "TopProbabilities": dict of those above a tenth of the largest, likeliest first;
      `("TopProbabilities", n)`: of the n likeliest
    * `("Probability", label)`: one number
    * "Entropy": -sum p log p, in nats, of the numbers divided by their sum
    * "RandomSample": a label drawn with these probabilities from the generator `rng`

    Labels come back as the objects that were given. "InputDepth" other than 1 and "Multilabel"
    True are not available and rejected.

    >>> decoder = NetDecoder("Class", ["x", "y", "z"])
    >>> p = np.array([[0.2, 0.7, 0.1]])
    >>> decoder.decode(p), decoder.decode(p, ("TopDecisions", 2))
    (['y'], [['y', 'x']])
    >>> decoder.decode(p, ("TopProbabilities", 1))
    [{'y': 0.7}]

    Source: https://reference.wolfram.com/language/ref/netdecoder/Class.html
    """

    kind = "Class"
    properties = (
        "Decision",
        "TopDecisions",
        "Probabilities",
        "TopProbabilities",
        "Probability",
        "Entropy",
        "RandomSample",
    )
    labels: Labels | Symbol = field(default=AUTOMATIC, metadata={"show": worths})
    _: KW_ONLY
    input_depth: int = 1
    multilabel: bool = False

    def __post_init__(self) -> None:
        faults = choice_faults(
            self.title,
            input_depth=(self.input_depth, (1,)),
            multilabel=(self.multilabel, (False,)),
        )
        if faults:
            raise fail(OptionError, faults)
        self._set(labels=as_labels(self.labels, self.title))

    @property
    def shape(self) -> Shape:
        return (None,) if isinstance(self.labels, Symbol) else (len(self.labels),)

    def fitted(self, shape: Shape) -> Self:
        self._require(shape, fits(self.shape, shape) and 0 not in shape)
        if is_automatic(self.labels) and shape[0] is not None:
            return self._with(labels=range(1, shape[0] + 1))
        return self

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[object]:
        numbers = self._numbers(array)
        fitted = self.fitted(numbers.shape[1:])
        assert not isinstance(fitted.labels, Symbol)
        labels = fitted.labels
        name, value = fitted._property(prop)
        match name:
            case "Decision":
                return [labels[place] for place in numbers.argmax(axis=1).tolist()]
            case "TopDecisions":
                return [[labels[place] for place in row] for row in _order(numbers, value)]
            case "Probabilities":
                return [dict(zip(labels, row, strict=True)) for row in numbers.tolist()]
            case "TopProbabilities":
                return _top(numbers, labels, value)
            case "Probability":
                return list(numbers[:, value].tolist())
            case "Entropy":
                return _entropy(_shares(numbers))
            case _:
                return _sample(_shares(numbers), labels, rng)

    def check_property(self, prop: Property) -> None:
        if not isinstance(self.labels, Symbol):
            self._property(prop)

    def target_encoder(self) -> ClassEncoder:
        encoder: ClassEncoder = ClassEncoder(self.labels)
        return encoder

    def _property(self, prop: Property) -> tuple[str, Any]:
        """The property's name and its argument: a count, the place of a label, or None."""
        assert not isinstance(self.labels, Symbol)
        if is_automatic(prop):
            return "Decision", None
        name, *rest = prop if isinstance(prop, (tuple, list)) and prop else (prop,)
        if not isinstance(name, str) or name not in self.properties or len(rest) > 1:
            raise self._unknown_property(prop)
        needs = name in ("TopDecisions", "Probability")
        if (needs and not rest) or (rest and not needs and name != "TopProbabilities"):
            form = f"({name!r}, {'label' if name == 'Probability' else 'n'})" if needs else name
            raise fail(
                OptionError,
                Fault(
                    f"the property {name} {'needs' if needs else 'takes no'} argument",
                    at=repr(self),
                    given=brief(prop),
                    expected=form,
                    fix="one property a call"
                    if rest and isinstance(rest[0], str) and rest[0] in self.properties
                    else None,
                ),
            )
        if rest and name in WITH_COUNT:
            return name, self._count(rest[0], prop)
        return name, self._place(rest[0], prop) if rest else None

    def _count(self, count: object, prop: Property) -> int:
        most = len(self.labels)  # type: ignore[arg-type]
        number = as_whole(count)
        if number is None or not 1 <= number <= most:
            raise fail(
                OptionError,
                Fault(
                    "this many labels cannot be told",
                    at=repr(self),
                    given=brief(prop),
                    expected=f"a count from 1 to {most}",
                ),
            )
        return number

    def _place(self, label: object, prop: Property) -> int:
        index = LabelIndex(self.labels)  # type: ignore[arg-type]
        place = index.place(label)
        if place is None:
            raise fail(
                OptionError,
                Fault(
                    "this is not one of the labels",
                    at=repr(self),
                    given=brief(prop),
                    known=index.labels,
                    fix=index.advice(label),
                ),
            )
        return place - 1


def _order(numbers: np.ndarray, count: int | None = None) -> list[list[int]]:
    """Places by falling value; a stable sort, so that the first comes first on ties."""
    places: list[list[int]] = np.argsort(-numbers.astype(np.float64), axis=1, kind="stable")[
        :, :count
    ].tolist()
    return places


def _top(numbers: np.ndarray, labels: tuple[Hashable, ...], count: int | None) -> list[object]:
    result: list[object] = []
    for row, order in zip(numbers.tolist(), _order(numbers, count), strict=True):
        least = 0.1 * row[order[0]]
        kept = order if count is not None else [place for place in order if row[place] > least]
        result.append({labels[place]: row[place] for place in kept})
    return result


def _shares(numbers: np.ndarray) -> np.ndarray:
    """The rows as distributions in float64; DataError for a row that cannot be one."""
    shares = numbers.astype(np.float64)
    total = shares.sum(axis=1, keepdims=True)
    bad = (shares < 0).any(axis=1) | (total[:, 0] <= 0)
    if bad.any():
        place = int(np.argmax(bad))
        raise fail(
            DataError,
            Fault(
                "these numbers are no probabilities",
                at=f"example {place + 1}",
                given=f"numbers from {shares[place].min():g} to {shares[place].max():g}",
                expected="numbers of at least 0 that are not all 0",
                fix="end the net in a SoftmaxLayer",
            ),
        )
    return np.asarray(shares / total)


def _entropy(shares: np.ndarray) -> list[object]:
    # 0 log 0 is 0: take the logarithm of 1 there.
    bits = np.where(shares > 0, shares, 1.0)
    # Adding 0 turns the -0.0 of a certain answer into 0.0.
    return list((-(bits * np.log(bits)).sum(axis=1) + 0.0).tolist())


def _sample(
    shares: np.ndarray, labels: tuple[Hashable, ...], rng: np.random.Generator | None
) -> list[object]:
    if not isinstance(rng, np.random.Generator):
        raise fail(
            OptionError,
            Fault(
                'the property "RandomSample" needs a seeded generator',
                given=f"rng={brief(rng)}",
                expected="a numpy.random.Generator",
                fix="rng=numpy.random.default_rng(1234)",
            ),
        )
    steps = shares.cumsum(axis=1)
    # The last step is 1 up to rounding; scaling by it keeps every draw inside the table.
    draws = rng.random(len(shares))[:, np.newaxis] * steps[:, -1:]
    places = (draws >= steps).sum(axis=1)
    # A draw that rounds up to the end would name a label beyond the last possible one.
    last = shares.shape[1] - 1 - (shares[:, ::-1] > 0).argmax(axis=1)
    return [labels[place] for place in np.minimum(places, last).tolist()]
