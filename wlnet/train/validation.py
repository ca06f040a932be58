"""What a net is validated on that is not held out: data, or what a function gives before training.

A function is asked once: its pass, or its round, is kept as columns, so that every validation is of
the same examples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from wlnet.core.scaled import Scaled
from wlnet.evaluate.columns import raise_all
from wlnet.evaluate.holding import Array
from wlnet.train.data import NO_WEIGHTS, Generator
from wlnet.train.encoding import encoded
from wlnet.train.examples import Examples, WeightsAsked
from wlnet.train.fitting import faults_of
from wlnet.train.generators import End
from wlnet.train.options import Options, option_names
from wlnet.train.reading import (
    VALIDATION,
    asks_functions,
    no_function,
    read,
    source_of,
    state_before,
)
from wlnet.train.sources import ENDLESS, ArraySource, warn_of_endless
from wlnet.train.training_net import TrainingNet
from wlnet.train.weights import Weigher, weights_of


def has_data(validation_set: object) -> bool:
    """Whether there is something to validate on that is not held out."""
    return validation_set is not None and not isinstance(validation_set, Scaled)


def check_validation(draft: TrainingNet, options: Options) -> None:
    """Raise what is wrong with a validation set, without a net that is fitted to examples."""
    if asks_functions(options.validation_set):
        return
    held = _read(options.validation_set, draft, options, VALIDATION, _asked(options))
    assert isinstance(held, Examples)
    raise_all(faults_of(held.columns, draft, options.precision, VALIDATION))


def held_source(weigher: Weigher, options: Options, size: int) -> ArraySource:
    """The examples to validate on, with their own weights where they bring some.

    size: of the batches of training. Raises DataError, ShapeError.
    """
    training, asked = weigher.training, _asked(options)
    found = _read(options.validation_set, training, options, VALIDATION, asked)
    own: Array | None
    if isinstance(found, Generator):
        source, own = _drawn(found, training, options, size)
    else:
        source = source_of(found, training, options.precision, size, options.seed, VALIDATION)
        own = weights_of(found, asked, VALIDATION)
    return weigher.of_examples().added(source, own, asked.place(VALIDATION))


def _asked(options: Options) -> WeightsAsked:
    """Who trains with weights by name may validate with them, or without."""
    given = options.example_weights
    return WeightsAsked(given, is_needed=False) if isinstance(given, str) else NO_WEIGHTS


def _read(
    given: object,
    training: TrainingNet,
    options: Options,
    at: str,
    asked: WeightsAsked,
    *,
    is_first: bool = True,
) -> Examples | Generator:
    """is_first: whether columns that no port takes were not told yet."""
    names = option_names() if is_first else None
    return read(given, training, at, options.precision, names, asked)


def _drawn(
    found: Generator, training: TrainingNet, options: Options, size: int
) -> tuple[ArraySource, Array | None]:
    """All that a function gives in a pass or a round, and its weights. Batches may be of any size,
    and of those of a round the last is cut where that ends.
    """
    asked = _asked(options)
    parts: list[dict[str, Any]] = []
    weights: list[Array] = []
    count = 0
    for at, batch in _batches(found, training, options, size):
        given = _read(batch, training, options, at, asked, is_first=not parts)
        examples = no_function(given, "a generator gives examples, not a function", at, None)
        columns = encoded(training, examples.columns, options.precision, at)
        own = weights_of(examples, asked, at)
        if own is not None:
            weights.append(own)
        # All batches have weights, or none.
        asked = NO_WEIGHTS if own is None else WeightsAsked(asked.given)
        # The function may fill the same memory again.
        parts.append({name: np.array(column) for name, column in columns.items()})
        count += size if examples.count is None else examples.count
        if found.round_length is not None and count >= found.round_length:
            count = found.round_length
            break
    columns = {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}
    source = ArraySource(columns, min(size, count), options.seed, np.arange(1, count + 1))
    return source, np.concatenate(weights)[:count] if weights else None


def _batches(
    found: Generator, training: TrainingNet, options: Options, size: int
) -> Iterator[tuple[str, object]]:
    """What a function gives, each with its place: one pass, or without end for a round of a length
    that somebody counts.
    """
    state = state_before(found, training, options, size)
    number = 1
    at = f"{VALIDATION}, batch {number}"
    yield at, found.function.first(state, at)
    while found.round_length is not None or found.function.yields:
        number += 1
        if number == ENDLESS and found.round_length is None:
            warn_of_endless(found.function, VALIDATION)
        at = f"{VALIDATION}, batch {number}"
        is_round = found.round_length is not None
        given = found.function(lambda: state, at) if is_round else found.function.more(at)
        if given is End.OF_PASS:
            return
        yield at, given
