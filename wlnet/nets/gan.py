"""NetGANOperator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.ports import UNKNOWN, PortType, port_table
from wlnet.core.rule_lists import rules_told_with
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC, Symbol
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.cross_entropy_loss import surprises
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import producer
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
from wlnet.nets.patterns import PatternCell
from wlnet.nets.reading import read_ports
from wlnet.nets.shorthand import as_net
from wlnet.nets.wires import ShapeWalk, Wire, title

GENERATOR, DISCRIMINATOR = PARTS = ("Generator", "Discriminator")
INPUTS = ("Sample", "Latent")
LOSSES = ("LossReal", "LossFake")
OUTPUTS = (*LOSSES, "GeneratedFake")
FORMS = ("JensenShannon", "Wasserstein")


class NetGANOperator(Container):
    """Two nets that play against each other: a generator makes samples of numbers that are drawn,
    a discriminator tells them from real ones, and each learns from what the other does.

    nets: (generator, discriminator), or a dict with "Generator" and "Discriminator". Each has one
    input and one output; the generator makes what the discriminator takes, and that gives a number.
    loss: "JensenShannon", for a discriminator that gives the probability that a sample is real:
    -log D(x) and -log(1 - D(G(z))); "Wasserstein", for one that gives any number, larger for what
    is real: -D(x) and D(G(z)); AUTOMATIC: the first, if a LogisticSigmoid makes the number.
    Ports: Sample, a real sample; Latent, what a fake one is made of; LossReal, LossFake, numbers;
    GeneratedFake, the fake sample. The nets are the parts "Generator" and "Discriminator".

    A training that is told no loss makes the sum of both losses small. **The gradient that comes
    from the discriminator to the generator is reversed**, so that the generator makes them large:
    all rates are positive as usual. So is a gradient asked by Latent. Real and fake samples go
    through the discriminator together: the batch of a BatchNormalizationLayer there has both.
    Options: a shape or coder for any port by its name; ports={name: ...}.
    Raises OptionError for what is no such net, ShapeError where the two do not fit.

    >>> from wlnet.nets.initialize import net_initialize
    >>> from wlnet.layers import LinearLayer
    >>> nets = [4, "Ramp", 2], [4, "Ramp", LinearLayer(()), "LogisticSigmoid"]
    >>> gan = net_initialize(NetGANOperator(nets, latent=3))
    >>> gan({"Sample": [0, 1], "Latent": [1, 2, 3]})["GeneratedFake"].shape
    (2,)

    Wolfram Language: NetGANOperator. Goodfellow et al. 2014; Arjovsky et al. 2017; Ganin et al.
    2016.
    """

    kind = "NetGANOperator"
    addressing = "operator"
    record_fields = ("Parameters",)

    @checked_keywords
    def __init__(
        self,
        nets: object,
        loss: object = AUTOMATIC,
        *,
        ports: Mapping[str, object] | None = None,
        learning_rate_multipliers: object = AUTOMATIC,
        **port_options: object,
    ) -> None:
        gathered = Gathered()
        given = gathered.attempt(lambda: _both(nets)) or {}
        nodes: dict[str, Net] = {}
        for name, one in given.items():
            made = gathered.attempt(lambda one=one, name=name: as_net(one, name))  # type: ignore[misc]
            if made is not None:
                nodes[name] = made
                gathered.attempt(lambda made=made, name=name: _check(made, name))  # type: ignore[misc]
        form = gathered.attempt(lambda: _form(loss))
        table = gathered.attempt(lambda: port_table(ports, "a NetGANOperator")) or {}
        said = [*table.items(), *port_options.items()]
        own = read_ports(self.kind, said, (INPUTS, OUTPUTS), gathered)
        rules = rules_told_with(gathered, learning_rate_multipliers)
        self._hold(nodes, {"Loss": form}, own)
        object.__setattr__(self, "learning_rate_rules", rules)
        fill_in(self)
        self.check_rules()

    def _hold(
        self, nodes: Mapping[str, Net], parameters: Mapping[str, object], own: Mapping[str, Any]
    ) -> None:
        bare, table = hoist(
            {key: without_coders(node, node.port_names) for key, node in nodes.items()}
        )
        ports: dict[str, PortType] = {name: own.get(name, UNKNOWN) for name in (*INPUTS, *OUTPUTS)}
        self._fill(nodes=bare, parameters=parameters, ports=ports, shared=table)
        check_shapes(self)

    @classmethod
    def fixed_keys(cls) -> tuple[str, ...]:
        return PARTS

    @property
    def input_names(self) -> tuple[str, ...]:
        return INPUTS

    @property
    def output_names(self) -> tuple[str, ...]:
        return OUTPUTS

    @property
    def repeats(self) -> int | None:
        return None

    @property
    def loss(self) -> str:
        """The kind of the losses, where nobody says by the discriminator."""
        told: str | Symbol = self.parameters["Loss"]
        if isinstance(told, str):
            return told
        judge = self.nodes[DISCRIMINATOR]
        last = producer(judge, judge.output_names[0])
        return FORMS[0] if isinstance(last, Layer) and last.asks_for == "Binary" else FORMS[1]

    @property
    def made_losses(self) -> Mapping[str, Net | None]:
        return dict.fromkeys(LOSSES)

    def _ends(self) -> tuple[str, str, str, str]:
        """The ports of the generator and those of the discriminator: in, out, in, out."""
        maker, judge = (self.nodes[key] for key in PARTS)
        return (*maker.input_names, *maker.output_names, *judge.input_names, *judge.output_names)  # type: ignore[return-value]

    def links(self) -> list[Edge]:
        latent, fake, sample, score = self._ends()
        return [
            Edge(None, "Sample", DISCRIMINATOR, sample),
            Edge(None, "Latent", GENERATOR, latent),
            Edge(GENERATOR, fake, DISCRIMINATOR, sample),
            *(Edge(DISCRIMINATOR, score, None, name) for name in LOSSES),
            Edge(GENERATOR, fake, None, "GeneratedFake"),
        ]

    def arguments(self) -> list[str]:
        told = self.parameters["Loss"]
        return [] if isinstance(told, Symbol) else [repr(told)]

    def record(self) -> Record:
        return {"Parameters": dict(self.parameters)}

    @classmethod
    def from_record(cls, written: Written) -> Self:
        for key in PARTS:
            _check(written.nodes[key], key)
        told = written.fields["Parameters"]
        new = object.__new__(cls)
        form = {"Loss": _form(told.get("Loss"))}
        new._hold({key: written.nodes[key] for key in PARTS}, form,
                  written.ports([*INPUTS, *OUTPUTS]))  # fmt: skip
        return new

    def renamed(
        self, nodes: Mapping[Key, Net], keys: Mapping[Key, Key], ports: Mapping[str, str]
    ) -> Self:
        bare, table = hoist(nodes)
        result = self._with(nodes=bare, shared=table)
        check_shapes(result)
        return result

    def exchanged(self, key: Key, node: Net) -> Self | None:
        fits = len(node.input_names) == len(node.output_names) == 1
        return self._with(nodes={**self.nodes, key: node}) if fits else None

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        at = title(path, self)
        score, real = Wire(), Wire(element="Real", teller=at)
        latent, fake, sample, judged = self._ends()
        thing, given = wires["GeneratedFake"], Wire()
        tied = {
            "Sample": (wires["Sample"], ("*sample",)),
            "GeneratedFake": (thing, ("*sample",)),
            "Input of the discriminator": (given, ("*sample",)),
            "Output of the discriminator": (score, ()),
            **{name: (wires[name], ()) for name in LOSSES},
        }
        alike = [[real, *(wire for wire, _ in tied.values())]]
        wanted = "samples of one shape, and a number that the discriminator gives"
        walk.cells.append(PatternCell(at, tied, alike, wanted))
        own = {latent: wires["Latent"], fake: thing}
        walk.visit(self.nodes[GENERATOR], (*path, GENERATOR), own)
        walk.visit(
            self.nodes[DISCRIMINATOR], (*path, DISCRIMINATOR), {sample: given, judged: score}
        )

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        g = Builder(walk.graph, origin=walk.told(path))
        latent, fake, sample, judged = self._ends()
        found: Values = {}
        # An input that nobody needs is left out.
        things = {"LossReal": inputs["Sample"]} if "Sample" in inputs else {}
        if "Latent" in inputs:
            own = {latent: inputs["Latent"]}
            made = walk.visit(self.nodes[GENERATOR], (*path, GENERATOR), own, batch)
            if fake in made:
                found["GeneratedFake"] = made[fake]
                things["LossFake"] = g.gradient_reversal(made[fake])
        if not things:
            return found
        count, shape = len(things), next(iter(things.values())).shape[1:]
        both = g.concatenate([g.reshape(x, (batch, 1, *shape)) for x in things.values()], 1)
        at, rows = (*path, DISCRIMINATOR), count * batch
        own = {sample: g.reshape(both, (rows, *shape))}
        made = walk.visit(self.nodes[DISCRIMINATOR], at, own, rows)
        # Whoever asks inside is told of both, the real sample first.
        for key, value in walk.made.items():
            if count > 1 and key[0][: len(at)] == at and value.shape[:1] == (rows,):
                walk.made[key] = g.reshape(value, (batch, 2, *value.shape[1:]))
        if judged in made:
            found |= self._losses(g, made[judged], list(things), batch)
        return found

    def _losses(self, g: Builder, score: Value, names: list[str], batch: int) -> Values:
        count = len(names)
        if self.loss == FORMS[0]:
            # What is real has the target 1.
            targets = g.constant([float(name == LOSSES[0]) for name in names], (count,))
            wanted = g.reshape(g.broadcast(targets, (batch, count)), (count * batch,))
            numbers = surprises(g, "Binary", score, wanted, 0.0, None)
        else:
            signs = g.constant([-1.0 if name == LOSSES[0] else 1.0 for name in names], (count,))
            numbers = g.multiply(
                score, g.reshape(g.broadcast(signs, (batch, count)), (count * batch,))
            )
        table = g.reshape(numbers, (batch, count))
        return {
            name: g.reshape(g.slice(table, 1, i, i + 1), (batch,)) for i, name in enumerate(names)
        }


def _both(nets: object) -> dict[str, object]:
    """The nets of the two parts, by name."""
    if isinstance(nets, Mapping) and set(nets) == set(PARTS):
        return {name: nets[name] for name in PARTS}
    if isinstance(nets, (tuple, list)) and len(nets) == 2:
        return dict(zip(PARTS, nets, strict=True))
    what = "a NetGANOperator takes a generator and a discriminator"
    given = brief(dict(nets)) if isinstance(nets, Mapping) else brief(nets)
    fix = "NetGANOperator((generator, discriminator))"
    raise fail(OptionError, Fault(what, given=given, known=PARTS, fix=fix))


def _check(net: Net, part: str) -> None:
    if not len(net.input_names) == len(net.output_names) == 1:
        told = f"inputs {list(net.input_names)}, outputs {list(net.output_names)}"
        what = "a part of a NetGANOperator has one input and one output"
        raise fail(OptionError, Fault(what, at=part, given=told))


def _form(loss: object) -> str | Symbol:
    if loss is AUTOMATIC or (isinstance(loss, str) and loss in FORMS):
        return loss
    what = "a NetGANOperator does not know this loss"
    fix = suggestion(loss, FORMS) if isinstance(loss, str) else None
    raise fail(OptionError, Fault(what, given=brief(loss), known=[*FORMS, "AUTOMATIC"], fix=fix))
