"""What the training data tell about a net before training: shapes and coders of its open ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.coders import NetDecoder, infer_encoder
from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.shapes import is_known
from wlnet.nets.inference import inferred_port
from wlnet.train.losses import LossTerm, TrainingNet, attach, loss_form, loss_terms


def fit(net: Net, columns: Mapping[str, Any], loss_function: Any) -> tuple[Net, TrainingNet]:
    """A net with its open ports filled from the data, and its training net.

    Raises DataError for columns that tell nothing, ShapeError for those that contradict the net.
    """
    terms = loss_terms(net, loss_function)
    draft = attach(net, terms)
    ports = dict(net.ports)
    for name in net.input_names:
        if name in columns:
            ports[name] = _input_port(net, name, columns[name])
    by_port = {port: column for column, port in draft.targets.items()}
    for term in terms:
        if term.port in by_port and term.port in ports and by_port[term.port] in columns:
            ports[term.port] = _output_port(net, term, columns[by_port[term.port]])
    fitted = net if ports == dict(net.ports) else net._with(ports=ports)
    return fitted, attach(fitted, loss_terms(fitted, loss_function) if fitted is not net else terms)


def _input_port(net: Net, name: str, column: Any) -> PortType:
    port = inferred_port(net, name)
    given = net.ports[name]
    if port.coder is not None or is_known(port.shape) or port.element == "Integer":
        return given
    encoder = infer_encoder(column)
    if encoder is not None:
        return PortType(encoder.shape, encoder.element, encoder)
    shape = _common_shape(column, name)
    return given if shape is None else PortType(shape, given.element)


def _common_shape(column: Any, name: str) -> tuple[int, ...] | None:
    try:
        array = np.asarray(column)
    except ValueError:
        return None
    if array.dtype.kind in "OUS":
        raise fail(DataError, Fault("nothing tells what this column is", at=f"port {name}", given=repr(array.reshape(-1)[0])[:60],
                                    fix=f"give the port a shape or an encoder: NetChain([...], {name.lower()}=...)"))
    return tuple(array.shape[1:])


def _output_port(net: Net, term: LossTerm, column: Any) -> PortType:
    port = inferred_port(net, term.port)
    given = net.ports[term.port]
    if port.coder is not None or term.loss is None:
        return given
    form = loss_form(net, term.port)
    loss_kind = term.loss.parameters.get("Form") if term.loss.kind == "CrossEntropyLossLayer" else "Square"
    if form == "Index" and loss_kind == "Index":
        labels = class_labels(column, port, term.port)
        if labels is None:
            return given
        decoder = NetDecoder("Class", labels)
        return PortType(decoder.shape, decoder.element, decoder)
    if form == "Binary" and loss_kind == "Binary" and _is_boolean(column) and port.shape in (None, ()):
        return PortType((), "Real", NetDecoder("Boolean"))
    if loss_kind == "Square" and not is_known(port.shape):
        shape = _common_shape(column, term.port)
        return given if shape is None else PortType(shape, given.element)
    return given


def _is_boolean(column: Any) -> bool:
    return np.asarray(column).dtype.kind == "b"


def class_labels(column: Any, port: PortType, name: str) -> list[Any] | None:
    """The labels of a column of class targets: sorted, as the user wrote them; None if it holds no classes.

    With a known number of classes, integers are 1..n, or 0..n-1 when a 0 occurs.
    """
    if port.shape is not None and len(port.shape) != 1:
        return None
    try:
        array = np.asarray(column)
    except ValueError:
        array = np.empty(0, dtype=object)
    expected = "one label an example: integers or strings"
    if array.ndim != 1:
        raise fail(DataError, Fault("targets that are not classes", at=f"port {name}", given=f"an array of shape {array.shape}",
                                    expected=expected,
                                    fix='loss_function=CrossEntropyLossLayer("Probabilities") takes rows of probabilities'))
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.round(array)).all():
        array = array.astype(np.int64)
    if array.dtype.kind not in "iuUSbO":
        raise fail(DataError, Fault("targets that are not classes", at=f"port {name}", given=f"{array.dtype} numbers", expected=expected))
    found = sorted(set(array.reshape(-1).tolist()), key=lambda label: (type(label).__name__, label))
    count = port.shape[-1] if port.shape else None
    if count is None or len(found) == count:
        return found
    if array.dtype.kind in "iu" and len(found) < count:
        if found[0] >= 1 and found[-1] <= count:
            return list(range(1, count + 1))
        if found[0] == 0 and found[-1] < count:
            return list(range(count))
    raise fail(DataError, Fault(f"{len(found)} different labels for {count} classes", at=f"port {name}",
                                given=", ".join(map(repr, found[:8])) + (", ..." if len(found) > 8 else ""),
                                expected=f"{count} labels",
                                fix="output=NetDecoder(\"Class\", labels) on the net names all of them in order"))
