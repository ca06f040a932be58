"""What a command has to say, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

DONE, FAILED, MISUSED, DENIED, INTERRUPTED, UNHEARD = 0, 1, 2, 3, 130, 141

STATUSES = MappingProxyType(
    {
        DONE: "it worked; two nets are the same, a receipt holds",
        FAILED: "an error of wlnet, of a file or of the disk, which standard error tells",
        MISUSED: "a command line that cannot be",
        DENIED: "the answer is no: two nets differ, a receipt does not hold",
        INTERRUPTED: "an interrupt; what was trained until then is kept",
        UNHEARD: "nobody reads what is printed any more",
    }
)
"""Exit statuses, each with what it says."""


@dataclass(frozen=True)
class Answer:
    """What a command found. text: for people, without the last line break; value: the same for
    programs, which --json prints instead; status: one of STATUSES; note: what is said beside it, on
    standard error; content: what is printed byte for byte in place of the text."""

    text: str = ""
    value: object = None
    status: int = DONE
    note: str = ""
    content: bytes = b""
