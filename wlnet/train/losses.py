"""Losses: which ones the outputs of a net get, by themselves or as the option says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import NetPort
from wlnet.core.scaled import Scaled
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.layers import CrossEntropyLossLayer, MeanSquaredLossLayer
from wlnet.layers.declaring.layer import Layer, TargetForm
from wlnet.nets.connections import made_by, producer
from wlnet.nets.container import as_container
from wlnet.nets.inference import inferred_port
from wlnet.train.history import LOSS


@dataclass(frozen=True)
class LossTerm:
    """One loss: the output port it is about, the loss net, its factor.

    Without a loss net the port is itself the loss.
    """

    port: str
    loss: Net | None
    factor: float = 1.0


def asked_form(net: Net, port: str) -> TargetForm | None:
    """What an output asks its targets to be; None for one that is a loss itself."""
    layer = producer(net, port)
    if not isinstance(layer, Layer):
        return "Square"
    return None if layer.is_loss else layer.asks_for


def stated_form(loss: Net | None) -> TargetForm | None:
    """What the targets of a loss are, where it says so by itself."""
    return loss.target_form if isinstance(loss, Layer) else None


def reads_targets(loss: Net | None) -> bool:
    """Whether a loss says by an encoder of its own what its targets are."""
    port = None if loss is None else loss.ports.get("Target")
    return port is not None and port.coder is not None


def loss_terms(net: Net, given: object) -> tuple[LossTerm, ...]:
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
    names = [name for name in net.output_names if _learns(net, name)]
    return _all(net, (_automatic_term(net, name) for name in names))


def _learns(net: Net, name: str) -> bool:
    """Whether an output is one that learns by itself: what an operator makes beside its losses is
    none."""
    made, own = made_by(net, name)
    losses = {} if isinstance(made, Layer) else as_container(made).made_losses
    return own in losses or not losses


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
    made, own = made_by(net, name)
    if not isinstance(made, Layer) and own in as_container(made).made_losses:
        return LossTerm(name, as_container(made).made_losses[own], factor)
    form = asked_form(net, name)
    port = inferred_port(net, name)
    is_of_sets = getattr(port.coder, "multilabel", False)
    if form == "Square" and getattr(port.coder, "of_labels", False) and not is_of_sets:
        return Fault(
            f"no loss fits by itself: {a(port.coder.kind)} decoder on an output without a "
            "SoftmaxLayer",
            at=f"port {name}",
            fix="end the net in SoftmaxLayer(), or name a loss_function",
        )
    if is_of_sets and form != "Binary":
        return Fault(
            "no loss fits by itself: a Class decoder of several labels on an output without a "
            "LogisticSigmoid",
            at=f"port {name}",
            fix='end the net in "LogisticSigmoid", or name a loss_function',
        )
    if form is None or name == LOSS:
        return LossTerm(name, None, factor)
    loss = MeanSquaredLossLayer() if form == "Square" else CrossEntropyLossLayer(form)
    return LossTerm(name, loss, factor)


def _term(net: Net, item: object) -> LossTerm | Fault:
    """One item of the option: a port, a loss, (port, loss), any of them with Scaled(r) at the
    end. The loss may be AUTOMATIC.
    """
    parts: list[Any] = list(item) if isinstance(item, tuple) else [item]
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
