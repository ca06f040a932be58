"""Going on: what a training takes over from the record of an earlier one."""

from __future__ import annotations

from dataclasses import replace

from wlnet.core.errors import Fault, TrainingWarning, warn
from wlnet.core.net import Net
from wlnet.nets.arrays import replace_arrays
from wlnet.results.moment import CallRecord, Moment
from wlnet.results.results import TrainingRecord
from wlnet.train.digests import Digests
from wlnet.train.learners import TrainingRules
from wlnet.train.measurement_names import own_keys
from wlnet.train.options import Options
from wlnet.train.plan import plan_of, rounds_of
from wlnet.train.preparation import Prepared
from wlnet.train.sources import Source
from wlnet.train.start import Start
from wlnet.train.stopping import StoppingCriterion
from wlnet.train.stopping_options import as_criterion


def net_of(record: TrainingRecord) -> Net:
    """The net as it was after the last step: with a validation set, the trained net is another."""
    return replace_arrays(record.trained_net, dict(record.moment.arrays))


def taken_up(start: Start, options: Options, prepared: Prepared, digests: Digests) -> Start:
    """What of an earlier training holds for this call as well.

    Another method begins anew, and says so. A round that is not over is taken to its end where it
    is of the same batches. The best validation so far is compared with new ones where these are of
    the same examples.
    """
    if start.record is None:
        return start
    record = start.record
    moment = _of_method(record, options)
    source = prepared.source
    before = record.batch_size, record.batches_per_round, record.training_examples
    now = source.batch_size, source.batches_per_round, source.examples
    # How many batches a pass of a generator has, nobody knows before it ends.
    is_pass = source.batches_per_round is None and record.training_examples is None
    if moment.in_round and (before[:1] != now[:1] if is_pass else before != now):
        moment = replace(moment, in_round=0, in_pass=0, seen={})
    last = record.calls[-1]
    if _criterion_of(last) != options.stopping:
        moment = replace(moment, failures=None)
    if prepared.validation is None or last.validation != digests.validation:
        moment = replace(moment, best_rank=None)
    return replace(start, record=replace(record, moment=moment))


def _criterion_of(call: CallRecord) -> StoppingCriterion | None:
    """The stopping criterion of a call."""
    own = own_keys(call.options["training_progress_measurements"])
    return as_criterion(call.options["training_stopping_criterion"], own)


def _of_method(record: TrainingRecord, options: Options) -> Moment:
    """Where the training stood, with the state of its method if it is the same."""
    moment, (name, _) = record.moment, record.method
    if name == options.method.name or not moment.states:
        return moment
    what = f"the training goes on by another method: what {name} has kept of the arrays is dropped"
    fix = f'method="{name}" goes on where it stood'
    warn(TrainingWarning, Fault(what, given=options.method.name, fix=fix))
    return replace(moment, states={}, updates={})


def warn_of_schedule(source: Source, options: Options, start: Start) -> None:
    """Warn of a warm-up that is as long as the training or longer, and of steps of a schedule that
    come after its end."""
    plan = plan_of(options, source.batch_size, source.batches_per_round, start)
    # What does not go by the end of this call goes on from the call before.
    total = plan.batches if options.method.looks_at_total else plan.last_batch
    schedule = options.method.learning_rate_schedule
    if total is None or not isinstance(schedule, tuple):
        return
    name, given = schedule[0], dict(schedule[1])
    on = (
        ""
        if options.method.looks_at_total
        else "; a training that goes on from the record has more"
    )
    at, told = f"LearningRateSchedule {name} of {options.method.name}", f"{total:,} updates"
    warm = given.get("Warmup", 0)
    warm = warm if isinstance(warm, int) else 0
    if warm >= total:
        what = f"the warm-up of {warm:,} updates never ends"
        fix = f"max_training_rounds, or a share as Warmup, as 0.1{on}"
        warn(TrainingWarning, Fault(what, at, told, fix=fix))
        return
    late = [n for n in given.get("At", ()) if isinstance(n, int) and n >= total - warm]
    if late:
        what = f"{', '.join(f'{n:,}' for n in late)}: steps that are never reached"
        fix = f"max_training_rounds, or shares of the updates, as 0.5{on}"
        warn(TrainingWarning, Fault(what, f"{at}, option 'At'", told, fix=fix))


def warn_of_phases(rules: TrainingRules, source: Source, options: Options) -> None:
    """Warn of phases that are never reached, and of those in which nothing learns."""
    rounds = rounds_of(options, source.batches_per_round)
    for first, each in rules.phases.items() if len(rules.phases) > 1 else ():
        at = f"learning_rate_multipliers, phase from round {first}"
        if rounds is not None and first > rounds:
            what = f"the phase from round {first} is never reached"
            warn(TrainingWarning, Fault(what, at, f"{rounds} rounds", fix="max_training_rounds"))
        elif not any(map(each.groups.ever_moves, each.table.trained_keys())):
            what = f"nothing learns in the phase from round {first}: its rounds change nothing"
            warn(TrainingWarning, Fault(what, at, f"{len(each.table)} arrays that rest"))
