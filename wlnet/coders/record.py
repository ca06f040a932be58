"""Coders as JSON-able records and back. The way back trusts nothing.

A record is `{"Coder": "NetEncoder", "Kind": "Class", "Parameters": {...}}` with all parameters by
their Wolfram names. Numbers, strings, truth values and None stand for themselves, tuples are
lists, AUTOMATIC is `{"Symbol": "AUTOMATIC"}`, an array of float32 is
`{"Dimensions": [...], "Real32": base64 of little-endian bytes}`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Any

import numpy as np

from wlnet.coders.coder import Coder, parameter_fields
from wlnet.coders.worth import worth
from wlnet.core.errors import Fault, FormatError, WlnetError, brief, fail
from wlnet.core.names import field_name, wolfram_name
from wlnet.core.symbols import AUTOMATIC, Symbol

DEEPEST = 16


def written(coder: Coder) -> dict[str, Any]:
    """The record of a coder; FormatError for a parameter that a file cannot hold."""
    return {
        "Coder": coder.door,
        "Kind": coder.kind,
        "Parameters": {
            name: _to_json(value, f"{coder.title}, {name}")
            for name, value in coder.parameters.items()
        },
    }


def read(record: object, doors: dict[str, dict[str, type]]) -> Any:
    """The coder of a record; kinds come from the given tables alone. FormatError otherwise."""
    row = _table(record, ("Coder", "Kind", "Parameters"), "a coder")
    kinds = _choice(row["Coder"], doors, "Coder")
    kind = _choice(row["Kind"], kinds, "Kind")
    names = [wolfram_name(name) for name in parameter_fields(kind)]
    given = _table(row["Parameters"], tuple(names), f"the parameters of {row['Kind']}")
    values = {field_name(name): _from_json(given[name], name) for name in names}
    try:
        coder = kind(**values)
        again = written(coder)
        # One coder has one record: another spelling of it was not written by us.
        canonical = _canonical(again) == _canonical(row)
    except (WlnetError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise _bad(f"the record of a coder cannot be used: {error}", given=brief(record)) from error
    if not canonical:
        raise _bad(
            "the record of a coder is not in its canonical form",
            given=brief(row["Parameters"]),
            expected=brief(again["Parameters"]),
        )
    return coder


def _to_json(value: Any, where: str, depth: int = 0) -> Any:
    value = worth(value)
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, Symbol):
        return {"Symbol": value.name}
    if type(value) is tuple and depth < DEEPEST:
        return [_to_json(part, where, depth + 1) for part in value]
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        data = np.ascontiguousarray(value).astype("<f4").tobytes()
        return {"Dimensions": list(value.shape), "Real32": base64.b64encode(data).decode("ascii")}
    what = "a function cannot be saved: a file holds no code" if callable(value) else None
    raise fail(
        FormatError,
        Fault(
            what or "this value cannot be saved",
            at=where,
            given=brief(value),
            expected=f"numbers, strings, truth values, None, tuples of these up to {DEEPEST} deep",
            fix="take the encoder off the port before saving, and encode the data yourself"
            if what
            else "use such labels, and look yours up by them",
        ),
    )


def _from_json(value: Any, name: str, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise _bad("a parameter is nested too deep", at=name)
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is list:
        return tuple(_from_json(part, name, depth + 1) for part in value)
    if type(value) is dict and set(value) == {"Symbol"}:
        if value["Symbol"] != AUTOMATIC.name:
            raise _bad("an unknown symbol", at=name, given=brief(value["Symbol"]))
        return AUTOMATIC
    if type(value) is dict and set(value) == {"Dimensions", "Real32"}:
        return _array(value, name)
    raise _bad("a parameter has a value that no coder writes", at=name, given=brief(value))


def _array(value: dict[str, Any], name: str) -> np.ndarray:
    shape, text = value["Dimensions"], value["Real32"]
    good = type(shape) is list and 0 < len(shape) <= 3 and type(text) is str
    if not good or not all(type(size) is int and size > 0 for size in shape):
        raise _bad("an array has no proper dimensions", at=name, given=brief(shape))
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad("an array is not in base64", at=name, given=brief(text)) from error
    if len(data) != 4 * math.prod(shape):
        raise _bad(
            "an array has another length than its dimensions say",
            at=name,
            given=f"{len(data)} bytes",
            expected=f"{4 * math.prod(shape)} bytes for {shape}",
        )
    return np.frombuffer(data, "<f4").reshape(shape)


def _table(value: object, keys: tuple[str, ...], what: str) -> dict[str, Any]:
    if type(value) is not dict or set(value) != set(keys):
        given = sorted(map(str, value)) if isinstance(value, dict) else value
        raise _bad(
            f"this is not the record of {what}", given=brief(given), expected=f"keys {list(keys)}"
        )
    return value


def _choice(name: object, table: dict[str, Any], what: str) -> Any:
    if not isinstance(name, str) or name not in table:
        raise _bad(
            f"the record of a coder names an unknown {what}", given=brief(name), known=list(table)
        )
    return table[name]


def _canonical(record: dict[str, Any]) -> str:
    return json.dumps(record, sort_keys=True)


def _bad(what: str, **words: Any) -> Exception:
    return fail(FormatError, Fault(what, **words))
