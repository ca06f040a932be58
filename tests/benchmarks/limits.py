"""What products and memory alone allow: the least time that a step of training can take.

The operations of the three products of every linear layer, at the FMA peak of all threads, and
after them the bytes of weights, biases and what the method keeps beside them, each read and written
once, at the speed at which so many numbers are changed in place. Losses, examples and gradients
count for nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from tests.benchmarks.kernels import changing_bandwidth, fma_loop
from tests.benchmarks.machine import threads
from tests.benchmarks.product_rows import ADAM_STATES, FLOAT
from tests.benchmarks.work import Work


@dataclass(frozen=True)
class Allowed:
    """What a machine can do, measured: GF/s and GB/s of all threads together."""

    fma: float
    memory: float

    def seconds(self, work: Work) -> float:
        """Of one run of the work."""
        move = 2 * FLOAT * numbers(work) / self.memory / 1e9
        return work.steps * (operations(work) / self.fma / 1e9 + move)


def operations(work: Work) -> int:
    """Those of the products in one step: forward, by the weights, and by the inputs of all layers
    but the first."""
    sizes = [inputs * outputs for inputs, outputs in pairwise(work.net.sizes)]
    return 2 * work.batch * (3 * sum(sizes) - sizes[0])


def numbers(work: Work) -> int:
    """Those that a step of Adam changes."""
    return (1 + ADAM_STATES) * sum((i + 1) * o for i, o in pairwise(work.net.sizes))


def allowed(work: Work) -> dict[str, Any]:
    """What this machine can do just now for such a work, as the results keep it."""
    assert work.net.kind == "mlp" and work.last is None and work.task == "train", work
    return asdict(Allowed(fma_loop(threads())(), changing_bandwidth(numbers(work), threads())))
