"""Operators: nets that hold one net and apply it in a special way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Self

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.names import field_name
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.ports import UNKNOWN, as_port
from wlnet.core.rule_lists import rules_told_with
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.layers.declaring.fields import positive
from wlnet.nets.container import (
    Container,
    Lowering,
    Record,
    Values,
    Written,
    hoist,
    without_coders,
)
from wlnet.nets.edges import Edge
from wlnet.nets.fills import fill_in
from wlnet.nets.inference import check_shapes
from wlnet.nets.shorthand import as_net
from wlnet.nets.wires import SameCell, ShapeWalk, TieCell, Wire, title


class Operator(Container):
    """What operators have in common: one net at "Net", one input, one output."""

    addressing = "operator"
    record_fields = ("Parameters",)

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("Input",)

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("Output",)

    @property
    def inner(self) -> Net:
        """The net that it applies."""
        return self.nodes["Net"]

    def links(self) -> list[Edge]:
        inputs = zip(self.input_names, self.inner.input_names, strict=True)
        outputs = zip(self.output_names, self.inner.output_names, strict=True)
        return [
            *(Edge(None, port, "Net", name) for port, name in inputs),
            *(Edge("Net", name, None, port) for port, name in outputs),
        ]

    def arguments(self) -> list[str]:
        return [repr(value) for value in self.parameters.values()]

    def record(self) -> Record:
        return {"Parameters": dict(self.parameters)}

    @classmethod
    def from_record(cls, written: Written) -> Self:
        own = written.ports(["Input", "Output"])
        options = {field_name(name): value for name, value in written.fields["Parameters"].items()}
        make: Callable[..., Self] = cls
        return make(written.nodes["Net"], **options, input=own["Input"], output=own["Output"])

    def renamed(
        self, nodes: Mapping[Key, Net], keys: Mapping[Key, Key], ports: Mapping[str, str]
    ) -> Self:
        bare, table = hoist(nodes)
        result = self._with(nodes=bare, shared=table)
        check_shapes(result)
        return result

    def exchanged(self, key: Key, node: Net) -> Self | None:
        return self._with(nodes={key: node})

    def _start(
        self,
        gathered: Gathered,
        net: object,
        parameters: dict[str, object],
        input: object,
        output: object,
        rules: object,
    ) -> None:
        """Fill a new operator, or tell what was gathered and what else is wrong."""
        inner = gathered.attempt(lambda: as_net(net, "Net"))
        if inner is not None and not len(inner.input_names) == len(inner.output_names) == 1:
            gathered.add(
                Fault(
                    f"a {self.kind} takes a net with one input and one output",
                    given=f"inputs {list(inner.input_names)}, outputs {list(inner.output_names)}",
                )
            )
        ports = {
            name: gathered.attempt(partial(as_port, spec, name)) or UNKNOWN
            for name, spec in (("Input", input), ("Output", output))
        }
        said = rules_told_with(gathered, rules)
        assert inner is not None
        nodes, table = hoist({"Net": without_coders(inner, inner.port_names)})
        self._fill(nodes=nodes, parameters=parameters, ports=ports, shared=table, rules=said)
        check_shapes(self)
        fill_in(self)
        self.check_rules()


class NetMapOperator(Operator):
    """Applies a net to every element along the first level, with the same arrays.

    >>> NetMapOperator([1], input=(5, 2)).kind
    'NetMapOperator'

    Wolfram Language: NetMapOperator.
    """

    kind = "NetMapOperator"

    @checked_keywords
    def __init__(
        self,
        net: object,
        *,
        input: object = AUTOMATIC,
        output: object = AUTOMATIC,
        learning_rate_multipliers: object = AUTOMATIC,
    ) -> None:
        self._start(Gathered(), net, {}, input, output, learning_rate_multipliers)

    @property
    def repeats(self) -> int | None:
        return None

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        length = Wire()
        (entry,), (result,) = self.inner.input_names, self.inner.output_names
        own = {entry: Wire(), result: Wire()}
        for outer, name in (("Input", entry), ("Output", result)):
            walk.cells.append(TieCell(title(path, self), wires[outer], own[name], length))
        walk.visit(self.inner, (*path, "Net"), own)

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        if not inputs:
            return {}
        # Every element is an example of its own to the net inside.
        x, at = inputs["Input"], (*path, "Net")
        g = Builder(walk.graph, origin=walk.told(path))
        rows = math.prod(x.shape[:2])
        own = {self.inner.input_names[0]: g.reshape(x, (rows, *x.shape[2:]))}
        made = walk.visit(self.inner, at, own, rows)
        for key, value in walk.made.items():
            if key[0][: len(at)] == at and value.shape[:1] == (rows,):
                walk.made[key] = g.reshape(value, (*x.shape[:2], *value.shape[1:]))
        outputs = [made[name] for name in self.inner.output_names if name in made]
        outputs = [g.reshape(y, (*x.shape[:2], *y.shape[1:])) for y in outputs]
        return dict(zip(self.output_names, outputs, strict=False))


class NetNestOperator(Operator):
    """Applies a net n times, each time to its own result, with the same arrays.

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
        gathered = Gathered()
        count = gathered.attempt(partial(_count, iterations))
        self._start(gathered, net, {"Iterations": count}, input, output, learning_rate_multipliers)

    @property
    def repeats(self) -> int | None:
        count: int = self.parameters["Iterations"]
        return count

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        made, result = wires["Input"], wires["Output"]
        walk.cells.append(SameCell(title(path, self), made, result))
        own = {self.inner.input_names[0]: made, self.inner.output_names[0]: result}
        walk.visit(self.inner, (*path, "Net"), own)

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        current = list(inputs.values())
        for _ in range(self.parameters["Iterations"]):
            own = dict(zip(self.inner.input_names, current, strict=False))
            made = walk.visit(self.inner, (*path, "Net"), own, batch)
            current = [made[name] for name in self.inner.output_names if name in made]
        return dict(zip(self.output_names, current, strict=False))


def _count(iterations: object) -> int:
    try:
        return positive(iterations)
    except (ValueError, TypeError):
        what = "a NetNestOperator applies its net a positive number of times"
        raise fail(OptionError, Fault(what, given=brief(iterations))) from None
