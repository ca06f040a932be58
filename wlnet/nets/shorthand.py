"""What may stand where a layer is expected: 3, (2, 3), "Ramp", [..], {..}, a callable, a net."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import numpy as np

from wlnet.core.catalogue import SOON, SOON_FUNCTIONS, not_there_yet
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.nesting import is_endless
from wlnet.core.net import Net
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.graph.functions import COMBINATIONS, function_names
from wlnet.layers import ElementwiseLayer, LinearLayer, ThreadingLayer
from wlnet.layers.declaring.layer import LAYERS


def as_net(given: object, where: str) -> Net:
    """A net from a net or a shorthand; raises OptionError naming the position.

    A tuple of sizes is the LinearLayer of that shape, a list is a chain of its items.

    >>> as_net("Ramp", "1"), as_net(2, "1"), as_net((2, 3), "1")
    (ElementwiseLayer('Ramp'), LinearLayer(2), LinearLayer((2, 3)))
    """
    # A list is a chain, and a chain is made of shorthands: the one circle among files of nets.
    from wlnet.nets.chain import NetChain

    if isinstance(given, Net):
        return given
    if isinstance(given, str):
        if given in function_names():
            return ElementwiseLayer(given)
        if given in COMBINATIONS:
            return ThreadingLayer(given)
        raise _no_layer(given, where, fix=_meant(given))
    if _is_size(given):
        return LinearLayer(as_whole(given))
    if isinstance(given, tuple):
        if all(map(_is_size, given)):
            return LinearLayer(tuple(map(as_whole, given)))
        fix = "a tuple holds the sizes of a LinearLayer, a list makes a chain"
        raise _no_layer(given, where, fix=fix)
    if isinstance(given, (list, Mapping)):
        if is_endless(given):
            raise _no_layer(given, where, fix="lists in lists, but not without end")
        gathered = Gathered()
        chain = gathered.attempt(lambda: NetChain(given), f"position {where}")
        gathered.tell()
        assert chain is not None
        return chain
    if isinstance(given, type) and issubclass(given, Net):
        raise _no_layer(given, where, fix=f"{given.__name__}() makes the layer")
    if callable(given):
        if _argument_count(given) == 1:
            return ElementwiseLayer(given)
        raise _no_layer(
            given,
            where,
            fix="a function of one number; of several: ThreadingLayer(function), of arrays: "
            "FunctionLayer(function)",
        )
    raise _no_layer(given, where)


def _is_size(given: object) -> bool:
    number = as_whole(given)
    return number is not None and number > 0


def _meant(word: str) -> str | None:
    """What a string that is no shorthand says of a layer: its name, or a function to come."""
    for kind in (word, f"{word}Layer"):
        if kind in LAYERS:
            return f"{kind}(...) makes the layer"
        if kind in SOON:
            return not_there_yet(kind, SOON)
    if word in SOON_FUNCTIONS:
        return not_there_yet(word, SOON_FUNCTIONS)
    return suggestion(word, [*function_names(), *COMBINATIONS])


def _argument_count(function: Callable[..., object]) -> int | None:
    if isinstance(function, np.ufunc):
        return function.nin
    try:
        rows = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return sum(row.default is row.empty for row in rows)


def _no_layer(given: object, where: str, fix: str | None = None) -> OptionError:
    error = fail(
        OptionError,
        Fault(
            "not a layer, a net, or a shorthand",
            at=f"position {where}",
            given=brief(given),
            expected='a layer, a net, a size, a function name such as "Ramp", or a list of these',
            fix=fix,
        ),
    )
    assert isinstance(error, OptionError)
    return error
