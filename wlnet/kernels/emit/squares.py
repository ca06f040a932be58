"""Squares of numbers, a vector's lanes by as many vectors, turned over their diagonal.

A transposition in registers, of which every other one is made.
"""

from __future__ import annotations

from llvmlite import ir

from wlnet.kernels.emit.vectors import INDEX, Kit, constant
from wlnet.kernels.language import Address, Vector, Word, instruction

LAST_AGAIN, ZEROS = 0, 1
"""What the lanes beyond the last example hold: the last example once more, or zeros."""


def riffled(kit: Kit, vectors: list[Vector], times: int) -> list[Vector]:
    """A pack of vectors, a power of two of them, riffled: each time the highest bit of a number's
    place in the pack becomes the lowest one."""
    build, lanes = kit.builder, kit.lanes
    kind, half = ir.VectorType(INDEX, lanes), lanes // 2
    low = ir.Constant(kind, [i // 2 + lanes * (i % 2) for i in range(lanes)])
    high = ir.Constant(kind, [half + i // 2 + lanes * (i % 2) for i in range(lanes)])
    middle = len(vectors) // 2
    for _ in range(times):
        vectors = [
            build.shuffle_vector(vectors[i], vectors[i + middle], mask)
            for i in range(middle)
            for mask in (low, high)
        ]
    return vectors


def transposed(kit: Kit, vectors: list[Vector]) -> list[Vector]:
    """LANES vectors, whose lane j of vector i becomes lane i of vector j."""
    return riffled(kit, vectors, kit.lanes.bit_length() - 1)


@instruction("none", *["word"] * 7)
def turn(
    kit: Kit, source: Address, step: Word, present: Word, zeros: Word, to: Address, to_step: Word,
    kept: Word,
) -> None:  # fmt: skip
    """Transpose LANES x LANES numbers.

    Vectors `step` bytes apart are read; those from `present` on are the last one present again, or
    zeros. The first `kept` results are written, `to_step` bytes apart.
    """
    build, lanes = kit.builder, kit.lanes
    last = build.sub(present, constant(1))
    blank = build.icmp_signed("!=", zeros, constant(0))
    vectors = []
    for i in range(lanes):
        there = build.icmp_signed("<", constant(i), present)
        row = build.select(there, constant(i), last)
        value = kit.load(source, build.mul(row, step))
        empty = build.and_(blank, build.not_(there))
        vectors.append(build.select(empty, kit.number(0.0), value))
    vectors = transposed(kit, vectors)
    for i, value in enumerate(vectors):
        mask = kit.spread(build.icmp_signed("<", constant(i), kept), kit.mask)
        kit.store_part(value, build.add(to, build.mul(constant(i), to_step)), mask)
