"""Losses and columns that are probably not what was meant: told before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wlnet.core.elsewhere import counterpart
from wlnet.core.errors import Fault, OptionError, TrainingWarning, brief, fail, warn
from wlnet.core.names import a, field_name, wolfram_name
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.spelling import nearest
from wlnet.layers.declaring.layer import Layer
from wlnet.lowering.lower import seen_from
from wlnet.nets.chain import NetChain
from wlnet.nets.connections import links
from wlnet.nets.inference import inferred_port
from wlnet.train.generators import gives_batches
from wlnet.train.history import LOSS
from wlnet.train.losses import LossTerm, asked_form, stated_form
from wlnet.train.sources import ArraySource
from wlnet.train.training_net import TrainingNet

Origin = tuple[Path, Layer]
"""The layer that made the numbers, and where it stands."""


def warn_of_columns(
    others: Sequence[object], columns: Sequence[str], options: Sequence[str], at: str
) -> None:
    """Warn of columns that no port takes, with what each was probably meant for."""
    if not others:
        return
    known = {**{wolfram_name(name): name for name in options}, **{name: name for name in options}}
    meant = []
    for name in map(str, others):
        elsewhere = counterpart(field_name(name), options)
        near = nearest(name, [*columns, *known])
        if elsewhere:
            meant.append(f"{name!r}: {elsewhere}")
        elif near:
            kind = "the option" if near[0] in known else "the port"
            meant.append(f"{name!r} is near {kind} {known.get(near[0], near[0])!r}")
    warn(
        TrainingWarning,
        Fault(
            "columns of data that no port takes",
            at=at,
            given=", ".join(map(brief, others)),
            expected=f"columns {list(columns)}",
            fix="; ".join(meant) or "leave them out",
        ),
    )


FEW = 16
"""A batch of less than this part of what was asked for is small."""


def warn_of_small_batches(source: ArraySource, size: int) -> None:
    """Warn where examples have so many shapes that most batches, which hold one shape each, are
    small. size: of the batches that were asked for."""
    mean, most = source.examples / source.batches_per_round, min(size, source.examples)
    if len(source.groups) == 1 or mean * FEW >= most:
        return
    warn(
        TrainingWarning,
        Fault(
            f"examples of {len(source.groups):,} shapes: a batch holds examples of one shape, so "
            f"that most are small",
            at="data",
            given=f"{source.examples:,} examples in {source.batches_per_round:,} batches a round, "
            f"of {mean:.1f} each on average",
            expected=f"batches of up to {most}",
            fix="sequences cut, or filled up, to lengths that many have in common, such as "
            "multiples of 8; or a smaller batch_size, where this is meant",
        ),
    )


def check_targets(training: TrainingNet, data: object) -> None:
    """Raise OptionError for ports that are to be minimised as they are, where the data bring a
    target: a column of the port's name, which would not be looked at.
    """
    brought = _brought(data, training)
    faults = [
        Fault(
            f"the port {term.port!r} would be minimised as it is, and the data bring a target of "
            "its name",
            at="loss_function",
            given=brief(term.port),
            expected="a port, and no column of its name; or a port with a loss that compares them",
            fix=f"({term.port!r}, AUTOMATIC) is the loss that the port gets by itself, "
            f"({term.port!r}, loss) one of your own",
        )
        for term in training.terms
        if _is_no_loss(training.user, term) and term.port in brought - {*training.columns}
    ]
    if faults:
        raise fail(OptionError, faults)


def _is_no_loss(net: Net, term: LossTerm) -> bool:
    """Whether a port was named that no loss layer makes."""
    return term.loss is None and term.port != LOSS and asked_form(net, term.port) is not None


def _brought(data: object, training: TrainingNet) -> set[object]:
    """The names of the columns of data that have names. Of a plain pair the second is the target
    of the only port there is.
    """
    if isinstance(data, Mapping):
        return {*data}
    if isinstance(data, tuple) and len(data) == 2 and not gives_batches(data[0]):
        if any(isinstance(part, Mapping) for part in data):
            return {name for part in data if isinstance(part, Mapping) for name in part}
        return {training.terms[0].port} if len(training.columns) == 1 else set()
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], Mapping):
        return {*data[0]}
    return set()


def warn_of_losses(training: TrainingNet) -> None:
    """TrainingWarnings of losses that cannot teach what was meant."""
    for term in training.terms:
        if _is_no_loss(training.user, term):
            _warn_of_port(training.user, term)
    found: list[tuple[Path, Layer, Origin | None]] = []
    _origins(training.net, (), {}, found)
    for path, loss, origin in found:
        why = None if origin is None else _improbable(loss, origin[1])
        if origin is not None and why is not None:
            _warn_of_cross_entropy(training, path, loss, origin, why)


def _warn_of_port(net: Net, term: LossTerm) -> None:
    decoder = inferred_port(net, term.port).coder
    origin = _origins(net, (), {}, [])[term.port]
    if origin is not None and origin[1].gives == "Distribution":
        of = a(origin[1].kind)
        why = f"the numbers of {of} always add up to 1, so there is nothing to minimise"
    elif decoder is not None:
        why = f"its numbers stand for something else: {brief(decoder)}"
    else:
        return
    fault = Fault(
        f"the port {brief(term.port)} is to be minimised as it is, and is no loss: {why}",
        at="loss_function",
        fix=f"({term.port!r}, AUTOMATIC), and a column {term.port!r} of targets",
    )
    warn(TrainingWarning, fault)


def _improbable(loss: Layer, layer: Layer) -> str | None:
    """Why numbers of this layer are not the probabilities that a cross entropy takes, if so."""
    if layer.gives == "Reals":
        return "are no probabilities"
    if loss.target_form != "Binary" and layer.gives == "Chances":
        return "do not add up to 1 over the classes, so that all of them may grow"
    return None


def _warn_of_cross_entropy(
    training: TrainingNet, path: Path, loss: Layer, origin: Origin, why: str
) -> None:
    form, home = loss.target_form, training.home
    is_around = home != () and path[:1] != home
    at = path_text(seen_from(home, origin[0]))
    what, kind = "a cross entropy", f"CrossEntropyLossLayer({brief(form)})"
    if form == "Sequence":
        what, kind = a(loss.kind), loss.kind
    last = 'ElementwiseLayer("LogisticSigmoid")' if form == "Binary" else "SoftmaxLayer()"
    fault = Fault(
        f"{what} takes probabilities, and the numbers of this {origin[1].kind} {why}",
        at=f"{at}, on the way to {kind}",
        expected=f"{last} before the loss",
        fix=f"net_append(net, {last})"
        if is_around and isinstance(training.user, NetChain)
        else f"a {last} between the two",
    )
    warn(TrainingWarning, fault)


def _origins(
    net: Net,
    at: Path,
    given: Mapping[str, Origin | None],
    found: list[tuple[Path, Layer, Origin | None]],
) -> dict[str, Origin | None]:
    """The layer that makes the numbers of each output, looked for through views and inside nets.

    given: the same of the inputs; None where nobody knows. found: takes the cross entropies, with
    what goes into them.
    """
    if isinstance(net, Layer):
        if stated_form(net) is not None:
            found.append((at, net, given.get("Input")))
        made: Origin | None = given.get("Input") if net.is_view else (at, net)
        return dict.fromkeys(net.output_names, made)
    outputs: dict[Any, Mapping[str, Origin | None]] = {None: given}
    ends = links(net)

    def into(key: Any) -> dict[str, Origin | None]:
        made: dict[str, Origin | None] = {}
        for e in ends:
            if e.target == key:
                # What a net makes of several ports has none of them for its origin.
                is_first = e.target_port not in made
                origin = outputs.get(e.source, {}).get(e.source_port)
                made[e.target_port] = origin if is_first else None
        return made

    for key, node in net.nodes.items():
        outputs[key] = _origins(node, (*at, key), into(key), found)
    return into(None)
