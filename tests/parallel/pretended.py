"""Ranks that are threads of this process, and what they send one another: no MPI is needed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from wlnet.train.parallel.exchange import Exchange

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds after which a test is held to hang."""


class Pretended(Exchange):
    """One of some ranks that are threads."""

    def __init__(
        self, rank: int, ranks: int, post: dict[tuple[int, int], queue.Queue[Any]]
    ) -> None:
        self.rank, self.ranks, self._post = rank, ranks, post
        self.sent = 0
        """Bytes of arrays sent."""

    def swap(self, partner: int, out: Sequence[Any], into: Sequence[Any]) -> None:
        assert 0 <= partner < self.ranks
        assert partner != self.rank
        self._post[self.rank, partner].put([np.array(each) for each in out])
        self.sent += sum(each.nbytes for each in out)
        for given, to in zip(self._from(partner), into, strict=True):
            assert given.shape == to.shape, (given.shape, to.shape)
            assert given.dtype == to.dtype
            np.copyto(to, given)

    def gather(self, mine: Any, at: str) -> list[Any]:
        for other in range(self.ranks):
            if other != self.rank:
                self._post[self.rank, other].put((at, mine))
        return [mine if each == self.rank else self._said(each, at) for each in range(self.ranks)]

    def _said(self, partner: int, at: str) -> Any:
        there, mine = self._from(partner)
        if there != at:
            raise RuntimeError(f"rank {partner} is at {there}, not at {at}")
        return mine

    def _from(self, partner: int) -> Any:
        found = self._post[partner, self.rank].get(timeout=PATIENCE)
        if isinstance(found, Left):
            raise RuntimeError(f"rank {partner} has ended: {found.why}")
        return found

    def leave(self, error: BaseException | None) -> None:
        if error is not None:
            for other in range(self.ranks):
                if other != self.rank:
                    self._post[self.rank, other].put(Left(repr(error)))


class Left:
    """What is sent by a rank that has failed."""

    def __init__(self, why: str) -> None:
        self.why = why


def together(ranks: int, run: Callable[[Pretended], T], *, heard: bool = True) -> list[T]:
    """What a function gives on each of some ranks; raises what the first of them raises. heard:
    whether all that is sent has to be heard."""
    post: dict[tuple[int, int], queue.Queue[Any]] = {
        (a, b): queue.Queue() for a in range(ranks) for b in range(ranks)
    }
    found: dict[int, T] = {}
    failed: dict[int, BaseException] = {}

    def work(rank: int) -> None:
        try:
            found[rank] = run(Pretended(rank, ranks, post))
        except BaseException as error:
            failed[rank] = error

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise min(failed.items())[1]
    assert not heard or all(queue_.empty() for queue_ in post.values()), (
        "something was sent that nobody heard"
    )
    return [found[rank] for rank in range(ranks)]
