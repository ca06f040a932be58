"""Shard: what a rank holds of the data of a training that several ranks share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Shard:
    """A rank's own share of the examples: `net_train(net, Shard(data), communicator=..., ...)`.

    data: examples in any form that net_train takes; every rank has as many, and the shares of all,
    one rank after another, are the data. A part of a batch draws from its own examples alone, the
    same for any number of ranks: those of one rank are cut into as many runs as it has parts. So
    examples had better lie in no order, as of classes. A function gives the share of its rank in
    every batch.

    >>> Shard(([[1.0]], [[2.0]]))
    Shard(...)

    Wolfram Language: nothing like it.
    """

    data: object

    def __repr__(self) -> str:
        return "Shard(...)"
