"""Data of any form as examples of a net, and these as batches: encoded, or asked for one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.batches import BATCH
from wlnet.core.errors import DataError, Fault, OptionError, ShapeError, fail
from wlnet.core.machine import check_memory
from wlnet.core.scaled import Scaled
from wlnet.core.shard import Shard
from wlnet.core.streams import Seed
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.columns import takes_anything
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Ragged
from wlnet.kernels.language import Precision
from wlnet.nets.inference import inference
from wlnet.results.moment import Moment
from wlnet.train.data import NO_COLUMNS, NO_WEIGHTS, Generator, read_data
from wlnet.train.doubts import check_targets
from wlnet.train.encoding import encoded
from wlnet.train.examples import Examples, WeightsAsked
from wlnet.train.fitting import faults_of
from wlnet.train.generated import GeneratorSource, batches_of_round
from wlnet.train.generators import End, gives_batches
from wlnet.train.options import Options, option_names
from wlnet.train.parallel.shards import check_size
from wlnet.train.plan import plan_from
from wlnet.train.sources import ArraySource
from wlnet.train.start import NEW, Start
from wlnet.train.state import TrainingState
from wlnet.train.training_net import TrainingNet
from wlnet.train.weights import Weigher, check_comes_with_batches, weights_of

VALIDATION = "validation_set"
PAIR = "validation_set=(inputs, outputs)"
NUMBER = 8
"""Bytes of the number of an example."""


def asks_functions(data: object) -> bool:
    """Whether data are given by a function."""
    data = data.data if isinstance(data, Shard) else data
    first = data[0] if isinstance(data, tuple) and data else data
    return gives_batches(data) or gives_batches(first)


def state_before(
    found: Generator,
    training: TrainingNet,
    options: Options,
    size: int,
    start: Start = NEW,
    *,
    is_new_pass: bool = False,
) -> TrainingState:
    """What a function is told that is asked for batches before anything is trained: of a pass that
    is under way, what it was told when that began, but for the learning rate, which is that of the
    last step."""
    net, moment = training.user, start.moment or Moment()
    plan = plan_from(options, size, batches_of_round(found.round_length, size), start)
    place = start.round + 1, start.batch, moment.in_round
    history = start.history(training.labels)
    if moment.in_pass and not is_new_pass:
        begun = start.batch - moment.in_pass
        history.cut(begun)
        ends = [0, *history.round_positions]
        place = len(ends), begun, begun - ends[-1]
    rate = start.learning_rate(options.learning_rate)
    files = start.record.checkpointing_files if start.record else ()
    return TrainingState(plan, history, lambda: net, place, rate, start.seconds, None, None, files)


def read(
    given: object,
    training: TrainingNet,
    at: str,
    precision: Precision,
    options: Sequence[str] | None,
    weights: WeightsAsked = NO_WEIGHTS,
) -> Examples | Generator:
    """What is given as examples, or as a function that gives them. Raises DataError.

    options: those that a column may have been meant for; None where that was told.
    """
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


def no_function(found: Examples | Generator, what: str, at: str, fix: str | None) -> Examples:
    """Examples, where they cannot come from a function. Raises DataError for one."""
    if isinstance(found, Generator):
        raise fail(DataError, Fault(what, at=at, fix=fix))
    return found


def batch_of(
    given: object, training: TrainingNet, at: str, options: Options, names: Sequence[str] | None
) -> Examples:
    """The examples of one batch that a function gave. names: see `read`."""
    asked = WeightsAsked(options.example_weights, in_batch=True)
    found = read(given, training, at, options.precision, names, asked)
    what = "a generator gives examples, not a function"
    return no_function(found, what, at, None)


def first_batch(
    found: Generator, draft: TrainingNet, options: Options, at: str, start: Start
) -> tuple[Examples, bool]:
    """The first batch of a generator, asked for to see what the data are; whether it is the one to
    train on, and not the last of a pass that is over."""
    check_comes_with_batches(options.example_weights)
    if isinstance(options.validation_set, Scaled):
        what = "Scaled needs examples to hold out, a generator has none"
        raise fail(DataError, Fault(what, at=VALIDATION, fix=PAIR))
    state = state_before(found, draft, options, size_of(options), start)
    function, taken = found.function, start.moment.in_pass if start.moment else 0
    last, batch = function.after(state, taken, at)
    if batch is End.OF_PASS and found.round_length is not None:
        state = state_before(found, draft, options, size_of(options), start, is_new_pass=True)
        last = batch = function.first(state, at)
    if options.loss_function is not AUTOMATIC:
        check_targets(draft, last)
    # Read once: what it gives may not be there a second time.
    return batch_of(last, draft, at, options, option_names()), batch is last


def numbers_of(found: Examples, at: str) -> Array:
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


def size_of(options: Options) -> int:
    """How many examples a batch has, where there are enough."""
    return BATCH if options.batch_size is AUTOMATIC else options.batch_size


def source_of(
    found: Examples, training: TrainingNet, precision: Precision, size: int, seed: Seed, at: str
) -> ArraySource:
    """Examples, encoded. Batches are never larger than all of them."""
    columns = encoded(training, found.columns, precision, at, is_late=True)
    source = ArraySource(columns, size, seed, numbers_of(found, at))
    check_shapes(training, source, at)
    return source


def check_shapes(training: TrainingNet, source: ArraySource, at: str) -> None:
    """Raise ShapeError for examples whose shapes do not fit one another, or a layer of the net."""
    for group in source.groups if training.open else ():
        try:
            inference(training.net, dict(training.shapes_of(group.columns)))
        except ShapeError as error:
            number = source.numbers[group.rows[0]]
            faults = [replace(fault, at=f"{at}, example {number}: {fault.at}")
                      for fault in error.faults]  # fmt: skip
            raise fail(ShapeError, faults) from None


def generated(
    found: Generator,
    first: Examples,
    is_next: bool,
    weigher: Weigher,
    options: Options,
    start: Start,
    is_share: bool = False,
) -> GeneratorSource:
    """What a function gives, of which the first batch is there already. is_next: whether it is to
    be trained on; else its pass is over. is_share: whether each rank gives a share of a batch."""
    training = weigher.training
    asked = WeightsAsked(options.example_weights)

    def read(batch: object, at: str) -> Mapping[str, Any]:
        examples = first if batch is first else batch_of(batch, training, at, options, None)
        # None of it waits until it is used.
        columns = encoded(training, examples.columns, options.precision, at)
        own = weights_of(examples, asked, at)
        if any(isinstance(column, Ragged) for column in columns.values()):
            return columns
        return {**columns, **weigher.columns(columns, own, examples.count, asked.place(at))}

    size = size_of(options)
    if found.function.loader is not None:
        size = _size_of_loader(first, options, start, options.exchange.ranks if is_share else 1)
    if is_share:
        check_size(size, options.batch_parts)
    following = first if is_next else End.OF_PASS
    return GeneratorSource(
        found.function, read, size, found.round_length, following, first, begun=start.batch,
        exchange=options.exchange, is_share=is_share,
    )  # fmt: skip


def _size_of_loader(first: Examples, options: Options, start: Start, ranks: int) -> int:
    """How many examples the first batch of a loader has, at the beginning of a training. Raises
    OptionError where another number was asked for: it is not for a training to say."""
    size = size_of(options) if first.count is None else first.count * ranks
    if start.record is not None and start.moment is not None and start.moment.in_pass:
        size = start.record.batch_size
    if options.batch_size not in (AUTOMATIC, size):
        raise fail(
            OptionError,
            Fault(
                "the size of the batches is up to what loads them",
                at="batch_size",
                given=str(options.batch_size),
                expected=f"{size}, as the first batch has, or nothing",
                fix=f"batch_size={options.batch_size} where the loader is made",
            ),
        )
    return size
