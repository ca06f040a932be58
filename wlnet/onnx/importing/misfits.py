"""What cannot be imported, and why: raised at a node, and told with all others of the file."""

from __future__ import annotations

SIZES = "sizes of one example"
"""A fix that is made of the inputs of the file when it is told (inputs.py, `hint`)."""


class Misfit(Exception):
    """Something about a node that no net can be made of: what, and words for its fault."""

    def __init__(self, what: str, **words: str) -> None:
        super().__init__(what)
        self.what, self.words = what, words
