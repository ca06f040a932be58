"""Marked nets: every private array is filled with a number of its own, by which surgery is
followed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import wlnet as wl
from wlnet import NetSharedArray, RuleWarning


def quietly(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The result of a call. Drawn rules may be hidden or without arrays: no warnings of these."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuleWarning)
        return call(*args, **options)


def by_mark(net: Any) -> dict[Any, float]:
    """The multipliers of a marked net by the number that fills the array, or its shared name."""
    arrays = wl.information(net, "Arrays")
    found = wl.information(net, "ArraysLearningRateMultipliers")
    return {
        key if isinstance(key, NetSharedArray) else float(arrays[key].flat[0]): rate
        for key, rate in found.items()
        if isinstance(key, NetSharedArray) or isinstance(arrays[key], np.ndarray)
    }
