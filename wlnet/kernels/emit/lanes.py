"""Arithmetic on vectors (SIMD) as it is written: `a * b + c` in Python emits the LLVM code for it.

Unlike the plain code of kernels nothing here is reordered or fused by the compiler, so that an
exact difference stays exact. A run of numbers is a loop over whole vectors and a masked last one:
the bits of a result depend on its operands alone, not on the place in the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import Address, Instruction, Vector, Word, instruction

# An operation without flags would be given those of the whole kernel, which allow reordering. So
# each has one that means nothing for it.
_AS_WRITTEN = ("arcp",)
_DIVIDED_AS_WRITTEN = ("contract",)


class Mask:
    """A truth for each lane."""

    def __init__(self, kit: Kit, value: Vector) -> None:
        self.kit, self.value = kit, value

    def __and__(self, other: Mask) -> Mask:
        return Mask(self.kit, self.kit.builder.and_(self.value, other.value))

    def __or__(self, other: Mask) -> Mask:
        return Mask(self.kit, self.kit.builder.or_(self.value, other.value))

    def choose(self, then: Lanes | float, other: Lanes | float) -> Lanes:
        """Lane by lane one of two."""
        kit = self.kit
        return Lanes(kit, kit.builder.select(self.value, _value(kit, then), _value(kit, other)))


class Lanes:
    """A vector of real numbers."""

    def __init__(self, kit: Kit, value: Vector) -> None:
        self.kit, self.value = kit, value

    def _binary(self, name: str, a: Any, b: Any, flags: tuple[str, ...] = _AS_WRITTEN) -> Lanes:
        operation = getattr(self.kit.builder, name)
        return Lanes(self.kit, operation(_value(self.kit, a), _value(self.kit, b), flags=flags))

    def __add__(self, other: Lanes | float) -> Lanes:
        return self._binary("fadd", self, other)

    def __sub__(self, other: Lanes | float) -> Lanes:
        return self._binary("fsub", self, other)

    def __mul__(self, other: Lanes | float) -> Lanes:
        return self._binary("fmul", self, other)

    def __truediv__(self, other: Lanes | float) -> Lanes:
        return self._binary("fdiv", self, other, _DIVIDED_AS_WRITTEN)

    def __radd__(self, other: float) -> Lanes:
        return self._binary("fadd", other, self)

    def __rsub__(self, other: float) -> Lanes:
        return self._binary("fsub", other, self)

    def __rmul__(self, other: float) -> Lanes:
        return self._binary("fmul", other, self)

    def __rtruediv__(self, other: float) -> Lanes:
        return self._binary("fdiv", other, self, _DIVIDED_AS_WRITTEN)

    def __neg__(self) -> Lanes:
        return Lanes(self.kit, self.kit.builder.fneg(self.value))

    def __abs__(self) -> Lanes:
        return self.by("fabs")

    def times(self, factor: Lanes | float, more: Lanes | float) -> Lanes:
        """self * factor + more, rounded once."""
        kit = self.kit
        return Lanes(kit, kit.fma(self.value, _value(kit, factor), _value(kit, more)))

    def by(self, name: str, *others: Lanes) -> Lanes:
        """A function that LLVM knows: fabs, sqrt, rint, copysign ..."""
        kit = self.kit
        values = [self.value, *(other.value for other in others)]
        return Lanes(kit, kit.call(f"llvm.{name}.{kit.suffix}", kit.vector, values))

    def _compared(self, sign: str, other: Lanes | float) -> Mask:
        kit = self.kit
        compare = kit.builder.fcmp_ordered
        return Mask(kit, compare(sign, self.value, _value(kit, other), flags=_AS_WRITTEN))

    def __lt__(self, other: Lanes | float) -> Mask:
        return self._compared("<", other)

    def __gt__(self, other: Lanes | float) -> Mask:
        return self._compared(">", other)

    def __ge__(self, other: Lanes | float) -> Mask:
        return self._compared(">=", other)

    def is_equal(self, other: Lanes | float) -> Mask:
        """Where it equals another number; a NaN equals nothing."""
        return self._compared("==", other)

    def is_nan(self) -> Mask:
        """Where it is NaN."""
        kit = self.kit
        flags = _AS_WRITTEN
        return Mask(kit, kit.builder.fcmp_unordered("uno", self.value, self.value, flags=flags))

    def at_most(self, bound: Lanes | float) -> Lanes:
        """The smaller of it and a bound; NaN stays."""
        return (self > bound).choose(bound, self)

    def at_least(self, bound: Lanes | float) -> Lanes:
        """The larger of it and a bound; NaN stays."""
        return (self < bound).choose(bound, self)

    def polynomial(self, *coefficients: float) -> Lanes:
        """coefficients[0] + coefficients[1] x + ..."""
        total = Lanes(self.kit, self.kit.number(coefficients[-1]))
        for each in reversed(coefficients[:-1]):
            total = total.times(self, each)
        return total

    @property
    def bits(self) -> Bits:
        """The same lanes as integers."""
        kind = ir.VectorType(self.kit.bits, self.kit.lanes)
        return Bits(self.kit, self.kit.builder.bitcast(self.value, kind))


class Bits:
    """A vector of integers as wide as the real numbers."""

    def __init__(self, kit: Kit, value: Vector) -> None:
        self.kit, self.value = kit, value

    def _binary(self, name: str, other: Bits | int) -> Bits:
        if isinstance(other, int):
            kind = ir.VectorType(self.kit.bits, self.kit.lanes)
            right = ir.Constant(kind, [other] * self.kit.lanes)
        else:
            right = other.value
        return Bits(self.kit, getattr(self.kit.builder, name)(self.value, right))

    def __add__(self, other: Bits | int) -> Bits:
        return self._binary("add", other)

    def __sub__(self, other: Bits | int) -> Bits:
        return self._binary("sub", other)

    def __and__(self, other: int) -> Bits:
        return self._binary("and_", other)

    def __lshift__(self, count: int) -> Bits:
        return self._binary("shl", count)

    def __rshift__(self, count: int) -> Bits:
        return self._binary("ashr", count)

    @property
    def lanes(self) -> Lanes:
        """The same lanes as real numbers."""
        return Lanes(self.kit, self.kit.builder.bitcast(self.value, self.kit.vector))


def _value(kit: Kit, x: Lanes | float) -> Any:
    return x.value if isinstance(x, Lanes) else kit.number(x)


def run(function: Callable[..., Lanes], inputs: int = 1) -> Instruction:
    """`(count, address of each input, address of the result)`: a function on runs of numbers.

    The result may lie where an input lies.
    """

    @instruction("none", *["word"] * (inputs + 2))
    def numbers(kit: Kit, count: Word, *addresses: Address) -> None:
        build = kit.builder
        whole, left = divided(kit, count)

        def some(at: Callable[[Any], Any], load: Callable[[Address], Vector]) -> Any:
            return function(*(Lanes(kit, load(at(each))) for each in addresses[:-1])).value

        def body(i: Word, _: State) -> State:
            offset = build.mul(i, constant(kit.target.width))
            value = some(lambda each: build.add(each, offset), kit.load)
            kit.store(value, addresses[-1], offset)
            return []

        def tail() -> State:
            mask = kit.first(left)
            offset = build.mul(whole, constant(kit.target.width))
            value = some(
                lambda each: build.add(each, offset), lambda each: kit.load_part(each, mask)
            )
            kit.store_part(value, build.add(addresses[-1], offset), mask)
            return []

        kit.loop(whole, [], body)
        kit.choose(build.icmp_signed(">", left, constant(0)), tail, list)

    return numbers


def divided(kit: Kit, count: Word) -> tuple[Word, Word]:
    """How many whole vectors there are, and how many numbers are left."""
    build = kit.builder
    whole = build.udiv(count, constant(kit.lanes))
    return whole, build.sub(count, build.mul(whole, constant(kit.lanes)))
