"""Who writes the receipt of a record: a room above does, as it knows options and files."""

from __future__ import annotations

from collections.abc import Callable

from wlnet.results.results import PROPERTIES, TrainingRecord


class Receipts:
    """text: the receipt of a record; the doorplate puts in what writes it."""

    text: Callable[[TrainingRecord], str] | None = None


@PROPERTIES.row("Receipt")
def _(r: TrainingRecord) -> str:
    """Everything that decided the result, and the result, by digests: JSON, for `verify`."""
    assert Receipts.text is not None
    return Receipts.text(r)
