"""Whether all ranks are about to do the same training."""

from __future__ import annotations

import hashlib
import re

import numpy as np

from wlnet.core.digests import little_endian
from wlnet.core.errors import DataError, Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.parts import key_text
from wlnet.evaluate.holding import Array
from wlnet.nets.arrays import arrays_of
from wlnet.train.digests import Digests
from wlnet.train.options import PLACES, Options

OWN = frozenset({*PLACES, "workers", "training_progress_function", "frozen_prefix_bytes"})
"""Options in which ranks may differ."""
READ = frozenset({"example_weights", "validation_set"})
"""Those whose numbers are among the data."""
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def check_alike(net: Net, options: Options, digests: Digests) -> None:
    """Raises OptionError, DataError on every rank where they differ in the call, the net or data.

    net: with numbers.
    """
    exchange = options.exchange
    if exchange.ranks == 1:
        return
    every = exchange.gather(_told(net, options, digests))
    names = dict.fromkeys(name for told in every for name in told)
    for name in names:
        found = [told.get(name) for told in every]
        other = next((rank for rank, each in enumerate(found) if each != found[0]), None)
        if other is not None:
            raise _differing(name, other, found[0], found[other])


def _differing(name: str, rank: int, first: str | None, other: str | None) -> Exception:
    kind, _, which = name.partition(": ")
    given = f"rank 0: {first}, rank {rank}: {other}"
    if kind == "option":
        what = "the ranks of a training were given different options"
        return fail(OptionError, Fault(what, which, given, fix="one script for all ranks"))
    if kind == "net":
        what = "the ranks of a training begin with different nets"
        fix = "random_seeding=, a file, or classes that are given: nothing that each rank draws"
        return fail(DataError, Fault(what, which, given, fix=fix))
    what = "the ranks of a training were given different data"
    fix = "the same data for every rank, drawn by a seed; or Shard(data), for a share of each"
    return fail(DataError, Fault(what, which, given, fix=fix))


def _told(net: Net, options: Options, digests: Digests) -> dict[str, str]:
    """All that has to be the same, by name, in short."""
    found = {
        f"option: {name}": ADDRESS.sub("", repr(value))
        for name, value in options.given.items()
        if name not in OWN | READ
    }
    found["net: its ports"] = ADDRESS.sub("", repr(dict(net.ports)))
    found |= {f"net: {key_text(key)}": _digest(array) for key, array in arrays_of(net).items()}
    for at, columns in (("data", digests.data), ("validation_set", digests.validation)):
        found |= {f"data: {at}, column {name}": each[:16] for name, each in columns.items()}
    return found


def _digest(array: Array) -> str:
    return hashlib.sha256(little_endian(np.ascontiguousarray(array))).hexdigest()[:16]
