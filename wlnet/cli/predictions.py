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


def answers_by_port(net: Net, found: Any, is_single: bool) -> Answers:
    """What a net answered, by output. is_single: whether that was one example alone."""
    answers = found if is_dict(net, found) else {net.output_names[0]: found}
    return {port: [value] for port, value in answers.items()} if is_single else answers


def is_dict(net: Net, found: Any) -> bool:
    """Whether an answer is one by output: that of a decoder may be a dict as well."""
    return isinstance(found, Mapping) and (
        len(net.output_names) > 1 or list(found) == list(net.output_names)
    )


def written(answers: Answers, form: str) -> bytes:
    """Answers in one of FORMATS. Raises DataError."""
    return FORMATS[form](answers)


def _csv(answers: Answers) -> bytes:
    """A line for each example; of an array a column for each number, Output[1], Output[2]."""
    count = _count(answers)
    # What is a dict, or an array of any length, may have others in every line.
    looked_at = min(count, 1) if all(map(_is_regular, answers.values())) else count
    names = list(
        dict.fromkeys(name for number in range(looked_at) for name, _ in _cells(answers, number))
    )
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(names)
    for number in range(count):
        row = dict(_cells(answers, number))
        lines.writerow([row.get(name, "") for name in names])
    return text.getvalue().encode()


def _is_regular(values: Sequence[Any]) -> bool:
    """Whether all answers have the same columns."""
    return isinstance(values, np.ndarray) or not any(
        np.ndim(value) or isinstance(value, Mapping) for value in values
    )


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
