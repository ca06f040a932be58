"""What the first calls of a net would wait for, done beforehand: programs planned, code loaded."""

from __future__ import annotations

from collections.abc import Collection

import numpy.ma  # noqa: F401  # whatever comes in is asked whether parts of it are masked

from wlnet.core.errors import Fault, ShapeError, WlnetError, fail
from wlnet.core.net import Net
from wlnet.core.shapes import shape_text
from wlnet.evaluate.runner import Runner
from wlnet.nets.inference import inferred_port

LENGTH = 16
"""What stands for a size that is open: other sizes run by the same machine code, as a rule."""


def precompile(net: Net, sizes: Collection[int]) -> None:
    """Have the programs of net(x) ready, for batches of some sizes; nothing is run.

    Raises NotInitializedError for a net without numbers, ShapeError where ports that are open
    cannot be `LENGTH` long.
    """
    runner = Runner(net)
    ports = {name: inferred_port(net, name).shape for name in net.input_names}
    shapes = {
        name: tuple(LENGTH if size is None else int(size) for size in shape or ())
        for name, shape in ports.items()
    }
    is_open = any(shape is None or None in shape for shape in ports.values())
    try:
        for size in sizes:
            runner.prepare(shapes, size)
    except WlnetError as error:
        if not is_open or not isinstance(error, ValueError):
            raise
        fault = Fault(
            "open sizes: there is no telling what the first call will bring",
            at=", ".join(f"{name} {shape_text(shape)}" for name, shape in ports.items()),
            expected=f"ports that may be {LENGTH} long wherever they are open",
            fix="load(file), and then a call with an example like yours",
        )
        raise fail(ShapeError, [fault, *error.faults]) from None
