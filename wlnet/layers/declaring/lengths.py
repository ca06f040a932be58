"""Sizes of which one is greater than another by a known number: sequences that grow or lose."""

from __future__ import annotations

from wlnet.core.shapes import Mismatch, Sizes


def longer(sizes: Sizes, long: str, short: str, by: int) -> None:
    """Tie two sizes, both ways: one is the other and `by`. Raises Mismatch where nothing is
    left."""
    long_size, short_size = sizes[long], sizes[short]
    if short_size is not None:
        sizes.set(long, short_size + by)
    elif long_size is not None:
        if long_size <= by:
            raise Mismatch(f"a size of {long_size} leaves nothing without {by}")
        sizes.set(short, long_size - by)
