"""What the training data tell about a net before training: shapes and coders of its open ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wlnet.coders import NetDecoder, infer_encoder
from wlnet.core.errors import DataError, Fault, ShapeError, brief, fail
from wlnet.core.gate import Column, shape_of
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.shapes import Partial, is_known
from wlnet.core.stored import Stored
from wlnet.evaluate.columns import is_ragged, raise_all
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import common_shape
from wlnet.kernels.language import Precision
from wlnet.nets.inference import inference, inferred_port
from wlnet.train.classes import (
    class_labels,
    index_encoder,
    is_open,
    with_classes,
    with_labels,
    words_inside,
)
from wlnet.train.encoding import array_for
from wlnet.train.examples import Columns
from wlnet.train.losses import LossTerm, asked_form, reads_targets, stated_form
from wlnet.train.open_sizes import check_arrays, reopened, with_data_shapes
from wlnet.train.training_net import TrainingNet


def fit(columns: Mapping[str, Column], draft: TrainingNet) -> Net:
    """The net of a training with its open ports filled from the data.

    Raises DataError for columns that tell nothing, ShapeError for those that contradict the net.
    """
    net = draft.user
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


def _input_port(net: Net, name: str, column: Column) -> PortType:
    port = inferred_port(net, name)
    given = net.ports[name]
    if port.coder is not None and is_open(port.coder):
        below = inference(net).ports[(), name].below
        labelled = with_labels(port.coder, port, below, column, name)
        return PortType(labelled.shape, labelled.element, labelled)
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
    return given if shape is None else replace(given, shape=shape)


def _common_shape(column: Column, name: str) -> Partial:
    """The shape of the examples of a column; sizes in which they differ stay open."""
    if is_ragged(column):
        return common_shape([*map(np.shape, column)])
    if isinstance(column, Stored) and column.dtype.kind not in "OUS":
        return column.shape[1:]
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


def _output_port(net: Net, term: LossTerm, column: Column) -> PortType:
    port = inferred_port(net, term.port)
    given = net.ports[term.port]
    if reads_targets(term.loss):
        told = inferred_port(term.loss, "Input").shape  # type: ignore[arg-type]
        if told is None or port.coder is not None or is_known(port.shape):
            return given
        return replace(given, shape=told)
    if port.coder is not None and term.loss is not None and is_open(port.coder):
        decoder = with_labels(port.coder, port, None, column, term.port)
        return PortType(decoder.shape, decoder.element, decoder)
    if port.coder is not None or term.loss is None:
        return given
    form = asked_form(net, term.port)
    stated = stated_form(term.loss)
    if form == "Index" and stated == "Index":
        column, levels = words_inside(column)
        if levels and port.shape is not None:
            port = PortType(port.shape[-1:], port.element)
        labels = class_labels(column, port, term.port)
        if labels is None:
            return given
        decoder = NetDecoder("Class", labels, input_depth=1 + levels)
        return PortType(decoder.shape, decoder.element, decoder)
    if stated == "Sequence":  # the loss alone says what its targets are
        return given
    is_binary = form == stated == "Binary"
    if is_binary and _is_boolean(column) and port.shape in (None, ()):
        return PortType((), "Real", NetDecoder("Boolean"))
    if stated != "Index" and isinstance(column[0], str):
        fault = Fault(
            "data that are not numbers",
            at=f"port {term.port}, example 1",
            given=brief(column[0]),
            expected="numbers to compare with the output",
            fix=f"targets == {brief(column[0])}, with True and False for two classes"
            if stated == "Binary"
            else "a net that ends in a SoftmaxLayer learns labels; np.asarray(targets, float) "
            "reads numbers",
        )
        raise fail(DataError, fault)
    # Targets have the shape of the output, but for indices of classes.
    if stated != "Index" and not is_known(port.shape):
        shape = _common_shape(column, term.port)
        return given if shape is None else replace(given, shape=shape)
    return given


def _is_boolean(column: Column) -> bool:
    shape = shape_of(column)
    return shape is not None and len(shape) == 1 and np.asarray(column).dtype.kind == "b"


def fitted_to(columns: Columns, draft: TrainingNet, precision: Precision, at: str) -> TrainingNet:
    """A training net whose net is fitted to columns. at: which data they are.

    Raises DataError, ShapeError, with what else is wrong with columns.
    """
    try:
        fitted = reopened(draft.user, with_data_shapes(_fit(columns, draft, at), columns, at))
    except (DataError, ShapeError) as error:
        told = " ".join(f"{fault.at}," for fault in error.faults)
        raise_all([error, *faults_of(columns, draft, precision, at, told)])
        raise
    check_arrays(fitted, at)
    return draft if fitted is draft.user else TrainingNet(fitted, draft.terms)


def sized_to(columns: Columns, training: TrainingNet, at: str) -> TrainingNet:
    """A training net whose open sizes are those of columns, and which stays as it is otherwise.

    at: which data they are. Raises DataError, ShapeError.
    """
    sized = reopened(training.user, with_data_shapes(training.user, columns, at))
    return training if sized is training.user else TrainingNet(sized, training.terms)


def _fit(columns: Columns, draft: TrainingNet, at: str) -> Net:
    """A net fitted to data; what they lack is told with the place of the data."""
    try:
        return fit(columns, draft)
    except DataError as error:
        faults = [replace(fault, at=f"{at}, {fault.at}") for fault in error.faults]
        raise fail(DataError, faults) from None


def faults_of(
    columns: Columns, draft: TrainingNet, precision: Precision, at: str, told: str = ""
) -> list[DataError | ShapeError]:
    """What is wrong with columns that a net need not be fitted to.

    at: which data they are. told: places already told.
    """
    found: list[DataError | ShapeError] = []
    for name in draft.columns:
        port = inferred_port(draft.net, name)
        # Classes are any labels, before a net is fitted to them.
        may_be_labels = name in draft.targets and port.element == "Integer" and port.coder is None
        is_told = name not in columns or f"port {name}," in told
        if is_known(port.shape) and not is_told and not may_be_labels:
            try:
                array_for(draft, Place(name, at), columns[name], precision, is_late=True)
            except (DataError, ShapeError) as other:
                found.append(other)
    return found
