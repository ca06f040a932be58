"""What causal attention means, in plain NumPy; `reference.py` has the other primitives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _seen(count: int, window: int) -> list[slice]:
    """Of each of so many those that it sees."""
    return [slice(max(0, i - window + 1), i + 1) for i in range(count)]


def causal_softmax(x: Array, *, window: int) -> Array:
    """softmax over what each sees; the largest goes first: exp would overflow."""
    y = np.zeros_like(x)
    for i, seen in enumerate(_seen(x.shape[-1], window)):
        e = np.exp(x[..., i, seen] - np.max(x[..., i, seen], -1, keepdims=True))
        y[..., i, seen] = e / np.sum(e, -1, keepdims=True)
    return y


def causal_product(a: Array, b: Array, *, part: str, window: int) -> Array:
    """Sums over what each sees, or over those that see it; or entries for what it sees."""
    y = np.zeros((*a.shape[:-1], b.shape[-1]))
    for i, seen in enumerate(_seen(a.shape[-2], window)):
        if part == "Entries":
            y[..., i, seen] = (a[..., i : i + 1, :] @ b[..., :, seen])[..., 0, :]
        if part == "Past":
            y[..., i, :] = (a[..., i : i + 1, seen] @ b[..., seen, :])[..., 0, :]
        if part == "Future":
            seen_by = slice(i, i + window)
            y[..., i, :] = (a[..., i : i + 1, seen_by] @ b[..., seen_by, :])[..., 0, :]
    return y
