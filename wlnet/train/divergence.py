"""Numbers that are no longer finite: seen before they reach an array, told where they began."""

from __future__ import annotations

import math

import numpy as np

from wlnet.core.errors import Fault, TrainingWarning, warn
from wlnet.core.parts import Path, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.engine.program import Program, Step
from wlnet.evaluate.columns import Array


class Diverged(Exception):
    """Numbers that are not finite; the message says where they began."""


def all_finite(values: Array) -> bool:
    """Whether all numbers are finite; one pass with a product that overflows only when something is
    wrong.
    """
    flat = values.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        if math.isfinite(float(np.dot(flat, flat))):
            return True
    return bool(np.isfinite(flat).all())


def where_it_began(program: Program, prefix: Path, seed: Seed, step: int, what: str) -> str:
    """Run the step again and stop at the first call whose results are not finite."""
    first: list[Step] = []

    def check(call: Step, outputs: tuple[Array, ...]) -> bool:
        if any(output.dtype.kind == "f" and not np.isfinite(output).all() for output in outputs):
            first.append(call)
        return bool(first)

    program.run(seed=seed, step=step, until=check)
    place = ""
    if first:
        origin = first[0].origin
        inside = origin[len(prefix) :] if origin[: len(prefix)] == prefix else origin
        place = f"; the first to go was {path_text(inside) or 'the loss'} ({first[0].primitive})"
    return f"{what} at step {step + 1} is not finite{place}"


def key_text(key: ArrayKey) -> str:
    """An array as messages name it."""
    return path_text(key) if isinstance(key, tuple) else repr(key)


def warn_diverged(message: str) -> None:
    """Warn of a training that was stopped for its numbers."""
    warn(
        TrainingWarning,
        Fault(
            "training stopped: numbers are no longer finite",
            given=message,
            expected="the last finite arrays are kept",
            fix="a smaller learning_rate, or GradientClipping",
        ),
    )
