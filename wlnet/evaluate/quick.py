"""The short way of `net(x)` for one example: a copy in, a native call, a copy out.

Everything that `evaluate` looks at was looked at before: it makes a Quick when a net has been
called once, and it takes over again when anything is unusual.
"""

from __future__ import annotations

import numpy as np

from wlnet.core.shapes import is_known
from wlnet.engine.program import Program
from wlnet.evaluate.holding import Array
from wlnet.evaluate.runner import LENT, Lock, Runner
from wlnet.kernels.jit.locks import asking
from wlnet.nets.inference import inferred_port

FLOAT32 = np.dtype(np.float32)


class Quick:
    """Evaluates single examples of one shape; None for everything else, and where a fault must be
    told."""

    __slots__ = ("_input", "_is_mine", "_lock", "_output", "_program", "_shape", "_start")

    def __init__(self, program: Program, lock: Lock) -> None:
        (given,) = program.inputs.values()
        (made,) = program.outputs.values()
        self._input, self._output = given[0], made[0]
        self._shape = self._input.shape
        with lock:
            self._start = program.starter()
        self._lock, self._is_mine = lock, asking(lock)
        # The net may drop it among its programs, and what runs has but the addresses of its memory.
        self._program = program

    def __call__(self, x: object) -> Array | None:
        if type(x) is not np.ndarray or x.dtype is not FLOAT32 or x.shape != self._shape:
            return None
        if self._is_mine():  # a signal handler, in the middle of the call that it came into
            return None
        with self._lock:
            self._input[...] = x
            return self._output.copy() if self._start() else None


def short_way(runner: Runner) -> Quick | None:
    """The short way for a net that was just called with an example; None where there is none."""
    net = runner.net
    if len(net.input_names) != 1 or len(net.output_names) != 1 or runner.asked:
        return None
    (given, made) = (inferred_port(net, name) for name in (*net.input_names, *net.output_names))
    if any(port.coder is not None or port.element != "Real" for port in (given, made)):
        return None
    if not is_known(given.shape):
        return None
    shape = tuple(int(size or 0) for size in given.shape or ())
    program, lock = runner.program(1, {net.input_names[0]: shape})
    (output,) = program.outputs.values()
    if program.blueprint.randoms or output.ndim < 2 or not program.is_quick:
        return None
    # What is lent in some calls may lie elsewhere in a child that was forked in the middle of one.
    if next(iter(program.inputs.values())).nbytes >= LENT:
        return None
    return Quick(program, lock)
