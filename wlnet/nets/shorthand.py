"""What may stand where a layer is expected: 3, "Ramp", [..], {..}, a callable, a net."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.spelling import suggestion
from wlnet.graph.functions import COMBINATIONS, function_names
from wlnet.layers import ElementwiseLayer, LinearLayer, ThreadingLayer


def as_net(given: Any, where: str) -> Net:
    """A net from a net or a shorthand; raises OptionError naming the position.

    >>> as_net("Ramp", "1"), as_net(2, "1")
    (ElementwiseLayer('Ramp'), LinearLayer(2))
    """
    from wlnet.nets.chain import NetChain

    if isinstance(given, Net):
        return given
    if isinstance(given, str):
        if given in function_names():
            return ElementwiseLayer(given)
        if given in COMBINATIONS:
            return ThreadingLayer(given)
        raise _no_layer(given, where, fix=suggestion(given, [*function_names(), *COMBINATIONS]))
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool) and given > 0:
        return LinearLayer(int(given))
    if isinstance(given, (list, Mapping)):
        return NetChain(given)
    if isinstance(given, type) and issubclass(given, Net):
        raise _no_layer(given, where, fix=f"{given.__name__}() makes the layer")
    if callable(given):
        if _argument_count(given) == 1:
            return ElementwiseLayer(given)
        raise _no_layer(
            given, where, fix="a function of one number; of several: ThreadingLayer(function)"
        )
    raise _no_layer(given, where)


def _argument_count(function: Any) -> int | None:
    if isinstance(function, np.ufunc):
        return function.nin
    try:
        rows = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return sum(row.default is row.empty for row in rows)


def _no_layer(given: Any, where: str, fix: str | None = None) -> OptionError:
    error = fail(
        OptionError,
        Fault(
            "not a layer, a net, or a shorthand",
            at=f"position {where}",
            given=repr(given)[:80],
            expected='a layer, a net, a size, a function name such as "Ramp", or a list of these',
            fix=fix,
        ),
    )
    assert isinstance(error, OptionError)
    return error
