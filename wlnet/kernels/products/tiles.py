"""The tile of a matrix product: rows x vectors of results, kept in registers over a block of depth.

Register tiling: this is the micro-kernel of a GEMM, written as rank-1 updates.

Products come down to it: c[i, j] = start + sum over k of a[i, k] b[k, j], with one distance along k
in a and one in b. So a transposed matrix is read where it lies.

Source of the idea: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication",
2008.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.vectors import BYTE, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Vector, Word, instruction

# With 32 vector registers 8 x 2 results fit beside two of b; with 16 registers 4 x 2.
TALL = PerTarget(lambda target: 8 if target.width == 64 else 4)

NO_ACTIVATION, RAMP = 0, 1

AHEAD = 1024
"""How many bytes of b before they are needed a single row asks for them."""


def tile(
    rows: int | PerTarget, vectors: int, masked: bool = False, some: bool = False
) -> Instruction:
    """A tile as an instruction; masked: only the first `columns` lanes of its vectors exist; some:
    only the first rows, as many as a last argument says: the last of them stands in for the others.

    Arguments: depth, a, a_row, a_depth, b, b_depth, b_vector, c, c_row, start, start_row,
    activation, gate, columns, ahead, ahead_depth. b_vector: the bytes from one vector of columns of
    b to the next. start: 0, or the address of what the sums begin with, laid out like c but for the
    distance of its rows (0: one row for all, a bias). gate: 0, or the address of numbers laid out
    like c; a result is kept where they are positive, else 0. ahead: what will be needed after this
    tile is brought into the second cache, `ahead_depth` bytes further on for each k.
    """

    @instruction("none", *["word"] * (17 if some else 16))
    def product_tile(
        kit: Kit,
        depth: Word,
        a: Address,
        a_row: Word,
        a_depth: Word,
        b: Address,
        b_depth: Word,
        b_vector: Word,
        c: Address,
        c_row: Word,
        start: Word,
        start_row: Word,
        activation: Word,
        gate: Address,
        columns: Word,
        ahead: Address,
        ahead_depth: Word,
        *present: Word,
    ) -> None:
        build = kit.builder
        count = rows.of(kit.target) if isinstance(rows, PerTarget) else rows
        numbers = [constant(i) for i in range(count)]
        for there in present:
            last = build.sub(there, constant(1))
            numbers = [build.select(build.icmp_signed("<", i, last), i, last) for i in numbers]
        masks = [
            kit.first(build.sub(columns, constant(j * kit.lanes))) if masked else None
            for j in range(vectors)
        ]

        def load(address: Address, j: int) -> Vector:
            mask = masks[j]
            return kit.load(address) if mask is None else kit.load_part(address, mask)

        def loads(places: list[Any]) -> list[Vector]:
            return [load(place, i % vectors) for i, place in enumerate(places)]

        def places(base: Address, distance: Word) -> list[Any]:
            return [
                build.add(base, build.add(build.mul(i, distance), _vector(kit, j)))
                for i in numbers
                for j in range(vectors)
            ]

        results = kit.choose(
            _is_set(kit, start),
            lambda: loads(places(start, start_row)),
            lambda: [kit.number(0.0)] * (count * vectors),
        )
        b_vectors = [build.mul(constant(j), b_vector) for j in range(vectors)]
        a_rows = [build.mul(i, a_row) for i in numbers]

        def body(_: Any, state: State) -> State:
            *sums, a_at, b_at, far_at = state
            b_now = [load(build.add(b_at, far), j) for j, far in enumerate(b_vectors)]
            if count == 1:
                # A single row has no use for what is in the cache, and waits for all of b.
                for far in b_vectors:
                    kit.prefetch(build.add(b_at, far), constant(AHEAD))
            else:
                kit.prefetch(far_at, level=2)
            a_pointer = kit.at(a_at)
            for i in range(count):
                place = build.gep(a_pointer, [a_rows[i]], source_etype=BYTE)
                x = kit.splat(build.load(place, typ=kit.real, align=kit.item))
                for j in range(vectors):
                    sums[i * vectors + j] = kit.fma(x, b_now[j], sums[i * vectors + j])
            moved = (a_at, a_depth), (b_at, b_depth), (far_at, ahead_depth)
            return [*sums, *(build.add(at, distance) for at, distance in moved)]

        results = kit.loop(depth, [*results, a, b, ahead], body)[:-3]
        results = kit.choose(
            build.icmp_signed("==", activation, constant(RAMP)),
            lambda: [kit.ramp(value) for value in results],
            lambda: results,
        )

        def gated() -> State:
            zero = kit.number(0.0)
            return [
                build.select(build.fcmp_ordered(">", there, zero), value, zero)
                for there, value in zip(loads(places(gate, c_row)), results, strict=True)
            ]

        results = kit.choose(_is_set(kit, gate), gated, lambda: results)
        for i, (place, value) in enumerate(zip(places(c, c_row), results, strict=True)):
            mask = masks[i % vectors]
            if mask is None:
                kit.store(value, place)
            else:
                kit.store_part(value, place, mask)

    return product_tile


def _vector(kit: Kit, j: int) -> Any:
    return constant(j * kit.target.width)


def _is_set(kit: Kit, address: Address) -> Any:
    return kit.builder.icmp_signed("!=", address, ir.Constant(address.type, 0))
