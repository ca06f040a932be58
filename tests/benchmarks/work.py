"""What a contender is asked to do: plain numbers, so that every library can be told the same."""

from __future__ import annotations

import dataclasses
import json
from typing import Literal, NamedTuple

Task = Literal["train", "evaluate", "start"]


class Net(NamedTuple):
    """A net by its kind and sizes; every contender that takes part knows how to build it.

    mlp: sizes of input, hidden layers (with Ramp), classes. lenet: size of the square image.
    residual: channels, size of the image. attention: length of the sequence, width.
    heads, causal: attention of several heads; length of the sequence, width, heads.
    lstm, gru: length of the sequence, its width, size of the state.
    beside: how many linear layers stand beside one another, their outputs, their inputs.
    """

    kind: Literal[
        "mlp", "lenet", "residual", "attention", "heads", "causal", "lstm", "gru", "beside"
    ]
    sizes: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Work:
    """One run: so many rounds over so many examples, or so many evaluations of one batch.

    last: how many of the last layers with arrays are trained, None for all.
    rates: how many of the first layers with arrays have a rate of their own.
    longer: the rounds of a second run in the same turn, 0 for none. What it takes more than the
    first one is the time of steps alone: whatever a run does once is in both.
    """

    net: Net
    task: Task = "train"
    batch: int = 64
    examples: int = 64
    rounds: int = 1
    last: int | None = None
    rates: int = 0
    longer: int = 0

    @property
    def batches(self) -> int:
        """How many batches there are in one round."""
        return self.examples // self.batch

    @property
    def steps(self) -> int:
        """How many batches there are in one run."""
        return self.rounds * self.batches

    @property
    def more_steps(self) -> int:
        """How many more batches there are in the longer run."""
        return (self.longer - self.rounds) * self.batches

    @property
    def lengths(self) -> tuple[int, ...]:
        """The rounds of each run of a turn."""
        return (self.rounds, self.longer) if self.longer else (self.rounds,)

    def to_json(self) -> str:
        """One line, for the process that does the work."""
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(line: str) -> Work:
        """The same work again."""
        fields = json.loads(line)
        kind, sizes = fields.pop("net")
        return Work(Net(kind, tuple(sizes)), **fields)


def rate(number: int) -> float:
    """The rate of the n-th layer that has one of its own: all different."""
    return 1 / (2 + number)
