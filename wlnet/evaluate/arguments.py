"""What a net is called with: columns by port, and whether they came from one example."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeGuard

import numpy as np

from wlnet.core.errors import NAMES, DataError, Fault, OptionError, ShapeError, brief, fail
from wlnet.core.gate import (
    Column,
    admitted,
    as_column,
    as_table,
    is_stream,
    is_usual,
    shape_of,
    unequal,
)
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.scalars import MOST, as_whole
from wlnet.core.shapes import shape_text
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.columns import NO_NUMBERS, takes_anything
from wlnet.nets.inference import check_inputs, inferred_port


def read_arguments(net: Net, args: Sequence[object]) -> tuple[object, object]:
    """What a net was called with: its input, and the property asked for. Raises OptionError."""
    if not net.input_names and args and isinstance(args[0], Mapping) and not args[0]:
        # No columns, for no ports.
        args = args[1:]
    check_inputs(net)
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


def read_columns(
    net: Net, x: object, needed: Collection[str] | None = None
) -> tuple[dict[str, Any] | int, bool]:
    """Columns by port, not encoded yet, and whether they came from one example.

    needed: the only inputs that are looked at. Where no input is needed the number of examples to
    give stands in place of columns.
    """
    every = net.input_names
    names = every if needed is None else tuple(name for name in every if name in needed)
    if not every:
        return 1, True
    faults: list[Fault] = []
    if isinstance(x, list) and x and all(isinstance(row, Mapping) for row in x):
        faults = _port_faults(
            dict.fromkeys(key for row in x for key in row), every, x, names, net.output_names
        )
        if not names and not faults:
            return len(x), False
        full = [name for name in names if all(name in row for row in x)]
        rows = {name: [row[name] for row in x] for name in full}
        return _let_all_in(net, rows, faults), False
    table = as_table(x, every)
    if table is not None:
        faults = _port_faults(table, every, [table], names, net.output_names)
        names = names or tuple(name for name in every if name in table)
        if not names and not faults:
            return 1, True
        given = {name: table[name] for name in names if name in table}
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
    given = _let_all_in(net, given, faults)
    ports = {name: inferred_port(net, name) for name in names}
    verdicts = {name: _is_single(ports[name], name, value) for name, value in given.items()}
    known = [verdict for verdict in verdicts.values() if verdict is not None]
    single = known[0] if known else True
    if any(verdict != single for verdict in known):
        words = {True: "one example", False: "a batch", None: "either"}
        told = ", ".join(f"{name}: {words[verdict]}" for name, verdict in verdicts.items())
        what = "some ports got one example and others a batch"
        raise fail(DataError, Fault(what, at=net.kind, given=told))
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


def _let_in(port: PortType, name: str, value: object) -> object:
    """What a port was given, before it is known to be one example or a batch."""
    at = f"port {name}"
    if takes_anything(port):
        return value
    if is_stream(value):
        return as_column(value, at)
    found = admitted(value, at)
    # A coder may know more than numbers and lists of them.
    if port.coder is not None:
        return found
    return _as_numbers(found) if is_usual(found) else as_column(found, at)


def _as_numbers(found: object) -> object:
    """Lists of numbers as an array, so that they are read once; others as they are."""
    if not isinstance(found, (list, tuple)) or not found:
        return found
    try:
        array = np.asarray(found)
    except (ValueError, TypeError):
        return found
    return array if array.dtype.kind in "biuf" else found


def _is_single(port: PortType, name: str, x: object) -> bool | None:
    """Whether x is one example for a port, and not a batch; None when the port's rank does not
    tell."""
    if isinstance(x, str):
        return True
    if isinstance(x, (list, tuple)) and len(x) == 0:
        return False
    if port.coder is not None:
        encoded = port.coder.shape
        if not (
            _is_numeric(x)
            and encoded is not None
            and np.ndim(x) == len(encoded) + 1
            and len(encoded) > 0
        ):
            return bool(port.coder.is_single(x))
    if port.shape is None:
        return None
    shape = shape_of(x)
    rank = None if shape is None else len(shape)
    if rank == len(port.shape):
        return True
    if rank == len(port.shape) + 1 or (rank is None and isinstance(x, (list, tuple))):
        return False
    if rank == 0 and np.asarray(x).dtype.kind in NO_NUMBERS:
        # It is told what it is, and not which rank it has.
        return True
    raise fail(
        ShapeError,
        Fault(
            "an input has neither the rank of one example nor that of a batch",
            at=f"port {name}",
            given=f"rank {rank}, shape {shape}",
            expected=f"{shape_text(port.shape)}, or a batch of these",
        ),
    )


def _is_numeric(x: object) -> TypeGuard[np.ndarray]:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _let_all_in(net: Net, given: Mapping[str, object], faults: Sequence[Fault]) -> dict[str, Any]:
    """Columns, let in by the gate. Raises one error for all that are not, and the faults given."""
    if len(given) == 1 and not faults:
        return {name: _let_in(inferred_port(net, name), name, given[name]) for name in given}
    gathered = Gathered()
    gathered.add(*faults, kind=DataError)
    found = {
        name: gathered.attempt(partial(_let_in, inferred_port(net, name), name, value))
        for name, value in given.items()
    }
    gathered.tell()
    return found


def _port_faults(
    given: Iterable[object],
    every: Sequence[str],
    rows: Iterable[Mapping[object, object]],
    needed: Sequence[str],
    made: Sequence[str],
) -> list[Fault]:
    """Columns of ports that are not there, and needed ones that a row lacks. made: the outputs."""
    faults = [
        Fault(
            "data for a port that is not there",
            given=brief(name),
            known=list(every),
            fix="leave it out: it is what the net answers"
            if name in made
            else suggestion(name, every),
        )
        for name in given
        if name not in every
    ]
    for name in needed:
        row = next((row for row in rows if name not in row), None)
        if row is not None:
            faults.append(
                Fault(
                    f"no data for port {brief(name)}",
                    given=f"ports {brief(list(row), NAMES)}",
                    expected=f"ports {list(needed)}",
                )
            )
    return faults


def _one(value: object) -> Column:
    if isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray):
        return value[None]
    return [value]


def check_choice(option: str, given: object, known: Sequence[str]) -> None:
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


def check_count(option: str, given: object) -> int:
    """A positive integer. Raises OptionError."""
    number = as_whole(given)
    if number is None or not 0 < number <= MOST:
        expected = None if number is None or number < 1 else f"at most {MOST:,}"
        what = f"{option} is a positive integer"
        raise fail(OptionError, Fault(what, given=brief(given), expected=expected))
    return number


def check_workers(given: object) -> None:
    """Check a number of workers. It changes no bit."""
    read_workers(given)


def read_workers(given: object) -> int | None:
    """A number of workers; None for AUTOMATIC. Raises OptionError."""
    return None if given is AUTOMATIC else check_count("workers", given)
