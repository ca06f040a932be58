"""The forms that training data come in: all become columns by port, or a generator of such."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from wlnet.core.errors import (
    NAMES,
    DataError,
    Fault,
    OptionError,
    WlnetError,
    brief,
    fail,
)
from wlnet.core.gate import admitted, as_column, as_table
from wlnet.core.scalars import as_whole
from wlnet.core.shapes import LARGEST
from wlnet.core.spelling import nearest, suggestion
from wlnet.train.doubts import warn_of_columns
from wlnet.train.examples import Columns, Examples, Given, WeightsAsked, examples_of_one_length
from wlnet.train.generators import BatchFunction, as_batch_function, gives_batches, refuse_endless
from wlnet.train.validation_options import has_options, unknown_options


@dataclass(frozen=True)
class Generator:
    """A function that gives a batch when asked: f({"BatchSize": n, "Round": r, ...})."""

    function: BatchFunction
    round_length: int | None = None


NO_WEIGHTS = WeightsAsked()
FORMS = (
    "(inputs, outputs), [(x, y), ...], {port: column, ...}, [{port: value, ...}, ...], "
    "a function that gives or yields batches, or an array for a net that needs only one column"
)
NO_COLUMNS = (
    "how many examples a round has, or a function that gives {}: a net without inputs needs no data"
)


def read_data(
    given: object,
    columns: Sequence[str],
    inputs: Sequence[str],
    at: str = "data",
    *,
    raw: Set[str] = frozenset(),
    options: Sequence[str] | None = None,
    also: Callable[[Columns], Sequence[WlnetError]] = lambda columns: (),
    weights: WeightsAsked = NO_WEIGHTS,
) -> Examples | Generator:
    """Columns by port, let in by the gate, or a generator of such.

    columns: what the training net needs, its inputs first. raw: those whose examples only the
    user's own code reads. options: names that a column may have been meant for; None to say
    nothing of columns that no port takes. also: what is wrong with columns that were let in, to be
    told where others were not. weights: those of examples that are asked for. Raises DataError.
    """
    if gives_batches(given):
        return Generator(as_batch_function(given, at))
    if (
        isinstance(given, tuple)
        and len(given) == 2
        and gives_batches(given[0])
        and isinstance(given[1], Mapping)
    ):
        return Generator(as_batch_function(given[0], at), _round_length(given[1], at))
    if has_options(given) and isinstance(given, tuple):
        raise fail(OptionError, unknown_options(given[1], [], at))
    refuse_endless(given, at)
    found = _columns(given, columns, inputs, at)
    if found is None:
        raise fail(
            DataError,
            Fault(
                "an unknown form of data",
                at=at,
                given=brief(given),
                expected=FORMS if columns else NO_COLUMNS,
                known=[f"columns {list(columns)}"],
                fix=f"loss_function={columns[0]!r} minimises the port as it is, without targets"
                if not inputs and columns and as_whole(given) is not None
                else None,
            ),
        )
    count = found if isinstance(found, int) else None
    brought = {} if isinstance(found, int) else found
    own = weights.among(brought, at)
    if options is not None:
        others = [name for name in brought if name not in columns and name != weights.name]
        warn_of_columns(others, columns, options, at)
    given_for = {name: brought[name] for name in columns}
    return examples_of_one_length(given_for, count, weights, own, at, raw, also)


def _columns(
    given: object, columns: Sequence[str], inputs: Sequence[str], at: str
) -> Given | int | None:
    """All columns that data of any form bring; the number of examples where a net needs none."""
    count = None if columns else as_whole(given)
    if count is not None and count > 0:
        return count
    table = as_table(given, columns)
    if table is not None:
        return _by_port(table, columns, at)
    if isinstance(given, tuple) and len(given) == 2 and columns:
        return _pair(given, columns, inputs, at)
    if isinstance(given, (list, tuple)):
        if len(given) == 0:
            raise fail(DataError, Fault("no examples", at=at, given=brief(given)))
        return _rows(list(given), columns, inputs, at)
    if isinstance(given, (str, bytes)):
        return None
    array = admitted(given, at)
    if isinstance(array, np.ndarray):
        return {columns[0]: array} if len(columns) == 1 and array.ndim else None
    if isinstance(given, Iterable):
        return _columns(as_column(given, at, is_raw=True), columns, inputs, at)
    return None


def _round_length(options: Mapping[object, object], at: str) -> int | None:
    known = ["RoundLength"]
    faults = [
        Fault(
            f"a generator has no option {brief(name)}",
            at=at,
            known=known,
            fix=suggestion(name, known) or '(batches, {"RoundLength": 640})',
        )
        for name in options
        if name not in known
    ]
    length = as_whole(options.get("RoundLength"))
    if (length is None or not 1 <= length <= LARGEST) and ("RoundLength" in options or not faults):
        at_least = '{"RoundLength": n}, how many examples a round has, at least 1'
        given = brief(dict(options))
        faults.append(Fault("a round has no length", at=at, given=given, expected=at_least))
    if faults:
        raise fail(OptionError, faults)
    return length


def _pair(
    given: tuple[object, object], columns: Sequence[str], inputs: Sequence[str], at: str
) -> Given:
    targets = [name for name in columns if name not in inputs]
    if isinstance(given[0], Mapping) or isinstance(given[1], Mapping):
        parts = [
            part if isinstance(part, Mapping) else {names[0]: part} if len(names) == 1 else None
            for part, names in zip(given, (list(inputs), targets), strict=True)
        ]
        if None not in parts:
            return _by_port({**parts[0], **parts[1]}, columns, at)  # type: ignore[dict-item]
    if len(columns) != 2:
        raise fail(
            DataError,
            Fault(
                "two columns for a net that needs others",
                at=at,
                expected=f"columns {list(columns)}",
                fix="{" + ", ".join(f"{name!r}: ..." for name in columns) + "}",
            ),
        )
    first, second = (
        (next(iter(inputs)), targets[0]) if len(inputs) == 1 and len(targets) == 1 else columns
    )
    return {first: given[0], second: given[1]}


def _by_port(given: Mapping[str, object], columns: Sequence[str], at: str) -> Given:
    faults = []
    for name in columns:
        if name not in given:
            extra = [str(key) for key in given if key not in columns]
            near = nearest(name, extra)
            faults.append(
                Fault(
                    f"no data for port {brief(name)}",
                    at=at,
                    given=f"columns {brief(list(given), NAMES)}",
                    expected=f"columns {list(columns)}",
                    fix=f"call it {name!r} where you wrote {near[0]!r}" if near else None,
                )
            )
    if faults:
        raise fail(DataError, faults)
    return dict(given)


def _rows(
    rows: Sequence[object], columns: Sequence[str], inputs: Sequence[str], at: str
) -> Given | int | None:
    if _are_dicts(rows):
        for number, given in enumerate(rows, 1):
            missing = [name for name in columns if name not in given]
            if missing:
                raise fail(
                    DataError,
                    Fault(
                        f"no value for port {brief(missing[0])}",
                        at=f"{at}, example {number}",
                        given=f"{list(given)}",
                        expected=f"{list(columns)}",
                    ),
                )
        if not columns and not any(rows):
            return len(rows)
        others = list(dict.fromkeys(key for row in rows for key in row))
        return {name: [row.get(name) for row in rows] for name in others}
    if len(columns) == 1:
        return {columns[0]: rows}
    if not columns:
        return None
    pairs: list[Any] = []
    for number, row in enumerate(rows, 1):
        if not (isinstance(row, (tuple, list)) and len(row) == 2):
            columns_in_list = len(rows) == 2 and all(hasattr(each, "__len__") for each in rows)
            raise fail(
                DataError,
                Fault(
                    "an example is a pair (input, output)",
                    at=f"{at}, example {number}",
                    given=brief(row),
                    expected=FORMS,
                    fix="two columns stand in a tuple: (inputs, outputs)"
                    if columns_in_list
                    else None,
                ),
            )
        pairs.append(row)
    first, second = [row[0] for row in pairs], [row[1] for row in pairs]
    if any(isinstance(part, Mapping) for part in (*first, *second)):
        joined = [
            _pair(row, columns, inputs, f"{at}, example {n}") for n, row in enumerate(pairs, 1)
        ]
        return _rows(joined, columns, inputs, at)
    return _pair((first, second), columns, inputs, at)


def _are_dicts(rows: Sequence[object]) -> TypeGuard[Sequence[Mapping[str, object]]]:
    return all(isinstance(row, Mapping) for row in rows)
