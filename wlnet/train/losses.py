"""Losses: which ones a net gets, and the training net that carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.parts import NetPort, NetSharedArray, Path
from wlnet.core.ports import UNKNOWN, PortType
from wlnet.core.rules import ArrayKey
from wlnet.core.scaled import Scaled
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers import CrossEntropyLossLayer, MeanSquaredLossLayer
from wlnet.nets.edges import Edge
from wlnet.nets.inference import inferred_port
from wlnet.nets.netgraph import graph_of

LOSS_LAYERS = frozenset({"CrossEntropyLossLayer", "MeanSquaredLossLayer", "MeanAbsoluteLossLayer"})
NET = "Net"


@dataclass(frozen=True)
class LossTerm:
    """One loss: the output port of the net it is about, the loss net (None: the port is the loss), its factor."""

    port: str
    loss: Net | None
    factor: float = 1.0


@dataclass(frozen=True)
class TrainingNet:
    """A net with its losses attached.

    losses: loss port of `net` -> factor. targets: data column -> output port of the user's net it is about.
    prefix: where the user's net stands inside.
    """

    net: Net
    terms: tuple[LossTerm, ...]
    losses: Mapping[str, float]
    targets: Mapping[str, str] = field(default_factory=dict)
    prefix: Path = ()

    def inner_key(self, key: ArrayKey) -> ArrayKey:
        """The key inside the training net of an array of the user's net."""
        return key if isinstance(key, NetSharedArray) else (*self.prefix, *key)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.net.input_names


def producer(net: Net, port: str) -> Net:
    """The layer that makes an output, looked for through nested nets."""
    if net.kind == "NetChain":
        last = list(net.nodes.values())[-1]
        return producer(last, last.output_names[0])
    if net.kind == "NetGraph":
        (edge,) = [e for e in net.edges if e.target is None and e.target_port == port]  # type: ignore[attr-defined]
        return producer(net.nodes[edge.source], edge.source_port) if edge.source is not None else net
    if net.nodes:
        inner = net.nodes["Net"]
        return producer(inner, inner.output_names[0])
    return net


def loss_form(net: Net, port: str) -> str:
    """What kind of loss a port asks for: "Index", "Binary", or "Square"; "loss" when it is one."""
    layer = producer(net, port)
    if layer.kind in LOSS_LAYERS:
        return "loss"
    if layer.kind == "SoftmaxLayer":
        return "Index"
    if layer.kind == "ElementwiseLayer" and str(layer.parameters["Function"]) in ("LogisticSigmoid", "Sigmoid"):
        return "Binary"
    return "Square"


def loss_terms(net: Net, given: Any) -> tuple[LossTerm, ...]:
    """The losses that the option LossFunction asks for. Raises OptionError."""
    if given is AUTOMATIC:
        return _automatic(net)
    items = given if isinstance(given, list) else list(given.items()) if isinstance(given, Mapping) else [given]
    if not items:
        raise fail(OptionError, Fault("a training needs a loss", at="loss_function", given=repr(given)))
    return tuple(_term(net, item) for item in items)


def _automatic(net: Net) -> tuple[LossTerm, ...]:
    names = net.output_names
    if "Loss" in names:
        return (LossTerm("Loss", None),)
    terms = []
    for name in names:
        form = loss_form(net, name)
        port = inferred_port(net, name)
        if form == "Square" and port.coder is not None and getattr(port.coder, "kind", "") == "Class":
            raise fail(OptionError, Fault(
                "no loss fits by itself: a Class decoder on an output that is not made by a SoftmaxLayer",
                at=f"port {name}", fix="end the net in SoftmaxLayer(), or name a loss_function"))
        loss = {"loss": None, "Index": CrossEntropyLossLayer("Index"), "Binary": CrossEntropyLossLayer("Binary"),
                "Square": MeanSquaredLossLayer()}[form]
        terms.append(LossTerm(name, loss))
    return tuple(terms)


def _term(net: Net, item: Any) -> LossTerm:
    factor = 1.0
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], Scaled):
        item, factor = item[0], float(item[1].factor)
    if isinstance(item, tuple) and len(item) == 3 and isinstance(item[2], Scaled):
        item, factor = item[:2], float(item[2].factor)
    port, loss = item if isinstance(item, tuple) and len(item) == 2 else (None, item)
    if isinstance(loss, tuple) and len(loss) == 2 and isinstance(loss[1], Scaled):
        loss, factor = loss[0], float(loss[1].factor)
    if port is None and isinstance(loss, (str, NetPort)):
        port, loss = loss, None
    name = port.path[0] if isinstance(port, NetPort) else port
    if loss is not None and not (isinstance(loss, Net) and set(loss.input_names) >= {"Input"}):
        raise fail(OptionError, Fault("this is no loss", at="loss_function", given=repr(loss)[:80],
                                      expected='a loss layer or net, a port, (port, loss), (loss, Scaled(r)), a list of '
                                               'these, or AUTOMATIC', fix="MeanSquaredLossLayer()"))
    if name is None:
        if "Loss" in net.output_names:
            raise fail(OptionError, Fault("the net has a Loss port already", at="loss_function", given=loss.kind,
                                          fix='loss_function="Loss", or leave it out'))
        if len(net.output_names) != 1:
            raise fail(OptionError, Fault("a net with several outputs needs to know which one the loss is about",
                                          at="loss_function", known=net.output_names,
                                          fix=f"{{{net.output_names[0]!r}: {loss.kind}()}}"))
        name = net.output_names[0]
    if name not in net.output_names:
        raise fail(OptionError, Fault(f"there is no output port {name!r}", at="loss_function", known=net.output_names,
                                      fix=suggestion(str(name), net.output_names)))
    return LossTerm(name, loss, factor)


def attach(net: Net, terms: tuple[LossTerm, ...]) -> TrainingNet:
    """The training net: the user's net with a loss beside each output that has one."""
    if all(term.loss is None for term in terms):
        return TrainingNet(net, terms, {term.port: term.factor for term in terms})
    nodes: dict[Any, Net] = {NET: net}
    edges = [Edge(None, name, NET, name) for name in net.input_names]
    ports = {name: net.ports.get(name, UNKNOWN) for name in net.input_names}
    losses: dict[str, float] = {}
    targets: dict[str, str] = {}
    for term in terms:
        out = "Loss" if len(terms) == 1 else f"{term.port}Loss"
        if term.loss is None:
            edges.append(Edge(NET, term.port, None, out))
        else:
            vertex = "Loss" if len(terms) == 1 else f"{term.port}Loss"
            nodes[vertex] = term.loss
            edges.append(Edge(NET, term.port, vertex, "Input"))
            (loss_port,) = term.loss.output_names
            edges.append(Edge(vertex, loss_port, None, out))
            if "Target" in term.loss.input_names:
                column = term.port if term.port not in net.input_names else f"{term.port}Target"
                edges.append(Edge(None, column, vertex, "Target"))
                ports[column] = _target_port(net, term)
                targets[column] = term.port
        losses[out] = term.factor
    return TrainingNet(graph_of(nodes, edges, ports), terms, losses, targets, (NET,))


def _target_port(net: Net, term: LossTerm) -> PortType:
    """The port of a target: the converse of the output's decoder, as the loss wants it."""
    decoder = inferred_port(net, term.port).coder
    if decoder is None:
        return UNKNOWN
    encoder = decoder.target_encoder()
    if encoder is None:
        return UNKNOWN
    form = term.loss.parameters.get("Form") if term.loss is not None else None
    if encoder.kind == "Class" and form != "Index":
        encoder = encoder.replace("Form", "UnitVector") if "Form" in encoder.parameters else encoder
    return PortType(encoder.shape, encoder.element, encoder)
