"""The training net: the user's net with a loss beside each output that has one.

Whoever trains speaks of arrays and layers by the paths of the user's net: that it stands one level
inside is said here, and `lower` is told it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from wlnet.core.net import Net
from wlnet.core.parts import Key, NetSharedArray, Path
from wlnet.core.ports import UNKNOWN, PortType
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial, is_known
from wlnet.core.streams import Seed
from wlnet.layers import CrossEntropyLossLayer, ThreadingLayer, WeightedLossLayer
from wlnet.layers.declaring.layer import TargetForm
from wlnet.lowering.lower import seen_from
from wlnet.nets.arrays import arrays_of, is_initialized, replace_arrays
from wlnet.nets.edges import Edge
from wlnet.nets.inference import inference, inferred_port, take_inference
from wlnet.nets.initialize import net_initialize
from wlnet.nets.netgraph import graph_of
from wlnet.results.class_labels import Labels, labels_at
from wlnet.train.history import LOSS
from wlnet.train.losses import LossTerm, asked_form, reads_targets, stated_form

Shapes = tuple[tuple[str, tuple[int, ...]], ...]
"""Shapes of examples by column, where the net leaves them open."""
NET = "Net"
"""The user's net in a training net."""


Weighing = Literal["by example", "by decision"]
"""Whether the numbers of a loss have one weight an example, or one for each of its decisions."""


@dataclass(frozen=True)
class TrainingNet:
    """A net with its losses attached; the training net itself is made when it is asked for.

    user: the user's net. made: the training net, once it is there.
    losses: loss port of the training net -> factor.
    targets: data column -> output port of the user's net that it is about.
    forms: data column -> what the targets in it are.
    weighted: losses that weights are multiplied with, by the port of the training net, and how.
    """

    user: Net
    terms: tuple[LossTerm, ...]
    weighted: Mapping[str, Weighing] = field(default_factory=dict)
    made: list[Net] = field(default_factory=list, repr=False, compare=False)
    losses: Mapping[str, float] = field(init=False)
    targets: Mapping[str, str] = field(init=False)
    forms: Mapping[str, TargetForm] = field(init=False)

    def __post_init__(self) -> None:
        losses: dict[str, float] = {}
        for port, term in zip(self._ports(), self.terms, strict=True):
            losses[port] = losses.get(port, 0.0) + term.factor
        told = {self._column(term): term for term in self.terms if _has_target(term)}
        targets = {column: term.port for column, term in told.items()}
        forms = {column: _form(self.user, term) for column, term in told.items()}
        for name, value in (("losses", losses), ("targets", targets), ("forms", forms)):
            object.__setattr__(self, name, value)

    @property
    def home(self) -> Path:
        """Where the user's net stands in the training net."""
        return (NET,) if self._attaches or self.weighted else ()

    @property
    def _attaches(self) -> bool:
        """Whether there is a loss that is not the user's net's own."""
        return any(term.loss is not None for term in self.terms)

    @property
    def by_port(self) -> dict[str, LossTerm]:
        """The terms by their loss ports; a port that is itself the loss may stand for several."""
        return dict(zip(self._ports(), self.terms, strict=True))

    def weight_column(self, out: str) -> str:
        """The input port of the training net that takes the weights of a loss."""
        return _new(f"{out}Weight", self.columns)

    def weights_of_port(self, port: str) -> str | None:
        """The column of the weights of an output port, if it has some."""
        outs = (out for out in self.weighted if self.by_port[out].port == port)
        return next(map(self.weight_column, outs), None)

    def _ports(self) -> list[str]:
        """The loss port of each term; without any loss net the user's own, perhaps one twice."""
        if not self._attaches:
            return [term.port for term in self.terms]
        if len(self.terms) == 1:
            return [LOSS]
        found: list[str] = []
        for term in self.terms:
            found.append(_new(f"{term.port}Loss", found))
        return found

    def _column(self, term: LossTerm) -> str:
        return f"{term.port}Target" if term.port in self.user.input_names else term.port

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of data that a training needs, those of inputs first."""
        return tuple(dict.fromkeys((*self.user.input_names, *self.targets)))

    def labels(self, name: str) -> Labels | None:
        """The labels of the classes of a measurement, by the name that it is told by."""
        ports = set(self.targets.values())
        own = ports & {name.rpartition("/")[0]} or ports
        return labels_at(self.user, *own) if len(own) == 1 else None

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
        return f"{self.terms[0].port}Loss" if self._attaches else "UnscaledLoss"

    @property
    def net(self) -> Net:
        """The training net. Raises ShapeError for a loss that does not fit its output."""
        if not self.made:
            self.made.append(self._attached() if self.home else self.user)
        return self.made[0]

    @property
    def open(self) -> tuple[str, ...]:
        """The columns whose sizes only examples tell, and not all of them the same."""
        return self.net.cached("open columns", lambda: _open(self.net))

    def shapes_of(self, columns: Mapping[Any, Any]) -> Shapes:
        """The shapes of examples in open columns: what a program is made for."""
        there = [name for name in self.open if name in columns]
        return tuple((name, tuple(columns[name].shape[1:])) for name in there)

    def shape(self, port: str, shapes: Shapes = ()) -> Partial:
        """The shape of a port of the training net for examples of some shapes."""
        return inference(self.net, dict(shapes)).port_shape((), port)

    def _attached(self) -> Net:
        net = self.user
        nodes: dict[Key, Net] = {NET: net}
        edges = [Edge(None, name, NET, name) for name in net.input_names]
        ports = {name: net.ports.get(name, UNKNOWN) for name in net.input_names}
        for out, term in self.by_port.items():
            made: tuple[Key, str] = NET, term.port
            weighing = self.weighted.get(out)
            if term.loss is not None:
                # A vertex called like a port could not be extracted, and one called like a part of
                # the user's net would take its paths.
                vertex = _new(f"{out}Layer", net.nodes)
                by_decision = weighing == "by decision"
                loss = _of_decisions(term.loss) if by_decision else term.loss
                nodes[vertex] = loss
                edges.append(Edge(*made, vertex, "Input"))
                made = vertex, loss.output_names[0]
                if _has_target(term):
                    column = self._column(term)
                    edges.append(Edge(None, column, vertex, "Target"))
                    ports[column] = _target_port(net, term)
                if by_decision:
                    edges.append(Edge(None, self.weight_column(out), vertex, "Weight"))
            if weighing == "by example":
                vertex = _new(f"{out}Weighing", net.nodes)
                nodes[vertex] = ThreadingLayer("Times")
                edges += [
                    Edge(*made, vertex, "1"),
                    Edge(None, self.weight_column(out), vertex, "2"),
                ]
                made = vertex, "Output"
            edges.append(Edge(*made, None, out))
        return graph_of(nodes, edges, ports)

    # Arrays and layers, by the paths of the user's net

    @property
    def arrays(self) -> dict[ArrayKey, np.ndarray]:
        """All arrays of the training net: a loss that is a net may have some of its own."""
        return {
            key if isinstance(key, NetSharedArray) else seen_from(self.home, key): value
            for key, value in arrays_of(self.net).items()
        }

    def whole(self, path: Path) -> Path:
        """The path of a layer from the top of the training net, as if it had no weights."""
        is_beside = bool(path) and path[0] in self.net.nodes and path[0] != NET
        return path if is_beside or not self._attaches else (*self.home, *path)

    def initialized(self, net: Net, seed: Seed) -> TrainingNet:
        """The training net of the user's net with numbers; what losses have gets its first ones."""
        made = self.net
        if net is not self.user:
            numbers = {
                key if isinstance(key, NetSharedArray) else (*self.home, *key): value
                for key, value in arrays_of(net).items()
            }
            made = replace_arrays(made, numbers)
            # The shapes of the numbers were known: nothing new follows from them.
            take_inference(made, self.net)
        if not is_initialized(made):
            made = net_initialize(made, random_seeding=seed)
        return TrainingNet(net, self.terms, self.weighted, [made])


def checked(training: TrainingNet) -> TrainingNet:
    """The same, made now: raises what is wrong with its losses."""
    # No assertion: `python -O` would not ask.
    training.made[:] = [training.net]
    return training


def _of_decisions(loss: Net) -> Net:
    """A cross entropy as the one whose decisions have weights."""
    assert isinstance(loss, CrossEntropyLossLayer)
    return WeightedLossLayer(loss.form, loss.label_smoothing, loss.class_weights)


def _has_target(term: LossTerm) -> bool:
    return term.loss is not None and "Target" in term.loss.input_names


def _new(name: str, taken: Iterable[Key]) -> str:
    """The name, or with the first number from 2 that is free: one output may have several
    losses.
    """
    numbered = (name if n == 1 else f"{name}{n}" for n in itertools.count(1))
    return next(each for each in numbered if each not in taken)


def _form(net: Net, term: LossTerm) -> TargetForm:
    """What targets are, as the loss says, or else as the output asks for them."""
    assert term.loss is not None
    stated = stated_form(term.loss)
    if stated is not None:
        return stated
    asked = asked_form(net, term.port)
    return "Probabilities" if asked == "Index" else asked or "Square"


def _target_port(net: Net, term: LossTerm) -> PortType:
    """The port of a target: the converse of the output's decoder, as the loss wants it; where the
    loss says itself what it reads, nothing more."""
    decoder = inferred_port(net, term.port).coder
    encoder = None if decoder is None else decoder.target_encoder()
    if encoder is None or _form(net, term) == "Sequence" or reads_targets(term.loss):
        return UNKNOWN
    if "OutputForm" in encoder.parameters and _form(net, term) != "Index":
        encoder = encoder.replace("OutputForm", "UnitVector")
    return PortType(encoder.shape, encoder.element, encoder)


def _open(net: Net) -> tuple[str, ...]:
    return tuple(name for name in net.input_names if not is_known(inferred_port(net, name).shape))
