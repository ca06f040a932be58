"""Coders as JSON-able records and back. The way back trusts nothing.

A record is `{"Coder": "NetEncoder", "Kind": "Class", "Parameters": {...}}` with all parameters by
their Wolfram names. Beside what every record may hold (core/records.py), AUTOMATIC is
`{"Symbol": "AUTOMATIC"}`, as other symbols are, and an array of float32 is
`{"Dimensions": [...], "Real32": base64 of little-endian bytes}`. A net is `{"Net": record}`, and
whoever writes or reads the file says how: files of nets, io/ports.py.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Collection, Mapping

import numpy as np

from wlnet.coders.coder import Coder, later_fields, parameter_fields
from wlnet.coders.decoder import NetDecoder
from wlnet.coders.encoder import NetEncoder
from wlnet.coders.worth import worth
from wlnet.core.errors import WlnetError, brief
from wlnet.core.names import field_name, wolfram_name
from wlnet.core.net import Net
from wlnet.core.records import Codec, Form, Json, Table, refused, shown, symbols
from wlnet.core.symbols import ALL, ANY, AUTOMATIC, END_OF_STRING, START_OF_STRING


def to_record(coder: Coder, keep: Callable[[Net], Json] | None = None) -> Table:
    """The coder as JSON-able values; the same coder gives the same record.

    keep: writes a net that is a parameter. Raises FormatError for what cannot be written, such as a
    function.
    """

    def written(name: str, value: object) -> Json:
        if isinstance(value, Net):
            if keep is None:
                what, fix = "a record of a coder alone holds no net", "save(net, file)"
                raise refused(what, at=f"{coder.title}, {name}", fix=fix)
            return {"Net": keep(value)}
        return VALUES.written(value, f"{coder.title}, {name}")

    later = {wolfram_name(name): value for name, value in later_fields(type(coder)).items()}
    return {
        "Coder": coder.door,
        "Kind": coder.kind,
        "Parameters": {
            name: written(name, value)
            for name, value in coder.parameters.items()
            if name not in later or value != later[name]
        },
    }


def from_record(record: Json, kept: Callable[[Json], Net] | None = None) -> NetEncoder | NetDecoder:
    """The coder that `to_record` wrote; kinds are looked up in the tables of the doors alone.

    kept: reads a net that `keep` wrote; its record must be in canonical form by then. Raises
    FormatError for anything that `to_record` would not have written.

    >>> from_record(to_record(NetEncoder("Class", ["x", 1, False])))
    NetEncoder('Class', ['x', 1, False])
    """
    row = _table(record, ("Coder", "Kind", "Parameters"), "a coder")
    doors = {"NetEncoder": NetEncoder.kinds, "NetDecoder": NetDecoder.kinds}
    kinds = doors[_choice(row["Coder"], doors, "Coder")]
    kind = kinds[_choice(row["Kind"], kinds, "Kind")]
    told = row["Parameters"]
    absent = {wolfram_name(name) for name in later_fields(kind)} - set(told if type(told) is dict
                                                                       else ())  # fmt: skip
    names = [n for n in map(wolfram_name, parameter_fields(kind)) if n not in absent]
    given = _table(told, names, f"the parameters of {row['Kind']}")
    nets: dict[int, Json] = {}

    def read(name: str) -> object:
        value = given[name]
        if kept is None or type(value) is not dict or value.keys() != {"Net"}:
            return VALUES.read(value, name)
        net = kept(value["Net"])
        nets[id(net)] = value["Net"]
        return net

    values = {field_name(name): read(name) for name in names}
    try:
        coder: NetEncoder | NetDecoder = kind(**values)
        again = to_record(coder, lambda net: nets[id(net)])
        # One coder has one record: another spelling of it was not written by us.
        canonical = _canonical(again) == _canonical(row)
    except (WlnetError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise refused(
            f"the record of a coder cannot be used: {error}", given=brief(record)
        ) from error
    if not canonical:
        raise refused(
            "the record of a coder is not in its canonical form",
            given=brief(row["Parameters"]),
            expected=brief(again["Parameters"]),
        )
    return coder


def _array_record(array: np.ndarray) -> Table:
    data = np.ascontiguousarray(array).astype("<f4").tobytes()
    return {"Dimensions": list(array.shape), "Real32": base64.b64encode(data).decode("ascii")}


def _array(value: Table) -> np.ndarray:
    shape, text = value["Dimensions"], value["Real32"]
    told = shape if type(shape) is list else []
    sizes = [size for size in told if type(size) is int and size > 0]
    if type(text) is not str or not 0 < len(sizes) <= 3 or sizes != shape:
        raise refused("an array has no proper dimensions", given=brief(shape))
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise refused("an array is not in base64", given=shown(text)) from error
    if len(data) != 4 * math.prod(sizes):
        raise refused(
            "an array has another length than its dimensions say",
            given=f"{len(data)} bytes",
            expected=f"{4 * math.prod(sizes)} bytes for {sizes}",
        )
    return np.frombuffer(data, "<f4").reshape(sizes)


VALUES = Codec(
    (
        symbols(ALL, ANY, AUTOMATIC, END_OF_STRING, START_OF_STRING),
        Form(
            frozenset({"Dimensions", "Real32"}),
            np.ndarray,
            lambda array, _: _array_record(array),
            lambda table, _: _array(table),
        ),
    ),
    deepest=16,
    expected="numbers, strings, truth values, None, and tuples of these: use such labels, "
    "and look yours up by them",
    worth=worth,
)


def _table(value: Json, keys: Collection[str], what: str) -> Table:
    if type(value) is not dict or set(value) != set(keys):
        given = sorted(map(str, value)) if isinstance(value, dict) else value
        raise refused(
            f"this is not the record of {what}", given=brief(given), expected=f"keys {list(keys)}"
        )
    return value


def _choice(name: Json, table: Mapping[str, object], what: str) -> str:
    if not isinstance(name, str) or name not in table:
        raise refused(
            f"the record of a coder names an unknown {what}", given=shown(name), known=table
        )
    return name


def _canonical(record: Table) -> str:
    return json.dumps(record, sort_keys=True)
