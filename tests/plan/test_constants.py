"""Constants of formulas that a precision cannot hold are no infinities that count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wlnet as wl

COUNTED: dict[str, Callable[[Any], Any]] = {
    "a factor": lambda x: x * 1e50,
    "a divisor": lambda x: x / 1e50,
    "there and back": lambda x: x * 1e-50 * 1e50,
    "a side of a choice": lambda x: np.where(x < 1, x, -1e50),
}
BOUNDS: dict[str, Callable[[Any], Any]] = {
    "clipped": lambda x: np.clip(x, -1e50, 1e50),
    "compared": lambda x: np.where(x < 1e50, x, 0),
    "at most": lambda x: np.minimum(x, 1e50),
}
X = [1.0, 2.0]


def net(formula: Callable[[Any], Any]) -> Any:
    return wl.NetChain([{"f": wl.ElementwiseLayer(formula)}, "Tanh"], input=2)


@pytest.mark.parametrize("name", COUNTED)
def test_a_constant_that_counts_and_cannot_be_held_is_refused_with_its_place(name: str) -> None:
    made = net(COUNTED[name])
    with pytest.raises(wl.OptionError, match="a constant that Real32 cannot hold") as caught:
        made(X)
    (fault,) = caught.value.faults
    assert (fault.at, fault.fix) == ("1/f", 'working_precision="Real64"')
    assert np.isfinite(made(X, working_precision="Real64")).all()


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_beyond_the_precision_means_what_it_says(name: str) -> None:
    made = net(BOUNDS[name])
    np.testing.assert_allclose(made(X), np.tanh(X), rtol=1e-6)


def test_a_training_is_refused_before_its_first_step() -> None:
    made = wl.net_initialize(wl.NetChain([2, wl.ElementwiseLayer(COUNTED["a factor"])], input=2))
    with pytest.raises(wl.OptionError, match=r"Real32 cannot hold[\s\S]*at: +2\n"):
        wl.net_train(made, ([X], [X]), max_training_rounds=1)
