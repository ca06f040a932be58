"""The tile of windows with channels side by side: TALL rows x vectors of results in registers.

Register tiling: a micro-kernel of a GEMM whose rows lie anywhere. Where they do is told by a table
(an indirection buffer), so that no window is copied out of its image.

Source of the idea: Dukhan, "The indirect convolution algorithm", 2019.
"""

from __future__ import annotations

from llvmlite import ir

from wlnet.kernels.emit.places import word_at
from wlnet.kernels.emit.vectors import BYTE, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, Word, instruction
from wlnet.kernels.products.tiles import RAMP, TALL
from wlnet.kernels.windows.window_tiles import Places, nested

PANEL = 2
"""How many vectors of w lie beside one another for each k."""


def channel_tile(vectors: int) -> Instruction:
    """y[r] = gate(activation(start + sum over k of x[r, k] w[k])), for `present` columns.

    Arguments: how often the four loops of k run; x, and the distance of a step of each; the address
    of a table of how far each of TALL rows lies from x; w, a panel: for each k its vectors, one k
    after the other; bias: 0, or an address; y, and the table of its rows; activation; gate: 0, or
    the address of numbers laid out like y: a result is kept where they are positive, else 0;
    goes_on: 1 if the sums begin with what y holds; present.
    """

    @instruction("none", *["word"] * 18)
    def tile(
        kit: Kit, far: Word, wide: Word, long: Word, deep: Word, x: Address, x_far: Word,
        x_wide: Word, x_long: Word, x_deep: Word, x_table: Address, w: Address, bias: Address,
        y: Address, y_table: Address, activation: Word, gate: Address, goes_on: Word, present: Word,
    ) -> None:  # fmt: skip
        build, count = kit.builder, TALL.of(kit.target)
        columns = [constant(j * kit.target.width) for j in range(vectors)]
        masks = [kit.first(build.sub(present, constant(j * kit.lanes))) for j in range(vectors)]
        rows = [word_at(kit, x_table, constant(i)) for i in range(count)]
        zeros = [kit.number(0.0)] * (count * vectors)

        def lies(base: Address) -> list[tuple[Word, ir.Value]]:
            """Where the vectors of all rows lie, and which of their lanes exist."""
            places = [build.add(base, word_at(kit, y_table, constant(i))) for i in range(count)]
            pairs = list(zip(columns, masks, strict=True))
            return [(build.add(place, column), mask) for place in places for column, mask in pairs]

        def is_set(value: Word) -> ir.Value:
            return build.icmp_signed("!=", value, constant(0))

        def biases() -> State:
            pairs = zip(columns, masks, strict=True)
            return [kit.load_part(build.add(bias, column), mask) for column, mask in pairs] * count

        def held() -> State:
            return [kit.load_part(place, mask) for place, mask in lies(y)]

        begun = kit.choose(
            is_set(goes_on), held, lambda: kit.choose(is_set(bias), biases, lambda: zeros)
        )

        def body(state: State, at: Places) -> State:
            sums, here = list(state), kit.at(at[0])
            now = [kit.load(at[1], column) for column in columns]
            for i, row in enumerate(rows):
                place = build.gep(here, [row], source_etype=BYTE)
                one = kit.splat(build.load(place, typ=kit.real, align=kit.item))
                for j in range(vectors):
                    sums[i * vectors + j] = kit.fma(one, now[j], sums[i * vectors + j])
            return sums

        w_steps = [constant(PANEL * kit.target.width)]
        for loop in (deep, long, wide):
            w_steps.insert(0, build.mul(loop, w_steps[0]))
        steps = list(zip((x_far, x_wide, x_long, x_deep), w_steps, strict=True))
        sums = nested(kit, (far, wide, long, deep), steps, begun, (x, w), body)
        sums = kit.choose(
            build.icmp_signed("==", activation, constant(RAMP)),
            lambda: [kit.ramp(value) for value in sums],
            lambda: sums,
        )

        def gated() -> State:
            zero = kit.number(0.0)
            gates = [kit.load_part(place, mask) for place, mask in lies(gate)]
            return [
                build.select(build.fcmp_ordered(">", there, zero), value, zero)
                for there, value in zip(gates, sums, strict=True)
            ]

        for value, (place, mask) in zip(
            kit.choose(is_set(gate), gated, lambda: sums), lies(y), strict=True
        ):
            kit.store_part(value, place, mask)

    return tile
