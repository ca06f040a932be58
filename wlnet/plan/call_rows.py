"""A kernel call of a program, as a value to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wlnet.core.parts import Path
from wlnet.plan.ways import Way

When = Literal["Once", "Prefix", "Step", "Update"]


@dataclass(frozen=True)
class CallRow:
    """A kernel call.

    when: "Once" (constants), "Prefix" (the frozen prefix), "Step", or "Update", where a batch has
    parts, each of which does a "Step" before. what: what it does, with all
    that was fused into it. layer: the path of the layer that asked for it, () for none. shapes: of
    what it writes. operations: about how many it takes, on numbers with a floating point, in all
    turns of a loop; times: how many these are.
    """

    when: When
    what: str
    kernel: str
    layer: Path
    shapes: tuple[tuple[int, ...], ...]
    operations: int
    times: int = 1
    bytes: int = 0
    way: Way = "Forward"
    microseconds: float | None = None
    waiting: float | None = None

    @property
    def gf_per_second(self) -> float | None:
        """Operations a second, in 10^9; None where nothing was measured."""
        return self._rate(self.operations)

    @property
    def gb_per_second(self) -> float | None:
        """Bytes a second, in 10^9, that it reads and writes, from whatever cache."""
        return self._rate(self.bytes)

    def _rate(self, amount: int) -> float | None:
        return amount / self.microseconds / 1e3 if self.microseconds and amount else None

    @property
    def parts(self) -> tuple[str, ...]:
        """What was fused."""
        return tuple(self.what.split(" + "))
