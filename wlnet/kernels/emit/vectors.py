"""Vector code (SIMD): what a builder of LLVM instructions says in terms of vectors of reals.

Addresses are words (64 bit integers), distances are bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from wlnet.kernels.language import Address, Scalar, Target, Vector, Word

WORD = ir.IntType(64)
INDEX = ir.IntType(32)
BYTE = ir.IntType(8)
FLAG = ir.IntType(1)
POINTER = ir.PointerType()
State = list[Any]
"""Values of any kinds that a loop, or a branch, hands on."""


def constant(number: int) -> Word:
    """A word known when compiling."""
    return ir.Constant(WORD, number)


class Kit:
    """A builder and a target: emits vector instructions."""

    def __init__(self, builder: Any, target: Target) -> None:
        self.builder, self.target = builder, target
        self.lanes, self.item = target.lanes, target.item
        self.real = ir.FloatType() if target.item == 4 else ir.DoubleType()
        self.bits = ir.IntType(8 * target.item)
        self.vector = ir.VectorType(self.real, self.lanes)
        self.mask = ir.VectorType(FLAG, self.lanes)
        self.letter = f"f{8 * target.item}"
        self.suffix = f"v{self.lanes}{self.letter}"

    def call(self, name: str, result: Any, arguments: Sequence[Any], **options: Any) -> Any:
        """Call a function that LLVM or the process knows by name."""
        kind = ir.FunctionType(result, [a.type for a in arguments])
        function = self.builder.module.globals.get(name)
        if function is None:
            function = ir.Function(self.builder.module, kind, name)
        return self.builder.call(function, arguments, **options)

    # Memory

    def at(self, address: Address, offset: Word | None = None) -> Any:
        """An address, some bytes further on, as a pointer."""
        if offset is not None:
            address = self.builder.add(address, offset)
        return self.builder.inttoptr(address, POINTER)

    def load(self, address: Address, offset: Word | None = None) -> Vector:
        return self.builder.load(self.at(address, offset), typ=self.vector, align=self.item)

    def store(self, value: Vector, address: Address, offset: Word | None = None) -> None:
        self.builder.store(value, self.at(address, offset), align=self.item)

    def prefetch(
        self, address: Address, offset: Word | None = None, write: bool = False, level: int = 1
    ) -> None:
        """Have a line of memory brought near that will be read, or written; any address will do.

        level: of the cache that it is brought into.
        """
        flags = [ir.Constant(INDEX, flag) for flag in (int(write), 4 - level, 1)]
        self.call("llvm.prefetch.p0", ir.VoidType(), [self.at(address, offset), *flags])

    def load_one(self, address: Address, offset: Word | None = None) -> Scalar:
        return self.builder.load(self.at(address, offset), typ=self.real, align=self.item)

    def load_part(self, address: Address, mask: Vector) -> Vector:
        """The lanes that a mask names, zeros elsewhere; memory of the others is not touched."""
        name = f"llvm.masked.load.{self.suffix}.p0"
        align = ir.Constant(INDEX, self.item)
        return self.call(name, self.vector, [self.at(address), align, mask, self.number(0.0)])

    def load_each(self, address: Address, jumps: Vector, mask: Vector) -> Vector:
        """For each lane that a mask names a number so many numbers further on; else zeros."""
        build = self.builder
        kind = ir.VectorType(WORD, self.lanes)
        items = ir.Constant(kind, [self.item] * self.lanes)
        offsets = build.mul(build.sext(jumps, kind), items)
        places = build.add(self.spread(address, kind), offsets)
        pointers = build.inttoptr(places, ir.VectorType(POINTER, self.lanes))
        name = f"llvm.masked.gather.{self.suffix}.v{self.lanes}p0"
        align = ir.Constant(INDEX, self.item)
        return self.call(name, self.vector, [pointers, align, mask, self.number(0.0)])

    def store_part(self, value: Vector, address: Address, mask: Vector) -> None:
        name = f"llvm.masked.store.{self.suffix}.p0"
        align = ir.Constant(INDEX, self.item)
        self.call(name, ir.VoidType(), [value, self.at(address), align, mask])

    def load_indices(self, address: Address, mask: Vector) -> Vector:
        """Integers of 32 bits: the lanes that a mask names, zeros elsewhere."""
        kind = ir.VectorType(INDEX, self.lanes)
        name, align = f"llvm.masked.load.v{self.lanes}i32.p0", ir.Constant(INDEX, 4)
        return self.call(name, kind, [self.at(address), align, mask, ir.Constant(kind, None)])

    def store_indices(self, value: Vector, address: Address, mask: Vector) -> None:
        name, align = f"llvm.masked.store.v{self.lanes}i32.p0", ir.Constant(INDEX, 4)
        self.call(name, ir.VoidType(), [value, self.at(address), align, mask])

    # Numbers

    def number(self, x: float) -> Vector:
        """A vector of one number."""
        return ir.Constant(self.vector, [x] * self.lanes)

    def splat(self, x: Scalar) -> Vector:
        """A scalar in all lanes."""
        return self.spread(x, self.vector)

    def spread(self, x: Any, kind: Any) -> Vector:
        empty = ir.Constant(kind, ir.Undefined)
        one = self.builder.insert_element(empty, x, ir.Constant(INDEX, 0))
        zeros = ir.Constant(ir.VectorType(INDEX, kind.count), [0] * kind.count)
        return self.builder.shuffle_vector(one, empty, zeros)

    def first(self, count: Word) -> Vector:
        """The mask of the first lanes."""
        kind = ir.VectorType(INDEX, self.lanes)
        limit = self.spread(self.builder.trunc(count, INDEX), kind)
        return self.builder.icmp_signed("<", ir.Constant(kind, list(range(self.lanes))), limit)

    def double(self, x: float) -> Scalar:
        """A number of 64 bits, in any precision."""
        return ir.Constant(ir.DoubleType(), x)

    def narrowed(self, x: Scalar) -> Scalar:
        """A number of 64 bits in the precision of the target."""
        return x if self.item == 8 else self.builder.fptrunc(x, self.real)

    def fma(self, a: Vector, b: Vector, c: Vector) -> Vector:
        return self.call(f"llvm.fma.{self.suffix}", self.vector, [a, b, c])

    def ramp(self, x: Vector) -> Vector:
        """max(x, 0), where NaN stays NaN."""
        zero = self.number(0.0)
        return self.builder.select(self.builder.fcmp_ordered("<=", x, zero), zero, x)

    def total(self, x: Vector) -> Scalar:
        """The sum of all lanes."""
        start = ir.Constant(self.real, 0.0)
        name = f"llvm.vector.reduce.fadd.{self.suffix}"
        return self.call(name, self.real, [start, x], fastmath=("reassoc",))

    def totals(self, values: Sequence[Vector]) -> list[Vector]:
        """The sums of all lanes of some vectors, in the lanes of as many vectors as that takes."""
        found = []
        for i in range(0, len(values), self.lanes):
            some = list(values[i : i + self.lanes])
            some += [some[-1]] * (self.lanes - len(some))
            apart = 1
            while len(some) > 1:
                pairs = zip(some[::2], some[1::2], strict=True)
                some = [self._folded(a, b, apart) for a, b in pairs]
                apart *= 2
            found += some
        return found

    def _folded(self, a: Vector, b: Vector, apart: int) -> Vector:
        """Neighbouring stretches of lanes added up: those of a where a stretch of a begins, those
        of b in the stretch after it."""
        build, lanes = self.builder, self.lanes
        near = [j - apart + lanes if j & apart else j for j in range(lanes)]
        far = [j + lanes if j & apart else j + apart for j in range(lanes)]
        kind = ir.VectorType(INDEX, lanes)
        parts = [build.shuffle_vector(a, b, ir.Constant(kind, each)) for each in (near, far)]
        return build.fadd(*parts)

    # Flow

    def loop(self, count: Word, state: State, body: Callable[[Word, State], State]) -> State:
        """state = body(i, state) for i in 0..count-1; gives the last state."""
        build = self.builder
        before = build.block
        head = build.append_basic_block("head")
        inside = build.append_basic_block("inside")
        after = build.append_basic_block("after")
        build.branch(head)
        build.position_at_end(head)
        i = build.phi(WORD)
        i.add_incoming(constant(0), before)
        held = []
        for value in state:
            phi = build.phi(value.type)
            phi.add_incoming(value, before)
            held.append(phi)
        build.cbranch(build.icmp_signed("<", i, count), inside, after)
        build.position_at_end(inside)
        new = body(i, list(held))
        i.add_incoming(build.add(i, constant(1)), build.block)
        for phi, value in zip(held, new, strict=True):
            phi.add_incoming(value, build.block)
        build.branch(head)
        build.position_at_end(after)
        return held

    def choose(
        self, condition: Any, then: Callable[[], State], other: Callable[[], State]
    ) -> State:
        """The values of one of two branches."""
        build = self.builder
        yes = build.append_basic_block("yes")
        no = build.append_basic_block("no")
        after = build.append_basic_block("after")
        build.cbranch(condition, yes, no)
        ends = []
        for block, make in ((yes, then), (no, other)):
            build.position_at_end(block)
            made = make()
            ends.append((build.block, made))
            build.branch(after)
        build.position_at_end(after)
        merged = []
        for values in zip(ends[0][1], ends[1][1], strict=True):
            phi = build.phi(values[0].type)
            for (block, _), value in zip(ends, values, strict=True):
                phi.add_incoming(value, block)
            merged.append(phi)
        return merged
