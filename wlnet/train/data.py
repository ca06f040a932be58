"""The forms that training data come in: all become columns by port, or a generator of such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set, Sized
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import nearest
from wlnet.train.generators import BatchFunction, as_batch_function, refuse_endless

Columns = dict[str, Any]


@dataclass(frozen=True)
class Generator:
    """A function that gives a batch when asked: f({"BatchSize": n, "Round": r, ...})."""

    function: BatchFunction
    round_length: int | None = None


FORMS = (
    "(inputs, outputs), [(x, y), ...], {port: column, ...}, [{port: value, ...}, ...], "
    "a function that gives or yields batches, or an array for a net that needs only one column"
)


def read_data(
    given: Any, columns: Sequence[str], inputs: Sequence[str], at: str = "data"
) -> Columns | Generator:
    """Raw columns by port.

    columns: what the training net needs, its inputs first. Raises DataError.
    """
    if not columns:
        raise fail(DataError, Fault("the net takes no data: it has no input and no target", at=at))
    if callable(given) and not hasattr(given, "__array__"):
        return Generator(as_batch_function(given, at))
    if (
        isinstance(given, tuple)
        and len(given) == 2
        and callable(given[0])
        and isinstance(given[1], Mapping)
    ):
        return Generator(as_batch_function(given[0], at), _round_length(given[1]))
    refuse_endless(given, at)
    if isinstance(given, Mapping):
        return _equal(_by_port(given, columns, at), at)
    if isinstance(given, tuple) and len(given) == 2:
        return _equal(_pair(given, columns, inputs, at), at)
    if isinstance(given, (list, tuple)) and len(given) == 0:
        raise fail(DataError, Fault("no examples", at=at, given=brief(given)))
    if isinstance(given, (list, tuple)):
        return _equal(_rows(list(given), columns, inputs, at), at)
    if hasattr(given, "__array__") and len(columns) == 1:
        return _equal({columns[0]: np.asarray(given)}, at)
    if (
        isinstance(given, Iterable)
        and not isinstance(given, (str, bytes))
        and not hasattr(given, "__array__")
    ):
        return read_data(list(given), columns, inputs, at)
    raise fail(
        DataError,
        Fault(
            "an unknown form of data",
            at=at,
            given=_brief(given),
            expected=FORMS,
            known=[f"columns {list(columns)}"],
        ),
    )


def _brief(given: Any) -> str:
    return (
        f"{type(given).__name__} of shape {given.shape}"
        if isinstance(given, np.ndarray)
        else brief(given)
    )


def _round_length(options: Mapping[Any, Any]) -> int | None:
    unknown = [name for name in options if name != "RoundLength"]
    length = as_whole(options.get("RoundLength"))
    if unknown or length is None or length < 1:
        raise fail(
            OptionError,
            Fault(
                "options of a generator",
                given=brief(dict(options)),
                expected='{"RoundLength": 640}',
            ),
        )
    return length


def _pair(
    given: tuple[Any, Any], columns: Sequence[str], inputs: Sequence[str], at: str
) -> Columns:
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


def _by_port(given: Mapping[Any, Any], columns: Sequence[str], at: str) -> Columns:
    faults = []
    for name in columns:
        if name not in given:
            extra = [str(key) for key in given if key not in columns]
            near = nearest(name, extra)
            faults.append(
                Fault(
                    f"no data for port {name!r}",
                    at=at,
                    given=f"columns {list(given)}",
                    expected=f"columns {list(columns)}",
                    fix=f"call it {name!r} where you wrote {near[0]!r}" if near else None,
                )
            )
    if faults:
        raise fail(DataError, faults)
    return {name: given[name] for name in columns}


def _rows(rows: list[Any], columns: Sequence[str], inputs: Sequence[str], at: str) -> Columns:
    if all(isinstance(row, Mapping) for row in rows):
        for number, row in enumerate(rows, 1):
            missing = [name for name in columns if name not in row]
            if missing:
                raise fail(
                    DataError,
                    Fault(
                        f"no value for port {missing[0]!r}",
                        at=f"{at}, example {number}",
                        given=f"{list(row)}",
                        expected=f"{list(columns)}",
                    ),
                )
        return {name: [row[name] for row in rows] for name in columns}
    if len(columns) == 1:
        return {columns[0]: rows}
    for number, row in enumerate(rows, 1):
        if not (isinstance(row, (tuple, list)) and len(row) == 2):
            columns_in_list = len(rows) == 2 and all(hasattr(each, "__len__") for each in rows)
            raise fail(
                DataError,
                Fault(
                    "an example is a pair (input, output)",
                    at=f"{at}, example {number}",
                    given=_brief(row),
                    expected=FORMS,
                    fix="two columns stand in a tuple: (inputs, outputs)"
                    if columns_in_list
                    else None,
                ),
            )
    return _pair(([row[0] for row in rows], [row[1] for row in rows]), columns, inputs, at)


def _equal(columns: Columns, at: str) -> Columns:
    """Columns of one length, as sequences.

    Raises DataError for what is no column, all of them at once.
    """
    found: Columns = {}
    faults = []
    # A column that can be read only once may have no end: the others tell how far to look.
    counts = [len(column) for column in columns.values() if isinstance(column, Sized)]
    most = min(counts, default=None)
    for name, column in columns.items():
        sequence = _as_sequence(column, most)
        if sequence is None:
            faults.append(
                Fault(
                    "a column is a sequence of examples",
                    at=f"{at}, port {name}",
                    given=_brief(column),
                )
            )
        else:
            found[name] = sequence
    if faults:
        raise fail(DataError, faults)
    lengths = {name: len(column) for name, column in found.items()}
    text = ", ".join(f"{name}: {count}" for name, count in lengths.items())
    if len(set(lengths.values())) > 1:
        raise fail(DataError, Fault("columns of different length", at=at, given=text))
    if 0 in lengths.values():
        raise fail(DataError, Fault("no examples", at=at, given=text))
    return found


def _as_sequence(column: Any, most: int | None) -> Any:
    if isinstance(column, (list, tuple)):
        return column
    if hasattr(column, "__array__"):
        column = np.asarray(column)
        return column if column.ndim else None
    # What has no order of its own cannot stand beside another column.
    if isinstance(column, (str, bytes, Mapping, Set)) or not isinstance(column, Iterable):
        return None
    return list(column) if most is None else list(islice(column, most + 1))
