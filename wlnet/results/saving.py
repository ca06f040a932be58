"""Who writes the record of a training to a file, and reads it back: rooms above the files do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Saving:
    """What files ask for and must not know how to do: the doorplate puts the doers in.

    written: results -> the record of the file and its tensors. rebuilt: the way back.
    """

    written: Callable[[Any], tuple[Any, dict[str, Any]]] | None = None
    rebuilt: Callable[[Any, dict[str, Any]], Any] | None = None
