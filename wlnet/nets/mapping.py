"""NetMapOperator and NetMapThreadOperator: a net applied to all elements of sequences."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.ports import port_table
from wlnet.core.scalars import as_whole
from wlnet.core.shapes import MOST_LEVELS, Pattern
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.nets.container import Lowering, Values
from wlnet.nets.operators import Operator, refuse_other_ports
from wlnet.nets.patterns import PatternCell
from wlnet.nets.wires import ShapeWalk, Wire, title

Levels = Mapping[str, int]
"""How many levels of each input are mapped over, by the name that it has outside."""


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
        ports = [("Input", input), ("Output", output)]
        self._start(Gathered(), net, {}, ports, learning_rate_multipliers)

    @classmethod
    def read(cls, inner: Net | None, given: Mapping[str, object]) -> dict[str, object]:
        refuse_other_ports(cls.kind, inner)
        return {}

    @property
    def repeats(self) -> int | None:
        return None

    @property
    def in_order(self) -> bool | None:
        return True

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        _wire(self, walk, path, wires, {"Input": 1})

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        return _lower(self, walk, path, inputs, {"Input": 1}, batch)


class NetMapThreadOperator(Operator):
    """Applies a net of several inputs to the elements of several sequences at once, the first ones,
    then the second ones, and so on, with the same arrays.

    levels: how many levels are mapped over: 1 for sequences, 2 for arrays of them; or a dict from
    names of inputs to such numbers. An input that is not in it, or has 0, is given as a whole to
    each application; one with fewer levels than others is the same along their further ones. Ports
    have the names that those of the net have. Outputs have as many levels more as the deepest
    input. What is mapped over together has one length.
    Options: a shape or coder for any port by its name; ports={name: ...} for other names.
    Raises OptionError for levels that cannot be and inputs that the net does not have.

    >>> from wlnet.core.parts import NetPort
    >>> from wlnet.nets.netgraph import NetGraph
    >>> net = NetGraph({"sum": "Plus"}, [([NetPort("a"), NetPort("b")], "sum")])
    >>> NetMapThreadOperator(net, a=(3, 2))({"a": [[1, 2]] * 3, "b": [[1, 0], [2, 0], [3, 0]]})
    array([[2., 2.],
           [3., 2.],
           [4., 2.]], dtype=float32)
    >>> NetMapThreadOperator(net, {"a": 1}, a=(3, 2))({"a": [[1, 2]] * 3, "b": [10, 0]}).shape
    (3, 2)

    Wolfram Language: NetMapThreadOperator.
    """

    kind = "NetMapThreadOperator"

    @checked_keywords
    def __init__(
        self,
        net: object,
        levels: object = 1,
        *,
        ports: Mapping[str, object] | None = None,
        learning_rate_multipliers: object = AUTOMATIC,
        **port_options: object,
    ) -> None:
        gathered = Gathered()
        table = gathered.attempt(lambda: port_table(ports, "a NetMapThreadOperator")) or {}
        said = [*table.items(), *port_options.items()]
        self._start(gathered, net, {"Levels": levels}, said, learning_rate_multipliers)

    @classmethod
    def read(cls, inner: Net | None, given: Mapping[str, object]) -> dict[str, object]:
        # Levels are those of inputs: without a net there are none to speak of.
        return {} if inner is None else {
            "Levels": tuple(_levels(inner, given.get("Levels")).items())}  # fmt: skip

    @classmethod
    def ports_for(
        cls, inner: Net, parameters: Mapping[str, object]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return inner.input_names, inner.output_names

    @property
    def levels(self) -> dict[str, int]:
        """How many levels of each input are mapped over."""
        told: tuple[tuple[str, int], ...] = self.parameters["Levels"]
        return dict(told)

    @property
    def repeats(self) -> int | None:
        return None

    @property
    def in_order(self) -> bool | None:
        return max(self.levels.values()) == 1

    @property
    def read_whole(self) -> Collection[str]:
        return [name for name, levels in self.levels.items() if not levels]

    def arguments(self) -> list[str]:
        found = self.levels
        if set(found.values()) == {1}:
            return []
        same = len(set(found.values())) == 1
        return [repr(next(iter(found.values())) if same else found)]

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        _wire(self, walk, path, wires, self.levels)

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        return _lower(self, walk, path, inputs, self.levels, batch)


def _levels(inner: Net, given: object) -> Levels:
    """The levels of all inputs. Raises OptionError."""
    names = inner.input_names
    if not names:
        what = "a net that is mapped over its inputs has some"
        raise fail(OptionError, Fault(what, at="NetMapThreadOperator", given=inner.kind))
    pairs = dict(given) if isinstance(given, tuple) and _is_pairs(given) else given
    told = pairs if isinstance(pairs, Mapping) else dict.fromkeys(names, pairs)
    faults = [
        Fault(f"the net has no input {brief(name)}", at="levels", known=list(names),
              fix=suggestion(name, names) if isinstance(name, str) else None)
        for name in told if name not in names
    ]  # fmt: skip
    found: dict[str, int] = {}
    for name in names:
        count = as_whole(told.get(name, 0))
        if count is None or not 0 <= count <= MOST_LEVELS:
            faults.append(
                Fault(
                    "levels to be mapped over are counted", at=f"input {name}",
                    given=brief(told[name]), expected="a number, or a dict from inputs to numbers",
                )
            )  # fmt: skip
        else:
            found[name] = count
    if not faults and not any(found.values()):
        faults.append(
            Fault("nothing is mapped over", at="levels", given=brief(given), known=list(names),
                  fix=f'{{"{names[0]}": 1}}')
        )  # fmt: skip
    if faults:
        raise fail(OptionError, faults)
    return found


def _is_pairs(given: tuple[object, ...]) -> bool:
    return all(isinstance(pair, tuple) and len(pair) == 2 for pair in given)


def _wire(
    op: Operator, walk: ShapeWalk, path: Path, wires: dict[str, Wire], levels: Levels
) -> None:
    """Tie what is outside to what is inside: that has fewer levels."""
    deepest, own, at = max(levels.values()), {}, title(path, op)
    tied: dict[str, tuple[Wire, Pattern]] = {}
    alike = []
    for outer, name in _pairs(op):
        own[name] = Wire()
        rest = f"*{name}"
        outside = tuple(f"length{i}" for i in range(1, levels.get(outer, deepest) + 1))
        tied[outer] = wires[outer], (*outside, rest)
        tied[f"{outer} inside"] = own[name], (rest,)
        alike.append([wires[outer], own[name]])
    wanted = "more levels outside, of one length each, where it is mapped over"
    walk.cells.append(PatternCell(at, tied, alike, wanted))
    walk.visit(op.inner, (*path, op.place), own)


def _pairs(op: Operator) -> Iterator[tuple[str, str]]:
    """The names that ports have outside and inside."""
    yield from zip(op.input_names, op.inner.input_names, strict=True)
    yield from zip(op.output_names, op.inner.output_names, strict=True)


def _lower(
    op: Operator, walk: Lowering, path: Path, inputs: Values, levels: Levels, batch: int
) -> Values:
    """Every element is an example of its own to the net inside."""
    if not inputs:
        return {}
    at, deepest = (*path, op.place), max(levels.values())
    g = Builder(walk.graph, origin=walk.told(path))
    outer = next(name for name, count in levels.items() if count == deepest)
    front = (batch, *walk.shape((path, outer))[:deepest])
    rows = math.prod(front)

    def row_by_row(x: Value, mapped: int) -> Value:
        whole = x.shape[1 + mapped :]
        if mapped < deepest:
            ones = (1,) * (deepest - mapped)
            x = g.broadcast(g.reshape(x, (*front[: 1 + mapped], *ones, *whole)), (*front, *whole))
        return g.reshape(x, (rows, *whole))

    own = {
        name: row_by_row(inputs[outer], levels[outer])
        for outer, name in zip(op.input_names, op.inner.input_names, strict=True)
        if outer in inputs
    }
    made = walk.visit(op.inner, at, own, rows)
    for key, value in walk.made.items():
        if key[0][: len(at)] == at and value.shape[:1] == (rows,):
            walk.made[key] = g.reshape(value, (*front, *value.shape[1:]))
    return {
        outer: g.reshape(made[name], (*front, *made[name].shape[1:]))
        for outer, name in zip(op.output_names, op.inner.output_names, strict=True)
        if name in made
    }
