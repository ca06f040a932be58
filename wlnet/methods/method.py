"""The table of methods, and the method that the user meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any, Final

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.keywords import unknown_option
from wlnet.core.names import wolfram_name
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.methods.adam import Adam
from wlnet.methods.base import Method
from wlnet.methods.rmsprop import RMSProp
from wlnet.methods.sgd import SGD
from wlnet.methods.sign_sgd import SignSGD

METHODS: Final[Mapping[str, type[Method]]] = MappingProxyType(
    {method.name: method for method in (Adam, RMSProp, SGD, SignSGD)}
)
"""Every method by its name."""

_OTHER_NAMES: Final = {"StochasticGradientDescent": "SGD"}
_OTHER_OPTIONS: Final = {"InitialLearningRate": "LearningRate"}
_FORMS: Final = "a name, (name, {option: value}), a method such as Adam(beta1=0.95), or AUTOMATIC"


def as_method(given: object, at: str = "method") -> Method:
    """The method that was meant; AUTOMATIC is ADAM.

    Takes a name, a pair of a name and its options by their Wolfram names, or a method.
    "StochasticGradientDescent" is "SGD", and "InitialLearningRate" is "LearningRate". Raises one
    `OptionError` that tells all unknown names and all values out of range.

    Source: https://reference.wolfram.com/language/ref/NetTrain.html (Method).

    >>> as_method(("ADAM", {"Beta1": 0.95, "L2Regularization": {"head": 0.01}}))
    Adam(beta1=0.95, l2_regularization=(('head', 0.01),))
    >>> as_method("StochasticGradientDescent")
    SGD()
    """
    if given is AUTOMATIC:
        return Adam()
    if isinstance(given, Method):
        return given
    name: Any = given
    options: Any = {}
    if isinstance(given, (tuple, list)) and len(given) in (1, 2):
        name, options = given[0], given[1] if len(given) == 2 else {}
    if not isinstance(name, str) or not isinstance(options, Mapping):
        fix = f"{given.__name__}()" if isinstance(given, type) else '("ADAM", {"Beta1": 0.95})'
        fault = Fault("this is not a method", at, brief(given), _FORMS, METHODS, fix)
        raise fail(OptionError, fault)
    kind = METHODS.get(_OTHER_NAMES.get(name, name))
    if kind is None:
        near = suggestion(name, [*METHODS, *_OTHER_NAMES])
        what = "no method has this name"
        raise fail(OptionError, Fault(what, at, repr(name), known=METHODS, fix=near))
    settings, unknown = _settings(kind, options, at)
    values, unfit = kind.read(settings, f"{at} {kind.name}")
    if unknown or unfit:
        raise fail(OptionError, [*unknown, *unfit])
    return kind(**values)


def _settings(
    kind: type[Method], options: Mapping[str, object], at: str
) -> tuple[dict[str, object], list[Fault]]:
    """The settings by field name, and a fault for every option that is unknown or given twice."""
    known = {wolfram_name(setting.name): setting.name for setting in fields(kind)}
    settings: dict[str, object] = {}
    faults = []
    for option, value in options.items():
        field = known.get(_OTHER_OPTIONS.get(option, option))
        where = f"{at} {kind.name}"
        if field is None:
            fault = unknown_option(kind.name, str(option), value, [*known.values()], wolfram=True)
            faults.append(replace(fault, at=where))
        elif field in settings:
            what = f"{wolfram_name(field)!r} is given twice, under two names"
            faults.append(Fault(what, where, repr(dict(options)), fix=f"leave out {option!r}"))
        else:
            settings[field] = value
    return settings, faults
