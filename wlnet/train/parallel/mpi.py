"""What ranks send one another by MPI: of mpi4py, which is only there where its communicator is.

Nobody waits for ever: a rank that ends tells the others, and one that stands still is given a few
times as long as those who wait for it took themselves. So all that is sent here is sent, and waited
for, without blocking.
"""

from __future__ import annotations

import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, RankError, fail
from wlnet.evaluate.holding import Array
from wlnet.train.parallel.exchange import Exchange

SWAP, TO_FIRST, FROM_FIRST, LEFT, BEAT = range(7001, 7006)
"""Tags of what is sent."""
SPINS = 200
"""How often it is looked whether something has come before others are given the core."""
PAUSE = 5e-5
"""Seconds for which they are given it."""
PATIENCE, TIMES = 10.0, 10.0
"""Seconds that a rank waits for another one at least, and beside that how many times as long as it
has taken itself since they met last."""
EVERY = 1.0
"""Seconds after which a rank that is busy says so."""


class Stalled(RankError):
    """A rank stands still."""


class ByMPI(Exchange):
    """A rank of an MPI communicator."""

    def __init__(self, communicator: Any, mpi: Any) -> None:
        """mpi: the module mpi4py.MPI."""
        self._mpi = mpi
        self._whole = communicator
        # What else the program sends is not mixed with what is sent here.
        self._comm = communicator.Dup()
        self.rank, self.ranks = communicator.Get_rank(), communicator.Get_size()
        self._may_beat = mpi.Query_thread() == mpi.THREAD_MULTIPLE
        self._calls = 0
        """How many trainings have ended: what was sent in one is not heard in the next."""
        self._met = self._heard = time.monotonic()
        self._left: str | None = None
        """Which rank has ended this training, and why."""
        self._kept: list[Any] = []
        """What is being sent to ranks that nobody waits for."""

    # Sending

    def swap(self, partner: int, out: Sequence[Array], into: Sequence[Array]) -> None:
        requests = [self._comm.Irecv(_bytes(each), partner, SWAP) for each in into]
        requests += [self._comm.Isend(_bytes(each), partner, SWAP) for each in out]
        self._wait(lambda: bool(self._mpi.Request.Testall(requests)), lambda: [partner])

    def gather(self, mine: Any, patient: bool = False) -> list[Any]:
        if self.rank:
            self._post(mine, 0, TO_FIRST)
            return list(self._collected([0], FROM_FIRST)[0])
        found = self._collected(range(1, self.ranks), TO_FIRST)
        every = [mine, *(found[rank] for rank in range(1, self.ranks))]
        for rank in range(1, self.ranks):
            self._post(every, rank, FROM_FIRST)
        return every

    def _post(self, what: Any, rank: int, tag: int) -> None:
        message = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
        request = self._comm.Isend([message, self._mpi.BYTE], rank, tag)
        self._kept = [each for each in self._kept if not each[0].Test()]
        self._kept.append((request, message))

    def _collected(self, ranks: Sequence[int], tag: int) -> dict[int, Any]:
        """What some ranks have to say."""
        found: dict[int, Any] = {}

        def all_came() -> bool:
            for rank in ranks:
                if rank not in found:
                    message = self._heard_of(rank, tag)
                    if message is not None:
                        found[rank] = pickle.loads(message)
            return len(found) == len(ranks)

        self._wait(all_came, lambda: [rank for rank in ranks if rank not in found])
        return found

    def _heard_of(self, rank: int, tag: int) -> bytes | None:
        """A message that has come, if there is one."""
        status = self._mpi.Status()
        there = self._comm.Improbe(rank, tag, status)
        if there is None:
            return None
        message = bytearray(status.Get_count(self._mpi.BYTE))
        there.Recv([message, self._mpi.BYTE])
        return bytes(message)

    # Waiting

    def _wait(self, is_done: Callable[[], bool], missing: Callable[[], list[int]]) -> None:
        """Raises RankError where another rank has ended, or stands still."""
        begun = self._heard = time.monotonic()
        limit = PATIENCE + TIMES * (begun - self._met)
        spins = 0
        while not is_done():
            spins += 1
            if spins < SPINS:
                continue
            self._listen()
            # What a rank sent before it ended is there.
            if is_done():
                break
            if self._left is not None:
                raise fail(RankError, Fault(self._left, at=f"rank {self.rank}"))
            time.sleep(PAUSE)
            if time.monotonic() - self._heard > limit:
                ranks = ", ".join(map(str, missing()))
                what = f"rank {ranks} of {self.ranks} has not answered for {limit:.0f} s"
                raise fail(Stalled, Fault(what, at=f"rank {self.rank}"))
        self._met = time.monotonic()

    def _listen(self) -> None:
        """Hear of ranks that have ended, and of those that are busy."""
        any_rank = self._mpi.ANY_SOURCE
        while self._heard_of(any_rank, BEAT) is not None:
            self._heard = time.monotonic()
        message = self._heard_of(any_rank, LEFT)
        while message is not None:
            call, rank, why = pickle.loads(message)
            if call == self._calls and self._left is None:
                self._left = f"rank {rank} of {self.ranks} has ended the training: {why}"
            message = self._heard_of(any_rank, LEFT)

    @contextmanager
    def busy(self) -> Iterator[None]:
        if not self._may_beat or self.ranks == 1:
            yield
            return
        over = threading.Event()

        def beat() -> None:
            sent = []
            while not over.wait(EVERY):
                sent += [self._comm.Isend([b"", self._mpi.BYTE], other, BEAT)
                         for other in range(self.ranks) if other != self.rank]  # fmt: skip
            for each in sent:
                each.Test()

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._met = time.monotonic()

    # The end

    def leave(self, error: BaseException | None) -> None:
        if error is not None and self.ranks > 1 and type(error) is not RankError:
            first_line, *_ = str(error).splitlines() or [""]
            why = f"{type(error).__name__}: {first_line}" if first_line else repr(error)
            for other in range(self.ranks):
                if other != self.rank:
                    self._post((self._calls, self.rank, why), other, LEFT)
            if isinstance(error, Stalled):
                # Not even the end of the program would come: MPI waits for all.
                print(f"{error}\nall ranks are ended", file=sys.stderr, flush=True)
                time.sleep(EVERY)
                self._whole.Abort(1)
        self._calls += 1
        self._left = None


def _bytes(array: Array) -> Any:
    """The bytes of an array that lies in one piece."""
    return array.reshape(-1).view(np.uint8)
