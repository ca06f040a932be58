"""Answers of a net as CSV, JSON, lines of JSON, or an array of NumPy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from wlnet.cli.plain import json_text, plain
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.net import Net

Answers = Mapping[str, Sequence[Any]]
"""What a net answers by output, an example after the other."""


def answers_by_port(net: Net, found: Any) -> Answers:
    """What a net answered to several examples, by output."""
    if isinstance(found, Mapping):
        return found
    return {net.output_names[0]: found}


def written(answers: Answers, form: str) -> bytes:
    """Answers in one of FORMATS. Raises DataError."""
    return FORMATS[form](answers)


def _csv(answers: Answers) -> bytes:
    """A line for each example; of an array a column for each number, Output[1], Output[2]."""
    rows = [dict(_cells(answers, number)) for number in range(_count(answers))]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(names)
    lines.writerows([row.get(name, "") for name in names] for row in rows)
    return text.getvalue().encode()


def _cells(answers: Answers, number: int) -> Iterator[tuple[str, object]]:
    for port, values in answers.items():
        value = values[number]
        if isinstance(value, Mapping):
            yield from ((f"{port}[{label}]", plain(each)) for label, each in value.items())
        elif isinstance(value, (np.ndarray, list, tuple)) and np.ndim(value):
            array = np.asarray(value)
            for place in np.ndindex(array.shape):
                name = ",".join(str(index + 1) for index in place)
                yield f"{port}[{name}]", _cell(array[place])
        else:
            yield port, _cell(value)


def _cell(value: object) -> object:
    """A number by the digits that its precision needs; NaN and infinities by their names."""
    return str(value) if isinstance(value, (float, np.floating)) else plain(value)


def _rows(answers: Answers) -> Iterator[dict[str, Any]]:
    for number in range(_count(answers)):
        yield {port: values[number] for port, values in answers.items()}


def _json(answers: Answers) -> bytes:
    return f"{json_text(list(_rows(answers)))}\n".encode()


def _json_lines(answers: Answers) -> bytes:
    lines = (json.dumps(plain(row), allow_nan=False) for row in _rows(answers))
    return "".join(f"{line}\n" for line in lines).encode()


def _npy(answers: Answers) -> bytes:
    if len(answers) != 1:
        what = "an NPY file holds one array, and the net has several outputs"
        raise fail(DataError, Fault(what, given=brief(list(answers)), fix="--format jsonl"))
    (values,) = answers.values()
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype == object:
        what = "these answers are no array"
        raise fail(DataError, Fault(what, given=brief(values), fix="--format jsonl"))
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=False)
    return content.getvalue()


def _count(answers: Answers) -> int:
    return len(next(iter(answers.values()), ()))


FORMATS: Mapping[str, Callable[[Answers], bytes]] = MappingProxyType(
    {"csv": _csv, "json": _json, "jsonl": _json_lines, "npy": _npy}
)
"""Name of a format -> what writes it; the suffixes of files are the same."""
