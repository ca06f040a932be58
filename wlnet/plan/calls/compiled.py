"""Functions of a user, compiled for the precision of the program."""

from __future__ import annotations

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.parts import path_text
from wlnet.graph.graph import Call
from wlnet.kernels.elementwise.compiled import compiled
from wlnet.kernels.jit.functions import NotCompiled, address_of
from wlnet.plan.calls.elementwise import by_number
from wlnet.plan.calls.emitter import Emitter, count_of, emits


@emits("compiled")
def _(e: Emitter, call: Call) -> None:
    (y,), function = call.outputs, call.attributes["function"]
    inputs = [*call.inputs, None, None, None][:4]
    given = {f"x{i}": e.start(x) for i, x in enumerate(inputs, 1)}
    try:
        loop = address_of(function, len(call.inputs), e.target.precision)
    except NotCompiled as error:
        what = f"Numba cannot compile this function: {error}"
        at = path_text(call.origin) or None
        expected = f"a function of numbers that gives a number, in {e.target.precision}"
        raise fail(OptionError, Fault(what, at, brief(function), expected)) from None
    by_number(
        e, compiled, call.inputs, y, count_of(y), function.__name__, count=count_of(y), loop=loop,
        y=e.address(y), **given,
    )  # fmt: skip
