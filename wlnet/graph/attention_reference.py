"""What attention means, in plain NumPy; `reference.py` has the other primitives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _seen(count: int, window: int) -> list[slice]:
    """Of each of so many those that it sees."""
    return [slice(max(0, i - window + 1), i + 1) for i in range(count)]


def _hidden(shape: tuple[int, ...], window: int | None) -> Array:
    """Of which entries of a row it sees nothing."""
    hidden = np.full(shape[-2:], window is not None)
    for i, seen in enumerate(_seen(shape[-1], window) if window is not None else ()):
        hidden[i, seen] = False
    return hidden


def attention_weights(x: Array, *, scale: float, window: int | None) -> Array:
    """softmax over what each sees; the largest goes first: exp would overflow."""
    lowered = np.where(_hidden(x.shape, window), -np.inf, scale * x)
    e = np.exp(lowered - np.max(lowered, -1, keepdims=True))
    return np.asarray(e / np.sum(e, -1, keepdims=True))


def attention_weights_input(d: Array, y: Array, *, scale: float, window: int | None) -> Array:
    """Nothing goes to what is not seen."""
    y = np.where(_hidden(y.shape, window), 0, y)
    return np.asarray((d - np.sum(d * y, -1, keepdims=True)) * y * scale)


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
