"""Records of trainings in pickles: the bytes of a .wlnet file, as long as they are in a pickle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wlnet.io.files import from_bytes, to_bytes
from wlnet.results.results import NetTrainResults


@dataclass(frozen=True)
class Kept:
    """A record as the bytes that `save` would write: no programs, no memory of them, no threads."""

    data: bytes

    @staticmethod
    def of(value: Any) -> Any:
        """A record as bytes; anything else as it is. Raises FormatError for what no file holds."""
        return Kept(to_bytes(value)) if isinstance(value, NetTrainResults) else value

    @staticmethod
    def back(value: Any) -> Any:
        """What `of` was given. Raises FormatError for bytes that were changed."""
        return from_bytes(value.data) if isinstance(value, Kept) else value
