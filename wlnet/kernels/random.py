"""Random bits, from a generator that the caller keys: the same stream gives the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = tuple[Array, ...]


def random_mask(
    outputs: Arrays,
    inputs: Arrays,
    scratch: Array | None = None,
    *,
    shape: tuple[int, ...],
    keep: float,
    rng: np.random.Generator,
) -> None:
    """1 with probability `keep`, else 0. The bits differ between float32 and float64."""
    (y,) = outputs
    rng.random(dtype=y.dtype, out=y)
    np.less(y, keep, out=y)
