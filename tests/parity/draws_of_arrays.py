"""Random configurations of layers that move numbers, and of those of several inputs."""

from __future__ import annotations

import math
from typing import Any

import wlnet as wl
from tests.parity.draws import Drawn, Random, draw, sizes


def _shape(rng: Random, least: int = 1) -> tuple[int, ...]:
    """Of one to three levels."""
    return sizes(rng, int(rng.integers(1, 4)), least)


@draw
def ReshapeLayer(rng: Random) -> Drawn:
    shape = _shape(rng)
    factors = [f for n in shape for f in ((2, n // 2) if n % 2 == 0 else (n,))]
    made = tuple(int(n) for n in rng.permutation(factors))
    return Drawn(wl.ReshapeLayer(made, input=shape), {"shape": made})


@draw
def FlattenLayer(rng: Random) -> Drawn:
    shape = sizes(rng, int(rng.integers(2, 5)))
    level = int(rng.integers(1, len(shape))) * int(rng.choice([-1, 1]))
    level_or_all: Any = "All" if rng.random() < 0.3 else level
    return Drawn(wl.FlattenLayer(level_or_all, input=shape), {"level": level_or_all})


@draw
def TransposeLayer(rng: Random) -> Drawn:
    shape = sizes(rng, int(rng.integers(2, 5)))
    order = [int(n) + 1 for n in rng.permutation(len(shape))]
    return Drawn(wl.TransposeLayer(tuple(order), input=shape), {"order": order})


@draw
def PartLayer(rng: Random) -> Drawn:
    shape = _shape(rng, 2)
    first, last = sorted(int(n) for n in rng.integers(1, shape[0] + 1, 2))
    part = first if rng.random() < 0.5 else -first
    is_span = bool(rng.random() < 0.5)
    net = wl.PartLayer(wl.Span(first, last) if is_span else part, input=shape)
    return Drawn(net, {"part": [first, last] if is_span else part})


@draw
def SequenceLastLayer(rng: Random) -> Drawn:
    return Drawn(wl.SequenceLastLayer(input=_shape(rng)), {})


@draw
def SequenceMostLayer(rng: Random) -> Drawn:
    return Drawn(wl.SequenceMostLayer(input=_shape(rng, 2)), {})


@draw
def SequenceRestLayer(rng: Random) -> Drawn:
    return Drawn(wl.SequenceRestLayer(input=_shape(rng, 2)), {})


@draw
def SequenceIndicesLayer(rng: Random) -> Drawn:
    return Drawn(wl.SequenceIndicesLayer(input=_shape(rng)), {})


@draw
def SummationLayer(rng: Random) -> Drawn:
    return Drawn(wl.SummationLayer(input=_shape(rng)), {})


@draw
def ConstantPlusLayer(rng: Random) -> Drawn:
    return Drawn(wl.ConstantPlusLayer(input=_shape(rng)), {})


@draw
def ConstantTimesLayer(rng: Random) -> Drawn:
    return Drawn(wl.ConstantTimesLayer(input=_shape(rng)), {})


@draw
def PrependLayer(rng: Random) -> Drawn:
    length, *element = _shape(rng)
    return Drawn(wl.PrependLayer(input=(length, *element), element=tuple(element)), {})


@draw
def CatenateLayer(rng: Random) -> Drawn:
    shape, count = [*_shape(rng)], int(rng.integers(2, 4))
    level = int(rng.integers(len(shape)))
    ports = {}
    for number in range(1, count + 1):
        shape[level] = int(rng.integers(1, 5))
        ports[str(number)] = tuple(shape)
    return Drawn(wl.CatenateLayer(level + 1, ports=ports), {"level": level + 1})


@draw
def TotalLayer(rng: Random) -> Drawn:
    shape = _shape(rng)
    return Drawn(wl.TotalLayer(ports=dict.fromkeys("123"[: rng.integers(2, 4)], shape)), {})


@draw
def ThreadingLayer(rng: Random) -> Drawn:
    names = ["Plus", "Times", "Subtract", "Divide", "Power", "Min", "Max"]
    function = names[rng.integers(len(names))]
    net = wl.ThreadingLayer(function, ports=dict.fromkeys("12", _shape(rng)))
    return Drawn(net, {"function": function}, (0.5, 2.0))


@draw
def DotLayer(rng: Random) -> Drawn:
    first, second = _shape(rng), _shape(rng)
    net = wl.DotLayer(ports={"1": first, "2": (first[-1], *second[1:])})
    return Drawn(net, {"outer": math.prod(first[:-1])})
