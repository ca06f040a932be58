"""What the training data tell about a net before training: shapes and coders of its open ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.coders import NetDecoder, infer_encoder
from wlnet.coders.worth import plain, worth
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.shapes import is_known
from wlnet.nets.inference import inferred_port
from wlnet.train.losses import LossTerm, TrainingNet, loss_form


def fit(net: Net, columns: Mapping[str, Any], draft: TrainingNet) -> Net:
    """A net with its open ports filled from the data; draft: the net with its losses attached.

    Raises DataError for columns that tell nothing, ShapeError for those that contradict the net.
    """
    ports = dict(net.ports)
    for name in net.input_names:
        if name in columns:
            ports[name] = _input_port(net, name, columns[name])
    by_port = {port: column for column, port in draft.targets.items()}
    for term in draft.terms:
        if term.port in by_port and term.port in ports and by_port[term.port] in columns:
            ports[term.port] = _output_port(net, term, columns[by_port[term.port]])
    return net if ports == dict(net.ports) else net._with(ports=ports)


def _input_port(net: Net, name: str, column: Any) -> PortType:
    port = inferred_port(net, name)
    given = net.ports[name]
    encoder = infer_encoder(column) if port.coder is None else None
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
    except ValueError:
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
    array = np.asarray(column)
    return array.ndim == 1 and array.dtype.kind == "b"


def class_labels(column: Any, port: PortType, name: str) -> list[Any] | None:
    """The labels of a column of class targets, sorted, as the user wrote them.

    With a known number of classes, integers are 1..n, or 0..n-1 when a 0 occurs. None for a port
    that holds no classes. Raises DataError for targets that are no labels, and for more or other
    labels than there are classes.
    """
    if port.shape is not None and len(port.shape) != 1:
        return None
    items = column.tolist() if isinstance(column, np.ndarray) else [plain(item) for item in column]
    for number, item in enumerate(items, 1):
        if not isinstance(worth(item), (str, int)):
            raise fail(DataError, _no_label(column, item, f"port {name}, example {number}"))
    _check_one_type(items, f"port {name}")
    found = sorted(set(items), key=worth)
    count = port.shape[-1] if port.shape else None
    if count is None and len(found) == 1:
        raise fail(
            DataError,
            Fault(
                "the data have a single label, and nothing else tells how many classes there are",
                at=f"port {name}",
                given=f"{found[0]!r} in every example",
                fix="LinearLayer(n) before the SoftmaxLayer, or "
                'output=NetDecoder("Class", labels) on the net',
            ),
        )
    if count is None or len(found) == count:
        return found
    if len(found) < count and all(type(label) is int for label in found):
        if found[0] >= 1 and found[-1] <= count:
            return list(range(1, count + 1))
        if found[0] == 0 and found[-1] < count:
            return list(range(count))
    text = ", ".join(map(repr, found[:8])) + (", ..." if len(found) > 8 else "")
    raise fail(
        DataError,
        Fault(
            f"{len(found)} different labels for {count} classes",
            at=f"port {name}",
            given=text,
            expected=f"{count} labels",
            fix='output=NetDecoder("Class", labels) on the net names all of them in order',
        ),
    )


def _check_one_type(items: list[Any], at: str) -> None:
    """Raise DataError for labels of several types: True is 1, and no text is next to a number."""
    first = type(items[0])
    for number, item in enumerate(items, 1):
        if type(item) is not first:
            raise fail(
                DataError,
                Fault(
                    "labels of several types",
                    at=f"{at}, example {number}",
                    given=f"{item!r} after {items[0]!r}",
                    expected="integers, or strings, in every example",
                    fix="[str(label) for label in labels]",
                ),
            )


def _no_label(column: Any, item: Any, at: str) -> Fault:
    fix = None
    if isinstance(item, float) and item.is_integer():
        fix = "labels are integers or strings: targets.astype(int), if these are classes"
    elif isinstance(item, float):
        fix = "a net that ends in a SoftmaxLayer classifies: leave the layer out to learn numbers"
    elif isinstance(item, (list, tuple)):
        fix = 'loss_function=CrossEntropyLossLayer("Probabilities") takes rows of probabilities'
    given = (
        f"an array of shape {column.shape}"
        if np.ndim(item) and isinstance(column, np.ndarray)
        else brief(item)
    )
    return Fault(
        "targets that are not classes",
        at=at,
        given=given,
        expected="one label an example: integers or strings",
        fix=fix,
    )
