"""Rows turned into columns: a transpose of any size, with what is not there left alone."""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES
from wlnet.kernels.emit.squares import transposed
from wlnet.kernels.emit.vectors import Kit, constant
from wlnet.kernels.language import Address, Word, instruction, routine


@instruction("none", *["word"] * 7)
def turn_part(
    kit: Kit, source: Address, step: Word, rows: Word, columns: Word, to: Address, to_step: Word,
    kept: Word,
) -> None:  # fmt: skip
    """Transpose a part of LANES x LANES numbers: so many rows of so many columns, `step` bytes
    apart. Of the vector of each column the first `kept` lanes are written, zeros where there are no
    rows."""
    build = kit.builder
    there, none, written = kit.first(columns), kit.first(constant(0)), kit.first(kept)
    vectors = []
    for i in range(kit.lanes):
        is_row = kit.spread(build.icmp_signed("<", constant(i), rows), kit.mask)
        mask = build.select(is_row, there, none)
        vectors.append(kit.load_part(build.add(source, build.mul(constant(i), step)), mask))
    for i, value in enumerate(transposed(kit, vectors)):
        is_column = kit.spread(build.icmp_signed("<", constant(i), columns), kit.mask)
        mask = build.select(is_column, written, none)
        kit.store_part(value, build.add(to, build.mul(constant(i), to_step)), mask)


@routine
def turn_rows(rows, columns, x, x_row, y, y_row, room):  # type: ignore[no-untyped-def]
    """y[j, i] = x[i, j] for rows i and columns j; zeros beyond the last row, up to a whole vector,
    but not beyond `room`."""
    for row in range(0, rows, LANES):
        for column in range(0, columns, LANES):
            turn_part(x + row * x_row + column * ITEM, x_row, min(LANES, rows - row),
                      min(LANES, columns - column), y + column * y_row + row * ITEM, y_row,
                      min(LANES, room - row))  # fmt: skip
