"""The net to begin with: the one given, one that a function makes, or a small one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers import LinearLayer
from wlnet.nets.chain import NetChain

WIDTH = 64
"""Hidden numbers of a net that nobody has given."""


def small(outputs: int, *last: Any) -> Net:
    """The net for AUTOMATIC: one hidden layer, and what an output ends in."""
    return NetChain([LinearLayer(WIDTH), "Ramp", LinearLayer(outputs), *last])


def beginning(given: object, features: int, outputs: Any, automatic: Callable[[], Net]) -> Net:
    """The net to begin with. outputs: what a function is told beside how many features there are.

    Raises OptionError for what is no net.
    """
    if given is AUTOMATIC:
        return automatic()
    net, at = given, "net"
    if not isinstance(given, Net) and callable(given):
        net, at = given(features, outputs), f"what net({features}, {outputs}) gives"
    if not isinstance(net, Net):
        raise fail(
            OptionError,
            Fault(
                "an estimator takes a net, or a function that makes one",
                at=at,
                given=brief(net),
                expected="a net, whose sizes of input and output may be open; a function of the "
                "numbers of features and of classes; or AUTOMATIC",
                fix='NetChain([64, "Ramp", LinearLayer(), SoftmaxLayer()])',
            ),
        )
    return net
