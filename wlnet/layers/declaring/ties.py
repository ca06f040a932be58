"""Sizes that several runs share entry by entry: where the inputs of a layer are many."""

from __future__ import annotations

from collections.abc import Iterable

from wlnet.core.shapes import Mismatch, Sizes, merge_size, shape_text

Entry = tuple[str, int]
"""A run of sizes, and which of them."""


def tie(sizes: Sizes, pairs: Iterable[tuple[Entry, Entry]]) -> None:
    """Make the two entries of each pair the same size. The runs must have known ranks."""
    for (run, i), (other, j) in pairs:
        one, two = sizes.run(run), sizes.run(other)
        assert one is not None
        assert two is not None
        try:
            size = merge_size(one[i], two[j])
        except Mismatch:
            raise Mismatch(
                f"{one[i]} in {shape_text(one)} should be {two[j]} as in {shape_text(two)}"
            ) from None
        for name, at in ((run, i), (other, j)):
            known = sizes.run(name)
            assert known is not None
            sizes.set(name, (*known[:at], size, *known[at + 1 :]))


def runs(sizes: Sizes) -> list[str]:
    """The runs of the numbered inputs, "*input1", "*input2", ..."""
    return [f"*input{i + 1}" for i in range(sizes["inputs"] or 0)]
