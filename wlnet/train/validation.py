"""What a net is validated on that is not held out: data, or what a function gives before training.

A function is asked once (drawn.py).
"""

from __future__ import annotations

from wlnet.core.scaled import Scaled
from wlnet.evaluate.columns import raise_all
from wlnet.evaluate.holding import Array
from wlnet.train.data import NO_WEIGHTS, Generator
from wlnet.train.drawn import drawn
from wlnet.train.examples import Examples, WeightsAsked
from wlnet.train.fitting import faults_of
from wlnet.train.options import Options, option_names
from wlnet.train.reading import (
    VALIDATION,
    asks_functions,
    read,
    source_of,
)
from wlnet.train.sources import ArraySource
from wlnet.train.training_net import TrainingNet
from wlnet.train.weights import Weigher, weights_of


def has_data(validation_set: object) -> bool:
    """Whether there is something to validate on that is not held out."""
    return validation_set is not None and not isinstance(validation_set, Scaled)


def check_validation(draft: TrainingNet, options: Options) -> None:
    """Raise what is wrong with a validation set, without a net that is fitted to examples."""
    if asks_functions(options.validation_set):
        return
    held = _read(draft, options)
    assert isinstance(held, Examples)
    raise_all(faults_of(held.columns, draft, options.precision, VALIDATION))


def held_source(weigher: Weigher, options: Options, size: int) -> ArraySource:
    """The examples to validate on, with their own weights where they bring some.

    size: of the batches of training. Raises DataError, ShapeError.
    """
    training, asked = weigher.training, _asked(options)
    found = _read(training, options)
    own: Array | None
    if isinstance(found, Generator):
        _, source, own = drawn(found, training, options, size, VALIDATION, asked)
    else:
        source = source_of(found, training, options.precision, size, options.seed, VALIDATION)
        own = weights_of(found, asked, VALIDATION)
    return weigher.of_examples().added(source, own, asked.place(VALIDATION))


def _asked(options: Options) -> WeightsAsked:
    """Who trains with weights by name may validate with them, or without."""
    given = options.example_weights
    return WeightsAsked(given, is_needed=False) if isinstance(given, str) else NO_WEIGHTS


def _read(training: TrainingNet, options: Options) -> Examples | Generator:
    """What is given to validate on, as examples or as a function that gives them."""
    given, asked = options.validation_set, _asked(options)
    return read(given, training, VALIDATION, options.precision, option_names(), asked)
