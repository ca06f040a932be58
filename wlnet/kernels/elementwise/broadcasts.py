"""A function of two operands, one of which may be repeated, along the rows of a flat range.

The inner loop of a binary elementwise operation with broadcasting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.lanes import Lanes, divided
from wlnet.kernels.emit.places import Walk, step_at, word_at
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import Address, Instruction, Vector, Word, instruction


def broadcast(function: Callable[[Lanes, Lanes], Lanes]) -> Instruction:
    """`(start, stop, rank, table, a, b, out)`: a function of two operands, see places.py.

    Along a row one operand may be repeated while the others lie one after another: that is fast.
    Whatever else: number by number.
    """

    @instruction("none", *["word"] * 7)
    def pairs(
        kit: Kit, start: Word, stop: Word, rank: Word, table: Address, a: Address, b: Address,
        out: Address,
    ) -> None:  # fmt: skip
        build = kit.builder
        last = build.sub(rank, constant(1))

        def fast(count: Word, places: list[Address], stays: tuple[bool, bool]) -> State:
            whole, left = divided(kit, count)
            fixed = [
                kit.splat(kit.load_one(place)) if each else None
                for place, each in zip(places, stays, strict=False)
            ]

            def some(offset: Word, load: Callable[[Address], Vector]) -> Any:
                both = (
                    load(build.add(place, offset)) if value is None else value
                    for place, value in zip(places, fixed, strict=False)
                )
                return function(*(Lanes(kit, value) for value in both)).value

            def body(i: Word, _: State) -> State:
                offset = build.mul(i, constant(kit.target.width))
                kit.store(some(offset, kit.load), places[2], offset)
                return []

            def tail() -> State:
                mask = kit.first(left)
                offset = build.mul(whole, constant(kit.target.width))
                value = some(offset, lambda each: kit.load_part(each, mask))
                kit.store_part(value, build.add(places[2], offset), mask)
                return []

            kit.loop(whole, [], body)
            return kit.choose(build.icmp_signed(">", left, constant(0)), tail, list)

        def slow(count: Word, places: list[Address], steps: list[Word]) -> State:
            def body(i: Word, _: State) -> State:
                both = (
                    kit.splat(kit.load_one(place, build.mul(i, step)))
                    for place, step in zip(places[:2], steps[:2], strict=True)
                )
                value = function(*(Lanes(kit, each) for each in both)).value
                one = build.extract_element(value, ir.Constant(ir.IntType(32), 0))
                build.store(one, kit.at(places[2], build.mul(i, steps[2])), align=kit.item)
                return []

            return kit.loop(count, [], body)

        def visit(count: Word, _: Any, places: list[Address], _band: Any) -> None:
            # The distances are read for each row: were they known to stay, the compiler would make
            # a copy of the whole walk for each of the four ways.
            steps = [step_at(kit, rank, table, k, last) for k in range(3)]

            def is_step(k: int, size: int) -> Any:
                return build.icmp_signed("==", steps[k], constant(size))

            runs = is_step(2, kit.item)
            a_runs, b_runs = (build.and_(runs, is_step(k, kit.item)) for k in (0, 1))
            kit.choose(
                build.and_(a_runs, b_runs),
                lambda: fast(count, places, (False, False)),
                lambda: kit.choose(
                    build.and_(a_runs, is_step(1, 0)),
                    lambda: fast(count, places, (False, True)),
                    lambda: kit.choose(
                        build.and_(b_runs, is_step(0, 0)),
                        lambda: fast(count, places, (True, False)),
                        lambda: slow(count, places, steps),
                    ),
                ),
            )

        walk = Walk(rank, table, (a, b, out), word_at(kit, table, last))
        walk.along(kit, start, stop, visit)

    return pairs
