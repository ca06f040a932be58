"""What a function gives that is asked once: its pass, or its round, kept as columns.

So every validation is of the same examples, and measurements are of a set as of any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Members, Ragged, ragged
from wlnet.train.data import NO_WEIGHTS, Generator
from wlnet.train.doubts import check_targets
from wlnet.train.encoding import encoded
from wlnet.train.examples import WeightsAsked
from wlnet.train.fitting import sized_to
from wlnet.train.generated import ENDLESS, warn_of_endless
from wlnet.train.generators import End
from wlnet.train.options import Options, option_names
from wlnet.train.reading import check_shapes, no_function, read, state_before
from wlnet.train.sources import ArraySource
from wlnet.train.training_net import TrainingNet
from wlnet.train.weights import weights_of


def drawn(
    found: Generator,
    training: TrainingNet,
    options: Options,
    size: int,
    at: str,
    asked: WeightsAsked,
    *,
    is_sized: bool = True,
) -> tuple[TrainingNet, ArraySource, Array | None]:
    """All that a function gives in a pass or a round, its weights, and the net that takes it.

    Batches may be of any size, and of those of a round the last is cut where that ends. size: of
    the batches that the function is told. at: which data they are. is_sized: whether the net was
    fitted to data before; else its open sizes are those of the first batch. Raises DataError,
    ShapeError; OptionError for a port as a loss that the batches bring a target for.
    """
    asked = replace(asked, in_batch=True)
    parts: list[dict[str, Array | Ragged]] = []
    weights: list[Array] = []
    count = 0
    for place, batch in _batches(found, training, options, size, at):
        is_first = not parts
        if is_first and not is_sized and options.loss_function is not AUTOMATIC:
            check_targets(training, batch)
        # Columns that no port takes are told once.
        names = option_names() if is_first else None
        given = read(batch, training, place, options.precision, names, asked)
        examples = no_function(given, "a generator gives examples, not a function", place, None)
        if is_first and not is_sized:
            training = sized_to(examples.columns, training, place)
        columns = encoded(training, examples.columns, options.precision, place)
        own = weights_of(examples, asked, place)
        if own is not None:
            weights.append(own)
        # All batches have weights, or none.
        asked = NO_WEIGHTS if own is None else replace(asked, is_needed=True)
        # The function may fill the same memory again.
        parts.append({name: _copied(column) for name, column in columns.items()})
        count += size if examples.count is None else examples.count
        if found.round_length is not None and count >= found.round_length:
            count = found.round_length
            break
    numbers = np.arange(1, count + 1)
    columns = {name: _joined([part[name] for part in parts], count) for name in parts[0]}
    source = ArraySource(columns, size, options.seed, numbers)
    check_shapes(training, source, at)
    return training, source, np.concatenate(weights)[:count] if weights else None


def _copied(column: Any) -> Array | Ragged:
    if isinstance(column, Ragged):
        return Ragged(tuple(Members(rows, values.copy()) for rows, values in column.parts))
    return np.array(column)


def _joined(columns: Sequence[Array | Ragged], count: int) -> Array | Ragged:
    """Columns one after another, of which no more than so many examples."""
    arrays = [column for column in columns if isinstance(column, np.ndarray)]
    if len(arrays) == len(columns) and len({array.shape[1:] for array in arrays}) == 1:
        whole: Array = np.concatenate(arrays)[:count]
        return whole
    return ragged([each for column in columns for each in column][:count])


def _batches(
    found: Generator, training: TrainingNet, options: Options, size: int, data: str
) -> Iterator[tuple[str, object]]:
    """What a function gives, each with its place: one pass, or without end for a round of a length
    that somebody counts.
    """
    state = state_before(found, training, options, size)
    number = 1
    at = f"{data}, batch {number}"
    yield at, found.function.first(state, at)
    while found.round_length is not None or found.function.yields:
        number += 1
        if number == ENDLESS and found.round_length is None:
            warn_of_endless(found.function, data)
        at = f"{data}, batch {number}"
        is_round = found.round_length is not None
        given = found.function(lambda: state, at) if is_round else found.function.more(at)
        if given is End.OF_PASS:
            return
        yield at, given
