"""Every form of padding, with channels first and last, in every number of directions: each says
what a pair a direction says, and channels that stand last are channels that stand first."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.errors import OptionError, ShapeError

SPACE = (5, 4, 3)
STRIDE, KERNEL = (2, 1, 2), (3, 2, 2)
KINDS = {
    "convolution": lambda rank, **o: wl.ConvolutionLayer(4, KERNEL[:rank], STRIDE[:rank], **o),
    "deconvolution": lambda rank, **o: wl.DeconvolutionLayer(4, KERNEL[:rank], STRIDE[:rank], **o),
    "maximum": lambda rank, **o: wl.PoolingLayer(KERNEL[:rank], STRIDE[:rank], **o),
    "mean": lambda rank, **o: wl.PoolingLayer(KERNEL[:rank], STRIDE[:rank], "Mean", **o),
}  # fmt: skip
Pairs = tuple[tuple[int, int], ...]


def same(kind: str, size: int, kernel: int, stride: int) -> tuple[int, int]:
    """What "Same" comes to in one direction: the output has ceil(size / stride) places, or, of a
    deconvolution, size * stride."""
    if kind == "deconvolution":
        total = kernel - stride
    else:
        total = (-(-size // stride) - 1) * stride + kernel - size
    return (max(total, 0) // 2, max(total, 0) - max(total, 0) // 2)


FORMS: dict[str, Any] = {
    "a number": (lambda kind, rank: 1, lambda kind, rank: ((1, 1),) * rank),
    "a number a direction": (
        lambda kind, rank: (1, 0, 1)[:rank], lambda kind, rank: ((1, 1), (0, 0), (1, 1))[:rank],
    ),
    "a list": (lambda kind, rank: [0, 1, 0][:rank],
               lambda kind, rank: ((0, 0), (1, 1), (0, 0))[:rank]),
    "numbers and pairs": (lambda kind, rank: (1, (0, 1), 0)[:rank],
                          lambda kind, rank: ((1, 1), (0, 1), (0, 0))[:rank]),
    "Same": (lambda kind, rank: "Same",
             lambda kind, rank: tuple(
                 same(kind, *each)
                 for each in zip(SPACE[:rank], KERNEL[:rank], STRIDE[:rank], strict=True))),
}  # fmt: skip
CASES = list(itertools.product(KINDS, FORMS, (1, 2, 3)))


def filled(layer: Any, rank: int, *, last: bool = False) -> Any:
    """The layer with one set of arrays, and channels where it has them."""
    shape = (*SPACE[:rank], 3) if last else (3, *SPACE[:rank])
    return wl.net_initialize(wl.NetChain([layer], input=shape), random_seeding=1)


def column(rank: int) -> np.ndarray:
    x: np.ndarray = np.random.default_rng(0).normal(size=(2, 3, *SPACE[:rank]))
    return x.astype(np.float32)


@pytest.mark.parametrize(("kind", "form", "rank"), CASES)
def test_each_form_of_padding_says_what_pairs_say(kind: str, form: str, rank: int) -> None:
    make, (told, spelt) = KINDS[kind], FORMS[form]
    pairs: Pairs = spelt(kind, rank)
    x = column(rank)
    given = filled(make(rank, padding_size=told(kind, rank)), rank)(x)
    expected = filled(make(rank, padding_size=pairs), rank)(x)
    assert given.tobytes() == expected.tobytes()
    if form == "Same":
        places = [n * s if kind == "deconvolution" else -(-n // s)
                  for n, s in zip(SPACE[:rank], STRIDE[:rank], strict=True)]  # fmt: skip
        assert given.shape[2:] == tuple(places)


@pytest.mark.parametrize(("kind", "form", "rank"), CASES)
def test_channels_that_stand_last_are_channels_that_stand_first(
    kind: str, form: str, rank: int
) -> None:
    make, told = KINDS[kind], FORMS[form][0](kind, rank)
    x = column(rank)
    first = filled(make(rank, padding_size=told), rank)(x)
    last = filled(make(rank, padding_size=told, interleaving=True), rank, last=True)
    np.testing.assert_allclose(
        np.moveaxis(last(np.moveaxis(x, 1, -1)), -1, 1), first, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_padding_for_other_directions_or_below_0_is_refused(kind: str) -> None:
    with pytest.raises((OptionError, ShapeError), match=r"PaddingSize \(1, 1, 1\)"):
        KINDS[kind](2, padding_size=(1, 1, 1))
    with pytest.raises(OptionError, match="at least 0"):
        KINDS[kind](2, padding_size=((0, -1), (0, 0)))


def test_the_number_of_directions_can_be_told_where_nothing_else_tells_it() -> None:
    net = wl.NetChain([wl.ConvolutionLayer(4, 2, dimensionality=3)], output=(4, 1, 2, 3))
    assert wl.information(net, "ArraysDimensions")[1, "Weights"][2:] == (2, 2, 2)
    open_ends = wl.NetChain([wl.PoolingLayer(2, dimensionality=3)])
    assert len(wl.information(open_ends, "OutputPorts")["Output"]) == 4
    with pytest.raises(ShapeError, match="2 directions"):
        wl.ConvolutionLayer(4, 2, dimensionality=2, input=(3, 4, 4, 4))
    with pytest.raises(OptionError, match="the same everywhere"):
        wl.ConvolutionLayer(4, (2, 2), dimensionality=3)
    with pytest.raises(OptionError, match="1, 2 or 3 directions"):
        wl.ConvolutionLayer(4, 2, dimensionality=4)
