"""What the entries of operands are: Reals, Integers for an index, or either for what moves them."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.core.errors import Fault, ShapeError, fail
from wlnet.graph.graph import Element
from wlnet.graph.primitives import PRIMITIVES

MOVES = frozenset({"reshape", "transpose", "broadcast", "slice", "concatenate", "reverse"})
"""What moves entries and leaves them as they are, be they Reals or Integers."""


def check_elements(primitive: str, given: Sequence[Element], at: str = "") -> None:
    """Raise ShapeError for entries of another kind than a primitive reads."""
    row = PRIMITIVES.get(primitive)
    if row is None or row.any_entries:
        return
    if primitive in MOVES:
        wanted = [given[0]] * len(given)
    else:
        wanted = ["Integer" if i == row.index else "Real" for i in range(len(given))]
    if any(one != other and (one, other) != ("Byte", "Integer")
           for one, other in zip(given, wanted, strict=True)):  # fmt: skip
        fault = Fault(
            f"{primitive} reads entries of another kind",
            at=at,
            given=", ".join(given),
            expected=", ".join(wanted),
        )
        raise fail(ShapeError, fault)
