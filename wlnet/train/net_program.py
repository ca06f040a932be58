"""net_program: what will run, before it runs, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wlnet.core.batches import BATCH
from wlnet.core.errors import Fault, NothingToTrainError, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.scalars import as_truth
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.arguments import check_choice, check_count, read_workers
from wlnet.kernels.jit.running import HAS_CLOCK
from wlnet.plan.report import ProgramReport, evaluation_report, training_report
from wlnet.train.learners import read_rules
from wlnet.train.losses import loss_terms
from wlnet.train.net_train import usual_options
from wlnet.train.options import read_options
from wlnet.train.parallel.options import read_parts
from wlnet.train.parallel.parted_report import parted_report, time_parts
from wlnet.train.slow_layers import time_training
from wlnet.train.timing import steps_of, time_evaluation
from wlnet.train.training_net import TrainingNet, checked


def net_program(
    net: Any,
    *,
    batch_size: int = BATCH,
    learning_rate_multipliers: Any = None,
    method: Any = AUTOMATIC,
    loss_function: Any = AUTOMATIC,
    working_precision: Any = "Real32",
    measured: bool = False,
    workers: Any = AUTOMATIC,
    batch_parts: Any = 1,
) -> ProgramReport:
    """What will run for a net and a batch: a table of kernel calls, with bytes and operations.

    Without rules (None) it is the program of `net(x)`. With rules, or AUTOMATIC for those that the
    net carries, it is that of one step of net_train with these options: what freezing leaves out
    is told, and what is computed once as it depends on frozen arrays alone. Numbers are not needed,
    shapes are. Nothing is compiled and nothing runs.

    measured=True: it is compiled, and run for about a second, on random examples and on copies of
    the arrays; nets and files stay as they are. Each call is told with its microseconds (µs), until
    the next one begins; the share of them in which workers wait for each other; 10^9 operations
    (GF/s) and 10^9 bytes read and written (GB/s) a second. They are medians over whole steps, means
    over workers, and their sum is that of a step. A second table has a row for each layer; for a
    step of training with the microseconds by which it is shorter where the arrays of that layer are
    frozen as well: the step is planned once more for it, the calls that go away are added up, and
    those that come instead are measured and taken off. workers: how many run it; AUTOMATIC: as many
    as there are cores for, or one where that is faster.

    batch_parts: how many parts a batch has, as in net_train. Then a part is told, the update that
    follows the sum over all of them, and how many bytes each of 1, 2, 4, ... ranks sends in a step;
    measured, how long a step takes each of them on this machine, without what sending takes.

    The fields of the answer can be asked: calls, once, prefix, steps, left_out, arena_bytes,
    operations_per_example, ...; timing, of what was measured: microseconds, waiting, layers, ...;
    see wlnet.plan.report.ProgramReport and wlnet.plan.timing.Timing.

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

    >>> program = net_program(NetChain([3, "Ramp", 2], input=4), measured=True)
    >>> [(row.layer, row.microseconds > 0) for row in program.timing.layers]
    [((1,), True), ((3,), True), ((), True)]

    Wolfram Language: nothing like it.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_program takes a net", given=brief(net)))
    gathered = Gathered()
    gathered.attempt(lambda: _check_measured(measured, workers))
    parts, faults = read_parts(batch_parts, "batch_parts")
    gathered.add(*faults)
    gathered.attempt(lambda: _check_parts(parts, learning_rate_multipliers))
    batch = gathered.attempt(lambda: check_count("batch_size", batch_size)) or 1
    if learning_rate_multipliers is None:
        known = tuple(DTYPES)
        gathered.attempt(lambda: check_choice("working_precision", working_precision, known))
        count = gathered.attempt(lambda: read_workers(workers))
        gathered.add(*_faults_of_evaluation({"method": method, "loss_function": loss_function}))
        gathered.tell()
        program = evaluation_report(net, batch, working_precision)
        return time_evaluation(program, net, count) if measured else program
    options, faults = read_options(
        {
            "batch_size": batch,
            "learning_rate_multipliers": learning_rate_multipliers,
            "method": "ADAM" if method is AUTOMATIC else method,
            "loss_function": loss_function,
            "working_precision": working_precision,
            "workers": workers,
            "batch_parts": parts or 1,
        },
        usual_options(),
    )
    gathered.add(*faults)
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
    if options.batch_parts > 1:
        every = read_rules(net, all_trained, warnings=False).only()
        program = parted_report(training, rules, every, options)
        return time_parts(program, training, rules, options) if measured else program
    program = training_report(
        batch,
        steps_of(training, rules, options),
        steps_of(training, read_rules(net, all_trained, warnings=False).only(), all_trained),
    )
    return time_training(program, training, rules, options) if measured else program


def _check_measured(measured: object, workers: object) -> None:
    """Raises OptionError."""
    truth = as_truth(measured)
    if truth is None:
        raise fail(OptionError, Fault("measured is True or False", given=brief(measured)))
    if truth and not HAS_CLOCK:
        what = "no clock is known on this machine that is read fast enough"
        raise fail(OptionError, Fault(what, at="measured", expected="x86-64 or 64-bit ARM"))
    if not truth and workers is not AUTOMATIC:
        what = "workers run what is measured, and nothing is"
        raise fail(OptionError, Fault(what, given=brief(workers), fix="measured=True"))


def _check_parts(parts: int | None, rules: object) -> None:
    """Raises OptionError."""
    if parts in (None, 1):
        return
    if rules is None:
        what = "only a training has batches in parts, and without rules this is an evaluation"
        fix = "learning_rate_multipliers=AUTOMATIC, for a training by the net's own rules"
        raise fail(OptionError, Fault(what, at="batch_parts", given=str(parts), fix=fix))


def _faults_of_evaluation(given: Mapping[str, object]) -> list[Fault]:
    """What is wrong with options that only a training has."""
    return [
        Fault(
            f"{name} belongs to a training, and without rules this is the program of evaluation",
            given=brief(value),
            fix="learning_rate_multipliers=AUTOMATIC, for a training by the net's own rules",
        )
        for name, value in given.items()
        if value is not AUTOMATIC
    ]
