"""Numbers that are no longer finite: seen before they reach an array, told where they began."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wlnet.core.errors import Fault, TrainingWarning, warn
from wlnet.core.parts import key_text, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.engine.blueprint import Step
from wlnet.engine.program import Program
from wlnet.graph.keys import GradientKey
from wlnet.train.training_net import TrainingNet


class Diverged(Exception):
    """Numbers that are not finite; the message says where they began."""


def where_it_began(
    program: Program,
    training: TrainingNet,
    seed: Seed,
    step: int,
    moves: Callable[[ArrayKey], bool],
) -> str | None:
    """Run a step, without updates, up to the first call whose results are not finite.

    None when the loss, all gradients and all statistics that move are finite.
    """
    first: Step | None = None
    for call, outputs in program.one_by_one(seed=seed, step=step):
        if first is None and any(
            output.dtype.kind == "f" and not np.isfinite(output).all() for output in outputs
        ):
            first = call
    what = _not_finite(program, training, moves)
    if what is None:
        return None
    place = ""
    if first is not None:
        place = f"; the first to go was {path_text(first.origin) or 'the loss'} ({first.what})"
    return f"{what} at step {step + 1} is not finite{place}"


def _not_finite(
    program: Program, training: TrainingNet, moves: Callable[[ArrayKey], bool]
) -> str | None:
    with np.errstate(over="ignore", invalid="ignore"):
        # Each may be finite where their sum, of which the loss is the mean, is not.
        losses = sum(
            scale * program.outputs[port].sum(dtype=np.float64)
            for port, scale in training.losses.items()
        )
    if not np.isfinite(losses):
        return "the loss"
    found = [
        (f"the gradient of {key_text(name.array)}", name.array, value)
        for name, value in program.outputs.items()
        if isinstance(name, GradientKey)
    ]
    found += [
        (f"the statistic {key_text(key)}", key, value) for key, value in program.updates.items()
    ]
    for what, key, value in found:
        if moves(key) and not np.isfinite(value).all():
            return what
    return None


def warn_diverged(message: str, steps: int) -> None:
    """Warn of a training that was stopped for its numbers, after so many good steps."""
    # What goes wrong before anything has been learnt goes wrong at any learning rate.
    fix = (
        "a smaller learning_rate, or GradientClipping"
        if steps
        else "smaller inputs or arrays; a function that takes what comes, as np.where(x > 0, "
        "np.log(x), 0) does: nothing has been learnt yet, so that no learning_rate helps"
    )
    warn(
        TrainingWarning,
        Fault(
            "training stopped: numbers are no longer finite",
            given=message,
            expected="the last finite arrays are kept",
            fix=fix,
        ),
    )
