"""The options of net_train, checked together before anything starts."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

from wlnet.core.errors import Fault, OptionError, brief
from wlnet.core.machine import available_memory
from wlnet.core.scalars import MOST, as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.streams import Seed, as_seed
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.kernels.language import Precision
from wlnet.methods import as_method
from wlnet.methods.base import Method
from wlnet.methods.intervals import NOT_NEGATIVE, POSITIVE, Interval, as_number
from wlnet.methods.settings import Reader
from wlnet.train.checkpoint_options import Checkpoint, absolute, read_checkpointing
from wlnet.train.class_weights import ClassWeights, read_class_weights
from wlnet.train.listeners import Listener, read_listeners
from wlnet.train.measurement_names import in_training, own_keys, read_arrays_measured
from wlnet.train.parallel.exchange import Exchange
from wlnet.train.parallel.options import faults_of, read_communicator, read_parts
from wlnet.train.reporting import options as reporting
from wlnet.train.reporting.options import FUNCTION, Report, missing_extra, read_reporting
from wlnet.train.stopping import StoppingCriterion
from wlnet.train.stopping_options import as_criterion
from wlnet.train.validation_options import (
    read_validation_interval,
    read_validation_set,
)
from wlnet.train.weights import read_example_weights


@dataclass(frozen=True)
class Option:
    """An option of net_train: its name there, and what reads it.

    read: from what was given and the name, the value to keep and what is wrong with it.
    """

    name: str
    read: Reader


def as_given(given: object, at: str) -> tuple[Any, list[Fault]]:
    """Left as it is, to be read where the net and the data are known."""
    return given, []


@dataclass(frozen=True)
class Number:
    """Reads a number of an interval, or one of the words, each with what it stands for."""

    text: str
    within: Interval = POSITIVE
    whole: bool = False
    words: tuple[tuple[Any, Any], ...] = ((AUTOMATIC, AUTOMATIC),)

    def __call__(self, given: object, at: str) -> tuple[Any, list[Fault]]:
        for word, value in self.words:
            if given is word:
                return value, []
        value, text = as_number(given, self.within), self.text
        if self.whole:
            whole = as_whole(given)
            value = None if value is None else whole
            if self.within is POSITIVE and whole is not None and whole > MOST:
                value, text = None, f"at most {MOST:,}"
        fault = Fault(f"{at} cannot be this", given=brief(given), expected=text)
        return value, [] if value is not None else [fault]


@dataclass(frozen=True)
class Choice:
    """Reads one of a few words; AUTOMATIC is the first of them, unless it is one itself."""

    known: tuple[Any, ...]

    def __call__(self, given: object, at: str) -> tuple[Any, list[Fault]]:
        word = self.known[0] if given is AUTOMATIC and AUTOMATIC not in self.known else given
        if any(word is each or (isinstance(word, str) and word == each) for each in self.known):
            return word, []
        words = [each for each in self.known if isinstance(each, str)]
        near = suggestion(given, words) if isinstance(given, str) and len(self.known) > 1 else None
        fault = Fault(f"{at} cannot be this", given=brief(given), known=list(self.known), fix=near)
        return None, [fault]


@dataclass(frozen=True)
class Raising:
    """Reads by a function that raises OptionError for what it cannot be."""

    function: Callable[[Any], Any]

    def __call__(self, given: object, at: str) -> tuple[Any, list[Fault]]:
        try:
            return self.function(given), []
        except OptionError as error:
            return None, list(error.faults)


READ_LATER = (
    "L2Regularization",
    "GradientClipping",
    "WeightClipping",
    "WeightDecay",
    "LearningRateSchedule",
)
"""Options of a method that are looked at again where net and data are known."""


def _read_method(given: object, at: str) -> tuple[Method | None, list[Fault]]:
    method, faults = Raising(as_method)(given, at)
    if faults and isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], Mapping):
        # A method without its other options, so that faults of its rules are told as well.
        later = {name: given[1][name] for name in READ_LATER if name in given[1]}
        method, _ = Raising(as_method)((given[0], later), at)
    return method, faults


def _read_reporting(given: object, at: str) -> tuple[tuple[Report, ...], list[Fault]]:
    reports, faults = read_reporting(given, at)
    return reports, [*faults, *missing_extra(reports, at)]


SECONDS = "seconds, a positive, finite number"
BYTES = "how many bytes, an integer; 0 to compute the frozen prefix anew in every round"
COUNT = Number("a positive integer", whole=True)


@dataclass(frozen=True)
class Options:
    """What net_train was asked to do; each field names its option and what reads it.

    AUTOMATIC stands for what the data decide. The defaults are those of net_train's signature.
    """

    loss_function: Annotated[Any, Option("loss_function", as_given)]
    class_weights: Annotated[ClassWeights | None, Option("class_weights", read_class_weights)]
    example_weights: Annotated[object, Option("example_weights", read_example_weights)]
    given_learning_rate: Annotated[
        Any, Option("learning_rate", Number("a positive, finite number"))
    ]
    multipliers: Annotated[Any, Option("learning_rate_multipliers", as_given)]
    method: Annotated[Method, Option("method", _read_method)]
    batch_size: Annotated[Any, Option("batch_size", COUNT)]
    max_rounds: Annotated[Any, Option("max_training_rounds", COUNT)]
    time_goal: Annotated[
        float | None,
        Option("time_goal", Number(SECONDS, words=((None, None), (AUTOMATIC, None)))),
    ]
    validation_set: Annotated[Any, Option("validation_set", read_validation_set)]
    validation_interval: Annotated[int, Option("validation_set", read_validation_interval)]
    seed: Annotated[Seed, Option("random_seeding", Raising(as_seed))]
    measurements: Annotated[Any, Option("training_progress_measurements", Raising(in_training))]
    arrays_measured: Annotated[
        tuple[str, ...], Option("training_progress_measurements", read_arrays_measured)
    ]
    listeners: Annotated[tuple[Listener, ...], Option("training_progress_function", read_listeners)]
    reporting: Annotated[tuple[Report, ...], Option("training_progress_reporting", _read_reporting)]
    checkpoints: Annotated[
        tuple[Checkpoint, ...], Option("training_progress_checkpointing", read_checkpointing)
    ]
    stopping: Annotated[
        StoppingCriterion | None, Option("training_stopping_criterion", Raising(as_criterion))
    ]
    update_schedule: Annotated[Any, Option("training_update_schedule", as_given)]
    precision: Annotated[Precision, Option("working_precision", Choice(tuple(DTYPES)))]
    device: Annotated[str, Option("target_device", Choice(("CPU",)))]
    workers: Annotated[
        int | None,
        Option("workers", Number("a positive integer", whole=True, words=((AUTOMATIC, None),))),
    ]
    given_prefix_bytes: Annotated[
        Any, Option("frozen_prefix_bytes", Number(BYTES, NOT_NEGATIVE, whole=True))
    ]
    batch_parts: Annotated[int, Option("batch_parts", read_parts)]
    exchange: Annotated[Exchange, Option("communicator", read_communicator)]
    given: Mapping[str, object]
    """All of them by name, as they were given."""
    input_form: tuple[str, ...] = ()
    """The words of the call."""

    @property
    def learning_rate(self) -> float:
        """The base learning rate: that of the call, else that of the method."""
        return self.method.rate(self.given_learning_rate)

    @property
    def calls_functions(self) -> bool:
        """Whether functions of the user are told how the training goes."""
        criterion = self.stopping.criterion if self.stopping else None
        reports = any(each.way == FUNCTION for each in self.reporting)
        return bool(self.listeners) or reports or callable(criterion)

    @property
    def prefix_bytes(self) -> int:
        """A quarter of the memory available, unless it is said."""
        if self.given_prefix_bytes is not AUTOMATIC:
            return int(self.given_prefix_bytes)
        available = available_memory()
        return 2**28 if available is None else available // 4


PLACES: Mapping[str, Callable[[object], object]] = {
    "training_progress_checkpointing": absolute,
    "training_progress_reporting": reporting.absolute,
    "communicator": lambda given: None,
}
"""Options that name files -> what makes the names hold from anywhere; and one that holds nowhere
else."""


@functools.cache
def option_rows() -> Mapping[str, Option]:
    """The options by the fields that keep them."""
    hints = get_type_hints(Options, include_extras=True)
    rows = [row.name for row in fields(Options) if row.name not in ("given", "input_form")]
    return {name: hints[name].__metadata__[0] for name in rows}


@functools.cache
def option_names() -> tuple[str, ...]:
    """The options by their names in a call."""
    return tuple(dict.fromkeys(option.name for option in option_rows().values()))


def read_options(
    given: Mapping[str, object], usual: Mapping[str, object]
) -> tuple[Options, list[Fault]]:
    """Options by name as they are used, and all that is wrong with them.

    usual: the defaults, which stand for what is not given, and for what is wrong.
    """
    values, faults = {}, []
    # A criterion may be a measurement by the name that this call gives it.
    own = own_keys(given.get("training_progress_measurements"))
    for field, option in option_rows().items():
        value = given.get(option.name, usual[option.name])
        read = Raising(lambda it: as_criterion(it, own)) if field == "stopping" else option.read
        values[field], found = read(value, option.name)
        if found:
            faults += found
            if values[field] is None:
                values[field], _ = option.read(usual[option.name], option.name)
    names = [option.name for option in option_rows().values()]
    kept = {name: given.get(name, usual[name]) for name in names}
    for name, from_anywhere in PLACES.items():
        kept[name] = from_anywhere(kept[name])
    options = Options(**values, given=kept)
    if options.time_goal is not None and options.max_rounds is AUTOMATIC:
        open_end = "a time_goal without a limit of rounds"
        faults += endless_schedule(options.method, open_end, "max_training_rounds=...")
    faults += faults_of(options.batch_parts, options.exchange)
    return options, faults


def endless_schedule(method: Method, given: str, fix: str) -> list[Fault]:
    """The fault of a method whose learning rate goes by how many updates there will be, for a
    training of which nobody knows, if it is such a method.
    """
    schedule, name = method.learning_rate_schedule, method.name
    fault = Fault(
        "a learning rate schedule goes by how many updates there will be, and nothing tells",
        at=f"LearningRateSchedule {schedule!r:.60} of {name}",
        given=given,
        fix=f'{fix}, or method=("{name}", {{"LearningRateSchedule": None}})',
    )
    return [fault] if method.looks_at_total else []


def automatic_rounds(batches_per_round: int) -> int:
    """About ten thousand updates, within 10 to 10000 rounds."""
    return min(max(math.ceil(10000 / batches_per_round), 10), 10000)
