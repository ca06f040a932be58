"""What a call of net_train asks for, read and checked before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.properties import Asked
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.nets.inference import check_known
from wlnet.results.histories import History
from wlnet.results.results import PROPERTIES, NetTrainResults
from wlnet.train.digests import NO_DIGESTS, Digests, digests_of
from wlnet.train.going_on import net_of, taken_up, warn_of_phases
from wlnet.train.history import LOSS
from wlnet.train.learners import TrainingRules, read_rules
from wlnet.train.losses import loss_terms, stated_form
from wlnet.train.measurement_names import check_fit, measured
from wlnet.train.measurements import Measurement, named
from wlnet.train.options import Options, read_options
from wlnet.train.parallel.alike import check_options
from wlnet.train.preparation import Prepared, prepare
from wlnet.train.reading import asks_functions
from wlnet.train.start import NEW, Start
from wlnet.train.stopping import check_measured
from wlnet.train.training_net import TrainingNet


@dataclass(frozen=True)
class Call:
    """A call of net_train, read and checked as far as can be without training.

    Without rules and prepared data where only names of properties are asked for.
    """

    names: list[Asked]
    options: Options
    rules: TrainingRules | None = None
    prepared: Prepared | None = None
    start: Start = NEW
    digests: Digests = NO_DIGESTS


def read_call(
    gathered: Gathered,
    given: Mapping[str, object],
    usual: Mapping[str, object],
    start: Start = NEW,
) -> Call:
    """All arguments of a call, by name. Raises what is wrong with any of them at once.

    usual: the options with their defaults. start: where a training begins that is resumed.
    """
    net = given["net"]
    if isinstance(net, NetTrainResults):
        start = start if start.record else Start(net.record)
        net = net_of(net.record)
    names = gathered.attempt(lambda: properties(given["prop"]))
    options, faults = read_options(given, usual)
    if faults:
        gathered.errors.append(fail(OptionError, faults))
    if not isinstance(net, Net):
        what = "net_train takes a net, or the results of a training, which goes on"
        gathered.errors.append(fail(OptionError, Fault(what, given=brief(net))))
        gathered.tell()
    assert isinstance(net, Net)
    if options.exchange.ranks > 1:
        # What is wrong here is told before anything is done together.
        gathered.tell()
    check_options(options, names == ["Properties"])
    if names == ["Properties"]:
        gathered.tell()
        return Call(names, options)
    check_known(net)
    rules = gathered.attempt(lambda: read_rules(net, options))
    draft = gathered.attempt(lambda: TrainingNet(net, loss_terms(net, options.loss_function)))
    prepared = None
    if draft is not None:
        gathered.attempt(lambda: _check_measurements(draft, options))
        gathered.attempt(lambda: _check_histories(names or [], draft, options))
        # What the user's functions give is asked for only by a call that goes on.
        if not (gathered.errors and asks_functions(given["data"])):
            asks = not gathered.errors
            prepared = gathered.attempt(
                lambda: prepare(given["data"], options, draft, start, asks=asks)
            )
    gathered.tell()
    assert names is not None
    if prepared is None or rules is None:
        return Call(names, options)
    # Who asks for the net alone asks for no proof of what it was trained on.
    is_kept = names != ["TrainedNet"] or options.checkpoints or start.record is not None
    is_kept = is_kept or options.exchange.ranks > 1
    digests = digests_of(prepared) if is_kept else NO_DIGESTS
    warn_of_phases(rules, prepared.source, options)
    return Call(
        names, options, rules, prepared, taken_up(start, options, prepared, digests), digests
    )


def _check_measurements(training: TrainingNet, options: Options) -> None:
    """Raise OptionError for measurements that do not suit the targets, or a criterion that is not
    measured.
    """
    measurements = measurements_of(training, options)
    unweighted = [each.key for each in measurements if each.weighted]
    if unweighted and options.class_weights is None and options.example_weights is None:
        what = "measurements by weights, and there are none"
        at, fix = "training_progress_measurements", 'class_weights="Balanced", or example_weights'
        raise fail(OptionError, Fault(what, at=at, given=", ".join(unweighted), fix=fix))
    check_measured(options.stopping, measurements, training)


def _check_histories(names: Sequence[Asked], training: TrainingNet, options: Options) -> None:
    """Raise OptionError for what is asked of rounds or batches and would not be measured."""
    places = measured(measurements_of(training, options), training)
    known = [LOSS, *training.told_losses.values(), *(each.key for each in places)]
    faults = []
    for asked in names:
        if not isinstance(asked, History):
            continue
        here = [*known, *(options.arrays_measured if asked.interval == "Round" else ())]
        if asked.name not in here:
            what, fix = "this is not measured", f"training_progress_measurements={asked.name!r}"
            faults.append(Fault(what, "prop", repr(asked.name), known=here, fix=fix))
    if faults:
        raise fail(OptionError, faults)


def measurements_of(training: TrainingNet, options: Options) -> tuple[Measurement, ...]:
    """What is measured: as asked for, else the error rate of a net that learns classes."""
    at = "training_progress_measurements"
    if options.measurements is not AUTOMATIC:
        check_fit(options.measurements, training, at)
        found: tuple[Measurement, ...] = options.measurements
        return found
    of_classes = [stated_form(term.loss) not in (None, "Sequence") for term in training.terms]
    return (named("ErrorRate"),) if of_classes == [True] else ()


def properties(prop: object) -> list[Asked]:
    """The names of what net_train shall return, and what dicts ask for."""
    if prop is ALL:
        return [*PROPERTIES.names()]
    is_one = isinstance(prop, (str, Mapping))
    names = [prop] if is_one else list(prop) if isinstance(prop, (list, tuple)) else None
    if names is None:
        raise fail(
            OptionError,
            Fault(
                "what net_train shall return",
                given=brief(prop),
                expected='a property such as "TrainedNet", a dict that says its form, a list of '
                "these, or ALL",
                fix="inputs and outputs are one argument: net_train(net, (inputs, outputs))"
                if hasattr(prop, "__array__")
                else None,
            ),
        )
    return PROPERTIES.check_all(names)
