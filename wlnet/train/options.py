"""The options of net_train, checked together before anything starts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_real, as_whole
from wlnet.core.scaled import Scaled
from wlnet.core.spelling import suggestion
from wlnet.core.streams import Seed, as_seed
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.resources import available_memory
from wlnet.kernels.language import Precision
from wlnet.methods import as_method
from wlnet.methods.base import Method
from wlnet.methods.intervals import NOT_NEGATIVE, POSITIVE, Interval, as_number
from wlnet.train.generators import takes_one_argument
from wlnet.train.measurement_names import as_measurements
from wlnet.train.measurements import Measurement
from wlnet.train.stopping import StoppingCriterion, as_criterion

BATCH = 64


@dataclass(frozen=True)
class Options:
    """What net_train was asked to do. AUTOMATIC stands for what the data decide."""

    loss_function: Any
    learning_rate: float
    rules: Any
    method: Method
    batch_size: Any
    max_rounds: Any
    time_goal: float | None
    validation_set: Any
    seed: Seed
    measurements: Any
    progress_function: Callable[..., Any] | None
    reporting: Any
    stopping: StoppingCriterion | None
    update_schedule: Any
    workers: int | None
    prefix_bytes: int
    precision: Precision


def read_options(
    *,
    loss_function: Any,
    learning_rate: Any,
    learning_rate_multipliers: Any,
    method: Any,
    batch_size: Any,
    max_training_rounds: Any,
    time_goal: Any,
    validation_set: Any,
    random_seeding: Any,
    training_progress_measurements: Any,
    training_progress_function: Any,
    training_progress_reporting: Any,
    training_progress_checkpointing: Any,
    training_stopping_criterion: Any,
    training_update_schedule: Any,
    working_precision: Any,
    target_device: Any,
    workers: Any,
    frozen_prefix_bytes: Any,
) -> Options:
    """The options as they are used. Raises OptionError with all faults at once."""
    faults: list[Fault] = []

    def number(
        option: str, given: Any, text: str, *, whole: bool = False, within: Interval = POSITIVE
    ) -> None:
        if as_number(given, within) is None or (whole and as_whole(given) is None):
            faults.append(Fault(f"{option} cannot be this", given=brief(given), expected=text))

    def choice(option: str, given: Any, known: tuple[Any, ...]) -> None:
        if not any(given is each or (isinstance(given, str) and given == each) for each in known):
            faults.append(
                Fault(
                    f"{option} cannot be this",
                    given=brief(given),
                    known=list(known),
                    fix=suggestion(given, [k for k in known if isinstance(k, str)])
                    if isinstance(given, str) and len(known) > 1
                    else None,
                )
            )

    def attempt(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except OptionError as error:
            faults.extend(error.faults)
            return None

    if learning_rate is not AUTOMATIC:
        number("learning_rate", learning_rate, "a positive, finite number")
    if batch_size is not AUTOMATIC:
        number("batch_size", batch_size, "a positive integer", whole=True)
    if max_training_rounds is not AUTOMATIC:
        number("max_training_rounds", max_training_rounds, "a positive integer", whole=True)
    if time_goal is not None and time_goal is not AUTOMATIC:
        number("time_goal", time_goal, "seconds, a positive, finite number")
    if workers is not AUTOMATIC:
        number("workers", workers, "a positive integer", whole=True)
    if frozen_prefix_bytes is not AUTOMATIC:
        text = "how many bytes, an integer; 0 to compute the frozen prefix anew in every round"
        number("frozen_prefix_bytes", frozen_prefix_bytes, text, whole=True, within=NOT_NEGATIVE)
    choice(
        "working_precision",
        "Real32" if working_precision is AUTOMATIC else working_precision,
        tuple(DTYPES),
    )
    choice("target_device", target_device, ("CPU",))
    if training_progress_checkpointing is not None:
        faults.append(
            Fault(
                "training_progress_checkpointing is not there yet: it can only be None",
                given=brief(training_progress_checkpointing),
                fix="a training_progress_function may save(state['Net'], file)",
            )
        )
    faults += _not_there_yet(training_progress_function, validation_set)
    if (
        not has_options(training_progress_function)
        and training_progress_function is not None
        and (
            not callable(training_progress_function)
            or takes_one_argument(training_progress_function) is False
        )
    ):
        faults.append(
            Fault(
                "training_progress_function is a function of one argument, the state",
                given=brief(training_progress_function),
                fix='lambda state: print(state["RoundLoss"])',
            )
        )
    if not callable(training_progress_reporting):
        choice(
            "training_progress_reporting", training_progress_reporting, (AUTOMATIC, None, "Print")
        )
    if isinstance(validation_set, Scaled) and not 0 < validation_set.factor < 1:
        faults.append(
            Fault(
                "validation_set=Scaled(f) needs 0 < f < 1",
                given=repr(validation_set),
                fix="Scaled(0.1)",
            )
        )
    chosen = attempt(lambda: as_method(method))
    measurements = attempt(lambda: as_measurements(training_progress_measurements))
    stopping = attempt(lambda: as_criterion(training_stopping_criterion))
    seed = attempt(lambda: as_seed(random_seeding))
    if faults:
        raise fail(OptionError, faults)
    return Options(
        loss_function=loss_function,
        learning_rate=chosen.rate(learning_rate),
        rules=learning_rate_multipliers,
        method=chosen,
        batch_size=batch_size if batch_size is AUTOMATIC else as_whole(batch_size),
        max_rounds=max_training_rounds
        if max_training_rounds is AUTOMATIC
        else as_whole(max_training_rounds),
        time_goal=None if time_goal in (None, AUTOMATIC) else as_real(time_goal),
        validation_set=validation_set,
        seed=seed,
        measurements=measurements,
        progress_function=training_progress_function,
        reporting=training_progress_reporting,
        stopping=stopping,
        update_schedule=training_update_schedule,
        workers=None if workers is AUTOMATIC else as_whole(workers),
        prefix_bytes=_prefix_bytes(frozen_prefix_bytes),
        precision="Real32" if working_precision is AUTOMATIC else working_precision,
    )


def _prefix_bytes(given: Any) -> int:
    """A quarter of the memory available, unless it is said."""
    if given is not AUTOMATIC:
        return as_whole(given) or 0
    available = available_memory()
    return 2**28 if available is None else available // 4


def has_options(given: Any) -> bool:
    """Whether a value is (value, {"Interval": ...}), with options of its own."""
    return (
        isinstance(given, tuple)
        and len(given) == 2
        and isinstance(given[1], Mapping)
        and "Interval" in given[1]
        and not isinstance(given[1]["Interval"], (list, tuple))
        and not hasattr(given[1]["Interval"], "__array__")
    )


def _not_there_yet(progress_function: Any, validation_set: Any) -> list[Fault]:
    at_round = "it is called after every round: return early where state['Round'] % 2"
    repairs = (
        ("training_progress_function", progress_function, f"give the function alone; {at_round}"),
        ("validation_set", validation_set, "give the data alone: validation follows every round"),
    )
    return [
        Fault(
            f'{name}=(..., {{"Interval": n}}) is not there yet',
            at=name,
            given=repr(given)[-60:],
            fix=fix,
        )
        for name, given, fix in repairs
        if has_options(given)
    ]


def automatic_rounds(batches_per_round: int) -> int:
    """About ten thousand updates, within 10 to 10000 rounds."""
    return min(max(math.ceil(10000 / batches_per_round), 10), 10000)


__all__ = ["BATCH", "Measurement", "Options", "automatic_rounds", "read_options"]
