"""net_program: what will run, before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wlnet.core.batches import BATCH
from wlnet.core.errors import Fault, NothingToTrainError, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.arguments import check_choice, check_count
from wlnet.plan.compile import Steps
from wlnet.plan.report import ProgramReport, evaluation_report, training_report
from wlnet.train.calls import measurements_of
from wlnet.train.learners import ArrayRules, learners_of, read_rules
from wlnet.train.losses import loss_terms
from wlnet.train.net_train import usual_options
from wlnet.train.options import Options, read_options
from wlnet.train.programs import Kind, programs_of
from wlnet.train.training_net import TrainingNet, checked


def net_program(
    net: Any,
    *,
    batch_size: int = BATCH,
    learning_rate_multipliers: Any = None,
    method: Any = AUTOMATIC,
    loss_function: Any = AUTOMATIC,
    working_precision: str = "Real32",
) -> ProgramReport:
    """What will run for a net and a batch: a table of kernel calls, with bytes and operations.

    Without rules (None) it is the program of `net(x)`. With rules, or AUTOMATIC for those that the
    net carries, it is that of one step of net_train with these options: what freezing leaves out
    is told, and what is computed once as it depends on frozen arrays alone. Numbers are not needed,
    shapes are. Nothing is compiled and nothing runs.

    The fields of the answer can be asked: calls, once, prefix, steps, left_out, arena_bytes,
    operations_per_example, ...; see wlnet.plan.report.ProgramReport.

    Raises OptionError, RuleError; NotInitializedError where a shape is not known;
    NothingToTrainError for rules under which nothing learns.

    >>> from wlnet.nets.chain import NetChain
    >>> net_program(NetChain([3, "Ramp", 2], input=4))
    Program for evaluation, batches of 64, Real32
    <BLANKLINE>
    layer  what is done           kernel                writes  operations
    -----  ---------------------  --------------------  ------  ----------
    (once, when the program is made)
    1      pack weights           lane_blocks.to_lanes  1x4x...          0
    3      pack weights           lane_blocks.to_lanes  1x3x...          0
    (for every batch)
    -      check of numbers       rows.check_finite     64x4             0
    1      product + bias + Ramp  products.product      64x3         1,536
    3      product + bias         products.product      64x2           768
    <BLANKLINE>
    operations an example  36
    bytes of the arena     ...
    bytes of arrays        92

    Wolfram Language: nothing like it.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_program takes a net", given=brief(net)))
    batch = check_count("batch_size", batch_size)
    check_choice("working_precision", working_precision, tuple(DTYPES))
    if learning_rate_multipliers is None:
        _check_evaluation({"method": method, "loss_function": loss_function})
        return evaluation_report(net, batch, working_precision)  # type: ignore[arg-type]
    options, faults = read_options(
        {
            "batch_size": batch,
            "learning_rate_multipliers": learning_rate_multipliers,
            "method": "ADAM" if method is AUTOMATIC else method,
            "loss_function": loss_function,
            "working_precision": working_precision,
        },
        usual_options(),
    )
    gathered = Gathered([fail(OptionError, faults)] if faults else ())
    rules = gathered.attempt(lambda: read_rules(net, options).only())
    training = gathered.attempt(
        lambda: checked(TrainingNet(net, loss_terms(net, options.loss_function)))
    )
    gathered.tell()
    assert rules is not None
    assert training is not None
    if not rules.table.trained_keys():
        what = "nothing to train: no array is left that a gradient may move"
        fix = "learning_rate_multipliers=None, the program of evaluation"
        raise fail(NothingToTrainError, Fault(what, given=f"{len(rules.table)} arrays", fix=fix))
    all_trained = replace(options, multipliers=1)
    return training_report(
        batch,
        _steps(training, rules, options),
        _steps(training, read_rules(net, all_trained, warnings=False).only(), all_trained),
    )


def _check_evaluation(given: Mapping[str, object]) -> None:
    """Raises OptionError for options that only a training has."""
    faults = [
        Fault(
            f"{name} belongs to a training, and without rules this is the program of evaluation",
            given=brief(value),
            fix="learning_rate_multipliers=AUTOMATIC, for a training by the net's own rules",
        )
        for name, value in given.items()
        if value is not AUTOMATIC
    ]
    if faults:
        raise fail(OptionError, faults)


def _steps(training: TrainingNet, rules: ArrayRules, options: Options) -> Steps:
    """What one step of this training does, its frozen prefix apart."""
    learners = learners_of(rules, options.method, {})
    measurements = measurements_of(training, options)
    programs = programs_of(training, rules, learners, options, measurements, options.batch_size)
    return programs.steps("Train", Kind(options.batch_size), keep_prefix=True)
