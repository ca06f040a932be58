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
from wlnet.train.parallel.agreement import other
from wlnet.train.receipts.writing import structure_digest

READ = "example_weights", "validation_set"
"""Options whose numbers are among the data."""
OWN = frozenset({*PLACES, *READ, "workers", "training_progress_function", "frozen_prefix_bytes"})
"""Options whose values may differ by rank."""
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def check_options(options: Options, asks_names: bool) -> None:
    """Raises OptionError on every rank where they were given different options. asks_names: whether
    only the names of properties are asked for."""
    if options.exchange.ranks == 1:
        return
    told = {name: _brief(value) for name, value in options.given.items() if name not in OWN}
    for name in READ:
        told[name] = "None" if options.given.get(name) is None else "given"
    _compare(options, {**told, "prop": "names" if asks_names else "results"}, "the options")


def check_alike(net: Net, options: Options, digests: Digests) -> None:
    """Raises DataError on every rank where they have different nets or data.

    net: with numbers.
    """
    if options.exchange.ranks == 1:
        return
    found = {"net, kinds and parameters of layers": structure_digest(net)[:16]}
    found |= {f"net, {key_text(key)}": _digest(array) for key, array in arrays_of(net).items()}
    for at, columns in (("data", digests.data), ("validation_set", digests.validation)):
        found |= {f"{at}, column {name}": each[:16] for name, each in columns.items()}
    _compare(options, found, "net and data")


def _compare(options: Options, told: dict[str, str], at: str) -> None:
    """Raises what is wrong where ranks tell different things of the same name."""
    if options.exchange.ranks == 1:
        return
    every = options.exchange.gather(told, at)
    for name in dict.fromkeys(name for each in every for name in each):
        found = [each.get(name, "none") for each in every]
        rank = other(found)
        if rank is not None:
            given = f"rank 0: {found[0]}, rank {rank}: {found[rank]}"
            raise _differing(name, given, at)


def _differing(name: str, given: str, at: str) -> Exception:
    if at == "the options":
        what, fix = "the ranks of a training were given different options", "one script for all"
        return fail(OptionError, Fault(what, name, given, fix=fix))
    if name.startswith("net"):
        what = "the ranks of a training begin with different nets"
        fix = "random_seeding=, a file, or classes that are given: nothing that each rank draws"
    else:
        what = "the ranks of a training were given different data"
        fix = "the same data for every rank, drawn by a seed; or Shard(data), for a share of each"
    return fail(DataError, Fault(what, name, given, fix=fix))


def _brief(value: object) -> str:
    try:
        return ADDRESS.sub("", repr(value))
    except Exception:  # what a user gives may refuse to be shown
        return type(value).__name__


def _digest(array: Array) -> str:
    return hashlib.sha256(little_endian(np.ascontiguousarray(array))).hexdigest()[:16]
