"""From what the user gives to what the loop runs on: a fitted net and encoded batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, WlnetError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.machine import check_memory
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.scaled import Scaled
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.columns import raise_all, takes_anything
from wlnet.evaluate.holding import Array
from wlnet.kernels.language import Precision
from wlnet.train.data import NO_COLUMNS, Columns, Examples, Generator, read_data
from wlnet.train.doubts import check_targets
from wlnet.train.encoding import class_columns, encoded
from wlnet.train.fitting import faults_of, fitted_to
from wlnet.train.history import History
from wlnet.train.options import BATCH, Options, option_names
from wlnet.train.sources import (
    ArraySource,
    GeneratorSource,
    Source,
    batches_of_round,
    place,
)
from wlnet.train.state import TrainingState, plan_of
from wlnet.train.training_net import TrainingNet, checked

VALIDATION = "validation_set"
NUMBER = 8
"""Bytes of the number of an example."""


@dataclass(frozen=True)
class Prepared:
    """A net with its open ports filled, its training net, and where its batches come from.

    ports: those of the net that comes back; what was open to several sizes is so again.
    """

    net: Net
    training: TrainingNet
    source: Source
    validation: ArraySource | None
    ports: Mapping[str, PortType]

    def opened(self, net: Net) -> Net:
        """The net with numbers, which takes all the sizes that it took before it was fitted."""
        return net if dict(net.ports) == self.ports else net._with(ports=dict(self.ports))


def asks_functions(data: Any) -> bool:
    """Whether data are given by a function."""
    first = data[0] if isinstance(data, tuple) and data else data
    return callable(first) and not hasattr(first, "__array__")


def prepare(net: Net, data: Any, options: Options, draft: TrainingNet) -> Prepared:
    """The net fitted to its data, and examples to train and to validate on.

    draft: the net with its losses. Raises DataError, ShapeError; OptionError for a port as a loss
    that the data bring a target for.
    """
    if asks_functions(data):
        checked(draft)
    try:
        return _prepare(net, data, options, draft)
    except WlnetError:
        # A loss that does not fit the net is told first, and alone.
        checked(draft)
        raise


def _prepare(net: Net, data: Any, options: Options, draft: TrainingNet) -> Prepared:
    if options.loss_function is not AUTOMATIC:
        check_targets(net, draft, data)
    gathered = Gathered()
    prepared = gathered.attempt(lambda: _prepared(net, data, options, draft))
    if prepared is None and _has_data(options.validation_set):
        # What can be said of it without a net that is fitted to the examples.
        gathered.attempt(lambda: _check_validation(net, draft, options))
    gathered.tell()
    assert prepared is not None
    return prepared


def _prepared(net: Net, data: Any, options: Options, draft: TrainingNet) -> Prepared:
    found = _read(data, draft, net, "data", options.precision, option_names())
    if isinstance(found, Generator):
        return _from_generator(net, found, draft, options)
    fitted, training = fitted_to(net, found.columns, draft, options.precision, "data")
    columns = encoded(training, found.columns, options.precision, "data", is_late=True)
    numbers = _numbers(found, "data")
    count = len(numbers)
    batch = min(BATCH, count) if options.batch_size is AUTOMATIC else min(options.batch_size, count)
    source = ArraySource(columns, batch, options.seed, numbers)
    validation = None
    if isinstance(options.validation_set, Scaled):
        classes = class_columns(training, columns)
        source, validation = source.split(options.validation_set.factor, classes)
    elif options.validation_set is not None:
        validation = _validation(fitted, training, batch, options)
    return Prepared(fitted, training, source, validation, _ports_after(net, fitted))


def _read(
    given: Any,
    training: TrainingNet,
    net: Net,
    at: str,
    precision: Precision,
    options: Sequence[str] | None,
) -> Examples | Generator:
    """options: those that a column may have been meant for; None where that was told."""
    raw = {name for name in net.input_names if takes_anything(net.ports[name])}
    return read_data(
        given,
        training.columns,
        net.input_names,
        at,
        raw=raw,
        options=options,
        also=lambda columns: faults_of(columns, training, precision, at),
    )


def _numbers(found: Examples, at: str) -> Array:
    """The numbers of the examples, from 1. Raises DataError where nobody says how many there are,
    and for more than can be numbered.
    """
    if found.count is None:
        raise fail(
            DataError,
            Fault("nothing says how many examples there are", at=at, expected=NO_COLUMNS, fix="64"),
        )
    # Without columns a count is only said; their order in a round takes as much again.
    check_memory(2 * NUMBER * found.count, f"the numbers of the examples, {at}", DataError, "64")
    return np.arange(1, found.count + 1)


def _ports_after(net: Net, fitted: Net) -> dict[str, PortType]:
    """The ports that the trained net shall have.

    A size that the user left open, in a port of known rank, stays open: what arrays need of it,
    their numbers tell. With it stay the outputs, whose sizes follow.
    """
    ports = dict(fitted.ports)
    open_inputs = [
        name
        for name in net.input_names
        if net.ports[name].coder is None and None in (net.ports[name].shape or ())
    ]
    following = net.output_names if open_inputs else ()
    for name in (*open_inputs, *following):
        if ports[name].coder is None:
            ports[name] = net.ports[name]
    return ports


def _from_generator(net: Net, found: Generator, draft: TrainingNet, options: Options) -> Prepared:
    size = BATCH if options.batch_size is AUTOMATIC else options.batch_size
    if isinstance(options.validation_set, Scaled):
        raise fail(
            DataError,
            Fault(
                "Scaled needs examples to hold out, a generator has none",
                at=VALIDATION,
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
    first = _batch(first, draft, net, at, options.precision, option_names())
    fitted, training = fitted_to(net, first, draft, options.precision, at)

    def read(batch: Any, at: str) -> Mapping[str, Array]:
        if batch is not first:
            batch = _batch(batch, training, fitted, at, options.precision, None)
        return encoded(training, batch, options.precision, at)

    source = GeneratorSource(found.function, read, size, found.round_length, first)
    validation = (
        _validation(fitted, training, size, options) if options.validation_set is not None else None
    )
    return Prepared(fitted, training, source, validation, _ports_after(net, fitted))


def _batch(
    given: Any,
    training: TrainingNet,
    net: Net,
    at: str,
    precision: Precision,
    options: Sequence[str] | None,
) -> Columns:
    found = _read(given, training, net, at, precision, options)
    if isinstance(found, Generator):
        raise fail(DataError, Fault("a generator gives examples, not a function", at=at))
    return found.columns


def _has_data(validation_set: Any) -> bool:
    return validation_set is not None and not isinstance(validation_set, Scaled)


def _held(net: Net, training: TrainingNet, options: Options) -> Examples:
    precision, names = options.precision, option_names()
    held = _read(options.validation_set, training, net, VALIDATION, precision, names)
    if isinstance(held, Generator):
        raise fail(
            DataError,
            Fault(
                "a validation set is data, not a generator",
                at=VALIDATION,
                fix="validation_set=(inputs, outputs)",
            ),
        )
    return held


def _validation(net: Net, training: TrainingNet, batch: int, options: Options) -> ArraySource:
    held = _held(net, training, options)
    numbers = _numbers(held, VALIDATION)
    columns = encoded(training, held.columns, options.precision, VALIDATION, is_late=True)
    return ArraySource(columns, batch, options.seed, numbers)


def _check_validation(net: Net, draft: TrainingNet, options: Options) -> None:
    """Raise what is wrong with a validation set, without a net that is fitted to examples."""
    held = _held(net, draft, options)
    raise_all(faults_of(held.columns, draft, options.precision, VALIDATION))


def examples_of(
    data: Any, training: TrainingNet, net: Net, precision: Precision, options: Sequence[str]
) -> ArraySource:
    """Data to measure a net on. Raises DataError, ShapeError.

    options: those that a column may have been meant for.
    """
    found = _read(data, training, net, "data", precision, options)
    if isinstance(found, Generator):
        what = "measurements are made on data, not on a generator"
        raise fail(DataError, Fault(what, at="data", fix="(inputs, outputs)"))
    columns = encoded(training, found.columns, precision, "data", is_late=True)
    return ArraySource(columns, BATCH, 0, _numbers(found, "data"))
