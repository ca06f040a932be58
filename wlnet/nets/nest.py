"""NetNestOperator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.graph.scans import last, scan
from wlnet.layers.declaring.fields import positive
from wlnet.nets.container import Lowering, Values
from wlnet.nets.operators import Operator, refuse_other_ports
from wlnet.nets.wires import SameCell, ShapeWalk, Wire, title

LOOPED = 32
"""From so many iterations on, all but the last one are a loop, which is planned in a fraction of
the time. Fewer are planned one by one: a training then keeps half as much."""


class NetNestOperator(Operator):
    """Applies a net n times, each time to its own result, with the same arrays.

    iterations: how many times. 32 and more are planned as a loop, in the same time for 10,000 as
    for 32; a training keeps of each iteration what the way back needs. What lies inside, for
    `net(x, NetPort(...))` and gradients by ports, is that of the last iteration.

    >>> NetNestOperator("Tanh", 3, input=2).kind
    'NetNestOperator'

    Wolfram Language: NetNestOperator.
    """

    kind = "NetNestOperator"

    @checked_keywords
    def __init__(
        self,
        net: object,
        iterations: int,
        *,
        input: object = AUTOMATIC,
        output: object = AUTOMATIC,
        learning_rate_multipliers: object = AUTOMATIC,
    ) -> None:
        ports = [("Input", input), ("Output", output)]
        told = {"Iterations": iterations}
        self._start(Gathered(), net, told, ports, learning_rate_multipliers)

    @classmethod
    def read(cls, inner: Net | None, given: Mapping[str, object]) -> dict[str, object]:
        gathered = Gathered()
        gathered.attempt(lambda: refuse_other_ports(cls.kind, inner))
        count = gathered.attempt(lambda: _count(given.get("Iterations")))
        gathered.tell()
        return {"Iterations": count}

    @property
    def repeats(self) -> int | None:
        # A program has all turns of a loop once, and the last iteration.
        return self.turns if self.turns < LOOPED else 2

    @property
    def turns(self) -> int:
        count: int = self.parameters["Iterations"]
        return count

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        made, result = wires["Input"], wires["Output"]
        walk.cells.append(SameCell(title(path, self), made, result))
        own = {self.inner.input_names[0]: made, self.inner.output_names[0]: result}
        walk.visit(self.inner, (*path, "Net"), own)

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        current, times = list(inputs.values()), self.turns
        if times >= LOOPED and current and current[0].element == "Real":
            # The last iteration is what a port inside, and a gradient by it, is about.
            current, times = [self._turns(walk, path, current[0], batch, times - 1)], 1
        for _ in range(times):
            current = self._applied(walk, path, current, batch)
        return dict(zip(self.output_names, current, strict=False))

    def _applied(self, walk: Lowering, path: Path, given: list[Value], batch: int) -> list[Value]:
        own = dict(zip(self.inner.input_names, given, strict=False))
        made = walk.visit(self.inner, (*path, "Net"), own, batch)
        return [made[name] for name in self.inner.output_names if name in made]

    def _turns(self, walk: Lowering, path: Path, x: Value, batch: int, times: int) -> Value:
        """What comes of so many iterations, in a loop."""

        def step(b: Builder, carried: list[Value], rows: list[Value], _: list[Value]) -> Any:
            return self._applied(walk.within(b.graph), path, carried, batch), []

        g = Builder(walk.graph, batch=batch, mode=walk.mode, origin=walk.told(path))
        (table,) = scan(g, step, [x], [], times=times).tables
        return last(g, table, reverse=False)


def _count(iterations: object) -> int:
    try:
        return positive(iterations)
    except (ValueError, TypeError):
        what = "a NetNestOperator applies its net a positive number of times"
        raise fail(OptionError, Fault(what, given=brief(iterations))) from None
