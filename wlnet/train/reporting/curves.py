"""A long series as a short one: means of as many values in a row, as they come in."""

from __future__ import annotations

from collections.abc import Sequence


class Means:
    """Means of a series that grows: at most `most` of them, each of as many values.

    To go on costs what is new, however long the series is.
    """

    def __init__(self, most: int = 120) -> None:
        self.most = most
        self._begin()

    def _begin(self) -> None:
        self._means: list[float] = []
        self._size, self._taken = 1, 0

    def points(self, values: Sequence[float]) -> list[tuple[float, float]]:
        """Each mean with the number of the value, from 1, that is the middle of those it is of. The
        last one is of what is left over.

        >>> Means(2).points([4.0, 2.0, 1.0])
        [(1.5, 3.0), (3.0, 1.0)]
        """
        if len(values) < self._taken:
            # It was cut.
            self._begin()
        while len(values) - self._taken >= self._size:
            part = values[self._taken : self._taken + self._size]
            self._means.append(sum(part) / self._size)
            self._taken += self._size
            if len(self._means) > self.most:
                self._merge()
        middle = (self._size + 1) / 2
        found = [(i * self._size + middle, mean) for i, mean in enumerate(self._means)]
        rest = values[self._taken :]
        if rest:
            found.append((self._taken + (len(rest) + 1) / 2, sum(rest) / len(rest)))
        return found

    def _merge(self) -> None:
        """Two means become one; an odd one is taken anew."""
        if len(self._means) % 2:
            self._means.pop()
            self._taken -= self._size
        pairs = zip(self._means[::2], self._means[1::2], strict=True)
        self._means = [(one + other) / 2 for one, other in pairs]
        self._size *= 2
