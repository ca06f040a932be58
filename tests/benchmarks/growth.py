"""How the cost grows: series of cases in which one size changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.cases import Case, Peer
from tests.benchmarks.work import Net, Work

PEER = Peer("PyTorch", ("torch fused",))


@dataclass(frozen=True)
class Series:
    """Cases that differ in one size. per: what the figures are told for."""

    name: str
    title: str
    size: str
    work: Callable[[int], Work]
    sizes: tuple[int, ...]
    unit: str = "examples/s"

    @property
    def cases(self) -> tuple[Case, ...]:
        """One case a size."""
        return tuple(
            Case(f"{self.name}_{size}", f"{self.title}: {self.size} {size}", self.work(size),
                 self.unit, (PEER,))
            for size in self.sizes
        )  # fmt: skip


LONGER = 8
"""The longer run has so many times the rounds where nothing else is said.

It is to take about a second more: what a call does once differs by tenths of that."""


def _width(size: int) -> Work:
    rounds = max(1, 2048 // size)
    net = Net("mlp", (size, size, size, 10))
    return Work(net, examples=1024, rounds=rounds, longer=LONGER * rounds)


def _depth(size: int) -> Work:
    rounds = max(2, 32 // size)
    net = Net("mlp", (*(256,) * size, 10))
    return Work(net, examples=1024, rounds=rounds, longer=LONGER * rounds)


def _batch(size: int) -> Work:
    rounds = 1 if size < 16 else 8 if size < 256 else 32
    net = Net("mlp", (256, 256, 256, 10))
    return Work(net, batch=size, examples=1024, rounds=rounds, longer=LONGER * rounds)


def _image(size: int) -> Work:
    return Work(Net("lenet", (size,)), examples=256, rounds=2, longer=448 // size)


def _arrays(size: int) -> Work:
    net = Net("mlp", (*(32,) * (size // 2), 10))
    return Work(net, examples=512, rounds=8, longer=max(32, 8192 // size))


def _rules(size: int) -> Work:
    net = Net("mlp", (*(32,) * 64, 10))
    return Work(net, examples=512, rounds=8, rates=size, longer=LONGER * 8)


SERIES = (
    Series("width", "MLP of three layers, batch 64", "width", _width, (64, 128, 256, 512, 1024)),
    Series("depth", "MLP 256 wide, batch 64", "layers", _depth, (2, 4, 8, 16, 32)),
    Series("batch", "MLP of three layers 256 wide", "batch", _batch, (1, 4, 16, 64, 256, 1024)),
    Series("image", "LeNet, batch 64", "image side", _image, (28, 36, 44, 60)),
    Series("arrays", "MLP 32 wide, batch 64", "arrays", _arrays, (8, 32, 128, 512)),
    Series("rules", "MLP of 64 layers 32 wide, batch 64, the first layers with a rate each",
           "rules", _rules, (0, 4, 16, 64)),
)  # fmt: skip
