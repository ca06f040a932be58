"""A configuration as it is run here, as the other library is asked it, and how far they differ."""

from __future__ import annotations

import pickle
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tests.parity.draws_of_arrays
import tests.parity.draws_of_losses
import tests.parity.draws_of_windows  # noqa: F401  # they enter what they draw
from tests.bench import BATCH, Run, draws, filled
from tests.parity.draws import DRAWS
from wlnet.kernels.language import Precision

MOST: dict[Precision, float] = {"Real64": 1e-10, "Real32": 1e-5}
"""The largest error that rounding explains."""
STATISTICS = "MovingMean", "MovingVariance"
"""Arrays that no gradient moves: there is none of them elsewhere."""


def short(kind: str, path: Any) -> str:
    """The name of an array for the other library: the end of its path, and the part where several
    have it."""
    return f"{path[0]} {path[-1]}" if kind == "MultiheadAttention" else str(path[-1])


class Outcome(NamedTuple):
    """What a configuration comes to here: outputs by port, derivatives by port and by array."""

    outputs: dict[str, Any]
    derivatives: dict[Any, Any]


Question = dict[str, Any]


def asked(kind: str, number: int, precision: Precision = "Real64") -> tuple[Outcome, Question]:
    """A configuration, run here, and what the other library is asked: in 64 bits, of numbers that
    32 bits hold, so that the same answer is right in both precisions."""
    net, words, span, mode, scale = DRAWS[kind](np.random.default_rng([number, *map(ord, kind)]))
    net = filled(net, number, scale)
    run = Run(net, draws(net, BATCH, number, *span), mode, precision)
    factors = {name: x for name, x in run.data.items() if name.startswith("factor ")}
    run.data |= {name: np.float64(np.float32(x)) for name, x in factors.items()}
    question = {
        "kind": kind, "words": words,
        "arrays": {short(kind, key): np.array(x, np.float64) for key, x in run.arrays.items()},
        "inputs": {n: x if x.dtype.kind == "f" else x.astype(int)
                   for n, x in run.data.items() if n not in factors},
        "factors": {name.removeprefix("factor "): run.data[name] for name in factors},
    }  # fmt: skip
    run.run()
    return Outcome(run.outputs, run.derivatives), question


def answers_of(python: str, questions: Iterable[Question]) -> list[dict[str, Any]]:
    """What the other library, in the environment of a Python of its own, says to questions."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "questions"
        file.write_bytes(pickle.dumps([*questions]))
        subprocess.run([python, "-m", "tests.parity.torch_answers", str(file)], check=True)
        answers: list[dict[str, Any]] = pickle.loads(file.read_bytes())
        return answers


def error(given: Any, expected: Any, least: float = 0.0) -> float:
    """The largest difference, in units of the largest number, or of `least` if that is more."""
    assert given.shape == expected.shape, (given.shape, expected.shape)
    size = max(np.abs(expected).max(initial=0.0), least)
    return float(np.abs(np.float64(given) - expected).max(initial=0.0) / (size or 1.0))


def compared(kind: str, own: Outcome, answer: dict[str, Any]) -> tuple[float, float | None]:
    """The largest error forwards, and that of gradients, if there are any."""
    forward = max(error(own.outputs[name], y) for name, y in answer["outputs"].items())
    here = {
        ("input", key) if isinstance(key, str) else ("array", short(kind, key)): x
        for key, x in own.derivatives.items()
    }
    gradients = {name: x for name, x in answer["gradients"].items() if name[1] not in STATISTICS}
    assert not gradients or {name for name in here if name[1] not in STATISTICS} == {*gradients}
    least = 0.1 * max((float(np.abs(x).max(initial=0.0)) for x in gradients.values()), default=0.0)
    found = [error(here[name], x, least) for name, x in gradients.items()]
    return forward, max(found) if found else None
