"""Open sizes of a file: the batch, lengths of sequences, and what is made of them.

Elsewhere each is a dynamic axis. What a size depends on is found by looking: a graph is made for
several sizes, and a polynomial is laid through what came out. It has no powers: batch * length, but
not length^2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

Names = tuple[str, ...]


@dataclass(frozen=True)
class Size:
    """A sum of products of named sizes. terms: (factor, names), none of them with a factor of 0.

    >>> str(Size(((1, ()), (3, ("batch", "length")))))
    '1 + 3 * batch * length'
    """

    terms: tuple[tuple[int, Names], ...]

    def at(self, point: Mapping[str, int]) -> int:
        """What it is where the named sizes are these."""
        return sum(factor * prod(point[name] for name in names) for factor, names in self.terms)

    def is_known(self, point: Mapping[str, int]) -> bool:
        """Whether all its names are among these."""
        return all(name in point for _, names in self.terms for name in names)

    @property
    def is_own(self) -> bool:
        """Whether it is, or is made of, sizes that are read off a value inside, not off a port."""
        return any(name.startswith("#") for _, names in self.terms for name in names)

    @property
    def name(self) -> str | None:
        """The name that it is, if it is one alone."""
        match self.terms:
            case ((1, (name,)),):
                return name
        return None

    @property
    def number(self) -> int:
        """What it has beside its names."""
        return sum(factor for factor, names in self.terms if not names)

    def __str__(self) -> str:
        return " + ".join(
            " * ".join([*([str(factor)] if factor != 1 or not names else []), *names])
            for factor, names in self.terms
        )


Extent = int | Size | None
"""A size of an array: known, open, or one that nobody can tell before it is there."""


def named(name: str) -> Size:
    """The size of this name."""
    return Size(((1, (name,)),))


def plus(size: Size, number: int) -> Size:
    """A size and a number, which may be negative."""
    number += size.number
    return Size((*([(number, ())] if number else []), *(term for term in size.terms if term[1])))


def times(size: Size, other: int | Size) -> Size:
    """The product of two sizes.

    >>> str(times(named("#1"), named("batch"))), str(times(named("#1"), 3))
    ('batch * #1', '3 * #1')
    """
    terms = ((other, ()),) if isinstance(other, int) else other.terms
    return Size(tuple((a * b, (*n, *m)) for a, m in size.terms for b, n in terms))


@dataclass(frozen=True)
class Measure:
    """A Real that follows from a size: size ^ power, such as 1 / length in a mean."""

    size: Size
    power: float


POWERS = -1.0, -0.5
"""Of sizes that a graph has Reals of: means, and scales by a root."""


@dataclass(frozen=True)
class Probes:
    """The sizes that a graph is made for, so as to see what depends on what.

    first: a value for each name. Beside it each name is also one greater, in every combination.
    checks: more sizes, for which what was found has to hold: what is no polynomial, such as the
    number of places of a window with strides, does not hold for sizes far from the first ones.

    >>> probes = Probes({"batch": 7}, [{"batch": 23}])
    >>> probes.points
    [{'batch': 7}, {'batch': 8}, {'batch': 23}]
    >>> str(probes.fitted([16, 18, 48])), probes.fitted([5, 5, 5]), probes.fitted([5, 6, 17])
    ('2 + 2 * batch', 5, None)
    """

    first: Mapping[str, int]
    checks: Sequence[Mapping[str, int]] = ()

    @property
    def points(self) -> list[dict[str, int]]:
        """All of them, in order."""
        steps = product((0, 1), repeat=len(self.first))
        found = [
            {name: size + step for (name, size), step in zip(self.first.items(), each, strict=True)}
            for each in steps
        ]
        return [*found, *map(dict, self.checks)]

    def fitted(self, values: Sequence[int]) -> Extent:
        """The size that has these values at the points; None where no polynomial has."""
        if all(value == values[0] for value in values):
            return values[0]
        names = tuple(self.first)
        at = dict(zip(product((0, 1), repeat=len(names)), values, strict=False))
        factors: dict[Names, int] = {}
        for chosen in _subsets(names):
            # Differences are the factors of products of (size - first), which are multiplied out.
            difference = sum(
                (-1) ** (len(chosen) - len(some)) * at[tuple(int(n in some) for n in names)]
                for some in _subsets(chosen)
            )
            for kept in _subsets(chosen):
                rest = prod(-self.first[name] for name in chosen if name not in kept)
                factors[kept] = factors.get(kept, 0) + difference * rest
        size = Size(tuple((factor, names) for names, factor in factors.items() if factor))
        holds = all(size.at(point) == n for point, n in zip(self.points, values, strict=True))
        return size if holds else None


def measured(values: Sequence[float], size_of: Callable[[Sequence[int]], Extent]) -> Measure | None:
    """The Real that has these values at all points, if it follows from a size.

    >>> probes = Probes({"batch": 7}, [{"batch": 23}])
    >>> measured([1 / 7, 1 / 8, 1 / 23], probes.fitted)
    Measure(size=Size(terms=((1, ('batch',)),)), power=-1.0)
    """
    for power in POWERS if all(value > 0 for value in values) else ():
        whole = [round(value ** (1 / power)) for value in values]
        near = all(isclose(n**power, x) for n, x in zip(whole, values, strict=True) if n)
        size = size_of(whole) if near and all(whole) else None
        if isinstance(size, Size):
            return Measure(size, power)
    return None


def isclose(a: float, b: float) -> bool:
    """Whether two Reals are the same but for rounding."""
    return abs(a - b) <= 1e-12 * abs(b)


def _subsets(names: Names) -> list[Names]:
    return [each for count in range(len(names) + 1) for each in combinations(names, count)]
