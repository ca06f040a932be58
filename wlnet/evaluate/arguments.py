"""What a net is called with: columns by port, and whether they came from one example."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.gate import admitted, as_column, as_table, is_stream, is_usual, unequal
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.columns import is_single, takes_anything
from wlnet.nets.inference import inferred_port


def read_arguments(net: Net, args: Sequence[Any]) -> tuple[Any, Any]:
    """What a net was called with: its input, and the property asked for. Raises OptionError."""
    most = 2 if net.input_names else 1
    if len(args) > most or (net.input_names and not args):
        raise fail(
            OptionError,
            Fault(
                "a net is called with its input, and perhaps a property",
                at=net.kind,
                given=f"{len(args)} arguments",
                expected=f"net(x) or net(x, prop), where x fits the ports {list(net.input_names)}",
            ),
        )
    if not net.input_names:
        return None, (args[0] if args else AUTOMATIC)
    return args[0], (args[1] if len(args) == 2 else AUTOMATIC)


def read_columns(net: Net, x: Any, needed: Collection[str] | None = None) -> tuple[Any, bool]:
    """Columns by port, not encoded yet, and whether they came from one example.

    needed: the only inputs that are looked at. Where no input is needed the number of examples to
    give stands in place of columns.
    """
    every = net.input_names
    names = every if needed is None else tuple(name for name in every if name in needed)
    if not every:
        return 1, True
    if isinstance(x, list) and x and all(isinstance(row, Mapping) for row in x):
        _check_ports(dict.fromkeys(key for row in x for key in row), every)
        if not names:
            return len(x), False
        rows = {name: [_get(row, name, names) for row in x] for name in names}
        return {name: _let_in(inferred_port(net, name), name, rows[name]) for name in rows}, False
    table = as_table(x, every) if len(every) > 1 or isinstance(x, Mapping) else None
    if table is not None:
        _check_ports(table, every)
        names = names or tuple(name for name in every if name in table)
        if not names:
            return 1, True
        given = {name: _get(table, name, names) for name in names}
    elif len(every) == 1:
        names = every
        given = {names[0]: x}
    else:
        raise fail(
            DataError,
            Fault(
                "a net with several inputs takes a dict",
                at=net.kind,
                given=type(x).__name__,
                known=list(every),
                fix=f"net({{{every[0]!r}: ..., {every[1]!r}: ...}})",
            ),
        )
    ports = {name: inferred_port(net, name) for name in names}
    given = {name: _let_in(ports[name], name, value) for name, value in given.items()}
    verdicts = [is_single(ports[name], name, value) for name, value in given.items()]
    known = [verdict for verdict in verdicts if verdict is not None]
    single = known[0] if known else True
    if any(verdict != single for verdict in known):
        raise fail(DataError, Fault("some ports got one example and others a batch", at=net.kind))
    # What is given tells how many answers are wanted, even where nothing of it is needed.
    nothing = needed is not None and not needed
    if single:
        return 1 if nothing else {name: _one(value) for name, value in given.items()}, True
    counts = {name: len(value) for name, value in given.items()}
    if len(set(counts.values())) > 1:
        raise fail(DataError, unequal(counts))
    if not next(iter(counts.values())):
        return dict.fromkeys(given), False
    return next(iter(counts.values())) if nothing else given, False


def _let_in(port: PortType, name: str, value: Any) -> Any:
    """What a port was given, before it is known to be one example or a batch."""
    at = f"port {name}"
    if takes_anything(port):
        return value
    if is_stream(value):
        return as_column(value, at)
    found = admitted(value, at)
    # A coder may know more than numbers and lists of them.
    return found if port.coder is not None or is_usual(found) else as_column(found, at)


def _check_ports(given: Iterable[Any], names: Sequence[str]) -> None:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise fail(
            DataError,
            Fault(
                "data for a port that is not there",
                given=", ".join(map(brief, unknown)),
                known=list(names),
                fix=suggestion(unknown[0], names),
            ),
        )


def _one(value: Any) -> Any:
    is_array = isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray)
    return value[None] if is_array else [value]


def _get(row: Mapping[Any, Any], name: str, names: Sequence[str]) -> Any:
    if name not in row:
        raise fail(
            DataError,
            Fault(
                f"no data for port {brief(name)}",
                given=f"ports {list(row)}",
                expected=f"ports {list(names)}",
            ),
        )
    return row[name]


def check_choice(option: str, given: Any, known: Sequence[str]) -> None:
    """Raise OptionError for what is not one of the known words."""
    if not (isinstance(given, str) and given in known):
        raise fail(
            OptionError,
            Fault(
                f"{option} cannot be this",
                given=brief(given),
                known=list(known),
                fix=suggestion(given, known),
            ),
        )


def check_count(option: str, given: Any) -> int:
    """A positive integer. Raises OptionError."""
    number = as_whole(given)
    if number is None or number < 1:
        raise fail(OptionError, Fault(f"{option} is a positive integer", given=brief(given)))
    return number


def check_workers(given: Any) -> None:
    """Check a number of workers. It changes no bit."""
    if given is not AUTOMATIC:
        check_count("workers", given)
