"""What ranks send one another by MPI: of mpi4py, which is only there where its communicator is.

Nobody waits for ever: a rank that ends tells the others, and as long as it lives it says so every
second, by a thread of its own. So all that is sent here is sent, and waited for, without blocking.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, RankError, fail
from wlnet.evaluate.holding import Array
from wlnet.train.parallel.exchange import Exchange

TO_FIRST, FROM_FIRST, LEFT, BEAT, SWAP = range(7001, 7006)
"""Tags of what is sent; behind the last one those of arrays, which differ by training."""
TAGS = 1000
SPINS = 100
"""How often it is looked whether something has come, before it is looked who lives."""
SOON, PAUSE = 0.05, 5e-4
"""Seconds after which one waits longer, and how long before it is looked again."""
EVERY = 1.0
"""Seconds after which a rank says that it lives."""
PATIENCE = 15.0
"""Seconds without a word after which it is held to stand still."""
NOTICE = 30.0
"""Seconds after which it is told for whom the beginning of a training waits."""


class Stalled(RankError):
    """A rank stands still."""


class ByMPI(Exchange):
    """A rank of an MPI communicator."""

    def __init__(self, communicator: Any, mpi: Any) -> None:
        """mpi: the module mpi4py.MPI."""
        self._mpi = mpi
        self._whole = communicator
        # What else the program sends is not mixed with what is sent here.
        self.rank, self.ranks = communicator.Get_rank(), communicator.Get_size()
        self._comm, request = communicator.Idup()
        self._wait_for_all(request)
        self._may_beat = mpi.Query_thread() == mpi.THREAD_MULTIPLE
        self._calls = 0
        """How many trainings have ended: what was sent in one is not heard in the next."""
        self._heard: dict[int, float] = {}
        """When each rank was heard of last; nobody stands still of whom nothing is to be heard."""
        self._thread = threading.current_thread()
        self._over: threading.Event | None = None
        """What ends the thread that says that this rank lives."""
        self._left: str | None = None
        """Which rank has ended this training, and why."""
        self._kept: list[Any] = []
        """What is being sent to ranks that nobody waits for."""
        self._torn: list[Any] = []
        """Arrays that were being sent and received when a training failed."""
        self._early: dict[tuple[int, int], bytes] = {}
        """What was heard of the next training."""

    @property
    def _others(self) -> list[int]:
        return [rank for rank in range(self.ranks) if rank != self.rank]

    # The beginning

    def _wait_for_all(self, request: Any) -> None:
        """Wait until all ranks have called a training for the first time."""
        said = time.monotonic()
        while not request.Test():
            time.sleep(PAUSE)
            if time.monotonic() - said > NOTICE:
                said = time.monotonic()
                what = "waits for a rank that has not begun its training"
                print(f"rank {self.rank} {what}", file=sys.stderr, flush=True)

    def enter(self) -> None:
        # Some may come later, from work of their own: nobody knows how long that takes.
        self._heard, self._left = {}, None
        self.gather(None, "the beginning")
        now = time.monotonic()
        self._heard = dict.fromkeys(self._others, now) if self._may_beat else {}
        if self._may_beat:
            self._over = threading.Event()
            self._thread = threading.Thread(target=self._beat, args=(self._over,), daemon=True)
            self._thread.start()

    def _beat(self, over: threading.Event) -> None:
        sent: dict[int, Any] = {}
        while not over.wait(EVERY):
            for other in self._others:
                # What one that stands still does not take is not heaped up before it.
                if other not in sent or sent[other].Test():
                    sent[other] = self._comm.Isend([b"", self._mpi.BYTE], other, BEAT)

    # Sending

    def swap(self, partner: int, out: Sequence[Array], into: Sequence[Array]) -> None:
        tag = SWAP + self._calls % TAGS
        requests = [self._comm.Irecv(_bytes(each), partner, tag) for each in into]
        requests += [self._comm.Isend(_bytes(each), partner, tag) for each in out]
        try:
            self._wait(lambda: bool(self._mpi.Request.Testall(requests)), lambda: [partner])
        except BaseException:
            # Whatever still comes must find its place.
            self._torn.append((requests, *out, *into))
            raise

    def gather(self, mine: Any, at: str) -> list[Any]:
        if self.rank:
            self._post((self._calls, at, mine), 0, TO_FIRST)
            ((_, every),) = self._collected([0], FROM_FIRST).values()
            return list(every)
        found = self._collected(range(1, self.ranks), TO_FIRST)
        for rank, (there, _) in found.items():
            if there != at:
                what = "the ranks of a training do not do the same"
                given = f"rank 0: {at}, rank {rank}: {there}"
                fix = "the same calls, options and data on every rank"
                raise fail(RankError, Fault(what, given=given, fix=fix))
        every = [mine, *(found[rank][1] for rank in range(1, self.ranks))]
        for rank in range(1, self.ranks):
            self._post((self._calls, at, every), rank, FROM_FIRST)
        return every

    def _post(self, what: Any, rank: int, tag: int) -> None:
        message = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
        request = self._comm.Isend([message, self._mpi.BYTE], rank, tag)
        self._kept = [each for each in self._kept if not each[0].Test()]
        self._kept.append((request, message))

    def _collected(self, ranks: Sequence[int], tag: int) -> dict[int, tuple[str, Any]]:
        """Where some ranks are in this training, and what they have to say."""
        found: dict[int, tuple[str, Any]] = {}

        def all_came() -> bool:
            for rank in ranks:
                while rank not in found:
                    message = self._early.pop((rank, tag), None) or self._heard_of(rank, tag)
                    if message is None:
                        break
                    call, at, what = pickle.loads(message)
                    if call == self._calls:
                        found[rank] = at, what
                    elif call > self._calls:
                        # That rank has left this training, and says so as well.
                        self._early[rank, tag] = message
                        break
            return len(found) == len(ranks)

        self._wait(all_came, lambda: [rank for rank in ranks if rank not in found])
        return found

    def _heard_of(self, rank: int, tag: int, status: Any = None) -> bytes | None:
        """A message that has come, if there is one. status: is told who sent it."""
        status = status or self._mpi.Status()
        there = self._comm.Improbe(rank, tag, status)
        if there is None:
            return None
        message = bytearray(status.Get_count(self._mpi.BYTE))
        there.Recv([message, self._mpi.BYTE])
        return bytes(message)

    # Waiting

    def _wait(self, is_done: Callable[[], bool], missing: Callable[[], list[int]]) -> None:
        """Raises RankError where another rank has ended, or stands still."""
        begun, noticed, spins = time.monotonic(), 0.0, 0
        while not is_done():
            spins += 1
            if spins % SPINS:
                # Large arrays come in pieces, each of which has to be looked for.
                give_way()
                continue
            self._listen()
            # What a rank sent before it ended is there.
            if is_done():
                break
            if self._left is not None:
                raise fail(RankError, Fault(self._left))
            now = time.monotonic()
            if now - begun > SOON:
                time.sleep(PAUSE)
            silent = [rank for rank in missing() if now - self._heard.get(rank, now) > PATIENCE]
            if silent:
                what = f"rank {silent[0]} of {self.ranks} has given no sign for {PATIENCE:.0f} s"
                raise fail(Stalled, Fault(what))
            if not self._heard and now - begun - noticed > NOTICE:
                noticed = now - begun
                ranks = ", ".join(map(str, missing()))
                print(f"rank {self.rank} waits for rank {ranks}", file=sys.stderr, flush=True)

    def _listen(self) -> None:
        """Hear of ranks that have ended, and of those that live."""
        status = self._mpi.Status()
        while self._heard_of(self._mpi.ANY_SOURCE, BEAT, status) is not None:
            if status.Get_source() in self._heard:
                self._heard[status.Get_source()] = time.monotonic()
        message = self._heard_of(self._mpi.ANY_SOURCE, LEFT, status)
        while message is not None:
            call, rank, why = pickle.loads(message)
            if call == self._calls and self._left is None:
                self._left = f"rank {rank} of {self.ranks} has ended the training: {why}"
            message = self._heard_of(self._mpi.ANY_SOURCE, LEFT, status)

    # The end

    def leave(self, error: BaseException | None) -> None:
        if self._over is not None:
            # It must say nothing when MPI is over.
            self._over.set()
            self._thread.join()
            self._over = None
        if error is not None and self.ranks > 1 and type(error) is not RankError:
            first_line, *_ = str(error).splitlines() or [""]
            why = f"{type(error).__name__}: {first_line}" if first_line else repr(error)
            for other in self._others:
                self._post((self._calls, self.rank, why), other, LEFT)
            if isinstance(error, Stalled):
                # Not even the end of the program would come: MPI waits for all.
                print(f"{error}\nall ranks are ended", file=sys.stderr, flush=True)
                time.sleep(EVERY)
                self._whole.Abort(1)
        self._calls += 1


def give_way() -> None:
    """Let another thread or process have the core."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()


def _bytes(array: Array) -> Any:
    """The bytes of an array that lies in one piece."""
    return array.reshape(-1).view(np.uint8)
