"""NetFoldOperator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.ports import port_table
from wlnet.core.shapes import Pattern
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph, Value
from wlnet.graph.scans import after, last, scan
from wlnet.nets.container import Lowering, Values
from wlnet.nets.edges import Edge
from wlnet.nets.operators import Operator
from wlnet.nets.patterns import PatternCell
from wlnet.nets.probes import Probes
from wlnet.nets.wires import SameCell, ShapeWalk, Wire, title

STATE = "State"


class NetFoldOperator(Operator):
    """Applies a net to the elements of a sequence one after another, each time with what it gave
    before.

    net: has an input for elements, and one for its state, "State". What it gives at its output is
    the state of the next element, and an element of the output; where it has an output "State"
    besides, that is the state. At first the state is zeros, or what an edge of a NetGraph leads to
    the hidden port "State"; what it is after the last element comes out of that.
    feedback: {output: input} says it otherwise, also for several states. Inputs that no output
    feeds take sequences of one length; outputs give sequences, but those that only feed an input of
    their own name.
    A sequence of any length is planned as one of a single element. Rules reach what is inside under
    "Net".

    >>> from wlnet.nets.initialize import net_initialize
    >>> from wlnet.nets.netgraph import NetGraph
    >>> from wlnet.core.parts import NetPort
    >>> cell = NetGraph({"sum": "Plus"}, [([NetPort("Input"), NetPort("State")], "sum")])
    >>> NetFoldOperator(cell, input=(4, 1))([[1], [2], [3], [4]]).tolist()
    [[1.0], [3.0], [6.0], [10.0]]

    Wolfram Language: NetFoldOperator.
    """

    kind = "NetFoldOperator"

    @checked_keywords
    def __init__(
        self,
        net: object,
        feedback: Mapping[str, str] | None = None,
        *,
        ports: Mapping[str, object] | None = None,
        learning_rate_multipliers: object = AUTOMATIC,
        **port_options: object,
    ) -> None:
        gathered = Gathered()
        table = gathered.attempt(lambda: port_table(ports, "a NetFoldOperator")) or {}
        said = [*table.items(), *port_options.items()]
        self._start(gathered, net, {"Feedback": feedback}, said, learning_rate_multipliers)

    @classmethod
    def read(cls, inner: Net | None, given: Mapping[str, object]) -> dict[str, object]:
        told = given.get("Feedback")
        # A file has pairs.
        told = dict(told) if isinstance(told, tuple) else told
        return {} if inner is None else {"Feedback": _feedback(inner, told)}

    @classmethod
    def ports_for(
        cls, inner: Net, parameters: Mapping[str, Any]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return _port_names(inner, parameters["Feedback"])

    @property
    def feedback(self) -> tuple[tuple[str, str], ...]:
        """Which output of the net feeds which of its inputs."""
        found: tuple[tuple[str, str], ...] = self.parameters["Feedback"]
        return found

    @property
    def state_names(self) -> tuple[str, ...]:
        # Where the sequence of a state has its name, that is what the name means.
        return tuple(name for _, name in self.feedback if name not in self.output_names)

    @property
    def repeats(self) -> int | None:
        # A program has its layers once, in a loop.
        return 1

    @property
    def in_order(self) -> bool | None:
        return True

    def links(self) -> list[Edge]:
        return [
            *(Edge(None, name, "Net", name) for name in self.input_names),
            *(Edge("Net", name, None, name) for name in self.output_names),
            *(Edge(None, name, "Net", name) for name in self.state_names),
            *(Edge("Net", made, None, name) for made, name in self._shown_states()),
        ]

    def _shown_states(self) -> list[tuple[str, str]]:
        """The outputs of the net that are states, and the ports where these come out."""
        return [(made, name) for made, name in self.feedback if name in self.state_names]

    def arguments(self) -> list[str]:
        usual = _usual(self.inner)
        return [] if self.feedback == usual else [repr(dict(self.feedback))]

    def exchanged(self, key: Key, node: Net) -> Self | None:
        return self._with(nodes={key: node}) if node.port_names == self.inner.port_names else None

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        at = title(path, self)
        own = {name: Wire() for name in self.inner.port_names}
        shown = (*self.input_names, *self.output_names)
        tied: dict[str, tuple[Wire, Pattern]] = {}
        for name in shown:
            tied[name] = wires[name], ("length", f"*{name}")
            tied[f"{name} inside"] = own[name], (f"*{name}",)
        alike = [[wires[name], own[name]] for name in shown]
        wanted = "one level more outside, of one length"
        walk.cells.append(PatternCell(at, tied, alike, wanted))
        for made, fed in self.feedback:
            walk.cells.append(SameCell(at, own[made], own[fed]))
        for name in self.state_names:
            walk.cells.append(SameCell(at, wires[name], own[name]))
        walk.visit(self.inner, (*path, "Net"), own)

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        if any(name not in inputs for name in self.input_names):
            return {}
        at, names = (*path, "Net"), list(self.input_names)
        g = Builder(walk.graph, batch=batch, mode=walk.mode, origin=walk.told(path))
        begun = walk.begun(self, path, inputs, batch)
        kept: dict[tuple[Path, str], int] = {}
        """What flows inside: the number of its state, or, below 0, of what is stacked."""

        sequences = [g.move_axis(inputs[name], 1, 0) for name in names]
        probes = self._probes(walk, at, sequences, batch)

        def step(b: Builder, carried: list[Value], rows: list[Value], _: list[Value]) -> Any:
            inside = walk.within(b.graph, probes.adding(b, rows[len(names) :]))
            fed = (name for _, name in self.feedback)
            given = {**dict(zip(names, rows, strict=False)), **dict(zip(fed, carried, strict=True))}
            made = inside.visit(self.inner, at, given, batch)
            on = [made[out] for out, _ in self.feedback]
            stacked: list[Value] = []
            # What flows inside is kept of every element; what nobody asks for is left out again.
            for port, value in inside.made.items():
                if value in on:
                    kept[port] = on.index(value)
                elif value.shape[:1] == (batch,):
                    stacked.append(value)
                    kept[port] = -len(stacked)
            return on, stacked

        first = [
            begun.get(fed) or g.fill(0.0, (batch, *walk.shape((at, fed))))
            for _, fed in self.feedback
        ]
        sequences += probes.rows(g, walk, sequences[0].shape[0])
        found = scan(g, step, first, sequences)
        for port, number in kept.items():
            there = found.stacked[-number - 1] if number < 0 else None
            table = after(g, found.tables[number], reverse=False) if there is None else there
            walk.made[port] = g.move_axis(table, 0, 1)
        states = zip(self.feedback, found.tables, strict=False)
        ended = {fed: last(g, table, reverse=False) for (_, fed), table in states}
        return {
            **{name: walk.made[at, name] for name in self.output_names},
            **{name: ended[name] for name in self.state_names},
        }

    def _probes(self, walk: Lowering, at: Path, sequences: list[Value], batch: int) -> Probes:
        """The ports inside that a gradient is asked by."""
        probes = Probes()
        if walk.asked_within(at):
            graph = Graph(part=walk.graph.part)
            fed = {name: (batch, *walk.shape((at, name))) for _, name in self.feedback}
            given = {name: graph.new_value(shape) for name, shape in fed.items()}
            for name, whole in zip(self.input_names, sequences, strict=True):
                given[name] = graph.new_value(whole.shape[1:], whole.element)
            first = walk.within(graph, probes.seen)
            first.visit(self.inner, at, given, batch)
            probes.told = {port: first.made[port].shape for port in probes.shapes}
        return probes


def _usual(inner: Net) -> tuple[tuple[str, str], ...]:
    """The feedback where nothing is said of it; none where that cannot be."""
    outputs = inner.output_names
    if STATE not in inner.input_names or not (STATE in outputs or len(outputs) == 1):
        return ()
    return ((STATE if STATE in outputs else outputs[0], STATE),)


def _port_names(
    inner: Net, fed: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The inputs and the outputs that an operator has."""
    states, only = {name for _, name in fed}, {out for out, name in fed if out == name}
    shown = tuple(name for name in inner.output_names if name not in only)
    inputs = tuple(name for name in inner.input_names if name not in states)
    return inputs, shown or inner.output_names


def _feedback(inner: Net, given: object) -> tuple[tuple[str, str], ...]:
    """Which output feeds which input. Raises OptionError."""
    known = {"inputs": list(inner.input_names), "outputs": list(inner.output_names)}
    told = f"inputs {known['inputs']}, outputs {known['outputs']}"
    if given is None:
        usual = _usual(inner)
        if not usual or len(inner.input_names) < 2:
            what = (
                'a NetFoldOperator takes a net with an input for elements and one for its "State"'
            )
            fix = 'NetFoldOperator(net, {"Output": "State"}), by the names of its ports'
            raise fail(OptionError, Fault(what, given=told, fix=fix))
        return usual
    what = "feedback is a dict from outputs of the net to inputs of it"
    if not isinstance(given, Mapping) or not given:
        raise fail(OptionError, Fault(what, given=brief(given), known=known["outputs"]))
    faults = []
    for side, names, there in (
        ("output", given.keys(), "outputs"),
        ("input", given.values(), "inputs"),
    ):
        faults += [
            Fault(f"the net has no {side} {brief(name)}", at="feedback", known=known[there],
                  fix=suggestion(name, known[there]) if isinstance(name, str) else None)
            for name in names if name not in known[there]
        ]  # fmt: skip
    if not faults and len(set(given.values())) < len(given):
        faults.append(Fault("two outputs feed one input", at="feedback", given=brief(dict(given))))
    if not faults and set(given.values()) >= set(inner.input_names):
        faults.append(Fault("no input is left for a sequence", at="feedback", given=told))
    if faults:
        raise fail(OptionError, faults)
    return tuple((str(out), str(name)) for out, name in given.items())
