"""From what the user gives to what the loop runs on: a fitted net and encoded batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from wlnet.core.batches import BATCH
from wlnet.core.errors import DataError, Fault, WlnetError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.machine import check_memory
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.scaled import Scaled
from wlnet.core.streams import Seed
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.columns import raise_all, takes_anything
from wlnet.evaluate.holding import Array
from wlnet.kernels.language import Precision
from wlnet.train.data import NO_COLUMNS, NO_WEIGHTS, Generator, read_data
from wlnet.train.doubts import check_targets
from wlnet.train.encoding import class_columns, encoded
from wlnet.train.examples import Examples, WeightsAsked
from wlnet.train.fitting import faults_of, fitted_to, ports_after
from wlnet.train.history import History
from wlnet.train.options import Options, option_names
from wlnet.train.sources import (
    ArraySource,
    GeneratorSource,
    Source,
    batches_of_round,
    place,
)
from wlnet.train.state import TrainingState, plan_of
from wlnet.train.training_net import TrainingNet, checked
from wlnet.train.weights import (
    Weigher,
    check_comes_with_batches,
    check_name,
    weigher_of,
    weighted,
    weights_of,
)

VALIDATION = "validation_set"
PAIR = "validation_set=(inputs, outputs)"
NUMBER = 8
"""Bytes of the number of an example."""


@dataclass(frozen=True)
class Prepared:
    """A net with its open ports filled, its training net, and where its batches come from.

    ports: those of the net that comes back; what was open to several sizes is so again.
    """

    training: TrainingNet
    source: Source
    validation: ArraySource | None
    ports: Mapping[str, PortType]

    @property
    def net(self) -> Net:
        return self.training.user

    def opened(self, net: Net) -> Net:
        """The net with numbers, which takes all the sizes that it took before it was fitted."""
        return net if dict(net.ports) == self.ports else net._with(ports=dict(self.ports))


def asks_functions(data: object) -> bool:
    """Whether data are given by a function."""
    first = data[0] if isinstance(data, tuple) and data else data
    return callable(first) and not hasattr(first, "__array__")


def prepare(data: object, options: Options, draft: TrainingNet) -> Prepared:
    """A net fitted to its data, and examples to train and to validate on.

    draft: the net as it was given, with its losses. Raises DataError, ShapeError; OptionError for a
    port as a loss that the data bring a target for.
    """
    if asks_functions(data):
        checked(draft)
    try:
        return _all_of_it(data, options, draft)
    except WlnetError:
        # A loss that does not fit the net is told first, and alone.
        checked(draft)
        raise


def _all_of_it(data: object, options: Options, draft: TrainingNet) -> Prepared:
    """Raises what is wrong with data and with a validation set at once."""
    if options.loss_function is not AUTOMATIC:
        check_targets(draft, data)
    gathered = Gathered()
    prepared = gathered.attempt(lambda: _prepared(data, options, draft))
    if prepared is None and _has_data(options.validation_set):
        # What can be said of it without a net that is fitted to the examples.
        gathered.attempt(lambda: _check_validation(draft, options))
    gathered.tell()
    assert prepared is not None
    return prepared


def _prepared(data: object, options: Options, draft: TrainingNet) -> Prepared:
    check_name(options.example_weights, draft)
    asked = WeightsAsked(options.example_weights)
    found = _read(data, draft, "data", options.precision, option_names(), asked)
    if isinstance(found, Generator):
        at = place(1, 1)
        first = _first_batch(found, draft, options, at)
    else:
        at, first = "data", found
    fitted = fitted_to(first.columns, draft, options.precision, at)
    gathered = Gathered()
    beside = gathered.attempt(
        lambda: weighted(fitted, options.class_weights, options.example_weights)
    )
    source: Source
    validation = None
    if isinstance(found, Generator):
        gathered.tell()
        assert beside is not None
        weigher = weigher_of(beside, options.precision, None, None)
        source = _generated(found, first, weigher, options)
    else:
        own = gathered.attempt(lambda: weights_of(found, asked, "data"))
        every = gathered.attempt(
            lambda: _source(found, fitted, options.precision, _size(options), options.seed, "data")
        )
        gathered.tell()
        assert beside is not None
        assert every is not None
        source = every
        if isinstance(options.validation_set, Scaled):
            kinds = class_columns(fitted, every.columns)
            source, validation = every.split(options.validation_set.factor, kinds)
        weigher = weigher_of(beside, options.precision, source, own)
        source = weigher.added(source, own, asked.place("data"))
        if validation is not None:
            # Examples that are held out keep their own weights; classes have none there.
            validation = weigher.of_examples().added(validation, own, asked.place(VALIDATION))
    training = weigher.training
    if _has_data(options.validation_set):
        held = _held(training, options)
        size = source.batch_size
        validation = _source(held, training, options.precision, size, options.seed, VALIDATION)
        own = weights_of(held, asked, VALIDATION)
        validation = weigher.of_examples().added(validation, own, asked.place(VALIDATION))
    return Prepared(training, source, validation, ports_after(draft.user, training.user))


def _has_data(validation_set: object) -> bool:
    return validation_set is not None and not isinstance(validation_set, Scaled)


# From what is given to columns


def _read(
    given: object,
    training: TrainingNet,
    at: str,
    precision: Precision,
    options: Sequence[str] | None,
    weights: WeightsAsked = NO_WEIGHTS,
) -> Examples | Generator:
    """options: those that a column may have been meant for; None where that was told."""
    net = training.user
    raw = {name for name in net.input_names if takes_anything(net.ports[name])}
    return read_data(
        given,
        training.columns,
        net.input_names,
        at,
        raw=raw,
        options=options,
        also=lambda columns: faults_of(columns, training, precision, at),
        weights=weights,
    )


def _no_function(found: Examples | Generator, what: str, at: str, fix: str | None) -> Examples:
    """Examples, where they cannot come from a function. Raises DataError for one."""
    if isinstance(found, Generator):
        raise fail(DataError, Fault(what, at=at, fix=fix))
    return found


def _batch(
    given: object, training: TrainingNet, at: str, options: Options, names: Sequence[str] | None
) -> Examples:
    asked = WeightsAsked(options.example_weights)
    found = _read(given, training, at, options.precision, names, asked)
    what = "a generator gives examples, not a function"
    return _no_function(found, what, at, None)


def _first_batch(found: Generator, draft: TrainingNet, options: Options, at: str) -> Examples:
    """The first batch of a generator, asked for to see what the data are."""
    check_comes_with_batches(options.example_weights)
    if isinstance(options.validation_set, Scaled):
        what = "Scaled needs examples to hold out, a generator has none"
        raise fail(DataError, Fault(what, at=VALIDATION, fix=PAIR))
    net, size = draft.user, _size(options)
    plan = plan_of(options, size, batches_of_round(found.round_length, size))
    state = TrainingState(plan, History(), lambda: net, (1, 0, 0), options.learning_rate)
    first = found.function.first(state, at)
    if options.loss_function is not AUTOMATIC:
        check_targets(draft, first)
    # Read once: what it gives may not be there a second time.
    return _batch(first, draft, at, options, option_names())


def _held(training: TrainingNet, options: Options) -> Examples:
    # Who trains with weights by name may validate with them, or without.
    weights = options.example_weights
    asked = WeightsAsked(weights, is_needed=False) if isinstance(weights, str) else NO_WEIGHTS
    given, names = options.validation_set, option_names()
    found = _read(given, training, VALIDATION, options.precision, names, asked)
    what = "a validation set is data, not a generator"
    return _no_function(found, what, VALIDATION, PAIR)


def _check_validation(draft: TrainingNet, options: Options) -> None:
    """Raise what is wrong with a validation set, without a net that is fitted to examples."""
    held = _held(draft, options)
    raise_all(faults_of(held.columns, draft, options.precision, VALIDATION))


# From columns to batches


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


def _size(options: Options) -> int:
    """How many examples a batch has, where there are enough."""
    return BATCH if options.batch_size is AUTOMATIC else options.batch_size


def _source(
    found: Examples, training: TrainingNet, precision: Precision, size: int, seed: Seed, at: str
) -> ArraySource:
    """Examples, encoded. Batches are never larger than all of them."""
    columns = encoded(training, found.columns, precision, at, is_late=True)
    numbers = _numbers(found, at)
    return ArraySource(columns, min(size, len(numbers)), seed, numbers)


def _generated(
    found: Generator, first: Examples, weigher: Weigher, options: Options
) -> GeneratorSource:
    """What a function gives, of which the first batch is there already."""
    training = weigher.training
    asked = WeightsAsked(options.example_weights)

    def read(batch: object, at: str) -> Mapping[str, Array]:
        examples = first if batch is first else _batch(batch, training, at, options, None)
        # None of it waits until it is used.
        columns = encoded(training, examples.columns, options.precision, at)
        own = weights_of(examples, asked, at)
        arrays = {**columns, **weigher.columns(columns, own, examples.count, asked.place(at))}
        return cast("Mapping[str, Array]", arrays)

    size = _size(options)
    return GeneratorSource(found.function, read, size, found.round_length, first)


def examples_of(
    data: object, training: TrainingNet, precision: Precision, options: Sequence[str]
) -> ArraySource:
    """Data to measure a net on. Raises DataError, ShapeError.

    options: those that a column may have been meant for.
    """
    found = _read(data, training, "data", precision, options)
    what = "measurements are made on data, not on a generator"
    examples = _no_function(found, what, "data", "(inputs, outputs)")
    return _source(examples, training, precision, BATCH, 0, "data")
