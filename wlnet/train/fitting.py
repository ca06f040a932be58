"""What the training data tell about a net before training: shapes and coders of its open ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.coders import NetDecoder, infer_encoder
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.gate import shape_of
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.shapes import is_known
from wlnet.nets.inference import inference, inferred_port
from wlnet.train.classes import class_labels, index_encoder, is_open, with_classes, with_labels
from wlnet.train.losses import LossTerm, TrainingNet, loss_form


def fit(net: Net, columns: Mapping[str, Any], draft: TrainingNet) -> Net:
    """A net with its open ports filled from the data; draft: the net with its losses attached.

    Raises DataError for columns that tell nothing, ShapeError for those that contradict the net.
    """
    ports = dict(net.ports)
    for name in net.input_names:
        if name in columns:
            net = with_classes(net, name, columns[name])
            ports[name] = _input_port(net, name, columns[name])
    by_port = {port: column for column, port in draft.targets.items()}
    for term in draft.terms:
        if term.port in by_port and term.port in ports and by_port[term.port] in columns:
            ports[term.port] = _output_port(net, term, columns[by_port[term.port]])
    return net if ports == dict(net.ports) else net._with(ports=ports)


def _input_port(net: Net, name: str, column: Any) -> PortType:
    port = inferred_port(net, name)
    given = net.ports[name]
    if port.coder is not None and is_open(port.coder):
        encoder = with_labels(port.coder, port, inference(net).ports[(), name].below, column, name)
        return PortType(encoder.shape, encoder.element, encoder)
    encoder = infer_encoder(column) if port.coder is None else None
    if port.element == "Integer" and encoder is None:
        encoder = index_encoder(net, name, column)
    if (
        port.element == "Integer"
        and port.shape in (None, ())
        and encoder is not None
        and encoder.kind == "Class"
    ):
        return PortType(encoder.shape, encoder.element, encoder)
    if port.coder is not None or is_known(port.shape) or port.element == "Integer":
        return given
    if encoder is not None:
        return PortType(encoder.shape, encoder.element, encoder)
    shape = _common_shape(column, name)
    return given if shape is None else PortType(shape, given.element)


def _common_shape(column: Any, name: str) -> tuple[int, ...] | None:
    try:
        array = np.asarray(column)
    except (ValueError, TypeError):
        return None
    if array.dtype.kind in "OUS":
        raise fail(
            DataError,
            Fault(
                "nothing tells what this column is",
                at=f"port {name}",
                given=brief(array.reshape(-1)[0]),
                fix=f"give the port a shape or an encoder: NetChain([...], {name.lower()}=...)",
            ),
        )
    return tuple(array.shape[1:])


def _output_port(net: Net, term: LossTerm, column: Any) -> PortType:
    port = inferred_port(net, term.port)
    given = net.ports[term.port]
    if port.coder is not None and term.loss is not None and is_open(port.coder):
        decoder = with_labels(port.coder, port, None, column, term.port)
        return PortType(decoder.shape, decoder.element, decoder)
    if port.coder is not None or term.loss is None:
        return given
    form = loss_form(net, term.port)
    loss_kind = (
        term.loss.parameters.get("Form") if term.loss.kind == "CrossEntropyLossLayer" else "Square"
    )
    if form == "Index" and loss_kind == "Index":
        labels = class_labels(column, port, term.port)
        if labels is None:
            return given
        decoder = NetDecoder("Class", labels)
        return PortType(decoder.shape, decoder.element, decoder)
    if (
        form == "Binary"
        and loss_kind == "Binary"
        and _is_boolean(column)
        and port.shape in (None, ())
    ):
        return PortType((), "Real", NetDecoder("Boolean"))
    # Targets have the shape of the output, but for indices of classes.
    if loss_kind != "Index" and not is_known(port.shape):
        shape = _common_shape(column, term.port)
        return given if shape is None else PortType(shape, given.element)
    return given


def _is_boolean(column: Any) -> bool:
    shape = shape_of(column)
    return shape is not None and len(shape) == 1 and np.asarray(column).dtype.kind == "b"
