"""The parameters of an estimator: the options of net_train, and a few that scikit-learn has names
for.

scikit-learn reads them from the signature of the constructor, which is made here from that of
net_train: a new option of net_train is a new parameter.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from wlnet.core.errors import OptionError, fail
from wlnet.core.keywords import unknown_option
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.net_train import usual_options

WORD = "Automatic"
"""AUTOMATIC as a default: scikit-learn wants plain values there. Both are taken."""
SEED, WEIGHTS = "random_seeding", "example_weights"
RANDOM_STATE = "random_state"
RENAMED = {SEED: RANDOM_STATE}
ELSEWHERE = {WEIGHTS: "fit(X, y, sample_weight=...)"}
"""Options that are no parameters, and where they are given: they belong to the data."""
OTHER_DEFAULTS = {"training_progress_reporting": None, "working_precision": WORD}
EARLY: Mapping[str, Any] = {
    "early_stopping": False,
    "validation_fraction": 0.1,
    "n_iter_no_change": 10,
}
"""Parameters that MLPClassifier of scikit-learn has too, with its defaults."""


def parameters(without: Collection[str] = ()) -> dict[str, Any]:
    """The parameters behind `net` with their defaults. without: options that have no sense here.

    >>> parameters()["learning_rate_multipliers"], parameters()["random_state"]
    ('Automatic', 1234)
    """
    found = {
        RENAMED.get(name, name): OTHER_DEFAULTS.get(name, default)
        for name, default in usual_options().items()
        if name not in ELSEWHERE and name not in without
    }
    found = {name: WORD if default is AUTOMATIC else default for name, default in found.items()}
    return {**found, **EARLY}


def signature(without: Collection[str] = ()) -> inspect.Signature:
    """The signature of a constructor: a net, and all parameters by name."""
    kinds = inspect.Parameter
    rows = [kinds("self", kinds.POSITIONAL_OR_KEYWORD)]
    rows += [kinds("net", kinds.POSITIONAL_OR_KEYWORD, default=WORD)]
    rows += [
        kinds(name, kinds.KEYWORD_ONLY, default=default)
        for name, default in parameters(without).items()
    ]
    return inspect.Signature(rows)


def constructor(without: Collection[str] = ()) -> Callable[..., None]:
    """A constructor that keeps its arguments as they are. Raises OptionError for unknown ones."""
    made = signature(without)

    def __init__(self: Any, net: Any = WORD, **options: Any) -> None:
        known = [name for name in made.parameters if name not in ("self", "net")]
        faults = [
            unknown_option(type(self).__name__, name, value, ["net", *known])
            for name, value in options.items()
            if name not in known
        ]
        if faults:
            raise fail(OptionError, faults)
        self.net = net
        for name in known:
            setattr(self, name, options.get(name, made.parameters[name].default))

    __init__.__signature__ = made  # type: ignore[attr-defined]
    return __init__


def meant(value: object) -> Any:
    """A parameter as net_train takes it."""
    return AUTOMATIC if isinstance(value, str) and value == WORD else value
