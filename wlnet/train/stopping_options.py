"""The option training_stopping_criterion: what a user may say of when to stop.

Wolfram Language: NetTrain (TrainingStoppingCriterion).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from wlnet.core.answers import takes_one_argument
from wlnet.core.elsewhere import counterpart
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.names import field_name
from wlnet.core.scalars import as_real, as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.history import LOSS
from wlnet.train.measurement_names import as_measurements
from wlnet.train.measurements import TABLE
from wlnet.train.stopping import StoppingCriterion, directed

DEFAULTS: dict[str, Any] = {
    "Criterion": LOSS,
    "Patience": 0,
    "InitialPatience": 0,
    "AbsoluteChange": 0.0,
    "RelativeChange": None,
}


DIRECTED = [LOSS, *(name for name, row in TABLE.items() if row.smaller_is_better is not None)]
"""What a criterion may look at: a matrix is neither better nor worse than another."""


def _is_measured(name: object) -> bool:
    return isinstance(name, str) and name in DIRECTED[1:]


def _key_of(given: object, at: str, own: Sequence[str]) -> str:
    """The key of a loss or of a measurement: a name, a key, (name, n). Raises OptionError."""
    if given is AUTOMATIC:
        return LOSS
    if isinstance(given, str) and (given in own or given.rpartition("/")[2] in own):
        return given
    is_pair = isinstance(given, tuple) and len(given) == 2 and not isinstance(given[1], str)
    if is_pair and _is_measured(given[0]):  # type: ignore[index]
        key: str = as_measurements(given, at)[0].key
        return key
    if isinstance(given, str):
        found = directed(given)
        # Which outputs have a loss of their own, the net tells.
        if given.endswith(LOSS) or (found is not None and found.name in DIRECTED):
            return given
    raise fail(
        OptionError,
        Fault(
            "an unknown stopping criterion",
            at=at,
            given=brief(given),
            known=[*own, *DIRECTED],
            fix=suggestion(given, [*own, *DIRECTED]),
        ),
    )


def as_criterion(given: object, own: Sequence[str] = ()) -> StoppingCriterion | None:
    """None, a name, a key, (name, n), AUTOMATIC ("Loss"), a function, or a dict of one of these and
    more.

    own: keys of the measurements of this call. Raises OptionError.

    >>> as_criterion(("ErrorRate", 2)).criterion
    'ErrorRateTop2'
    """
    at = "training_stopping_criterion"
    if given is None:
        return None
    if given is AUTOMATIC:
        return StoppingCriterion()
    if not isinstance(given, Mapping):
        given = {"Criterion": given}
    faults = [
        Fault(
            "an unknown key of a stopping criterion",
            at=at,
            given=brief(key),
            known=list(DEFAULTS),
            fix=counterpart(str(key), [*map(field_name, DEFAULTS)], wolfram=True)
            or suggestion(key, DEFAULTS),
        )
        for key in given
        if key not in DEFAULTS
    ]
    values = {**DEFAULTS, **given}
    name = values["Criterion"]
    if callable(name):
        if takes_one_argument(name) is False:
            faults.append(
                Fault(
                    "a stopping criterion is a function of one argument, the state",
                    at=at,
                    given=brief(name),
                    fix='lambda state: state["RoundLoss"] < 0.1',
                )
            )
    else:
        try:
            name = _key_of(name, at, own)
        except OptionError as error:
            faults.extend(error.faults)
    for key in ("Patience", "InitialPatience"):
        rounds = values[key] = as_whole(given_as := values[key])
        if rounds is None or rounds < 0:
            faults.append(
                Fault(
                    f"{key} is a number of rounds",
                    at=at,
                    given=brief(given_as),
                    expected="an integer >= 0",
                )
            )
    changes = [key for key in ("AbsoluteChange", "RelativeChange") if key in given]
    if callable(name) and changes:
        what = f"{changes[0]} is of a criterion by its name: a function tells itself what it wants"
        faults.append(Fault(what, at=at, given=brief(dict(given))))
    if "AbsoluteChange" in given and "RelativeChange" in given:
        faults.append(
            Fault(
                "AbsoluteChange and RelativeChange exclude each other",
                at=at,
                given=brief(dict(given)),
            )
        )
    relative = _share(values["RelativeChange"])
    if values["RelativeChange"] is not None and not (relative is not None and 0 < relative < 1):
        faults.append(
            Fault(
                "RelativeChange is a fraction",
                at=at,
                given=brief(values["RelativeChange"]),
                expected='0 < p < 1, or (n, "Percent") with 0 < n < 100',
            )
        )
    absolute = as_real(values["AbsoluteChange"])
    if absolute is None or not 0 <= absolute < math.inf:
        faults.append(
            Fault(
                "AbsoluteChange is a number",
                at=at,
                given=brief(values["AbsoluteChange"]),
                expected=">= 0, finite",
            )
        )
    if faults:
        raise fail(OptionError, faults)
    return StoppingCriterion(
        name, values["Patience"], values["InitialPatience"], absolute or 0.0, relative
    )


def _share(given: object) -> float | None:
    """A fraction, or per cent as (n, "Percent"), as a number."""
    if isinstance(given, (tuple, list)) and len(given) == 2 and given[1] == "Percent":
        number = as_real(given[0])
        return None if number is None else number / 100
    return as_real(given)
