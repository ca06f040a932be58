"""The tile of the gradient by the weights where a table tells what is met.

Register tiling: a micro-kernel of a GEMM whose sums run over lanes as well; the operands lie where
a table says (an indirection buffer), so that any elements of windows meet in a tile.
"""

from __future__ import annotations

import itertools

from llvmlite import ir

from wlnet.kernels.emit.places import word_at
from wlnet.kernels.emit.vectors import BYTE, WORD, Kit, State, constant
from wlnet.kernels.language import Address, PerTarget, Word, instruction
from wlnet.kernels.windows.window_tiles import Places, nested

MET_HIGH = PerTarget(lambda target: 4 if target.width == 64 else 3)
MET_WIDE = PerTarget(lambda target: 6 if target.width == 64 else 3)
"""How many channels meet how many elements of windows: 24 sums fit into 32 registers, 9 into 16."""


@instruction("none", *["word"] * 13)
def met_tile(
    kit: Kit, images: Word, vectors: Word, d: Address, d_out: Word, d_image: Word, x: Address,
    x_image: Word, x_table: Address, g: Address, g_out: Word, high_left: Word, wide_left: Word,
    goes_on: Word,
) -> None:  # fmt: skip
    """g[o, k] = sum over images, vectors and lanes of d[o, image, vector] x[image, vector, k].

    x_table: how far from x the first of MET_WIDE elements of windows lies, and the others; results
    for them lie side by side. high_left, wide_left: how many channels and elements of the tile
    there are; the other channels read what the last one reads, and nothing is written. goes_on: 1
    if the sums begin with what g holds.
    """
    build = kit.builder
    high, wide = MET_HIGH.of(kit.target), MET_WIDE.of(kit.target)
    vector, zero = constant(kit.target.width), constant(0)

    def is_there(i: int, left: Word) -> ir.Value:
        return build.icmp_signed("<", constant(i), left)

    last = build.sub(high_left, constant(1))
    rows = [
        build.mul(build.select(is_there(i, high_left), constant(i), last), d_out)
        for i in range(high)
    ]
    met = [word_at(kit, x_table, constant(j)) for j in range(wide)]

    def body(sums: State, at: Places) -> State:
        def read(address: Address, distance: Word) -> ir.Value:
            place = build.gep(kit.at(address), [distance], source_etype=BYTE)
            return build.load(place, typ=kit.vector, align=kit.item)

        sent = [read(at[0], row) for row in rows]
        sums = list(sums)
        for j, each in enumerate(met):
            now = read(at[1], each)
            for i in range(high):
                sums[i * wide + j] = kit.fma(sent[i], now, sums[i * wide + j])
        return sums

    begun = [kit.number(0.0)] * (high * wide)
    steps = ((d_image, x_image), (vector, vector))
    sums = nested(kit, (images, vectors), steps, begun, (d, x), body)
    with build.goto_entry_block():
        room = build.alloca(ir.ArrayType(kit.vector, -(-len(sums) // kit.lanes)))
    totals = build.ptrtoint(room, WORD)
    for k, total in enumerate(kit.totals(sums)):
        kit.store(total, totals, constant(k * kit.target.width))

    def write(i: int, j: int, again: bool) -> None:
        at = build.add(build.add(g, build.mul(constant(i), g_out)), constant(j * kit.item))
        total = kit.load_one(totals, constant((i * wide + j) * kit.item))
        if again:
            total = build.fadd(kit.load_one(at), total)
        build.store(total, kit.at(at), align=kit.item)

    def write_all(again: bool) -> None:
        is_full = build.and_(is_there(high - 1, high_left), is_there(wide - 1, wide_left))
        with build.if_else(is_full) as (then, otherwise):
            with then:
                for i, j in itertools.product(range(high), range(wide)):
                    write(i, j, again)
            with otherwise:
                for i, j in itertools.product(range(high), range(wide)):
                    with build.if_then(build.and_(is_there(i, high_left), is_there(j, wide_left))):
                        write(i, j, again)

    with build.if_else(build.icmp_signed("!=", goes_on, zero)) as (then, otherwise):
        with then:
            write_all(again=True)
        with otherwise:
            write_all(again=False)
