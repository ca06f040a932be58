"""One measurement as it is asked for: a name, (name, n), a port, a function, or a dict of one of
these and how it is to be made.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.answers import binds
from wlnet.core.elsewhere import counterpart
from wlnet.core.errors import Fault, brief
from wlnet.core.names import field_name
from wlnet.core.net import Net
from wlnet.core.parts import NetPort
from wlnet.core.scalars import as_real, as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.results.arrays_report import BY_ROUND
from wlnet.train.history import LOSS
from wlnet.train.measured_functions import FunctionMeasurement
from wlnet.train.measured_ports import AGGREGATIONS, PortMeasurement
from wlnet.train.measurements import DRAWN, TABLE, Measurement, Named, named

Found = tuple[Measurement | None, list[Fault]]
"""A measurement, and what is wrong with what was given for it."""


def is_of_arrays(given: object) -> bool:
    """Whether it is a name of what is told of arrays."""
    return isinstance(given, str) and given in BY_ROUND


def read_item(given: Any, at: str, losses: Sequence[str] = ()) -> Found:
    """The measurement that is asked for. losses: names that are known as well, for messages."""
    if isinstance(given, Mapping):
        return _of_dict(given, at, losses)
    if isinstance(given, NetPort):
        return PortMeasurement(port=given), []
    if callable(given) and not isinstance(given, (Net, type)):
        return _of_function(given, at)
    if isinstance(given, tuple) and len(given) > 1 and any(map(_is_item, given[1:])):
        what, fix = "several measurements are a list", f"[{', '.join(map(brief, given))}]"
        return None, [Fault(what, at=at, given=brief(given), fix=fix)]
    name, n = given if isinstance(given, tuple) and len(given) == 2 else (given, 1)
    if is_of_arrays(name):
        what = "it is told of the arrays of a training, a number a round"
        fix = f"training_progress_measurements={name!r}, the name alone"
        return None, [Fault(what, at=at, given=brief(given), fix=fix)]
    if isinstance(name, str) and (name == LOSS or name in losses):
        in_training = LOSS not in losses
        what = "losses are told of every training" if in_training else "a loss is a name alone"
        told = 'results["RoundLossList"]; a stopping criterion is "Loss"'
        fix = told if in_training else repr(name)
        return None, [Fault(what, at=at, given=brief(given), fix=fix)]
    if not isinstance(name, str) or name not in TABLE:
        known = [*losses, *TABLE]
        return None, [
            Fault(
                "an unknown measurement",
                at=at,
                given=brief(given),
                known=known,
                fix=suggestion(name, known),
            )
        ]
    fault = _wrong_n(name, n, at, given)
    return (None, [fault]) if fault else (named(name, as_whole(n) or as_real(n) or 1), [])


def _is_item(given: object) -> bool:
    """Whether it is the name of a measurement, or one by itself."""
    is_name = isinstance(given, str) and (given in TABLE or given == LOSS or is_of_arrays(given))
    return is_name or isinstance(given, (NetPort, Mapping)) or callable(given)


def _wrong_n(name: str, n: object, at: str, given: object) -> Fault | None:
    """What is wrong with n in (name, n), if anything is."""
    if TABLE[name].takes == "beta":
        beta = as_real(n)
        if beta is not None and 0 < beta < math.inf:
            return None
        what, expected = "FScore of a beta", "a positive, finite number"
        return Fault(what, at=at, given=brief(n), expected=expected, fix="('FScore', 2)")
    best = as_whole(n)
    if best is None or best < 1:
        takes_n = TABLE[name].takes == "top"
        what = f"{name} of the top n" if takes_n else f"{name} has no n"
        fix = f"({name!r}, 5)" if takes_n else repr(name)
        number = "a positive integer" if takes_n else None
        return Fault(what, at=at, given=brief(n), expected=number, fix=fix)
    if best > 1 and TABLE[name].takes is None:
        return Fault(f"{name} has no top n", at=at, given=brief(given), fix=repr(name))
    return None


def _of_function(given: Callable[..., object], at: str) -> Found:
    try:
        fits = binds(inspect.signature(given), 2)
    except (TypeError, ValueError):  # nothing tells, as of builtins
        fits = True
    fault = Fault(
        "a measurement is a function of two arguments, predictions and targets",
        at=at,
        given=brief(given),
        fix="lambda predictions, targets: float(...)",
    )
    return (FunctionMeasurement(function=given, at=at), []) if fits else (None, [fault])


# The keys of a dict: each takes the measurement so far and what was given, and gives it with that.


def _averaging(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if not isinstance(so_far, Named) or not so_far.row.averaged:
        what = f"{so_far.key} is not of one class, so there is nothing to average over classes"
        possible = [name for name, row in TABLE.items() if row.averaged]
        return Fault(what, at=at, given=brief(given), known=possible)
    known = ["Micro", "Macro"]
    if DRAWN.get(so_far.name, so_far.name) == "ROCCurve":
        known = ["Micro"]
    if given is None or given is AUTOMATIC or (isinstance(given, str) and given in known):
        return replace(so_far, averaging=given)
    if isinstance(given, str) and given == "Macro":
        what, fix = "curves have no mean", '"Micro", one curve of all; or None, a curve a class'
        return Fault(what, at=at, given=brief(given), known=[*known, None], fix=fix)
    return _no_choice(given, at, [*known, None])


def _aggregation(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if not isinstance(so_far, PortMeasurement):
        what = f"{so_far.key} adds up batches in the way that it is defined"
        fix = "leave it out; it is for ports, as NetPort('layer', 'Output')"
        return Fault(what, at=at, given=brief(given), fix=fix)
    if given is None or (isinstance(given, str) and given in AGGREGATIONS):
        return replace(so_far, aggregation=given)
    return _no_choice(given, at, list(AGGREGATIONS))


def _key(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if isinstance(given, str) and given and "/" not in given:
        return replace(so_far, called=given)
    expected = "a word without /, which stands between an output and a measurement of it"
    return Fault("how a measurement is called", at=at, given=brief(given), expected=expected)


def _interval(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if isinstance(given, str) and given in ("Batch", "Round"):
        return replace(so_far, by_batch=given == "Batch")
    return _no_choice(given, at, ["Batch", "Round"])


def _direction(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if not (isinstance(given, str) and given in ("Increasing", "Decreasing")):
        return _no_choice(given, at, ["Increasing", "Decreasing"])
    if not so_far.is_number:
        what = f"{so_far.key} is no number here: it is neither better nor worse than another"
        return Fault(what, at=at, given=brief(given), fix="leave the direction out")
    return replace(so_far, direction=given == "Decreasing")


def _source(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if isinstance(so_far, PortMeasurement):
        return Fault("a port is its own source", at=at, given=brief(given), fix="leave it out")
    name = given.path[0] if isinstance(given, NetPort) and len(given.path) == 1 else given
    if isinstance(name, str):
        return replace(so_far, source=name)
    return Fault("the output that is measured", at=at, given=brief(given), fix="'Output'")


PLOT_TYPES = "Linear", "Log"
"""The axes that a measurement may be drawn over."""


def _plot_type(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if not so_far.is_number:
        what = f"{so_far.key} is no number, so that no curve of it is drawn over an axis"
        return Fault(what, at=at, given=brief(given), fix="leave it out")
    if given is None or given is AUTOMATIC:
        return so_far
    if isinstance(given, str) and given in PLOT_TYPES:
        return replace(so_far, plot_type=given)
    return _no_choice(given, at, [*PLOT_TYPES, None])


def _weighted(so_far: Measurement, given: Any, at: str) -> Measurement | Fault:
    if not isinstance(given, (bool, np.bool_)):
        return _no_choice(given, at, [True, False])
    if given and not isinstance(so_far, Named):
        what = f"{so_far.key} has no weights: ports and functions see every example once"
        return Fault(what, at=at, given="True", fix="leave it out, or a measurement by its name")
    return replace(so_far, weighted=bool(given))


KEYS: dict[str, Callable[[Measurement, Any, str], Measurement | Fault]] = {
    "ClassAveraging": _averaging,
    "Aggregation": _aggregation,
    "Key": _key,
    "Interval": _interval,
    "Source": _source,
    "Direction": _direction,
    "PlotType": _plot_type,
    "Weighted": _weighted,
}
"""What may stand in a dict beside "Measurement", in the order in which it is read."""


def _no_choice(given: object, at: str, known: list[Any]) -> Fault:
    words = [each for each in known if isinstance(each, str)]
    fix = suggestion(given, words)
    return Fault(f"{at.rpartition(', ')[2]} cannot be this", at, brief(given), known=known, fix=fix)


def _of_dict(given: Mapping[Any, Any], at: str, losses: Sequence[str]) -> Found:
    known = ["Measurement", *KEYS]
    faults = [
        Fault(
            "an unknown key of a measurement",
            at=at,
            given=brief(key),
            known=known,
            fix=counterpart(str(key), [*map(field_name, known)], wolfram=True)
            or suggestion(key, known),
        )
        for key in given
        if not isinstance(key, str) or key not in known
    ]
    inner = given.get("Measurement")
    found: Measurement | None = None
    if inner is None or isinstance(inner, Mapping):
        fix = '{"Measurement": "Precision", "ClassAveraging": "Micro"}'
        faults.append(Fault("which measurement", at=at, given=brief(dict(given)), fix=fix))
    else:
        found, wrong = read_item(inner, at, losses)
        faults += wrong
    for name, read in KEYS.items():
        if found is not None and name in given:
            step = read(found, given[name], f"{at}, {name}")
            if isinstance(step, Fault):
                faults.append(step)
            else:
                found = step
    return (None if faults else found), faults
