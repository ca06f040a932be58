"""From what the user gives to what the loop runs on: a fitted net and encoded batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, fail
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.scaled import Scaled
from wlnet.core.shapes import shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.columns import Array, copy_into, encode
from wlnet.nets.inference import inference, inferred_port
from wlnet.train.data import Columns, Generator, read_data
from wlnet.train.doubts import check_targets
from wlnet.train.fitting import fit
from wlnet.train.history import History
from wlnet.train.losses import TrainingNet, attach
from wlnet.train.options import BATCH, Options
from wlnet.train.sources import (
    ArraySource,
    GeneratorSource,
    Source,
    batches_of_round,
    place,
)
from wlnet.train.state import TrainingState, plan_of
from wlnet.train.targets import check_shares, share_ports


@dataclass(frozen=True)
class Prepared:
    """A net with its open ports filled, its training net, and where its batches come from."""

    net: Net
    training: TrainingNet
    source: Source
    validation: ArraySource | None


def asks_functions(data: Any) -> bool:
    """Whether data are given by a function."""
    first = data[0] if isinstance(data, tuple) and data else data
    return callable(first) and not hasattr(first, "__array__")


def prepare(net: Net, data: Any, options: Options, draft: TrainingNet) -> Prepared:
    """The net fitted to its data, and examples to train and to validate on.

    draft: the net with its losses attached. Raises DataError, ShapeError; OptionError for a port as
    a loss that the data bring a target for.
    """
    if options.loss_function is not AUTOMATIC:
        check_targets(net, draft, data)
    found = read_data(data, draft.columns, net.input_names)
    if isinstance(found, Generator):
        return _from_generator(net, found, draft, options)
    net, training = _fitted(net, found, draft)
    columns = encoded(training, found, options.precision)
    count = len(next(iter(columns.values())))
    batch = min(BATCH, count) if options.batch_size is AUTOMATIC else min(options.batch_size, count)
    source = ArraySource(columns, batch, options.seed)
    validation = None
    if isinstance(options.validation_set, Scaled):
        source, validation = source.split(options.validation_set.factor)
    elif options.validation_set is not None:
        validation = _validation(net, training, batch, options)
    return Prepared(net, training, source, validation)


def _from_generator(net: Net, found: Generator, draft: TrainingNet, options: Options) -> Prepared:
    size = BATCH if options.batch_size is AUTOMATIC else options.batch_size
    if isinstance(options.validation_set, Scaled):
        raise fail(
            DataError,
            Fault(
                "Scaled needs examples to hold out, a generator has none",
                at="validation_set",
                fix="validation_set=(inputs, outputs)",
            ),
        )
    at = place(1, 1)
    # Asked once for what its batches look like; the same batch is then the first to train on.
    plan = plan_of(options, size, batches_of_round(found.round_length, size))
    state = TrainingState(plan, History(), lambda: net, (1, 0, 0), options.learning_rate)
    first = found.function.first(state, at)
    if options.loss_function is not AUTOMATIC:
        check_targets(net, draft, first)
    # Read once: what it gives may not be there a second time.
    first = _batch(first, draft, net, at)
    fitted, training = _fitted(net, first, draft)

    def read(batch: Any, at: str) -> Mapping[str, Array]:
        return encoded(training, _batch(batch, training, fitted, at), options.precision)

    source = GeneratorSource(found.function, read, size, found.round_length, first)
    validation = (
        _validation(fitted, training, size, options) if options.validation_set is not None else None
    )
    return Prepared(fitted, training, source, validation)


def _batch(given: Any, training: TrainingNet, net: Net, at: str) -> Columns:
    columns = read_data(given, training.columns, net.input_names, at)
    if isinstance(columns, Generator):
        raise fail(DataError, Fault("a generator gives examples, not a function", at=at))
    return columns


def _validation(net: Net, training: TrainingNet, batch: int, options: Options) -> ArraySource:
    held = read_data(options.validation_set, training.columns, net.input_names, "validation_set")
    if isinstance(held, Generator):
        raise fail(
            DataError, Fault("a validation set is data, not a generator", at="validation_set")
        )
    return ArraySource(encoded(training, held, options.precision), batch, options.seed)


def _fitted(net: Net, columns: Columns, draft: TrainingNet) -> tuple[Net, TrainingNet]:
    fitted = _with_data_shapes(fit(net, columns, draft), columns)
    return fitted, draft if fitted is net else attach(fitted, draft.terms)


def _with_data_shapes(net: Net, columns: Mapping[str, Any]) -> Net:
    """Indices and partly open shapes that only the examples themselves decide."""
    ports = dict(net.ports)
    for name in net.input_names:
        port = inferred_port(net, name)
        if name in columns and port.coder is None and (port.shape is None or None in port.shape):
            shape = _one_shape(columns[name], name)
            inference(net, {name: shape})
            ports[name] = PortType(shape, net.ports[name].element)
    return net if ports == dict(net.ports) else net._with(ports=ports)


def _one_shape(column: Any, name: str) -> tuple[int, ...]:
    """The shape that all examples of a column have. Raises DataError for examples of several."""
    try:
        return tuple(np.shape(column)[1:])
    except ValueError:
        fault = Fault(
            "examples of different shapes",
            at=f"port {name}",
            given=", ".join(sorted({str(np.shape(example)) for example in column})[:4]),
            expected="one shape for all: sequences of several lengths can be evaluated only",
            fix="bring them to one length, or train on one length at a time",
        )
        raise fail(DataError, fault) from None


def encoded(training: TrainingNet, columns: Mapping[str, Any], precision: str) -> dict[str, Array]:
    """The arrays of columns for the ports of a training net.

    Raises DataError or ShapeError naming port and example.
    """
    dtype = DTYPES[precision]
    solution = inference(training.net)
    found = {}
    for name in training.columns:
        port = inferred_port(training.net, name)
        try:
            array = encode(port, name, columns[name], solution.ports[(), name].below)
        except ShapeError as error:
            raise _repaired(error, port, name, columns[name]) from None
        found[name] = array
        if array.dtype.kind == "f" and array.dtype != dtype:
            found[name] = np.empty(array.shape, dtype)
            copy_into(array, found[name], name)
    check_shares(share_ports(training.net), found)
    return found


def _repaired(error: ShapeError, port: PortType, name: str, column: Any) -> Exception:
    """The error with its repair, where a level of size 1 is all that is wrong."""
    given = tuple(np.shape(column)[1:])
    if given == () and port.shape == (1,):
        fix = (
            f"{name.lower()}[:, None] gives every number a level of its own, "
            "or end the net in LinearLayer([])"
        )
    elif given == (1,) and port.shape == ():
        fix = f"{name.lower()}[:, 0] takes the level of size 1 away"
    else:
        return error
    return fail(
        ShapeError,
        Fault(
            "data do not fit a port",
            at=f"port {name}",
            given=f"examples of shape {shape_text(given)}",
            expected=shape_text(port.shape),
            fix=fix,
        ),
    )
