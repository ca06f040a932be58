"""Who writes the receipt of a record: a room above does, as it knows options and files."""

from __future__ import annotations

from collections.abc import Callable

from wlnet.core.net import Services
from wlnet.results.results import PROPERTIES, TrainingRecord


class Receipts:
    """text: the receipt of a record; the doorplate puts in what writes it."""

    text: Callable[[TrainingRecord], str] | None = None


class Receipt(str):
    """The text of a receipt: a string like any other, of which notebooks show what it tells."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        assert Services.html is not None
        return Services.html(self)


@PROPERTIES.row("Receipt")
def _(r: TrainingRecord) -> Receipt:
    """Everything that decided the result, and the result, by digests: JSON, for `verify`."""
    assert Receipts.text is not None
    return Receipt(Receipts.text(r))
