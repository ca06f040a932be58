"""net_replace_part: a net with another value at a part.

Wolfram Language: NetReplacePart.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from wlnet.core.errors import Fault, OptionError, PartError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.ports import Coder
from wlnet.nets.surgery.edit import Edit


def net_replace_part(net: Net | Coder, replacements: object) -> Any:
    """A net with other values at some parts; the net given stays as it is.

    replacements: {part: value, ...} or [(part, value), ...], put in from left to right; only all
    of them together must fit.
    At an array: numbers of the same shape, AUTOMATIC to take the numbers away, None where it may be
    absent, or NetSharedArray(name), which ties it to that name. At NetSharedArray(name): numbers
    for all its places. At a port: a shape, a coder, None to remove the coder. At a layer or subnet:
    any net or shorthand that fits. At "LearningRateMultipliers": AUTOMATIC, a rate, None, or rules;
    (ANY, "LearningRateMultipliers") is that of every node that has arrays.
    Rules speak for the places they spoke for; no array that stays gets another multiplier, unless
    rules are what is replaced, and a place that held a shared array keeps its rate when it gets
    numbers of its own.
    Raises PartError for parts that are not there, ShapeError for what does not fit, RuleError where
    a rule speaks for what went, OptionError: one error for all faults of the call.

    >>> from wlnet.nets.chain import NetChain
    >>> net = net_replace_part(NetChain([3, 1], input=2), {(1, "LearningRateMultipliers"): 0})
    >>> net.nodes[1].learning_rate_multipliers
    0

    Wolfram Language: NetReplacePart.
    """
    if not isinstance(net, Net) and isinstance(net, Coder):
        gathered = Gathered()
        coder: Any = net
        for part, new in _pairs(replacements):
            coder = gathered.attempt(partial(coder.replace, part, new)) or coder
        gathered.tell()
        return coder
    if not isinstance(net, Net):
        raise fail(PartError, Fault("net_replace_part takes a net", given=brief(net)))
    edit = Edit(net)
    for part, new in _pairs(replacements):
        edit.put(part, new)
    return edit.result()


def _pairs(given: object) -> list[tuple[object, object]]:
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, (list, tuple)) and all(
        isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in given
    ):
        return [(part, value) for part, value in given]
    raise fail(
        OptionError,
        Fault("replacements are {part: value, ...} or [(part, value), ...]", given=brief(given)),
    )
