"""What decoders of labels share: probabilities become labels, or tables of labels."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np

from wlnet.coders.decoder import NetDecoder, Property
from wlnet.coders.labels import LabelIndex, Labels
from wlnet.coders.parameters import is_automatic
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.scalars import as_whole
from wlnet.core.symbols import AUTOMATIC, Symbol

WITH_COUNT = ("TopDecisions", "TopProbabilities")


class LabelDecoder(NetDecoder):
    """The base of decoders of arrays whose last level has a number for each label.

    What a property says of a vector comes in lists, nested as the levels before the last are.
    """

    of_labels = True
    properties = (
        "Decision",
        "TopDecisions",
        "Probabilities",
        "TopProbabilities",
        "Probability",
        "Entropy",
        "RandomSample",
    )
    labels: Labels | Symbol

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[Any]:
        numbers = self._numbers(array)
        fitted = self.fitted(numbers.shape[1:])
        assert not isinstance(fitted.labels, Symbol)
        name, value = fitted._property(prop)
        *levels, count = numbers.shape
        rows = numbers.reshape(-1, count)
        draw = Draw(rng, len(rows) // max(len(numbers), 1))
        return _nested(self._told(rows, fitted.labels, name, value, draw), levels)

    def _told(
        self, numbers: np.ndarray, labels: Labels, name: str, value: Any, draw: Draw
    ) -> list[Any]:
        """What a property says of each vector."""
        return _told(numbers, labels, name, value, draw)

    def check_property(self, prop: Property) -> None:
        if not isinstance(self.labels, Symbol):
            self._property(prop)

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


class Draw(NamedTuple):
    """What chance needs to know: its source, and how many vectors an example has."""

    rng: np.random.Generator | None
    places: int


def _told(numbers: np.ndarray, labels: Labels, name: str, value: Any, draw: Draw) -> list[Any]:
    """What a property says of each vector."""
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
            return _entropy(_shares(numbers, draw.places))
        case _:
            return _sample(_shares(numbers, draw.places), labels, draw.rng)


def _nested(items: list[Any], levels: list[int]) -> list[Any]:
    """Items in lists of lists of these lengths, the outermost first."""
    for depth in range(len(levels) - 1, 0, -1):
        size, count = levels[depth], math.prod(levels[:depth])
        items = [items[i * size : (i + 1) * size] for i in range(count)]
    return items


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


def _shares(numbers: np.ndarray, places: int) -> np.ndarray:
    """The rows as distributions in float64; DataError for a row that cannot be one.

    places: how many rows an example has.
    """
    shares = numbers.astype(np.float64)
    total = shares.sum(axis=1, keepdims=True)
    bad = (shares < 0).any(axis=1) | (total[:, 0] <= 0)
    if bad.any():
        place = int(np.argmax(bad))
        raise fail(
            DataError,
            Fault(
                "these numbers are no probabilities",
                at=f"example {place // places + 1}",
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
    shares: np.ndarray, labels: tuple[Hashable, ...], given: np.random.Generator | None
) -> list[object]:
    rng = source(given)
    steps = shares.cumsum(axis=1)
    # The last step is 1 up to rounding; scaling by it keeps every draw inside the table.
    draws = rng.random(len(shares))[:, np.newaxis] * steps[:, -1:]
    places = (draws >= steps).sum(axis=1)
    # A draw that rounds up to the end would name a label beyond the last possible one.
    last = shares.shape[1] - 1 - (shares[:, ::-1] > 0).argmax(axis=1)
    return [labels[place] for place in np.minimum(places, last).tolist()]


def source(rng: np.random.Generator | None) -> np.random.Generator:
    """The generator of random numbers. Raises OptionError where there is none."""
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
    return rng
