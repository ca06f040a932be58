"""What the ranks of a training send one another in a step, as a value to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wlnet.core.table import Table
from wlnet.core.table_cells import Column

COLUMNS = (
    Column("ranks", "count"),
    Column("parts of a rank", "count"),
    Column("depth", "count"),
    Column("messages", "count"),
    Column("bytes sent", "count"),
    Column("with everything trained", "count"),
)
TIME = Column("µs", "amount")
HEADING = "sent by each rank, for every batch:"


@dataclass(frozen=True)
class Traffic:
    """What each of so many ranks sends in a step; it receives as much.

    parts: of a batch, that are a rank's own. depth: levels of the tree of sums that are between
    ranks. messages: how many it sends. bytes_sent: gradients, updated arrays, and what parts have
    to know of one another; of these `bytes_of_meetings` for batch normalization.
    bytes_with_all_trained: if nothing were frozen. Losses and measurements, which are sent for some
    steps at once, are not in it: they are few. microseconds: of all that a rank does in a step on
    this machine, without what sending takes; None where nothing was measured.
    """

    ranks: int
    parts: int
    depth: int
    messages: int
    bytes_sent: int
    bytes_of_meetings: int
    bytes_with_all_trained: int
    microseconds: float | None = None


@dataclass(frozen=True)
class Sent:
    """What the parts of a batch have to add up: the bytes of the stretch of all gradients, and of
    each sum that they meet for on the way."""

    stretch: int
    meetings: Sequence[int]


def traffic(parts: int, made: Sent, full: Sent) -> tuple[Traffic, ...]:
    """The traffic of 1, 2, 4, ..., as many ranks as there are parts. full: with everything
    trained.

    >>> [(row.ranks, row.bytes_sent) for row in traffic(4, Sent(1024, [8]), Sent(2048, [8]))]
    [(1, 0), (2, 1033), (4, 1555)]
    """
    found, ranks = [], 1
    while ranks <= parts:
        depth = ranks.bit_length() - 1
        bytes_met = depth * sum(made.meetings)
        # There and back; in each level of the way back it is told whether all is finite.
        messages = depth * (3 + len(made.meetings))
        found.append(
            Traffic(
                ranks, parts // ranks, depth, messages, _summed(made, ranks) + bytes_met,
                bytes_met, _summed(full, ranks) + depth * sum(full.meetings),
            )
        )  # fmt: skip
        ranks *= 2
    return tuple(found)


def _summed(sent: Sent, ranks: int) -> int:
    return 2 * (sent.stretch - sent.stretch // ranks) + ranks - 1


def table_of(rows: Sequence[Traffic]) -> Table:
    """All of it as a table."""
    is_timed = any(row.microseconds is not None for row in rows)
    return Table(
        (*COLUMNS, TIME) if is_timed else COLUMNS,
        tuple(
            (row.ranks, row.parts, row.depth, row.messages, row.bytes_sent,
             row.bytes_with_all_trained, *([row.microseconds] if is_timed else []))
            for row in rows
        ),
        HEADING,
        noun="numbers of ranks",
    )  # fmt: skip
