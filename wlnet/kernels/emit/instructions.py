"""The instructions that most kernels use: words, pointers, numbers, and the context of a worker.

An instruction is what compilers call an intrinsic: a function whose body is code of LLVM.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.vectors import INDEX, POINTER, WORD, Kit, constant
from wlnet.kernels.language import Address, Instruction, PerTarget, Scalar, Word, instruction

LANES = PerTarget(lambda target: target.lanes)
ITEM = PerTarget(lambda target: target.item)


@instruction("word", "word", "word")
def word(kit: Kit, address: Address, i: Word) -> Word:
    """The i-th word from an address on."""
    offset = kit.builder.shl(i, constant(3))
    return kit.builder.load(kit.at(address, offset), typ=WORD, align=8)


@instruction("none", "word", "word", "word")
def set_word(kit: Kit, address: Address, i: Word, value: Word) -> Any:
    """Write the i-th word from an address on."""
    offset = kit.builder.shl(i, constant(3))
    kit.builder.store(value, kit.at(address, offset), align=8)


def _pointer(kit: Kit, address: Address, kind: Any) -> Any:
    return kit.builder.inttoptr(address, kind.as_pointer())


@instruction("reals", "word")
def reals(kit: Kit, address: Address) -> Any:
    """Real numbers from an address on."""
    return _pointer(kit, address, kit.real)


@instruction("doubles", "word")
def doubles(kit: Kit, address: Address) -> Any:
    """Numbers of 64 bits from an address on, in any precision."""
    return _pointer(kit, address, ir.DoubleType())


@instruction("indices", "word")
def indices(kit: Kit, address: Address) -> Any:
    """Integers of 32 bits from an address on."""
    return _pointer(kit, address, INDEX)


@instruction("words", "word")
def words(kit: Kit, address: Address) -> Any:
    """Integers of 64 bits from an address on."""
    return _pointer(kit, address, WORD)


@instruction("real", "double")
def real(kit: Kit, x: Scalar) -> Scalar:
    """A number in the precision of the target: `2 * x` would be computed in 64 bits."""
    return x if kit.item == 8 else kit.builder.fptrunc(x, kit.real)


@instruction("double", "word")
def double(kit: Kit, x: Word) -> Scalar:
    """The number whose bits a word of a record holds."""
    return kit.builder.bitcast(x, ir.DoubleType())


@instruction("none", "word", "word", "word")
def copy_bytes(kit: Kit, to: Address, source: Address, count: Word) -> Any:
    """Copy bytes between places that do not overlap."""
    kit.call("memcpy", POINTER, [kit.at(to), kit.at(source), count])


@instruction("none", "word", "word", "word")
def call(kit: Kit, function: Address, record: Address, context: Address) -> Any:
    """Call a kernel by its address."""
    build = kit.builder
    # Numba's convention: places for a result and an exception, which no kernel has.
    with build.goto_entry_block():
        places = [build.alloca(POINTER), build.alloca(POINTER)]
    kind = ir.FunctionType(INDEX, [POINTER, POINTER, WORD, WORD])
    target = build.inttoptr(function, kind.as_pointer())
    build.call(target, [*places, record, context])


# The context of a worker is a row of words. These are instructions, not routines: nearly every
# kernel uses them, and a routine is compiled for each.


def _of_context(i: int, name: str, what: str) -> Instruction:
    def read(kit: Kit, context: Address) -> Word:
        place = kit.at(context, constant(8 * i))
        return kit.builder.load(place, typ=WORD, align=8)

    read.__name__, read.__doc__ = name, what
    return instruction("word", "word", plain=lambda context: word(context, i))(read)


worker = _of_context(0, "worker", "The number of this worker.")
workers = _of_context(1, "workers", "How many workers there are.")
scratch = _of_context(2, "scratch", "The address of memory of this worker's own.")
step_number = _of_context(3, "step_number", "Which step of the run this is, from 0.")


def _plain_share(past: int) -> Any:
    def share(context: int, count: int, grain: int) -> int:
        blocks = -(-count // grain)
        return min(count, blocks * (worker(context) + past) // workers(context) * grain)

    return share


def _share(kit: Kit, context: Address, count: Word, grain: Word, past: int) -> Word:
    build = kit.builder
    number, among = (worker.generate(kit, context), workers.generate(kit, context))
    blocks = build.sdiv(build.sub(build.add(count, grain), constant(1)), grain)
    mine = build.mul(blocks, build.add(number, constant(past)))
    edge = build.mul(build.sdiv(mine, among), grain)
    return build.select(build.icmp_signed("<", edge, count), edge, count)


@instruction("word", "word", "word", "word", plain=_plain_share(0))
def start_of(kit: Kit, context: Address, count: Word, grain: Word) -> Word:
    """Where this worker's share of `count` things begins; shares begin at multiples of `grain`."""
    return _share(kit, context, count, grain, 0)


@instruction("word", "word", "word", "word", plain=_plain_share(1))
def stop_of(kit: Kit, context: Address, count: Word, grain: Word) -> Word:
    """Where this worker's share of `count` things ends."""
    return _share(kit, context, count, grain, 1)
