"""Files of nets and trainings, changed at random places and sealed as if wlnet had written them."""

from __future__ import annotations

import copy
import math
import warnings
from functools import cache
from typing import Any

import numpy as np

import wlnet as wl
from tests.bench import EXAMPLES
from tests.damaged_files import small
from tests.random_nets import attempt
from tests.saved_records import CASES, trained, under_way
from wlnet.core.errors import WlnetError
from wlnet.io.keys import is_beside
from wlnet.io.layout import packed
from wlnet.io.record import written
from wlnet.train.saving.records import written as written_results

WORDS: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, -1, 7, 64, 1000, 10**6, 2**31, 2**40, 2**62, 2**63 - 1, 2**64,
    10**30, 0.5, -1.5, 1e-300, 1e300, "", "a", "Integer", "Real", "Boolean", "Input", "Output",
    "Target", "1", "2", "Max", "Mean", "Same", "Index", "Probabilities", "Binary", "Tanh", "Plus",
    "Power", [], [1], [2, 2], [1, 2, 3], [[1, 2]], {}, {"Symbol": "AUTOMATIC"}, {"Symbol": "ALL"},
    {"NetSharedArray": "w"}, {"Tensor": "Weights"},
)  # fmt: skip


@cache
def originals() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Records and tensors of many nets: every layer of every kind, and some nets of several."""
    nets = [case.net for case in EXAMPLES if not case.layer.holds_code]
    nets += [small()] * 10
    for seed in range(60):
        net = attempt(np.random.default_rng(seed))
        if net is not None:
            nets.append(wl.net_initialize(net) if not _is_open(net) else net)
    return [written(net) for net in nets]


def _is_open(net: Any) -> bool:
    try:
        wl.net_initialize(net)
    except WlnetError:
        return True
    return False


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a record."""
    found = [at] if at else []
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += places(value[key], (*at, key))
    return found


def _mutate(record: Any, rng: np.random.Generator) -> None:
    every = places(record)
    if not every:
        return
    *path, last = every[rng.integers(len(every))]
    holder = record
    for step in path:
        holder = holder[step]
    how = rng.random()
    if how < 0.3:
        # What stands at another place of the same name, or anywhere.
        others = [p for p in every if p[-1] == last] if rng.random() < 0.7 else every
        value = record
        for step in others[rng.integers(len(others))]:
            value = value[step]
        holder[last] = copy.deepcopy(value)
    elif how < 0.5 and type(holder[last]) is int:
        holder[last] += int(rng.integers(-2, 3))
    elif how < 0.56:
        del holder[last]
    elif how < 0.62 and isinstance(holder[last], list) and holder[last]:
        row = holder[last]
        row.insert(int(rng.integers(len(row) + 1)), copy.deepcopy(row[rng.integers(len(row))]))
    else:
        holder[last] = copy.deepcopy(WORDS[rng.integers(len(WORDS))])


def _retell(record: Any, rng: np.random.Generator) -> None:
    """Say another thing of what flows through a port, of its shape, or of a kind."""
    every = [p for p in places(record) if p[-1] in ("Element", "Shape", "Kind", "Form", "Function")]
    if not every:
        return
    *path, last = every[rng.integers(len(every))]
    holder = record
    for step in path:
        holder = holder[step]
    if last == "Element":
        holder[last] = (None, "Real", "Integer", "Boolean")[rng.integers(4)]
    elif last == "Shape":
        shape = [int(n) for n in rng.integers(1, 6, rng.integers(0, 4))]
        holder[last] = None if rng.random() < 0.2 else shape
    else:
        others = [p for p in every if p[-1] == last]
        value = record
        for step in others[rng.integers(len(others))]:
            value = value[step]
        holder[last] = copy.deepcopy(value)


@cache
def records() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Records and tensors of trainings of every kind, one of them in the middle of a round."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [written_results(each) for each in [*map(trained, CASES), under_way()]]


def mutated(rng: np.random.Generator) -> bytes:
    """The bytes of a file that was changed at one to three places; its checksum is right."""
    return _changed(originals(), rng)


def mutated_record(rng: np.random.Generator) -> bytes:
    """The same of the file of a training."""
    return _changed(records(), rng)


def _changed(every: list[tuple[dict[str, Any], dict[str, Any]]], rng: np.random.Generator) -> bytes:
    record, tensors = copy.deepcopy(every[rng.integers(len(every))])
    place = record
    if "Training" in record and rng.random() < 0.9:
        place = record["Training"]
    for _ in range(rng.integers(0 if tensors else 1, 4)):
        (_retell if rng.random() < 0.5 and place is record else _mutate)(place, rng)
    if tensors and rng.random() < 0.15:
        _another(tensors, sorted(tensors)[rng.integers(len(tensors))], rng)
    beside = [key for key in sorted(tensors) if is_beside(key)]
    if beside and rng.random() < 0.5:
        _another(tensors, beside[rng.integers(len(beside))], rng)
    record.pop("SHA256", None)
    return packed(record, tensors)


def _another(tensors: dict[str, Any], key: str, rng: np.random.Generator) -> None:
    """Put other numbers, or numbers of another shape or type, into a tensor; or take it away."""
    how, old = rng.random(), tensors[key]
    kinds = ("f4", "f8", "i8", "i4", "?") if is_beside(key) else ("f4", "f8")
    if how < 0.2:
        del tensors[key]
    elif how < 0.6:
        new = old.copy().reshape(-1)
        odd = (0, 1, 2, 3, -1, -2, -3, -4, 7, 10**6, 2**31, 2**62, -(2**62))
        values = odd if new.dtype.kind == "i" else (*odd, math.nan, math.inf, 1e30)
        if new.size:
            with np.errstate(all="ignore"):
                value = np.array(values)[rng.integers(len(values))]
                new[rng.integers(new.size)] = value.astype(new.dtype)
        tensors[key] = new.reshape(old.shape)
    else:
        shape = tuple(int(n) for n in rng.integers(1, 5, rng.integers(0, 4)))
        with np.errstate(all="ignore"):
            tensors[key] = np.resize(old, shape).astype(kinds[rng.integers(len(kinds))])
