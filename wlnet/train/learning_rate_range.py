"""learning_rate_range: a short training whose learning rate grows, to see which rates are good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.core.errors import Fault, NothingToTrainError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_by
from wlnet.core.phases import Phases
from wlnet.core.scalars import as_whole
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.sharing import at_work
from wlnet.methods.intervals import FRACTION, POSITIVE, as_number
from wlnet.nets.initialize import net_initialize
from wlnet.results.learning_rate_range import LearningRateRange, Rise, risen_at
from wlnet.train.calls import Call, read_call
from wlnet.train.divergence import Diverged, warn_diverged
from wlnet.train.doubts import warn_of_losses
from wlnet.train.loop import Trainer
from wlnet.train.net_train import usual_options
from wlnet.train.snapshots import Stretch
from wlnet.train.sources import Batches

MOST_STEPS = 100_000
"""More steps than anybody waits for: the losses of all of them are held."""


def learning_rate_range(
    net: Any,
    data: Any,
    *,
    lowest: Any = 1e-7,
    highest: Any = 10.0,
    steps: Any = 100,
    smoothing: Any = 0.9,
    rise: Any = 3.0,
    loss_function: Any = AUTOMATIC,
    class_weights: Any = None,
    example_weights: Any = None,
    learning_rate_multipliers: Any = AUTOMATIC,
    method: Any = "ADAM",
    batch_size: Any = AUTOMATIC,
    random_seeding: Any = 1234,
    training_update_schedule: Any = AUTOMATIC,
    working_precision: Any = "Real32",
    target_device: Any = "CPU",
    workers: Any = AUTOMATIC,
    frozen_prefix_bytes: Any = AUTOMATIC,
) -> LearningRateRange:
    """The losses of a short training whose learning rate grows at each step by the same factor.

    Where they fall, steps are of a good size; where they rise, too large. The training is that of
    net_train with the same options, on a copy: the net given is never changed, and the same call
    gives the same bits. A schedule of the method is left out, and of Phases the rules of round 1
    hold throughout. The record of a training goes on in the test from where it stands.

    data: as net_train takes them, or a function that gives batches.
    lowest, highest: learning rates of the first and the last step, lowest < highest.
    steps: how many updates, 2 to 100,000.
    smoothing: of the running mean of losses, 0 (none) up to but not including 1: by how much less
    each earlier loss counts.
    rise: the test ends early once the smoothed loss has risen above its lowest by more than so many
    times its first value (or its lowest, where that is the larger), and, without a warning, where
    numbers are no longer finite.
    All other options are those of net_train.

    Returns a LearningRateRange: .rates, .losses, .smoothed (arrays), .suggestion (a tenth of the
    rate at the lowest smoothed loss; None where it never fell), .still_falls (whether the loss was
    lowest at highest itself, so that larger rates may be as good), .minimum, .steepest, .reason,
    and .plot(), a drawing. Look at the curve: a suggestion from few or noisy steps is a guess.
    Raises OptionError, RuleError, DataError, ShapeError; NothingToTrainError where nothing learns.

    >>> from wlnet.nets.chain import NetChain
    >>> seen = learning_rate_range(NetChain([1]), ([[1.0], [2.0]], [[2.0], [4.0]]), steps=5)
    >>> seen.rates.round(7)
    array([1.e-07, 1.e-05, 1.e-03, 1.e-01, 1.e+01])

    Source: Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3.
    Wolfram Language: nothing like it.
    """
    gathered = Gathered()
    growth, call = _read(gathered, locals())
    gathered.tell()
    assert growth is not None
    assert call is not None
    return _tested(growth, call)


@dataclass(frozen=True)
class Growth:
    """How the learning rate grows, and when the test ends."""

    lowest: float
    highest: float
    steps: int
    smoothing: float
    rise: float

    def rates(self) -> NDArray[np.float64]:
        """The learning rate of every step."""
        rates = np.exp(np.linspace(np.log(self.lowest), np.log(self.highest), self.steps))
        rates[0], rates[-1] = self.lowest, self.highest
        return rates


OWN = ("lowest", "highest", "steps", "smoothing", "rise")
"""Arguments that net_train does not have."""


def _read(gathered: Gathered, given: Mapping[str, Any]) -> tuple[Growth | None, Call | None]:
    """The growth that was asked for and the training; gathers what is wrong with either."""
    growth = _read_growth(gathered, given)
    usual = usual_options()
    shared = {name: value for name, value in given.items() if name not in OWN}
    rules = shared["learning_rate_multipliers"]
    if isinstance(rules, Phases):
        shared["learning_rate_multipliers"] = rules.at(1)
    rounds = growth.steps if growth is not None else 1
    asked = {**usual, **shared, "prop": "TrainedNet", "max_training_rounds": rounds}
    return growth, gathered.attempt(lambda: read_call(gathered, asked, usual))


def _read_growth(gathered: Gathered, given: Mapping[str, Any]) -> Growth | None:
    numbers = {
        name: as_number(given[name], within)
        for name, within in (
            ("lowest", POSITIVE),
            ("highest", POSITIVE),
            ("smoothing", FRACTION),
            ("rise", POSITIVE),
        )
    }
    for name, value in numbers.items():
        if value is None:
            expected = str(FRACTION if name == "smoothing" else POSITIVE)
            gathered.add(Fault(f"{name} cannot be this", name, brief(given[name]), expected))
    steps = as_whole(given["steps"])
    if steps is None or not 2 <= steps <= MOST_STEPS:
        expected = f"an integer, 2 to {MOST_STEPS:,}"
        gathered.add(Fault("steps cannot be this", "steps", brief(given["steps"]), expected))
        return None
    lowest, highest = numbers["lowest"], numbers["highest"]
    if lowest is not None and highest is not None and lowest >= highest:
        what = "the learning rate grows, from lowest to highest"
        gathered.add(Fault(what, "lowest, highest", f"{lowest} and {highest}"))
        return None
    smoothing, rise = numbers["smoothing"], numbers["rise"]
    if lowest is None or highest is None or smoothing is None or rise is None:
        return None
    return Growth(lowest, highest, steps, smoothing, rise)


checked_by(_read)(learning_rate_range)


class RangeTrainer(Trainer):
    """Trains at rates that grow, until the test is over."""

    growth: Growth
    begun: int
    """How many steps there were before the test: of the record that goes on."""
    risen: Rise
    """What is known of the losses of the test so far."""

    def losses(self) -> NDArray[np.float64]:
        """The losses of the steps of the test."""
        return np.array(self.history.batches.losses[self.begun :], np.float64)

    def is_over(self) -> bool:
        """Whether all rates were tried, or the loss has risen."""
        risen = self.risen
        risen.go_on(self.history.batches.losses[self.begun + risen.count :])
        return risen.at is not None or risen.count >= self.growth.steps

    def _is_late(self) -> bool:
        return self.is_over()

    def _stretches(self, batches: Batches) -> Iterator[Stretch]:
        """Batches with the learning rates of the test, and none beyond its last step."""
        rates = self.growth.rates()[len(self.history.batches.losses) - self.begun :]
        count = min(batches.count, len(rates))
        yield Stretch(batches.part(0, count), rates[:count])


def _tested(growth: Growth, call: Call) -> LearningRateRange:
    """What a training at growing rates has seen."""
    prepared, rules = call.prepared, call.rules
    assert prepared is not None
    assert rules is not None
    if not rules.ever_trains():
        what = "nothing to train: no array learns"
        fix = 'information(net, "ArraysLearningRateMultiplierSources") says which rule froze what'
        raise fail(NothingToTrainError, Fault(what, fix=fix))
    method = replace(call.options.method, learning_rate_schedule=None)
    options = replace(call.options, method=method)
    warn_of_losses(prepared.training)
    ready = net_initialize(prepared.net, random_seeding=options.seed)
    training = prepared.training.initialized(ready, options.seed)
    net, source = prepared.opened(ready), prepared.source
    trainer = RangeTrainer(net, training, rules, options, source, None, (), call.start)
    trainer.growth, trainer.begun = growth, len(trainer.history.batches.losses)
    trainer.risen = Rise(growth.smoothing, growth.rise)
    reason = "Highest"
    try:
        with at_work():
            for _ in trainer.rounds():
                if trainer.is_over():
                    break
    except Diverged as end:
        reason = "NotFinite"
        if not len(trainer.losses()):
            warn_diverged(str(end), 0)
    losses = trainer.losses()
    risen = risen_at(losses, growth.smoothing, growth.rise)
    if risen is not None:
        # Steps are run some at a time: those after this one are no part of the test.
        reason, losses = "Risen", losses[: risen + 1]
    return LearningRateRange(growth.rates()[: len(losses)], losses, growth.smoothing, reason)
