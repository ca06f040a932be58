"""What every rank of a test runs: `mpiexec -n 2 python -m tests.parallel.mpi_script WHAT`."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
import time
from typing import Any

from mpi4py import MPI

import wlnet as wl
from tests.parallel.nets import bits, data_of, net_of

OPTIONS: dict[str, Any] = {
    "batch_size": 24, "batch_parts": 4, "training_progress_reporting": None,
}  # fmt: skip
ENDLESS = 10**6
AFTER = 1.5
"""Seconds after which a rank fails."""
BAD = 1
"""The rank that does."""


def told(name: str, rounds: int = 3, **more: Any) -> str:
    """The bits of a training, in short."""
    options = {**OPTIONS, "max_training_rounds": rounds, **more}
    results = wl.net_train(net_of(name), data_of(name), wl.ALL, **options)
    return hashlib.sha256(repr(sorted(bits(results).items())).encode()).hexdigest()[:16]


def say(*words: object) -> None:
    """Print a line at once: ranks print side by side."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def _signalled(number: int) -> None:
    threading.Timer(AFTER, lambda: os.kill(os.getpid(), number)).start()


def _schedule(*place: Any) -> float:
    if MPI.COMM_WORLD.Get_rank() == BAD and time.monotonic() > _schedule.until:  # type: ignore[attr-defined]
        raise ValueError("the schedule of this rank broke")
    return 1.0


def _breaks(state: Any) -> None:
    raise ValueError("broken")


def main(what: str, names: list[str]) -> None:
    """Train, and tell what came of it; or fail on one rank in some way."""
    world = MPI.COMM_WORLD
    if what == "same":
        for name in names:
            say(name, told(name, communicator=world))
        return
    if what == "again":
        for name in names:
            try:
                told(name, communicator=world, training_progress_function=_breaks)
            except (ValueError, wl.RankError) as error:
                say("failed", type(error).__name__)
            say(name, told(name, communicator=world))
        return
    if world.Get_rank() == BAD and what in ("SIGKILL", "SIGSTOP", "SIGINT"):
        _signalled(getattr(signal, what))
    more: dict[str, Any] = {}
    if what == "raise":
        _schedule.until = time.monotonic() + AFTER  # type: ignore[attr-defined]
        more["method"] = ("ADAM", {"LearningRateSchedule": _schedule})
    data = data_of("normalized")
    if what == "data" and world.Get_rank() == BAD:
        data = data[0] + 1, data[1]
    try:
        found = wl.net_train(
            net_of("normalized"), data, wl.ALL, communicator=world,
            **{**OPTIONS, "max_training_rounds": ENDLESS, **more},
        )  # fmt: skip
        say("ended", world.Get_rank(), found["ReasonTrainingStopped"])
    except Exception as error:
        say("raised", world.Get_rank(), type(error).__name__, str(error).splitlines()[0])
        raise SystemExit(1) from error


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
