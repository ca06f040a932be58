"""What ties the ports of an operator to those of its net: patterns of named sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wlnet.core.errors import Fault, ShapeError, fail
from wlnet.core.shapes import Mismatch, Pattern, shape_text, solve
from wlnet.nets.wires import WHAT, Cell, Wire, agree


class PatternCell(Cell):
    """Wires whose shapes have patterns with sizes in common, as a layer declares them.

    tied: a wire with its pattern, by a name for messages, which also say what is wanted. alike:
    wires that carry the same kind of numbers.
    """

    def __init__(
        self,
        at: str,
        tied: Mapping[str, tuple[Wire, Pattern]],
        alike: Sequence[Sequence[Wire]],
        wanted: str,
    ) -> None:
        super().__init__(wire for wire, _ in tied.values())
        self.at, self.tied, self.alike, self.wanted = at, tied, alike, wanted

    def update(self, settle: bool = False) -> None:
        """Tell each wire what follows from the others."""
        for group in self.alike:
            agree(list(group))
            sent = next((wire.sent for wire in group if wire.sent), None)
            for wire in group:
                wire.sent = wire.sent or sent
        wires, patterns = zip(*self.tied.values(), strict=True)
        sources = [wire.source for wire in wires if wire.source]
        try:
            shapes = solve(patterns, [wire.shape for wire in wires], lambda sizes: None)
            for wire, shape, pattern in zip(wires, shapes, patterns, strict=True):
                # A pattern without sizes follows from no other wire.
                wire.refine(shape, wire.source or (sources[0] if sources and pattern else self.at))
        except Mismatch as error:
            told = [
                f"{name} {shape_text(wire.shape)}"
                for name, (wire, _) in self.tied.items()
                if wire.shape is not None
            ]
            expected = f"{self.wanted}, but {error}"
            fault = Fault(WHAT, at=self.at, given="; ".join(told), expected=expected)
            raise fail(ShapeError, fault) from None

    def pass_limits(self) -> bool:
        news = [
            wire.limit(other.below)
            for group in self.alike
            for wire in group
            for other in group
            if wire is not other
        ]
        return any(news)
