"""What a net is called with: columns by port, and whether they came from one example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.columns import is_single
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


def read_columns(net: Net, x: Any) -> tuple[Any, bool]:
    """Columns by port, not encoded yet, and whether they came from one example.

    For a net without inputs the number of examples to give stands in place of columns.
    """
    names = net.input_names
    if not names:
        return 1, True
    if isinstance(x, list) and x and all(isinstance(row, Mapping) for row in x):
        return {name: [_get(row, name, names) for row in x] for name in names}, False
    if isinstance(x, Mapping):
        unknown = [name for name in x if name not in names]
        if unknown:
            raise fail(
                DataError,
                Fault(
                    "data for a port that is not there",
                    given=", ".join(map(repr, unknown)),
                    known=list(names),
                    fix=suggestion(str(unknown[0]), names),
                ),
            )
        given = {name: _get(x, name, names) for name in names}
    elif len(names) == 1:
        given = {names[0]: x}
    else:
        raise fail(
            DataError,
            Fault(
                "a net with several inputs takes a dict",
                at=net.kind,
                given=type(x).__name__,
                known=list(names),
                fix=f"net({{{names[0]!r}: ..., {names[1]!r}: ...}})",
            ),
        )
    verdicts = [is_single(inferred_port(net, name), name, value) for name, value in given.items()]
    known = [verdict for verdict in verdicts if verdict is not None]
    single = known[0] if known else True
    if any(verdict != single for verdict in known):
        raise fail(DataError, Fault("some ports got one example and others a batch", at=net.kind))
    if single:
        return {name: _one(value) for name, value in given.items()}, True
    counts = {name: len(value) for name, value in given.items()}
    if len(set(counts.values())) > 1:
        raise fail(DataError, Fault("columns of different length", given=str(counts)))
    if not next(iter(counts.values())):
        return dict.fromkeys(given), False
    return given, False


def _one(value: Any) -> Any:
    return value[None] if isinstance(value, np.ndarray) else [value]


def _get(row: Mapping[Any, Any], name: str, names: Sequence[str]) -> Any:
    if name not in row:
        raise fail(
            DataError,
            Fault(
                f"no data for port {name!r}",
                given=f"ports {list(row)}",
                expected=f"ports {list(names)}",
            ),
        )
    return row[name]


def check_choice(option: str, given: Any, known: Sequence[str]) -> None:
    """Raise OptionError for what is not one of the known words."""
    if given not in known:
        raise fail(
            OptionError,
            Fault(
                f"{option} cannot be this",
                given=brief(given),
                known=list(known),
                fix=suggestion(str(given), known),
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
