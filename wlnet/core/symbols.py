"""The words that stand where a value could: AUTOMATIC, ALL, ANY, and the two ends of a text."""

from __future__ import annotations

from typing import ClassVar, Final


class Symbol:
    """A named singleton: equal only to itself, the same after copying and pickling."""

    __slots__ = ("name",)
    _known: ClassVar[dict[str, Symbol]] = {}
    name: str

    def __new__(cls, name: str) -> Symbol:
        if name not in cls._known:
            symbol = super().__new__(cls)
            symbol.name = name
            cls._known[name] = symbol
        return cls._known[name]

    def __reduce__(self) -> tuple[type[Symbol], tuple[str]]:
        return Symbol, (self.name,)

    def __copy__(self) -> Symbol:
        return self

    def __deepcopy__(self, memo: object) -> Symbol:
        return self

    def __bool__(self) -> bool:
        raise TypeError(f"{self.name} is neither true nor false; compare it: x is {self.name}")

    def __repr__(self) -> str:
        return self.name


AUTOMATIC: Final = Symbol("AUTOMATIC")
"""To be worked out: an array not drawn yet, a size to infer, a default."""

ALL: Final = Symbol("ALL")
"""Every part one level down."""

ANY: Final = Symbol("ANY")
"""Whatever is there: the pattern that matches everything. Wolfram Language: ``_``."""

START_OF_STRING: Final = Symbol("START_OF_STRING")
"""What stands before the first character of a text. Wolfram Language: StartOfString."""

END_OF_STRING: Final = Symbol("END_OF_STRING")
"""What stands behind the last character of a text. Wolfram Language: EndOfString."""
