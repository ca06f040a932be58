"""How many parts a batch has, and who shares them: two options of net_train."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from wlnet.core.errors import Fault, brief
from wlnet.core.extras import needed
from wlnet.core.scalars import as_whole
from wlnet.train.parallel.exchange import ALONE, Exchange
from wlnet.train.parallel.mpi import ByMPI

P = ParamSpec("P")
R = TypeVar("R")
MOST_PARTS = 4096
_known: dict[int, Exchange] = {}


def read_parts(given: object, at: str) -> tuple[Any, list[Fault]]:
    """A power of two."""
    count = as_whole(given)
    if count is not None and 1 <= count <= MOST_PARTS and count & (count - 1) == 0:
        return count, []
    expected = f"1, 2, 4, ..., a power of two up to {MOST_PARTS:,}"
    return None, [Fault(f"{at} cannot be this", given=brief(given), expected=expected)]


def _by_mpi(communicator: Any, mpi: Any) -> Exchange:
    """What its ranks send one another by; made once for each, which all of them do together."""
    handle = mpi._handleof(communicator)
    if handle not in _known:
        _known[handle] = ByMPI(communicator, mpi)
    return _known[handle]


def faults_of(parts: int, exchange: Exchange) -> list[Fault]:
    """What is wrong with both together."""
    ranks = exchange.ranks
    if ranks <= parts and ranks & (ranks - 1) == 0:
        return []
    at_least = 1 << (ranks - 1).bit_length()
    what = "the parts of a batch cannot be shared evenly by the ranks there are"
    fix = f"batch_parts={at_least}, and as many ranks or 1/2, 1/4, ... of that"
    return [Fault(what, "batch_parts", f"{parts} parts, {ranks} ranks", fix=fix)]


@contextmanager
def taking_part(given: object) -> Iterator[None]:
    """A training in which ranks take part, by the communicator that was given: where this one fails
    the others are told."""
    exchange, _ = read_communicator(given, "communicator")
    if exchange is None or exchange.ranks == 1:
        yield
        return
    try:
        exchange.enter()
        yield
    except BaseException as error:
        exchange.leave(error)
        raise
    exchange.leave(None)


def takes_part(function: Callable[P, R]) -> Callable[P, R]:
    """A function that trains, with `taking_part` around it."""

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        with taking_part(options.get("communicator")):
            return function(*args, **options)

    return call


def read_communicator(given: object, at: str) -> tuple[Any, list[Fault]]:
    """What ranks send one another by."""
    if given is None:
        return ALONE, []
    if isinstance(given, Exchange):
        return given, []
    if any(each.__module__.partition(".")[0] == "mpi4py" for each in type(given).__mro__):
        mpi = needed("mpi4py.MPI", "a training on several ranks")
        if isinstance(given, mpi.Intracomm) and given != mpi.COMM_NULL:
            return _by_mpi(given, mpi), []
    expected = "a communicator of mpi4py, such as MPI.COMM_WORLD, or None"
    return None, [Fault(f"{at} cannot be this", given=brief(given), expected=expected)]
