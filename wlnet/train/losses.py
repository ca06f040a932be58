"""Losses: which ones a net gets, and the training net that carries them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.parts import NetPort, NetSharedArray, Path
from wlnet.core.ports import UNKNOWN, PortType
from wlnet.core.rules import ArrayKey
from wlnet.core.scaled import Scaled
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.layers import CrossEntropyLossLayer, MeanSquaredLossLayer
from wlnet.nets.connections import producer
from wlnet.nets.edges import Edge
from wlnet.nets.inference import inferred_port
from wlnet.nets.netgraph import graph_of
from wlnet.train.history import LOSS

LOSS_LAYERS = frozenset({"CrossEntropyLossLayer", "MeanSquaredLossLayer", "MeanAbsoluteLossLayer"})
NET = "Net"


@dataclass(frozen=True)
class LossTerm:
    """One loss: the output port it is about, the loss net, its factor.

    Without a loss net the port is itself the loss.
    """

    port: str
    loss: Net | None
    factor: float = 1.0


@dataclass(frozen=True)
class TrainingNet:
    """A net with its losses attached.

    losses: loss port of `net` -> factor.
    targets: data column -> output port of the user's net it is about.
    forms: data column -> what the targets are: "Index" (classes counted from 1), "Probabilities"
    (one number a class), "Binary" (0 or 1 each), or "Square" (numbers).
    prefix: where the user's net stands inside.
    """

    net: Net
    terms: tuple[LossTerm, ...]
    losses: Mapping[str, float]
    targets: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    prefix: Path = ()

    @property
    def told_losses(self) -> dict[str, str]:
        """Loss port -> the name that this loss alone, not scaled, is told by, beside the total
        "Loss"; none where it would be the same number.
        """
        if len(self.losses) == 1 and 1.0 in self.losses.values():
            return {}
        return {port: self._told(port) for port in self.losses}

    def _told(self, port: str) -> str:
        if port != LOSS:
            return port
        (term,) = self.terms if self.prefix else (None,)
        return f"{term.port}Loss" if term is not None else "UnscaledLoss"

    def inner_key(self, key: ArrayKey) -> ArrayKey:
        """The key inside the training net of an array of the user's net."""
        return key if isinstance(key, NetSharedArray) else (*self.prefix, *key)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.net.input_names


def loss_form(net: Net, port: str) -> str:
    """What kind of loss a port asks for: "Index", "Binary", or "Square"; "loss" when it is one."""
    layer = producer(net, port)
    if layer.kind in LOSS_LAYERS:
        return "loss"
    if layer.kind == "SoftmaxLayer":
        return "Index"
    if layer.kind == "ElementwiseLayer" and str(layer.parameters["Function"]) in (
        "LogisticSigmoid",
        "Sigmoid",
    ):
        return "Binary"
    return "Square"


def loss_terms(net: Net, given: Any) -> tuple[LossTerm, ...]:
    """The losses that the option LossFunction asks for. Raises OptionError with all faults at once.

    AUTOMATIC: by the layer that makes an output. ALL: every output port is a loss by itself.
    """
    if given is AUTOMATIC:
        return _automatic(net)
    if given is ALL:
        return _all(net, (LossTerm(name, None) for name in net.output_names))
    items = (
        given
        if isinstance(given, list)
        else list(given.items())
        if isinstance(given, Mapping)
        else [given]
    )
    if not items:
        raise fail(
            OptionError, Fault("a training needs a loss", at="loss_function", given=brief(given))
        )
    return _all(net, (_term(net, item) for item in items))


def _automatic(net: Net) -> tuple[LossTerm, ...]:
    if LOSS in net.output_names:
        return (LossTerm(LOSS, None),)
    return _all(net, (_automatic_term(net, name) for name in net.output_names))


def _all(net: Net, found: Iterable[LossTerm | Fault]) -> tuple[LossTerm, ...]:
    """The terms, unless there are faults: all of them are raised at once."""
    terms = [_of_reals(net, term) for term in found]
    faults = [term for term in terms if isinstance(term, Fault)]
    if faults:
        raise fail(OptionError, faults)
    return tuple(term for term in terms if isinstance(term, LossTerm))


def _of_reals(net: Net, term: LossTerm | Fault) -> LossTerm | Fault:
    """The term, unless its port carries indices, which have no slopes."""
    if isinstance(term, Fault) or inferred_port(net, term.port).element != "Integer":
        return term
    return Fault(
        "an output of indices has no loss",
        at=f"port {term.port}",
        given="Integer",
        expected="Real",
        fix="name the ports to be minimised in loss_function, or put an EmbeddingLayer behind it",
    )


def _automatic_term(net: Net, name: str, factor: float = 1.0) -> LossTerm | Fault:
    """The loss that an output gets by itself: by the layer that makes it."""
    form = loss_form(net, name)
    port = inferred_port(net, name)
    if form == "Square" and getattr(port.coder, "kind", "") == "Class":
        return Fault(
            "no loss fits by itself: a Class decoder on an output without a SoftmaxLayer",
            at=f"port {name}",
            fix="end the net in SoftmaxLayer(), or name a loss_function",
        )
    if form == "loss" or name == LOSS:
        return LossTerm(name, None, factor)
    loss = MeanSquaredLossLayer() if form == "Square" else CrossEntropyLossLayer(form)
    return LossTerm(name, loss, factor)


def _term(net: Net, item: Any) -> LossTerm | Fault:
    """One item of the option: a port, a loss, (port, loss), any of them with Scaled(r) at the
    end. The loss may be AUTOMATIC.
    """
    parts = list(item) if isinstance(item, tuple) else [item]
    # A dict gives {"port": (loss, Scaled(r))}.
    if len(parts) == 2 and isinstance(parts[1], tuple):
        parts = [parts[0], *parts[1]]
    factor = float(parts.pop().factor) if len(parts) > 1 and isinstance(parts[-1], Scaled) else 1.0
    port = parts.pop(0) if parts and isinstance(parts[0], (str, NetPort)) else None
    loss = parts.pop(0) if parts else None
    fits = loss is None or loss is AUTOMATIC or isinstance(loss, Net)
    fits = fits and not (isinstance(port, NetPort) and len(port.path) != 1)
    if parts or (port is None and loss is None) or not fits:
        return Fault(
            "this is no loss",
            at="loss_function",
            given=brief(item),
            expected="a loss layer or net, a port, (port, loss), (port, AUTOMATIC), any of these "
            "with Scaled(r) at the end, a list of these, ALL, or AUTOMATIC",
            fix="MeanSquaredLossLayer()",
        )
    if isinstance(loss, Net) and not (
        {"Input"} <= set(loss.input_names) <= {"Input", "Target"} and len(loss.output_names) == 1
    ):
        return Fault(
            "a loss has the ports Input and, if it needs one, Target, and one output",
            at="loss_function",
            given=f"{loss.kind} with inputs {list(loss.input_names)}, "
            f"outputs {list(loss.output_names)}",
        )
    name = port.path[0] if isinstance(port, NetPort) else port
    if name is None:
        kind = loss.kind if isinstance(loss, Net) else "AUTOMATIC"
        name = net.output_names[0]
        if "Loss" in net.output_names:
            return Fault(
                "the net has a Loss port already",
                at="loss_function",
                given=kind,
                fix='loss_function="Loss", or leave it out',
            )
        if len(net.output_names) != 1:
            return Fault(
                "a net with several outputs needs to know which one the loss is about",
                at="loss_function",
                known=net.output_names,
                fix=f"{{{name!r}: {kind if loss is AUTOMATIC else f'{kind}()'}}}",
            )
    if name not in net.output_names:
        return Fault(
            f"there is no output port {brief(name)}",
            at="loss_function",
            known=net.output_names,
            fix=suggestion(name, net.output_names),
        )
    if loss is AUTOMATIC:
        return _automatic_term(net, name, factor)
    return LossTerm(name, loss, factor)


def training_net(net: Net, given: Any) -> TrainingNet:
    """The training net for the option LossFunction. Raises as loss_terms does."""
    return attach(net, loss_terms(net, given))


def attach(net: Net, terms: tuple[LossTerm, ...]) -> TrainingNet:
    """The training net: the user's net with a loss beside each output that has one."""
    if all(term.loss is None for term in terms):
        return TrainingNet(net, terms, _summed((term.port, term.factor) for term in terms))
    nodes: dict[Any, Net] = {NET: net}
    edges = [Edge(None, name, NET, name) for name in net.input_names]
    ports = {name: net.ports.get(name, UNKNOWN) for name in net.input_names}
    losses: dict[str, float] = {}
    targets: dict[str, str] = {}
    forms: dict[str, str] = {}
    for term in terms:
        out = "Loss" if len(terms) == 1 else _new(f"{term.port}Loss", losses)
        losses[out] = term.factor
        if term.loss is None:
            edges.append(Edge(NET, term.port, None, out))
            continue
        # A vertex called like a port could not be extracted.
        vertex = f"{out}Layer"
        nodes[vertex] = term.loss
        edges += [
            Edge(NET, term.port, vertex, "Input"),
            Edge(vertex, term.loss.output_names[0], None, out),
        ]
        if "Target" in term.loss.input_names:
            column = term.port if term.port not in net.input_names else f"{term.port}Target"
            edges.append(Edge(None, column, vertex, "Target"))
            ports[column] = _target_port(net, term)
            targets[column] = term.port
            forms[column] = _form(net, term)
    return TrainingNet(graph_of(nodes, edges, ports), terms, losses, targets, forms, (NET,))


def _summed(factors: Iterable[tuple[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for port, factor in factors:
        total[port] = total.get(port, 0.0) + factor
    return total


def _new(name: str, taken: Mapping[str, Any]) -> str:
    """The name, or with the first number from 2 that is free: one output may have several
    losses.
    """
    numbered = (name if n == 1 else f"{name}{n}" for n in itertools.count(1))
    return next(each for each in numbered if each not in taken)


def _form(net: Net, term: LossTerm) -> str:
    """What targets are: "Index", "Probabilities", "Binary", or "Square" for numbers."""
    assert term.loss is not None
    if term.loss.kind == "CrossEntropyLossLayer":
        return str(term.loss.parameters["Form"])
    form = loss_form(net, term.port)
    return "Probabilities" if form == "Index" else "Square" if form == "loss" else form


def _target_port(net: Net, term: LossTerm) -> PortType:
    """The port of a target: the converse of the output's decoder, as the loss wants it."""
    decoder = inferred_port(net, term.port).coder
    encoder = None if decoder is None else decoder.target_encoder()
    if encoder is None:
        return UNKNOWN
    if encoder.kind == "Class" and _form(net, term) != "Index":
        encoder = encoder.replace("OutputForm", "UnitVector")
    return PortType(encoder.shape, encoder.element, encoder)
